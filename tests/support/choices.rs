/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Reads bytes as decisions, so that whoever chooses the bytes chooses what happens.

/// The decisions that are still to be taken.
pub struct Choices<'a> {
    bytes: &'a [u8],
}

impl<'a> Choices<'a> {
    /// Makes the decisions that are in the bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Whether no decision is left.
    pub fn is_over(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Chooses a number from 0 until `limit`, which is at most 65 536. It is 0 when no decision is
    /// left.
    pub fn below(&mut self, limit: i64) -> i64 {
        let mut number = i64::from(self.byte());
        if limit > 256 {
            number = number << 8 | i64::from(self.byte());
        }
        number % limit
    }

    /// Decides, and says yes once in so many times.
    pub fn one_in(&mut self, many: i64) -> bool {
        self.below(many) == many - 1
    }

    /// Chooses one of `among`.
    pub fn one_of<T: Copy>(&mut self, among: &[T]) -> T {
        among[self.below(among.len() as i64) as usize]
    }

    fn byte(&mut self) -> u8 {
        let Some((first, others)) = self.bytes.split_first() else {
            return 0;
        };
        self.bytes = others;
        *first
    }
}

/// Returns bytes that look random, and that are the same for the same seed (xorshift64*).
pub fn random_bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).max(1);
    let mut next = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 56) as u8
    };
    (0..length).map(|_| next()).collect()
}
