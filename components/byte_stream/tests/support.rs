/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Fixtures, and ways to feed them.

use std::fs;
use std::path::{Path, PathBuf};

use byte_stream::error::StreamError;
use byte_stream::format::ByteStreamFormat;
use byte_stream::frame::CodedFrame;
use byte_stream::parser::{Parsed, Parser, Produced};
use byte_stream::track::{InitializationSegment, TrackId};
use bytes::Bytes;

pub(crate) const TURN_BYTES: usize = 64 * 1024;

pub(crate) fn media_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/media")
}

/// A media file of `tests/media`.
pub(crate) struct Fixture {
    pub(crate) name: String,
    pub(crate) format: ByteStreamFormat,
    pub(crate) bytes: Bytes,
}

impl Fixture {
    /// The fixture at a path below `tests/media`.
    pub(crate) fn load(path: &str) -> Self {
        Self::open(&media_folder().join(path))
    }

    fn open(path: &Path) -> Self {
        let format = match path.extension().and_then(|extension| extension.to_str()) {
            Some("mp4") => ByteStreamFormat::IsoBmff,
            Some("webm") => ByteStreamFormat::WebM,
            _ => panic!("{} is no media file", path.display()),
        };
        let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Self {
            name,
            format,
            bytes: bytes.into(),
        }
    }

    /// Every media file, sorted by name.
    pub(crate) fn all() -> Vec<Self> {
        let mut paths: Vec<PathBuf> = [media_folder(), media_folder().join("layouts")]
            .iter()
            .flat_map(|folder| fs::read_dir(folder).expect("the folder is in the repository"))
            .map(|entry| entry.expect("it can be read").path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "mp4" || extension == "webm")
            })
            .collect();
        paths.sort();
        assert!(paths.len() >= 15, "media files are missing");
        paths.iter().map(|path| Self::open(path)).collect()
    }
}

/// Everything that a byte stream gave.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) segments: Vec<InitializationSegment>,
    pub(crate) frames: Vec<CodedFrame>,
    pub(crate) error: Option<StreamError>,
}

impl Outcome {
    pub(crate) fn frames_of(&self, track: TrackId) -> Vec<&CodedFrame> {
        self.frames
            .iter()
            .filter(|frame| frame.track == track)
            .collect()
    }

    pub(crate) fn payload_bytes(&self) -> usize {
        self.frames.iter().map(|frame| frame.payload.len()).sum()
    }

    /// Parses what was pushed until more is needed, in turns of `budget` bytes.
    pub(crate) fn drain(&mut self, parser: &mut Parser, budget: usize) {
        while self.error.is_none() {
            match parser.parse(budget) {
                Ok(Parsed::NeedMore) => break,
                Ok(Parsed::Yield) => {}
                Ok(Parsed::Produced(Produced::InitializationSegment(segment))) => {
                    self.segments.push(segment);
                }
                Ok(Parsed::Produced(Produced::CodedFrames(frames))) => {
                    assert!(!frames.is_empty(), "an empty list of frames was handed out");
                    self.frames.extend(frames);
                }
                Err(error) => self.error = Some(error),
            }
        }
    }
}

/// Parses a byte stream that comes in the given chunks, up to its end.
pub(crate) fn parse_chunks(
    format: ByteStreamFormat,
    chunks: impl IntoIterator<Item = Bytes>,
    budget: usize,
) -> Outcome {
    let mut parser = Parser::new(format);
    let mut outcome = Outcome::default();
    for chunk in chunks {
        parser.push(chunk);
        outcome.drain(&mut parser, budget);
    }
    outcome.frames.extend(parser.take_held_frames());
    outcome
}

/// Parses a byte stream that comes in one chunk.
pub(crate) fn parse_whole(format: ByteStreamFormat, bytes: &Bytes) -> Outcome {
    parse_chunks(format, [bytes.clone()], TURN_BYTES)
}

/// Copies each piece, as `appendBuffer()` does.
pub(crate) fn pieces(bytes: &Bytes, length: usize) -> impl Iterator<Item = Bytes> {
    bytes.chunks(length).map(Bytes::copy_from_slice)
}

/// The same numbers in every run: xorshift64* with a fixed seed.
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit
    }
}
