/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What coded frames cost in memory.

use std::ops::{Add, AddAssign, SubAssign};

/// The memory in bytes that coded frames take.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct ByteSize {
    /// The payloads of the frames, which are slices of what was appended.
    pub(crate) payloads: usize,
    /// What is allocated beside the payloads, for the frames and for their order.
    pub(crate) structures: usize,
}

impl ByteSize {
    /// Returns both numbers together.
    pub(crate) fn total(self) -> usize {
        self.payloads + self.structures
    }
}

impl Add for ByteSize {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            payloads: self.payloads + other.payloads,
            structures: self.structures + other.structures,
        }
    }
}

impl AddAssign for ByteSize {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for ByteSize {
    fn sub_assign(&mut self, other: Self) {
        self.payloads -= other.payloads;
        self.structures -= other.structures;
    }
}

impl std::iter::Sum for ByteSize {
    fn sum<I: Iterator<Item = Self>>(sizes: I) -> Self {
        sizes.fold(Self::default(), Self::add)
    }
}
