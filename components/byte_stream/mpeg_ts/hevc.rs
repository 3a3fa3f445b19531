/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! HEVC (ITU-T H.265): what the NAL units of one picture say.

use bytes::{BufMut, BytesMut};

use super::annex_b::{has_recovery_point, read_unsigned, without_emulation_prevention};
use super::avc::read_cropping;
use super::video::{NalUnit, ParameterSets};
use crate::codecs::{Bits, hevc_codec_string};
use crate::picture::{ColorDescription, Orientation, PixelAspectRatio};
use crate::track::{VideoCodec, VideoConfiguration};

const VIDEO_PARAMETER_SET: u8 = 32;
const SEQUENCE_PARAMETER_SET: u8 = 33;
const PICTURE_PARAMETER_SET: u8 = 34;
const ACCESS_UNIT_DELIMITER: u8 = 35;
const FILLER_DATA: u8 = 38;
const SUPPLEMENTAL: u8 = 39;

/// What a NAL unit is.
pub(super) fn classify(unit: &[u8]) -> NalUnit {
    let Some((header, payload)) = unit.split_first_chunk::<2>() else {
        return NalUnit::Dropped;
    };
    match header[0] >> 1 & 0x3f {
        kind @ 0..=31 => NalUnit::Slice {
            // The intra random access pictures.
            is_random_access_point: (16..=23).contains(&kind),
            // The even ones below 16 are of pictures that no other of their layer refers to.
            is_reference: kind >= 16 || kind % 2 == 1,
        },
        VIDEO_PARAMETER_SET => NalUnit::VideoParameterSet,
        SEQUENCE_PARAMETER_SET => NalUnit::SequenceParameterSet,
        PICTURE_PARAMETER_SET => NalUnit::PictureParameterSet,
        ACCESS_UNIT_DELIMITER | FILLER_DATA => NalUnit::Dropped,
        SUPPLEMENTAL if has_recovery_point(payload) => NalUnit::RecoveryPoint,
        _ => NalUnit::Other,
    }
}

/// The fields of a sequence parameter set (7.3.2.2.1) that matter outside a decoder.
#[derive(Debug, Eq, PartialEq)]
struct SequenceParameterSet {
    /// What profile_tier_level says of the whole stream: profile, compatibility flags, constraint
    /// flags, level.
    profile_tier_level: [u8; 12],
    temporal_layers: u8,
    is_temporally_nested: bool,
    chroma_format: u32,
    luma_bit_depth: u32,
    chroma_bit_depth: u32,
    width: u32,
    height: u32,
}

impl SequenceParameterSet {
    fn read(unit: &[u8]) -> Option<Self> {
        let payload = without_emulation_prevention(unit);
        let (&[_, _, first], rest) = payload.split_first_chunk()?;
        let (profile_tier_level, rest) = rest.split_first_chunk()?;
        let lower_layers = first >> 1 & 7;
        let mut bits = Bits::new(rest);
        let bits = &mut bits;
        skip_layers(bits, lower_layers)?;
        read_unsigned(bits)?; // sps_seq_parameter_set_id
        let chroma_format = read_unsigned(bits).filter(|format| *format <= 3)?;
        let has_separate_planes = chroma_format == 3 && bits.flag()?;
        let width = read_unsigned(bits)?;
        let height = read_unsigned(bits)?;
        let crop = read_cropping(bits)?;
        let (unit_width, unit_height) = match chroma_format {
            1 if !has_separate_planes => (2, 2),
            2 => (2, 1),
            _ => (1, 1),
        };
        Some(Self {
            profile_tier_level: *profile_tier_level,
            temporal_layers: lower_layers + 1,
            is_temporally_nested: first & 1 != 0,
            chroma_format,
            luma_bit_depth: 8 + read_unsigned(bits).filter(|depth| *depth <= 7)?,
            chroma_bit_depth: 8 + read_unsigned(bits).filter(|depth| *depth <= 7)?,
            width: crop.reduce(width, crop.horizontal, unit_width)?,
            height: crop.reduce(height, crop.vertical, unit_height)?,
        })
    }
}

/// What profile_tier_level says of the temporal layers.
fn skip_layers(bits: &mut Bits, count: u8) -> Option<()> {
    if count == 0 {
        return Some(());
    }
    // Two flags for each of eight layers; those after `count` are reserved.
    let flags = bits.read(16)?;
    for layer in 0..count {
        let layer_flags = flags >> (14 - 2 * layer) & 3;
        if layer_flags & 2 != 0 {
            bits.read(32)?;
            bits.read(32)?;
            bits.read(24)?;
        }
        if layer_flags & 1 != 0 {
            bits.read(8)?;
        }
    }
    Some(())
}

/// The configuration with an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1). `None` if
/// a parameter set is broken.
pub(super) fn configuration(sets: &ParameterSets) -> Option<VideoConfiguration> {
    let sequence = SequenceParameterSet::read(sets.sequence.first()?)?;
    let mut record = BytesMut::new();
    record.put_u8(1);
    record.put_slice(&sequence.profile_tier_level);
    record.put_u16(0xf000); // min_spatial_segmentation_idc is not known
    record.put_u8(0xfc); // nor is parallelismType
    record.put_u8(0xfc | sequence.chroma_format as u8);
    record.put_u8(0xf8 | (sequence.luma_bit_depth - 8) as u8);
    record.put_u8(0xf8 | (sequence.chroma_bit_depth - 8) as u8);
    record.put_u16(0); // nor is avgFrameRate
    let nesting = u8::from(sequence.is_temporally_nested);
    record.put_u8(sequence.temporal_layers << 3 | nesting << 2 | 3); // lengthSizeMinusOne
    record.put_u8(3);
    for (kind, units) in [
        (VIDEO_PARAMETER_SET, &sets.video),
        (SEQUENCE_PARAMETER_SET, &sets.sequence),
        (PICTURE_PARAMETER_SET, &sets.picture),
    ] {
        // They may also be in band.
        record.put_u8(kind);
        record.put_u16(u16::try_from(units.len()).ok()?);
        for unit in units {
            record.put_u16(u16::try_from(unit.len()).ok()?);
            record.put_slice(unit);
        }
    }
    Some(VideoConfiguration {
        codec: VideoCodec::Hevc,
        codec_string: hevc_codec_string("hev1", &record)?,
        extra_data: record.freeze(),
        width: sequence.width,
        height: sequence.height,
        pixel_aspect_ratio: PixelAspectRatio::default(),
        orientation: Orientation::default(),
        color: ColorDescription::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configuration_of_parameter_sets() {
        // As x265 writes them for pictures of 322x182.
        let video = [
            0x40, 0x01, 0x0c, 0x01, 0xff, 0xff, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00,
            0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x95, 0x94, 0x09,
        ];
        let sequence = [
            0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00,
            0x00, 0x03, 0x00, 0x3c, 0xa0, 0x0a, 0x88, 0x0c, 0x1c, 0x44, 0xd9, 0x65, 0x65, 0x4a,
            0x4c, 0x2f, 0x01, 0x68, 0x08, 0x00, 0x00, 0x03, 0x00, 0x08, 0x00, 0x00, 0x03, 0x00,
            0xc8, 0x40,
        ];
        let picture = [0x44, 0x01, 0xc0, 0x73, 0xc1, 0x89];
        let sets = ParameterSets {
            video: vec![video.to_vec()],
            sequence: vec![sequence.to_vec()],
            picture: vec![picture.to_vec()],
        };
        let configuration = configuration(&sets).expect("they are well-formed");
        assert_eq!((configuration.width, configuration.height), (322, 182));
        assert_eq!(configuration.codec_string, "hev1.1.6.L60.90");
        let start = [
            0x01, 0x01, 0x60, 0x00, 0x00, 0x00, 0x90, 0x00, 0x00, 0x00, 0x00, 0x00, 0x3c, 0xf0,
            0x00, 0xfc, 0xfd, 0xf8, 0xf8, 0x00, 0x00, 0x0f, 0x03,
        ];
        let array = |kind: u8, unit: &[u8]| [&[kind, 0, 1, 0, unit.len() as u8], unit].concat();
        let record = [
            &start[..],
            &array(32, &video),
            &array(33, &sequence),
            &array(34, &picture),
        ];
        assert_eq!(*configuration.extra_data, record.concat());
        for length in 0..20 {
            assert_eq!(SequenceParameterSet::read(&sequence[..length]), None);
        }
    }

    #[test]
    fn kinds_of_nal_units() {
        let slice = |kind: u8| match classify(&[kind << 1, 1, 0xff]) {
            NalUnit::Slice {
                is_random_access_point,
                is_reference,
            } => (is_random_access_point, is_reference),
            other => panic!("{other:?}"),
        };
        assert_eq!(slice(0), (false, false));
        assert_eq!(slice(1), (false, true));
        assert_eq!(slice(8), (false, false));
        for random_access_point in 16..=21 {
            assert_eq!(slice(random_access_point), (true, true));
        }
        let recovery_point = [39 << 1, 1, 6, 1, 0x80, 0x80];
        assert_eq!(classify(&recovery_point), NalUnit::RecoveryPoint);
        assert_eq!(classify(&[35 << 1, 1, 0x50]), NalUnit::Dropped);
        assert_eq!(classify(&[35 << 1]), NalUnit::Dropped);
    }
}
