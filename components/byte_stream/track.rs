/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The contents of an initialization segment: its tracks, and how each is coded.

use std::fmt;

use bytes::Bytes;

use crate::encryption::TrackEncryption;
use crate::limits;
use crate::picture::{ColorDescription, Orientation, PixelAspectRatio};
use crate::time::Timescale;

/// <https://w3c.github.io/media-source/#init-segment>
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct InitializationSegment {
    /// The duration of the presentation in nanoseconds. It is `None` where the segment leaves it
    /// open.
    pub duration: Option<u64>,
    /// The audio, video and text tracks, in the order of the byte stream. There is always at least
    /// one.
    pub tracks: Vec<Track>,
}

/// A track's number in its byte stream: `track_ID` of ISO BMFF, `TrackNumber` of WebM, PID
/// of MPEG-2 TS.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TrackId(pub u64);

/// A track description.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Track {
    /// The number of the track in the byte stream.
    pub id: TrackId,
    /// The unit of the times of its frames.
    pub timescale: Timescale,
    /// The `kind` of the track, which scripts see.
    pub kind: TrackKind,
    /// The language as a BCP 47 tag. It is empty if it is unknown or undetermined.
    pub language: String,
    /// The label, a name for people. It is empty if there is none.
    pub label: String,
    /// How the frames are coded.
    pub configuration: CodecConfiguration,
    /// How the frames are encrypted. It is `None` if all are in the clear.
    pub encryption: Option<TrackEncryption>,
}

/// Reads a label or a language, which ends with its field or with a zero. Text that is too long to
/// be either is cut.
pub(crate) fn read_name(field: &[u8]) -> String {
    let name = field.split(|byte| *byte == 0).next().unwrap_or_default();
    let cut = &name[..name.len().min(limits::NAME_BYTES)];
    String::from_utf8_lossy(cut).into_owned()
}

/// A category for people who choose a track:
/// <https://dev.w3.org/html5/html-sourcing-inband-tracks/>
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum TrackKind {
    /// The first audio or video track.
    Main,
    /// A further audio or video track.
    Alternative,
    /// A text track with what is said and what else can be heard.
    Captions,
    /// A text track with what is said.
    Subtitles,
    /// A text track with descriptions of what can be seen.
    Descriptions,
    /// A text track for scripts.
    Metadata,
}

impl TrackKind {
    /// Returns the value that scripts see as `kind`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Alternative => "alternative",
            Self::Captions => "captions",
            Self::Subtitles => "subtitles",
            Self::Descriptions => "descriptions",
            Self::Metadata => "metadata",
        }
    }
}

/// Makes the first audio track and the first video track the main ones.
pub(crate) fn name_main_tracks(tracks: &mut [Track]) {
    for medium in [Medium::Audio, Medium::Video] {
        let mut tracks = tracks.iter_mut();
        if let Some(track) = tracks.find(|track| track.configuration.medium() == medium) {
            track.kind = TrackKind::Main;
        }
    }
}

/// What a track carries.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Medium {
    /// The track has audio.
    Audio,
    /// The track has video.
    Video,
    /// The track has timed text.
    Text,
}

impl Medium {
    /// All media, in the order in which the specification creates and removes their tracks.
    pub const ALL: [Self; 3] = [Self::Audio, Self::Video, Self::Text];

    /// Whether each frame is a random access point, whatever the byte stream says of it. This holds for
    /// all audio codecs that are known.
    pub fn frames_are_independent(self) -> bool {
        self == Self::Audio
    }
}

impl fmt::Display for Medium {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Text => "text",
        })
    }
}

/// How a track's frames are coded. Equal configurations compare equal, whichever initialization
/// segment they came from.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum CodecConfiguration {
    /// The track has audio.
    Audio(AudioConfiguration),
    /// The track has video.
    Video(VideoConfiguration),
    /// The track has timed text.
    Text(TextConfiguration),
}

impl CodecConfiguration {
    /// What is coded.
    pub fn medium(&self) -> Medium {
        self.codec().medium()
    }

    /// The codec alone.
    pub fn codec(&self) -> Codec {
        match self {
            Self::Audio(audio) => Codec::Audio(audio.codec),
            Self::Video(video) => Codec::Video(video.codec),
            Self::Text(text) => Codec::Text(text.codec),
        }
    }

    /// Returns the `extra_data`, which decoders need before the first frame.
    pub fn extra_data(&self) -> &Bytes {
        match self {
            Self::Audio(audio) => &audio.extra_data,
            Self::Video(video) => &video.extra_data,
            Self::Text(text) => &text.extra_data,
        }
    }

    /// Returns the `extra_data`, so that it can be kept in another place.
    pub fn extra_data_mut(&mut self) -> &mut Bytes {
        match self {
            Self::Audio(audio) => &mut audio.extra_data,
            Self::Video(video) => &mut video.extra_data,
            Self::Text(text) => &mut text.extra_data,
        }
    }

    /// The codec string of RFC 6381, such as `mp4a.40.2`.
    pub fn codec_string(&self) -> &str {
        match self {
            Self::Audio(audio) => &audio.codec_string,
            Self::Video(video) => &video.codec_string,
            Self::Text(text) => &text.codec_string,
        }
    }
}

/// A codec, without the details that a decoder needs.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Codec {
    /// A codec of audio.
    Audio(AudioCodec),
    /// A codec of video.
    Video(VideoCodec),
    /// A codec of timed text.
    Text(TextCodec),
}

impl Codec {
    /// What it codes.
    pub fn medium(self) -> Medium {
        match self {
            Self::Audio(_) => Medium::Audio,
            Self::Video(_) => Medium::Video,
            Self::Text(_) => Medium::Text,
        }
    }
}

/// How the frames of an audio track are coded.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct AudioConfiguration {
    /// The codec.
    pub codec: AudioCodec,
    /// The codec string of RFC 6381, such as `mp4a.40.2`.
    pub codec_string: String,
    /// The bytes that the decoder needs before the first frame: the AudioSpecificConfig of AAC, the
    /// three headers of Vorbis in Xiph lacing (the form of CodecPrivate), the identification header
    /// of Opus (`OpusHead`, RFC 7845), or `fLaC` and the metadata blocks of FLAC. There are none
    /// for MPEG audio, AC-3 and E-AC-3, whose frames describe themselves.
    pub extra_data: Bytes,
    /// The sample rate in Hz.
    pub sample_rate: u32,
    /// The number of channels.
    pub channels: u32,
    /// Samples before the target of a seek that are to be decoded and not to be heard, so that what
    /// follows is right. Only Opus says how many; 0 for the other codecs.
    pub seek_preroll: u32,
}

/// How the frames of a video track are coded.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct VideoConfiguration {
    /// The codec.
    pub codec: VideoCodec,
    /// The codec string of RFC 6381, such as `avc1.64001F`.
    pub codec_string: String,
    /// The bytes that the decoder needs before the first frame: the AVCDecoderConfigurationRecord
    /// of H.264, the HEVCDecoderConfigurationRecord of HEVC, or the AV1CodecConfigurationRecord of
    /// AV1. There are none where the frames describe themselves: in VP8, VP9, and the AV1 of some
    /// WebM files.
    pub extra_data: Bytes,
    /// The width of a decoded frame in pixels.
    pub width: u32,
    /// The height of a decoded frame in pixels.
    pub height: u32,
    /// The shape of the pixels.
    pub pixel_aspect_ratio: PixelAspectRatio,
    /// How frames are mirrored and turned before they are shown.
    pub orientation: Orientation,
    /// What the numbers of a frame mean as colours.
    pub color: ColorDescription,
}

impl VideoConfiguration {
    /// Natural width and height in CSS pixels, at least 1 each.
    ///
    /// <https://html.spec.whatwg.org/multipage/media.html#concept-video-intrinsic-width>
    pub fn natural_size(&self) -> (u32, u32) {
        let size = self.pixel_aspect_ratio.apply_to((self.width, self.height));
        self.orientation.apply_to(size)
    }
}

/// How timed text is coded.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct TextConfiguration {
    /// The codec.
    pub codec: TextCodec,
    /// The codec string of RFC 6381, such as `wvtt`.
    pub codec_string: String,
    /// The bytes before the first cue: the header of the WebVTT file.
    pub extra_data: Bytes,
}

/// The audio codecs that can be told apart.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum AudioCodec {
    /// MPEG-4 and MPEG-2 AAC, HE-AAC included.
    Aac,
    /// Dolby Digital.
    Ac3,
    /// Dolby Digital Plus.
    Eac3,
    /// FLAC.
    Flac,
    /// MPEG-1 and MPEG-2 audio, layer I.
    Mp1,
    /// MPEG-1 and MPEG-2 audio, layer II.
    Mp2,
    /// MPEG-1 and MPEG-2 audio, layer III. MP4 and WebM do not tell the layers apart, so there it
    /// may be another layer.
    Mp3,
    /// Opus.
    Opus,
    /// Vorbis.
    Vorbis,
}

/// The video codecs that can be told apart.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum VideoCodec {
    /// AV1.
    Av1,
    /// H.264 in length-prefixed NAL units, parameter sets in the extra data (`avc1`) or also in band (`avc3`).
    H264,
    /// HEVC in length-prefixed NAL units, parameter sets in the extra data (`hvc1`) or also in
    /// band (`hev1`).
    Hevc,
    /// VP8.
    Vp8,
    /// VP9.
    Vp9,
}

/// The text codecs that can be told apart.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum TextCodec {
    /// WebVTT: the boxes (`vttc`, `vtte`) of ISO/IEC 14496-30, or a block of WebM.
    WebVtt,
}
