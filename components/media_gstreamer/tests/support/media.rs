/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A media source that is given a file of `tests/media` in pieces.

use std::fs;
use std::ops::Range;
use std::path::PathBuf;

use bytes::Bytes;
use media_gstreamer::capabilities;
use media_source::MediaSource;
use media_source::effect::{Effect, SourceBufferId};
use media_source::reader::TrackReader;

/// A file, and a media source with one SourceBuffer for it.
pub struct Media {
    source: MediaSource,
    buffer: SourceBufferId,
    initialization_segment: Bytes,
    /// About a second each; in MP4 files they start with a key frame.
    segments: Vec<Bytes>,
}

impl Media {
    /// A media source that has the initialization segment of `name`.
    pub fn open(name: &str) -> Self {
        Self::open_changed(name, |_| {})
    }

    /// The same, with the bytes of the initialization segment changed.
    pub fn open_changed(name: &str, change: impl FnOnce(&mut [u8])) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/media");
        let file = Bytes::from(fs::read(folder.join(name)).expect("the file is committed"));
        let starts = if name.ends_with(".mp4") {
            // The type of a box stands behind its size.
            find_all(&file, b"moof")
                .into_iter()
                .map(|start| start - 4)
                .collect()
        } else {
            find_all(&file, &[0x1f, 0x43, 0xb6, 0x75])
        };
        let ends = starts.iter().skip(1).copied().chain([file.len()]);
        let segments = starts
            .iter()
            .zip(ends)
            .map(|(&start, end)| file.slice(start..end));
        let mut source = MediaSource::new(capabilities::can_decode);
        assert!(source.attach());
        let buffer = source
            .add_source_buffer(mime_type(name))
            .expect("the type is supported");
        let mut initialization_segment = file[..starts[0]].to_vec();
        change(&mut initialization_segment);
        let initialization_segment = Bytes::from(initialization_segment);
        let segments = segments.collect();
        let mut media = Self {
            source,
            buffer,
            initialization_segment: initialization_segment.clone(),
            segments,
        };
        media.append(initialization_segment);
        media
    }

    /// Appends the media segments of some seconds.
    pub fn append_seconds(&mut self, seconds: Range<usize>) {
        for second in seconds {
            self.append(self.segments[second].clone());
        }
    }

    /// Appends all media segments.
    pub fn append_all(&mut self) {
        self.append_seconds(0..self.segments.len());
    }

    /// Appends any bytes.
    pub fn append(&mut self, bytes: Bytes) {
        self.source
            .append_buffer(self.buffer, bytes, false)
            .expect("it is attached and not full");
        while let Some(effect) = self.source.poll_effect() {
            if let Effect::RunAppend(job) = effect {
                self.source.handle_append_outcome(job.run());
            }
        }
        assert!(!self.source.is_updating(self.buffer));
    }

    /// Goes on with the seconds of another file.
    pub fn append_other(&mut self, name: &str, seconds: Range<usize>) {
        let other = Self::open(name);
        self.source
            .change_type(self.buffer, mime_type(name))
            .expect("the type is supported");
        self.append(other.initialization_segment);
        self.segments = other.segments;
        self.append_seconds(seconds);
    }

    /// Tells that nothing more comes.
    pub fn end(&mut self) {
        self.source
            .end_of_stream(None)
            .expect("the media source is open");
    }

    /// A reader for each track.
    pub fn readers(&self) -> Vec<TrackReader> {
        self.source.track_readers()
    }
}

fn mime_type(name: &str) -> &'static str {
    match name {
        "aac.mp4" => r#"audio/mp4; codecs="mp4a.40.2""#,
        "h264.mp4" => r#"video/mp4; codecs="avc1.64000C""#,
        "h264-aac.mp4" => r#"video/mp4; codecs="avc1.64000C, mp4a.40.2""#,
        "vp8.webm" => r#"video/webm; codecs="vp8""#,
        "vp8-vorbis.webm" => r#"video/webm; codecs="vp8, vorbis""#,
        _ => panic!("{name} has no type yet"),
    }
}

/// Where `pattern` stands in `bytes`.
pub fn find_all(bytes: &[u8], pattern: &[u8]) -> Vec<usize> {
    let windows = bytes.windows(pattern.len()).enumerate();
    windows
        .filter(|(_, window)| *window == pattern)
        .map(|(place, _)| place)
        .collect()
}
