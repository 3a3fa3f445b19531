/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the segment parser loop keeps from one append to the next.

use std::collections::VecDeque;
use std::ops::Range;

use byte_stream::error::StreamError;
use byte_stream::format::ByteStreamFormat;
use byte_stream::frame::CodedFrame;
use byte_stream::limits::SMALL_CHUNK_BYTES;
use byte_stream::memory::allocated;
use byte_stream::parser::{Parsed, Parser, Produced};
use byte_stream::track::{CodecConfiguration, InitializationSegment, Track};
use bytes::Bytes;

use crate::append::is_encrypted;
use crate::memory::{self, MemoryAccount};

/// The parser of a SourceBuffer, and what it has found that the MediaSource does not know yet.
pub(crate) struct SegmentParser {
    pub(crate) format: ByteStreamFormat,
    pub(crate) parser: Parser,
    /// The account of the SourceBuffer.
    memory: MemoryAccount,
    /// The number of bytes that were parsed since the last frames.
    parsed_bytes: usize,
    /// The chunks that the parser had not used up when it ran last.
    chunks: VecDeque<AppendedChunk>,
    /// The number of bytes that were ever pushed.
    pushed_bytes: u64,
    /// The duration in seconds that the first initialization segment declares, infinity if it declares
    /// none, even if the segment was refused. The MediaSource takes it, and the next segment is the first
    /// one again.
    pub(crate) first_duration: Option<f64>,
    /// The first initialization segment that was accepted since the MediaSource last took one. Nothing
    /// that scripts see depends on later ones.
    pub(crate) first_received: Option<InitializationSegment>,
}

/// Appended bytes of which frames may be slices.
struct AppendedChunk {
    addresses: Range<usize>,
    /// The position of its end among all bytes that were pushed.
    end: u64,
}

impl SegmentParser {
    /// Returns a parser at the start of a byte stream. It accepts no media before an initialization
    /// segment.
    pub(crate) fn new(format: ByteStreamFormat, memory: &MemoryAccount) -> Self {
        Self {
            format,
            parser: counting_parser(format, memory),
            memory: memory.clone(),
            parsed_bytes: 0,
            chunks: VecDeque::new(),
            pushed_bytes: 0,
            first_duration: None,
            first_received: None,
        }
    }

    /// Adds a chunk at the end of the input buffer. The chunk counts itself in the account.
    pub(crate) fn push(&mut self, chunk: Bytes) {
        self.pushed_bytes += chunk.len() as u64;
        // (Of shorter ones the parser makes chunks of its own.)
        if chunk.len() >= SMALL_CHUNK_BYTES {
            let start = chunk.as_ptr().addr();
            self.chunks.push_back(AppendedChunk {
                addresses: start..start + chunk.len(),
                end: self.pushed_bytes,
            });
        }
        self.parser.push(chunk);
    }

    /// Calls [`Parser::parse`], and counts in the account all memory that the result holds.
    pub(crate) fn parse(&mut self, work: usize) -> Result<Parsed, StreamError> {
        let waiting = self.parser.waiting_bytes();
        let used_up = self.pushed_bytes - waiting as u64;
        while self
            .chunks
            .front()
            .is_some_and(|chunk| chunk.end <= used_up)
        {
            self.chunks.pop_front();
        }
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

    /// Counts what decoders need for as long as anything keeps it: frames, what scripts were told, or a
    /// player.
    fn count_configuration(&self, configuration: &mut CodecConfiguration) {
        let extra_data = configuration.extra_data_mut();
        if !extra_data.is_empty() {
            *extra_data = memory::count(std::mem::take(extra_data), &self.memory);
        }
    }

    /// Takes the frames that only wait to learn their duration. Encrypted ones are left out, because no
    /// append is there that could fail.
    pub(crate) fn take_held_frames(&mut self) -> Vec<CodedFrame> {
        let mut frames = self.parser.take_held_frames();
        frames.retain(|frame| !is_encrypted(frame));
        self.count_payloads(&mut frames);
        frames
    }

    /// Counts the memory that the payloads keep, and keeps it small: payloads that make up less than half
    /// of the parsed bytes are copied together, so that they do not keep the chunks of all these bytes. A
    /// frame that spans chunks is a copy already, and does not count among the others.
    fn count_payloads(&mut self, frames: &mut [CodedFrame]) {
        if frames.is_empty() {
            return;
        }
        let few = self.parsed_bytes / 2;
        self.parsed_bytes = 0;
        let byte_size: usize = frames.iter().map(|frame| frame.payload.len()).sum();
        let are_few = byte_size < few;
        // (In a single chunk, all that are not few are slices.)
        let has_copies = self.chunks.len() > 1;
        let is_gathered = |payload: &Bytes| are_few || (has_copies && self.is_slice(payload));
        let payloads = frames.iter().map(|frame| &frame.payload);
        let payloads = payloads.filter(|payload| is_gathered(payload));
        let gathered_bytes: usize = payloads.map(Bytes::len).sum();
        let payloads = frames.iter_mut().map(|frame| &mut frame.payload);
        if gathered_bytes > 0 && gathered_bytes < few {
            let gathered = payloads.filter(|payload| is_gathered(payload));
            memory::gather(gathered, gathered_bytes, &self.memory);
        } else if self.format == ByteStreamFormat::MpegTs {
            // The payloads of transport streams are not slices of chunks.
            for payload in payloads {
                *payload = memory::count(std::mem::take(payload), &self.memory);
            }
        }
    }

    /// Whether the bytes are part of an appended chunk.
    fn is_slice(&self, bytes: &Bytes) -> bool {
        let address = bytes.as_ptr().addr();
        let mut chunks = self.chunks.iter();
        chunks.any(|chunk| chunk.addresses.contains(&address))
    }

    /// Returns the bytes that are held beside the chunks and the frames.
    pub(crate) fn held_bytes(&self) -> usize {
        let received = self.first_received.as_ref();
        self.parser.held_bytes()
            + allocated(self.chunks.capacity() * size_of::<AppendedChunk>())
            + received.map_or(0, held_by_segment)
    }

    /// <https://w3c.github.io/media-source/#sourcebuffer-reset-parser-state>
    pub(crate) fn reset(&mut self) {
        self.parser.reset();
        self.chunks = VecDeque::new();
        self.pushed_bytes = 0;
        self.parsed_bytes = 0;
    }

    /// Forgets the initialization segment that the parser returned last, so that no media is parsed by it.
    pub(crate) fn refuse_initialization_segment(&mut self) {
        self.parser = counting_parser(self.format, &self.memory);
    }
}

/// Returns a parser whose copies of appended bytes are counted in the account as well.
fn counting_parser(format: ByteStreamFormat, memory: &MemoryAccount) -> Parser {
    let memory = memory.clone();
    Parser::with_copies(format, move |bytes| memory::chunk(bytes, &memory))
}

/// Returns the bytes that the segment takes, without the configurations of its tracks, which are shared.
fn held_by_segment(segment: &InitializationSegment) -> usize {
    let names = segment.tracks.iter();
    let names = names.map(|track| allocated(track.label.len()) + allocated(track.language.len()));
    allocated(segment.tracks.capacity() * size_of::<Track>()) + names.sum::<usize>()
}
