/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! EBML (RFC 8794): the header of an element that is still arriving, and a reader for one that
//! is there.

use crate::error::StreamError;
use crate::track::read_name;

/// The header of an element.
#[derive(Clone, Copy)]
pub(super) struct ElementHeader {
    pub(super) id: u32,
    /// The size in bytes of the header itself.
    pub(super) header_size: u64,
    /// The size in bytes of the content. It is `None` if it is unknown.
    pub(super) size: Option<u64>,
}

impl ElementHeader {
    /// Reads the header of an element. It is `Ok(None)` if `bytes` end before the header does. The
    /// error says what is wrong.
    pub(super) fn read(bytes: &[u8]) -> Result<Option<Self>, &'static str> {
        let Some(first) = bytes.first() else {
            return Ok(None);
        };
        let id_size = first.leading_zeros() as usize + 1;
        if id_size > 4 {
            return Err("the bytes are no element of WebM");
        }
        let Some(id_bytes) = bytes.get(..id_size) else {
            return Ok(None);
        };
        let id = id_bytes
            .iter()
            .fold(0, |id, byte| id << 8 | u32::from(*byte));
        match Vint::read(&bytes[id_size..])? {
            Some(Vint { value, size }) => {
                let header_size = (id_size + size) as u64;
                Ok(Some(Self {
                    id,
                    header_size,
                    size: value,
                }))
            }
            None => Ok(None),
        }
    }
}

/// A number of variable length (RFC 8794, section 4), which sizes and track numbers are written as.
pub(super) struct Vint {
    /// The number. It is `None` if all bits are ones, which in a size means that it is unknown.
    pub(super) value: Option<u64>,
    /// The length of the written number, in bytes.
    pub(super) size: usize,
}

impl Vint {
    /// Reads a number. It is `Ok(None)` if `bytes` end before the number does. The error says what
    /// is wrong.
    pub(super) fn read(bytes: &[u8]) -> Result<Option<Self>, &'static str> {
        let Some(first) = bytes.first() else {
            return Ok(None);
        };
        let size = first.leading_zeros() as usize + 1;
        if size > 8 {
            return Err("a number is longer than eight bytes");
        }
        let Some(bytes) = bytes.get(..size) else {
            return Ok(None);
        };
        let marked = bytes
            .iter()
            .fold(0, |value, byte| value << 8 | u64::from(*byte));
        let all_ones = (1 << (7 * size)) - 1;
        let value = marked & all_ones;
        Ok(Some(Self {
            value: (value != all_ones).then_some(value),
            size,
        }))
    }
}

/// Reads the elements in the content of a whole element, one after the other.
pub(super) struct ElementReader<'a> {
    /// The path of the element, which errors name.
    place: &'static str,
    /// Where `rest` starts in the stream.
    position: u64,
    rest: &'a [u8],
}

/// An element in the content of another one.
pub(super) struct ChildElement<'a> {
    pub(super) id: u32,
    place: &'static str,
    /// Where the content starts in the stream.
    position: u64,
    content: &'a [u8],
}

impl<'a> ElementReader<'a> {
    /// Makes a reader of content that starts at `position` in the stream.
    pub(super) fn new(place: &'static str, position: u64, content: &'a [u8]) -> Self {
        Self {
            place,
            position,
            rest: content,
        }
    }

    /// Makes an error about what comes next in this element.
    pub(super) fn error(&self, cause: &'static str) -> StreamError {
        StreamError::new(self.place, self.position, cause)
    }

    /// Reads the next element. It is `None` at the end.
    pub(super) fn child(&mut self) -> Result<Option<ChildElement<'a>>, StreamError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let header = ElementHeader::read(self.rest).map_err(|cause| self.error(cause))?;
        let Some(ElementHeader {
            id,
            header_size,
            size: Some(size),
        }) = header
        else {
            return Err(self.error("an element in it has no known size"));
        };
        let (_, rest) = self.rest.split_at(header_size as usize);
        if size > rest.len() as u64 {
            return Err(self.error("an element in it is larger than the element"));
        }
        let (content, rest) = rest.split_at(size as usize);
        let position = self.position + header_size;
        self.rest = rest;
        self.position = position + size;
        Ok(Some(ChildElement {
            id,
            place: self.place,
            position,
            content,
        }))
    }
}

impl<'a> ChildElement<'a> {
    pub(super) fn error(&self, cause: &'static str) -> StreamError {
        StreamError::new(self.place, self.position, cause)
    }

    /// Makes a reader of the elements in this one.
    pub(super) fn reader(&self, place: &'static str) -> ElementReader<'a> {
        ElementReader::new(place, self.position, self.content)
    }

    pub(super) fn bytes(&self) -> &'a [u8] {
        self.content
    }

    pub(super) fn unsigned(&self) -> Result<u64, StreamError> {
        if self.content.len() > 8 {
            return Err(self.error("a number is longer than eight bytes"));
        }
        Ok(self
            .content
            .iter()
            .fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    pub(super) fn signed(&self) -> Result<i64, StreamError> {
        let value = self.unsigned()?.cast_signed();
        // Shifted up and down again, so that the highest bit is repeated.
        let unused = 64 - 8 * self.content.len() as u32;
        Ok(value.checked_shl(unused).unwrap_or(0) >> unused.min(63))
    }

    pub(super) fn float(&self) -> Result<f64, StreamError> {
        match *self.content {
            [] => Ok(0.0),
            [a, b, c, d] => Ok(f64::from(f32::from_be_bytes([a, b, c, d]))),
            [a, b, c, d, e, f, g, h] => Ok(f64::from_be_bytes([a, b, c, d, e, f, g, h])),
            _ => Err(self.error("a floating point number is neither four nor eight bytes long")),
        }
    }

    /// Reads a name, which may be padded with zeros.
    pub(super) fn string(&self) -> String {
        read_name(self.content)
    }
}
