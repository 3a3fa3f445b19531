/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! H.264: makes a configuration of the parameter sets of a stream.

use bytes::{BufMut, BytesMut};

use super::video_syntax::ParameterSets;
use crate::codecs::{AvcSequenceParameterSet, avc_codec_string};
use crate::track::{VideoCodec, VideoConfiguration};

/// Makes a configuration with an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1). It is
/// `None` if a parameter set is broken.
pub(super) fn configuration(sets: &ParameterSets) -> Option<VideoConfiguration> {
    let sequence = AvcSequenceParameterSet::read(sets.sequence.first()?)?;
    let mut record = BytesMut::new();
    record.put_u8(1);
    record.put_slice(&sequence.profile_and_level);
    record.put_u8(0xfc | 3); // lengthSizeMinusOne
    record.put_u8(0xe0 | u8::try_from(sets.sequence.len()).ok().filter(|n| *n < 32)?);
    for unit in &sets.sequence {
        record.put_u16(u16::try_from(unit.len()).ok()?);
        record.put_slice(unit);
    }
    record.put_u8(u8::try_from(sets.picture.len()).ok()?);
    for unit in &sets.picture {
        record.put_u16(u16::try_from(unit.len()).ok()?);
        record.put_slice(unit);
    }
    if !matches!(sequence.profile_and_level[0], 66 | 77 | 88) {
        record.put_u8(0xfc | sequence.pictures.chroma_format as u8);
        record.put_u8(0xf8 | (sequence.pictures.luma_bit_depth - 8) as u8);
        record.put_u8(0xf8 | (sequence.pictures.chroma_bit_depth - 8) as u8);
        record.put_u8(0); // no extensions of sequence parameter sets
    }
    let codec_string = avc_codec_string("avc3", &record)?;
    let pictures = sequence.pictures;
    Some(pictures.configuration(VideoCodec::H264, codec_string, record.freeze()))
}
