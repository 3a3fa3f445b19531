/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What an initialization segment says: the tracks and how each is coded.

use bytes::Bytes;

use crate::time::Timescale;

/// <https://w3c.github.io/media-source/#init-segment>
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InitializationSegment {
    /// Duration of the presentation in nanoseconds; `None` where the segment leaves it open.
    pub duration: Option<u64>,
    /// The audio and video tracks, in the order of the byte stream. Never empty.
    pub tracks: Vec<Track>,
}

/// A track's number in its byte stream: `track_ID` of ISO BMFF, `TrackNumber` of WebM.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TrackId(pub u64);

/// A track description.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Track {
    /// Its number in the byte stream.
    pub id: TrackId,
    /// The unit of its frames' times.
    pub timescale: Timescale,
    /// Its language as a BCP 47 tag; empty if unknown or undetermined.
    pub language: String,
    /// Its name for people; empty if there is none.
    pub label: String,
    /// How its frames are coded.
    pub configuration: CodecConfiguration,
}

/// How a track's frames are coded. Equal configurations compare equal, whichever initialization
/// segment they came from.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum CodecConfiguration {
    /// Sound.
    Audio(AudioConfiguration),
    /// Pictures.
    Video(VideoConfiguration),
}

impl CodecConfiguration {
    /// The codec alone.
    pub fn codec(&self) -> Codec {
        match self {
            Self::Audio(audio) => Codec::Audio(audio.codec),
            Self::Video(video) => Codec::Video(video.codec),
        }
    }
}

/// A codec, without the details that a decoder needs.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Codec {
    /// Of sound.
    Audio(AudioCodec),
    /// Of pictures.
    Video(VideoCodec),
}

impl Codec {
    /// Whether it codes sound.
    pub fn is_audio(self) -> bool {
        matches!(self, Self::Audio(_))
    }
}

/// How sound is coded.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct AudioConfiguration {
    /// The codec.
    pub codec: AudioCodec,
    /// The RFC 6381 codec string, such as `mp4a.40.2`.
    pub codec_string: String,
    /// What the decoder needs before the first frame: AudioSpecificConfig for AAC, the three
    /// Xiph-laced headers for Vorbis (as CodecPrivate has them), the identification header
    /// (`OpusHead`, RFC 7845) for Opus.
    pub extra_data: Bytes,
    /// Samples a second.
    pub sample_rate: u32,
    /// Number of channels.
    pub channels: u32,
}

/// How pictures are coded.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct VideoConfiguration {
    /// The codec.
    pub codec: VideoCodec,
    /// The RFC 6381 codec string, such as `avc1.64001F`.
    pub codec_string: String,
    /// What the decoder needs before the first frame: AVCDecoderConfigurationRecord for H.264.
    pub extra_data: Bytes,
    /// Width of the decoded picture in pixels.
    pub width: u32,
    /// Height of the decoded picture in pixels.
    pub height: u32,
}

/// The audio codecs that can be told apart.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum AudioCodec {
    /// MPEG-4 AAC.
    Aac,
    /// Opus.
    Opus,
    /// Vorbis.
    Vorbis,
}

/// The video codecs that can be told apart.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum VideoCodec {
    /// H.264 in length-prefixed NAL units, parameter sets in the extra data (`avc1`) or also in band (`avc3`).
    H264,
    /// VP8.
    Vp8,
    /// VP9.
    Vp9,
}
