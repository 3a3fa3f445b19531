/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Reads `Info` and `Tracks`, which make an initialization segment.

use bytes::Bytes;

use super::durations::FrameDurations;
use super::ebml::{ChildElement, ElementReader};
use super::schema;
use super::video::Video;
use crate::codecs::{self, OpusHead};
use crate::encryption::{EncryptionScheme, TrackEncryption};
use crate::error::StreamError;
use crate::limits;
use crate::time::Timescale;
use crate::track::{
    AudioCodec, AudioConfiguration, CodecConfiguration, Medium, TextCodec, TextConfiguration,
    Track, TrackId, TrackKind, VideoCodec, VideoConfiguration, name_main_tracks,
};

/// The timescale of WebM tracks. Times are given in nanoseconds, the unit of `DefaultDuration`,
/// because a second need not be a whole number of ticks of a `TimestampScale`.
pub(super) const NANOSECONDS_PER_SECOND: u32 = 1_000_000_000;

/// The fields of `Info`.
pub(super) struct Info {
    /// The number of nanoseconds in a tick of cluster and block timestamps.
    pub(super) timestamp_scale: i64,
    /// The duration of the segment in nanoseconds.
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

/// The parts of a track that are needed to read blocks.
pub(super) struct WebMTrack {
    pub(super) number: u64,
    /// `None` for tracks of no known kind; their blocks are passed over.
    pub(super) medium: Option<Medium>,
    /// The key's identifier, if the frames may be encrypted.
    pub(super) key_id: Option<Bytes>,
    pub(super) durations: FrameDurations,
    /// The timestamp of the last block in this cluster.
    pub(super) last_timestamp: Option<i64>,
}

impl WebMTrack {
    /// Returns the memory in bytes that the track takes.
    pub(super) fn held_bytes(&self) -> usize {
        let key_id = self.key_id.as_ref().map_or(0, Bytes::len);
        size_of::<Self>() + key_id + self.durations.held_bytes()
    }
}

/// The error of a track that cannot be decoded.
const UNSUPPORTED: &str = "the codec is not supported";

/// Reads the content of a `Tracks` element: all tracks, and the descriptions of those of known
/// kinds.
pub(super) fn read_tracks(
    mut reader: ElementReader,
    timestamp_scale: i64,
) -> Result<(Vec<WebMTrack>, Vec<Track>), StreamError> {
    let mut tracks: Vec<WebMTrack> = Vec::new();
    let mut descriptions = Vec::new();
    let (mut supported, mut unsupported) = (Vec::new(), Vec::new());
    while let Some(child) = reader.child()? {
        if child.id != schema::TRACK_ENTRY {
            continue;
        }
        if tracks.len() == limits::TRACKS {
            return Err(reader.error("there are too many tracks").over_limit());
        }
        let entry = TrackEntry::read(&child)?;
        if tracks.iter().any(|track| track.number == entry.number) {
            return Err(child.error("another track has the same TrackNumber"));
        }
        let mut medium = entry.medium();
        let description = match medium.map(|(medium, kind)| entry.describe(medium, kind)) {
            None => None,
            Some(Ok(description)) => Some(description),
            Some(Err(UNSUPPORTED)) => {
                unsupported.push((entry.type_number, child.error(UNSUPPORTED).unsupported()));
                medium = None;
                None
            }
            Some(Err(cause)) => return Err(child.error(cause)),
        };
        if description.is_some() {
            supported.push(entry.type_number);
        }
        let configuration = description.as_ref().map(|track| &track.configuration);
        tracks.push(WebMTrack {
            number: entry.number,
            medium: medium.map(|(medium, _)| medium),
            key_id: entry.key_id,
            durations: FrameDurations::new(configuration, entry.default_duration, timestamp_scale),
            last_timestamp: None,
        });
        descriptions.extend(description);
    }
    // A track that cannot be decoded is skipped if there is another one of its type.
    let needed = unsupported
        .into_iter()
        .find(|(kind, _)| !supported.contains(kind));
    if let Some((_, error)) = needed {
        return Err(error);
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
    /// The value of `TrackType`.
    type_number: u64,
    default_duration: Option<i64>,
    /// The `CodecDelay` in nanoseconds.
    codec_delay: u64,
    /// The `SeekPreRoll` in nanoseconds. It is `None` if it is not stated.
    seek_preroll: Option<u64>,
    name: String,
    language: String,
    codec_id: &'a [u8],
    codec_private: &'a [u8],
    /// The identifier of the key, if the frames may be encrypted.
    key_id: Option<Bytes>,
    video: Video,
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
            video: Video::default(),
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
                schema::VIDEO => {
                    entry.video = Video::read(child.reader("Tracks/TrackEntry/Video"))?;
                }
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

    /// What it carries, if that is known, and its place among the tracks.
    fn medium(&self) -> Option<(Medium, TrackKind)> {
        match self.type_number {
            1 => Some((Medium::Video, TrackKind::Alternative)),
            2 => Some((Medium::Audio, TrackKind::Alternative)),
            _ => {
                let kind = match self.codec_id_string() {
                    b"S_TEXT/WEBVTT" | b"D_WEBVTT/SUBTITLES" => TrackKind::Subtitles,
                    b"D_WEBVTT/CAPTIONS" => TrackKind::Captions,
                    b"D_WEBVTT/DESCRIPTIONS" => TrackKind::Descriptions,
                    b"D_WEBVTT/METADATA" => TrackKind::Metadata,
                    _ => return None,
                };
                Some((Medium::Text, kind))
            }
        }
    }

    /// The error is its cause.
    fn describe(&self, medium: Medium, kind: TrackKind) -> Result<Track, &'static str> {
        if self.number == 0 {
            return Err("TrackNumber is missing or zero");
        }
        let configuration = match medium {
            Medium::Audio => CodecConfiguration::Audio(self.audio_configuration()?),
            Medium::Video => CodecConfiguration::Video(self.video_configuration()?),
            Medium::Text => CodecConfiguration::Text(TextConfiguration {
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
            kind,
            configuration,
            encryption: self.key_id.as_ref().map(|key_id| TrackEncryption {
                scheme: EncryptionScheme::Cenc,
                default_key_id: key_id.clone(),
            }),
        })
    }

    fn video_configuration(&self) -> Result<VideoConfiguration, &'static str> {
        let mut extra_data = Bytes::new();
        let mut color = self.video.color;
        let (codec, codec_string) = match self.codec_id_string() {
            b"V_VP8" => (VideoCodec::Vp8, "vp8".to_owned()),
            b"V_VP9" => {
                let codec_string = codecs::vp9_codec_string_of_private_data(self.codec_private);
                (VideoCodec::Vp9, codec_string)
            }
            // The first frame has the description too.
            b"V_AV1" if self.codec_private.is_empty() => (VideoCodec::Av1, "av01".to_owned()),
            b"V_AV1" => {
                let codec_string = codecs::av1_codec_string(self.codec_private)
                    .ok_or("CodecPrivate is no AV1CodecConfigurationRecord")?;
                extra_data = Bytes::copy_from_slice(self.codec_private);
                color = codecs::av1_color(codecs::av1_record_units(self.codec_private))
                    .unwrap_or_default()
                    .or(color);
                (VideoCodec::Av1, codec_string)
            }
            _ => return Err(UNSUPPORTED),
        };
        let Some((width, height)) = self.video.size() else {
            return Err("PixelWidth or PixelHeight is missing or too large");
        };
        Ok(VideoConfiguration {
            codec,
            codec_string,
            extra_data,
            width,
            height,
            pixel_aspect_ratio: self.video.pixel_aspect_ratio(),
            orientation: self.video.orientation,
            color,
        })
    }

    fn audio_configuration(&self) -> Result<AudioConfiguration, &'static str> {
        let Ok(mut channels @ 1..) = u32::try_from(self.channels) else {
            return Err("Channels is zero or too large");
        };
        let mut sample_rate = self.sampling_frequency.round() as u32;
        let mut extra_data = Bytes::copy_from_slice(self.codec_private);
        let (codec, codec_string) = match self.codec_id_string() {
            b"A_OPUS" => {
                if extra_data.is_empty() {
                    extra_data = codecs::opus_head_of_channels(channels, self.opus_pre_skip()?)
                        .ok_or("CodecPrivate is missing, and there are more than two channels")?;
                }
                let head = OpusHead::read(&extra_data)
                    .ok_or("CodecPrivate is no Opus identification header")?;
                sample_rate = codecs::OPUS_SAMPLE_RATE;
                channels = head.channels;
                (AudioCodec::Opus, "opus".to_owned())
            }
            b"A_VORBIS" if self.codec_private.first() == Some(&2) => {
                (AudioCodec::Vorbis, "vorbis".to_owned())
            }
            b"A_VORBIS" => return Err("CodecPrivate does not hold the three Vorbis headers"),
            _ => return Err(UNSUPPORTED),
        };
        if sample_rate == 0 {
            return Err("SamplingFrequency is zero");
        }
        let seek_preroll = match (codec, self.seek_preroll) {
            (AudioCodec::Opus, Some(nanoseconds)) => samples(nanoseconds, sample_rate)?,
            (AudioCodec::Opus, None) => codecs::OPUS_SEEK_PREROLL,
            _ => 0,
        };
        Ok(AudioConfiguration {
            codec,
            codec_string,
            extra_data,
            sample_rate,
            channels,
            seek_preroll,
        })
    }

    /// The error is its cause.
    fn opus_pre_skip(&self) -> Result<u16, &'static str> {
        let samples = samples(self.codec_delay, codecs::OPUS_SAMPLE_RATE)?;
        u16::try_from(samples).map_err(|_| "CodecDelay or SeekPreRoll is too long")
    }

    /// Returns the codec identifier without the zeros that may pad it.
    fn codec_id_string(&self) -> &'a [u8] {
        self.codec_id
            .split(|byte| *byte == 0)
            .next()
            .unwrap_or_default()
    }
}

/// Returns the nearest whole number of samples. The error says what is wrong.
fn samples(nanoseconds: u64, sample_rate: u32) -> Result<u32, &'static str> {
    let samples = u128::from(nanoseconds) * u128::from(sample_rate) + 500_000_000;
    u32::try_from(samples / 1_000_000_000).map_err(|_| "CodecDelay or SeekPreRoll is too long")
}

/// Reads the identifier of the key that the frames are encrypted with. No other encoding of frames
/// is allowed:
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
                .error("compressed tracks, and encryption other than AES, are not supported")
                .unsupported());
        }
    }
    Ok(key_id.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(id: u32, content: &[u8]) -> Vec<u8> {
        let id = id.to_be_bytes();
        let id = &id[id.iter().take_while(|byte| **byte == 0).count()..];
        let size = 0x4000 | content.len() as u16;
        [id, &size.to_be_bytes(), content].concat()
    }

    fn entry(number: u8, kind: u8, codec: &[u8], more: &[Vec<u8>]) -> Vec<u8> {
        let size = [
            element(schema::PIXEL_WIDTH, &[16]),
            element(schema::PIXEL_HEIGHT, &[16]),
        ];
        let fields = [
            element(schema::TRACK_NUMBER, &[number]),
            element(schema::TRACK_TYPE, &[kind]),
            element(schema::CODEC_ID, codec),
            element(schema::VIDEO, &size.concat()),
            more.concat(),
        ];
        element(schema::TRACK_ENTRY, &fields.concat())
    }

    fn read(entries: &[Vec<u8>]) -> Result<Vec<Track>, StreamError> {
        let bytes = entries.concat();
        let (tracks, descriptions) =
            read_tracks(ElementReader::new("Tracks", 0, &bytes), 1_000_000)?;
        assert_eq!(tracks.len(), entries.len());
        Ok(descriptions)
    }

    const VIDEO: u8 = 1;
    const AUDIO: u8 = 2;

    #[test]
    fn configurations_that_the_frames_say() {
        let channels = |count| element(schema::AUDIO, &element(schema::CHANNELS, &[count]));
        // 6.5 ms
        let delay = element(schema::CODEC_DELAY, &6_500_000_u32.to_be_bytes());
        let tracks = [
            entry(1, VIDEO, b"V_AV1", &[]),
            entry(2, AUDIO, b"A_OPUS", &[channels(2), delay]),
        ];
        let tracks = read(&tracks).expect("they are well-formed");
        let CodecConfiguration::Video(video) = &tracks[0].configuration else {
            panic!("{tracks:?}");
        };
        assert_eq!((video.codec, video.extra_data.len()), (VideoCodec::Av1, 0));
        let CodecConfiguration::Audio(audio) = &tracks[1].configuration else {
            panic!("{tracks:?}");
        };
        assert_eq!(audio.channels, 2);
        let head = OpusHead::read(&audio.extra_data).expect("it is made up");
        assert_eq!((head.channels, head.pre_skip), (2, 312));
        let surround = read(&[entry(2, AUDIO, b"A_OPUS", &[channels(6)])]);
        assert!(surround.is_err_and(|error| error.cause.contains("CodecPrivate")));
    }

    #[test]
    fn codecs_that_are_not_supported_beside_others() {
        let (vp8, h264) = (
            entry(1, VIDEO, b"V_VP8", &[]),
            entry(2, VIDEO, b"V_MPEG4/ISO/AVC", &[]),
        );
        let (opus, dts) = (
            entry(3, AUDIO, b"A_OPUS", &[]),
            entry(4, AUDIO, b"A_DTS", &[]),
        );
        for tracks in [[vp8.clone(), h264.clone()], [h264.clone(), vp8.clone()]] {
            let tracks = read(&tracks).expect("one can be played");
            assert_eq!(tracks.len(), 1);
            assert_eq!(tracks[0].kind, TrackKind::Main);
        }
        let all = [h264.clone(), dts.clone(), opus.clone(), vp8.clone()];
        assert_eq!(read(&all).map(|tracks| tracks.len()), Ok(2));
        for tracks in [vec![h264.clone()], vec![h264, opus], vec![vp8, dts]] {
            assert!(read(&tracks).is_err_and(|error| error.cause == UNSUPPORTED));
        }
    }
}
