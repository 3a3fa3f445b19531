/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The codecs that byte streams may have: their names, and the package with a decoder for each.

use byte_stream::track::{AudioCodec, Codec, VideoCodec};
use media_source::PlayerError;

/// The facts about a codec that do not depend on what is installed.
pub(crate) struct CodecEntry {
    pub(crate) codec: Codec,
    /// The name that is shown to users.
    pub(crate) name: &'static str,
    /// The Debian package with the decoder that is preferred.
    pub(crate) package: &'static str,
}

pub(crate) const BASE: &str = "gstreamer1.0-plugins-base";
pub(crate) const GOOD: &str = "gstreamer1.0-plugins-good";
pub(crate) const BAD: &str = "gstreamer1.0-plugins-bad";
pub(crate) const LIBAV: &str = "gstreamer1.0-libav";

/// All codecs that can be played. A new codec is added here first, and then to `caps`, which has the
/// capabilities of its streams.
pub(crate) const CODECS: [CodecEntry; 14] = [
    audio(AudioCodec::Aac, "AAC audio", LIBAV),
    audio(AudioCodec::Ac3, "AC-3 audio", LIBAV),
    audio(AudioCodec::Eac3, "E-AC-3 audio", LIBAV),
    audio(AudioCodec::Flac, "FLAC audio", GOOD),
    audio(AudioCodec::Mp1, "MPEG layer I audio", GOOD),
    audio(AudioCodec::Mp2, "MPEG layer II audio", GOOD),
    audio(AudioCodec::Mp3, "MP3 audio", GOOD),
    audio(AudioCodec::Opus, "Opus audio", BASE),
    audio(AudioCodec::Vorbis, "Vorbis audio", BASE),
    video(VideoCodec::Av1, "AV1 video", BAD),
    video(VideoCodec::H264, "H.264 video", LIBAV),
    video(VideoCodec::Hevc, "HEVC video", LIBAV),
    video(VideoCodec::Vp8, "VP8 video", GOOD),
    video(VideoCodec::Vp9, "VP9 video", GOOD),
];

const fn audio(codec: AudioCodec, name: &'static str, package: &'static str) -> CodecEntry {
    CodecEntry {
        codec: Codec::Audio(codec),
        name,
        package,
    }
}

const fn video(codec: VideoCodec, name: &'static str, package: &'static str) -> CodecEntry {
    CodecEntry {
        codec: Codec::Video(codec),
        name,
        package,
    }
}

fn entry_of(codec: Codec) -> Option<&'static CodecEntry> {
    CODECS.iter().find(|entry| entry.codec == codec)
}

/// Returns the name of `codec` that is shown to users.
pub(crate) fn name_of(codec: Codec) -> &'static str {
    // Only text is not in the table.
    entry_of(codec).map_or("WebVTT", |entry| entry.name)
}

/// Returns the error for a codec that nothing decodes.
pub(crate) fn no_decoder(codec: Codec) -> PlayerError {
    PlayerError::NoDecoder {
        codec: name_of(codec),
        package: entry_of(codec).map_or("", |entry| entry.package),
    }
}
