/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Fixtures of `tests/media`, cut into segments.

use std::fs;
use std::path::Path;

use bytes::Bytes;

/// The MIME type of `h264.mp4`.
pub const H264: &str = "video/mp4; codecs=\"avc1.64000C\"";
/// The MIME type of `aac.mp4`.
pub const AAC: &str = "audio/mp4; codecs=\"mp4a.40.2\"";
/// The MIME type of `h264-aac.mp4`.
pub const H264_AAC: &str = "video/mp4; codecs=\"avc1.64000C, mp4a.40.2\"";
/// The MIME type of `vp8.webm`.
pub const VP8: &str = "video/webm; codecs=\"vp8\"";
/// The type of a stream of video and sound.
pub const VP8_VORBIS: &str = "video/webm; codecs=\"vp8, vorbis\"";

/// Bytes that belong to no byte stream format.
pub const GARBAGE: Bytes = Bytes::from_static(&[0xa5; 256]);

/// A media file, cut into its segments.
pub struct Media {
    /// The whole file.
    pub whole: Bytes,
    /// The initialization segment. It is empty for a transport stream.
    pub initialization: Bytes,
    /// The media segments, of a second each. There are none for a transport stream.
    pub segments: Vec<Bytes>,
}

impl Media {
    /// Loads the file of that name.
    pub fn load(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../media");
        let whole =
            Bytes::from(fs::read(folder.join(name)).expect("the file is in the repository"));
        let starts = if name.ends_with(".mp4") {
            // The type of a box comes after its size.
            positions(&whole, b"moof")
                .map(|position| position - 4)
                .collect()
        } else {
            positions(&whole, b"\x1f\x43\xb6\x75").collect::<Vec<_>>()
        };
        let ends = starts.iter().skip(1).copied().chain([whole.len()]);
        let segments = starts
            .iter()
            .zip(ends)
            .map(|(&start, end)| whole.slice(start..end));
        Self {
            initialization: whole.slice(..*starts.first().unwrap_or(&0)),
            segments: segments.collect(),
            whole,
        }
    }
}

/// Returns where the pattern is found.
fn positions(bytes: &[u8], pattern: &[u8; 4]) -> impl Iterator<Item = usize> {
    let windows = bytes.windows(pattern.len()).enumerate();
    windows
        .filter(move |(_, window)| *window == pattern)
        .map(|(position, _)| position)
}
