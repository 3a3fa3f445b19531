/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The AV1 sequence header, which describes all frames of its sequence.

use super::bits::Bits;
use crate::picture::ColorDescription;

/// The fields of `sequence_header_obu` (5.5.1) that are used here, or needed to read the headers of
/// frames.
#[derive(Clone, Debug, Default)]
pub(super) struct SequenceHeader {
    /// The width and the height of frames that do not state their own.
    pub(super) max_frame_size: (u32, u32),
    pub(super) color: ColorDescription,
    /// Whether it is the header of a still picture. Its frame header leaves out what does not vary.
    pub(super) is_reduced: bool,
    /// The numbers of bits in which a frame header has the width and the height.
    pub(super) frame_size_bits: (usize, usize),
    pub(super) frame_ids: Option<FrameIdBits>,
    pub(super) decoder_model: Option<DecoderModel>,
    /// Whether frames use the tools for screen content. It is `None` where each frame states it.
    pub(super) screen_content_tools: Option<bool>,
    /// Whether each frame with the tools for screen content states if motion is by whole pixels.
    pub(super) frames_choose_integer_motion: bool,
    /// The number of bits of an order hint. It is 0 if frames have none.
    pub(super) order_hint_bits: usize,
}

/// The numbers of bits of frame identifiers.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameIdBits {
    pub(super) id: usize,
    /// The number of bits of the distance to a frame that is referred to.
    pub(super) delta: usize,
}

/// The fields in which frames state when a decoder is through with them.
#[derive(Clone, Debug, Default)]
pub(super) struct DecoderModel {
    pub(super) removal_time_bits: usize,
    /// The number of bits of a presentation time. It is 0 where frames follow one another at equal
    /// intervals.
    pub(super) presentation_time_bits: usize,
    /// The `operating_point_idc` of the operating points that have such fields.
    pub(super) operating_points: Vec<u16>,
}

impl SequenceHeader {
    /// Reads a sequence header. It is `None` if `payload` is cut short.
    pub(super) fn read(payload: &[u8]) -> Option<Self> {
        let bits = &mut Bits::new(payload);
        let profile = bits.read(3)?;
        bits.flag()?; // still_picture
        let mut this = Self {
            is_reduced: bits.flag()?,
            frames_choose_integer_motion: true,
            ..Self::default()
        };
        if this.is_reduced {
            bits.read(5)?; // seq_level_idx
        } else {
            this.decoder_model = read_operating_points(bits)?;
        }
        let width_bits = bits.read(4)? as usize + 1;
        let height_bits = bits.read(4)? as usize + 1;
        this.frame_size_bits = (width_bits, height_bits);
        this.max_frame_size = (bits.read(width_bits)? + 1, bits.read(height_bits)? + 1);
        if !this.is_reduced && bits.flag()? {
            let delta = bits.read(4)? as usize + 2;
            let id = bits.read(3)? as usize + 1 + delta;
            this.frame_ids = Some(FrameIdBits { id, delta });
        }
        bits.read(3)?; // use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
        if !this.is_reduced {
            this.read_tools(bits)?;
        }
        bits.read(3)?; // enable_superres, enable_cdef, enable_restoration
        this.color = read_color_config(bits, profile)?;
        Some(this)
    }

    fn read_tools(&mut self, bits: &mut Bits) -> Option<()> {
        // enable_interintra_compound, enable_masked_compound, enable_warped_motion,
        // enable_dual_filter
        bits.read(4)?;
        let has_order_hints = bits.flag()?;
        if has_order_hints {
            bits.read(2)?; // enable_jnt_comp, enable_ref_frame_mvs
        }
        // seq_choose_screen_content_tools, seq_force_screen_content_tools
        self.screen_content_tools = if bits.flag()? {
            None
        } else {
            Some(bits.flag()?)
        };
        if self.screen_content_tools != Some(false) {
            self.frames_choose_integer_motion = bits.flag()?;
            if !self.frames_choose_integer_motion {
                bits.flag()?; // seq_force_integer_mv
            }
        }
        if has_order_hints {
            self.order_hint_bits = bits.read(3)? as usize + 1;
        }
        Some(())
    }
}

/// Reads the operating points, and returns the decoder model if there is one.
fn read_operating_points(bits: &mut Bits) -> Option<Option<DecoderModel>> {
    let mut model = None;
    let mut delay_bits = 0;
    if bits.flag()? {
        bits.read(32)?; // num_units_in_display_tick
        bits.read(32)?; // time_scale
        let has_equal_intervals = bits.flag()?;
        if has_equal_intervals {
            skip_uvlc(bits)?; // num_ticks_per_picture_minus_1
        }
        if bits.flag()? {
            delay_bits = bits.read(5)? as usize + 1;
            bits.read(32)?; // num_units_in_decoding_tick
            let removal_time_bits = bits.read(5)? as usize + 1;
            let presentation_time_bits = bits.read(5)? as usize + 1;
            model = Some(DecoderModel {
                removal_time_bits,
                presentation_time_bits: if has_equal_intervals {
                    0
                } else {
                    presentation_time_bits
                },
                operating_points: Vec::new(),
            });
        }
    }
    let has_display_delays = bits.flag()?;
    for _ in 0..=bits.read(5)? {
        let operating_point = bits.read(12)? as u16;
        if bits.read(5)? > 7 {
            bits.flag()?; // seq_tier
        }
        if let Some(model) = &mut model
            && bits.flag()?
        {
            bits.read(delay_bits)?; // decoder_buffer_delay
            bits.read(delay_bits)?; // encoder_buffer_delay
            bits.flag()?; // low_delay_mode_flag
            model.operating_points.push(operating_point);
        }
        if has_display_delays && bits.flag()? {
            bits.read(4)?; // initial_display_delay_minus_1
        }
    }
    Some(model)
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

/// Reads `color_config` (5.5.2).
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
