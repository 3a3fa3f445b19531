/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The presentation timeline as GStreamer counts it.
//!
//! GStreamer's times are unsigned and frames may be presented, or decoded, before zero. So the
//! start of the presentation lies an hour into GStreamer's time.

use gstreamer::ClockTime;
use track_buffer::time::{DecodeTime, PresentationTime};

const ORIGIN_NANOSECONDS: i64 = 3_600_000_000_000;

/// A presentation time in GStreamer's count. What lies more than an hour before zero is put there.
pub(crate) fn to_clock_time(time: PresentationTime) -> ClockTime {
    shift(time.nanoseconds())
}

/// A decode time in GStreamer's count.
pub(crate) fn decode_to_clock_time(time: DecodeTime) -> ClockTime {
    shift(time.nanoseconds())
}

/// A time of GStreamer's on the presentation timeline.
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
    fn test_times_before_zero_survive() {
        for nanoseconds in [-ORIGIN_NANOSECONDS, -21_333_333, 0, 41_666_667] {
            let time = PresentationTime::from_nanoseconds(nanoseconds);
            assert_eq!(from_clock_time(to_clock_time(time)), time);
        }
    }

    #[test]
    fn test_extremes_saturate() {
        let earliest = PresentationTime::from_nanoseconds(i64::MIN);
        assert_eq!(to_clock_time(earliest), ClockTime::ZERO);
        assert_eq!(
            to_clock_time(PresentationTime::MAX).nseconds(),
            i64::MAX as u64
        );
    }
}
