/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! HEVC (ITU-T H.265).

use std::fmt::Write;

use super::bits::Bits;
use super::nal_unit::{
    NalUnit, OrderCount, SequencePictures, VideoUsability, cropping_unit, has_recovery_point,
    read_cropping, read_signed, read_unsigned, without_emulation_prevention,
};

pub(crate) const HEVC_VIDEO_PARAMETER_SET: u8 = 32;
pub(crate) const HEVC_SEQUENCE_PARAMETER_SET: u8 = 33;
pub(crate) const HEVC_PICTURE_PARAMETER_SET: u8 = 34;
pub(super) const ACCESS_UNIT_DELIMITER: u8 = 35;
pub(super) const FILLER_DATA: u8 = 38;
pub(super) const SUPPLEMENTAL: u8 = 39;

/// Returns the codec string of an HEVCDecoderConfigurationRecord in a sample entry of that name
/// (ISO/IEC 14496-15, annex E.3). It is `None` if the record is too short or of another version.
pub(crate) fn hevc_codec_string(sample_entry: &str, record: &[u8]) -> Option<String> {
    let (&[1, profile, c3, c2, c1, c0], rest) = record.split_first_chunk::<6>()? else {
        return None;
    };
    let (constraints, rest) = rest.split_first_chunk::<6>()?;
    let level = *rest.first()?;
    let space = ["", "A", "B", "C"][usize::from(profile >> 6)];
    let tier = if profile & 0x20 != 0 { 'H' } else { 'L' };
    let compatibility = u32::from_be_bytes([c3, c2, c1, c0]).reverse_bits();
    let mut text = format!(
        "{sample_entry}.{space}{}.{compatibility:X}.{tier}{level}",
        profile & 0x1f
    );
    let constraint_bytes = constraints.iter().rposition(|byte| *byte != 0);
    for byte in &constraints[..constraint_bytes.map_or(0, |last| last + 1)] {
        // Writing to a string does not fail.
        let _ = write!(text, ".{byte:X}");
    }
    Some(text)
}

/// Reads the first sequence parameter set of an HEVCDecoderConfigurationRecord. It is `None` if
/// there is none, or it is broken.
pub(crate) fn hevc_sequence_parameter_set(record: &[u8]) -> Option<HevcSequenceParameterSet> {
    let (arrays, mut rest) = record.get(22..)?.split_first()?;
    for _ in 0..*arrays {
        let (&[kind, c1, c0], units) = rest.split_first_chunk::<3>()?;
        rest = units;
        for _ in 0..u16::from_be_bytes([c1, c0]) {
            let (length, unit) = rest.split_first_chunk()?;
            let (unit, after) = unit.split_at_checked(u16::from_be_bytes(*length).into())?;
            rest = after;
            if kind & 0x3f == HEVC_SEQUENCE_PARAMETER_SET {
                return HevcSequenceParameterSet::read(unit);
            }
        }
    }
    None
}

/// Whether a slice of a picture that is no random access picture is the first of its picture and
/// needs no other picture, because its slice_type is I. (Slice headers with extra bits, which only
/// extensions have, are not expected.) Later slices are taken to be like the first.
pub(super) fn is_first_slice_intra(slice: &[u8]) -> bool {
    let mut bits = Bits::new(slice);
    if bits.flag() != Some(true) {
        return true;
    }
    let slice_type = read_unsigned(&mut bits).and_then(|_| read_unsigned(&mut bits));
    slice_type == Some(2)
}

/// Says what a NAL unit is.
pub(crate) fn classify_hevc_nal_unit(unit: &[u8]) -> NalUnit {
    let Some((header, payload)) = unit.split_first_chunk::<2>() else {
        return NalUnit::Dropped;
    };
    match header[0] >> 1 & 0x3f {
        kind @ 0..=31 => NalUnit::Slice {
            is_refresh: (16..=23).contains(&kind),
            // The intra random access pictures.
            is_random_access_point: (16..=23).contains(&kind),
            // The even types below 16 belong to pictures that no other picture of their layer
            // refers to.
            is_reference: kind >= 16 || kind % 2 == 1,
        },
        HEVC_VIDEO_PARAMETER_SET => NalUnit::VideoParameterSet,
        HEVC_SEQUENCE_PARAMETER_SET => NalUnit::SequenceParameterSet,
        HEVC_PICTURE_PARAMETER_SET => NalUnit::PictureParameterSet,
        ACCESS_UNIT_DELIMITER | FILLER_DATA => NalUnit::Dropped,
        SUPPLEMENTAL if has_recovery_point(payload) => NalUnit::RecoveryPoint,
        _ => NalUnit::Other,
    }
}

/// The fields of a sequence parameter set (7.3.2.2.1) that matter outside a decoder.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct HevcSequenceParameterSet {
    /// The bytes of profile_tier_level for the whole stream: profile, compatibility flags,
    /// constraint flags, level.
    pub(crate) profile_tier_level: [u8; 12],
    pub(crate) temporal_layers: u8,
    pub(crate) is_temporally_nested: bool,
    pub(crate) pictures: SequencePictures,
    has_separate_planes: bool,
    order_count_bits: usize,
}

impl HevcSequenceParameterSet {
    pub(crate) fn read(unit: &[u8]) -> Option<Self> {
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
        let (unit_width, unit_height) = cropping_unit(chroma_format, has_separate_planes);
        let luma_bit_depth = 8 + read_unsigned(bits).filter(|depth| *depth <= 7)?;
        let chroma_bit_depth = 8 + read_unsigned(bits).filter(|depth| *depth <= 7)?;
        let order_count_bits = 4 + read_unsigned(bits).filter(|more| *more <= 12)? as usize;
        let usability = skip_to_usability(bits, lower_layers, order_count_bits)
            .and_then(|()| VideoUsability::read(bits))
            .unwrap_or_default();
        Some(Self {
            profile_tier_level: *profile_tier_level,
            temporal_layers: lower_layers + 1,
            is_temporally_nested: first & 1 != 0,
            pictures: SequencePictures {
                chroma_format,
                luma_bit_depth,
                chroma_bit_depth,
                coded_size: (width, height),
                width: crop.reduce(width, crop.horizontal, unit_width)?,
                height: crop.reduce(height, crop.vertical, unit_height)?,
                usability,
            },
            has_separate_planes,
            order_count_bits,
        })
    }
}

/// The parts of parameter sets that are needed to read the place of a slice's picture in the order
/// of output.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct HevcOrderSyntax {
    has_separate_planes: bool,
    count_bits: usize,
    picture_sets: Vec<PictureSetSyntax>,
}

/// The fields of a picture parameter set (7.3.2.3.1) that slices depend on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct PictureSetSyntax {
    id: u32,
    has_output_flag: bool,
    extra_bits: usize,
}

impl PictureSetSyntax {
    fn read(unit: &[u8]) -> Option<Self> {
        let start = without_emulation_prevention(&unit[..unit.len().min(24)]);
        let mut bits = Bits::new(start.get(2..)?);
        let id = read_unsigned(&mut bits)?;
        read_unsigned(&mut bits)?; // pps_seq_parameter_set_id
        bits.flag()?; // dependent_slice_segments_enabled_flag
        Some(Self {
            id,
            has_output_flag: bits.flag()?,
            extra_bits: bits.read(3)? as usize,
        })
    }
}

impl HevcOrderSyntax {
    /// Makes the syntax of pictures with these parameter sets.
    pub(crate) fn new(sequence: &HevcSequenceParameterSet, picture_sets: &[Vec<u8>]) -> Self {
        let picture_sets = picture_sets.iter();
        Self {
            has_separate_planes: sequence.has_separate_planes,
            count_bits: sequence.order_count_bits,
            // There are no more identifiers than this.
            picture_sets: picture_sets
                .take(64)
                .filter_map(|unit| PictureSetSyntax::read(unit))
                .collect(),
        }
    }

    /// Reads the first bytes of the first slice of a picture (7.3.6.1).
    pub(crate) fn read(&self, slice: &[u8]) -> Option<OrderCount> {
        let start = without_emulation_prevention(&slice[..slice.len().min(24)]);
        let (header, rest) = start.split_first_chunk::<2>()?;
        let (kind, temporal_id) = (header[0] >> 1 & 0x3f, (header[1] & 7).saturating_sub(1));
        let mut bits = Bits::new(rest);
        let bits = &mut bits;
        bits.flag().filter(|is_first| *is_first)?;
        if (16..=23).contains(&kind) {
            bits.flag()?; // no_output_of_prior_pics_flag
        }
        let id = read_unsigned(bits)?;
        let set = self.picture_sets.iter().find(|set| set.id == id)?;
        bits.read(set.extra_bits)?;
        read_unsigned(bits)?; // slice_type
        if set.has_output_flag {
            bits.flag()?; // pic_output_flag
        }
        if self.has_separate_planes {
            bits.read(2)?; // colour_plane_id
        }
        let is_idr = matches!(kind, 19 | 20);
        Some(OrderCount {
            lowest_bits: if is_idr {
                0
            } else {
                bits.read(self.count_bits)?
            },
            bits: self.count_bits,
            is_refresh: (16..=20).contains(&kind),
            // Leading pictures, and pictures that no other picture of their layer refers to, are no
            // references.
            is_reference: temporal_id == 0 && (kind > 15 || kind < 6 && kind % 2 == 1),
        })
    }
}

/// Skips the part of profile_tier_level about the temporal layers.
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

/// Skips the fields between log2_max_pic_order_cnt_lsb_minus4 and the video usability information.
fn skip_to_usability(bits: &mut Bits, lower_layers: u8, order_count_bits: usize) -> Option<()> {
    // For each temporal layer, or for the highest one alone.
    let layers = if bits.flag()? { lower_layers + 1 } else { 1 };
    for _ in 0..layers {
        // sps_max_dec_pic_buffering_minus1, sps_max_num_reorder_pics, sps_max_latency_increase_plus1
        skip_unsigned(bits, 3)?;
    }
    // The sizes of coding and transform blocks, and the depths of their hierarchies.
    skip_unsigned(bits, 6)?;
    // scaling_list_enabled_flag, sps_scaling_list_data_present_flag
    if bits.flag()? && bits.flag()? {
        skip_scaling_lists(bits)?;
    }
    bits.read(2)?; // amp_enabled_flag, sample_adaptive_offset_enabled_flag
    if bits.flag()? {
        bits.read(8)?; // the bit depths of PCM
        skip_unsigned(bits, 2)?; // the sizes of its blocks
        bits.flag()?; // pcm_loop_filter_disabled_flag
    }
    skip_short_term_reference_sets(bits)?;
    if bits.flag()? {
        let count = read_unsigned(bits).filter(|count| *count <= 32)?;
        for _ in 0..count {
            bits.read(order_count_bits)?; // lt_ref_pic_poc_lsb_sps
            bits.flag()?; // used_by_curr_pic_lt_sps_flag
        }
    }
    bits.read(2)?; // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
    Some(())
}

fn skip_unsigned(bits: &mut Bits, count: u32) -> Option<()> {
    (0..count).try_for_each(|_| read_unsigned(bits).map(drop))
}

/// Skips `scaling_list_data` (7.3.4).
fn skip_scaling_lists(bits: &mut Bits) -> Option<()> {
    for size in 0..4 {
        let (lists, coefficients) = if size == 3 {
            (2, 64)
        } else {
            (6, 64.min(16 << (2 * size)))
        };
        for _ in 0..lists {
            if !bits.flag()? {
                read_unsigned(bits)?; // scaling_list_pred_matrix_id_delta
                continue;
            }
            if size > 1 {
                read_signed(bits)?; // scaling_list_dc_coef_minus8
            }
            (0..coefficients).try_for_each(|_| read_signed(bits).map(drop))?;
        }
    }
    Some(())
}

/// Skips all `st_ref_pic_set` (7.3.7).
fn skip_short_term_reference_sets(bits: &mut Bits) -> Option<()> {
    let sets = read_unsigned(bits).filter(|sets| *sets <= 64)?;
    // The number of pictures in the set before this one.
    let mut pictures = 0;
    for index in 0..sets {
        let is_predicted = index > 0 && bits.flag()?;
        if is_predicted {
            bits.flag()?; // delta_rps_sign
            read_unsigned(bits)?; // abs_delta_rps_minus1
            let mut kept = 0;
            for _ in 0..=pictures {
                // used_by_curr_pic_flag, or else use_delta_flag
                kept += u32::from(bits.flag()? || bits.flag()?);
            }
            pictures = kept;
        } else {
            let earlier = read_unsigned(bits).filter(|count| *count <= 16)?;
            let later = read_unsigned(bits).filter(|count| *count <= 16)?;
            pictures = earlier + later;
            for _ in 0..pictures {
                read_unsigned(bits)?; // delta_poc_minus1
                bits.flag()?; // used_by_curr_pic_flag
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::PixelAspectRatio;

    #[test]
    fn a_record_gives_the_codec_string() {
        let main = [1, 0x01, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 93, 0xf0];
        assert_eq!(
            hevc_codec_string("hvc1", &main).as_deref(),
            Some("hvc1.1.6.L93.90")
        );
        let main10_high = [1, 0x62, 0x20, 0, 0, 0, 0xb0, 0, 0x10, 0, 0, 0, 153];
        assert_eq!(
            hevc_codec_string("hev1", &main10_high).as_deref(),
            Some("hev1.A2.4.H153.B0.0.10")
        );
        assert_eq!(hevc_codec_string("hvc1", &main[..12]), None);
    }

    #[test]
    fn usability_of_a_sequence_parameter_set() {
        // As x265 writes it, with scaling lists: full range, BT.709, pixels of 64:45.
        let unit = [
            0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00,
            0x00, 0x03, 0x00, 0x3c, 0xa0, 0x0a, 0x48, 0x0b, 0x9c, 0x95, 0x96, 0x56, 0x69, 0x24,
            0xe5, 0x7f, 0xf8, 0x02, 0x00, 0x01, 0x6b, 0x70, 0x10, 0xd0, 0x10, 0x40, 0x00, 0x00,
            0x03, 0x00, 0x40, 0x00, 0x00, 0x03, 0x01, 0x42,
        ];
        let sequence = HevcSequenceParameterSet::read(&unit).expect("it is well-formed");
        assert_eq!(
            (sequence.pictures.width, sequence.pictures.height),
            (322, 182)
        );
        let usability = sequence.pictures.usability;
        assert_eq!(usability.pixel_aspect_ratio, PixelAspectRatio::new(64, 45));
        let color = usability.color;
        assert_eq!((color.primaries, color.transfer, color.matrix), (1, 13, 1));
        assert_eq!(color.full_range, Some(true));
        // The size stands before the cut. The fields behind it are unknown.
        let cut = HevcSequenceParameterSet::read(&unit[..30]).expect("its size is there");
        assert_eq!(cut.pictures.usability, VideoUsability::default());
    }

    #[test]
    fn lists_that_stand_before_the_usability() {
        // Two sets: one picture; predicted from it, with two.
        let bytes = [0b0110_1011, 0b1101_1011, 0];
        let mut bits = Bits::new(&bytes);
        assert_eq!(skip_short_term_reference_sets(&mut bits), Some(()));
        assert_eq!(bits.read(2), Some(0b10));
        let too_many = [0, 0, 0b1000_0010, 0];
        assert_eq!(
            skip_short_term_reference_sets(&mut Bits::new(&too_many)),
            None
        );
        // Six lists of sixteen coefficients and so on, each copied: 20 times "01".
        let copied = [0x55; 5];
        assert_eq!(skip_scaling_lists(&mut Bits::new(&copied)), Some(()));
        assert_eq!(skip_scaling_lists(&mut Bits::new(&copied[..4])), None);
    }

    #[test]
    fn nal_units_are_told_apart() {
        let slice = |kind: u8| match classify_hevc_nal_unit(&[kind << 1, 1, 0xff]) {
            NalUnit::Slice {
                is_random_access_point,
                is_reference,
                ..
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
        assert_eq!(
            classify_hevc_nal_unit(&recovery_point),
            NalUnit::RecoveryPoint
        );
        assert_eq!(
            classify_hevc_nal_unit(&[35 << 1, 1, 0x50]),
            NalUnit::Dropped
        );
        assert_eq!(classify_hevc_nal_unit(&[35 << 1]), NalUnit::Dropped);
    }
}
