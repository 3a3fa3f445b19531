/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Times as the byte stream writes them: whole ticks of a track's timescale.

use std::num::NonZeroU32;

const NANOSECONDS_PER_SECOND: i64 = 1_000_000_000;

/// How many ticks of a track's media timeline make one second.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Timescale(NonZeroU32);

impl Timescale {
    /// Makes a timescale of that many ticks per second. It is `None` for zero.
    pub fn new(ticks_per_second: u32) -> Option<Self> {
        NonZeroU32::new(ticks_per_second).map(Self)
    }

    /// Returns the number of ticks in one second.
    pub fn ticks_per_second(self) -> u32 {
        self.0.get()
    }

    /// Returns the instant in nanoseconds, rounded to the nearest. A frame's end and the next
    /// frame's start are the same tick, and so the same nanosecond. The result saturates at the
    /// ends of `i64`.
    pub fn to_nanoseconds(self, ticks: MediaTicks) -> i64 {
        // Whole seconds are converted apart, so that nothing of more than 64 bits is divided.
        let scale = i64::from(self.0.get());
        let (seconds, rest) = (ticks.0.div_euclid(scale), ticks.0.rem_euclid(scale));
        let of_rest = (rest * NANOSECONDS_PER_SECOND + scale / 2) / scale;
        let nanoseconds =
            i128::from(seconds) * i128::from(NANOSECONDS_PER_SECOND) + i128::from(of_rest);
        nanoseconds.clamp(i64::MIN.into(), i64::MAX.into()) as i64
    }
}

/// An instant on a track's media timeline, in ticks of its [`Timescale`]. It may be negative.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct MediaTicks(pub i64);

#[cfg(test)]
mod tests {
    use super::*;

    /// Converts in numbers of 128 bits, as a reference.
    fn exact_nanoseconds(scale: u32, ticks: i64) -> i64 {
        let scale = i128::from(scale);
        let nanoseconds = (i128::from(ticks) * 1_000_000_000 + scale / 2).div_euclid(scale);
        nanoseconds.clamp(i64::MIN.into(), i64::MAX.into()) as i64
    }

    #[test]
    fn nanoseconds_are_the_nearest_and_saturate() {
        for scale in [
            1,
            2,
            3,
            1000,
            1001,
            30_000,
            44_100,
            90_000,
            10_000_000,
            u32::MAX,
        ] {
            let timescale = Timescale::new(scale).expect("it is not zero");
            let longest = i64::try_from(i128::from(i64::MAX) * i128::from(scale) / 1_000_000_000);
            let longest = longest.unwrap_or(i64::MAX);
            for around in [
                0,
                i64::from(scale),
                longest / 3,
                longest - 2000,
                i64::MAX - 1000,
            ] {
                for ticks in (around - 1000..around.saturating_add(1000)).step_by(7) {
                    for ticks in [ticks, -ticks] {
                        let exact = exact_nanoseconds(scale, ticks);
                        let found = timescale.to_nanoseconds(MediaTicks(ticks));
                        assert_eq!(found, exact, "{ticks} ticks of {scale} a second");
                    }
                }
            }
        }
        let seconds = Timescale::new(1).expect("it is not zero");
        assert_eq!(seconds.to_nanoseconds(MediaTicks(i64::MAX)), i64::MAX);
        assert_eq!(seconds.to_nanoseconds(MediaTicks(i64::MIN)), i64::MIN);
    }
}
