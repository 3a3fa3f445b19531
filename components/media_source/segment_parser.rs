/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the segment parser loop keeps from one append to the next.

use byte_stream::format::ByteStreamFormat;
use byte_stream::parser::Parser;
use byte_stream::track::InitializationSegment;

/// The parser of a SourceBuffer, and what it found that the MediaSource does not know of.
pub(crate) struct SegmentParser {
    pub(crate) format: ByteStreamFormat,
    pub(crate) parser: Parser,
    /// What the first initialization segment since the MediaSource last took it says of the
    /// duration, even if it was refused; infinity if it says nothing. In seconds.
    pub(crate) first_duration: Option<f64>,
    /// Of the initialization segments that were accepted since the MediaSource last took it, the
    /// first. Nothing that scripts see depends on the others.
    pub(crate) first_received: Option<InitializationSegment>,
}

impl SegmentParser {
    /// At the start of a byte stream: no media is accepted before an initialization segment.
    pub(crate) fn new(format: ByteStreamFormat) -> Self {
        Self {
            format,
            parser: Parser::new(format),
            first_duration: None,
            first_received: None,
        }
    }

    /// Sees to it that no media is parsed by the initialization segment that the parser gave last.
    pub(crate) fn refuse_initialization_segment(&mut self) {
        self.parser = Parser::new(self.format);
    }
}
