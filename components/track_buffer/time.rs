/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The timelines on which frames are stored: whole nanoseconds, a type for each.

use std::ops::Neg;

const NANOSECONDS_PER_SECOND: f64 = 1e9;

/// An instant on the presentation timeline, in nanoseconds. Everything that a page sees of
/// `buffered`, seeks and positions is measured on it. It may be negative, and saturates.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PresentationTime(i64);

impl PresentationTime {
    /// The start of the presentation.
    pub const ZERO: Self = Self(0);
    /// Earlier than every frame.
    pub(crate) const MIN: Self = Self(i64::MIN);
    /// Later than every frame: what positive infinity becomes.
    pub const MAX: Self = Self(i64::MAX);

    /// From nanoseconds.
    pub fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self(nanoseconds)
    }

    /// From a script's seconds, rounded to the nearest nanosecond and saturating; NaN is zero.
    pub fn from_seconds(seconds: f64) -> Self {
        Self((seconds * NANOSECONDS_PER_SECOND).round() as i64)
    }

    /// In nanoseconds.
    pub fn nanoseconds(self) -> i64 {
        self.0
    }

    /// In seconds, for a script; [`Self::MAX`] is positive infinity.
    pub fn seconds(self) -> f64 {
        if self == Self::MAX {
            f64::INFINITY
        } else {
            self.0 as f64 / NANOSECONDS_PER_SECOND
        }
    }

    /// This instant moved by a (possibly negative) distance.
    pub fn offset_by(self, distance: TimeDelta) -> Self {
        Self(self.0.saturating_add(distance.0))
    }

    /// The distance from an earlier (or later: negative) instant to this one.
    pub fn since(self, other: Self) -> TimeDelta {
        TimeDelta(self.0.saturating_sub(other.0))
    }
}

/// An instant on the decode timeline, in nanoseconds. Only its order within a coded frame group
/// and the distance to its neighbours mean anything.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DecodeTime(i64);

impl DecodeTime {
    /// From nanoseconds.
    pub fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self(nanoseconds)
    }

    /// In nanoseconds.
    pub fn nanoseconds(self) -> i64 {
        self.0
    }

    /// This instant moved by a (possibly negative) distance.
    pub fn offset_by(self, distance: TimeDelta) -> Self {
        Self(self.0.saturating_add(distance.0))
    }

    /// The distance from an earlier (or later: negative) instant to this one.
    pub fn since(self, other: Self) -> TimeDelta {
        TimeDelta(self.0.saturating_sub(other.0))
    }
}

/// A distance on either timeline, in nanoseconds; a `timestampOffset` is one.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TimeDelta(i64);

impl TimeDelta {
    /// No distance.
    pub const ZERO: Self = Self(0);

    /// From nanoseconds.
    pub const fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self(nanoseconds)
    }

    /// From milliseconds.
    pub const fn from_milliseconds(milliseconds: i64) -> Self {
        Self(milliseconds.saturating_mul(1_000_000))
    }

    /// From a script's seconds, rounded to the nearest nanosecond and saturating; NaN is zero.
    pub fn from_seconds(seconds: f64) -> Self {
        Self((seconds * NANOSECONDS_PER_SECOND).round() as i64)
    }

    /// Both distances together; saturates.
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left of this distance without the other; saturates.
    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// In nanoseconds.
    pub const fn nanoseconds(self) -> i64 {
        self.0
    }

    /// In seconds, for a script.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / NANOSECONDS_PER_SECOND
    }
}

impl Neg for TimeDelta {
    type Output = Self;

    /// The same distance in the other direction; saturates.
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}
