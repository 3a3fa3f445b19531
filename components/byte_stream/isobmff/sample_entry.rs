/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Sample entries (`stsd`), which say how the samples of a track are coded.

use bytes::Bytes;

use super::boxes::{BoxReader, ChildBox};
use super::presentation::{TrackHeader, read_color, read_pixel_aspect_ratio};
use super::protection::{EncryptionParameters, Protection, read_protection};
use crate::codecs::{
    self, AudioSpecificConfig, FlacStreamInfo, NalUnitSamples, OpusHead, VideoUsability,
};
use crate::error::StreamError;
use crate::limits;
use crate::memory::allocated;
use crate::picture::ColorDescription;
use crate::track::{
    AudioCodec, AudioConfiguration, CodecConfiguration, Medium, TextCodec, TextConfiguration,
    VideoCodec, VideoConfiguration,
};

/// A sample entry, for the fragments and chunks that refer to it.
pub(super) struct SampleDescription {
    /// The configuration, or an error that is given when samples refer to the entry.
    pub(super) configuration: Result<CodecConfiguration, StreamError>,
    pub(super) protection: Option<Protection>,
    /// The form of the NAL units in the samples, if they consist of NAL units.
    pub(super) nal_units: Option<NalUnitSamples>,
}

impl SampleDescription {
    fn new(description: Result<Description, StreamError>) -> Self {
        let (configuration, protection) = match description {
            Ok((configuration, protection)) => (Ok(configuration), protection),
            Err(error) => (Err(error), None),
        };
        let nal_units = match &configuration {
            Ok(CodecConfiguration::Video(video)) => NalUnitSamples::new(video),
            _ => None,
        };
        Self {
            configuration,
            protection,
            nal_units,
        }
    }

    /// Returns how samples are encrypted that are in no group. It is `None` if they are in the
    /// clear.
    pub(super) fn encryption(&self) -> Option<&EncryptionParameters> {
        self.protection.as_ref().map(|it| &it.parameters)
    }

    /// Returns the memory in bytes that the entry takes beside its own size.
    pub(super) fn held_bytes(&self) -> usize {
        self.configuration.as_ref().map_or(0, |configuration| {
            allocated(configuration.extra_data().len())
                + allocated(configuration.codec_string().len())
        })
    }
}

/// Reads the sample entries of a track. The track header is for what they leave open. There are
/// none for text of an unknown kind. It is an error if no entry can be used.
pub(super) fn read_sample_descriptions(
    mut stsd: BoxReader,
    medium: Medium,
    header: &TrackHeader,
) -> Result<Vec<SampleDescription>, StreamError> {
    let (version, _) = stsd.version_and_flags()?;
    let _entry_count = stsd.u32()?;
    let mut descriptions: Vec<SampleDescription> = Vec::new();
    while let Some(entry) = stsd.child()? {
        if medium == Medium::Text && descriptions.is_empty() && entry.kind != *b"wvtt" {
            return Ok(Vec::new());
        }
        if descriptions.len() == limits::SAMPLE_DESCRIPTIONS {
            return Err(stsd.error("there are too many sample entries").over_limit());
        }
        let description = read_sample_entry(&entry, medium, version, header);
        descriptions.push(SampleDescription::new(description));
    }
    let Some(first) = descriptions.first() else {
        return match medium {
            Medium::Text => Ok(Vec::new()),
            _ => Err(stsd.error("there is no sample entry")),
        };
    };
    match &first.configuration {
        Err(error) if descriptions.iter().all(|it| it.configuration.is_err()) => Err(error.clone()),
        _ => Ok(descriptions),
    }
}

type Description = (CodecConfiguration, Option<Protection>);

fn read_sample_entry(
    entry: &ChildBox,
    medium: Medium,
    version: u8,
    header: &TrackHeader,
) -> Result<Description, StreamError> {
    match medium {
        Medium::Audio => {
            let (audio, protection) = read_audio_sample_entry(entry, version)?;
            Ok((CodecConfiguration::Audio(audio), protection))
        }
        Medium::Video => {
            let (video, protection) = read_visual_sample_entry(entry, header)?;
            Ok((CodecConfiguration::Video(video), protection))
        }
        Medium::Text => Ok((CodecConfiguration::Text(read_webvtt(entry)?), None)),
    }
}

/// Reads the kind of entry that an entry for encrypted samples stands for.
fn read_kind(
    entry: &ChildBox,
    reader: &BoxReader,
) -> Result<([u8; 4], Option<Protection>), StreamError> {
    if !matches!(&entry.kind, b"encv" | b"enca") {
        return Ok((entry.kind, None));
    }
    let (kind, protection) = read_protection(reader)?;
    Ok((kind, Some(protection)))
}

fn read_visual_sample_entry(
    entry: &ChildBox,
    header: &TrackHeader,
) -> Result<(VideoConfiguration, Option<Protection>), StreamError> {
    let mut reader = entry.reader("moov/trak/mdia/minf/stbl/stsd/(video)");
    // reserved, data_reference_index, pre_defined and reserved
    reader.skip(6 + 2 + 16)?;
    let width = u32::from(reader.u16()?);
    let height = u32::from(reader.u16()?);
    // The resolutions, reserved, frame_count, compressorname, depth, pre_defined
    reader.skip(4 + 4 + 4 + 2 + 32 + 2 + 2)?;
    let (kind, protection) = read_kind(entry, &reader)?;
    let coding = match &kind {
        b"avc1" => read_avc("avc1", &reader)?,
        b"avc3" => read_avc("avc3", &reader)?,
        b"hvc1" => read_hevc("hvc1", &reader)?,
        b"hev1" => read_hevc("hev1", &reader)?,
        b"av01" => read_av1(&reader)?,
        b"vp09" => read_vp9(&reader)?,
        _ => {
            return Err(reader
                .error("the video codec is not supported")
                .unsupported());
        }
    };
    let configuration = VideoConfiguration {
        codec: coding.codec,
        codec_string: coding.codec_string,
        extra_data: coding.extra_data,
        width,
        height,
        pixel_aspect_ratio: read_pixel_aspect_ratio(&reader)?
            .or_else(|| header.pixel_aspect_ratio((width, height)))
            .or(coding.usability.pixel_aspect_ratio)
            .unwrap_or_default(),
        orientation: header.orientation,
        color: coding.usability.color.or(read_color(&reader)?),
    };
    Ok((configuration, protection))
}

/// The fields that come from the configuration of a codec.
struct VideoCoding {
    codec: VideoCodec,
    codec_string: String,
    extra_data: Bytes,
    usability: VideoUsability,
}

fn read_avc(name: &str, entry: &BoxReader) -> Result<VideoCoding, StreamError> {
    let Some(avcc) = entry.find(b"avcC")? else {
        return Err(entry.error("avcC is missing"));
    };
    let reader = avcc.reader("moov/trak/mdia/minf/stbl/stsd/avc1/avcC");
    let record = reader.rest();
    match codecs::avc_codec_string(name, record) {
        Some(codec_string) => {
            let sequence = codecs::avc_sequence_parameter_set(record);
            Ok(VideoCoding {
                codec: VideoCodec::H264,
                codec_string,
                extra_data: Bytes::copy_from_slice(record),
                usability: sequence.map(|it| it.pictures.usability).unwrap_or_default(),
            })
        }
        None => Err(reader.error("it is not an AVCDecoderConfigurationRecord")),
    }
}

fn read_hevc(name: &str, entry: &BoxReader) -> Result<VideoCoding, StreamError> {
    let Some(hvcc) = entry.find(b"hvcC")? else {
        return Err(entry.error("hvcC is missing"));
    };
    let reader = hvcc.reader("moov/trak/mdia/minf/stbl/stsd/hvc1/hvcC");
    let record = reader.rest();
    match codecs::hevc_codec_string(name, record) {
        Some(codec_string) => {
            let sequence = codecs::hevc_sequence_parameter_set(record);
            Ok(VideoCoding {
                codec: VideoCodec::Hevc,
                codec_string,
                extra_data: Bytes::copy_from_slice(record),
                usability: sequence.map(|it| it.pictures.usability).unwrap_or_default(),
            })
        }
        None => Err(reader.error("it is not an HEVCDecoderConfigurationRecord")),
    }
}

fn read_av1(entry: &BoxReader) -> Result<VideoCoding, StreamError> {
    let Some(av1c) = entry.find(b"av1C")? else {
        return Err(entry.error("av1C is missing"));
    };
    let reader = av1c.reader("moov/trak/mdia/minf/stbl/stsd/av01/av1C");
    let record = reader.rest();
    match codecs::av1_codec_string(record) {
        Some(codec_string) => Ok(VideoCoding {
            codec: VideoCodec::Av1,
            codec_string,
            extra_data: Bytes::copy_from_slice(record),
            usability: VideoUsability {
                pixel_aspect_ratio: None,
                color: codecs::av1_color(codecs::av1_record_units(record)).unwrap_or_default(),
            },
        }),
        None => Err(reader.error("it is not an AV1CodecConfigurationRecord")),
    }
}

fn read_vp9(entry: &BoxReader) -> Result<VideoCoding, StreamError> {
    let Some(vpcc) = entry.find(b"vpcC")? else {
        return Err(entry.error("vpcC is missing"));
    };
    let mut reader = vpcc.reader("moov/trak/mdia/minf/stbl/stsd/vp09/vpcC");
    reader.version_and_flags()?;
    let profile = reader.u8()?;
    let level = reader.u8()?;
    let depth_and_range = reader.u8()?;
    let codec_string = codecs::vp9_codec_string(profile, level, depth_and_range >> 4);
    let color = ColorDescription {
        primaries: reader.u8()?,
        transfer: reader.u8()?,
        matrix: reader.u8()?,
        full_range: Some(depth_and_range & 1 != 0),
    };
    Ok(VideoCoding {
        codec: VideoCodec::Vp9,
        codec_string,
        extra_data: Bytes::new(),
        usability: VideoUsability {
            pixel_aspect_ratio: None,
            color,
        },
    })
}

/// The fields of an audio sample entry that codecs may overrule.
struct AudioFields {
    channels: u32,
    sample_rate: u32,
}

fn read_audio_sample_entry(
    entry: &ChildBox,
    version: u8,
) -> Result<(AudioConfiguration, Option<Protection>), StreamError> {
    let mut reader = entry.reader("moov/trak/mdia/minf/stbl/stsd/(audio)");
    // reserved, data_reference_index
    reader.skip(6 + 2)?;
    let entry_version = reader.u16()?;
    reader.skip(6)?;
    let channels = u32::from(reader.u16()?);
    // samplesize, pre_defined, reserved
    reader.skip(2 + 2 + 2)?;
    let fields = AudioFields {
        channels,
        sample_rate: reader.u32()? >> 16,
    };
    match (version, entry_version) {
        // QuickTime's second form has four fields more.
        (0, 1) => reader.skip(16)?,
        (_, 0 | 1) => {}
        _ => {
            return Err(reader
                .error("this version of the sample entry is not supported")
                .unsupported());
        }
    }
    let (kind, protection) = read_kind(entry, &reader)?;
    let configuration = match &kind {
        b"mp4a" => read_mp4a(&reader, &fields)?,
        b".mp3" => describe_audio(AudioCodec::Mp3, "mp3", &fields),
        b"Opus" => read_opus(&reader)?,
        b"fLaC" => read_flac(&reader)?,
        b"ac-3" => read_ac3(&reader, &fields)?,
        b"ec-3" => read_eac3(&reader, &fields)?,
        _ => {
            return Err(reader
                .error("the audio codec is not supported")
                .unsupported());
        }
    };
    if configuration.sample_rate == 0 || configuration.channels == 0 {
        return Err(reader.error("the sample rate or the number of channels is zero"));
    }
    Ok((configuration, protection))
}

/// Describes audio with a codec whose frames describe themselves.
fn describe_audio(
    codec: AudioCodec,
    codec_string: impl Into<String>,
    fields: &AudioFields,
) -> AudioConfiguration {
    AudioConfiguration {
        codec,
        codec_string: codec_string.into(),
        extra_data: Bytes::new(),
        sample_rate: fields.sample_rate,
        channels: fields.channels,
        seek_preroll: 0,
    }
}

fn read_mp4a(entry: &BoxReader, fields: &AudioFields) -> Result<AudioConfiguration, StreamError> {
    let Some(esds) = entry.find(b"esds")? else {
        return Err(entry.error("esds is missing"));
    };
    let mut reader = esds.reader("moov/trak/mdia/minf/stbl/stsd/mp4a/esds");
    reader.version_and_flags()?;
    let Some((object_type_indication, specific)) = read_elementary_stream(reader.rest()) else {
        return Err(reader.error("the descriptors are broken"));
    };
    if codecs::is_mp3(object_type_indication) {
        let codec_string = format!("mp4a.{object_type_indication:02X}");
        return Ok(describe_audio(AudioCodec::Mp3, codec_string, fields));
    }
    let is_mpeg4_audio = object_type_indication == 0x40;
    if !is_mpeg4_audio && !codecs::is_mpeg2_aac(object_type_indication) {
        return Err(reader
            .error("the audio codec is not supported")
            .unsupported());
    }
    let Some(config) = AudioSpecificConfig::read(specific) else {
        return Err(reader.error("the AudioSpecificConfig is broken"));
    };
    if !codecs::is_aac_object_type(config.object_type) {
        return Err(reader
            .error("the MPEG-4 audio object type is not supported")
            .unsupported());
    }
    let codec_string = if is_mpeg4_audio {
        format!("mp4a.40.{}", config.object_type)
    } else {
        format!("mp4a.{object_type_indication:02X}")
    };
    Ok(AudioConfiguration {
        extra_data: Bytes::copy_from_slice(specific),
        sample_rate: config.sample_rate,
        channels: config.channels.unwrap_or(fields.channels),
        ..describe_audio(AudioCodec::Aac, codec_string, fields)
    })
}

/// Reads the objectTypeIndication and the DecoderSpecificInfo, which may be empty, of an
/// ES_Descriptor (ISO/IEC 14496-1, 7.2.6.5).
fn read_elementary_stream(bytes: &[u8]) -> Option<(u8, &[u8])> {
    const ES_DESCRIPTOR: u8 = 3;
    const DECODER_CONFIG_DESCRIPTOR: u8 = 4;
    const DECODER_SPECIFIC_INFO: u8 = 5;

    let (ES_DESCRIPTOR, stream, _) = read_descriptor(bytes)? else {
        return None;
    };
    let (&[_, _, flags], mut stream) = stream.split_first_chunk::<3>()?;
    if flags & 0x80 != 0 {
        stream = stream.get(2..)?; // dependsOn_ES_ID
    }
    if flags & 0x40 != 0 {
        let (length, url) = stream.split_first()?;
        stream = url.get(usize::from(*length)..)?;
    }
    if flags & 0x20 != 0 {
        stream = stream.get(2..)?; // OCR_ES_Id
    }
    let (DECODER_CONFIG_DESCRIPTOR, config, _) = read_descriptor(stream)? else {
        return None;
    };
    let (fields, specific) = config.split_first_chunk::<13>()?;
    // MP3 has none.
    let specific = match read_descriptor(specific) {
        Some((DECODER_SPECIFIC_INFO, specific, _)) => specific,
        _ => &[],
    };
    Some((fields[0], specific))
}

/// Reads the tag and content of the first descriptor, and returns them with what follows it.
fn read_descriptor(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, mut rest) = bytes.split_first()?;
    let mut length = 0;
    for _ in 0..4 {
        let (byte, after) = rest.split_first()?;
        rest = after;
        length = length << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

fn read_opus(entry: &BoxReader) -> Result<AudioConfiguration, StreamError> {
    let Some(dops) = entry.find(b"dOps")? else {
        return Err(entry.error("dOps is missing"));
    };
    let mut reader = dops.reader("moov/trak/mdia/minf/stbl/stsd/Opus/dOps");
    // This is the version. All versions have the fields of version 0.
    reader.u8()?;
    let extra_data = codecs::opus_head_from_dops(reader.rest());
    let head = extra_data.as_deref().and_then(OpusHead::read);
    let (Some(extra_data), Some(head)) = (extra_data, head) else {
        return Err(reader.error("it ends within a field, or there are no channels"));
    };
    Ok(AudioConfiguration {
        codec: AudioCodec::Opus,
        codec_string: "opus".to_owned(),
        extra_data,
        sample_rate: codecs::OPUS_SAMPLE_RATE,
        channels: head.channels,
        seek_preroll: codecs::OPUS_SEEK_PREROLL,
    })
}

fn read_flac(entry: &BoxReader) -> Result<AudioConfiguration, StreamError> {
    let Some(dfla) = entry.find(b"dfLa")? else {
        return Err(entry.error("dfLa is missing"));
    };
    let mut reader = dfla.reader("moov/trak/mdia/minf/stbl/stsd/fLaC/dfLa");
    reader.version_and_flags()?;
    let metadata_blocks = reader.rest();
    let Some(stream_info) = FlacStreamInfo::read(metadata_blocks) else {
        return Err(reader.error("it does not begin with a STREAMINFO block"));
    };
    let fields = AudioFields {
        channels: stream_info.channels,
        sample_rate: stream_info.sample_rate,
    };
    Ok(AudioConfiguration {
        extra_data: codecs::flac_decoder_headers(metadata_blocks),
        ..describe_audio(AudioCodec::Flac, "flac", &fields)
    })
}

fn read_ac3(entry: &BoxReader, fields: &AudioFields) -> Result<AudioConfiguration, StreamError> {
    let Some(dac3) = entry.find(b"dac3")? else {
        return Err(entry.error("dac3 is missing"));
    };
    let reader = dac3.reader("moov/trak/mdia/minf/stbl/stsd/ac-3/dac3");
    let Some(config) = codecs::read_ac3_config(reader.rest()) else {
        return Err(reader.error("it ends within a field"));
    };
    let fields = AudioFields {
        channels: config.channels,
        sample_rate: config.sample_rate.unwrap_or(fields.sample_rate),
    };
    Ok(describe_audio(AudioCodec::Ac3, "ac-3", &fields))
}

fn read_eac3(entry: &BoxReader, fields: &AudioFields) -> Result<AudioConfiguration, StreamError> {
    let Some(dec3) = entry.find(b"dec3")? else {
        return Err(entry.error("dec3 is missing"));
    };
    let reader = dec3.reader("moov/trak/mdia/minf/stbl/stsd/ec-3/dec3");
    let Some(config) = codecs::read_eac3_config(reader.rest()) else {
        return Err(reader.error("it ends within a field"));
    };
    let fields = AudioFields {
        channels: config.channels,
        sample_rate: config.sample_rate.unwrap_or(fields.sample_rate),
    };
    Ok(describe_audio(AudioCodec::Eac3, "ec-3", &fields))
}

/// Reads a sample entry of WebVTT (ISO/IEC 14496-30, 7.5).
fn read_webvtt(entry: &ChildBox) -> Result<TextConfiguration, StreamError> {
    let mut reader = entry.reader("moov/trak/mdia/minf/stbl/stsd/wvtt");
    reader.skip(6 + 2)?; // reserved, data_reference_index
    let Some(vttc) = reader.find(b"vttC")? else {
        return Err(reader.error("vttC is missing"));
    };
    let header = vttc.reader("moov/trak/mdia/minf/stbl/stsd/wvtt/vttC");
    Ok(TextConfiguration {
        codec: TextCodec::WebVtt,
        codec_string: "wvtt".to_owned(),
        extra_data: Bytes::copy_from_slice(header.rest()),
    })
}
