/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! H.264 (ITU-T H.264).

use super::bits::Bits;
use super::nal_unit::{
    NalUnit, OrderCount, SequencePictures, VideoUsability, cropping_unit, has_recovery_point,
    read_cropping, read_signed, read_unsigned, without_emulation_prevention,
};

/// Returns the codec string (RFC 6381) of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15,
/// 5.3.3.1) in a sample entry of that name. It is `None` if the record is too short or of another
/// version.
pub(crate) fn avc_codec_string(sample_entry: &str, record: &[u8]) -> Option<String> {
    let [1, profile, compatibility, level, _, ..] = record else {
        return None;
    };
    Some(format!(
        "{sample_entry}.{profile:02X}{compatibility:02X}{level:02X}"
    ))
}

pub(super) const NON_IDR_SLICE: u8 = 1;
pub(super) const IDR_SLICE: u8 = 5;
pub(super) const SUPPLEMENTAL: u8 = 6;
const SEQUENCE_PARAMETER_SET: u8 = 7;
const PICTURE_PARAMETER_SET: u8 = 8;
pub(super) const ACCESS_UNIT_DELIMITER: u8 = 9;
pub(super) const FILLER_DATA: u8 = 12;

/// Reads the first sequence parameter set of an AVCDecoderConfigurationRecord. It is `None` if it
/// is broken.
pub(crate) fn avc_sequence_parameter_set(record: &[u8]) -> Option<AvcSequenceParameterSet> {
    let (length, rest) = record.get(6..)?.split_first_chunk()?;
    AvcSequenceParameterSet::read(rest.get(..usize::from(u16::from_be_bytes(*length)))?)
}

/// Says what a NAL unit is. `is_entry` means that the container calls the picture a random access
/// point.
pub(crate) fn classify_avc_nal_unit(unit: &[u8], is_entry: bool) -> NalUnit {
    let Some((header, payload)) = unit.split_first() else {
        return NalUnit::Dropped;
    };
    match header & 0x1f {
        kind @ (NON_IDR_SLICE..=IDR_SLICE) => NalUnit::Slice {
            is_refresh: kind == IDR_SLICE,
            is_random_access_point: kind == IDR_SLICE || is_entry && is_intra(payload),
            is_reference: header & 0x60 != 0,
        },
        SUPPLEMENTAL if has_recovery_point(payload) => NalUnit::RecoveryPoint,
        SEQUENCE_PARAMETER_SET => NalUnit::SequenceParameterSet,
        PICTURE_PARAMETER_SET => NalUnit::PictureParameterSet,
        ACCESS_UNIT_DELIMITER | FILLER_DATA => NalUnit::Dropped,
        _ => NalUnit::Other,
    }
}

/// Whether a slice needs no other picture, because its slice_type is I or SI.
pub(super) fn is_intra(slice: &[u8]) -> bool {
    let mut bits = Bits::new(slice);
    let slice_type = read_unsigned(&mut bits).and_then(|_| read_unsigned(&mut bits));
    slice_type.is_some_and(|slice_type| matches!(slice_type % 5, 2 | 4))
}

/// The fields of a sequence parameter set (7.3.2.1.1) that matter outside a decoder.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct AvcSequenceParameterSet {
    /// The bytes of profile_idc, the constraint flags and level_idc.
    pub(crate) profile_and_level: [u8; 3],
    pub(crate) pictures: SequencePictures,
    /// What is needed to read fields. It is `None` if every picture is a frame.
    pub(crate) fields: Option<AvcSliceSyntax>,
    /// What is needed to read the place of a picture in the order of output. It is `None` if slices
    /// do not state it.
    pub(crate) order: Option<AvcOrderSyntax>,
}

/// The parts of a sequence parameter set that are needed to read the first syntax elements of a
/// slice.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct AvcSliceSyntax {
    frame_number_bits: usize,
    has_separate_planes: bool,
    has_fields: bool,
}

impl AvcSliceSyntax {
    /// Reads a slice header (7.3.3) up to bottom_field_flag. It returns frame_num, and for a field
    /// whether it is the bottom one.
    fn read(self, bits: &mut Bits) -> Option<(u32, Option<bool>)> {
        read_unsigned(bits)?; // first_mb_in_slice
        read_unsigned(bits)?; // slice_type
        read_unsigned(bits)?; // pic_parameter_set_id
        if self.has_separate_planes {
            bits.read(2)?; // colour_plane_id
        }
        let frame_number = bits.read(self.frame_number_bits)?;
        let is_field = self.has_fields && bits.flag()?;
        let is_bottom = if is_field { Some(bits.flag()?) } else { None };
        Some((frame_number, is_bottom))
    }
}

/// The parts of a sequence parameter set that are needed to read the place of a slice's picture in
/// the order of output.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct AvcOrderSyntax {
    slice: AvcSliceSyntax,
    count_bits: usize,
}

impl AvcOrderSyntax {
    /// Reads the first bytes of a slice (7.3.3).
    pub(crate) fn read(self, slice: &[u8]) -> Option<OrderCount> {
        let start = &slice[..slice.len().min(AvcField::LONGEST_START + 8)];
        let start = without_emulation_prevention(start);
        let (header, rest) = start.split_first()?;
        let is_refresh = header & 0x1f == IDR_SLICE;
        let mut bits = Bits::new(rest);
        self.slice.read(&mut bits)?;
        if is_refresh {
            read_unsigned(&mut bits)?; // idr_pic_id
        }
        Some(OrderCount {
            lowest_bits: bits.read(self.count_bits)?,
            bits: self.count_bits,
            is_refresh,
            is_reference: header & 0x60 != 0,
        })
    }
}

/// A field, one of the two that make a frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct AvcField {
    frame_number: u32,
    is_bottom: bool,
}

impl AvcField {
    /// The number of bytes at the start of a slice that hold everything that is read here.
    pub(crate) const LONGEST_START: usize = 24;

    /// Reads the first bytes of a slice (7.3.3). It is `None` if the slice belongs to a frame.
    pub(crate) fn read(slice: &[u8], syntax: AvcSliceSyntax) -> Option<Self> {
        let start = &slice[..slice.len().min(Self::LONGEST_START)];
        let start = without_emulation_prevention(start);
        let mut bits = Bits::new(start.get(1..)?);
        let (frame_number, is_bottom) = syntax.read(&mut bits)?;
        Some(Self {
            frame_number,
            is_bottom: is_bottom?,
        })
    }

    /// Whether the next field belongs to the same frame.
    pub(crate) fn is_completed_by(self, next: Self) -> bool {
        self.frame_number == next.frame_number && self.is_bottom != next.is_bottom
    }
}

const HAS_CHROMA_FIELDS: [u8; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

impl AvcSequenceParameterSet {
    pub(crate) fn read(unit: &[u8]) -> Option<Self> {
        let payload = without_emulation_prevention(unit);
        let (&[_, profile, constraints, level], rest) = payload.split_first_chunk()?;
        let mut bits = Bits::new(rest);
        let bits = &mut bits;
        read_unsigned(bits)?; // seq_parameter_set_id
        let (mut chroma_format, mut luma_bit_depth, mut chroma_bit_depth) = (1, 8, 8);
        let mut has_separate_planes = false;
        if HAS_CHROMA_FIELDS.contains(&profile) {
            chroma_format = read_unsigned(bits).filter(|format| *format <= 3)?;
            has_separate_planes = chroma_format == 3 && bits.flag()?;
            luma_bit_depth = 8 + read_unsigned(bits).filter(|depth| *depth <= 6)?;
            chroma_bit_depth = 8 + read_unsigned(bits).filter(|depth| *depth <= 6)?;
            bits.flag()?; // qpprime_y_zero_transform_bypass_flag
            if bits.flag()? {
                let lists = if chroma_format == 3 { 12 } else { 8 };
                (0..lists).try_for_each(|index| skip_scaling_list(bits, index))?;
            }
        }
        let frame_number_bits = 4 + read_unsigned(bits).filter(|more| *more <= 12)? as usize;
        let order_count_bits = read_picture_order(bits)?;
        read_unsigned(bits)?; // max_num_ref_frames
        bits.flag()?; // gaps_in_frame_num_value_allowed_flag
        let width = read_unsigned(bits)?.checked_add(1)?.checked_mul(16)?;
        let map_units = read_unsigned(bits)?.checked_add(1)?;
        let has_frames_only = bits.flag()?;
        if !has_frames_only {
            bits.flag()?; // mb_adaptive_frame_field_flag
        }
        let fields = if has_frames_only { 1 } else { 2 };
        let height = map_units.checked_mul(16)?.checked_mul(fields)?;
        bits.flag()?; // direct_8x8_inference_flag
        let (unit_width, unit_height) = cropping_unit(chroma_format, has_separate_planes);
        let crop = read_cropping(bits)?;
        let slice = AvcSliceSyntax {
            frame_number_bits,
            has_separate_planes,
            has_fields: !has_frames_only,
        };
        Some(Self {
            profile_and_level: [profile, constraints, level],
            pictures: SequencePictures {
                chroma_format,
                luma_bit_depth,
                chroma_bit_depth,
                coded_size: (width, height),
                width: crop.reduce(width, crop.horizontal, unit_width)?,
                height: crop.reduce(height, crop.vertical, unit_height * fields)?,
                usability: VideoUsability::read(bits).unwrap_or_default(),
            },
            fields: slice.has_fields.then_some(slice),
            order: order_count_bits.map(|count_bits| AvcOrderSyntax { slice, count_bits }),
        })
    }
}

fn skip_scaling_list(bits: &mut Bits, index: usize) -> Option<()> {
    if !bits.flag()? {
        return Some(());
    }
    let mut last = 8;
    for _ in 0..if index < 6 { 16 } else { 64 } {
        last = (last + read_signed(bits)?).rem_euclid(256);
        if last == 0 {
            // The rest of the list repeats the value before it.
            break;
        }
    }
    Some(())
}

/// Reads how many bits of the picture order count are in slices. The inner `None` means that the
/// count follows from the order in which pictures are decoded, as with type 2. (Nobody is known to
/// write type 1.)
fn read_picture_order(bits: &mut Bits) -> Option<Option<usize>> {
    match read_unsigned(bits)? {
        0 => {
            let more = read_unsigned(bits).filter(|more| *more <= 12)?;
            return Some(Some(4 + more as usize));
        }
        1 => {
            bits.flag()?; // delta_pic_order_always_zero_flag
            read_signed(bits)?; // offset_for_non_ref_pic
            read_signed(bits)?; // offset_for_top_to_bottom_field
            let cycle = read_unsigned(bits).filter(|cycle| *cycle <= 255)?;
            for _ in 0..cycle {
                read_signed(bits)?; // offset_for_ref_frame
            }
        }
        _ => {}
    }
    Some(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::PixelAspectRatio;

    /// Returns the profile, the size, and the chroma format of a sequence parameter set that x264
    /// wrote.
    fn read(unit: &[u8]) -> Option<(u8, (u32, u32), u32)> {
        let sequence = AvcSequenceParameterSet::read(unit)?;
        let size = (sequence.pictures.width, sequence.pictures.height);
        Some((
            sequence.profile_and_level[0],
            size,
            sequence.pictures.chroma_format,
        ))
    }

    #[test]
    fn cropping_is_taken_off_the_size() {
        let cropped = [
            0x67, 0x64, 0x00, 0x0c, 0xac, 0xd9, 0x41, 0x41, 0x9f, 0x9f, 0x01, 0x10, 0x00, 0x00,
            0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0x20, 0xf1, 0x42, 0x99, 0x60,
        ];
        assert_eq!(read(&cropped), Some((100, (320, 180), 1)));
        let interlaced = [
            0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xb4, 0x7b, 0x60, 0x22, 0x00, 0x00, 0x03,
            0x00, 0x02, 0x00, 0x00, 0x03, 0x00, 0x64, 0x3e, 0x28, 0x53, 0x2c,
        ];
        assert_eq!(read(&interlaced), Some((100, (720, 480), 1)));
        let full_chroma = [
            0x67, 0xf4, 0x00, 0x0c, 0x91, 0x8a, 0xc8, 0x0a, 0x0c, 0xfc, 0x6e, 0x02, 0x20, 0x00,
            0x00, 0x03, 0x00, 0x20, 0x00, 0x00, 0x06, 0x41, 0xe2, 0x85, 0x32, 0xc0,
        ];
        assert_eq!(read(&full_chroma), Some((244, (320, 180), 3)));
        for length in 0..10 {
            assert_eq!(read(&cropped[..length]), None);
        }
    }

    #[test]
    fn usability_of_a_sequence_parameter_set() {
        // As x264 writes it: full range, BT.709, pixels of 64:45.
        let unit = [
            0x67, 0x64, 0x00, 0x0c, 0xac, 0xd9, 0x41, 0x51, 0x9e, 0x22, 0x6f, 0xfc, 0x01, 0x00,
            0x00, 0xb5, 0xb8, 0x08, 0x68, 0x0a, 0x00, 0x00, 0x03, 0x00, 0x02, 0x00, 0x00, 0x03,
            0x00, 0x14, 0x1e, 0x28, 0x53, 0x2c,
        ];
        let sequence = AvcSequenceParameterSet::read(&unit).expect("it is well-formed");
        assert_eq!(
            (sequence.pictures.width, sequence.pictures.height),
            (322, 182)
        );
        let usability = sequence.pictures.usability;
        assert_eq!(usability.pixel_aspect_ratio, PixelAspectRatio::new(64, 45));
        assert_eq!(usability.color.full_range, Some(true));
    }
}
