/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! `Info` and `Tracks`: an initialization segment.

use bytes::Bytes;

use super::durations::FrameDurations;
use super::ebml::{ChildElement, ElementReader};
use super::schema;
use crate::codecs;
use crate::error::StreamError;
use crate::limits;
use crate::time::Timescale;
use crate::track::{
    AudioCodec, AudioConfiguration, CodecConfiguration, Track, TrackId, VideoCodec,
    VideoConfiguration,
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
    /// `None` for tracks that are neither audio nor video; their blocks are passed over.
    pub(super) kind: Option<TrackKind>,
    pub(super) durations: FrameDurations,
    /// Of the last block in this cluster.
    pub(super) last_timestamp: Option<i64>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum TrackKind {
    Audio,
    Video,
}

/// Reads the content of a `Tracks` element: all tracks, and the descriptions of those of audio
/// and video.
pub(super) fn read_tracks(
    mut reader: ElementReader,
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
        let description = match entry.kind {
            Some(kind) => Some(entry.describe(kind).map_err(|cause| child.error(cause))?),
            None => None,
        };
        let configuration = description.as_ref().map(|track| &track.configuration);
        tracks.push(WebMTrack {
            number: entry.number,
            kind: entry.kind,
            durations: FrameDurations::new(configuration, entry.default_duration),
            last_timestamp: None,
        });
        descriptions.extend(description);
    }
    if descriptions.is_empty() {
        return Err(reader.error("there is no audio or video track"));
    }
    Ok((tracks, descriptions))
}

/// The elements of a `TrackEntry`, with the defaults of RFC 9559.
struct TrackEntry<'a> {
    number: u64,
    kind: Option<TrackKind>,
    default_duration: Option<i64>,
    name: String,
    language: String,
    codec_id: &'a [u8],
    codec_private: &'a [u8],
    is_encoded: bool,
    width: u64,
    height: u64,
    sampling_frequency: f64,
    channels: u64,
}

impl<'a> TrackEntry<'a> {
    fn read(element: &ChildElement<'a>) -> Result<Self, StreamError> {
        let mut entry = Self {
            number: 0,
            kind: None,
            default_duration: None,
            name: String::new(),
            language: "eng".to_owned(),
            codec_id: &[],
            codec_private: &[],
            is_encoded: false,
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
                schema::TRACK_TYPE => {
                    entry.kind = match child.unsigned()? {
                        1 => Some(TrackKind::Video),
                        2 => Some(TrackKind::Audio),
                        _ => None,
                    };
                }
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
                schema::CONTENT_ENCODINGS => entry.is_encoded = true,
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

    /// The error is its cause.
    fn describe(&self, kind: TrackKind) -> Result<Track, &'static str> {
        if self.number == 0 {
            return Err("TrackNumber is missing or zero");
        }
        if self.is_encoded {
            return Err("encrypted or compressed tracks are not supported");
        }
        let configuration = match kind {
            TrackKind::Audio => CodecConfiguration::Audio(self.audio_configuration()?),
            TrackKind::Video => CodecConfiguration::Video(self.video_configuration()?),
        };
        Ok(Track {
            id: TrackId(self.number),
            timescale: Timescale::new(NANOSECONDS_PER_SECOND).ok_or("the timescale is zero")?,
            language: self.language.clone(),
            label: self.name.clone(),
            configuration,
        })
    }

    fn video_configuration(&self) -> Result<VideoConfiguration, &'static str> {
        let (codec, codec_string) = match self.codec_id_string() {
            b"V_VP8" => (VideoCodec::Vp8, "vp8".to_owned()),
            b"V_VP9" => (VideoCodec::Vp9, vp9_codec_string(self.codec_private)),
            _ => return Err("the video codec is not supported"),
        };
        let (Ok(width @ 1..), Ok(height @ 1..)) = (self.width.try_into(), self.height.try_into())
        else {
            return Err("PixelWidth or PixelHeight is missing or too large");
        };
        Ok(VideoConfiguration {
            codec,
            codec_string,
            extra_data: Bytes::new(),
            width,
            height,
        })
    }

    fn audio_configuration(&self) -> Result<AudioConfiguration, &'static str> {
        let Ok(mut channels @ 1..) = u32::try_from(self.channels) else {
            return Err("Channels is zero or too large");
        };
        let mut sample_rate = self.sampling_frequency.round() as u32;
        let (codec, codec_string) = match self.codec_id_string() {
            b"A_OPUS" => {
                sample_rate = 48_000;
                channels = codecs::opus_head_channels(self.codec_private)
                    .ok_or("CodecPrivate is no Opus identification header")?;
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
        let extra_data = Bytes::copy_from_slice(self.codec_private);
        Ok(AudioConfiguration {
            codec,
            codec_string,
            extra_data,
            sample_rate,
            channels,
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

/// From the features in CodecPrivate (profile 1, level 2, bit depth 3, each with its length),
/// where it is there at all.
fn vp9_codec_string(codec_private: &[u8]) -> String {
    let feature = |wanted| {
        let mut features = codec_private.chunks_exact(3);
        features
            .find(|feature| feature[0] == wanted && feature[1] == 1)
            .map(|feature| feature[2])
    };
    match (feature(1), feature(2), feature(3)) {
        (Some(profile), Some(level), Some(bit_depth)) => {
            codecs::vp9_codec_string(profile, level, bit_depth)
        }
        _ => "vp9".to_owned(),
    }
}
