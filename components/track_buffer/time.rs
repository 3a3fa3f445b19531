/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The timelines on which frames are stored. Times are whole nanoseconds, and each timeline has a
//! type.

use std::ops::Neg;

const NANOSECONDS_PER_SECOND: f64 = 1e9;

/// An instant on the presentation timeline, in nanoseconds. Everything that a page sees of
/// `buffered`, seeks and positions is measured on it. It may be negative, and saturates.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PresentationTime(i64);

impl PresentationTime {
    /// The start of the presentation.
    pub const ZERO: Self = Self(0);
    /// An instant before every frame.
    pub const MIN: Self = Self(i64::MIN);
    /// An instant after every frame, which stands for positive infinity.
    pub const MAX: Self = Self(i64::MAX);

    /// Converts from nanoseconds.
    pub fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self(nanoseconds)
    }

    /// Converts from the seconds of a script, rounded to the nearest nanosecond and saturating. NaN
    /// becomes zero.
    pub fn from_seconds(seconds: f64) -> Self {
        Self((seconds * NANOSECONDS_PER_SECOND).round() as i64)
    }

    /// Returns the number of nanoseconds.
    pub fn nanoseconds(self) -> i64 {
        self.0
    }

    /// Converts to seconds, for a script. [`Self::MAX`] becomes positive infinity.
    pub fn seconds(self) -> f64 {
        if self == Self::MAX {
            f64::INFINITY
        } else {
            self.0 as f64 / NANOSECONDS_PER_SECOND
        }
    }

    /// Returns this instant moved by a distance, which may be negative.
    pub fn offset_by(self, distance: TimeDelta) -> Self {
        Self(self.0.saturating_add(distance.0))
    }

    /// Returns the distance from another instant to this one. It is negative if the other one is
    /// later.
    pub fn since(self, other: Self) -> TimeDelta {
        TimeDelta(self.0.saturating_sub(other.0))
    }
}

/// An instant on the decode timeline, in nanoseconds. Only its order within a coded frame group
/// and the distance to its neighbours mean anything.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DecodeTime(i64);

impl DecodeTime {
    /// Converts from nanoseconds.
    pub fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self(nanoseconds)
    }

    /// Returns the number of nanoseconds.
    pub fn nanoseconds(self) -> i64 {
        self.0
    }

    /// Returns this instant moved by a distance, which may be negative.
    pub fn offset_by(self, distance: TimeDelta) -> Self {
        Self(self.0.saturating_add(distance.0))
    }

    /// Returns the distance from another instant to this one. It is negative if the other one is
    /// later.
    pub fn since(self, other: Self) -> TimeDelta {
        TimeDelta(self.0.saturating_sub(other.0))
    }
}

/// A distance on either timeline, in nanoseconds. A `timestampOffset` is one.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TimeDelta(i64);

impl TimeDelta {
    /// No distance.
    pub const ZERO: Self = Self(0);

    /// Converts from nanoseconds.
    pub const fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self(nanoseconds)
    }

    /// Converts from milliseconds.
    pub const fn from_milliseconds(milliseconds: i64) -> Self {
        Self(milliseconds.saturating_mul(1_000_000))
    }

    /// Converts from the seconds of a script, rounded to the nearest nanosecond and saturating. NaN
    /// becomes zero.
    pub fn from_seconds(seconds: f64) -> Self {
        Self((seconds * NANOSECONDS_PER_SECOND).round() as i64)
    }

    /// Returns the sum of both distances, which saturates.
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Returns this distance minus the other one, which saturates.
    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Returns the number of nanoseconds.
    pub const fn nanoseconds(self) -> i64 {
        self.0
    }

    /// Converts to seconds, for a script.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / NANOSECONDS_PER_SECOND
    }
}

impl Neg for TimeDelta {
    type Output = Self;

    /// Returns the distance in the other direction. It saturates.
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}
