/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! VP9: its codec string, and the sizes and colours in its frame headers. Sections are those of the
//! VP9 bitstream specification.

use super::bits::Bits;
use crate::picture::ColorDescription;

/// Returns the codec string of the VP Codec ISO Media File Format Binding, with the mandatory
/// fields.
pub(crate) fn vp9_codec_string(profile: u8, level: u8, bit_depth: u8) -> String {
    format!("vp09.{profile:02}.{level:02}.{bit_depth:02}")
}

/// Returns the codec string by the features in the CodecPrivate of WebM (profile 1, level 2, bit
/// depth 3, each with its length), of which any may be missing.
pub(crate) fn vp9_codec_string_of_private_data(codec_private: &[u8]) -> String {
    let feature = |wanted| {
        let mut features = codec_private.chunks_exact(3);
        features
            .find(|feature| feature[0] == wanted && feature[1] == 1)
            .map(|feature| feature[2])
    };
    match (feature(1), feature(2), feature(3)) {
        (Some(profile), Some(level), Some(bit_depth)) => {
            vp9_codec_string(profile, level, bit_depth)
        }
        _ => "vp9".to_owned(),
    }
}

/// Returns the frames of a superframe (annex B). A payload that is not one is a single frame.
pub(super) fn vp9_frames(payload: &[u8]) -> impl Iterator<Item = &[u8]> {
    let index = superframe_index(payload);
    let whole = index.is_none().then_some(payload);
    let mut rest = payload;
    let sizes = index
        .into_iter()
        .flat_map(|(index, size_bytes)| index.chunks_exact(size_bytes));
    let frames = sizes.map_while(move |size| {
        let size = size
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        let (frame, after) = rest.split_at_checked(size)?;
        rest = after;
        Some(frame)
    });
    whole.into_iter().chain(frames)
}

/// Returns the sizes of the frames of a superframe, and how many bytes each size takes.
fn superframe_index(payload: &[u8]) -> Option<(&[u8], usize)> {
    let marker = *payload.last()?;
    let (count, size_bytes) = (
        usize::from(marker & 7) + 1,
        usize::from(marker >> 3 & 3) + 1,
    );
    let (_, index) =
        payload.split_at_checked(payload.len().checked_sub(count * size_bytes + 2)?)?;
    let is_index = marker >> 5 == 0b110 && index[0] == marker;
    is_index.then(|| (&index[1..index.len() - 1], size_bytes))
}

/// Returns the width and height in a frame header: `uncompressed_header` (6.2). It is `None` if the
/// frame states none.
pub(super) fn vp9_size(frame: &[u8]) -> Option<(u32, u32)> {
    const SYNC_CODE: u32 = 0x49_8342;
    const REFERENCES: usize = 3;
    let mut bits = Bits::new(frame);
    let bits = &mut bits;
    let (profile, is_key_frame) = read_start(bits)?;
    let is_shown = bits.flag()?;
    let is_error_resilient = bits.flag()?;
    if is_key_frame {
        bits.read(24).filter(|code| *code == SYNC_CODE)?;
        read_color_config(bits, profile)?;
        return read_size(bits);
    }
    let is_intra_only = !is_shown && bits.flag()?;
    if !is_error_resilient {
        bits.read(2)?; // reset_frame_context
    }
    if is_intra_only {
        bits.read(24).filter(|code| *code == SYNC_CODE)?;
        if profile > 0 {
            read_color_config(bits, profile)?;
        }
        bits.read(8)?; // refresh_frame_flags
        return read_size(bits);
    }
    bits.read(8 + 4 * REFERENCES)?; // refresh_frame_flags, ref_frame_idx and ref_frame_sign_bias
    for _ in 0..REFERENCES {
        if bits.flag()? {
            return None; // found_ref: as large as that one
        }
    }
    read_size(bits)
}

/// Reads the beginning of a frame header (6.2): the profile, and whether it is that of a key frame.
/// It is `None` if the header shows a frame again.
fn read_start(bits: &mut Bits) -> Option<(u32, bool)> {
    bits.read(2).filter(|marker| *marker == 2)?;
    let profile = bits.read(1)? | bits.read(1)? << 1;
    if profile == 3 {
        bits.flag()?; // reserved_zero
    }
    let is_shown_again = bits.flag()?;
    let is_key_frame = !bits.flag()?;
    (!is_shown_again).then_some((profile, is_key_frame))
}

/// Returns the colours in the first key frame of a superframe.
pub(crate) fn vp9_color(payload: &[u8]) -> Option<ColorDescription> {
    vp9_frames(payload).find_map(color_of_frame)
}

fn color_of_frame(frame: &[u8]) -> Option<ColorDescription> {
    const BITS_OF_KEY_FRAME: usize = 24 + 3;
    let bits = &mut Bits::new(frame);
    let (profile, _) = read_start(bits).filter(|(_, is_key_frame)| *is_key_frame)?;
    bits.read(BITS_OF_KEY_FRAME - 1)?; // show_frame, error_resilient_mode and the sync code
    read_color_config(bits, profile)
}

/// Reads `color_config` (6.2.2). Its color_space is turned into the code points of ISO/IEC 23091-2
/// that WebM's encoders write beside it.
fn read_color_config(bits: &mut Bits, profile: u32) -> Option<ColorDescription> {
    const RGB: u32 = 7;
    const BT_2020: u8 = 9;
    if profile >= 2 {
        bits.flag()?; // ten_or_twelve_bit
    }
    let color_space = bits.read(3)?;
    let matrix = match color_space {
        1 | 3 => 6,
        2 => 1,
        4 => 7,
        5 => BT_2020,
        RGB => 0,
        _ => ColorDescription::UNSPECIFIED,
    };
    let full_range = Some(color_space == RGB || bits.flag()?);
    if profile & 1 == 1 {
        // The sampling of the colours, which RGB does not have, and reserved_zero.
        bits.read(if color_space == RGB { 1 } else { 3 })?;
    }
    let primaries = if matrix == BT_2020 {
        BT_2020
    } else {
        ColorDescription::UNSPECIFIED
    };
    Some(ColorDescription {
        primaries,
        matrix,
        full_range,
        ..ColorDescription::default()
    })
}

fn read_size(bits: &mut Bits) -> Option<(u32, u32)> {
    Some((bits.read(16)? + 1, bits.read(16)? + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vp9_frames_say_their_size() {
        // A key frame of profile 0: marker, profile, flags; sync code; color_space, color_range.
        let mut key = vec![0b1000_0010, 0x49, 0x83, 0x42, 0b0010_0000];
        // From the middle of that byte on: 319 and 179.
        key.extend([0x13, 0xf0, 0x0b, 0x30]);
        assert_eq!(vp9_size(&key), Some((320, 180)));
        assert_eq!(vp9_size(&key[..7]), None);
        assert_eq!(vp9_color(&key).map(|color| color.matrix), Some(6));
        // As libvpx writes it: BT.709, full range.
        let full = [0x82, 0x49, 0x83, 0x42, 0x50, 0x13, 0xf0, 0x0b, 0x30];
        let color = vp9_color(&full).expect("it is a key frame");
        assert_eq!((color.matrix, color.full_range), (1, Some(true)));
        // A superframe of two key frames, and of something that is no key frame.
        let mut both = [&key[..], &key, &[0xc1, 9, 9, 0xc1]].concat();
        assert_eq!(vp9_frames(&both).filter_map(vp9_size).count(), 2);
        both.push(0);
        assert_eq!(vp9_frames(&both).count(), 1);
        // A frame that refers to others may have a size of its own, if no reference is as large.
        let inter = [
            0b1000_0110,
            0,
            0,
            0,
            0b0000_1111,
            0xff,
            0xf0,
            0xff,
            0xff,
            0xff,
        ];
        assert!(vp9_size(&inter).is_some());
    }
}
