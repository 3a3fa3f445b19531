/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The media files of `tests/media`.

use std::fs;
use std::path::{Path, PathBuf};

use byte_stream::format::ByteStreamFormat;
use bytes::Bytes;

const FOLDERS: [&str; 3] = ["", "layouts", "codecs"];

pub(crate) fn media_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/media")
}

/// A media file of `tests/media`.
pub(crate) struct Fixture {
    pub(crate) name: String,
    pub(crate) format: ByteStreamFormat,
    pub(crate) bytes: Bytes,
}

impl Fixture {
    /// Loads the fixture at a path below `tests/media`.
    pub(crate) fn load(path: &str) -> Self {
        Self::open(&media_folder().join(path))
    }

    /// Loads the fixture at a path whose extension is that of a media file.
    pub(crate) fn open(path: &Path) -> Self {
        let format = format_of(path).unwrap_or_else(|| panic!("{path:?} is no media file"));
        let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Self {
            name,
            format,
            bytes: bytes.into(),
        }
    }

    /// Loads every media file, sorted by name.
    pub(crate) fn all() -> Vec<Self> {
        let paths = FOLDERS.map(|folder| media_files(&media_folder().join(folder)));
        let fixtures: Vec<Self> = paths
            .iter()
            .flatten()
            .map(|path| Self::open(path))
            .collect();
        assert!(fixtures.len() >= 50, "media files are missing");
        fixtures
    }

    /// Loads every media file of a format.
    pub(crate) fn of(format: ByteStreamFormat) -> Vec<Self> {
        let mut fixtures = Self::all();
        fixtures.retain(|fixture| fixture.format == format);
        fixtures
    }
}

/// Returns the media files of a folder, sorted.
pub(crate) fn media_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| format_of(path).is_some())
        .collect();
    paths.sort();
    paths
}

fn format_of(path: &Path) -> Option<ByteStreamFormat> {
    match path.extension()?.to_str()? {
        "mp4" => Some(ByteStreamFormat::IsoBmff),
        "webm" => Some(ByteStreamFormat::WebM),
        "aac" | "mp1" | "mp2" | "mp3" => Some(ByteStreamFormat::MpegAudio),
        "ts" => Some(ByteStreamFormat::MpegTs),
        _ => None,
    }
}
