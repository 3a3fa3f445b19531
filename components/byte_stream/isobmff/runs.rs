/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tables that give a value to so many samples, the next value to so many more, and so on:
//! `stts`, `ctts` and `sbgp`.

use super::boxes::BoxReader;
use crate::error::StreamError;

/// Gives the values sample by sample.
pub(super) struct Runs<'a> {
    /// Pairs of a count and a value, four bytes each.
    pairs: &'a [[u8; 8]],
    left: u32,
    value: u32,
}

impl<'a> Runs<'a> {
    /// Reads the count of pairs, and the pairs.
    pub(super) fn read(reader: &mut BoxReader<'a>) -> Result<Self, StreamError> {
        let count = reader.u32()? as usize;
        let (pairs, _) = reader.rest().as_chunks::<8>();
        let Some(pairs) = pairs.get(..count) else {
            return Err(reader.error("the box ends within its table"));
        };
        Ok(Self {
            pairs,
            left: 0,
            value: 0,
        })
    }

    /// The next sample's value; `None` behind the last one.
    pub(super) fn next(&mut self) -> Option<u32> {
        while self.left == 0 {
            let ([c3, c2, c1, c0, v3, v2, v1, v0], rest) = self.pairs.split_first()?;
            self.pairs = rest;
            self.left = u32::from_be_bytes([*c3, *c2, *c1, *c0]);
            self.value = u32::from_be_bytes([*v3, *v2, *v1, *v0]);
        }
        self.left -= 1;
        Some(self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_repeated() {
        let mut table = vec![0, 0, 0, 3];
        for pair in [[2_u32, 7], [0, 8], [1, 9]] {
            table.extend(pair.iter().flat_map(|field| field.to_be_bytes()));
        }
        let mut runs = Runs::read(&mut BoxReader::new("stts", 0, &table, 0)).expect("well-formed");
        let values: Vec<_> = std::iter::from_fn(|| runs.next()).collect();
        assert_eq!(values, [7, 7, 9]);
        assert!(Runs::read(&mut BoxReader::new("stts", 0, &table[..20], 0)).is_err());
    }
}
