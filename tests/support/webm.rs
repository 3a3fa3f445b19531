/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Makes WebM with made-up frames.

/// The identifier of `Cluster`.
pub const CLUSTER: &[u8] = b"\x1f\x43\xb6\x75";
/// The identifier of `Timestamp`.
pub const TIMESTAMP: &[u8] = b"\xe7";
/// The identifier of `SimpleBlock`.
pub const SIMPLE_BLOCK: &[u8] = b"\xa3";
/// The identifier of `BlockGroup`.
pub const BLOCK_GROUP: &[u8] = b"\xa0";
/// The identifier of `Block`.
pub const BLOCK: &[u8] = b"\xa1";
/// The identifier of `BlockDuration`.
pub const BLOCK_DURATION: &[u8] = b"\x9b";
/// The identifier of `ReferenceBlock`.
pub const REFERENCE_BLOCK: &[u8] = b"\xfb";
/// The identifier of `Void`.
pub const VOID: &[u8] = b"\xec";

/// The flag of a key frame in a `SimpleBlock`.
pub const IS_KEY: u8 = 0x80;
/// The flag of several frames in a block, whose sizes are runs of bytes.
pub const XIPH_LACING: u8 = 0x02;

/// Makes an element.
pub fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
    let size = content.len() as u32 | 0x1000_0000;
    [id, &size.to_be_bytes(), content].concat()
}

/// Makes a cluster at that time in milliseconds.
pub fn cluster(time: u32, blocks: &[u8]) -> Vec<u8> {
    let timestamp = element(TIMESTAMP, &time.to_be_bytes());
    element(CLUSTER, &[&timestamp, blocks].concat())
}

/// Makes the content of a block of track 1, so many milliseconds after its cluster begins.
pub fn block(after: u16, flags: u8, content: &[u8]) -> Vec<u8> {
    block_of(1, after, flags, content)
}

/// Makes the content of a block of another track, whose number is below 128.
pub fn block_of(track: u8, after: u16, flags: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = after.to_be_bytes();
    [&[0x80 | track, high, low, flags], content].concat()
}

/// Returns the initialization segment without the duration of the frames of its only track.
pub fn without_default_duration(initialization: &[u8]) -> Vec<u8> {
    const DEFAULT_DURATION: &[u8] = &[0x23, 0xe3, 0x83, 0x84];
    let mut initialization = initialization.to_vec();
    let mut windows = initialization.windows(4);
    let place = windows.position(|window| window == DEFAULT_DURATION);
    let place = place.expect("it says it");
    // The same number of bytes of nothing takes its place.
    initialization[place..place + 2].copy_from_slice(&[VOID[0], 0x86]);
    initialization
}
