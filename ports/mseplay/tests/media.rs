/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The files to play.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of `tests/media`.
pub fn media(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/media");
    folder.join(name).to_string_lossy().into_owned()
}

/// Writes the initialization segment of an MP4 file and each of its media segments into a file of
/// its own in `folder`. Returns their names.
pub fn cut_into_segments(name: &str, folder: PathBuf) -> Vec<String> {
    let bytes = fs::read(media(name)).expect("it is there");
    // The type of a box stands behind its size.
    let is_start = |place: &usize| bytes[*place + 4..].starts_with(b"moof");
    let starts: Vec<usize> = (0..bytes.len() - 4).filter(is_start).collect();
    let mut begin = 0;
    let mut names = Vec::new();
    for end in starts.into_iter().chain([bytes.len()]) {
        let name = format!("{}.m4s", names.len());
        fs::write(folder.join(&name), &bytes[begin..end]).expect("a file");
        names.push(name);
        begin = end;
    }
    names
}
