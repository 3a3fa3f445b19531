/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The coded frame group that is being appended to a track buffer.

use crate::incoming::IncomingFrame;
use crate::time::{DecodeTime, PresentationTime, TimeDelta};

/// A track buffer's variables for the coded frame group that is being appended.
///
/// <https://w3c.github.io/media-source/#coded-frame-group>
#[derive(Debug)]
pub(crate) struct CodedFrameGroup {
    /// <https://w3c.github.io/media-source/#last-decode-timestamp>
    pub(crate) last_decode_timestamp: DecodeTime,
    /// <https://w3c.github.io/media-source/#last-frame-duration>, but of all frames so far the
    /// longest: where the frame rate varies, a frame after a short one is no discontinuity.
    pub(crate) longest_frame_duration: TimeDelta,
    /// <https://w3c.github.io/media-source/#highest-end-timestamp>
    ///
    /// From `lowest_start` until here the track buffer has no other frames than this group's.
    pub(crate) highest_end_timestamp: PresentationTime,
    pub(crate) lowest_start: PresentationTime,
    pub(crate) highest_start: PresentationTime,
    /// The key of the group of pictures to which the next frame goes: it has the last frame that
    /// was appended. `None` once that frame is removed.
    pub(crate) open_group: Option<PresentationTime>,
    /// When the frame that was appended last starts, if its duration is estimated.
    pub(crate) estimated: Option<PresentationTime>,
    /// From `highest_end_timestamp` until here nothing is stored.
    pub(crate) room_until: PresentationTime,
}

impl CodedFrameGroup {
    /// Makes the group that begins with the frame. Its open group is not known yet.
    pub(crate) fn new(first: &IncomingFrame, room_until: PresentationTime) -> Self {
        let (start, end) = (first.stored.start, first.stored.end);
        let mut group = Self {
            last_decode_timestamp: first.stored.decode,
            longest_frame_duration: first.duration,
            highest_end_timestamp: end,
            lowest_start: start,
            highest_start: start,
            open_group: None,
            estimated: None,
            room_until,
        };
        group.extend(first, room_until);
        group
    }

    /// Runs steps 1.17 to 1.19 for a frame that continues the group.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-processing>
    pub(crate) fn extend(&mut self, incoming: &IncomingFrame, room_until: PresentationTime) {
        let (start, end) = (incoming.stored.start, incoming.stored.end);
        // Step 1.17. Set last decode timestamp for track buffer to decode timestamp.
        self.last_decode_timestamp = incoming.stored.decode;
        // Step 1.18. Set last frame duration for track buffer to frame duration.
        self.longest_frame_duration = self.longest_frame_duration.max(incoming.duration);
        // Step 1.19. If highest end timestamp for track buffer is unset or frame end timestamp is
        // greater than highest end timestamp, then set it to frame end timestamp.
        self.highest_end_timestamp = self.highest_end_timestamp.max(end);
        self.lowest_start = self.lowest_start.min(start);
        self.highest_start = self.highest_start.max(start);
        self.estimated = incoming.duration_is_estimated.then_some(start);
        self.room_until = room_until;
    }
}
