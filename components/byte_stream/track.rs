/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What an initialization segment says: the tracks and how each is coded.

use std::fmt;

use bytes::Bytes;

use crate::encryption::TrackEncryption;
use crate::limits;
use crate::picture::{ColorDescription, Orientation, PixelAspectRatio};
use crate::time::Timescale;

/// <https://w3c.github.io/media-source/#init-segment>
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct InitializationSegment {
    /// Duration of the presentation in nanoseconds; `None` where the segment leaves it open.
    pub duration: Option<u64>,
    /// The audio, video and text tracks, in the order of the byte stream. Never empty.
    pub tracks: Vec<Track>,
}

/// A track's number in its byte stream: `track_ID` of ISO BMFF, `TrackNumber` of WebM, PID
/// of MPEG-2 TS.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TrackId(pub u64);

/// A track description.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Track {
    /// Its number in the byte stream.
    pub id: TrackId,
    /// The unit of its frames' times.
    pub timescale: Timescale,
    /// Its place among the tracks.
    pub kind: TrackKind,
    /// Its language as a BCP 47 tag; empty if unknown or undetermined.
    pub language: String,
    /// Its name for people; empty if there is none.
    pub label: String,
    /// How its frames are coded.
    pub configuration: CodecConfiguration,
    /// How its frames are encrypted; `None` if all are in the clear.
    pub encryption: Option<TrackEncryption>,
}

/// A label or a language, which ends with its field or with a zero. One that is too long to be either
/// is cut.
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
    /// Text: what is said and what else can be heard.
    Captions,
    /// Text: what is said.
    Subtitles,
    /// Text: what can be seen.
    Descriptions,
    /// Text for scripts.
    Metadata,
}

impl TrackKind {
    /// What scripts see as `kind`.
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

/// The first audio track and the first video track are the main ones.
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
    /// Sound.
    Audio,
    /// Pictures.
    Video,
    /// Timed text.
    Text,
}

impl Medium {
    /// All of them, in the order in which the specification creates and removes their tracks.
    pub const ALL: [Self; 3] = [Self::Audio, Self::Video, Self::Text];

    /// Whether each frame is a random access point, whatever the byte stream says of it. So it is
    /// with all audio codecs that are known.
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
    /// Sound.
    Audio(AudioConfiguration),
    /// Pictures.
    Video(VideoConfiguration),
    /// Timed text.
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

    /// What decoders need before the first frame: the `extra_data` of each kind.
    pub fn extra_data(&self) -> &Bytes {
        match self {
            Self::Audio(audio) => &audio.extra_data,
            Self::Video(video) => &video.extra_data,
            Self::Text(text) => &text.extra_data,
        }
    }

    /// What decoders need before the first frame, for a caller that keeps it in other memory.
    pub fn extra_data_mut(&mut self) -> &mut Bytes {
        match self {
            Self::Audio(audio) => &mut audio.extra_data,
            Self::Video(video) => &mut video.extra_data,
            Self::Text(text) => &mut text.extra_data,
        }
    }

    /// The RFC 6381 codec string, such as `mp4a.40.2`.
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
    /// An audio codec.
    Audio(AudioCodec),
    /// A video codec.
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

/// How sound is coded.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct AudioConfiguration {
    /// The codec.
    pub codec: AudioCodec,
    /// The RFC 6381 codec string, such as `mp4a.40.2`.
    pub codec_string: String,
    /// What the decoder needs before the first frame: AudioSpecificConfig for AAC, the three
    /// Xiph-laced headers for Vorbis (as CodecPrivate has them), the identification header
    /// (`OpusHead`, RFC 7845) for Opus, `fLaC` and the metadata blocks for FLAC. Empty for MPEG
    /// audio, AC-3 and E-AC-3, whose frames say it all.
    pub extra_data: Bytes,
    /// Samples a second.
    pub sample_rate: u32,
    /// Number of channels.
    pub channels: u32,
    /// Samples before the target of a seek that are to be decoded and not to be heard, so that what
    /// follows is right. Only Opus says how many; 0 for the other codecs.
    pub seek_preroll: u32,
}

/// How pictures are coded.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct VideoConfiguration {
    /// The codec.
    pub codec: VideoCodec,
    /// The RFC 6381 codec string, such as `avc1.64001F`.
    pub codec_string: String,
    /// What the decoder needs before the first frame: AVCDecoderConfigurationRecord for H.264,
    /// HEVCDecoderConfigurationRecord for HEVC, AV1CodecConfigurationRecord for AV1. Empty where the
    /// frames say it all: VP8, VP9, and AV1 of some WebM files.
    pub extra_data: Bytes,
    /// Width of the decoded picture in pixels.
    pub width: u32,
    /// Height of the decoded picture in pixels.
    pub height: u32,
    /// The shape of its pixels.
    pub pixel_aspect_ratio: PixelAspectRatio,
    /// Which way up it is.
    pub orientation: Orientation,
    /// What its numbers mean as colours.
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
    /// The RFC 6381 codec string, such as `wvtt`.
    pub codec_string: String,
    /// What comes before the first cue: the header of the WebVTT file.
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
    /// MPEG-1 and MPEG-2 audio, layer III. MP4 and WebM do not tell the layers apart, so that it
    /// may be one of the others there.
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
    /// WebVTT: boxes (`vttc`, `vtte`) as ISO/IEC 14496-30 has them, or a block of WebM.
    WebVtt,
}
