/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Reads what codecs write into sample entries, private data and packets, whichever container
//! carries them.

mod aac;
mod av1;
mod av1_frame_header;
mod av1_sequence_header;
mod avc;
mod bits;
mod coded_color;
mod discardable;
mod dolby;
mod flac;
mod hevc;
mod nal_unit;
mod opus;
mod picture_size;
mod random_access;
mod vorbis;
mod vp9;

pub(crate) use self::aac::{AudioSpecificConfig, is_aac_object_type, is_mpeg2_aac};
pub(crate) use self::av1::{av1_codec_string, av1_color, av1_record_units};
pub(crate) use self::avc::{
    AvcField, AvcOrderSyntax, AvcSequenceParameterSet, AvcSliceSyntax, avc_codec_string,
    avc_sequence_parameter_set, classify_avc_nal_unit,
};
pub(crate) use self::discardable::Dependencies;
pub(crate) use self::dolby::{read_ac3_config, read_eac3_config};
pub(crate) use self::flac::{FlacStreamInfo, flac_decoder_headers};
pub(crate) use self::hevc::{
    HEVC_PICTURE_PARAMETER_SET, HEVC_SEQUENCE_PARAMETER_SET, HEVC_VIDEO_PARAMETER_SET,
    HevcOrderSyntax, HevcSequenceParameterSet, classify_hevc_nal_unit, hevc_codec_string,
    hevc_sequence_parameter_set,
};
pub(crate) use self::nal_unit::{NalUnit, OrderCount, VideoUsability};
pub(crate) use self::opus::{
    OPUS_SAMPLE_RATE, OPUS_SEEK_PREROLL, OpusHead, opus_head_from_dops, opus_head_of_channels,
    opus_packet_duration,
};
pub(crate) use self::picture_size::{
    CodedSizes, check_recorded_sizes, is_avc_record, is_hevc_record,
};
pub(crate) use self::random_access::NalUnitSamples;
pub(crate) use self::vorbis::VorbisIdentification;
pub use self::vorbis::split_vorbis_headers;
pub(crate) use self::vp9::{vp9_codec_string, vp9_codec_string_of_private_data};

/// Whether an object type indication is that of MPEG-2 or MPEG-1 layer III.
pub(crate) fn is_mp3(object_type_indication: u8) -> bool {
    matches!(object_type_indication, 0x69 | 0x6b)
}
