/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The presentation timeline in the time of GStreamer.
//!
//! Times of GStreamer are unsigned, and frames may be presented or decoded before zero. So the start
//! of the presentation is an hour into the time of GStreamer.

use gstreamer::ClockTime;
use track_buffer::time::{DecodeTime, PresentationTime};

const ORIGIN_NANOSECONDS: i64 = 3_600_000_000_000;

/// Converts a presentation time to GStreamer's. A time of more than an hour before zero becomes one of
/// an hour before zero.
pub(crate) fn to_clock_time(time: PresentationTime) -> ClockTime {
    shift(time.nanoseconds())
}

/// Converts a decode time to GStreamer's.
pub(crate) fn decode_to_clock_time(time: DecodeTime) -> ClockTime {
    shift(time.nanoseconds())
}

/// Converts a time of GStreamer's to a presentation time.
pub(crate) fn from_clock_time(time: ClockTime) -> PresentationTime {
    let nanoseconds = i64::try_from(time.nseconds()).unwrap_or(i64::MAX);
    PresentationTime::from_nanoseconds(nanoseconds.saturating_sub(ORIGIN_NANOSECONDS))
}

fn shift(nanoseconds: i64) -> ClockTime {
    let shifted = nanoseconds.saturating_add(ORIGIN_NANOSECONDS);
    ClockTime::from_nseconds(u64::try_from(shifted).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_zero_survive() {
        for nanoseconds in [-ORIGIN_NANOSECONDS, -21_333_333, 0, 41_666_667] {
            let time = PresentationTime::from_nanoseconds(nanoseconds);
            assert_eq!(from_clock_time(to_clock_time(time)), time);
        }
    }

    #[test]
    fn extremes_saturate() {
        let earliest = PresentationTime::from_nanoseconds(i64::MIN);
        assert_eq!(to_clock_time(earliest), ClockTime::ZERO);
        assert_eq!(
            to_clock_time(PresentationTime::MAX).nseconds(),
            i64::MAX as u64
        );
    }
}
