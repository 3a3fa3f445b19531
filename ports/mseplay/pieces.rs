/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The bytes of some files, a piece at a time, as a page fetches them.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use bytes::Bytes;

use crate::failure::Failure;

/// Files one after another, cut into pieces. No piece has bytes of two files.
pub struct Pieces {
    files: Vec<PathBuf>,
    piece_size: usize,
    next_file: usize,
    open: Option<File>,
    offset: u64,
}

impl Pieces {
    /// At the first byte of the first file.
    pub fn new(files: Vec<PathBuf>, piece_size: usize) -> Self {
        Self {
            files,
            piece_size,
            next_file: 0,
            open: None,
            offset: 0,
        }
    }

    /// The files.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// How many bytes were given since the start.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The file that the last piece is of.
    pub fn last_file(&self) -> Option<PathBuf> {
        let index = self.next_file.checked_sub(1)?;
        self.files.get(index).cloned()
    }

    /// Begins anew.
    pub fn rewind(&mut self) {
        self.next_file = 0;
        self.open = None;
        self.offset = 0;
    }

    /// The next piece; `None` after the last one.
    pub fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            let piece = self.read()?;
            if !piece.is_empty() {
                self.offset += piece.len() as u64;
                return Ok(Some(piece));
            }
            let Some(file) = self.files.get(self.next_file) else {
                return Ok(None);
            };
            let opened = File::open(file).map_err(|error| Failure::cannot_read(file, error))?;
            self.open = Some(opened);
            self.next_file += 1;
        }
    }

    /// What comes next of the open file; nothing at its end.
    fn read(&mut self) -> Result<Bytes, Failure> {
        let mut piece = Vec::new();
        if let Some(file) = &mut self.open {
            piece.reserve_exact(self.piece_size);
            file.take(self.piece_size as u64)
                .read_to_end(&mut piece)
                .map_err(|error| Failure::cannot_read(&self.files[self.next_file - 1], error))?;
        }
        Ok(Bytes::from(piece))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_follow_each_other_and_begin_anew() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let files = ["abcde", "", "fg"].map(|text| {
            let file = folder.path().join(format!("{text}.mp4"));
            std::fs::write(&file, text).expect("a file");
            file
        });
        let mut pieces = Pieces::new(files.to_vec(), 2);
        for _ in 0..2 {
            let mut given = Vec::new();
            while let Some(piece) = pieces.next().expect("the files are there") {
                given.push(String::from_utf8_lossy(&piece).into_owned());
            }
            assert_eq!(given, ["ab", "cd", "e", "fg"]);
            assert_eq!(pieces.offset(), 7);
            pieces.rewind();
        }
    }
}
