/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The append window: video frames are in it or dropped, audio is cut at its edges.
//!
//! The specification drops an audio frame that reaches over an edge. Pages that join songs or leave
//! out an encoder's delay by the window need the rest of it, to the sample.

use std::ops::Range;

use byte_stream::track::Medium;

use crate::incoming::IncomingFrame;
use crate::last_dropped::LastDropped;
use crate::time::{PresentationTime, TimeDelta};
use crate::track_buffer::TrackBuffer;

impl TrackBuffer {
    /// Runs steps 1.8 and 1.9. It returns `false` if the frame is to be dropped.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-processing>
    pub(crate) fn fit_into_append_window(
        &mut self,
        incoming: &mut IncomingFrame,
        window: &Range<PresentationTime>,
    ) -> bool {
        let (start, end) = (incoming.stored.start, incoming.stored.end);
        let is_inside = start >= window.start && end <= window.end;
        if self.medium() != Medium::Audio {
            if !incoming.duration_is_estimated {
                return is_inside;
            }
            // A guessed duration puts no video frame outside.
            incoming.stored.end = end.min(window.end);
            return window.contains(&start);
        }
        // Step 1.8. If presentation timestamp is less than appendWindowStart, then set the need
        // random access point flag to true, drop the coded frame.
        // Step 1.9. If frame end timestamp is greater than appendWindowEnd, likewise.
        if start >= window.end || end <= window.start || !incoming.is_heard() {
            let is_after = start >= window.end;
            self.last_dropped = (!is_after).then(|| LastDropped::new(incoming));
            return false;
        }
        // (The part of an audio frame in the window stays. The steps that follow take the frame to
        // be as long as before.)
        let dropped = self.last_dropped.take();
        incoming.details.preroll = dropped.and_then(|dropped| dropped.preroll_of(incoming));
        if !is_inside {
            incoming.cut_start(window.start.since(start).max(TimeDelta::ZERO));
            incoming.cut_end(end.since(window.end).max(TimeDelta::ZERO));
        }
        true
    }
}
