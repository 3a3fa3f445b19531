/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Vorbis.

use bytes::Bytes;

/// The fields of an identification header (Vorbis I, section 4.2.2) that matter outside a decoder.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct VorbisIdentification {
    pub(crate) channels: u32,
    pub(crate) sample_rate: u32,
}

impl VorbisIdentification {
    /// Reads an identification header. It is `None` if `header` is not one, or has block sizes that
    /// do not exist.
    pub(crate) fn read(header: &[u8]) -> Option<Self> {
        let (fields, rest) = header
            .strip_prefix(b"\x01vorbis")?
            .split_first_chunk::<9>()?;
        let &[0, 0, 0, 0, channels, rate @ ..] = fields else {
            return None;
        };
        // After the bit rates: the sizes as powers of two, and a bit that ends the header.
        let (sizes, framing) = (rest.get(12)?, rest.get(13)?);
        let (short, long) = (sizes & 0xf, sizes >> 4);
        let are_sizes_valid = 6 <= short && short <= long && long <= 13;
        (are_sizes_valid && framing & 1 == 1).then_some(Self {
            channels: u32::from(channels),
            sample_rate: u32::from_le_bytes(rate),
        })
    }
}

/// Returns the identification, comment and setup headers in `laced`, the extra data of Vorbis. It
/// has them in Xiph lacing: the number of headers minus one, the sizes of all but the last, then
/// the headers. The result is `None` if they are cut short.
pub fn split_vorbis_headers(laced: &Bytes) -> Option<[Bytes; 3]> {
    if *laced.first()? != 2 {
        return None;
    }
    let mut place = 1;
    let mut next_size = || {
        let mut size = 0;
        loop {
            let part = *laced.get(place)?;
            place += 1;
            size += usize::from(part);
            if part < u8::MAX {
                return Some(size);
            }
        }
    };
    let (first, second) = (next_size()?, next_size()?);
    let (comment, setup) = (place + first, place + first + second);
    let is_complete = setup < laced.len();
    is_complete.then(|| {
        [
            laced.slice(place..comment),
            laced.slice(comment..setup),
            laced.slice(setup..),
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lacing_with_a_size_over_255() {
        let mut laced = vec![2, 3, 255, 1];
        laced.extend([b'i'; 3]);
        laced.extend([b'c'; 256]);
        laced.extend([b's'; 5]);
        let [identification, comment, setup] =
            split_vorbis_headers(&Bytes::from(laced)).expect("well formed");
        assert_eq!(identification, vec![b'i'; 3]);
        assert_eq!(comment, vec![b'c'; 256]);
        assert_eq!(setup, vec![b's'; 5]);
    }

    #[test]
    fn broken_lacing_is_refused() {
        for laced in [
            &b""[..],
            b"\x02",
            b"\x02\xff",
            b"\x02\x01\x01ab",
            b"\x01\x01abc",
        ] {
            assert_eq!(split_vorbis_headers(&Bytes::copy_from_slice(laced)), None);
        }
    }

    #[test]
    fn an_identification_header_is_read() {
        let mut header = b"\x01vorbis\0\0\0\0\x02\x80\xbb\0\0".to_vec();
        header.extend([0; 12]);
        header.extend([0xb8, 1]);
        let expected = VorbisIdentification {
            channels: 2,
            sample_rate: 48_000,
        };
        assert_eq!(VorbisIdentification::read(&header), Some(expected));
        // Another version, no end, and block sizes that do not exist.
        for (place, byte) in [(7, 1), (29, 0), (28, 0x8b), (28, 0xe8), (28, 0xb5)] {
            let mut broken = header.clone();
            broken[place] = byte;
            assert_eq!(VorbisIdentification::read(&broken), None, "{place}");
        }
        assert_eq!(VorbisIdentification::read(&header[..29]), None);
    }
}
