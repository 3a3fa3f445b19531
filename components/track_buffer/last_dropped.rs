/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What is kept of a dropped audio frame, for the frame after it.

use bytes::Bytes;

use crate::gap_policy;
use crate::incoming::IncomingFrame;
use crate::read::Preroll;
use crate::time::{PresentationTime, TimeDelta};

/// A frame of sound that ended before the append window, or of which nothing is heard.
#[derive(Debug)]
pub(crate) struct LastDropped {
    end: PresentationTime,
    /// How much sound its decoding gives.
    duration: TimeDelta,
    payload: Bytes,
}

impl LastDropped {
    pub(crate) fn new(frame: &IncomingFrame) -> Self {
        Self {
            end: frame.stored.end,
            duration: frame.decoded_duration(),
            payload: frame.stored.payload.clone(),
        }
    }

    /// What it costs to keep, in bytes.
    pub(crate) fn byte_size(&self) -> usize {
        self.payload.len()
    }

    /// The frame as the preroll of another, if that is the next one.
    pub(crate) fn preroll_of(self, next: &IncomingFrame) -> Option<Preroll> {
        let gap = next.decoded_start().since(self.end);
        (gap.nanoseconds().saturating_abs() <= gap_policy::OVERLAP.nanoseconds()).then_some(
            Preroll {
                duration: self.duration,
                payload: self.payload,
            },
        )
    }
}
