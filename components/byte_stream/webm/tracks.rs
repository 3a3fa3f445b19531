/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! `Info` and `Tracks`: an initialization segment.

use bytes::Bytes;

use super::durations::FrameDurations;
use super::ebml::{ChildElement, ElementReader};
use super::schema;
use crate::codecs::{self, OpusHead};
use crate::encryption::{EncryptionScheme, TrackEncryption};
use crate::error::StreamError;
use crate::limits;
use crate::picture::{ColorDescription, Orientation, PixelAspectRatio};
use crate::time::Timescale;
use crate::track::{
    AudioCodec, AudioConfiguration, CodecConfiguration, TextCodec, TextConfiguration, Track,
    TrackId, TrackKind, VideoCodec, VideoConfiguration, name_main_tracks,
};

/// Times of WebM are given in nanoseconds, the unit of `DefaultDuration`: ticks of a
/// `TimestampScale` need not be a whole number to the second.
pub(super) const NANOSECONDS_PER_SECOND: u32 = 1_000_000_000;

/// What `Info` says.
pub(super) struct Info {
    /// Nanoseconds in a tick of cluster and block timestamps.
    pub(super) timestamp_scale: i64,
    /// In nanoseconds.
    pub(super) duration: Option<u64>,
}

/// Reads the content of an `Info` element.
pub(super) fn read_info(mut info: ElementReader) -> Result<Info, StreamError> {
    let mut timestamp_scale = 1_000_000;
    let mut duration = None;
    while let Some(child) = info.child()? {
        match child.id {
            schema::TIMESTAMP_SCALE => timestamp_scale = child.unsigned()?,
            schema::DURATION => duration = Some(child.float()?),
            _ => {}
        }
    }
    let timestamp_scale = match i64::try_from(timestamp_scale) {
        Ok(scale @ 1..=1_000_000_000) => scale,
        _ => return Err(info.error("TimestampScale is zero or too large")),
    };
    let duration = match duration.map(|ticks| ticks * timestamp_scale as f64) {
        Some(nanoseconds) if nanoseconds > 0.0 && nanoseconds < i64::MAX as f64 => {
            Some(nanoseconds.round() as u64)
        }
        _ => None,
    };
    Ok(Info {
        timestamp_scale,
        duration,
    })
}

/// A track as blocks need it.
pub(super) struct WebMTrack {
    pub(super) number: u64,
    /// `None` for tracks of no known kind; their blocks are passed over.
    pub(super) track_type: Option<TrackType>,
    /// The key's identifier, if the frames may be encrypted.
    pub(super) key_id: Option<Bytes>,
    pub(super) durations: FrameDurations,
    /// Of the last block in this cluster.
    pub(super) last_timestamp: Option<i64>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum TrackType {
    Audio,
    Video,
    /// Of the kinds that are known.
    Text(TrackKind),
}

/// Reads the content of a `Tracks` element: all tracks, and the descriptions of those of known
/// kinds.
pub(super) fn read_tracks(
    mut reader: ElementReader,
    timestamp_scale: i64,
) -> Result<(Vec<WebMTrack>, Vec<Track>), StreamError> {
    let mut tracks: Vec<WebMTrack> = Vec::new();
    let mut descriptions = Vec::new();
    while let Some(child) = reader.child()? {
        if child.id != schema::TRACK_ENTRY {
            continue;
        }
        if tracks.len() == limits::TRACKS {
            return Err(reader.error("there are too many tracks"));
        }
        let entry = TrackEntry::read(&child)?;
        if tracks.iter().any(|track| track.number == entry.number) {
            return Err(child.error("another track has the same TrackNumber"));
        }
        let track_type = entry.track_type();
        let description = match track_type {
            Some(kind) => Some(entry.describe(kind).map_err(|cause| child.error(cause))?),
            None => None,
        };
        let configuration = description.as_ref().map(|track| &track.configuration);
        tracks.push(WebMTrack {
            number: entry.number,
            track_type,
            key_id: entry.key_id,
            durations: FrameDurations::new(configuration, entry.default_duration, timestamp_scale),
            last_timestamp: None,
        });
        descriptions.extend(description);
    }
    if descriptions.is_empty() {
        return Err(reader.error("there is no audio, video or text track"));
    }
    name_main_tracks(&mut descriptions);
    Ok((tracks, descriptions))
}

/// The elements of a `TrackEntry`, with the defaults of RFC 9559.
struct TrackEntry<'a> {
    number: u64,
    /// As the element has it.
    type_number: u64,
    default_duration: Option<i64>,
    /// In nanoseconds.
    codec_delay: u64,
    /// In nanoseconds; `None` if it is not stated.
    seek_preroll: Option<u64>,
    name: String,
    language: String,
    codec_id: &'a [u8],
    codec_private: &'a [u8],
    /// The key's identifier, if the frames may be encrypted.
    key_id: Option<Bytes>,
    width: u64,
    height: u64,
    sampling_frequency: f64,
    channels: u64,
}

impl<'a> TrackEntry<'a> {
    fn read(element: &ChildElement<'a>) -> Result<Self, StreamError> {
        let mut entry = Self {
            number: 0,
            type_number: 0,
            default_duration: None,
            codec_delay: 0,
            seek_preroll: None,
            name: String::new(),
            language: "eng".to_owned(),
            codec_id: &[],
            codec_private: &[],
            key_id: None,
            width: 0,
            height: 0,
            sampling_frequency: 8000.0,
            channels: 1,
        };
        let mut language_bcp_47 = None;
        let mut reader = element.reader("Tracks/TrackEntry");
        while let Some(child) = reader.child()? {
            match child.id {
                schema::TRACK_NUMBER => entry.number = child.unsigned()?,
                schema::TRACK_TYPE => entry.type_number = child.unsigned()?,
                schema::DEFAULT_DURATION => {
                    let duration = i64::try_from(child.unsigned()?).ok();
                    entry.default_duration =
                        duration.filter(|duration| (1..limits::TICKS).contains(duration));
                }
                schema::NAME => entry.name = child.string(),
                schema::LANGUAGE => entry.language = child.string(),
                schema::LANGUAGE_BCP_47 => language_bcp_47 = Some(child.string()),
                schema::CODEC_ID => entry.codec_id = child.bytes(),
                schema::CODEC_PRIVATE => entry.codec_private = child.bytes(),
                schema::CODEC_DELAY => entry.codec_delay = child.unsigned()?,
                schema::SEEK_PRE_ROLL => entry.seek_preroll = Some(child.unsigned()?),
                schema::CONTENT_ENCODINGS => {
                    let encodings = child.reader("Tracks/TrackEntry/ContentEncodings");
                    entry.key_id = Some(read_encryption(encodings)?);
                }
                schema::VIDEO => entry.read_video(child.reader("Tracks/TrackEntry/Video"))?,
                schema::AUDIO => entry.read_audio(child.reader("Tracks/TrackEntry/Audio"))?,
                _ => {}
            }
        }
        entry.language = language_bcp_47.unwrap_or(entry.language);
        if entry.language == "und" {
            entry.language.clear();
        }
        Ok(entry)
    }

    fn read_video(&mut self, mut video: ElementReader) -> Result<(), StreamError> {
        while let Some(child) = video.child()? {
            match child.id {
                schema::PIXEL_WIDTH => self.width = child.unsigned()?,
                schema::PIXEL_HEIGHT => self.height = child.unsigned()?,
                _ => {}
            }
        }
        Ok(())
    }

    fn read_audio(&mut self, mut audio: ElementReader) -> Result<(), StreamError> {
        while let Some(child) = audio.child()? {
            match child.id {
                schema::SAMPLING_FREQUENCY => self.sampling_frequency = child.float()?,
                schema::CHANNELS => self.channels = child.unsigned()?,
                _ => {}
            }
        }
        Ok(())
    }

    /// `None` if it is not a kind that is known.
    fn track_type(&self) -> Option<TrackType> {
        match self.type_number {
            1 => Some(TrackType::Video),
            2 => Some(TrackType::Audio),
            _ => {
                let kind = match self.codec_id_string() {
                    b"S_TEXT/WEBVTT" | b"D_WEBVTT/SUBTITLES" => TrackKind::Subtitles,
                    b"D_WEBVTT/CAPTIONS" => TrackKind::Captions,
                    b"D_WEBVTT/DESCRIPTIONS" => TrackKind::Descriptions,
                    b"D_WEBVTT/METADATA" => TrackKind::Metadata,
                    _ => return None,
                };
                Some(TrackType::Text(kind))
            }
        }
    }

    /// The error is its cause.
    fn describe(&self, track_type: TrackType) -> Result<Track, &'static str> {
        if self.number == 0 {
            return Err("TrackNumber is missing or zero");
        }
        let configuration = match track_type {
            TrackType::Audio => CodecConfiguration::Audio(self.audio_configuration()?),
            TrackType::Video => CodecConfiguration::Video(self.video_configuration()?),
            TrackType::Text(_) => CodecConfiguration::Text(TextConfiguration {
                codec: TextCodec::WebVtt,
                codec_string: "wvtt".to_owned(),
                extra_data: Bytes::copy_from_slice(self.codec_private),
            }),
        };
        Ok(Track {
            id: TrackId(self.number),
            timescale: Timescale::new(NANOSECONDS_PER_SECOND).ok_or("the timescale is zero")?,
            language: self.language.clone(),
            label: self.name.clone(),
            kind: match track_type {
                TrackType::Text(kind) => kind,
                _ => TrackKind::Alternative,
            },
            configuration,
            encryption: self.key_id.as_ref().map(|key_id| TrackEncryption {
                scheme: EncryptionScheme::Cenc,
                default_key_id: key_id.clone(),
            }),
        })
    }

    fn video_configuration(&self) -> Result<VideoConfiguration, &'static str> {
        let mut extra_data = Bytes::new();
        let (codec, codec_string) = match self.codec_id_string() {
            b"V_VP8" => (VideoCodec::Vp8, "vp8".to_owned()),
            b"V_VP9" => {
                let codec_string = codecs::vp9_codec_string_of_private_data(self.codec_private);
                (VideoCodec::Vp9, codec_string)
            }
            b"V_AV1" => {
                let codec_string = codecs::av1_codec_string(self.codec_private)
                    .ok_or("CodecPrivate is no AV1CodecConfigurationRecord")?;
                extra_data = Bytes::copy_from_slice(self.codec_private);
                (VideoCodec::Av1, codec_string)
            }
            _ => return Err("the video codec is not supported"),
        };
        let (Ok(width @ 1..), Ok(height @ 1..)) = (self.width.try_into(), self.height.try_into())
        else {
            return Err("PixelWidth or PixelHeight is missing or too large");
        };
        Ok(VideoConfiguration {
            codec,
            codec_string,
            extra_data,
            width,
            height,
            pixel_aspect_ratio: PixelAspectRatio::default(),
            orientation: Orientation::default(),
            color: ColorDescription::default(),
        })
    }

    fn audio_configuration(&self) -> Result<AudioConfiguration, &'static str> {
        let Ok(mut channels @ 1..) = u32::try_from(self.channels) else {
            return Err("Channels is zero or too large");
        };
        let mut sample_rate = self.sampling_frequency.round() as u32;
        let mut opus_head = None;
        let (codec, codec_string) = match self.codec_id_string() {
            b"A_OPUS" => {
                let head = OpusHead::read(self.codec_private)
                    .ok_or("CodecPrivate is no Opus identification header")?;
                sample_rate = codecs::OPUS_SAMPLE_RATE;
                channels = head.channels;
                opus_head = Some(head);
                (AudioCodec::Opus, "opus".to_owned())
            }
            b"A_VORBIS" if self.codec_private.first() == Some(&2) => {
                (AudioCodec::Vorbis, "vorbis".to_owned())
            }
            b"A_VORBIS" => return Err("CodecPrivate does not hold the three Vorbis headers"),
            _ => return Err("the audio codec is not supported"),
        };
        if sample_rate == 0 {
            return Err("SamplingFrequency is zero");
        }
        let (pre_skip, seek_preroll) = match opus_head {
            Some(head) => (head.pre_skip, codecs::OPUS_SEEK_PREROLL),
            None => (samples(self.codec_delay, sample_rate)?, 0),
        };
        let seek_preroll = match self.seek_preroll {
            Some(nanoseconds) => samples(nanoseconds, sample_rate)?,
            None => seek_preroll,
        };
        Ok(AudioConfiguration {
            codec,
            codec_string,
            extra_data: Bytes::copy_from_slice(self.codec_private),
            sample_rate,
            channels,
            pre_skip,
            seek_preroll,
        })
    }

    /// The codec identifier without the zeros that may pad it.
    fn codec_id_string(&self) -> &'a [u8] {
        self.codec_id
            .split(|byte| *byte == 0)
            .next()
            .unwrap_or_default()
    }
}

/// The nearest whole number of samples. The error is its cause.
fn samples(nanoseconds: u64, sample_rate: u32) -> Result<u32, &'static str> {
    let samples = u128::from(nanoseconds) * u128::from(sample_rate) + 500_000_000;
    u32::try_from(samples / 1_000_000_000).map_err(|_| "CodecDelay or SeekPreRoll is too long")
}

/// The identifier of the key that the frames are encrypted with. Nothing else may be done to them:
/// <https://www.webmproject.org/docs/webm-encryption/>
fn read_encryption(mut encodings: ElementReader) -> Result<Bytes, StreamError> {
    const AES: u64 = 5;
    let mut key_id = None;
    while let Some(encoding) = encodings.child()? {
        if encoding.id != schema::CONTENT_ENCODING {
            continue;
        }
        let mut algorithm = None;
        let mut children = encoding.reader("Tracks/TrackEntry/ContentEncodings/ContentEncoding");
        while let Some(child) = children.child()? {
            if child.id != schema::CONTENT_ENCRYPTION {
                continue;
            }
            let mut fields = child.reader("ContentEncoding/ContentEncryption");
            while let Some(field) = fields.child()? {
                match field.id {
                    schema::CONTENT_ENC_ALGO => algorithm = Some(field.unsigned()?),
                    schema::CONTENT_ENC_KEY_ID => {
                        key_id = Some(Bytes::copy_from_slice(field.bytes()));
                    }
                    _ => {}
                }
            }
        }
        if algorithm != Some(AES) {
            return Err(encoding
                .error("compressed tracks, and encryption other than AES, are not supported"));
        }
    }
    Ok(key_id.unwrap_or_default())
}
