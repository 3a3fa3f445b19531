/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Makes ISO BMFF with made-up frames.

/// A sample of a run.
#[derive(Clone, Copy)]
pub struct Sample {
    /// The duration in the timescale of its track.
    pub duration: u32,
    /// The size in bytes.
    pub size: u32,
    /// Whether decoding can begin with it.
    pub is_key: bool,
}

/// Makes a box.
pub fn mp4_box(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let size = 8 + content.len() as u32;
    [&size.to_be_bytes()[..], kind, content].concat()
}

/// Makes fields of four bytes.
pub fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// Makes a `moof` of track 1 whose samples have the fields that the flags say, from `decode` on.
/// The data begins so many bytes behind the header of the `mdat` that follows.
fn fragment(decode: u64, flags: u32, count: u32, fields: &[u32], distance: u32) -> Vec<u8> {
    let moof = |data_offset: u32| {
        let run = words(&[flags | 1, count, data_offset]);
        let boxes = [
            mp4_box(b"tfhd", &words(&[0x2_0000, 1])),
            mp4_box(
                b"tfdt",
                &[&words(&[1 << 24]), &decode.to_be_bytes()[..]].concat(),
            ),
            mp4_box(b"trun", &[run, words(fields)].concat()),
        ];
        let header = mp4_box(b"mfhd", &words(&[0, 1]));
        mp4_box(
            b"moof",
            &[header, mp4_box(b"traf", &boxes.concat())].concat(),
        )
    };
    let size = moof(0).len() as u32;
    moof(size + 8 + distance)
}

/// Makes a media segment of samples that follow each other, from `decode` on.
pub fn segment(decode: u64, samples: &[Sample]) -> Vec<u8> {
    let fields: Vec<u32> = samples.iter().flat_map(sample_fields).collect();
    let mut segment = fragment(decode, 0x700, samples.len() as u32, &fields, 0);
    let size: u32 = samples.iter().map(|sample| sample.size).sum();
    segment.extend(mp4_box(b"mdat", &vec![0x55; size as usize]));
    segment
}

fn sample_fields(sample: &Sample) -> [u32; 3] {
    let flags = if sample.is_key {
        0x0200_0000
    } else {
        0x0101_0000
    };
    [sample.duration, sample.size, flags]
}

/// Makes a `moof` of so many samples that have no field of their own, and by default no bytes.
pub fn samples_without_bytes(decode: u64, count: u32) -> Vec<u8> {
    fragment(decode, 0, count, &[], 0)
}

/// Returns the stream with bytes added at the end of the box at that path.
pub fn pad(stream: &[u8], path: &[&[u8; 4]], padding: &[u8]) -> Vec<u8> {
    let mut stream = stream.to_vec();
    let mut start = 0;
    let mut end = 0;
    for kind in path {
        let found = stream[start..]
            .windows(4)
            .position(|window| window == *kind);
        start += found.expect("the box is there");
        let size = stream[start - 4..].first_chunk().expect("its size");
        let size = u32::from_be_bytes(*size);
        end = start - 4 + size as usize;
        let padded = size + padding.len() as u32;
        stream[start - 4..start].copy_from_slice(&padded.to_be_bytes());
    }
    stream.splice(end..end, padding.iter().copied());
    stream
}
