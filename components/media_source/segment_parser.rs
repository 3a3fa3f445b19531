/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the segment parser loop keeps from one append to the next.

use std::collections::VecDeque;

use byte_stream::error::StreamError;
use byte_stream::format::ByteStreamFormat;
use byte_stream::frame::CodedFrame;
use byte_stream::parser::{Parsed, Parser, Produced};
use byte_stream::track::InitializationSegment;
use bytes::Bytes;

use crate::memory::{self, MemoryAccount};

/// The parser of a SourceBuffer, and what it found that the MediaSource does not know of.
pub(crate) struct SegmentParser {
    pub(crate) format: ByteStreamFormat,
    pub(crate) parser: Parser,
    /// That of the SourceBuffer.
    memory: MemoryAccount,
    /// The chunks of which not all is parsed, or the last one: a frame of it may wait for the next. Each
    /// with how many bytes were pushed until its end.
    chunks: VecDeque<(Bytes, u64)>,
    /// How many bytes were pushed.
    pushed: u64,
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
            parser: Parser::new(format),
            memory: memory.clone(),
            chunks: VecDeque::new(),
            pushed: 0,
            first_duration: None,
            first_received: None,
        }
    }

    /// Adds a chunk, which counts itself in the account, at the end of the input buffer.
    pub(crate) fn push(&mut self, chunk: Bytes) {
        self.pushed += chunk.len() as u64;
        self.chunks.push_back((chunk.clone(), self.pushed));
        self.parser.push(chunk);
    }

    /// As [`Parser::parse`]. All that the frames hold is counted in the account.
    pub(crate) fn parse(&mut self, work: usize) -> Result<Parsed, StreamError> {
        let waiting = self.parser.waiting_bytes();
        let mut parsed = self.parser.parse(work);
        if let Ok(Parsed::Produced(Produced::CodedFrames(frames))) = &mut parsed {
            let parsed_bytes = waiting.saturating_sub(self.parser.waiting_bytes());
            self.count_payloads(frames, parsed_bytes);
        }
        self.forget_parsed_chunks();
        parsed
    }

    /// The frames that only wait to learn their duration.
    pub(crate) fn take_held_frames(&mut self) -> Vec<CodedFrame> {
        let mut frames = self.parser.take_held_frames();
        self.count_payloads(&mut frames, 0);
        frames
    }

    /// Sees to it that the payloads keep no memory that is not counted, and little more than they need:
    /// those that are less than half of the bytes that were parsed are copied, so that they do not keep
    /// the chunks of all of them.
    fn count_payloads(&self, frames: &mut [CodedFrame], parsed_bytes: usize) {
        let payload_bytes: usize = frames.iter().map(|frame| frame.payload.len()).sum();
        let are_few = payload_bytes < parsed_bytes / 2;
        for frame in frames {
            if are_few {
                frame.payload = memory::copy(&frame.payload, &self.memory);
            } else if !self.is_slice_of_chunk(&frame.payload) {
                frame.payload = memory::count(frame.payload.clone(), &self.memory);
            }
        }
    }

    fn is_slice_of_chunk(&self, payload: &Bytes) -> bool {
        let start = payload.as_ptr() as usize;
        let parsed = self.parsed();
        let mut parsed_chunks = self
            .chunks
            .iter()
            .take_while(|(chunk, end)| end - (chunk.len() as u64) < parsed);
        parsed_chunks.any(|(chunk, _)| {
            let chunk_start = chunk.as_ptr() as usize;
            (chunk_start..chunk_start + chunk.len()).contains(&start)
        })
    }

    fn forget_parsed_chunks(&mut self) {
        let parsed = self.parsed();
        while self.chunks.len() > 1 && self.chunks[0].1 <= parsed {
            self.chunks.pop_front();
        }
    }

    /// How many of the pushed bytes do not wait any more.
    fn parsed(&self) -> u64 {
        self.pushed - self.parser.waiting_bytes() as u64
    }

    /// What is held beside the chunks and the frames.
    pub(crate) fn held_bytes(&self) -> usize {
        self.parser.held_bytes() + self.chunks.capacity() * size_of::<(Bytes, u64)>()
    }

    /// <https://w3c.github.io/media-source/#sourcebuffer-reset-parser-state>
    pub(crate) fn reset(&mut self) {
        self.parser.reset();
        self.chunks = VecDeque::new();
    }

    /// Sees to it that no media is parsed by the initialization segment that the parser gave last.
    pub(crate) fn refuse_initialization_segment(&mut self) {
        self.parser = Parser::new(self.format);
        self.chunks = VecDeque::new();
    }
}
