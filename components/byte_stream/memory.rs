/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What it costs to keep things, for those who count it.

use bytes::Bytes;

/// What an allocation takes beside the bytes that were asked for: allocators round them up, and some
/// keep a number before them.
pub const ALLOCATION_BYTES: usize = 2 * size_of::<usize>();

/// What an allocation of so many bytes takes. None is made for no bytes.
pub const fn allocated(bytes: usize) -> usize {
    if bytes == 0 {
        0
    } else {
        bytes + ALLOCATION_BYTES
    }
}

/// What an entry of so many bytes takes in a B-tree that grew in order: about six of the eleven places
/// of a node are taken, and there are nodes above.
pub const fn allocated_in_tree(entry_bytes: usize) -> usize {
    entry_bytes * 11 / 6 + ALLOCATION_BYTES / 2
}

/// How a parser keeps the bytes that it has to copy: as they are, or also counted somewhere.
pub(crate) type Keep = Box<dyn Fn(Vec<u8>) -> Bytes + Send>;

/// How much a buffer that is full should grow to take so many more: by an eighth, as one that is twice
/// as large as what it holds would be beyond what its owner may hold.
pub(crate) fn growth(len: usize, more: usize) -> usize {
    more.max(len / 8)
}
