/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! NAL units in the byte stream format (annex B of ITU-T H.264 and H.265), and how they are
//! written in front of decoders that read ISO BMFF.

use bytes::{BufMut, Bytes, BytesMut};

/// The number of bytes of the length before each NAL unit.
const LENGTH_BYTES: usize = 4;

/// Returns where the next `00 00 01` is.
pub(super) fn find_start_code(bytes: &[u8], from: usize) -> Option<usize> {
    let mut position = from;
    loop {
        match bytes.get(position..)?.first_chunk::<3>()? {
            [0, 0, 1] => return Some(position),
            // None begins here if one of its bytes is greater than those of a start code.
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

    #[test]
    fn start_codes_become_lengths() {
        let units: [&[u8]; 2] = [&[0x67, 1, 2], &[0x68, 0, 2]];
        let prefixed = to_length_prefixed(units.into_iter());
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
        assert_eq!(find_start_code(&[1, 2, 3, 0, 0], 0), None);
    }
}
