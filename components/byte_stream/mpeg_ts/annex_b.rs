/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! NAL units in the byte stream format (annex B of ITU-T H.264 and H.265), and how they are
//! written in front of decoders that read ISO BMFF.

use std::ops::Range;

use bytes::{BufMut, Bytes, BytesMut};

use crate::codecs::Bits;

/// Bytes of the length before each NAL unit.
const LENGTH_BYTES: usize = 4;

/// The highest code of an Exp-Golomb code here has this many zeros in front.
const EXP_GOLOMB_BITS: usize = 31;

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

/// The payload of a NAL unit without the bytes that keep start codes out of it.
pub(super) fn without_emulation_prevention(unit: &[u8]) -> Vec<u8> {
    let mut zeros = 0;
    let mut payload = Vec::with_capacity(unit.len());
    for byte in unit {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        payload.push(*byte);
    }
    payload
}

/// Whether there is a recovery point among the supplemental enhancement information: decoding can
/// begin there though the picture is no instantaneous refresh. `messages` is the NAL unit without
/// its header.
pub(super) fn has_recovery_point(messages: &[u8]) -> bool {
    const RECOVERY_POINT: usize = 6;
    const TRAILING_BITS: u8 = 0x80;

    let messages = without_emulation_prevention(messages);
    let mut rest = messages.as_slice();
    while !matches!(rest, [] | [TRAILING_BITS]) {
        let Some((kind, size)) = read_sei_number(&mut rest).zip(read_sei_number(&mut rest)) else {
            return false;
        };
        if kind == RECOVERY_POINT {
            return true;
        }
        rest = rest.get(size..).unwrap_or_default();
    }
    false
}

/// Bytes to add up, until one is not 255.
fn read_sei_number(rest: &mut &[u8]) -> Option<usize> {
    let run = rest.iter().take_while(|byte| **byte == 255).count();
    let last = usize::from(*rest.get(run)?);
    *rest = &rest[run + 1..];
    Some(run * 255 + last)
}

/// `ue(v)`: an unsigned number of variable length.
pub(super) fn read_unsigned(bits: &mut Bits) -> Option<u32> {
    let mut zeros = 0;
    while !bits.flag()? {
        zeros += 1;
        if zeros > EXP_GOLOMB_BITS {
            return None;
        }
    }
    let rest = bits.read(zeros)?;
    Some((1 << zeros) - 1 + rest)
}

/// `se(v)`: the same with a sign.
pub(super) fn read_signed(bits: &mut Bits) -> Option<i64> {
    let code = i64::from(read_unsigned(bits)?);
    Some(if code % 2 == 0 {
        -code / 2
    } else {
        code / 2 + 1
    })
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

    #[test]
    fn emulation_prevention() {
        let unit = [1, 0, 0, 3, 1, 0, 0, 3, 0, 0, 3, 3, 0, 3];
        assert_eq!(
            without_emulation_prevention(&unit),
            [1, 0, 0, 1, 0, 0, 0, 0, 3, 0, 3]
        );
    }

    #[test]
    fn recovery_point() {
        assert!(has_recovery_point(&[6, 1, 0xc4, 0x80]));
        assert!(has_recovery_point(&[0xff, 5, 3, 1, 2, 3, 6, 1, 0xc4, 0x80]));
        assert!(!has_recovery_point(&[5, 3, 6, 1, 6, 0x80]));
        assert!(!has_recovery_point(&[5, 200, 6, 1]));
        assert!(!has_recovery_point(&[0xff]));
    }

    #[test]
    fn exp_golomb() {
        // 1, 010, 011, 00100, 00101
        let bytes = [0b1010_0110, 0b0100_0010, 0b1000_0000];
        let mut bits = Bits::new(&bytes);
        let numbers: Vec<_> = (0..5).map(|_| read_unsigned(&mut bits)).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4].map(Some));
        let mut bits = Bits::new(&bytes);
        let numbers: Vec<_> = (0..5).map(|_| read_signed(&mut bits)).collect();
        assert_eq!(numbers, [0, 1, -1, 2, -2].map(Some));
        let largest = [0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(read_unsigned(&mut Bits::new(&largest)), Some(u32::MAX - 1));
        assert_eq!(read_unsigned(&mut Bits::new(&[0; 9])), None);
    }
}
