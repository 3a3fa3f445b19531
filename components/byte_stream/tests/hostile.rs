/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tests of broken bytes. They give an error or nothing, but no panic, no endless loop, and no
//! memory for the asking.

use byte_stream::format::ByteStreamFormat;
use bytes::Bytes;

use crate::outcome::{Numbers, TURN_BYTES, parse_chunks, parse_whole};
use crate::support::Fixture;

const FORMATS: [ByteStreamFormat; 2] = [ByteStreamFormat::IsoBmff, ByteStreamFormat::WebM];

#[test]
fn truncations_give_a_part_of_what_the_whole_gives() {
    for fixture in Fixture::all() {
        let whole = parse_whole(fixture.format, &fixture.bytes);
        for length in (0..fixture.bytes.len()).step_by(97) {
            let outcome = parse_whole(fixture.format, &fixture.bytes.slice(..length));
            assert_eq!(outcome.error, None, "{} cut at {length}", fixture.name);
            assert!(whole.segments.starts_with(&outcome.segments));
            assert!(outcome.frames.len() <= whole.frames.len());
        }
    }
}

#[test]
fn garbage_is_an_error() {
    let page = b"<!DOCTYPE html><html><head><title>404 Not Found</title></head></html>";
    for format in FORMATS {
        for garbage in [&page[..], &[0; 64], &[0xff; 64], &[0x55; 64]] {
            let outcome = parse_whole(format, &Bytes::copy_from_slice(garbage));
            assert!(outcome.error.is_some(), "{format:?} {garbage:?}");
        }
    }
}

#[test]
fn garbage_after_an_initialization_segment_is_an_error() {
    let mut numbers = Numbers::new(3);
    for name in ["h264-aac.mp4", "vp8-vorbis.webm"] {
        let fixture = Fixture::load(name);
        let garbage: Vec<u8> = (0..4096).map(|_| numbers.below(256) as u8).collect();
        let chunks = [fixture.bytes.clone(), Bytes::from(garbage)];
        let outcome = parse_chunks(fixture.format, chunks, TURN_BYTES);
        assert!(outcome.error.is_some(), "{name}");
        let whole = parse_whole(fixture.format, &fixture.bytes);
        assert!(
            outcome.frames == whole.frames,
            "{name}: frames before the garbage are given"
        );
    }
}

#[test]
fn huge_sizes_are_refused_at_once() {
    let huge: [(ByteStreamFormat, &[u8]); 5] = [
        (ByteStreamFormat::IsoBmff, b"\x7f\xff\xff\xffmoov"),
        (
            ByteStreamFormat::IsoBmff,
            b"\0\0\0\x01moov\xff\xff\xff\xff\xff\xff\xff\xff",
        ),
        (ByteStreamFormat::IsoBmff, b"\0\0\0\0moov"),
        (
            ByteStreamFormat::WebM,
            b"\x1a\x45\xdf\xa3\x01\x7f\xff\xff\xff\xff\xff\xff",
        ),
        (ByteStreamFormat::WebM, b"\x1a\x45\xdf\xa3\xff"),
    ];
    for (format, bytes) in huge {
        let allocated = allocation_counter::measure(|| {
            let outcome = parse_whole(format, &Bytes::from_static(bytes));
            assert!(outcome.error.is_some(), "{bytes:?}");
        });
        assert!(allocated.bytes_max < 16 << 10, "{bytes:?} {allocated:?}");
    }
}

#[test]
fn a_run_of_samples_without_bytes_is_limited() {
    let fixture = Fixture::load("h264.mp4");
    let mut bytes = fixture.bytes.to_vec();
    let run = bytes
        .windows(4)
        .position(|window| window == b"trun")
        .expect("there is a trun");
    // Neither durations nor sizes nor flags of their own, and as many samples as there can be.
    bytes[run + 4..run + 12].copy_from_slice(&[0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff]);
    let outcome = parse_whole(fixture.format, &bytes.into());
    let error = outcome.error.expect("there are too many samples");
    assert_eq!(error.place, "moof/traf/trun");
    assert_eq!(error.offset, run as u64 - 4);
}
