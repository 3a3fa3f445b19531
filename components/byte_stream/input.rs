/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The pushed bytes that are not used yet: a queue of chunks that gives contiguous slices.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::limits;
use crate::memory::{Keep, allocated};

/// The longest box or element header.
pub(crate) const HEADER_BYTES: usize = 16;

pub(crate) struct Input {
    chunks: VecDeque<Bytes>,
    /// The bytes of short chunks, which come after `chunks`.
    joined: Vec<u8>,
    /// The number of bytes in `chunks` and `joined`.
    len: usize,
    /// The number of bytes that were used, which is the position in the stream of the first byte
    /// that waits.
    offset: u64,
    /// How many bytes must wait before anything can be done with them, as far as that is known.
    awaited: usize,
    keep: Keep,
}

impl Input {
    /// Makes an input without bytes. `keep` makes the chunks for bytes that have to be copied.
    pub(crate) fn new(keep: Keep) -> Self {
        Self {
            chunks: VecDeque::new(),
            joined: Vec::new(),
            len: 0,
            offset: 0,
            awaited: 0,
            keep,
        }
    }

    /// Adds bytes at the end.
    pub(crate) fn push(&mut self, chunk: Bytes) {
        if chunk.is_empty() {
            return;
        }
        let is_waited_for = self.len > 0;
        self.len += chunk.len();
        if is_waited_for && chunk.len() < limits::SMALL_CHUNK_BYTES {
            self.push_small(&chunk);
        } else {
            self.end_joined();
            self.chunks.push_back(chunk);
        }
    }

    /// Joins short chunks: bytes that come one by one would cost a chunk each.
    fn push_small(&mut self, mut chunk: &[u8]) {
        while !chunk.is_empty() {
            self.joined
                .reserve_exact(limits::JOINED_CHUNK_BYTES - self.joined.len());
            let room = limits::JOINED_CHUNK_BYTES - self.joined.len();
            let (fitting, rest) = chunk.split_at(chunk.len().min(room));
            self.joined.extend_from_slice(fitting);
            if self.joined.len() == limits::JOINED_CHUNK_BYTES {
                self.end_joined();
            }
            chunk = rest;
        }
    }

    /// Makes a chunk of the bytes that were joined.
    fn end_joined(&mut self) {
        if !self.joined.is_empty() {
            let mut joined = std::mem::take(&mut self.joined);
            joined.shrink_to_fit();
            self.chunks.push_back((self.keep)(joined));
        }
    }

    /// Drops all bytes and goes back to the start of a stream.
    pub(crate) fn clear(&mut self) {
        self.chunks = VecDeque::new();
        self.joined = Vec::new();
        self.len = 0;
        self.offset = 0;
        self.awaited = 0;
    }

    /// Returns the memory in bytes that the input takes beside the chunks.
    pub(crate) fn held_bytes(&self) -> usize {
        let chunks = allocated(self.chunks.capacity() * size_of::<Bytes>());
        chunks + allocated(self.joined.capacity())
    }

    /// Returns the number of bytes that wait to be used.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Returns the position in the stream of the first byte that waits.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the first bytes, at most [`HEADER_BYTES`] of them, without using them.
    pub(crate) fn peek<'a>(&'a self, scratch: &'a mut [u8; HEADER_BYTES]) -> &'a [u8] {
        self.peek_at(0, scratch)
    }

    /// Returns the bytes after the first `start` ones, at most [`HEADER_BYTES`] of them, without
    /// using them.
    pub(crate) fn peek_at<'a>(
        &'a self,
        mut start: usize,
        scratch: &'a mut [u8; HEADER_BYTES],
    ) -> &'a [u8] {
        let mut filled = 0;
        let chunks = self.chunks.iter().map(|chunk| &chunk[..]);
        for chunk in chunks.chain([&self.joined[..]]) {
            let Some(rest) = chunk.get(start..) else {
                start -= chunk.len();
                continue;
            };
            if filled == 0 && rest.len() >= HEADER_BYTES {
                return &rest[..HEADER_BYTES];
            }
            start = 0;
            let count = rest.len().min(HEADER_BYTES - filled);
            scratch[filled..filled + count].copy_from_slice(&rest[..count]);
            filled += count;
            if filled == HEADER_BYTES {
                break;
            }
        }
        &scratch[..filled]
    }

    /// Returns whether `count` bytes wait. If not, nothing will be done before they do.
    pub(crate) fn has(&mut self, count: usize) -> bool {
        let has = count <= self.len;
        self.awaited = if has { 0 } else { count };
        has
    }

    /// Returns whether it is known that nothing can be done with the bytes that wait.
    pub(crate) fn is_too_short(&self) -> bool {
        self.len < self.awaited
    }

    /// Uses exactly `count` bytes. If fewer wait, it returns `None` and changes nothing.
    pub(crate) fn take(&mut self, count: usize) -> Option<Bytes> {
        if !self.has(count) {
            return None;
        }
        self.end_joined_before(count);
        self.len -= count;
        self.offset += count as u64;
        match self.chunks.front_mut() {
            Some(first) if first.len() > count => Some(first.split_to(count)),
            Some(first) if first.len() == count => self.chunks.pop_front(),
            _ => Some(self.join(count)),
        }
    }

    /// Takes bytes that span chunks, which copies them.
    fn join(&mut self, count: usize) -> Bytes {
        let mut joined = Vec::with_capacity(count);
        while joined.len() < count {
            let Some(first) = self.chunks.front_mut() else {
                break;
            };
            let wanted = count - joined.len();
            if first.len() > wanted {
                joined.extend_from_slice(&first.split_to(wanted));
            } else {
                joined.extend_from_slice(first);
                self.chunks.pop_front();
            }
        }
        (self.keep)(joined)
    }

    /// Makes a chunk of the joined bytes if the first `count` bytes reach into them.
    fn end_joined_before(&mut self, count: usize) {
        if count > self.len - self.joined.len() {
            self.end_joined();
        }
    }

    /// Uses up to `count` bytes without looking at them, and returns how many it used.
    pub(crate) fn skip(&mut self, count: u64) -> u64 {
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(self.len);
        self.awaited = 0;
        self.end_joined_before(count);
        let mut left = count;
        while left > 0 {
            let Some(first) = self.chunks.front_mut() else {
                break;
            };
            if first.len() > left {
                drop(first.split_to(left));
                break;
            }
            left -= first.len();
            self.chunks.pop_front();
        }
        self.len -= count;
        self.offset += count as u64;
        count as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> Input {
        Input::new(Box::new(Bytes::from))
    }

    #[test]
    fn bytes_that_come_one_by_one_are_joined() {
        let bytes: Vec<u8> = (0..50_000).map(|index| (index % 251) as u8).collect();
        let mut input = input();
        for byte in &bytes {
            input.push(Bytes::copy_from_slice(&[*byte]));
        }
        assert!(input.chunks.len() <= 2 + bytes.len() / limits::JOINED_CHUNK_BYTES);
        assert!(input.held_bytes() < 2 * limits::JOINED_CHUNK_BYTES);
        let mut scratch = [0; HEADER_BYTES];
        for start in [0, 1, 4090, 49_990] {
            let expected = &bytes[start..bytes.len().min(start + HEADER_BYTES)];
            assert_eq!(input.peek_at(start, &mut scratch), expected);
        }
        assert_eq!(input.take(30_000).as_deref(), Some(&bytes[..30_000]));
        assert_eq!(input.skip(10_000), 10_000);
        assert_eq!(input.take(10_001), None);
        assert_eq!(input.take(10_000).as_deref(), Some(&bytes[40_000..]));
    }

    /// The bytes are the same whatever the lengths of the pieces are.
    #[test]
    fn short_and_long_chunks_stay_in_order() {
        let bytes: Vec<u8> = (0..20_000).map(|index| (index % 251) as u8).collect();
        let mut input = input();
        let mut rest = &bytes[..];
        for length in [
            1, 3, 600, 2, 4000, 511, 511, 511, 511, 511, 511, 511, 511, 511, 512, 1,
        ]
        .iter()
        .cycle()
        {
            let (chunk, after) = rest.split_at(rest.len().min(*length));
            if chunk.is_empty() {
                break;
            }
            input.push(Bytes::copy_from_slice(chunk));
            rest = after;
        }
        for part in bytes.chunks(700) {
            assert_eq!(input.take(part.len()).as_deref(), Some(part));
        }
        assert_eq!((input.len(), input.offset()), (0, 20_000));
    }
}
