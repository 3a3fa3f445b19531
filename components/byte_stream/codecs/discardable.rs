/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Finds out from the bytes of coded video frames which ones no other frame depends on. Containers say
//! it as well, but few muxers fill that in.

use super::av1::{Av1Sequence, av1_record_units};
use super::avc::{
    ACCESS_UNIT_DELIMITER as AVC_DELIMITER, FILLER_DATA as AVC_FILLER, NON_IDR_SLICE,
    SUPPLEMENTAL as AVC_SUPPLEMENTAL,
};
use super::hevc::{
    ACCESS_UNIT_DELIMITER as HEVC_DELIMITER, FILLER_DATA as HEVC_FILLER,
    SUPPLEMENTAL as HEVC_SUPPLEMENTAL,
};
use super::picture_size::units;
use crate::track::{VideoCodec, VideoConfiguration};

/// What is needed to find it out, from frame to frame in decode order.
#[derive(Clone, Debug)]
pub(crate) enum Dependencies {
    /// H.264, and the number of bytes in the length before each NAL unit.
    Avc(usize),
    /// HEVC, the same number, and the number of temporal sub-layers, which is 0 if it is unknown.
    Hevc(usize, u8),
    Av1(Av1Sequence),
    /// In VP8 and VP9 a frame that no other one refers to still leaves probabilities, motion vectors and
    /// segments behind, from which the next frame is decoded.
    EachOnTheLast,
}

impl Dependencies {
    pub(crate) fn new(video: &VideoConfiguration) -> Self {
        let record = &video.extra_data;
        let length_bytes = |byte: u8| usize::from(byte & 3) + 1;
        match (video.codec, record.get(4), record.get(21)) {
            (VideoCodec::H264, Some(byte), _) => Self::Avc(length_bytes(*byte)),
            (VideoCodec::Hevc, _, Some(byte)) => Self::Hevc(length_bytes(*byte), byte >> 3 & 7),
            (VideoCodec::Av1, ..) => Self::Av1(Av1Sequence::after(av1_record_units(record))),
            _ => Self::EachOnTheLast,
        }
    }

    /// Whether no other frame depends on `frame`. It is `false` if that is not known.
    pub(crate) fn is_discardable(&mut self, frame: &[u8]) -> bool {
        match self {
            Self::Avc(length_bytes) => are_discardable(units(frame, *length_bytes), part_of_avc),
            Self::Hevc(length_bytes, layers) => {
                are_discardable(units(frame, *length_bytes), |unit| {
                    part_of_hevc(unit, *layers)
                })
            }
            Self::Av1(sequence) => sequence.is_discardable(frame),
            Self::EachOnTheLast => false,
        }
    }
}

/// What a NAL unit means for the question.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Part {
    /// A slice of a picture that no other one refers to.
    Discardable,
    /// Nothing that later pictures need.
    Accessory,
    /// A slice of another picture, a parameter set, or something unknown.
    Needed,
}

/// Whether there is a slice, and nothing among the units is needed.
fn are_discardable<'a>(
    units: impl Iterator<Item = &'a [u8]>,
    part: impl Fn(&[u8]) -> Part,
) -> bool {
    let mut has_slice = false;
    for part in units.map(part) {
        match part {
            Part::Discardable => has_slice = true,
            Part::Accessory => {}
            Part::Needed => return false,
        }
    }
    has_slice
}

fn part_of_avc(unit: &[u8]) -> Part {
    let Some(header) = unit.first() else {
        return Part::Accessory;
    };
    let is_reference = header & 0x60 != 0;
    match header & 0x1f {
        NON_IDR_SLICE if !is_reference => Part::Discardable,
        AVC_SUPPLEMENTAL | AVC_DELIMITER | AVC_FILLER => Part::Accessory,
        _ => Part::Needed,
    }
}

fn part_of_hevc(unit: &[u8], layers: u8) -> Part {
    /// The last of the types of slices that are sub-layer non-reference pictures. These have even
    /// numbers.
    const RASL_N: u8 = 8;
    let &[first, second, ..] = unit else {
        return Part::Accessory;
    };
    match first >> 1 {
        // Pictures of the same sub-layer do not refer to it, and there must be no higher one. The number
        // that is written is greater by one than that of the sub-layer, which begins with 0.
        0..=RASL_N if first & 3 == 0 && second & 7 == layers => Part::Discardable,
        HEVC_SUPPLEMENTAL | HEVC_DELIMITER | HEVC_FILLER => Part::Accessory,
        _ => Part::Needed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nal_units(units: &[&[u8]]) -> Vec<u8> {
        let mut frame = Vec::new();
        for unit in units {
            frame.extend((unit.len() as u16).to_be_bytes());
            frame.extend_from_slice(unit);
        }
        frame
    }

    #[test]
    fn every_slice_of_h264_must_say_so() {
        let judge = |units: &[&[u8]]| Dependencies::Avc(2).is_discardable(&nal_units(units));
        let (discardable, reference) = ([0x01, 0x9e], [0x41, 0x9a]);
        assert!(judge(&[&discardable]));
        assert!(judge(&[
            &[9, 0xf0],
            &[6, 1, 0x80],
            &discardable,
            &discardable
        ]));
        assert!(!judge(&[&reference]));
        assert!(!judge(&[&discardable, &reference]));
        // A picture parameter set, the end of a sequence, and no slice at all.
        assert!(!judge(&[&[0x68, 0xee], &discardable]));
        assert!(!judge(&[&discardable, &[10]]));
        assert!(!judge(&[&[9, 0xf0]]));
        assert!(!judge(&[]));
        assert!(!Dependencies::Avc(2).is_discardable(&[0xff; 9]));
    }

    #[test]
    fn only_the_highest_layer_of_hevc_is_discardable() {
        let judge = |layers, units: &[&[u8]]| {
            Dependencies::Hevc(2, layers).is_discardable(&nal_units(units))
        };
        let slice = |kind: u8, layer: u8| [kind << 1, layer + 1, 0x80];
        assert!(judge(1, &[&slice(0, 0)]));
        assert!(judge(1, &[&[39 << 1, 1, 4], &slice(8, 0)]));
        assert!(judge(3, &[&slice(2, 2)]));
        // A lower layer, an unknown number of layers, references, and a parameter set.
        assert!(!judge(3, &[&slice(0, 1)]));
        assert!(!judge(0, &[&slice(0, 0)]));
        for reference in [1, 3, 9, 16, 19, 21] {
            assert!(!judge(1, &[&slice(reference, 0)]), "{reference}");
        }
        assert!(!judge(1, &[&[34 << 1, 1, 0], &slice(0, 0)]));
        // Another layer than the base layer.
        assert!(!judge(1, &[&[1, 1, 0x80]]));
    }
}
