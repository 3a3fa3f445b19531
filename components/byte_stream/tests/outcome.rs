/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Feeds a parser in several ways, and records what it gives.

use byte_stream::error::StreamError;
use byte_stream::format::ByteStreamFormat;
use byte_stream::frame::CodedFrame;
use byte_stream::parser::{Parsed, Parser, Produced};
use byte_stream::track::{CodecConfiguration, InitializationSegment, TrackId};
use bytes::Bytes;

/// The budget of a turn where it does not matter.
pub const TURN_BYTES: usize = 64 * 1024;

/// Everything that a parser gave for a byte stream.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Outcome {
    pub segments: Vec<InitializationSegment>,
    /// The number of frames before each change of a configuration, and what changed.
    pub changes: Vec<(usize, TrackId, CodecConfiguration)>,
    pub frames: Vec<CodedFrame>,
    pub error: Option<StreamError>,
}

impl Outcome {
    /// Returns the frames of one track.
    pub fn frames_of(&self, track: TrackId) -> Vec<&CodedFrame> {
        self.frames
            .iter()
            .filter(|frame| frame.track == track)
            .collect()
    }

    /// Returns the sum of the sizes of the frames, in bytes.
    pub fn payload_bytes(&self) -> usize {
        self.frames.iter().map(|frame| frame.payload.len()).sum()
    }

    /// Parses what was pushed until more is needed, in turns of `budget` bytes.
    pub fn drain(&mut self, parser: &mut Parser, budget: usize) {
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
                Ok(Parsed::Produced(Produced::ConfigurationChanged {
                    track,
                    configuration,
                })) => self.changes.push((self.frames.len(), track, configuration)),
                Err(error) => self.error = Some(error),
            }
        }
    }
}

/// Parses a byte stream that comes in the given chunks, up to its end.
pub fn parse_chunks(
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
pub fn parse_whole(format: ByteStreamFormat, bytes: &Bytes) -> Outcome {
    parse_chunks(format, [bytes.clone()], TURN_BYTES)
}

/// Copies each piece, as `appendBuffer()` does.
pub fn pieces(bytes: &Bytes, length: usize) -> impl Iterator<Item = Bytes> {
    bytes.chunks(length).map(Bytes::copy_from_slice)
}

/// Random numbers that are the same in every run: xorshift64* with a fixed seed.
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit
    }
}
