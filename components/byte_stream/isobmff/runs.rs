/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tables of runs: pairs of a number of samples and the value that they share. `stts`, `ctts` and
//! `sbgp` are such tables.

use bytes::{Buf, Bytes};

use super::boxes::BoxReader;
use crate::error::StreamError;

/// Gives the values sample by sample.
pub(super) struct Runs {
    /// Pairs of a count and a value, four bytes each.
    pairs: Bytes,
    left: u32,
    value: u32,
}

impl Runs {
    /// Reads the count of pairs, and the pairs.
    pub(super) fn read(reader: &mut BoxReader) -> Result<Self, StreamError> {
        Ok(Self {
            pairs: read_table(reader, 8)?,
            left: 0,
            value: 0,
        })
    }

    /// Returns the value of the next sample. It is `None` behind the last one.
    pub(super) fn next(&mut self) -> Option<u32> {
        while self.left == 0 {
            self.begin_run()?;
        }
        self.left -= 1;
        Some(self.value)
    }

    /// Skips so many samples. The time that it takes does not depend on their number.
    pub(super) fn skip(&mut self, mut samples: u32) {
        while samples > self.left {
            samples -= self.left;
            self.left = 0;
            if self.begin_run().is_none() {
                return;
            }
        }
        self.left -= samples;
    }

    fn begin_run(&mut self) -> Option<()> {
        if self.pairs.is_empty() {
            return None;
        }
        self.left = self.pairs.get_u32();
        self.value = self.pairs.get_u32();
        Some(())
    }
}

/// Reads a count of entries of `entry` bytes each, and returns the bytes of the entries, which are
/// not copied.
pub(super) fn read_table(reader: &mut BoxReader, entry: usize) -> Result<Bytes, StreamError> {
    let count = reader.u32()? as usize;
    let mut table = reader.kept_rest();
    if table.len() / entry < count {
        return Err(reader.error("the box ends within its table"));
    }
    table.truncate(count * entry);
    Ok(table)
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
        let table = Bytes::from(table);
        let read = |table: &Bytes| Runs::read(&mut BoxReader::new("stts", 0, table, 0));
        let mut runs = read(&table).expect("well-formed");
        let values: Vec<_> = std::iter::from_fn(|| runs.next()).collect();
        assert_eq!(values, [7, 7, 9]);
        assert!(read(&table.slice(..20)).is_err());
        for skipped in 0..5 {
            let mut runs = read(&table).expect("well-formed");
            runs.skip(skipped);
            assert_eq!(runs.next(), values.get(skipped as usize).copied());
        }
    }
}
