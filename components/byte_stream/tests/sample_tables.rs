/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tests of the boxes of ISO BMFF that describe each sample: times, random access points, and
//! tables that describe more samples than there are bytes.

use byte_stream::format::ByteStreamFormat;
use byte_stream::parser::{Parsed, Parser, Produced};
use bytes::Bytes;

use crate::boxes::{edit, pictures, put_word, read_boxes, words, write_box};
use crate::outcome::{Outcome, parse_whole};

fn parse(bytes: Vec<u8>) -> Outcome {
    parse_whole(ByteStreamFormat::IsoBmff, &Bytes::from(bytes))
}

fn random_access_points(bytes: Vec<u8>) -> Vec<bool> {
    let outcome = parse(bytes);
    assert_eq!(outcome.error, None);
    let frames = outcome.frames.iter();
    frames.map(|frame| frame.is_random_access_point).collect()
}

/// Returns the initialization segment of [`pictures`].
fn initialization_segment() -> Vec<u8> {
    let boxes = read_boxes(&pictures()).into_iter().take(2);
    let boxes = boxes.map(|(kind, content)| write_box(&kind, &content));
    boxes.collect::<Vec<_>>().concat()
}

#[test]
fn decode_times_may_be_before_zero() {
    let bytes = pictures();
    let whole = parse(bytes.to_vec());
    for shift in [-1, -1024, -(1 << 60)] {
        let shifted = edit(&bytes, "moof/traf/tfdt", &mut |tfdt| {
            let time = i64::from_be_bytes(tfdt[4..12].try_into().expect("eight bytes"));
            tfdt[4..12].copy_from_slice(&(time + shift).to_be_bytes());
        });
        let shifted = parse(shifted);
        assert_eq!(shifted.error, None);
        for (frame, shifted) in whole.frames.iter().zip(&shifted.frames) {
            assert_eq!(shifted.decode.0, frame.decode.0 + shift);
            assert_eq!(shifted.presentation.0, frame.presentation.0 + shift);
        }
    }
    let too_early = edit(&bytes, "moof/traf/tfdt", &mut |tfdt| {
        tfdt[4..12].copy_from_slice(&i64::MIN.to_be_bytes());
    });
    let error = parse(too_early).error.expect("it is too far from zero");
    assert_eq!(error.place, "moof/traf/tfdt");
}

#[test]
fn random_access_points_are_what_the_pictures_are() {
    const SYNC: u32 = 0x0200_0000;
    const NON_SYNC: u32 = 0x0101_0000;
    const DEPENDENT_SYNC: u32 = 0x0100_0000;
    let bytes = pictures();
    let expected = random_access_points(bytes.to_vec());
    assert_eq!(expected.iter().filter(|is_one| **is_one).count(), 6);
    for first in [SYNC, NON_SYNC, DEPENDENT_SYNC, 0] {
        for other in [SYNC, NON_SYNC, DEPENDENT_SYNC, 0] {
            let flagged = edit(&bytes, "moof/traf/trun", &mut |trun| {
                put_word(trun, 12, first)
            });
            let flagged = edit(&flagged, "moof/traf/tfhd", &mut |tfhd| {
                put_word(tfhd, 16, other)
            });
            assert!(
                random_access_points(flagged) == expected,
                "{first:x} {other:x}"
            );
        }
    }
}

#[test]
fn descriptions_of_groups_with_lengths_of_their_own() {
    for version in [1_u32, 2, 3] {
        let index = if version > 1 { vec![1] } else { Vec::new() };
        let fields = [
            &words(&[version << 24])[..],
            b"rap ",
            &words(&[0]),
            &words(&index),
        ];
        let entries = words(&[1, 1]);
        let sgpd = [fields.concat(), entries, vec![0x80]].concat();
        let bytes = edit(&pictures(), "moov/trak/mdia/minf/stbl", &mut |stbl| {
            stbl.extend(write_box(b"sgpd", &sgpd));
        });
        let outcome = parse(bytes);
        assert_eq!(outcome.error, None, "version {version}");
    }
}

/// Makes a movie fragment of so many samples that have no fields of their own.
fn fragment(samples: u32, size: u32) -> Vec<u8> {
    let tfhd = write_box(b"tfhd", &words(&[0x2_0018, 1, 1, size]));
    let tfdt = write_box(b"tfdt", &words(&[0, 0]));
    let trun = write_box(b"trun", &words(&[0, samples]));
    write_box(b"moof", &write_box(b"traf", &[tfhd, tfdt, trun].concat()))
}

/// Returns how many turns it takes until more bytes are needed, and the most memory in bytes.
fn cost(bytes: Vec<u8>) -> (usize, u64) {
    let mut turns = 0;
    let bytes = Bytes::from(bytes);
    let memory = allocation_counter::measure(|| {
        let mut parser = Parser::new(ByteStreamFormat::IsoBmff);
        parser.push(bytes.clone());
        while !matches!(parser.parse(64 << 10), Ok(Parsed::NeedMore) | Err(_)) {
            turns += 1;
        }
    });
    (turns, memory.bytes_max)
}

#[test]
fn samples_without_bytes_cost_nothing() {
    let few = [initialization_segment(), fragment(1 << 18, 0)].concat();
    let outcome = parse(few.clone());
    assert_eq!((outcome.error, outcome.frames.len()), (None, 0));
    let many = [initialization_segment(), fragment(1 << 18, 0).repeat(300)].concat();
    let bytes = many.len();
    let ((few_turns, _), (turns, memory)) = (cost(few), cost(many));
    // Each fragment is a step.
    assert!(
        turns <= few_turns + 300 * 512 / (64 << 10) + 1,
        "{turns} turns"
    );
    assert!(memory < 64 << 10, "{memory} bytes for {bytes}");
}

#[test]
fn sizes_of_zero_cost_as_much_as_their_fields() {
    let samples = 1 << 14;
    let tfhd = write_box(b"tfhd", &words(&[0x2_0000, 1]));
    let tfdt = write_box(b"tfdt", &words(&[0, 0]));
    let trun = [words(&[0x200, samples]), vec![0; 4 << 14]].concat();
    let traf = [tfhd, tfdt, write_box(b"trun", &trun)].concat();
    let moof = write_box(b"moof", &write_box(b"traf", &traf));
    let (turns, _) = cost([initialization_segment(), moof.clone(), moof].concat());
    assert!(turns > 20, "one turn does too much: {turns}");
}

#[test]
fn samples_that_may_come_take_no_memory() {
    let fragments = [initialization_segment(), fragment(1 << 18, 1)].concat();
    let (_, memory) = cost(fragments);
    assert!(memory < 64 << 10, "{memory} bytes");
    let movie = edit(
        &initialization_segment(),
        "moov/trak/mdia/minf/stbl",
        &mut |stbl| {
            let tables = read_boxes(stbl).into_iter().map(|(kind, content)| {
                let count = 1 << 20;
                write_box(
                    &kind,
                    &match &kind {
                        b"stts" => words(&[0, 1, count, 1]),
                        b"stsc" => words(&[0, 1, 1, count, 1]),
                        b"stsz" => words(&[0, 1, count]),
                        b"stco" => words(&[0, 1, 0]),
                        _ => content,
                    },
                )
            });
            *stbl = tables.collect::<Vec<_>>().concat();
        },
    );
    let (turns, memory) = cost(movie.repeat(40));
    assert!(memory < 64 << 10, "{memory} bytes");
    assert!(turns < 100, "{turns} turns");
}

#[test]
fn a_parser_says_what_it_holds() {
    let mut parser = Parser::new(ByteStreamFormat::IsoBmff);
    assert_eq!(parser.held_bytes(), 0);
    parser.push(initialization_segment().into());
    let parsed = parser.parse(1 << 20).expect("it is well-formed");
    assert!(matches!(
        parsed,
        Parsed::Produced(Produced::InitializationSegment(_))
    ));
    let of_movie = parser.held_bytes();
    assert!((40..4096).contains(&of_movie), "{of_movie}");
    // The tables are slices of the chunk, and whoever pushed it knows of that.
    let trun = write_box(b"trun", &words(&[0x200, 1, 1])).repeat(1000);
    let tfhd = write_box(b"tfhd", &words(&[0x2_0000, 1]));
    let tfdt = write_box(b"tfdt", &words(&[0, 0]));
    let traf = [tfhd, tfdt, trun].concat();
    parser.push(write_box(b"moof", &write_box(b"traf", &traf)).into());
    let parsed = parser.parse(1 << 20).expect("it is well-formed");
    assert!(matches!(parsed, Parsed::NeedMore));
    let of_fragment = parser.held_bytes() - of_movie;
    assert!((50_000..200_000).contains(&of_fragment), "{of_fragment}");
    parser.reset();
    assert!(parser.held_bytes() <= of_movie);
}
