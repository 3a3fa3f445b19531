/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How many bytes of memory the media sources hold. Each SourceBuffer has an account. It is part of the
//! account of the MediaSource, which is part of the account of the page.

use std::collections::TryReserveError;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use byte_stream::memory::{ALLOCATION_BYTES, allocated};
use bytes::Bytes;

/// The largest size of the chunks in which appended bytes are kept, in bytes. A single frame that remains
/// keeps its whole chunk, and no more than that.
const CHUNK_BYTES: usize = 1 << 20;

/// A count of the bytes that are held at present. Clones are the same account. What is counted in it
/// is also counted in the account that it is part of. It may be read and changed on any thread.
#[derive(Clone, Debug, Default)]
pub struct MemoryAccount(Arc<Count>);

#[derive(Debug, Default)]
struct Count {
    bytes: AtomicUsize,
    whole: Option<MemoryAccount>,
}

impl MemoryAccount {
    /// Returns an account that is part of no other, such as that of a page.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a new account that is part of this one.
    pub(crate) fn part(&self) -> Self {
        Self(Arc::new(Count {
            bytes: AtomicUsize::new(0),
            whole: Some(self.clone()),
        }))
    }

    /// Returns the number of bytes that are held.
    pub fn bytes(&self) -> usize {
        self.0.bytes.load(Ordering::Relaxed)
    }

    /// Whether this account or one that it is part of holds more than its limit. The limits are those of the
    /// SourceBuffer, the MediaSource and the page.
    pub(crate) fn exceeds(&self, limits: [usize; 3]) -> bool {
        let counts = self.with_wholes().zip(limits);
        let mut excesses = counts.map(|(count, limit)| count.bytes.load(Ordering::Relaxed) > limit);
        excesses.any(|is_exceeded| is_exceeded)
    }

    fn with_wholes(&self) -> impl Iterator<Item = &Count> {
        std::iter::successors(Some(&*self.0), |count| Some(&*count.whole.as_ref()?.0))
    }
}

/// A number of bytes that an account counts until this is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    account: MemoryAccount,
    bytes: AtomicUsize,
}

impl Held {
    pub(crate) fn new(account: &MemoryAccount, bytes: usize) -> Self {
        let held = Self {
            account: account.clone(),
            bytes: AtomicUsize::new(0),
        };
        held.set(bytes);
        held
    }

    /// Counts so many bytes from now on, in place of the number before.
    pub(crate) fn set(&self, bytes: usize) {
        let before = self.bytes.swap(bytes, Ordering::Relaxed);
        for count in self.account.with_wholes() {
            // (The difference wraps around if the number falls. The sum is right all the same.)
            let change = bytes.wrapping_sub(before);
            count.bytes.fetch_add(change, Ordering::Relaxed);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.set(0);
    }
}

/// Bytes that an account counts until their last slice is dropped.
struct Chunk {
    bytes: Vec<u8>,
    _held: Held,
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// The bytes that a chunk takes beside its content: for the allocation, the chunk itself, and the count
/// of its slices.
const CHUNK_OVERHEAD: usize = ALLOCATION_BYTES + allocated(size_of::<Chunk>() + size_of::<usize>());

/// Returns the bytes as a chunk that the account counts.
pub(crate) fn chunk(bytes: Vec<u8>, account: &MemoryAccount) -> Bytes {
    let _held = Held::new(account, bytes.capacity() + CHUNK_OVERHEAD);
    Bytes::from_owner(Chunk { bytes, _held })
}

/// Copies `data` into chunks that the account counts.
///
/// # Errors
/// The system does not have so much memory.
pub(crate) fn copy_to_chunks(
    data: &[u8],
    account: &MemoryAccount,
) -> Result<Vec<Bytes>, TryReserveError> {
    data.chunks(CHUNK_BYTES)
        .map(|data| {
            let mut bytes = Vec::new();
            bytes.try_reserve_exact(data.len())?;
            bytes.extend_from_slice(data);
            Ok(chunk(bytes, account))
        })
        .collect()
}

/// Replaces the slices by slices of a new chunk that contains nothing else.
pub(crate) fn gather<'a>(
    slices: impl Iterator<Item = &'a mut Bytes>,
    byte_size: usize,
    account: &MemoryAccount,
) {
    let mut bytes = Vec::with_capacity(byte_size);
    let slices: Vec<_> = slices
        .map(|slice| {
            let start = bytes.len();
            bytes.extend_from_slice(slice);
            (start..bytes.len(), slice)
        })
        .collect();
    let chunk = chunk(bytes, account);
    for (range, slice) in slices {
        *slice = chunk.slice(range);
    }
}

/// Bytes that others have allocated.
struct Counted {
    bytes: Bytes,
    _held: Held,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Returns the same bytes, which the account counts from now on.
pub(crate) fn count(bytes: Bytes, account: &MemoryAccount) -> Bytes {
    let overhead = CHUNK_OVERHEAD + size_of::<Counted>() - size_of::<Chunk>();
    let _held = Held::new(account, bytes.len() + overhead);
    Bytes::from_owner(Counted { bytes, _held })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_part_holds_the_whole_holds() {
        let page = MemoryAccount::new();
        let (one, other) = (page.part(), page.part());
        let held = Held::new(&one, 10);
        let _other_held = Held::new(&other.part(), 5);
        assert_eq!((page.bytes(), one.bytes(), other.bytes()), (15, 10, 5));
        held.set(3);
        assert_eq!((page.bytes(), one.bytes(), other.bytes()), (8, 3, 5));
        drop(held);
        assert_eq!((page.bytes(), one.bytes(), other.bytes()), (5, 0, 5));
    }

    #[test]
    fn a_chunk_is_counted_until_its_last_slice_is_dropped() {
        let account = MemoryAccount::new();
        let data: Vec<u8> = (0..CHUNK_BYTES + 3).map(|index| index as u8).collect();
        let mut chunks = copy_to_chunks(&data, &account).expect("there is memory");
        assert_eq!(chunks.concat(), data);
        assert_eq!(account.bytes(), data.len() + 2 * CHUNK_OVERHEAD);
        let slice = chunks.remove(1).slice(1..2);
        drop(chunks);
        assert_eq!(account.bytes(), 3 + CHUNK_OVERHEAD);
        drop(slice);
        assert_eq!(account.bytes(), 0);
    }
}
