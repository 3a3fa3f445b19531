/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Checks of what holds whatever the bytes are. The fuzz targets of `tests/fuzz` call the same
//! functions.

use byte_stream::format::ByteStreamFormat;
use byte_stream::mime::{MimeType, is_type_accepted, is_type_supported};
use byte_stream::parser::Parser;
use bytes::Bytes;

use crate::outcome::{Numbers, Outcome, TURN_BYTES, parse_chunks, parse_whole};

/// Checks that nothing panics or is out of proportion, and that the result is the same however the
/// bytes are cut.
pub fn check_byte_stream(format: ByteStreamFormat, bytes: &[u8]) {
    let bytes = Bytes::copy_from_slice(bytes);
    let whole = parse_whole(format, &bytes);
    check_outcome(format, &bytes, &whole);

    // Cuts that are the same whenever these bytes are checked.
    let seed = bytes.iter().fold(0, |seed: u64, byte| {
        seed.wrapping_mul(31).wrapping_add(u64::from(*byte))
    });
    let mut numbers = Numbers::new(seed);
    let longest = [3, 50, 1000, 20_000][numbers.below(4)];
    let mut rest = bytes.clone();
    let chunks: Vec<Bytes> = std::iter::from_fn(|| {
        let length = (1 + numbers.below(longest)).min(rest.len());
        (length > 0).then(|| Bytes::copy_from_slice(&rest.split_to(length)))
    })
    .collect();
    let cut = parse_chunks(format, chunks.iter().cloned(), 1 + longest / 3);
    assert!(cut == whole, "cut into {} pieces", chunks.len());

    reset_between(format, &bytes, &chunks, whole);
}

fn check_outcome(format: ByteStreamFormat, bytes: &Bytes, outcome: &Outcome) {
    // A start code of three bytes becomes a length of four.
    let growth = if format == ByteStreamFormat::MpegTs {
        2
    } else {
        1
    };
    assert!(
        outcome.payload_bytes() <= growth * bytes.len(),
        "more came out than went in"
    );
    for frame in &outcome.frames {
        assert!(!frame.payload.is_empty() && frame.duration.0 >= 0);
        let has_track = |segment: &byte_stream::track::InitializationSegment| {
            segment.tracks.iter().any(|track| track.id == frame.track)
        };
        assert!(
            outcome.segments.iter().any(has_track),
            "{:?} is not declared",
            frame.track
        );
    }
    for segment in &outcome.segments {
        assert!(
            !segment.tracks.is_empty(),
            "an initialization segment without tracks"
        );
    }
    if let Some(error) = &outcome.error {
        assert!(error.offset <= bytes.len() as u64, "{error}");
    }
}

/// Checks that a reset, wherever it comes, leaves nothing behind that the next initialization
/// segment does not replace.
fn reset_between(format: ByteStreamFormat, bytes: &Bytes, chunks: &[Bytes], whole: Outcome) {
    let mut parser = Parser::new(format);
    let mut before = Outcome::default();
    for chunk in &chunks[..chunks.len() / 2] {
        parser.push(chunk.clone());
        before.drain(&mut parser, TURN_BYTES);
    }
    parser.reset();
    assert!(!parser.is_in_media_segment());
    let mut after = Outcome::default();
    parser.push(bytes.clone());
    after.drain(&mut parser, TURN_BYTES);
    after.frames.extend(parser.take_held_frames());
    let begins_anew = before.segments.is_empty() && before.error.is_none();
    if begins_anew {
        assert!(after == whole, "after a reset");
    }
}

/// Checks that nothing panics, and that the two judgements agree where they must.
pub fn check_mime_type(bytes: &[u8]) {
    let type_ = String::from_utf8_lossy(bytes);
    let is_supported = is_type_supported(&type_, &|_| true);
    let is_accepted = is_type_accepted(&type_, &|_| true);
    assert!(is_accepted || !is_supported, "supported is accepted");
    let Some(mime_type) = MimeType::parse(&type_) else {
        assert!(!is_accepted, "accepted without a type");
        return;
    };
    assert!(
        mime_type.format().is_some() || !is_accepted,
        "accepted without a format"
    );
    let is_webm = mime_type.format() == Some(ByteStreamFormat::WebM);
    let lacks_codecs = mime_type.codecs().is_none();
    assert!(
        !(is_webm && lacks_codecs && is_supported),
        "WebM without codecs"
    );
    if let Some((essence, rest)) = type_.split_once(';') {
        let other_case = format!("{};{rest}", essence.to_ascii_uppercase());
        assert_eq!(MimeType::parse(&other_case), Some(mime_type));
    }
}
