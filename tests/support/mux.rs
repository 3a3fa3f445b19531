/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Writes coded frames as fragmented MP4, so that a script of the notation can be appended as
//! bytes. The sample entries come from media files of the repository.

use byte_stream::frame::CodedFrame;
use bytes::Bytes;

use crate::media::Media;
use crate::tracks::TICKS_PER_SECOND;

/// The width in pixels of a frame of configuration 1. One of configuration 2 is twice as wide, and
/// so on, so that the numbers can be told apart.
pub(crate) const WIDTH: u32 = 16;

/// The flag of `tfhd` by which the data offset counts from the start of the `moof` box.
const DEFAULT_BASE_IS_MOOF: u32 = 0x02_0000;
/// The flags of `trun`: it has a data offset, and for each sample a duration, size, flags and
/// composition offset.
const RUN_FLAGS: u32 = 0xf01;
const IS_SYNC_SAMPLE: u32 = 0x0200_0000;
const IS_NO_SYNC_SAMPLE: u32 = 0x0101_0000;

/// A track of an initialization segment.
pub(crate) struct MuxedTrack {
    pub(crate) id: u64,
    pub(crate) is_audio: bool,
    pub(crate) configuration: u8,
}

/// Makes an initialization segment that leaves the duration open.
pub(crate) fn initialization_segment(tracks: &[MuxedTrack]) -> Bytes {
    let mut movie = full_box(b"mvhd", 0, &movie_header());
    for track in tracks {
        movie.extend(track_box(track));
    }
    let defaults = tracks.iter().flat_map(|track| {
        let fields = [number(track.id), 1, 0, 0, 0];
        full_box(b"trex", 0, &words(&fields))
    });
    movie.extend(mp4_box(b"mvex", &defaults.collect::<Vec<_>>()));
    let mut segment = mp4_box(b"ftyp", b"iso6\0\0\0\0iso6");
    segment.extend(mp4_box(b"moov", &movie));
    segment.into()
}

fn movie_header() -> Vec<u8> {
    let mut header = words(&[0, 0, TICKS_PER_SECOND, 0]);
    header.resize(96, 0);
    header
}

fn track_box(track: &MuxedTrack) -> Vec<u8> {
    let mut header = words(&[0, 0, number(track.id)]);
    header.resize(80, 0);
    let handler = if track.is_audio { b"soun" } else { b"vide" };
    let handler = [&[0; 4], &handler[..], &[0; 13]].concat();
    let table = mp4_box(b"stbl", &sample_description(track));
    // The language is "und".
    let media_header = words(&[0, 0, TICKS_PER_SECOND, 0, 0x55c4_0000]);
    let media = [
        full_box(b"mdhd", 0, &media_header),
        full_box(b"hdlr", 0, &handler),
        mp4_box(b"minf", &table),
    ];
    let media = mp4_box(b"mdia", &media.concat());
    mp4_box(b"trak", &[full_box(b"tkhd", 3, &header), media].concat())
}

/// Returns the `stsd` box of a media file.
fn sample_description(track: &MuxedTrack) -> Vec<u8> {
    let name = if track.is_audio {
        "aac.mp4"
    } else {
        "h264.mp4"
    };
    let file = Media::load(name).initialization;
    let mut fourccs = file.windows(4);
    let start = fourccs.position(|fourcc| fourcc == b"stsd");
    let start = start.expect("each track has one") - 4;
    let size = u32::from_be_bytes(*file[start..].first_chunk().expect("the size of the box"));
    let mut description = file[start..start + size as usize].to_vec();
    if !track.is_audio {
        // The width stands after the headers of the box and of the entry, and further fields.
        let width = (WIDTH * u32::from(track.configuration)) as u16;
        description[48..50].copy_from_slice(&width.to_be_bytes());
    }
    description
}

/// Makes a media segment of all frames, in their order.
pub(crate) fn media_segment(frames: &[CodedFrame]) -> Bytes {
    let runs: Vec<_> = frames
        .chunk_by(|one, next| {
            one.track == next.track && one.decode.0 + one.duration.0 == next.decode.0
        })
        .collect();
    // The offsets do not change the size.
    let size = fragment(&runs, 0).len();
    let payloads = frames.iter().flat_map(|frame| frame.payload.to_vec());
    let mut segment = fragment(&runs, size + 8);
    segment.extend(mp4_box(b"mdat", &payloads.collect::<Vec<_>>()));
    segment.into()
}

/// Makes the `moof` box of runs whose data starts at the offset.
fn fragment(runs: &[&[CodedFrame]], mut data_offset: usize) -> Vec<u8> {
    let mut content = full_box(b"mfhd", 0, &words(&[1]));
    for run in runs {
        let first = &run[0];
        let decode = u64::try_from(first.decode.0).expect("MP4 has no negative decode times");
        let mut samples = words(&[run.len() as u32, data_offset as u32]);
        for frame in *run {
            let composition_offset = frame.presentation.0 - frame.decode.0;
            let flags = if frame.is_random_access_point {
                IS_SYNC_SAMPLE
            } else {
                IS_NO_SYNC_SAMPLE
            };
            samples.extend(words(&[
                number(frame.duration.0 as u64),
                frame.payload.len() as u32,
                flags,
                composition_offset as u32,
            ]));
            data_offset += frame.payload.len();
        }
        let boxes = [
            full_box(
                b"tfhd",
                DEFAULT_BASE_IS_MOOF,
                &words(&[number(first.track.0)]),
            ),
            full_box(b"tfdt", 1 << 24, &decode.to_be_bytes()),
            full_box(b"trun", 1 << 24 | RUN_FLAGS, &samples),
        ];
        content.extend(mp4_box(b"traf", &boxes.concat()));
    }
    mp4_box(b"moof", &content)
}

fn number(value: u64) -> u32 {
    value.try_into().expect("tests have small numbers")
}

fn words(values: &[u32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_be_bytes())
        .collect()
}

/// Makes a box that starts with a version and flags.
fn full_box(fourcc: &[u8; 4], version_and_flags: u32, content: &[u8]) -> Vec<u8> {
    mp4_box(
        fourcc,
        &[&version_and_flags.to_be_bytes(), content].concat(),
    )
}

fn mp4_box(fourcc: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let size = 8 + content.len() as u32;
    [&size.to_be_bytes(), &fourcc[..], content].concat()
}
