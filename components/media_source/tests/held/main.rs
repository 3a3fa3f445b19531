/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The account of memory against the allocator: whatever is appended, the account says what is held,
//! and the quota bounds it. In a binary of its own, because its allocator counts.

mod gauge;
mod media;
mod publication;
mod returned;
mod structures;
mod waiting;

const KIBIBYTE: usize = 1 << 10;
const MEBIBYTE: usize = 1 << 20;
