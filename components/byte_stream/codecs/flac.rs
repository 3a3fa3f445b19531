/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! FLAC.

use bytes::{BufMut, Bytes, BytesMut};

use super::bits::Bits;

/// The fields of a STREAMINFO block (RFC 9639, section 8.2).
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct FlacStreamInfo {
    /// The number of samples of the shortest block.
    pub(crate) smallest_block: u32,
    pub(crate) largest_block: u32,
    pub(crate) sample_rate: u32,
    pub(crate) channels: u32,
    pub(crate) bits_per_sample: u32,
}

const BLOCK_HEADER_BYTES: usize = 4;
const STREAMINFO_BYTES: usize = 34;

impl FlacStreamInfo {
    /// Reads the STREAMINFO block that the metadata blocks begin with. It is `None` if they do not
    /// begin with one.
    pub(crate) fn read(metadata_blocks: &[u8]) -> Option<Self> {
        const STREAMINFO: u8 = 0;
        let (&[kind, 0, 0, 34], stream_info) = metadata_blocks.split_first_chunk::<4>()? else {
            return None;
        };
        if kind & 0x7f != STREAMINFO || stream_info.len() < STREAMINFO_BYTES {
            return None;
        }
        let mut bits = Bits::new(stream_info);
        let (smallest_block, largest_block) = (bits.read(16)?, bits.read(16)?);
        bits.read(24 + 24)?; // the smallest and the largest frame
        Some(Self {
            smallest_block,
            largest_block,
            sample_rate: bits.read(20).filter(|rate| *rate > 0)?,
            channels: bits.read(3)? + 1,
            bits_per_sample: bits.read(5)? + 1,
        })
    }
}

/// Returns what a decoder needs of metadata blocks that begin with STREAMINFO: the marker of a
/// stream and that block alone. There may be millions of others, and images among them.
pub(crate) fn flac_decoder_headers(metadata_blocks: &[u8]) -> Bytes {
    const LAST_BLOCK: u8 = 0x80;
    let block = &metadata_blocks[..BLOCK_HEADER_BYTES + STREAMINFO_BYTES];
    let mut headers = BytesMut::with_capacity(4 + block.len());
    headers.put_slice(b"fLaC");
    headers.put_u8(LAST_BLOCK | block[0]);
    headers.put_slice(&block[1..]);
    headers.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stream_info_is_read() {
        let mut block = vec![0x80, 0, 0, 34, 16, 0, 16, 0, 0, 0, 0, 0, 0, 0];
        // 48 000 Hz, two channels, 16 bits.
        block.extend([0x0b, 0xb8, 0x02, 0xf0]);
        block.resize(4 + 34, 0);
        let stream_info = FlacStreamInfo {
            smallest_block: 4096,
            largest_block: 4096,
            sample_rate: 48_000,
            channels: 2,
            bits_per_sample: 16,
        };
        assert_eq!(FlacStreamInfo::read(&block), Some(stream_info));
        assert_eq!(FlacStreamInfo::read(&block[..37]), None);
        block[0] = 0x84;
        assert_eq!(FlacStreamInfo::read(&block), None);
    }

    #[test]
    fn a_decoder_is_told_the_first_block_alone() {
        let mut blocks = vec![0, 0, 0, 34];
        blocks.resize(4 + 34, 7);
        let mut expected = b"fLaC".to_vec();
        expected.extend(&blocks);
        expected[4] = 0x80;
        blocks.extend([1, 0, 0, 0].repeat(1000));
        blocks.extend([0x81, 0, 0, 0]);
        assert_eq!(flac_decoder_headers(&blocks), expected);
    }
}
