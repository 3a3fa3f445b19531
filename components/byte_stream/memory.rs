/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What it costs in memory to keep things, for callers that count it.

use bytes::Bytes;

/// The bytes that an allocation takes beside those that were asked for. Allocators round the size
/// up, and some keep a number before the bytes.
pub const ALLOCATION_BYTES: usize = 2 * size_of::<usize>();

/// Returns the memory in bytes that an allocation of `bytes` takes. Nothing is allocated for no
/// bytes.
pub const fn allocated(bytes: usize) -> usize {
    if bytes == 0 {
        0
    } else {
        bytes + ALLOCATION_BYTES
    }
}

/// Returns the memory in bytes that an entry of `entry_bytes` takes in a B-tree that grew in order.
/// About six of the eleven places of a node are taken, and there are nodes above.
pub const fn allocated_in_tree(entry_bytes: usize) -> usize {
    entry_bytes * 11 / 6 + ALLOCATION_BYTES / 2
}

/// Makes a chunk of bytes that a parser had to copy, and may count them somewhere.
pub(crate) type Keep = Box<dyn Fn(Vec<u8>) -> Bytes + Send>;

/// Returns by how much a full buffer of `len` bytes should grow to take `more` bytes: at least by
/// an eighth. A buffer of twice the size would exceed what its owner may hold.
pub(crate) fn growth(len: usize, more: usize) -> usize {
    more.max(len / 8)
}
