/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Sample entries (`stsd`): how a track's samples are coded.

use bytes::Bytes;

use super::boxes::{BoxReader, ChildBox};
use crate::codecs::{self, AudioSpecificConfig};
use crate::error::StreamError;
use crate::track::{
    AudioCodec, AudioConfiguration, CodecConfiguration, VideoCodec, VideoConfiguration,
};

/// The two handlers whose tracks are played.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Handler {
    Audio,
    Video,
}

/// Reads the first sample entry. Fragments that ask for another one are refused where they do.
pub(super) fn read_sample_description(
    mut stsd: BoxReader,
    handler: Handler,
) -> Result<CodecConfiguration, StreamError> {
    stsd.version_and_flags()?;
    let _entry_count = stsd.u32()?;
    let Some(entry) = stsd.child()? else {
        return Err(stsd.error("there is no sample entry"));
    };
    match handler {
        Handler::Audio => read_audio_sample_entry(&entry).map(CodecConfiguration::Audio),
        Handler::Video => read_visual_sample_entry(&entry).map(CodecConfiguration::Video),
    }
}

fn read_visual_sample_entry(entry: &ChildBox) -> Result<VideoConfiguration, StreamError> {
    let mut reader = entry.reader("moov/trak/mdia/minf/stbl/stsd/(video)");
    // reserved, data_reference_index, pre_defined and reserved
    reader.skip(6 + 2 + 16)?;
    let width = u32::from(reader.u16()?);
    let height = u32::from(reader.u16()?);
    // The resolutions, reserved, frame_count, compressorname, depth, pre_defined
    reader.skip(4 + 4 + 4 + 2 + 32 + 2 + 2)?;
    let (codec, codec_string, extra_data) = match &entry.kind {
        b"avc1" | b"avc3" => read_avc(&entry.kind, &reader)?,
        b"vp09" => read_vp9(&reader)?,
        b"encv" => return Err(reader.error("encrypted media is not supported")),
        _ => return Err(reader.error("the video codec is not supported")),
    };
    Ok(VideoConfiguration {
        codec,
        codec_string,
        extra_data,
        width,
        height,
    })
}

type VideoCodecFields = (VideoCodec, String, Bytes);

fn read_avc(kind: &[u8; 4], entry: &BoxReader) -> Result<VideoCodecFields, StreamError> {
    let Some(avcc) = entry.find(b"avcC")? else {
        return Err(entry.error("avcC is missing"));
    };
    let reader = avcc.reader("moov/trak/mdia/minf/stbl/stsd/avc1/avcC");
    let name = if kind == b"avc3" { "avc3" } else { "avc1" };
    match codecs::avc_codec_string(name, reader.rest()) {
        Some(codec_string) => Ok((
            VideoCodec::H264,
            codec_string,
            Bytes::copy_from_slice(reader.rest()),
        )),
        None => Err(reader.error("it is not an AVCDecoderConfigurationRecord")),
    }
}

fn read_vp9(entry: &BoxReader) -> Result<VideoCodecFields, StreamError> {
    let Some(vpcc) = entry.find(b"vpcC")? else {
        return Err(entry.error("vpcC is missing"));
    };
    let mut reader = vpcc.reader("moov/trak/mdia/minf/stbl/stsd/vp09/vpcC");
    reader.version_and_flags()?;
    let profile = reader.u8()?;
    let level = reader.u8()?;
    let bit_depth = reader.u8()? >> 4;
    let codec_string = codecs::vp9_codec_string(profile, level, bit_depth);
    Ok((VideoCodec::Vp9, codec_string, Bytes::new()))
}

fn read_audio_sample_entry(entry: &ChildBox) -> Result<AudioConfiguration, StreamError> {
    let mut reader = entry.reader("moov/trak/mdia/minf/stbl/stsd/(audio)");
    // reserved, data_reference_index
    reader.skip(6 + 2)?;
    let quicktime_version = reader.u16()?;
    reader.skip(6)?;
    let channels = u32::from(reader.u16()?);
    // samplesize, pre_defined, reserved, samplerate
    reader.skip(2 + 2 + 2 + 4)?;
    match quicktime_version {
        0 => {}
        // QuickTime's second form has four fields more.
        1 => reader.skip(16)?,
        _ => return Err(reader.error("this version of the sample entry is not supported")),
    }
    match &entry.kind {
        b"mp4a" => read_mp4a(&reader, channels),
        b"Opus" => read_opus(&reader),
        b"enca" => Err(reader.error("encrypted media is not supported")),
        _ => Err(reader.error("the audio codec is not supported")),
    }
}

fn read_mp4a(entry: &BoxReader, entry_channels: u32) -> Result<AudioConfiguration, StreamError> {
    let Some(esds) = entry.find(b"esds")? else {
        return Err(entry.error("esds is missing"));
    };
    let mut reader = esds.reader("moov/trak/mdia/minf/stbl/stsd/mp4a/esds");
    reader.version_and_flags()?;
    let Some((object_type_indication, specific)) = read_elementary_stream(reader.rest()) else {
        return Err(reader.error("the descriptors are broken"));
    };
    let is_mpeg4_audio = object_type_indication == 0x40;
    if !is_mpeg4_audio && !codecs::is_mpeg2_aac(object_type_indication) {
        return Err(reader.error("the audio codec is not supported"));
    }
    let Some(config) = AudioSpecificConfig::read(specific) else {
        return Err(reader.error("the AudioSpecificConfig is broken"));
    };
    if !codecs::is_aac_object_type(config.object_type) {
        return Err(reader.error("the MPEG-4 audio object type is not supported"));
    }
    let codec_string = if is_mpeg4_audio {
        format!("mp4a.40.{}", config.object_type)
    } else {
        format!("mp4a.{object_type_indication:02X}")
    };
    Ok(AudioConfiguration {
        codec: AudioCodec::Aac,
        codec_string,
        extra_data: Bytes::copy_from_slice(specific),
        sample_rate: config.sample_rate,
        channels: config.channels.unwrap_or(entry_channels),
    })
}

/// The objectTypeIndication and the DecoderSpecificInfo of an ES_Descriptor
/// (ISO/IEC 14496-1, 7.2.6.5).
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
    let (DECODER_SPECIFIC_INFO, specific, _) = read_descriptor(specific)? else {
        return None;
    };
    Some((fields[0], specific))
}

/// The tag and content of the first descriptor, and what follows it.
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
    if reader.u8()? != 0 {
        return Err(reader.error("this version is not supported"));
    }
    let head = codecs::opus_head_from_dops(reader.rest());
    let channels = head.as_deref().and_then(codecs::opus_head_channels);
    let (Some(extra_data), Some(channels)) = (head, channels) else {
        return Err(reader.error("it ends within a field, or there are no channels"));
    };
    Ok(AudioConfiguration {
        codec: AudioCodec::Opus,
        codec_string: "opus".to_owned(),
        extra_data,
        sample_rate: 48_000,
        channels,
    })
}
