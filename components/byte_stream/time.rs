/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Times as the byte stream writes them: whole ticks of a track's timescale.

use std::num::NonZeroU32;

/// How many ticks of a track's media timeline make one second.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Timescale(NonZeroU32);

impl Timescale {
    /// A timescale of that many ticks a second; `None` for zero.
    pub fn new(ticks_per_second: u32) -> Option<Self> {
        NonZeroU32::new(ticks_per_second).map(Self)
    }

    /// Ticks in one second.
    pub fn ticks_per_second(self) -> u32 {
        self.0.get()
    }

    /// The instant in nanoseconds, rounded to the nearest, so that a frame's end and the next
    /// frame's start, being the same tick, are the same nanosecond. Saturates at the ends of `i64`.
    pub fn to_nanoseconds(self, ticks: MediaTicks) -> i64 {
        let scale = i128::from(self.0.get());
        let nanoseconds = (i128::from(ticks.0) * 1_000_000_000 + scale / 2).div_euclid(scale);
        nanoseconds.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
    }
}

/// An instant on a track's media timeline, in ticks of its [`Timescale`]. May be negative.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct MediaTicks(pub i64);
