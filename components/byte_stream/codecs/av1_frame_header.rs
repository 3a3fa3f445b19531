/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The size that the header of an AV1 frame states, and whether later frames may refer to it.

use super::av1::Unit;
use super::av1_sequence_header::{DecoderModel, SequenceHeader};
use super::bits::Bits;

const REFERENCES_PER_FRAME: usize = 7;
const REFERENCE_FRAMES: usize = 8;
const ALL_FRAMES: u32 = (1 << REFERENCE_FRAMES) - 1;

const KEY_FRAME: u32 = 0;
const INTRA_ONLY_FRAME: u32 = 2;
const SWITCH_FRAME: u32 = 3;

/// The beginning of a frame header.
struct FrameKind {
    is_intra: bool,
    /// Whether the frame replaces all frames that can be referred to.
    is_refresh: bool,
    is_switch: bool,
    is_error_resilient: bool,
}

/// The fields of a frame header up to `refresh_frame_flags`.
struct Start {
    kind: FrameKind,
    has_own_size: bool,
    /// The frames that can be referred to of which this one takes the place, a bit for each.
    refreshed: u32,
}

/// Returns the width and height in the header of a frame: it reads `uncompressed_header` (5.9.2) up
/// to them. It is `None` if the header has none of its own, or is cut short.
pub(super) fn frame_size(sequence: &SequenceHeader, unit: &Unit) -> Option<(u32, u32)> {
    let bits = &mut Bits::new(unit.payload);
    let Start {
        kind,
        has_own_size,
        refreshed,
    } = read_start(sequence, unit, bits)?;
    if !has_own_size {
        return None;
    }
    if kind.is_error_resilient && !(kind.is_intra && refreshed == ALL_FRAMES) {
        for _ in 0..REFERENCE_FRAMES {
            bits.read(sequence.order_hint_bits)?; // ref_order_hint
        }
    }
    if !kind.is_intra {
        skip_references(sequence, bits)?;
        if !kind.is_error_resilient {
            for _ in 0..REFERENCES_PER_FRAME {
                if bits.flag()? {
                    return None; // found_ref: as large as that one
                }
            }
        }
    }
    let (width_bits, height_bits) = sequence.frame_size_bits;
    Some((bits.read(width_bits)? + 1, bits.read(height_bits)? + 1))
}

/// Whether a frame takes no place among those that can be referred to. All that a later frame is decoded
/// from comes from there: samples, probabilities, motion vectors, segments. It is `None` if the header
/// is cut short or shows a frame again.
pub(super) fn is_discardable(sequence: &SequenceHeader, unit: &Unit) -> Option<bool> {
    let start = read_start(sequence, unit, &mut Bits::new(unit.payload))?;
    Some(start.refreshed == 0)
}

fn read_start(sequence: &SequenceHeader, unit: &Unit, bits: &mut Bits) -> Option<Start> {
    if sequence.is_reduced {
        return None;
    }
    let kind = read_kind(sequence, bits)?;
    bits.flag()?; // disable_cdf_update
    let has_screen_content_tools = match sequence.screen_content_tools {
        Some(has_them) => has_them,
        None => bits.flag()?,
    };
    if has_screen_content_tools && sequence.frames_choose_integer_motion {
        bits.flag()?; // force_integer_mv
    }
    if let Some(frame_ids) = sequence.frame_ids {
        bits.read(frame_ids.id)?; // current_frame_id
    }
    let has_own_size = kind.is_switch || bits.flag()?;
    bits.read(sequence.order_hint_bits)?; // order_hint
    if !kind.is_intra && !kind.is_error_resilient {
        bits.read(3)?; // primary_ref_frame
    }
    if let Some(model) = &sequence.decoder_model {
        skip_removal_times(model, unit, bits)?;
    }
    let refreshed = if kind.is_refresh {
        ALL_FRAMES
    } else {
        bits.read(8)?
    };
    Some(Start {
        kind,
        has_own_size,
        refreshed,
    })
}

/// Reads the beginning of a frame header. It is `None` if it is cut short or shows a frame again.
fn read_kind(sequence: &SequenceHeader, bits: &mut Bits) -> Option<FrameKind> {
    if bits.flag()? {
        return None; // show_existing_frame
    }
    let frame_type = bits.read(2)?;
    let is_shown = bits.flag()?;
    if is_shown {
        let model = sequence.decoder_model.as_ref();
        bits.read(model.map_or(0, |model| model.presentation_time_bits))?;
    } else {
        bits.flag()?; // showable_frame
    }
    let is_switch = frame_type == SWITCH_FRAME;
    let is_refresh = is_switch || frame_type == KEY_FRAME && is_shown;
    Some(FrameKind {
        is_intra: matches!(frame_type, KEY_FRAME | INTRA_ONLY_FRAME),
        is_refresh,
        is_switch,
        is_error_resilient: is_refresh || bits.flag()?,
    })
}

fn skip_removal_times(model: &DecoderModel, unit: &Unit, bits: &mut Bits) -> Option<()> {
    if !bits.flag()? {
        return Some(()); // buffer_removal_time_present_flag
    }
    for point in &model.operating_points {
        let layers = 1 << unit.temporal_id | 1 << (unit.spatial_id + 8);
        if *point == 0 || point & layers == layers {
            bits.read(model.removal_time_bits)?;
        }
    }
    Some(())
}

fn skip_references(sequence: &SequenceHeader, bits: &mut Bits) -> Option<()> {
    let has_order_hints = sequence.order_hint_bits > 0;
    let is_short = has_order_hints && bits.flag()?;
    if is_short {
        bits.read(3 + 3)?; // last_frame_idx, gold_frame_idx
    }
    for _ in 0..REFERENCES_PER_FRAME {
        if !is_short {
            bits.read(3)?; // ref_frame_idx
        }
        if let Some(frame_ids) = sequence.frame_ids {
            bits.read(frame_ids.delta)?; // delta_frame_id_minus_1
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sequence header of SVT-AV1 for 320x180.
    const SEQUENCE: [u8; 11] = [
        0x00, 0x00, 0x00, 0x04, 0x3c, 0xfe, 0xcc, 0xfb, 0xf9, 0x80, 0x40,
    ];

    fn size(payload: &[u8]) -> Option<(u32, u32)> {
        let sequence = SequenceHeader::read(&SEQUENCE).expect("it is whole");
        assert_eq!(sequence.max_frame_size, (320, 180));
        let unit = Unit {
            kind: 6,
            temporal_id: 0,
            spatial_id: 0,
            payload,
        };
        frame_size(&sequence, &unit)
    }

    #[test]
    fn sizes_of_a_stream_that_changes_them_at_random() {
        // The frames' beginnings, and what ffmpeg reads in them.
        let key = [0x15, 0x00, 0xd4, 0x7a, 0x80, 0x6a];
        assert_eq!(size(&key), Some((213, 123)));
        let inter = [
            0x29, 0x44, 0x00, 0x12, 0x49, 0x24, 0x80, 0x2a, 0x98, 0x60, 0x15,
        ];
        assert_eq!(size(&inter), Some((171, 98)));
        let hidden = [
            0x29, 0x42, 0x00, 0x82, 0x49, 0x00, 0x00, 0x3a, 0x21, 0x60, 0x1d,
        ];
        assert_eq!(size(&hidden), Some((233, 134)));
        let as_large_as_another = [
            0x32, 0x81, 0x88, 0x04, 0x92, 0xb6, 0xd5, 0x23, 0x00, 0x00, 0x00,
        ];
        assert_eq!(size(&as_large_as_another), None);
        let larger_than_allowed = [
            0x32, 0x87, 0x00, 0x0b, 0x6d, 0x00, 0x00, 0x9f, 0xdb, 0x95, 0x23,
        ];
        assert_eq!(size(&larger_than_allowed), Some((320, 184)));
        let shown_again = [0xd8];
        assert_eq!(size(&shown_again), None);
        for length in 0..9 {
            assert_eq!(size(&inter[..length]), None);
        }
    }
}
