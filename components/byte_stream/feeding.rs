/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Feeds a parser in the tests of the demuxers, and records what it gives.

use bytes::Bytes;

use crate::error::StreamError;
use crate::format::ByteStreamFormat;
use crate::frame::CodedFrame;
use crate::parser::{Parsed, Parser, Produced};
use crate::track::InitializationSegment;

/// Everything that a parser gave for a byte stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) segments: Vec<InitializationSegment>,
    pub(crate) frames: Vec<CodedFrame>,
    pub(crate) error: Option<StreamError>,
}

impl Outcome {
    /// Parses a whole stream, and checks that it gives the same byte by byte.
    pub(crate) fn of_stream(format: ByteStreamFormat, bytes: &[u8]) -> Self {
        let whole = Self::of_chunks(format, bytes.chunks(bytes.len().max(1)));
        let by_byte = Self::of_chunks(format, bytes.chunks(1));
        assert!(whole == by_byte, "byte by byte it is something else");
        whole
    }

    fn of_chunks<'a>(format: ByteStreamFormat, chunks: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut parser = Parser::new(format);
        let mut outcome = Self::default();
        for chunk in chunks {
            parser.push(Bytes::copy_from_slice(chunk));
            outcome.drain(&mut parser);
        }
        outcome.frames.extend(parser.take_held_frames());
        outcome.drain(&mut parser);
        outcome
    }

    /// Adds everything that the parser gives until it needs more bytes.
    pub(crate) fn drain(&mut self, parser: &mut Parser) {
        while self.error.is_none() {
            match parser.parse(1 << 20) {
                Ok(Parsed::NeedMore) => break,
                Ok(Parsed::Yield) => {}
                Ok(Parsed::Produced(Produced::InitializationSegment(segment))) => {
                    self.segments.push(segment);
                }
                Ok(Parsed::Produced(Produced::CodedFrames(frames))) => self.frames.extend(frames),
                Ok(Parsed::Produced(Produced::ConfigurationChanged { .. })) => {}
                Err(error) => self.error = Some(error),
            }
        }
    }
}
