/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Reads fields that are not whole bytes.

/// A reader of bits, from the highest one of the first byte on.
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Bits<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// Reads an unsigned number of `count` bits, at most 32. It is `None` if the bytes end before
    /// the number does.
    pub(crate) fn read(&mut self, count: usize) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.position / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.position % 8) & 1);
            self.position += 1;
        }
        Some(value)
    }

    /// Reads a single bit, and returns whether it is set.
    pub(crate) fn flag(&mut self) -> Option<bool> {
        self.read(1).map(|bit| bit != 0)
    }
}
