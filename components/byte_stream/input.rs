/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The pushed bytes that are not used yet: a queue of chunks that gives contiguous slices.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use crate::limits;

/// The longest box or element header.
pub(crate) const HEADER_BYTES: usize = 16;

#[derive(Default)]
pub(crate) struct Input {
    chunks: VecDeque<Bytes>,
    /// The sum of the chunks' lengths.
    len: usize,
    /// How many bytes were used before the first chunk's first byte.
    offset: u64,
}

impl Input {
    /// Adds bytes at the end.
    pub(crate) fn push(&mut self, chunk: Bytes) {
        if chunk.is_empty() {
            return;
        }
        self.len += chunk.len();
        if chunk.len() < limits::SMALL_CHUNK_BYTES && !self.chunks.is_empty() {
            self.push_small(chunk);
        } else {
            self.chunks.push_back(chunk);
        }
    }

    /// Joins short chunks into one, as long as no frame is a slice of it.
    fn push_small(&mut self, chunk: Bytes) {
        let last = self.chunks.pop_back().unwrap_or_default();
        match last.try_into_mut() {
            Ok(mut joined) => {
                joined.extend_from_slice(&chunk);
                self.chunks.push_back(joined.freeze());
            }
            Err(last) => {
                self.chunks.push_back(last);
                self.chunks.push_back(chunk);
            }
        }
    }

    /// Bytes that wait.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Position in the stream of the first byte that waits.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// The first bytes, as many as there are up to [`HEADER_BYTES`], without using them.
    pub(crate) fn peek<'a>(&'a self, scratch: &'a mut [u8; HEADER_BYTES]) -> &'a [u8] {
        self.peek_at(0, scratch)
    }

    /// The bytes after the first `start` ones, likewise.
    pub(crate) fn peek_at<'a>(
        &'a self,
        mut start: usize,
        scratch: &'a mut [u8; HEADER_BYTES],
    ) -> &'a [u8] {
        let mut filled = 0;
        for chunk in &self.chunks {
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

    /// Uses exactly `count` bytes; `None` and no change if fewer wait.
    pub(crate) fn take(&mut self, count: usize) -> Option<Bytes> {
        if count > self.len {
            return None;
        }
        self.len -= count;
        self.offset += count as u64;
        match self.chunks.front_mut() {
            Some(first) if first.len() > count => Some(first.split_to(count)),
            Some(first) if first.len() == count => self.chunks.pop_front(),
            _ => Some(self.join(count)),
        }
    }

    /// Takes a stretch that spans chunks, the only bytes that are copied.
    fn join(&mut self, count: usize) -> Bytes {
        let mut joined = BytesMut::with_capacity(count);
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
        joined.freeze()
    }

    /// Uses up to `count` bytes without looking at them, and says how many.
    pub(crate) fn skip(&mut self, count: u64) -> u64 {
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(self.len);
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
