/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Makes byte streams of a length and bit rate that no fixture has: the initialization segments of
//! real files with made-up frames behind them, whose bytes no parser reads.

use std::fs;
use std::path::Path;

const SECONDS: usize = 32;
const PICTURES_A_SECOND: usize = 24;
const SOUNDS_A_SECOND: usize = 47;
/// The size in bytes of an audio frame. Audio and video together have eight million bits per
/// second.
const SOUND_BYTES: usize = 340;
const SECOND_BYTES: usize = 1_000_000;

/// Returns the video frames of one second: the size, and whether it is a key frame.
fn pictures(second: usize) -> Vec<(usize, bool)> {
    let all = SECOND_BYTES - SOUNDS_A_SECOND * SOUND_BYTES;
    let key = all / 6;
    let other = (all - key) / (PICTURES_A_SECOND - 1);
    let size = |index: usize| match index {
        0 => (key, true),
        _ => (
            other + (index * 7919 + second * 104_729) % 1000 - 500,
            false,
        ),
    };
    (0..PICTURES_A_SECOND).map(size).collect()
}

/// Returns the part of a file of `tests/media` before `mark`.
fn head(name: &str, mark: &[u8]) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/media");
    let mut bytes = fs::read(folder.join(name)).expect("the file is in the repository");
    let end = bytes.windows(mark.len()).position(|window| window == mark);
    bytes.truncate(end.expect("the file has a media segment"));
    bytes
}

/// Makes fragmented MP4 of H.264 and AAC, with a fragment per second, in which the audio follows
/// the video.
pub(crate) fn iso_bmff() -> Vec<u8> {
    let mut stream = head("h264-aac.mp4", b"moof");
    stream.truncate(stream.len() - 4);
    for second in 0..SECONDS {
        let pictures = pictures(second);
        let picture_bytes: usize = pictures.iter().map(|(size, _)| size).sum();
        let sounds = [(SOUND_BYTES, true); SOUNDS_A_SECOND];
        let moof = |size: usize| {
            let video = track_fragment(1, second * 12_288, 512, size + 8, &pictures);
            let audio_offset = size + 8 + picture_bytes;
            let audio = track_fragment(2, second * 48_128, 1024, audio_offset, &sounds);
            boxed(b"moof", &[boxed(b"mfhd", &[0; 8]), video, audio].concat())
        };
        stream.extend(moof(moof(0).len()));
        let media = [0x55].repeat(picture_bytes + SOUNDS_A_SECOND * SOUND_BYTES);
        stream.extend(boxed(b"mdat", &media));
    }
    stream
}

fn track_fragment(
    track: u32,
    decode: usize,
    duration: u32,
    data_offset: usize,
    frames: &[(usize, bool)],
) -> Vec<u8> {
    let tfhd = [0x0002_0000, track].map(u32::to_be_bytes).concat();
    let tfdt = [&[1, 0, 0, 0][..], &(decode as u64).to_be_bytes()].concat();
    // Data offset; and duration, size and flags of each sample.
    let mut trun = vec![0x0000_0701, frames.len() as u32, data_offset as u32];
    for (size, is_key) in frames {
        trun.extend([
            duration,
            *size as u32,
            if *is_key { 0x0200_0000 } else { 0x0101_0000 },
        ]);
    }
    let trun: Vec<u8> = trun.into_iter().flat_map(u32::to_be_bytes).collect();
    let boxes = [
        boxed(b"tfhd", &tfhd),
        boxed(b"tfdt", &tfdt),
        boxed(b"trun", &trun),
    ];
    boxed(b"traf", &boxes.concat())
}

fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes()[..], kind, content].concat()
}

/// Makes WebM of VP8 and Vorbis, with a cluster per second, in which audio and video are in the
/// order of their times.
pub(crate) fn webm() -> Vec<u8> {
    let mut stream = head("vp8-vorbis.webm", b"\x1f\x43\xb6\x75");
    for second in 0..SECONDS {
        let video = pictures(second)
            .into_iter()
            .enumerate()
            .map(|(index, (size, is_key))| (index * 1000 / PICTURES_A_SECOND, 1, size, is_key));
        let audio = (0..SOUNDS_A_SECOND)
            .map(|index| (index * 1000 / SOUNDS_A_SECOND, 2, SOUND_BYTES, true));
        let mut blocks: Vec<_> = video.chain(audio).collect();
        blocks.sort();
        let mut cluster = element(b"\xe7", &(second as u32 * 1000).to_be_bytes());
        for (milliseconds, track, size, is_key) in blocks {
            let [high, low] = (milliseconds as u16).to_be_bytes();
            let mut block = vec![0x80 | track, high, low, if is_key { 0x80 } else { 0 }];
            block.resize(4 + size, 0x55);
            cluster.extend(element(b"\xa3", &block));
        }
        stream.extend(element(b"\x1f\x43\xb6\x75", &cluster));
    }
    stream
}

fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
    [
        id,
        &(content.len() as u32 | 0x1000_0000).to_be_bytes(),
        content,
    ]
    .concat()
}
