/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What holds for every byte stream.

use bytes::Bytes;

use crate::support::{Fixture, Numbers, Outcome, TURN_BYTES, parse_chunks, parse_whole, pieces};

fn whole(fixture: &Fixture) -> Outcome {
    let outcome = parse_whole(fixture.format, &fixture.bytes);
    assert_eq!(outcome.error, None, "{}", fixture.name);
    assert_eq!(outcome.segments.len(), 1, "{}", fixture.name);
    assert!(outcome.frames.len() > 40, "{}", fixture.name);
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
fn a_frame_in_one_chunk_is_not_copied() {
    for fixture in Fixture::all() {
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
            Parsed::Yield | Parsed::Produced(Produced::InitializationSegment(_)) => {}
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
    for fixture in Fixture::all()
        .iter()
        .filter(|fixture| fixture.name.ends_with("mp4"))
    {
        let mut media_data = 0;
        let mut rest = fixture.bytes.clone();
        while let Some(size) = rest
            .first_chunk()
            .map(|size| u32::from_be_bytes(*size) as usize)
        {
            let one = rest.split_to(size);
            if &one[4..8] == b"mdat" {
                media_data += size - 8;
            }
        }
        assert_eq!(
            whole(fixture).payload_bytes(),
            media_data,
            "{}",
            fixture.name
        );
    }
}

#[test]
fn the_next_file_in_the_same_stream_begins_anew() {
    for fixture in Fixture::all() {
        // Offsets from the start of the file hold for the first file of a stream only.
        if fixture.name == "base-data-offset.mp4" {
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
