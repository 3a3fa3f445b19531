/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The append window: pictures are in it or dropped, sound is cut at its edges.
//!
//! The specification drops a frame of sound that reaches over an edge. Pages that join songs or
//! leave out an encoder's delay by the window need the rest of it, to the sample.

use std::ops::Range;

use bytes::Bytes;

use crate::gap_policy;
use crate::processing::IncomingFrame;
use crate::read::Preroll;
use crate::time::{PresentationTime, TimeDelta};
use crate::track_buffer::TrackBuffer;

/// A frame of sound that ended before the append window.
#[derive(Debug)]
pub(crate) struct LastDropped {
    start: PresentationTime,
    end: PresentationTime,
    payload: Bytes,
}

impl TrackBuffer {
    /// Steps 1.8 and 1.9. False if the frame is to be dropped.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-processing>
    pub(crate) fn fit_into_append_window(
        &mut self,
        incoming: &mut IncomingFrame,
        window: &Range<PresentationTime>,
    ) -> bool {
        let (start, end) = (incoming.stored.start, incoming.stored.end);
        let is_inside = start >= window.start && end <= window.end;
        if !self.is_audio() {
            return is_inside;
        }
        // Step 1.8. If presentation timestamp is less than appendWindowStart, then set the need
        // random access point flag to true, drop the coded frame.
        // Step 1.9. If frame end timestamp is greater than appendWindowEnd, likewise.
        if start >= window.end || end <= window.start {
            let payload = incoming.stored.payload.clone();
            let is_before = end <= window.start;
            self.last_dropped = is_before.then_some(LastDropped {
                start,
                end,
                payload,
            });
            return false;
        }
        // (Of sound, what is in the window stays. The frame is as long as before for what follows.)
        incoming.details.preroll = self
            .last_dropped
            .take()
            .and_then(|dropped| dropped.preroll_of(start));
        if !is_inside {
            incoming.trim(window);
        }
        true
    }
}

impl LastDropped {
    /// The frame as the preroll of one that starts at `start`, if that is the next one.
    fn preroll_of(self, start: PresentationTime) -> Option<Preroll> {
        let gap = start.since(self.end).nanoseconds().saturating_abs();
        (gap <= gap_policy::OVERLAP.nanoseconds()).then(|| Preroll {
            duration: self.end.since(self.start),
            payload: self.payload,
        })
    }
}

impl IncomingFrame {
    /// Cuts what is before and after the window off, beside what is discarded already.
    fn trim(&mut self, window: &Range<PresentationTime>) {
        let (stored, details) = (&mut self.stored, &mut self.details);
        let before = window.start.since(stored.start).max(TimeDelta::ZERO);
        let after = stored.end.since(window.end).max(TimeDelta::ZERO);
        stored.start = stored.start.offset_by(before);
        stored.decode = stored.decode.offset_by(before);
        stored.end = stored.end.offset_by(TimeDelta::ZERO.minus(after));
        details.discard_start = details.discard_start.plus(before);
        details.discard_end = details.discard_end.plus(after);
    }
}
