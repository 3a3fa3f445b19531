/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Places the times of a transport stream on one timeline. They start anew after 26 hours and at
//! every discontinuity.
//!
//! <https://w3c.github.io/mse-byte-stream-format-mp2t/#mpeg2ts-discontinuities>

/// The number of ticks in a second.
pub(super) const TIMESCALE: u32 = 90_000;

/// The number of ticks after which the times in packets start anew.
const ROLLOVER: i64 = 1 << 33;

/// How far, in ticks, the times after a discontinuity may be from the expected ones to be taken for
/// times of the same time base. Some writers mark every segment as a discontinuity.
const SAME_TIME_BASE: i64 = TIMESCALE as i64;

/// The timeline of a program.
#[derive(Default)]
pub(super) struct Timeline {
    time_base: TimeBase,
    /// Whether the next times belong to another time base.
    is_discontinuous: bool,
    /// The highest decode time so far, in ticks on the timeline.
    highest: Option<i64>,
}

#[derive(Clone, Copy, Default)]
struct TimeBase {
    /// The MPEG2TS_timestampOffset, in ticks.
    offset: i64,
    rollovers: u32,
    /// The last decode time, in ticks on the timeline.
    last: Option<i64>,
}

/// The times of a PES packet on the timeline, in ticks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Times {
    pub(super) presentation: i64,
    pub(super) decode: i64,
}

impl Timeline {
    /// Begins another time base, for the packets that begin from now on.
    pub(super) fn begin_time_base(&mut self) {
        self.is_discontinuous = true;
    }

    /// Places the times of a PES packet on the timeline. `frame_duration` is the usual duration of
    /// the frames of its stream, in ticks.
    pub(super) fn place(&mut self, presentation: u64, decode: u64, frame_duration: i64) -> Times {
        let (raw_presentation, raw_decode) = (presentation as i64, decode as i64);
        if std::mem::take(&mut self.is_discontinuous) {
            self.adjust_offset(raw_decode, frame_duration);
        }
        let decode = self.time_base.place(raw_decode);
        self.highest = self.highest.max(Some(decode));
        // The presentation time may have rolled over on its own, so the nearest one is taken.
        let composition = (raw_presentation - raw_decode + ROLLOVER / 2).rem_euclid(ROLLOVER);
        Times {
            presentation: decode + composition - ROLLOVER / 2,
            decode,
        }
    }

    /// Adjusts the offset. "When a discontinuity is detected, MPEG2TS_timestampOffset MUST be
    /// adjusted to make the timestamps after the discontinuity appear to come immediately after the
    /// timestamps before the discontinuity."
    fn adjust_offset(&mut self, decode: i64, frame_duration: i64) {
        let Some(highest) = self.highest else {
            return;
        };
        let next = highest + frame_duration;
        let mut continued = self.time_base;
        if (continued.place(decode) - next).abs() > SAME_TIME_BASE {
            self.time_base = TimeBase {
                offset: next - decode,
                rollovers: 0,
                last: Some(next),
            };
        }
    }
}

impl TimeBase {
    fn place(&mut self, time: i64) -> i64 {
        let mut placed = time + self.offset;
        if let Some(last) = self.last {
            if placed < last - ROLLOVER / 2 {
                // "Each time a timestamp rollover is detected, 2^33 MUST be added."
                self.offset += ROLLOVER;
                self.rollovers += 1;
                placed += ROLLOVER;
            } else if placed > last + ROLLOVER / 2 && self.rollovers > 0 {
                // Another stream has not rolled over yet.
                placed -= ROLLOVER;
            }
        }
        self.last = Some(placed);
        placed
    }
}

/// What is known of the first access unit that begins in a PES packet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PacketStart {
    /// `None` if the packet does not say it.
    pub(super) times: Option<Times>,
    /// Whether the transport packet in which it begins is marked so.
    pub(super) is_random_access_point: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAST: u64 = (1 << 33) - 1;

    fn decode(timeline: &mut Timeline, time: u64) -> i64 {
        timeline.place(time, time, 3000).decode
    }

    #[test]
    fn times_go_on_after_a_rollover() {
        let mut timeline = Timeline::default();
        assert_eq!(decode(&mut timeline, LAST - 10), LAST as i64 - 10);
        // The presentation time is the first to roll over.
        let first = timeline.place(2000, LAST - 5, 3000);
        assert_eq!(first.presentation, ROLLOVER + 2000);
        assert_eq!(first.decode, LAST as i64 - 5);
        assert_eq!(decode(&mut timeline, 5), ROLLOVER + 5);
        assert_eq!(decode(&mut timeline, LAST), ROLLOVER - 1, "another stream");
        assert_eq!(decode(&mut timeline, 100), ROLLOVER + 100);
        assert_eq!(decode(&mut timeline, LAST / 2), ROLLOVER + LAST as i64 / 2);
        assert_eq!(decode(&mut timeline, LAST), 2 * ROLLOVER - 1);
        assert_eq!(decode(&mut timeline, 7), 2 * ROLLOVER + 7);
    }

    #[test]
    fn jumps_within_a_time_base_stay() {
        let mut timeline = Timeline::default();
        for time in [5_000_000, 100, 4_000_000_000, 90_000] {
            assert_eq!(decode(&mut timeline, time), time as i64);
        }
    }

    #[test]
    fn times_go_on_after_a_discontinuity() {
        let mut timeline = Timeline::default();
        assert_eq!(decode(&mut timeline, 1_000_000), 1_000_000);
        timeline.begin_time_base();
        assert_eq!(decode(&mut timeline, 77), 1_003_000);
        assert_eq!(decode(&mut timeline, 3077), 1_006_000);
        assert_eq!(decode(&mut timeline, 1077), 1_004_000, "another stream");
    }

    #[test]
    fn a_discontinuity_may_keep_the_time_base() {
        let mut timeline = Timeline::default();
        timeline.begin_time_base();
        assert_eq!(decode(&mut timeline, 1_000_000), 1_000_000);
        timeline.begin_time_base();
        assert_eq!(decode(&mut timeline, 1_003_003), 1_003_003);
        timeline.begin_time_base();
        timeline.begin_time_base();
        assert_eq!(decode(&mut timeline, 1_006_006), 1_006_006);
    }
}
