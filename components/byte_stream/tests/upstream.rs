/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tests with the media files that web-platform-tests append.

use std::env;
use std::fs;
use std::path::Path;

use bytes::Bytes;

use crate::outcome::{TURN_BYTES, parse_chunks};
use crate::support::{Fixture, media_files};

/// Every file of a checkout at `WPT_ROOT` is parsed, and refused if its name says so.
#[test]
fn files_of_web_platform_tests() {
    let Some(root) = env::var_os("WPT_ROOT") else {
        println!("skipped: WPT_ROOT names no checkout of web-platform-tests");
        return;
    };
    let mut count = 0;
    for folder in ["mp4", "webm", "mp3"] {
        for path in media_files(&Path::new(&root).join("media-source").join(folder)) {
            check_file(&path);
            count += 1;
        }
    }
    println!("{count} files of web-platform-tests");
    assert!(count >= 31, "only {count} files");
}

fn check_file(path: &Path) {
    let fixture = Fixture::open(path);
    let chunks = [initialization_segment_of(path), fixture.bytes];
    let outcome = parse_chunks(fixture.format, chunks, TURN_BYTES);
    let about = format!("{} {:?}", fixture.name, outcome.error);
    assert_eq!(
        outcome.error.is_some(),
        fixture.name.starts_with("invalid"),
        "{about}"
    );
    assert_eq!(
        outcome.segments.is_empty(),
        outcome.error.is_some(),
        "{about}"
    );
    let has_media = outcome.error.is_none() && !fixture.name.ends_with("-init.mp4");
    assert_eq!(!outcome.frames.is_empty(), has_media, "{about}");
}

/// Returns what must be appended before a file that has only media segments. It is nothing before
/// other files.
fn initialization_segment_of(path: &Path) -> Bytes {
    let name = path.to_string_lossy();
    if !name.ends_with("-media.mp4") {
        return Bytes::new();
    }
    let path = name.replace("-media.mp4", "-init.mp4");
    fs::read(&path)
        .unwrap_or_else(|error| panic!("{path}: {error}"))
        .into()
}
