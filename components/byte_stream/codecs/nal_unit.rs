/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! NAL units, which H.264 and HEVC (ITU-T H.265) have in common: what they are, and how their
//! fields are written.

use bytes::Bytes;

use super::bits::Bits;
use crate::picture::{ColorDescription, Orientation, PixelAspectRatio};
use crate::track::{VideoCodec, VideoConfiguration};

/// The largest number of zeros in front of an Exp-Golomb code that is read here.
const EXP_GOLOMB_BITS: usize = 31;

/// The kinds of NAL units that matter here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NalUnit {
    /// Access unit delimiters and filler data, which a sample of ISO BMFF does not have.
    Dropped,
    Other,
    PictureParameterSet,
    /// Supplemental enhancement information with a recovery point in it.
    RecoveryPoint,
    SequenceParameterSet,
    Slice {
        /// Whether the picture needs no picture before it, whatever its second field needs.
        is_refresh: bool,
        is_random_access_point: bool,
        is_reference: bool,
    },
    VideoParameterSet,
}

/// The place of a picture in the order of output, as far as a slice states it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct OrderCount {
    /// The lowest bits of the picture order count.
    pub(crate) lowest_bits: u32,
    /// The number of bits in `lowest_bits`.
    pub(crate) bits: usize,
    /// Whether the count begins anew with this picture.
    pub(crate) is_refresh: bool,
    /// Whether the highest bits of the counts of later pictures follow from this one.
    pub(crate) is_reference: bool,
}

/// The description of pictures in a sequence parameter set.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct SequencePictures {
    pub(crate) chroma_format: u32,
    pub(crate) luma_bit_depth: u32,
    pub(crate) chroma_bit_depth: u32,
    /// The width and the height before anything is cropped.
    pub(crate) coded_size: (u32, u32),
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) usability: VideoUsability,
}

impl SequencePictures {
    /// Makes the configuration of a track whose container does not describe it.
    pub(crate) fn configuration(
        self,
        codec: VideoCodec,
        codec_string: String,
        extra_data: Bytes,
    ) -> VideoConfiguration {
        VideoConfiguration {
            codec,
            codec_string,
            extra_data,
            width: self.width,
            height: self.height,
            pixel_aspect_ratio: self.usability.pixel_aspect_ratio.unwrap_or_default(),
            orientation: Orientation::default(),
            color: self.usability.color,
        }
    }
}

/// Returns the width and the height, in luma samples of a frame, of the unit in which cropping is
/// counted.
pub(super) fn cropping_unit(chroma_format: u32, has_separate_planes: bool) -> (u32, u32) {
    match chroma_format {
        1 if !has_separate_planes => (2, 2),
        2 => (2, 1),
        _ => (1, 1),
    }
}

/// Returns the payload of a NAL unit without the bytes that keep start codes out of it.
pub(crate) fn without_emulation_prevention(unit: &[u8]) -> Vec<u8> {
    let mut zeros = 0;
    let mut payload = Vec::with_capacity(unit.len());
    for byte in unit {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        payload.push(*byte);
    }
    payload
}

/// Whether there is a recovery point in the supplemental enhancement information. Decoding can
/// begin there though the picture is no instantaneous refresh. `messages` is the NAL unit without
/// its header.
pub(crate) fn has_recovery_point(messages: &[u8]) -> bool {
    const RECOVERY_POINT: usize = 6;
    const TRAILING_BITS: u8 = 0x80;

    let messages = without_emulation_prevention(messages);
    let mut rest = messages.as_slice();
    while !matches!(rest, [] | [TRAILING_BITS]) {
        let Some((kind, size)) = read_sei_number(&mut rest).zip(read_sei_number(&mut rest)) else {
            return false;
        };
        if kind == RECOVERY_POINT {
            return true;
        }
        rest = rest.get(size..).unwrap_or_default();
    }
    false
}

/// Reads a number that is the sum of bytes up to the first one that is not 255.
fn read_sei_number(rest: &mut &[u8]) -> Option<usize> {
    let run = rest.iter().take_while(|byte| **byte == 255).count();
    let last = usize::from(*rest.get(run)?);
    *rest = &rest[run + 1..];
    Some(run * 255 + last)
}

/// Reads `ue(v)`, an unsigned number of variable length.
pub(crate) fn read_unsigned(bits: &mut Bits) -> Option<u32> {
    let mut zeros = 0;
    while !bits.flag()? {
        zeros += 1;
        if zeros > EXP_GOLOMB_BITS {
            return None;
        }
    }
    let rest = bits.read(zeros)?;
    Some((1 << zeros) - 1 + rest)
}

/// Reads `se(v)`, a signed number of variable length.
pub(crate) fn read_signed(bits: &mut Bits) -> Option<i64> {
    let code = i64::from(read_unsigned(bits)?);
    Some(if code % 2 == 0 {
        -code / 2
    } else {
        code / 2 + 1
    })
}

/// How much of a picture is cropped, in units that depend on the chroma format.
pub(crate) struct Cropping {
    pub(crate) horizontal: u32,
    pub(crate) vertical: u32,
}

impl Cropping {
    /// Returns the length that is left of `size`. It is `None` if nothing is left.
    pub(crate) fn reduce(&self, size: u32, crop: u32, unit: u32) -> Option<u32> {
        size.checked_sub(crop.checked_mul(unit)?)
            .filter(|size| *size > 0)
    }
}

/// Reads a flag and, if it is set, the four offsets: left, right, top, bottom.
pub(crate) fn read_cropping(bits: &mut Bits) -> Option<Cropping> {
    if !bits.flag()? {
        return Some(Cropping {
            horizontal: 0,
            vertical: 0,
        });
    }
    let mut sum = || read_unsigned(bits)?.checked_add(read_unsigned(bits)?);
    Some(Cropping {
        horizontal: sum()?,
        vertical: sum()?,
    })
}

/// The fields of the video usability information (annex E of both standards) that say how a picture
/// is to be shown.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct VideoUsability {
    /// The shape of the pixels. It is `None` if it is not specified.
    pub(crate) pixel_aspect_ratio: Option<PixelAspectRatio>,
    pub(crate) color: ColorDescription,
}

impl VideoUsability {
    /// Reads the flag that says whether there is such information, and the fields that it begins
    /// with in both standards. It is `None` if the bits end within them.
    pub(crate) fn read(bits: &mut Bits) -> Option<Self> {
        let mut usability = Self::default();
        if !bits.flag()? {
            return Some(usability);
        }
        if bits.flag()? {
            usability.pixel_aspect_ratio = read_pixel_aspect_ratio(bits)?;
        }
        if bits.flag()? {
            bits.flag()?; // overscan_appropriate_flag
        }
        if bits.flag()? {
            bits.read(3)?; // video_format
            usability.color.full_range = Some(bits.flag()?);
            if bits.flag()? {
                usability.color.primaries = bits.read(8)? as u8;
                usability.color.transfer = bits.read(8)? as u8;
                usability.color.matrix = bits.read(8)? as u8;
            }
        }
        Some(usability)
    }
}

/// Reads the sample aspect ratio, which is an entry of table E-1 or written out. The inner `None`
/// means "unspecified".
fn read_pixel_aspect_ratio(bits: &mut Bits) -> Option<Option<PixelAspectRatio>> {
    const EXTENDED: u32 = 255;
    const RATIOS: [(u32, u32); 17] = [
        (0, 0),
        (1, 1),
        (12, 11),
        (10, 11),
        (16, 11),
        (40, 33),
        (24, 11),
        (20, 11),
        (32, 11),
        (80, 33),
        (18, 11),
        (15, 11),
        (64, 33),
        (160, 99),
        (4, 3),
        (3, 2),
        (2, 1),
    ];
    let (horizontal, vertical) = match bits.read(8)? {
        EXTENDED => (bits.read(16)?, bits.read(16)?),
        index => RATIOS.get(index as usize).copied().unwrap_or_default(),
    };
    Some(PixelAspectRatio::new(horizontal, vertical))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emulation_prevention_is_removed() {
        let unit = [1, 0, 0, 3, 1, 0, 0, 3, 0, 0, 3, 3, 0, 3];
        assert_eq!(
            without_emulation_prevention(&unit),
            [1, 0, 0, 1, 0, 0, 0, 0, 3, 0, 3]
        );
    }

    #[test]
    fn a_recovery_point_is_found() {
        assert!(has_recovery_point(&[6, 1, 0xc4, 0x80]));
        assert!(has_recovery_point(&[0xff, 5, 3, 1, 2, 3, 6, 1, 0xc4, 0x80]));
        assert!(!has_recovery_point(&[5, 3, 6, 1, 6, 0x80]));
        assert!(!has_recovery_point(&[5, 200, 6, 1]));
        assert!(!has_recovery_point(&[0xff]));
    }

    #[test]
    fn exp_golomb_codes_are_read() {
        // 1, 010, 011, 00100, 00101
        let bytes = [0b1010_0110, 0b0100_0010, 0b1000_0000];
        let mut bits = Bits::new(&bytes);
        let numbers: Vec<_> = (0..5).map(|_| read_unsigned(&mut bits)).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4].map(Some));
        let mut bits = Bits::new(&bytes);
        let numbers: Vec<_> = (0..5).map(|_| read_signed(&mut bits)).collect();
        assert_eq!(numbers, [0, 1, -1, 2, -2].map(Some));
        let largest = [0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(read_unsigned(&mut Bits::new(&largest)), Some(u32::MAX - 1));
        assert_eq!(read_unsigned(&mut Bits::new(&[0; 9])), None);
    }

    #[test]
    fn cropping_must_leave_something() {
        let crop = Cropping {
            horizontal: 160,
            vertical: u32::MAX,
        };
        assert_eq!(crop.reduce(320, crop.horizontal, 2), None);
        assert_eq!(crop.reduce(320, crop.vertical, 2), None);
        assert_eq!(crop.reduce(322, crop.horizontal, 2), Some(2));
    }

    #[test]
    fn usability_information_is_read() {
        let read = |bytes: &[u8]| VideoUsability::read(&mut Bits::new(bytes));
        assert_eq!(read(&[0]), Some(VideoUsability::default()));
        // 1 1 00001110 (4:3) 0 1 101 1 0: the range alone.
        let listed = read(&[0b1100_0011, 0b1001_1011, 0]).expect("it is complete");
        assert_eq!(listed.pixel_aspect_ratio, PixelAspectRatio::new(4, 3));
        assert_eq!(listed.color.full_range, Some(true));
        assert_eq!(listed.color.matrix, ColorDescription::UNSPECIFIED);
        // 1 1 11111111 64:45 1 0 1 101 0 1 9 16 9
        let extended = [0xff, 0xc0, 0x10, 0x00, 0x0b, 0x6b, 0x50, 0x90, 0x90, 0x90];
        let extended = read(&extended);
        assert_eq!(
            extended.map(|it| it.pixel_aspect_ratio),
            Some(PixelAspectRatio::new(64, 45))
        );
        for unspecified in [0, 17, 254] {
            let bytes = [0xc0 | unspecified >> 2, unspecified << 6, 0];
            assert_eq!(read(&bytes), Some(VideoUsability::default()));
        }
        assert_eq!(read(&[0xff]), None);
    }
}
