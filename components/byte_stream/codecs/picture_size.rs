/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How large video frames are by what the bit stream itself states. Decoders allocate memory for
//! that size before anybody can look at what they put out.

use super::av1::{Av1Sequence, av1_record_units};
use super::avc::AvcSequenceParameterSet;
use super::hevc::{HEVC_SEQUENCE_PARAMETER_SET, HevcSequenceParameterSet};
use super::vp9::{vp9_frames, vp9_size};
use crate::track::{VideoCodec, VideoConfiguration};

const AVC_SEQUENCE_PARAMETER_SET: u8 = 7;

/// Whether an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1) is complete.
pub(crate) fn is_avc_record(record: &[u8]) -> bool {
    record.first() == Some(&1) && for_each_unit_of_avc_record(record, &mut |_| {}).is_some()
}

/// Whether an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1) is complete.
pub(crate) fn is_hevc_record(record: &[u8]) -> bool {
    record.first() == Some(&1) && for_each_unit_of_hevc_record(record, &mut |_| {}).is_some()
}

/// Calls `check` with the width and height in each parameter set or sequence header of `video`, as
/// far as they can be read, and returns its first error.
pub(crate) fn check_recorded_sizes<E>(
    video: &VideoConfiguration,
    check: impl Fn(u32, u32) -> Result<(), E>,
) -> Result<(), E> {
    let mut result = Ok(());
    let mut visit = |unit: &[u8]| {
        if let (Ok(()), Some((width, height))) = (&result, size_of_unit(video.codec, unit)) {
            result = check(width, height);
        }
    };
    match video.codec {
        VideoCodec::H264 => for_each_unit_of_avc_record(&video.extra_data, &mut visit),
        VideoCodec::Hevc => for_each_unit_of_hevc_record(&video.extra_data, &mut visit),
        VideoCodec::Av1 => {
            let units = av1_record_units(&video.extra_data);
            return Av1Sequence::after(&[]).check_sizes(units, check);
        }
        VideoCodec::Vp8 | VideoCodec::Vp9 => None,
    };
    result
}

/// Reads the sizes of the frames of a track from its coded frames, one after another.
#[derive(Clone, Debug)]
pub(crate) enum CodedSizes {
    /// A codec with parameter sets among NAL units, and the number of bytes in the length before
    /// each unit.
    NalUnits(VideoCodec, usize),
    Vp8,
    Vp9,
    Av1(Av1Sequence),
}

impl CodedSizes {
    pub(crate) fn new(video: &VideoConfiguration) -> Self {
        let length_place = match video.codec {
            VideoCodec::H264 => 4,
            VideoCodec::Hevc => 21,
            VideoCodec::Vp8 => return Self::Vp8,
            VideoCodec::Vp9 => return Self::Vp9,
            VideoCodec::Av1 => {
                return Self::Av1(Av1Sequence::after(av1_record_units(&video.extra_data)));
            }
        };
        let length = video.extra_data.get(length_place);
        let length_bytes = length.map_or(4, |byte| byte & 3) + 1;
        Self::NalUnits(video.codec, length_bytes.into())
    }

    /// Calls `check` with each width and height that the coded frame `payload` states, and returns
    /// its first error.
    pub(crate) fn check<E>(
        &mut self,
        payload: &[u8],
        check: impl Fn(u32, u32) -> Result<(), E>,
    ) -> Result<(), E> {
        let check_size = |(width, height)| check(width, height);
        match self {
            Self::NalUnits(codec, length_bytes) => units(payload, *length_bytes)
                .filter_map(|unit| size_of_unit(*codec, unit))
                .try_for_each(check_size),
            Self::Vp8 => vp8_size(payload).map_or(Ok(()), check_size),
            Self::Vp9 => vp9_frames(payload)
                .filter_map(vp9_size)
                .try_for_each(check_size),
            Self::Av1(sequence) => sequence.check_sizes(payload, check),
        }
    }
}

/// Returns the width and height in a sequence parameter set, before anything is cropped.
fn size_of_unit(codec: VideoCodec, unit: &[u8]) -> Option<(u32, u32)> {
    let header = *unit.first()?;
    match codec {
        VideoCodec::H264 if header & 0x1f == AVC_SEQUENCE_PARAMETER_SET => {
            AvcSequenceParameterSet::read(unit).map(|set| set.pictures.coded_size)
        }
        VideoCodec::Hevc if header >> 1 & 0x3f == HEVC_SEQUENCE_PARAMETER_SET => {
            HevcSequenceParameterSet::read(unit).map(|set| set.pictures.coded_size)
        }
        _ => None,
    }
}

/// Returns the NAL units of a frame, in which each has its length in front.
pub(super) fn units(mut payload: &[u8], length_bytes: usize) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = payload.split_at_checked(length_bytes)?;
        let length = length
            .iter()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        let (unit, rest) = rest.split_at_checked(length)?;
        payload = rest;
        Some(unit)
    })
}

/// Calls `visit` with each NAL unit in a record. It is `None` if the record is cut short.
fn for_each_unit_of_avc_record(record: &[u8], visit: &mut dyn FnMut(&[u8])) -> Option<()> {
    let (sets, mut rest) = record.get(5..)?.split_first()?;
    for _ in 0..sets & 0x1f {
        visit(next_unit(&mut rest)?);
    }
    let (picture_sets, mut rest) = rest.split_first()?;
    for _ in 0..*picture_sets {
        visit(next_unit(&mut rest)?);
    }
    Some(())
}

/// Calls `visit` with each NAL unit in a record. It is `None` if the record is cut short.
fn for_each_unit_of_hevc_record(record: &[u8], visit: &mut dyn FnMut(&[u8])) -> Option<()> {
    let (arrays, mut rest) = record.get(22..)?.split_first()?;
    for _ in 0..*arrays {
        let (&[_, count1, count0], units) = rest.split_first_chunk::<3>()?;
        rest = units;
        for _ in 0..u16::from_be_bytes([count1, count0]) {
            visit(next_unit(&mut rest)?);
        }
    }
    Some(())
}

fn next_unit<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk()?;
    let (unit, after) = after.split_at_checked(u16::from_be_bytes(*length).into())?;
    *rest = after;
    Some(unit)
}

/// Returns the width and height of a key frame:
/// <https://www.rfc-editor.org/rfc/rfc6386#section-9.1>
fn vp8_size(frame: &[u8]) -> Option<(u32, u32)> {
    let &[tag, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..] = frame else {
        return None;
    };
    let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
    // A frame without a size counts as missing for a decoder.
    let size = (side(w0, w1), side(h0, h1));
    (tag & 1 == 0 && size.0 > 0 && size.1 > 0).then_some(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vp8_key_frames_say_their_size() {
        let mut frame = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x41, 0xb4, 0x80, 0];
        // The two highest bits are a scale.
        assert_eq!(vp8_size(&frame), Some((320, 180)));
        frame[0] |= 1;
        assert_eq!(vp8_size(&frame), None);
        assert_eq!(vp8_size(&frame[..9]), None);
    }

    #[test]
    fn records_must_be_whole() {
        let avc = [1, 0x42, 0, 30, 0xff, 0xe1, 0, 1, 7, 1, 0, 1, 8];
        assert!(is_avc_record(&avc));
        (0..avc.len()).for_each(|end| assert!(!is_avc_record(&avc[..end]), "{end}"));
        let mut hevc = vec![0; 22];
        hevc[0] = 1;
        hevc.extend([1, 0x21, 0, 1, 0, 2, 0x42, 1]);
        assert!(is_hevc_record(&hevc));
        (0..hevc.len()).for_each(|end| assert!(!is_hevc_record(&hevc[..end]), "{end}"));
    }
}
