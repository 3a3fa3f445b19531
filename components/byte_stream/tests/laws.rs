/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tests of what holds for every byte stream.

use byte_stream::format::ByteStreamFormat;
use bytes::Bytes;

use crate::outcome::{Numbers, Outcome, TURN_BYTES, parse_chunks, parse_whole, pieces};
use crate::support::Fixture;

fn whole(fixture: &Fixture) -> Outcome {
    let outcome = parse_whole(fixture.format, &fixture.bytes);
    assert_eq!(outcome.error, None, "{}", fixture.name);
    assert!(!outcome.segments.is_empty(), "{}", fixture.name);
    assert!(outcome.frames.len() > 20, "{}", fixture.name);
    outcome
}

#[test]
fn fed_byte_by_byte_is_fed_whole() {
    for fixture in Fixture::all() {
        let by_byte = parse_chunks(fixture.format, pieces(&fixture.bytes, 1), TURN_BYTES);
        assert!(by_byte == whole(&fixture), "{}", fixture.name);
    }
}

#[test]
fn fed_at_random_cuts_and_budgets_is_fed_whole() {
    let mut numbers = Numbers::new(7);
    for fixture in Fixture::all() {
        let whole = whole(&fixture);
        for longest in [10, 100, 1000, 10_000] {
            let mut rest = fixture.bytes.clone();
            let cuts = std::iter::from_fn(|| {
                let length = (1 + numbers.below(longest)).min(rest.len());
                (length > 0).then(|| Bytes::copy_from_slice(&rest.split_to(length)))
            });
            let cut = parse_chunks(fixture.format, cuts, 1 + longest / 7);
            assert!(
                cut == whole,
                "{} in pieces of up to {longest} bytes",
                fixture.name
            );
        }
    }
}

#[test]
fn parsed_twice_is_the_same() {
    for fixture in Fixture::all() {
        assert!(whole(&fixture) == whole(&fixture), "{}", fixture.name);
    }
}

#[test]
fn a_frame_in_one_chunk_is_not_copied() {
    // The packets of a transport stream cut frames to pieces.
    let fixtures = Fixture::all().into_iter();
    for fixture in fixtures.filter(|fixture| fixture.format != ByteStreamFormat::MpegTs) {
        let chunk = fixture.bytes.as_ptr_range();
        for frame in &whole(&fixture).frames {
            let payload = frame.payload.as_ptr_range();
            let is_slice = chunk.start <= payload.start && payload.end <= chunk.end;
            assert!(is_slice, "{} at {:?}", fixture.name, frame.presentation);
        }
    }
}

#[test]
fn the_budget_ends_a_turn() {
    use byte_stream::parser::{Parsed, Parser, Produced};

    let fixture = Fixture::load("vp8-vorbis.webm");
    let mut parser = Parser::new(fixture.format);
    parser.push(fixture.bytes.clone());
    let budget = 2000;
    let largest_frame = 1000;
    let mut turns = 0;
    loop {
        match parser.parse(budget).expect("the fixture is well-formed") {
            Parsed::NeedMore => break,
            Parsed::Produced(Produced::CodedFrames(frames)) => {
                let bytes: usize = frames.iter().map(|frame| frame.payload.len()).sum();
                assert!(bytes <= budget + largest_frame, "{bytes} bytes in one turn");
            }
            Parsed::Yield | Parsed::Produced(_) => {}
        }
        turns += 1;
    }
    assert!(
        turns >= fixture.bytes.len() / (budget + largest_frame),
        "{turns} turns"
    );
}

#[test]
fn the_samples_fill_the_media_data() {
    for fixture in Fixture::of(ByteStreamFormat::IsoBmff) {
        let payload_bytes = whole(&fixture).payload_bytes();
        assert_eq!(
            payload_bytes,
            media_data_bytes(&fixture.bytes),
            "{}",
            fixture.name
        );
    }
}

fn media_data_bytes(mut rest: &[u8]) -> usize {
    let mut sum = 0;
    while let Some(size) = rest.first_chunk() {
        let (size, header_size) = match u32::from_be_bytes(*size) {
            1 => (
                u64::from_be_bytes(*rest[8..].first_chunk().expect("a size")) as usize,
                16,
            ),
            size => (size as usize, 8),
        };
        if &rest[4..8] == b"mdat" {
            sum += size - header_size;
        }
        rest = &rest[size..];
    }
    sum
}

#[test]
fn the_frames_fill_the_blocks() {
    for fixture in Fixture::of(ByteStreamFormat::WebM) {
        let payload_bytes = whole(&fixture).payload_bytes();
        assert_eq!(
            payload_bytes,
            block_bytes(&fixture.bytes),
            "{}",
            fixture.name
        );
    }
}

/// Returns the number of bytes of all blocks, without their headers and the sizes of laced frames.
fn block_bytes(mut rest: &[u8]) -> usize {
    const SEGMENT: u32 = 0x1853_8067;
    const CLUSTER: u32 = 0x1f43_b675;
    const SIMPLE_BLOCK: u32 = 0xa3;
    const BLOCK_GROUP: u32 = 0xa0;
    const BLOCK: u32 = 0xa1;
    let mut sum = 0;
    while !rest.is_empty() {
        let id_size = rest[0].leading_zeros() as usize + 1;
        let id = rest[..id_size]
            .iter()
            .fold(0, |id, byte| id << 8 | u32::from(*byte));
        let length = rest[id_size].leading_zeros() as usize + 1;
        let size = rest[id_size..id_size + length]
            .iter()
            .fold(0, |size, byte| size << 8 | u64::from(*byte));
        let size = (size & !(u64::MAX << (7 * length))) as usize;
        let content = &rest[id_size + length..];
        rest = match id {
            SEGMENT | CLUSTER | BLOCK_GROUP => content,
            BLOCK | SIMPLE_BLOCK => {
                sum += size - block_header_bytes(&content[..size]);
                &content[size..]
            }
            _ => &content[size..],
        };
    }
    sum
}

fn block_header_bytes(block: &[u8]) -> usize {
    let (lacing, laced) = (block[3] & 0x06, &block[4..]);
    if lacing == 0 {
        return 4;
    }
    let frames = usize::from(laced[0]) + 1;
    let size_bytes: usize = match lacing {
        // Each but the last size is a run of 255 and one byte less than that.
        0x02 => {
            let last_bytes = laced[1..]
                .iter()
                .enumerate()
                .filter(|(_, byte)| **byte < 255);
            last_bytes
                .take(frames - 1)
                .last()
                .map_or(0, |(index, _)| index + 1)
        }
        0x04 => 0,
        _ => {
            let mut at = 1;
            for _ in 1..frames {
                at += laced[at].leading_zeros() as usize + 1;
            }
            at - 1
        }
    };
    4 + 1 + size_bytes
}

#[test]
fn the_next_file_in_the_same_stream_begins_anew() {
    let formats = [ByteStreamFormat::IsoBmff, ByteStreamFormat::WebM].map(Fixture::of);
    for fixture in formats.into_iter().flatten() {
        // Offsets from the start of the file hold for the first file of a stream only.
        if ["base-data-offset.mp4", "progressive.mp4"].contains(&&*fixture.name) {
            continue;
        }
        let once = whole(&fixture);
        let chunks = [fixture.bytes.clone(), fixture.bytes.clone()];
        let twice = parse_chunks(fixture.format, chunks, TURN_BYTES);
        assert_eq!(twice.error, None, "{}", fixture.name);
        assert_eq!(
            twice.segments,
            [once.segments, whole(&fixture).segments].concat()
        );
        assert_eq!(
            twice.frames.len(),
            2 * once.frames.len(),
            "{}",
            fixture.name
        );
        assert!(
            twice.frames[once.frames.len()..] == once.frames,
            "{}",
            fixture.name
        );
    }
}
