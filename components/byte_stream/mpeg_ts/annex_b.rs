/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! NAL units in the byte stream format (annex B of ITU-T H.264 and H.265), and how they are
//! written in front of decoders that read ISO BMFF.

use std::ops::Range;

use bytes::{BufMut, Bytes, BytesMut};

/// Bytes of the length before each NAL unit.
const LENGTH_BYTES: usize = 4;

/// Fills `units` with the places of the NAL units.
pub(super) fn find_nal_units(bytes: &[u8], units: &mut Vec<Range<usize>>) {
    units.clear();
    let mut next = find_start_code(bytes, 0);
    while let Some(start_code) = next {
        let start = start_code + 3;
        next = find_start_code(bytes, start);
        let end = next.unwrap_or(bytes.len());
        // A NAL unit does not end with a zero; those are of the next start code, or padding.
        let trailing = bytes[start..end]
            .iter()
            .rev()
            .take_while(|byte| **byte == 0)
            .count();
        if start < end - trailing {
            units.push(start..end - trailing);
        }
    }
}

/// Where the next `00 00 01` is.
fn find_start_code(bytes: &[u8], from: usize) -> Option<usize> {
    let mut position = from;
    loop {
        match bytes.get(position..)?.first_chunk::<3>()? {
            [0, 0, 1] => return Some(position),
            // None begins at a byte from which on a greater one comes too early.
            [_, _, last] if *last > 1 => position += 3,
            [_, middle, _] if *middle > 0 => position += 2,
            _ => position += 1,
        }
    }
}

/// Copies the NAL units, each with its length before it.
pub(super) fn to_length_prefixed<'a>(units: impl Iterator<Item = &'a [u8]> + Clone) -> Bytes {
    let size = units.clone().map(|unit| LENGTH_BYTES + unit.len()).sum();
    let mut bytes = BytesMut::with_capacity(size);
    for unit in units {
        // A frame is far smaller than 4 GiB.
        bytes.put_u32(unit.len() as u32);
        bytes.put_slice(unit);
    }
    bytes.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units_of(bytes: &[u8]) -> Vec<&[u8]> {
        let mut units = Vec::new();
        find_nal_units(bytes, &mut units);
        units.into_iter().map(|range| &bytes[range]).collect()
    }

    #[test]
    fn start_codes_of_three_and_four_bytes_and_padding() {
        let bytes = [
            &[9, 9, 0, 0, 0, 1, 0x67, 1, 2][..],
            &[0, 0, 1, 0x68, 0, 2, 0, 0],
            &[0, 0, 1, 0, 0, 1, 0x65, 1, 1, 0, 1, 0, 0, 3, 0, 0],
        ]
        .concat();
        let expected: [&[u8]; 3] = [&[0x67, 1, 2], &[0x68, 0, 2], &[0x65, 1, 1, 0, 1, 0, 0, 3]];
        assert_eq!(units_of(&bytes), expected);
        let prefixed = to_length_prefixed(expected[..2].iter().copied());
        assert_eq!(&*prefixed, [0, 0, 0, 3, 0x67, 1, 2, 0, 0, 0, 3, 0x68, 0, 2]);
    }

    #[test]
    fn every_place_of_a_start_code() {
        for filling in [0, 1, 2, 3] {
            for length in 0..8 {
                let mut bytes = vec![filling; length];
                bytes.extend_from_slice(&[0, 0, 1, 7]);
                let first = bytes.windows(3).position(|window| window == [0, 0, 1]);
                assert_eq!(find_start_code(&bytes, 0), first, "{bytes:?}");
            }
        }
        assert!(units_of(&[1, 2, 3, 0, 0]).is_empty());
        assert!(units_of(&[0, 0, 1]).is_empty());
    }
}
