/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Which gaps between coded frames are overlooked: one policy for everyone who meets a gap.

use crate::time::TimeDelta;

/// A presentation may start this late: a seek to before its first frame finds that frame, when it
/// starts no later than this after the presentation start time.
pub const START: TimeDelta = TimeDelta::from_milliseconds(1000);

/// Playback goes on across a gap of this length. No range that is reported as buffered has a
/// longer gap in it.
pub const MID_STREAM: TimeDelta = TimeDelta::from_milliseconds(125);

/// Of a coded frame group, a track's first frame covers the time from the start of the group if it
/// starts no later than this after it: another track of the group is played meanwhile. A frame of
/// sound covers as much that is its own, but not to be heard.
pub const COVERED: TimeDelta = TimeDelta::from_milliseconds(250);

/// The shortest that a frame is taken to last, so that none vanishes from the ranges.
pub(crate) const SHORTEST_FRAME: TimeDelta = TimeDelta::from_nanoseconds(1000);

/// Frames that overlap by no more than this adjoin: their times were rounded to milliseconds.
pub(crate) const OVERLAP: TimeDelta = TimeDelta::from_milliseconds(1);

/// Timestamps are often rounded to milliseconds, one for each side of a gap.
pub(crate) const ROUNDING: TimeDelta = TimeDelta::from_milliseconds(2);

/// The longest gap that two adjacent track buffer ranges may have and still be reported as one:
/// twice the longest frame duration of the groups of pictures before and after the gap, which coded
/// frame processing does not take for a discontinuity either. At least 2 ms, at most [`MID_STREAM`].
///
/// <https://w3c.github.io/media-source/#track-buffer-ranges>
pub fn coalescing_tolerance(longest_frame_duration: TimeDelta) -> TimeDelta {
    let twice = longest_frame_duration.nanoseconds().saturating_mul(2);
    TimeDelta::from_nanoseconds(twice).clamp(ROUNDING, MID_STREAM)
}

/// By how much decode time may go on between two frames of a coded frame group: twice the duration
/// of its longest frame so far, and what rounding may add. Frames that all claim to take no time
/// say nothing; for them it is [`MID_STREAM`].
///
/// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-processing>
pub fn discontinuity_tolerance(longest_frame_duration: TimeDelta) -> TimeDelta {
    if longest_frame_duration <= SHORTEST_FRAME {
        return MID_STREAM;
    }
    let twice = longest_frame_duration.nanoseconds().saturating_mul(2);
    TimeDelta::from_nanoseconds(twice.saturating_add(SHORTEST_FRAME.nanoseconds()))
}
