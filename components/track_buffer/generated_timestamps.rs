/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Generates the times of frames that come without timestamps: each starts where the one before
//! ends.

use byte_stream::time::{MediaTicks, Timescale};

use crate::time::{PresentationTime, TimeDelta};

/// The exact place of the next frame. Rounded durations would not add up.
#[derive(Debug, Default)]
pub(crate) struct GeneratedTimestamps {
    anchor: PresentationTime,
    /// The time from the anchor to the end of the last frame.
    elapsed: MediaTicks,
    timescale: Option<Timescale>,
}

impl GeneratedTimestamps {
    /// Returns the end of a frame of that duration that starts at `start`.
    pub(crate) fn end(
        &mut self,
        start: PresentationTime,
        timescale: Timescale,
        duration: MediaTicks,
    ) -> PresentationTime {
        if self.timescale != Some(timescale) || self.last_end(timescale) != start {
            *self = Self {
                anchor: start,
                elapsed: MediaTicks(0),
                timescale: Some(timescale),
            };
        }
        self.elapsed.0 = self.elapsed.0.saturating_add(duration.0);
        self.last_end(timescale)
    }

    fn last_end(&self, timescale: Timescale) -> PresentationTime {
        let elapsed = timescale.to_nanoseconds(self.elapsed);
        self.anchor.offset_by(TimeDelta::from_nanoseconds(elapsed))
    }
}
