/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! AV1: <https://aomediacodec.github.io/av1-spec/>

use super::Bits;
use crate::picture::ColorDescription;

/// The codec string of an AV1CodecConfigurationRecord, in its mandatory fields:
/// <https://aomediacodec.github.io/av1-isobmff/#codecsparam>. `None` if it is none.
pub(crate) fn av1_codec_string(record: &[u8]) -> Option<String> {
    let [0x81, profile_and_level, features, ..] = *record else {
        return None;
    };
    let (profile, level) = (profile_and_level >> 5, profile_and_level & 0x1f);
    let tier = if features & 0x80 != 0 { 'H' } else { 'M' };
    let bit_depth = match (features & 0x40 != 0, features & 0x20 != 0) {
        (true, true) if profile == 2 => 12,
        (true, _) => 10,
        _ => 8,
    };
    Some(format!("av01.{profile}.{level:02}{tier}.{bit_depth:02}"))
}

/// The colours that the sequence header in an AV1CodecConfigurationRecord says. `None` if there is
/// no sequence header in it.
pub(crate) fn av1_color(record: &[u8]) -> Option<ColorDescription> {
    const SEQUENCE_HEADER: u8 = 1;
    let mut units = record.get(4..)?;
    loop {
        let (header, mut rest) = units.split_first()?;
        if header & 0x4 != 0 {
            rest = rest.get(1..)?; // obu_extension_header
        }
        let size = if header & 0x2 != 0 {
            read_leb128(&mut rest)?
        } else {
            rest.len()
        };
        let (unit, after) = rest.split_at_checked(size)?;
        if header >> 3 & 0xf == SEQUENCE_HEADER {
            return read_sequence_header(&mut Bits::new(unit));
        }
        units = after;
    }
}

fn read_leb128(bytes: &mut &[u8]) -> Option<usize> {
    let mut value = 0;
    for index in 0..8 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return usize::try_from(value).ok();
        }
    }
    None
}

/// `sequence_header_obu` (5.5.1), for the sake of its colours.
fn read_sequence_header(bits: &mut Bits) -> Option<ColorDescription> {
    let profile = bits.read(3)?;
    bits.flag()?; // still_picture
    let is_reduced = bits.flag()?;
    if is_reduced {
        bits.read(5)?; // seq_level_idx
    } else {
        skip_operating_points(bits)?;
    }
    let (width_bits, height_bits) = (bits.read(4)? + 1, bits.read(4)? + 1);
    bits.read(width_bits as usize)?;
    bits.read(height_bits as usize)?;
    if !is_reduced && bits.flag()? {
        bits.read(4 + 3)?; // the lengths of frame identifiers
    }
    bits.read(3)?; // use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
    if !is_reduced {
        skip_tools(bits)?;
    }
    bits.read(3)?; // enable_superres, enable_cdef, enable_restoration
    read_color_config(bits, profile)
}

fn skip_operating_points(bits: &mut Bits) -> Option<()> {
    let mut delay_bits = None;
    if bits.flag()? {
        bits.read(32)?; // num_units_in_display_tick
        bits.read(32)?; // time_scale
        if bits.flag()? {
            skip_uvlc(bits)?; // num_ticks_per_picture_minus_1
        }
        if bits.flag()? {
            delay_bits = Some(bits.read(5)? as usize + 1);
            bits.read(32)?; // num_units_in_decoding_tick
            bits.read(5 + 5)?; // the lengths of times
        }
    }
    let has_display_delays = bits.flag()?;
    for _ in 0..=bits.read(5)? {
        bits.read(12)?; // operating_point_idc
        if bits.read(5)? > 7 {
            bits.flag()?; // seq_tier
        }
        if let Some(delay_bits) = delay_bits
            && bits.flag()?
        {
            bits.read(delay_bits)?; // decoder_buffer_delay
            bits.read(delay_bits)?; // encoder_buffer_delay
            bits.flag()?; // low_delay_mode_flag
        }
        if has_display_delays && bits.flag()? {
            bits.read(4)?; // initial_display_delay_minus_1
        }
    }
    Some(())
}

fn skip_uvlc(bits: &mut Bits) -> Option<()> {
    let mut zeros = 0;
    while !bits.flag()? {
        zeros += 1;
    }
    if zeros < 32 {
        bits.read(zeros)?;
    }
    Some(())
}

fn skip_tools(bits: &mut Bits) -> Option<()> {
    // enable_interintra_compound, enable_masked_compound, enable_warped_motion, enable_dual_filter
    bits.read(4)?;
    let has_order_hints = bits.flag()?;
    if has_order_hints {
        bits.read(2)?; // enable_jnt_comp, enable_ref_frame_mvs
    }
    // Whether each frame chooses, and if none does, whether all have it.
    let has_screen_content = bits.flag()? || bits.flag()?;
    if has_screen_content && !bits.flag()? {
        bits.flag()?; // seq_force_integer_mv
    }
    if has_order_hints {
        bits.read(3)?; // order_hint_bits_minus_1
    }
    Some(())
}

/// `color_config` (5.5.2).
fn read_color_config(bits: &mut Bits, profile: u32) -> Option<ColorDescription> {
    const BT_709: u8 = 1;
    const SRGB: u8 = 13;
    const IDENTITY: u8 = 0;
    let has_high_depth = bits.flag()?;
    if profile == 2 && has_high_depth {
        bits.flag()?; // twelve_bit
    }
    let is_monochrome = profile != 1 && bits.flag()?;
    let mut color = ColorDescription::default();
    if bits.flag()? {
        color.primaries = bits.read(8)? as u8;
        color.transfer = bits.read(8)? as u8;
        color.matrix = bits.read(8)? as u8;
    }
    let is_rgb = (color.primaries, color.transfer, color.matrix) == (BT_709, SRGB, IDENTITY);
    color.full_range = Some(is_rgb && !is_monochrome || bits.flag()?);
    Some(color)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codec_string() {
        let read = |record: &[u8]| av1_codec_string(record);
        assert_eq!(
            read(&[0x81, 0x04, 0x0c, 0]).as_deref(),
            Some("av01.0.04M.08")
        );
        assert_eq!(
            read(&[0x81, 0x4d, 0xe0, 0]).as_deref(),
            Some("av01.2.13H.12")
        );
        assert_eq!(read(&[0x82, 0x04, 0x0c]), None);
        assert_eq!(read(&[0x81, 0x04]), None);
    }

    #[test]
    fn color() {
        // As libaom writes it: BT.709, full range.
        let full = [
            0x81, 0x00, 0x0c, 0x00, 0x0a, 0x0d, 0x00, 0x00, 0x00, 0x02, 0xaf, 0xf1, 0x9b, 0x5f,
            0x22, 0x02, 0x02, 0x03, 0x08,
        ];
        let expected = ColorDescription {
            primaries: 1,
            transfer: 1,
            matrix: 1,
            full_range: Some(true),
        };
        assert_eq!(av1_color(&full), Some(expected));
        // A temporal delimiter with an extension before it, and no size in its own header.
        let mut record = full[..4].to_vec();
        record.extend([0x16, 0, 0x00, 0x08]);
        record.extend(&full[6..]);
        assert_eq!(av1_color(&record), Some(expected));
        for length in 0..full.len() {
            assert_eq!(av1_color(&full[..length]), None);
        }
    }
}
