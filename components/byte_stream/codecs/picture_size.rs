/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How large pictures are by what the codec itself says: decoders make memory for as much before
//! anybody can look at what they put out.

use super::av1::{Av1Sizes, av1_color, av1_record_units};
use super::{AvcSequenceParameterSet, Bits, HEVC_SEQUENCE_PARAMETER_SET, HevcSequenceParameterSet};
use crate::picture::ColorDescription;
use crate::track::{VideoCodec, VideoConfiguration};

const AVC_SEQUENCE_PARAMETER_SET: u8 = 7;

/// Whether an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1) is whole.
pub(crate) fn is_avc_record(record: &[u8]) -> bool {
    record.first() == Some(&1) && for_each_unit_of_avc_record(record, &mut |_| {}).is_some()
}

/// Whether an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1) is whole.
pub(crate) fn is_hevc_record(record: &[u8]) -> bool {
    record.first() == Some(&1) && for_each_unit_of_hevc_record(record, &mut |_| {}).is_some()
}

/// Calls `check` with the width and height of each parameter set or sequence header of `video`, as
/// far as they can be read, and gives its first error.
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
            return Av1Sizes::after(&[]).check(units, check);
        }
        VideoCodec::Vp8 | VideoCodec::Vp9 => None,
    };
    result
}

/// The sizes of the pictures of a track, as its coded frames say them one after another.
#[derive(Clone, Debug)]
pub(crate) enum CodedSizes {
    /// Parameter sets lie among units with their length in so many bytes.
    NalUnits(VideoCodec, usize),
    Vp8,
    Vp9,
    Av1(Av1Sizes),
}

impl CodedSizes {
    pub(crate) fn new(video: &VideoConfiguration) -> Self {
        let length_place = match video.codec {
            VideoCodec::H264 => 4,
            VideoCodec::Hevc => 21,
            VideoCodec::Vp8 => return Self::Vp8,
            VideoCodec::Vp9 => return Self::Vp9,
            VideoCodec::Av1 => {
                return Self::Av1(Av1Sizes::after(av1_record_units(&video.extra_data)));
            }
        };
        let length = video.extra_data.get(length_place);
        let length_bytes = length.map_or(4, |byte| byte & 3) + 1;
        Self::NalUnits(video.codec, length_bytes.into())
    }

    /// Calls `check` with each width and height that the coded frame `payload` says, and gives its
    /// first error.
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
            Self::Av1(sizes) => sizes.check(payload, check),
        }
    }
}

/// Of a sequence parameter set, before anything is cropped.
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

/// The NAL units of a frame, each with its length in front.
fn units(mut payload: &[u8], length_bytes: usize) -> impl Iterator<Item = &[u8]> {
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

/// `None` if it is cut short.
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

/// `None` if it is cut short.
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

/// Of a key frame: <https://www.rfc-editor.org/rfc/rfc6386#section-9.1>
fn vp8_size(frame: &[u8]) -> Option<(u32, u32)> {
    let &[tag, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..] = frame else {
        return None;
    };
    let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
    // A decoder takes none for a frame that is missing.
    let size = (side(w0, w1), side(h0, h1));
    (tag & 1 == 0 && size.0 > 0 && size.1 > 0).then_some(size)
}

/// The frames of a superframe, or the one that it is: annex B of the VP9 bitstream specification.
fn vp9_frames(payload: &[u8]) -> impl Iterator<Item = &[u8]> {
    let index = vp9_superframe_index(payload);
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

/// The sizes of the frames of a superframe, and how many bytes each takes.
fn vp9_superframe_index(payload: &[u8]) -> Option<(&[u8], usize)> {
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

/// Of a frame that says it: `uncompressed_header` (6.2).
fn vp9_size(frame: &[u8]) -> Option<(u32, u32)> {
    const SYNC_CODE: u32 = 0x49_8342;
    const REFERENCES: usize = 3;
    let mut bits = Bits::new(frame);
    let bits = &mut bits;
    let (profile, is_key_frame) = read_vp9_start(bits)?;
    let is_shown = bits.flag()?;
    let is_error_resilient = bits.flag()?;
    if is_key_frame {
        bits.read(24).filter(|code| *code == SYNC_CODE)?;
        read_vp9_color_config(bits, profile)?;
        return read_vp9_size(bits);
    }
    let is_intra_only = !is_shown && bits.flag()?;
    if !is_error_resilient {
        bits.read(2)?; // reset_frame_context
    }
    if is_intra_only {
        bits.read(24).filter(|code| *code == SYNC_CODE)?;
        if profile > 0 {
            read_vp9_color_config(bits, profile)?;
        }
        bits.read(8)?; // refresh_frame_flags
        return read_vp9_size(bits);
    }
    bits.read(8 + 4 * REFERENCES)?; // refresh_frame_flags, ref_frame_idx and ref_frame_sign_bias
    for _ in 0..REFERENCES {
        if bits.flag()? {
            return None; // found_ref: as large as that one
        }
    }
    read_vp9_size(bits)
}

/// The beginning of a frame header of VP9 (6.2): its profile, and whether it is a key frame's. `None`
/// if it shows a frame again.
fn read_vp9_start(bits: &mut Bits) -> Option<(u32, bool)> {
    bits.read(2).filter(|marker| *marker == 2)?;
    let profile = bits.read(1)? | bits.read(1)? << 1;
    if profile == 3 {
        bits.flag()?; // reserved_zero
    }
    let is_shown_again = bits.flag()?;
    let is_key_frame = !bits.flag()?;
    (!is_shown_again).then_some((profile, is_key_frame))
}

/// What a key frame of VP9 says of its colours.
fn vp9_color(frame: &[u8]) -> Option<ColorDescription> {
    const BITS_OF_KEY_FRAME: usize = 24 + 3;
    let bits = &mut Bits::new(frame);
    let (profile, _) = read_vp9_start(bits).filter(|(_, is_key_frame)| *is_key_frame)?;
    bits.read(BITS_OF_KEY_FRAME - 1)?; // show_frame, error_resilient_mode and the sync code
    read_vp9_color_config(bits, profile)
}

/// The colours that a frame which decoding can begin with says itself, in codecs whose records need
/// not say them.
pub(crate) fn coded_color(codec: VideoCodec, payload: &[u8]) -> Option<ColorDescription> {
    match codec {
        VideoCodec::Vp9 => vp9_frames(payload).find_map(vp9_color),
        VideoCodec::Av1 => av1_color(payload),
        VideoCodec::H264 | VideoCodec::Hevc | VideoCodec::Vp8 => None,
    }
}

/// `color_config` (6.2.2). Its color_space in the code points of ISO/IEC 23091-2 is what WebM's
/// encoders write beside it.
fn read_vp9_color_config(bits: &mut Bits, profile: u32) -> Option<ColorDescription> {
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
        // The sampling of the colours, which is not said of RGB, and reserved_zero.
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

fn read_vp9_size(bits: &mut Bits) -> Option<(u32, u32)> {
    Some((bits.read(16)? + 1, bits.read(16)? + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vp8_key_frames_say_their_size() {
        let mut frame = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x41, 0xb4, 0x80, 0];
        // The two highest bits scale.
        assert_eq!(vp8_size(&frame), Some((320, 180)));
        frame[0] |= 1;
        assert_eq!(vp8_size(&frame), None);
        assert_eq!(vp8_size(&frame[..9]), None);
    }

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
        let color = coded_color(VideoCodec::Vp9, &full).expect("it is a key frame");
        assert_eq!((color.matrix, color.full_range), (1, Some(true)));
        // Two of them in a superframe, and something that is none.
        let mut both = [&key[..], &key, &[0xc1, 9, 9, 0xc1]].concat();
        assert_eq!(vp9_frames(&both).filter_map(vp9_size).count(), 2);
        both.push(0);
        assert_eq!(vp9_frames(&both).count(), 1);
        // A frame that follows another may say a size of its own: no reference is as large.
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

    #[test]
    fn records_are_whole() {
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
