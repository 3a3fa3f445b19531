/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! HEVC: makes a configuration of the parameter sets of a stream.

use bytes::{BufMut, BytesMut};

use super::video_syntax::ParameterSets;
use crate::codecs::{
    HEVC_PICTURE_PARAMETER_SET, HEVC_SEQUENCE_PARAMETER_SET, HEVC_VIDEO_PARAMETER_SET,
    HevcSequenceParameterSet, hevc_codec_string,
};
use crate::track::{VideoCodec, VideoConfiguration};

/// Makes a configuration with an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1). It is
/// `None` if a parameter set is broken.
pub(super) fn configuration(sets: &ParameterSets) -> Option<VideoConfiguration> {
    let sequence = HevcSequenceParameterSet::read(sets.sequence.first()?)?;
    let mut record = BytesMut::new();
    record.put_u8(1);
    record.put_slice(&sequence.profile_tier_level);
    record.put_u16(0xf000); // min_spatial_segmentation_idc is not known
    record.put_u8(0xfc); // nor is parallelismType
    record.put_u8(0xfc | sequence.pictures.chroma_format as u8);
    record.put_u8(0xf8 | (sequence.pictures.luma_bit_depth - 8) as u8);
    record.put_u8(0xf8 | (sequence.pictures.chroma_bit_depth - 8) as u8);
    record.put_u16(0); // nor is avgFrameRate
    let nesting = u8::from(sequence.is_temporally_nested);
    record.put_u8(sequence.temporal_layers << 3 | nesting << 2 | 3); // lengthSizeMinusOne
    record.put_u8(3);
    for (kind, units) in [
        (HEVC_VIDEO_PARAMETER_SET, &sets.video),
        (HEVC_SEQUENCE_PARAMETER_SET, &sets.sequence),
        (HEVC_PICTURE_PARAMETER_SET, &sets.picture),
    ] {
        // Parameter sets may also be in band.
        record.put_u8(kind);
        record.put_u16(u16::try_from(units.len()).ok()?);
        for unit in units {
            record.put_u16(u16::try_from(unit.len()).ok()?);
            record.put_slice(unit);
        }
    }
    let codec_string = hevc_codec_string("hev1", &record)?;
    let pictures = sequence.pictures;
    Some(pictures.configuration(VideoCodec::Hevc, codec_string, record.freeze()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameter_sets_give_the_configuration() {
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
            assert_eq!(HevcSequenceParameterSet::read(&sequence[..length]), None);
        }
    }
}
