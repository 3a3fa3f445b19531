/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Boxes: the header of a box that is still arriving, and a reader for a box that is complete.

use bytes::Bytes;

use crate::error::StreamError;

/// The header of a box.
pub(crate) struct BoxHeader {
    pub(crate) kind: [u8; 4],
    /// The size in bytes of the header itself.
    pub(crate) header_size: u64,
    /// The size in bytes of the whole box. It is `None` if the box goes on to the end of what holds
    /// it.
    pub(crate) size: Option<u64>,
}

impl BoxHeader {
    /// Reads the header of a box. It is `Ok(None)` if `bytes` end before the header does. The error
    /// says what is wrong.
    pub(crate) fn read(bytes: &[u8]) -> Result<Option<Self>, &'static str> {
        let Some((size, rest)) = bytes.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let Some((kind, rest)) = rest.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let (size, header_size) = match u32::from_be_bytes(*size) {
            0 => (None, 8),
            1 => match rest.first_chunk::<8>() {
                Some(size) => (Some(u64::from_be_bytes(*size)), 16),
                None => return Ok(None),
            },
            size => (Some(u64::from(size)), 8),
        };
        if size.is_some_and(|size| size < header_size) {
            return Err("the box is smaller than its header");
        }
        Ok(Some(Self {
            kind: *kind,
            header_size,
            size,
        }))
    }
}

/// Reads the fields of one box in order.
#[derive(Clone)]
pub(crate) struct BoxReader<'a> {
    /// The path of the box, which errors name.
    place: &'static str,
    /// Where the box starts in the stream, which errors name.
    start: u64,
    /// Where `rest` starts in the stream.
    position: u64,
    rest: &'a [u8],
    /// The bytes that `rest` is a part of.
    whole: &'a Bytes,
}

/// A box in the content of another one.
pub(crate) struct ChildBox<'a> {
    pub(crate) kind: [u8; 4],
    /// All bytes of the box, with its header.
    pub(crate) bytes: &'a [u8],
    /// The bytes that the box is a part of.
    whole: &'a Bytes,
    start: u64,
    header_size: u64,
}

impl<'a> ChildBox<'a> {
    /// Returns where the box starts in the stream.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// Makes a reader of the fields of the box.
    pub(crate) fn reader(&self, place: &'static str) -> BoxReader<'a> {
        BoxReader {
            place,
            start: self.start,
            position: self.start + self.header_size,
            rest: &self.bytes[self.header_size as usize..],
            whole: self.whole,
        }
    }
}

impl<'a> BoxReader<'a> {
    /// Makes a reader of a whole box with its header, which starts at `start` in the stream.
    pub(crate) fn new(place: &'static str, start: u64, bytes: &'a Bytes, header_size: u64) -> Self {
        let header_size = (header_size as usize).min(bytes.len());
        let rest = &bytes[header_size..];
        Self {
            place,
            start,
            position: start + header_size as u64,
            rest,
            whole: bytes,
        }
    }

    /// Returns where the box starts in the stream.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// Returns where the box ends in the stream.
    pub(crate) fn end(&self) -> u64 {
        self.position + self.rest.len() as u64
    }

    /// Makes an error about this box.
    pub(crate) fn error(&self, cause: &'static str) -> StreamError {
        StreamError::new(self.place, self.start, cause)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], StreamError> {
        let Some((array, rest)) = self.rest.split_first_chunk::<N>() else {
            return Err(self.error("the box ends within a field"));
        };
        self.rest = rest;
        self.position += N as u64;
        Ok(*array)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, StreamError> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, StreamError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, StreamError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, StreamError> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn i32(&mut self) -> Result<i32, StreamError> {
        self.array().map(i32::from_be_bytes)
    }

    pub(crate) fn i64(&mut self) -> Result<i64, StreamError> {
        self.array().map(i64::from_be_bytes)
    }

    /// Reads a field of 64 bits in version 1 of a box, or of 32 bits in version 0.
    pub(crate) fn u32_or_u64(&mut self, version: u8) -> Result<u64, StreamError> {
        if version == 0 {
            self.u32().map(u64::from)
        } else {
            self.u64()
        }
    }

    /// Reads the version and flags of a full box.
    pub(crate) fn version_and_flags(&mut self) -> Result<(u8, u32), StreamError> {
        let word = self.u32()?;
        Ok(((word >> 24) as u8, word & 0x00ff_ffff))
    }

    pub(crate) fn skip(&mut self, count: usize) -> Result<(), StreamError> {
        self.bytes(count).map(|_| ())
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], StreamError> {
        let Some((bytes, rest)) = self.rest.split_at_checked(count) else {
            return Err(self.error("the box ends within a field"));
        };
        self.rest = rest;
        self.position += count as u64;
        Ok(bytes)
    }

    /// Uses the next `count` bytes, and makes a reader of them.
    pub(crate) fn part(&mut self, place: &'static str, count: usize) -> Result<Self, StreamError> {
        let position = self.position;
        Ok(Self {
            place,
            start: self.start,
            position,
            rest: self.bytes(count)?,
            whole: self.whole,
        })
    }

    /// Returns what is left of the box.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Returns what is left of the box, to be kept when the reader is gone. It is not copied.
    pub(crate) fn kept_rest(&self) -> Bytes {
        self.whole.slice_ref(self.rest)
    }

    /// Reads the next box in what is left. It is `None` at the end. Fewer bytes than a header, with
    /// which QuickTime ends lists, are ignored.
    pub(crate) fn child(&mut self) -> Result<Option<ChildBox<'a>>, StreamError> {
        if self.rest.len() < 8 {
            return Ok(None);
        }
        let header = BoxHeader::read(self.rest).map_err(|cause| self.error(cause))?;
        let Some(BoxHeader {
            kind,
            header_size,
            size,
        }) = header
        else {
            return Err(self.error("the box ends within the header of a box in it"));
        };
        let size = size.unwrap_or(self.rest.len() as u64);
        if size > self.rest.len() as u64 {
            return Err(self.error("a box in it is larger than the box"));
        }
        let start = self.position;
        let bytes = self.bytes(size as usize)?;
        Ok(Some(ChildBox {
            kind,
            bytes,
            whole: self.whole,
            start,
            header_size,
        }))
    }

    /// Finds the first box of a kind in what is left, without using anything.
    pub(crate) fn find(&self, kind: &[u8; 4]) -> Result<Option<ChildBox<'a>>, StreamError> {
        let mut children = self.clone();
        while let Some(child) = children.child()? {
            if child.kind == *kind {
                return Ok(Some(child));
            }
        }
        Ok(None)
    }
}
