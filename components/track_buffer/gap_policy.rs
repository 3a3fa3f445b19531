/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The policy for gaps between coded frames. Everything that meets a gap asks here whether it is
//! overlooked.

use crate::time::TimeDelta;

/// How late a presentation may start. A seek to a time before the first frame finds that frame if
/// it starts no later than this after the presentation start time.
pub const START: TimeDelta = TimeDelta::from_milliseconds(1000);

/// The longest gap across which playback continues. No range that is reported as buffered has a
/// longer gap in it.
pub const MID_STREAM: TimeDelta = TimeDelta::from_milliseconds(125);

/// How late in a coded frame group the first frame of a track may start and still cover the time
/// from the start of the group. Another track of the group is played meanwhile. An audio frame also
/// covers as much of its own time that is discarded.
pub const COVERED: TimeDelta = TimeDelta::from_milliseconds(250);

/// The shortest duration that a frame is taken to have, so that none vanishes from the ranges.
pub(crate) const SHORTEST_FRAME: TimeDelta = TimeDelta::from_nanoseconds(1000);

/// The longest overlap of two frames that adjoin. Their times were rounded to milliseconds.
pub(crate) const OVERLAP: TimeDelta = TimeDelta::from_milliseconds(1);

/// The longest gap that comes from rounding. Timestamps are often rounded to milliseconds, on each
/// side of a gap.
pub(crate) const ROUNDING: TimeDelta = TimeDelta::from_milliseconds(2);

/// Returns the longest gap that two adjacent track buffer ranges may have and still be reported as
/// one: twice the longest frame duration of the groups of pictures before and after the gap, which
/// coded frame processing does not take for a discontinuity either. It is at least 2 ms and at most
/// [`MID_STREAM`].
///
/// <https://w3c.github.io/media-source/#track-buffer-ranges>
pub fn coalescing_tolerance(longest_frame_duration: TimeDelta) -> TimeDelta {
    let twice = longest_frame_duration.nanoseconds().saturating_mul(2);
    TimeDelta::from_nanoseconds(twice).clamp(ROUNDING, MID_STREAM)
}

/// Returns by how much decode time may increase between two frames of a coded frame group: twice
/// the duration of its longest frame so far, and what rounding may add. For frames that all claim
/// to take no time it is [`MID_STREAM`].
///
/// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-processing>
pub fn discontinuity_tolerance(longest_frame_duration: TimeDelta) -> TimeDelta {
    if longest_frame_duration <= SHORTEST_FRAME {
        return MID_STREAM;
    }
    let twice = longest_frame_duration.nanoseconds().saturating_mul(2);
    TimeDelta::from_nanoseconds(twice.saturating_add(SHORTEST_FRAME.nanoseconds()))
}
