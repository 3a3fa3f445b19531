/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The properties of the fuzz targets, checked with the inputs that fuzzing found worth keeping.

use std::fs;
use std::path::Path;

use byte_stream::format::ByteStreamFormat;

use crate::outcome::Numbers;
use crate::properties::{check_byte_stream, check_mime_type};
use crate::support::Fixture;

/// Calls `check` with every input that is kept for a fuzz target.
fn check_corpus(target: &str, check: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/regressions");
    let folder = folder.join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut count = 0;
    for entry in entries {
        let path = entry.expect("it can be read").path();
        check(&fs::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}")));
        count += 1;
    }
    assert!(count > 0, "{folder:?} is empty");
}

/// Checks the corpus of a target, and every fixture of the format with a few bytes changed.
fn check_format(target: &str, format: ByteStreamFormat) {
    check_corpus(target, |bytes| check_byte_stream(format, bytes));
    let mut numbers = Numbers::new(42);
    for fixture in Fixture::of(format) {
        for round in 0..40 {
            let mut bytes = fixture.bytes.to_vec();
            // Most of what can be broken lies at the start.
            let reach = if round % 2 == 0 {
                bytes.len()
            } else {
                bytes.len().min(2000)
            };
            for _ in 0..numbers.below(8) {
                let position = numbers.below(reach);
                bytes[position] = match numbers.below(4) {
                    0 => 0,
                    1 => 0xff,
                    2 => bytes[position] ^ 1 << numbers.below(8),
                    _ => numbers.below(256) as u8,
                };
            }
            check_byte_stream(format, &bytes);
        }
    }
}

#[test]
fn iso_bmff_keeps_the_properties() {
    check_format("iso_bmff", ByteStreamFormat::IsoBmff);
}

#[test]
fn webm_keeps_the_properties() {
    check_format("webm", ByteStreamFormat::WebM);
}

#[test]
fn mpeg_audio_keeps_the_properties() {
    check_format("mpeg_audio", ByteStreamFormat::MpegAudio);
}

#[test]
fn mpeg_ts_keeps_the_properties() {
    check_format("mpeg_ts", ByteStreamFormat::MpegTs);
}

#[test]
fn mime_types_keep_the_properties() {
    check_corpus("mime_type", check_mime_type);
}
