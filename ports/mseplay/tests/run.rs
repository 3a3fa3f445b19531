/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The player as a process, and what it leaves.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A player in a folder of its own, without a display.
pub struct Player(TempDir);

/// A run that has ended.
pub struct Run(Output);

/// A picture that was written.
#[derive(Debug)]
pub struct Picture {
    /// The number painted into it.
    pub number: u32,
    /// The time in its name.
    pub seconds: f64,
    pub width: u32,
    pub height: u32,
}

impl Player {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    /// Something in the player's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Plays `files` with `arguments`, which have no spaces in them, within a limit that only a hang
    /// reaches.
    pub fn run(&self, files: &[&str], arguments: &str) -> Run {
        let output = Command::new("timeout")
            .args(["60", env!("CARGO_BIN_EXE_mseplay")])
            .args(files)
            .args(arguments.split_whitespace())
            .current_dir(self.0.path())
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .output();
        Run(output.expect("the player runs"))
    }

    /// The pictures in a folder, in the order of their names.
    pub fn pictures(&self, folder: &str) -> Vec<Picture> {
        let entries = fs::read_dir(self.path(folder)).expect("the folder is made");
        let mut files: Vec<_> = entries
            .map(|entry| entry.expect("it can be read").path())
            .collect();
        files.sort();
        files.into_iter().map(|file| Picture::read(&file)).collect()
    }
}

impl Run {
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    pub fn errors(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    /// What `--json` printed.
    pub fn statistics(&self) -> Value {
        serde_json::from_slice(&self.0.stdout).expect("JSON and nothing else")
    }

    #[track_caller]
    pub fn ends_with(self, status: i32) -> Self {
        let (output, errors) = (self.output(), self.errors());
        assert_eq!(
            self.0.status.code(),
            Some(status),
            "output:\n{output}\nerrors:\n{errors}"
        );
        self
    }
}

impl Picture {
    fn read(file: &PathBuf) -> Self {
        let name = file.file_stem().expect("a name").to_string_lossy();
        let (_, time) = name.split_once('-').expect("NUMBER-TIMEs");
        let seconds = time.strip_suffix('s').expect("NUMBER-TIMEs");

        let opened = File::open(file).expect("it can be read");
        let decoder = png::Decoder::new(BufReader::new(opened));
        let mut reader = decoder.read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a small picture")];
        let information = reader.next_frame(&mut pixels).expect("a whole PNG");
        assert_eq!(information.color_type, png::ColorType::Rgb);
        // Twelve squares, white for 1, the most significant bit on the left.
        let number = (0..12).fold(0, |number, square| {
            let (x, y) = (28 + 24 * square, 20);
            let is_white = pixels[(y * information.width as usize + x) * 3] > 127;
            number * 2 + u32::from(is_white)
        });
        Self {
            number,
            seconds: seconds.parse().expect("a number"),
            width: information.width,
            height: information.height,
        }
    }
}
