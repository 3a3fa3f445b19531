/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! ISO BMFF files that are put together, or changed, box by box.

use bytes::Bytes;

use crate::support::Fixture;

/// Makes a box.
pub(crate) fn write_box(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let size = (8 + content.len() as u32).to_be_bytes();
    [&size, &kind[..], content].concat()
}

pub(crate) fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// Returns the kinds and contents of boxes that lie one after the other.
pub(crate) fn read_boxes(mut bytes: &[u8]) -> Vec<([u8; 4], Vec<u8>)> {
    let mut boxes = Vec::new();
    while let Some((&[s3, s2, s1, s0, k0, k1, k2, k3], _)) = bytes.split_first_chunk() {
        let (whole, rest) = bytes.split_at(u32::from_be_bytes([s3, s2, s1, s0]) as usize);
        boxes.push(([k0, k1, k2, k3], whole[8..].to_vec()));
        bytes = rest;
    }
    boxes
}

/// Changes the content of each box at a path, such as `moov/trak/tkhd`, and the sizes around it.
pub(crate) fn edit(bytes: &[u8], path: &str, change: &mut dyn FnMut(&mut Vec<u8>)) -> Vec<u8> {
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    let boxes = read_boxes(bytes).into_iter().map(|(kind, mut content)| {
        if kind == first.as_bytes() && rest.is_empty() {
            change(&mut content);
        } else if kind == first.as_bytes() {
            content = edit(&content, rest, change);
        }
        write_box(&kind, &content)
    });
    boxes.collect::<Vec<_>>().concat()
}

/// Replaces four bytes at a place of a box's content.
pub(crate) fn put_word(content: &mut [u8], place: usize, word: u32) {
    content[place..place + 4].copy_from_slice(&word.to_be_bytes());
}

/// Returns `h264.mp4`, which has one track with one movie fragment for each group of pictures. The
/// runs begin with the flags of their first sample and have a size for each sample.
pub(crate) fn pictures() -> Bytes {
    Fixture::load("h264.mp4").bytes
}
