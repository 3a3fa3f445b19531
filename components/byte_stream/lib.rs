/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Bytes in, initialization segments and coded frames out: the byte stream formats of
//! [Media Source Extensions](https://w3c.github.io/media-source/#byte-stream-formats).
//!
//! This crate is for whoever has media segments and wants the frames in them: a browser engine, a
//! player, a tool. It needs nothing but the bytes, and knows no decoder: no thread, clock, file or
//! network. Besides the parsers it reads MIME types ([`mime`]) and checks codec configurations before
//! a decoder sees them ([`configuration_check`]).
//!
//! A [`Parser`](parser::Parser) takes the appended bytes, cut anywhere, and gives what they
//! complete. The whole contract:
//!
//! ```
//! # use byte_stream::{error::StreamError, format::ByteStreamFormat, parser::*};
//! # fn append(chunk: bytes::Bytes) -> Result<(), StreamError> {
//! let mut parser = Parser::new(ByteStreamFormat::WebM);
//! parser.push(chunk);
//! loop {
//!     match parser.parse(256 * 1024)? {
//!         Parsed::NeedMore => break,  // Everything that was pushed is used.
//!         Parsed::Yield => continue,  // The turn is over; others may run before the next one.
//!         Parsed::Produced(Produced::InitializationSegment(segment)) => drop(segment),
//!         Parsed::Produced(Produced::CodedFrames(frames)) => drop(frames),
//!         Parsed::Produced(Produced::ConfigurationChanged { .. }) => {}
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! - What comes out does not depend on how the bytes were cut, nor on the budget of a turn; only
//!   how many frames are handed out together does.
//! - A track may change how it is coded between two frames, without an initialization segment.
//! - Frames come as soon as their bytes are there, in the order of the byte stream. Within a track
//!   this is decode order; tracks are interleaved as they are in the stream.
//! - Media data is not copied: a frame is a slice of the pushed chunk. There are three exceptions:
//!   a frame that spans chunks, chunks that are too short to be kept apart
//!   ([`limits::SMALL_CHUNK_BYTES`]), and the frames of MPEG-2 TS, which it has in packets of 184
//!   bytes.
//! - After an error the parser gives that error again until it is reset.
//! - Whatever the bytes are, the parser does not panic and takes no memory beyond [`limits`].

mod codecs;
pub mod configuration_check;
pub mod dependency;
pub mod encryption;
pub mod error;
#[cfg(test)]
mod feeding;
pub mod format;
pub mod frame;
mod input;
mod isobmff;
pub mod limits;
pub mod memory;
pub mod mime;
mod mpeg_audio;
mod mpeg_ts;
pub mod parser;
pub mod picture;
mod step;
pub mod time;
pub mod track;
mod webm;
