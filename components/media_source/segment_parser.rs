/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the segment parser loop keeps from one append to the next.

use byte_stream::error::StreamError;
use byte_stream::format::ByteStreamFormat;
use byte_stream::frame::CodedFrame;
use byte_stream::memory::allocated;
use byte_stream::parser::{Parsed, Parser, Produced};
use byte_stream::track::{CodecConfiguration, InitializationSegment, Track};
use bytes::Bytes;

use crate::append::is_encrypted;
use crate::memory::{self, MemoryAccount};

/// The parser of a SourceBuffer, and what it found that the MediaSource does not know of.
pub(crate) struct SegmentParser {
    pub(crate) format: ByteStreamFormat,
    pub(crate) parser: Parser,
    /// That of the SourceBuffer.
    memory: MemoryAccount,
    /// How many bytes were parsed since frames were given.
    parsed_bytes: usize,
    /// What the first initialization segment since the MediaSource last took it says of the
    /// duration, even if it was refused; infinity if it says nothing. In seconds.
    pub(crate) first_duration: Option<f64>,
    /// Of the initialization segments that were accepted since the MediaSource last took it, the
    /// first. Nothing that scripts see depends on the others.
    pub(crate) first_received: Option<InitializationSegment>,
}

impl SegmentParser {
    /// At the start of a byte stream: no media is accepted before an initialization segment.
    pub(crate) fn new(format: ByteStreamFormat, memory: &MemoryAccount) -> Self {
        Self {
            format,
            parser: counting_parser(format, memory),
            memory: memory.clone(),
            parsed_bytes: 0,
            first_duration: None,
            first_received: None,
        }
    }

    /// Adds a chunk, which counts itself in the account, at the end of the input buffer.
    pub(crate) fn push(&mut self, chunk: Bytes) {
        self.parser.push(chunk);
    }

    /// As [`Parser::parse`]. All that what it gives holds is counted in the account.
    pub(crate) fn parse(&mut self, work: usize) -> Result<Parsed, StreamError> {
        let waiting = self.parser.waiting_bytes();
        let mut parsed = self.parser.parse(work);
        self.parsed_bytes += waiting - self.parser.waiting_bytes();
        if let Ok(Parsed::Produced(produced)) = &mut parsed {
            match produced {
                Produced::CodedFrames(frames) => self.count_payloads(frames),
                Produced::InitializationSegment(segment) => {
                    let tracks = segment.tracks.iter_mut();
                    tracks.for_each(|track| self.count_configuration(&mut track.configuration));
                }
                Produced::ConfigurationChanged { configuration, .. } => {
                    self.count_configuration(configuration);
                }
            }
        }
        parsed
    }

    /// Sees to it that what decoders need is counted for as long as anybody keeps it: frames, what
    /// scripts were told, or a player.
    fn count_configuration(&self, configuration: &mut CodecConfiguration) {
        let extra_data = configuration.extra_data_mut();
        if !extra_data.is_empty() {
            *extra_data = memory::count(std::mem::take(extra_data), &self.memory);
        }
    }

    /// The frames that only wait to learn their duration. (No append is there to fail if they are
    /// encrypted.)
    pub(crate) fn take_held_frames(&mut self) -> Vec<CodedFrame> {
        let mut frames = self.parser.take_held_frames();
        frames.retain(|frame| !is_encrypted(frame));
        self.count_payloads(&mut frames);
        frames
    }

    /// Sees to it that the payloads keep no memory that is not counted, and little more than they need:
    /// those that are less than half of the bytes that were parsed are copied together, so that they do
    /// not keep the chunks of all of them.
    fn count_payloads(&mut self, frames: &mut [CodedFrame]) {
        if frames.is_empty() {
            return;
        }
        let byte_size: usize = frames.iter().map(|frame| frame.payload.len()).sum();
        let are_few = byte_size < self.parsed_bytes / 2;
        self.parsed_bytes = 0;
        let payloads = frames.iter_mut().map(|frame| &mut frame.payload);
        if are_few {
            memory::gather(payloads, byte_size, &self.memory);
        } else if self.format == ByteStreamFormat::MpegTs {
            // They are no slices of chunks.
            for payload in payloads {
                *payload = memory::count(std::mem::take(payload), &self.memory);
            }
        }
    }

    /// What is held beside the chunks and the frames.
    pub(crate) fn held_bytes(&self) -> usize {
        let received = self.first_received.as_ref();
        self.parser.held_bytes() + received.map_or(0, held_by_segment)
    }

    /// <https://w3c.github.io/media-source/#sourcebuffer-reset-parser-state>
    pub(crate) fn reset(&mut self) {
        self.parser.reset();
        self.parsed_bytes = 0;
    }

    /// Sees to it that no media is parsed by the initialization segment that the parser gave last.
    pub(crate) fn refuse_initialization_segment(&mut self) {
        self.parser = counting_parser(self.format, &self.memory);
    }
}

/// A parser whose copies of appended bytes are counted in the account as well.
fn counting_parser(format: ByteStreamFormat, memory: &MemoryAccount) -> Parser {
    let memory = memory.clone();
    Parser::with_copies(format, move |bytes| memory::chunk(bytes, &memory))
}

/// What it takes beside how its tracks are coded, which others share.
fn held_by_segment(segment: &InitializationSegment) -> usize {
    let names = segment.tracks.iter();
    let names = names.map(|track| allocated(track.label.len()) + allocated(track.language.len()));
    allocated(segment.tracks.capacity() * size_of::<Track>()) + names.sum::<usize>()
}
