/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! FLAC.

use super::Bits;

/// The sample rate and the channel count of the STREAMINFO block that the metadata blocks begin
/// with (RFC 9639, section 8.2). `None` if they do not.
pub(crate) fn read_flac_stream_info(metadata_blocks: &[u8]) -> Option<(u32, u32)> {
    const STREAMINFO: u8 = 0;
    let (&[kind, 0, 0, 34], stream_info) = metadata_blocks.split_first_chunk::<4>()? else {
        return None;
    };
    if kind & 0x7f != STREAMINFO || stream_info.len() < 34 {
        return None;
    }
    // After the smallest and largest block and frame.
    let mut bits = Bits::new(&stream_info[10..]);
    let sample_rate = bits.read(20).filter(|rate| *rate > 0)?;
    let channels = bits.read(3)? + 1;
    Some((sample_rate, channels))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stream_info() {
        let mut block = vec![0x80, 0, 0, 34, 16, 0, 16, 0, 0, 0, 0, 0, 0, 0];
        // 48 000 Hz, two channels, 16 bits.
        block.extend([0x0b, 0xb8, 0x02, 0xf0]);
        block.resize(4 + 34, 0);
        assert_eq!(read_flac_stream_info(&block), Some((48_000, 2)));
        assert_eq!(read_flac_stream_info(&block[..37]), None);
        block[0] = 0x84;
        assert_eq!(read_flac_stream_info(&block), None);
    }
}
