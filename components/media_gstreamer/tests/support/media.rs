/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A media source that is given a file of `tests/media` in pieces.

use std::fs;
use std::ops::Range;
use std::path::PathBuf;

use byte_stream::track::Codec;
use bytes::Bytes;
use media_gstreamer::{DecoderPreference, capabilities};
use media_source::{Effect, MediaSource, Page, SourceBufferId, TrackReader};
use track_buffer::read::{Read, ReadFrame};
use track_buffer::time::PresentationTime;

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

    /// Opens a file, with the bytes of the initialization segment changed.
    pub fn open_changed(name: &str, change: impl FnOnce(&mut [u8])) -> Self {
        Self::open_on(name, is_decoded, change)
    }

    fn open_on(name: &str, can_decode: fn(Codec) -> bool, change: impl FnOnce(&mut [u8])) -> Self {
        let file = read(name);
        let starts = match extension(name) {
            // The type of a box stands behind its size.
            "mp4" => find_all(&file, b"moof")
                .into_iter()
                .map(|start| start - 4)
                .collect(),
            "webm" => find_all(&file, &[0x1f, 0x43, 0xb6, 0x75]),
            // There is no initialization segment apart from the frames.
            _ => vec![0],
        };
        let ends = starts.iter().skip(1).copied().chain([file.len()]);
        let segments = starts
            .iter()
            .zip(ends)
            .map(|(&start, end)| file.slice(start..end));
        let mut initialization_segment = file[..starts[0]].to_vec();
        change(&mut initialization_segment);
        let mut media = Self::empty(name, can_decode);
        media.initialization_segment = Bytes::from(initialization_segment);
        media.segments = segments.collect();
        if !media.initialization_segment.is_empty() {
            media.append(media.initialization_segment.clone());
        }
        media
    }

    /// All of `file`, which is one like `name` but damaged, and nothing more to come. `None` if it is
    /// refused.
    pub fn damaged(name: &str, file: Bytes) -> Option<Self> {
        let mut media = Self::empty(name, is_decoded);
        media.append(file);
        media.source.end_of_stream(None).ok()?;
        Some(media)
    }

    /// A media source with a SourceBuffer for `name` that nothing was appended to.
    fn empty(name: &str, can_decode: fn(Codec) -> bool) -> Self {
        let mut source = MediaSource::new(&Page::without_player(can_decode));
        assert!(source.attach());
        let buffer = source
            .add_source_buffer(mime_type(name))
            .expect("the type is supported");
        Self {
            source,
            buffer,
            initialization_segment: Bytes::new(),
            segments: Vec::new(),
        }
    }

    /// All of `name`, and nothing more to come.
    pub fn whole(name: &str) -> Self {
        Self::whole_on(name, is_decoded)
    }

    /// Appends a whole file, on a platform that decodes what `can_decode` says.
    pub fn whole_on(name: &str, can_decode: fn(Codec) -> bool) -> Self {
        let mut media = Self::open_on(name, can_decode, |_| {});
        media.append_all();
        media.end();
        media
    }

    /// Appends the media segments of some seconds.
    pub fn append_seconds(&mut self, seconds: Range<usize>) {
        for second in seconds {
            self.append(self.segments[second].clone());
        }
    }

    /// How many media segments there are.
    pub fn segment_count(&self) -> usize {
        self.segments.len()
    }

    /// Appends all media segments.
    pub fn append_all(&mut self) {
        self.append_seconds(0..self.segments.len());
    }

    /// Appends the first media segment as far as it takes for a frame.
    pub fn append_first_frame(&mut self) {
        let mut segment = self.segments[0].clone();
        while self.readers().is_empty() || self.frames(0).is_empty() {
            let byte = segment.split_to(1);
            self.append(byte);
        }
        self.segments[0] = segment;
    }

    /// Makes the payloads of the frames of these MP4 segments something else.
    pub fn spoil(&mut self, segments: Range<usize>) {
        for segment in &mut self.segments[segments] {
            let mut bytes = segment.to_vec();
            // The size of a box stands before its type.
            let start = find_all(&bytes, b"mdat")[0] - 4;
            let size = u32::from_be_bytes(bytes[start..][..4].try_into().expect("they are four"));
            bytes[start..][8..size as usize].fill(0xff);
            *segment = Bytes::from(bytes);
        }
    }

    /// Appends any bytes.
    pub fn append(&mut self, bytes: Bytes) {
        self.source
            .source_buffer(self.buffer)
            .expect("it is there")
            .append_buffer(&bytes)
            .expect("it is attached and not full");
        while let Some(effect) = self.source.poll_effect() {
            if let Effect::RunJob(job) = effect {
                self.source.handle_job_outcome(job.run());
            }
        }
        assert!(!self.source.is_updating(self.buffer));
    }

    /// Puts what is appended from now on so many seconds later than it says.
    pub fn set_timestamp_offset(&mut self, offset: f64) {
        self.source
            .source_buffer(self.buffer)
            .expect("it is there")
            .set_timestamp_offset(offset)
            .expect("it is attached and idle");
    }

    /// Removes what is between two times, in seconds.
    pub fn remove(&mut self, start: f64, end: f64) {
        self.source
            .source_buffer(self.buffer)
            .expect("it is there")
            .remove(start, end)
            .expect("it is attached and idle");
        while let Some(effect) = self.source.poll_effect() {
            if let Effect::RunJob(job) = effect {
                self.source.handle_job_outcome(job.run());
            }
        }
    }

    /// Goes on with the seconds of another file.
    pub fn append_other(&mut self, name: &str, seconds: Range<usize>) {
        self.source
            .change_type(self.buffer, mime_type(name))
            .expect("the type is supported");
        self.append_seconds_of(Self::open(name), seconds);
    }

    /// Goes on with the seconds of another file of the same type.
    pub fn append_seconds_of(&mut self, other: Self, seconds: Range<usize>) {
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

    /// From when on there is something of every track.
    pub fn start(&self) -> PresentationTime {
        let buffered = self
            .source
            .buffered(self.buffer)
            .expect("it is not removed");
        let first = buffered.iter().next();
        first.map_or(PresentationTime::ZERO, |(start, _)| start)
    }

    /// How long it is, in seconds.
    pub fn duration(&self) -> f64 {
        self.source.duration()
    }

    /// The frames of the track with that index, from the one that is needed at the start, in decode
    /// order.
    pub fn frames(&self, track: usize) -> Vec<ReadFrame> {
        let mut reader = self.readers().swap_remove(track);
        reader.seek(self.start());
        let mut frames = Vec::new();
        while let Read::Frame(frame) = reader.read() {
            frames.push(frame);
        }
        frames
    }

    /// A reader for each track.
    pub fn readers(&self) -> Vec<TrackReader> {
        self.source.element_view().track_readers()
    }
}

/// Whether players decode `codec` unless they are told which decoders to prefer.
pub fn is_decoded(codec: Codec) -> bool {
    capabilities::can_decode(codec, DecoderPreference::default())
}

/// The bytes of a file of `tests/media`, or of one that was made for a benchmark.
pub fn read(name: &str) -> Bytes {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/media");
    Bytes::from(fs::read(folder.join(name)).expect("the file is there"))
}

/// A type that leaves the codecs to the initialization segment.
fn mime_type(name: &str) -> &'static str {
    match extension(name) {
        "aac" => "audio/aac",
        "mp1" | "mp2" | "mp3" => "audio/mpeg",
        "mp4" => "video/mp4",
        "ts" => "video/mp2t",
        "webm" => "video/webm",
        other => panic!("{other} is no byte stream format"),
    }
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.').expect("it has one").1
}

/// Where `pattern` stands in `bytes`.
pub fn find_all(bytes: &[u8], pattern: &[u8]) -> Vec<usize> {
    let windows = bytes.windows(pattern.len()).enumerate();
    windows
        .filter(|(_, window)| *window == pattern)
        .map(|(place, _)| place)
        .collect()
}
