/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The containers and codecs that can be recorded, and what of them a backend has.

use byte_stream::track::{AudioCodec, VideoCodec};

/// A format of files.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Container {
    /// Matroska, which may hold any codec.
    Matroska,
    /// MP4, an ISO base media file.
    Mp4,
    /// Ogg, for audio only.
    Ogg,
    /// WebM.
    WebM,
}

impl Container {
    /// All of them. Where a page names none, the first one is taken that is there.
    pub const ALL: [Self; 4] = [Self::WebM, Self::Mp4, Self::Ogg, Self::Matroska];

    /// Returns the subtype of its MIME types.
    pub fn subtype(self) -> &'static str {
        match self {
            Self::Matroska => "x-matroska",
            Self::Mp4 => "mp4",
            Self::Ogg => "ogg",
            Self::WebM => "webm",
        }
    }

    /// Returns the audio codecs that it may hold. Where a page names none, the first one is taken that is there.
    pub fn audio_codecs(self) -> &'static [AudioCodec] {
        match self {
            Self::Matroska => &[AudioCodec::Opus, AudioCodec::Aac, AudioCodec::Vorbis],
            Self::Mp4 => &[AudioCodec::Aac, AudioCodec::Opus],
            Self::Ogg | Self::WebM => &[AudioCodec::Opus, AudioCodec::Vorbis],
        }
    }

    /// Returns the video codecs that it may hold, likewise.
    pub fn video_codecs(self) -> &'static [VideoCodec] {
        match self {
            Self::Matroska => &[
                VideoCodec::H264,
                VideoCodec::Vp8,
                VideoCodec::Vp9,
                VideoCodec::Av1,
            ],
            Self::Mp4 => &[VideoCodec::H264, VideoCodec::Vp9, VideoCodec::Av1],
            Self::Ogg => &[],
            Self::WebM => &[VideoCodec::Vp8, VideoCodec::Vp9, VideoCodec::Av1],
        }
    }
}

/// A part of what records.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// A multiplexer, which writes files.
    Container(Container),
    /// An encoder of audio.
    Audio(AudioCodec),
    /// An encoder of video.
    Video(VideoCodec),
}

/// The parts that a backend has.
#[derive(Clone, Debug, Default)]
pub struct Encoders {
    available: Vec<Part>,
    missing: Vec<(Part, String)>,
}

impl Encoders {
    /// Adds a part.
    pub fn add(&mut self, part: Part) {
        self.available.push(part);
    }

    /// Adds what to say of a part that is not installed.
    pub fn add_missing(&mut self, part: Part, message: String) {
        self.missing.push((part, message));
    }

    /// Returns nothing if the part is there.
    ///
    /// # Errors
    /// Returns what to say of it if it is not.
    pub fn check(&self, part: Part) -> Result<(), String> {
        if self.available.contains(&part) {
            return Ok(());
        }
        let message = self.missing.iter().find(|(other, _)| *other == part);
        Err(message.map_or_else(
            || format!("this platform cannot record {}", name_of(part)),
            |(_, message)| message.clone(),
        ))
    }
}

/// Returns the name that is shown to users.
fn name_of(part: Part) -> &'static str {
    match part {
        Part::Container(Container::Matroska) => "Matroska",
        Part::Container(Container::Mp4) => "MP4",
        Part::Container(Container::Ogg) => "Ogg",
        Part::Container(Container::WebM) => "WebM",
        Part::Audio(AudioCodec::Aac) => "AAC audio",
        Part::Audio(AudioCodec::Opus) => "Opus audio",
        Part::Audio(AudioCodec::Vorbis) => "Vorbis audio",
        Part::Audio(_) => "audio of this codec",
        Part::Video(VideoCodec::Av1) => "AV1 video",
        Part::Video(VideoCodec::H264) => "H.264 video",
        Part::Video(VideoCodec::Vp8) => "VP8 video",
        Part::Video(VideoCodec::Vp9) => "VP9 video",
        Part::Video(VideoCodec::Hevc) => "HEVC video",
    }
}
