/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! `Block` and `SimpleBlock`: frames of one track, several of them if laced
//! (RFC 9559, sections 10 and 12.3).

use bytes::Bytes;

use super::ebml::Vint;

/// The header of a block, which stands before its frames.
pub(super) struct Block {
    pub(super) track: u64,
    /// The timestamp in ticks, relative to that of the cluster.
    pub(super) timestamp: i16,
    /// The key frame flag, which only a `SimpleBlock` has.
    pub(super) is_key_frame: bool,
    /// The discardable flag, which only a `SimpleBlock` has.
    pub(super) is_discardable: bool,
}

const LACING: u8 = 0x06;
const XIPH: u8 = 0x02;
const FIXED: u8 = 0x04;

/// Reads a block and fills `frames` with slices of it. The error says what is wrong.
pub(super) fn read_block(mut block: Bytes, frames: &mut Vec<Bytes>) -> Result<Block, &'static str> {
    const SHORT: &str = "the block ends within its header";
    frames.clear();
    let Some(Vint {
        value: Some(track),
        size,
    }) = Vint::read(&block)?
    else {
        return Err(SHORT);
    };
    drop(block.split_to(size));
    let [high, low, flags, ..] = *block else {
        return Err(SHORT);
    };
    drop(block.split_to(3));
    match flags & LACING {
        0 => frames.push(block),
        lacing => read_lacing(lacing, block, frames)?,
    }
    let timestamp = i16::from_be_bytes([high, low]);
    Ok(Block {
        track,
        timestamp,
        is_key_frame: flags & 0x80 != 0,
        is_discardable: flags & 0x01 != 0,
    })
}

fn read_lacing(lacing: u8, mut block: Bytes, frames: &mut Vec<Bytes>) -> Result<(), &'static str> {
    let Some(last) = block.first().copied().map(usize::from) else {
        return Err("the block ends within its header");
    };
    drop(block.split_to(1));
    // The sizes of all frames but the last one, which takes the rest.
    let sizes = match lacing {
        XIPH => read_xiph_sizes(&mut block, last)?,
        FIXED if !block.len().is_multiple_of(last + 1) => {
            return Err("laced frames of equal size do not fill the block");
        }
        FIXED => vec![block.len() / (last + 1); last],
        _ => read_ebml_sizes(&mut block, last)?,
    };
    for size in sizes {
        if size > block.len() {
            return Err("a laced frame is larger than the block");
        }
        frames.push(block.split_to(size));
    }
    frames.push(block);
    Ok(())
}

/// Reads sizes in Xiph lacing. Each is the sum of a run of bytes, which ends with the first one
/// that is not 255.
fn read_xiph_sizes(block: &mut Bytes, count: usize) -> Result<Vec<usize>, &'static str> {
    let mut sizes = Vec::with_capacity(count);
    for _ in 0..count {
        let run = block.iter().take_while(|byte| **byte == 255).count();
        let Some(last) = block.get(run) else {
            return Err("the block ends within the sizes of laced frames");
        };
        sizes.push(run * 255 + usize::from(*last));
        drop(block.split_to(run + 1));
    }
    Ok(sizes)
}

/// Reads sizes in EBML lacing. The first one is a number; each one after it is the difference to
/// the one before.
fn read_ebml_sizes(block: &mut Bytes, count: usize) -> Result<Vec<usize>, &'static str> {
    let mut sizes = Vec::with_capacity(count);
    let mut size: i64 = 0;
    for index in 0..count {
        let Some(Vint {
            value,
            size: length,
        }) = Vint::read(block)?
        else {
            return Err("the block ends within the sizes of laced frames");
        };
        drop(block.split_to(length));
        // A difference is stored with the middle of its range added. All ones, which a `Vint`
        // does not give as a value, is the greatest difference.
        let all_ones = (1_i64 << (7 * length)) - 1;
        let value = value.map_or(all_ones, |value| value as i64);
        size += if index == 0 {
            value
        } else {
            value - (all_ones >> 1)
        };
        if !(0..=block.len() as i64).contains(&size) {
            return Err("a laced frame is larger than the block");
        }
        sizes.push(size as usize);
    }
    Ok(sizes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames_of(block: &[u8]) -> Result<Vec<Vec<u8>>, &'static str> {
        let mut frames = Vec::new();
        read_block(Bytes::copy_from_slice(block), &mut frames)?;
        Ok(frames.iter().map(|frame| frame.to_vec()).collect())
    }

    #[test]
    fn headers_of_blocks_are_read() {
        let mut frames = Vec::new();
        let block = Bytes::from_static(&[0x40, 0x81, 0xff, 0xfe, 0x80, 7, 8]);
        let block = read_block(block, &mut frames).expect("it is well-formed");
        assert_eq!(
            (block.track, block.timestamp, block.is_key_frame),
            (0x81, -2, true)
        );
        assert_eq!(frames, [Bytes::from_static(&[7, 8])]);
    }

    #[test]
    fn fixed_lacing_has_equal_sizes() {
        let block = [0x81, 0, 0, 0x04, 2, 1, 1, 2, 2, 3, 3];
        assert_eq!(
            frames_of(&block),
            Ok(vec![vec![1, 1], vec![2, 2], vec![3, 3]])
        );
        assert!(frames_of(&block[..10]).is_err());
    }

    #[test]
    fn xiph_lacing_has_sizes_in_runs() {
        let mut block = vec![0x81, 0, 0, 0x02, 2, 255, 1, 2];
        block.extend([1; 256]);
        block.extend([2; 2]);
        block.extend([3; 5]);
        let expected = vec![vec![1; 256], vec![2; 2], vec![3; 5]];
        assert_eq!(frames_of(&block), Ok(expected));
        assert!(frames_of(&block[..200]).is_err());
    }

    #[test]
    fn ebml_lacing_has_differences_of_sizes() {
        // Sizes 4, 4 - 2 = 2, 2 + 1 = 3, and the rest.
        let mut block = vec![0x81, 0, 0, 0x06, 3, 0x84, 0xbd, 0xc0];
        block.extend([1, 1, 1, 1, 2, 2, 3, 3, 3, 4]);
        let expected = vec![vec![1; 4], vec![2; 2], vec![3; 3], vec![4]];
        assert_eq!(frames_of(&block), Ok(expected));
        assert!(frames_of(&[0x81, 0, 0, 0x06, 2, 0x81, 0x80, 1, 1]).is_err());
    }

    #[test]
    fn track_numbers_and_headers_cut_short() {
        for length in 0..4 {
            assert!(frames_of(&[0x81, 0, 0, 0][..length]).is_err());
        }
        assert!(frames_of(&[0xff, 0, 0, 0]).is_err());
        assert!(frames_of(&[0, 0, 0, 0]).is_err());
    }
}
