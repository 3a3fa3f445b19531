/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Finds out from the contents of samples of H.264 and HEVC whether decoding can begin at them.

use super::avc::{IDR_SLICE, NON_IDR_SLICE, SUPPLEMENTAL as AVC_SUPPLEMENTAL, is_intra};
use super::hevc::{SUPPLEMENTAL as HEVC_SUPPLEMENTAL, is_first_slice_intra};
use super::nal_unit::has_recovery_point;
use crate::track::{VideoCodec, VideoConfiguration};

/// The number of NAL units of a sample that are looked at. The parameter sets, supplemental
/// information and slices of a picture are far fewer, but hostile units can be a byte long.
const UNITS_PER_SAMPLE: usize = 512;

/// The form of NAL units in the samples of ISO BMFF, where each has its length before it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct NalUnitSamples {
    is_hevc: bool,
    /// The number of bytes of a length: 1 to 4.
    length_bytes: usize,
}

/// The kinds of pictures, by their first slice.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Picture {
    /// A picture after which nothing refers to anything before it.
    Refresh,
    /// A picture after which nothing that is shown later refers to anything before it. Pictures
    /// that are shown earlier may (CRA).
    CleanRandomAccess,
    Other,
}

impl NalUnitSamples {
    /// Makes the form of a configuration. It is `None` for codecs without NAL units.
    pub(crate) fn new(configuration: &VideoConfiguration) -> Option<Self> {
        // Where lengthSizeMinusOne is in the decoder configuration record.
        let (is_hevc, place) = match configuration.codec {
            VideoCodec::H264 => (false, 4),
            VideoCodec::Hevc => (true, 21),
            _ => return None,
        };
        let byte = configuration.extra_data.get(place)?;
        Some(Self {
            is_hevc,
            length_bytes: usize::from(byte & 3) + 1,
        })
    }

    /// Whether decoding can begin with a sample. `is_marked` says that the container calls it a
    /// random access point, which many muxers do wrongly: a refresh (IDR, BLA) is one whatever the
    /// container says, and another picture is none if it refers to others. For an intra picture of
    /// an open group and for a recovery point the container decides.
    pub(crate) fn is_random_access_point(self, sample: &[u8], is_marked: bool) -> bool {
        let Some(picture) = self.units(sample).find_map(|unit| self.picture(unit)) else {
            return is_marked;
        };
        match picture {
            Picture::Refresh => true,
            Picture::CleanRandomAccess => is_marked,
            Picture::Other => is_marked && self.is_entry(sample),
        }
    }

    /// Returns the NAL units in a sample, until one goes on beyond its end.
    fn units(self, mut sample: &[u8]) -> impl Iterator<Item = &[u8]> {
        let next = move || {
            let (length, rest) = sample.split_at_checked(self.length_bytes)?;
            let length = length
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            let (unit, rest) = rest.split_at_checked(length)?;
            sample = rest;
            Some(unit)
        };
        std::iter::from_fn(next).take(UNITS_PER_SAMPLE)
    }

    /// Returns the kind of picture that a slice belongs to. It is `None` if the unit is no slice.
    fn picture(self, unit: &[u8]) -> Option<Picture> {
        let kind = self.kind(unit)?;
        match (self.is_hevc, kind) {
            (false, IDR_SLICE) | (true, 16..=20) => Some(Picture::Refresh),
            (true, 21..=23) => Some(Picture::CleanRandomAccess),
            (false, NON_IDR_SLICE..IDR_SLICE) | (true, 0..=15) => Some(Picture::Other),
            _ => None,
        }
    }

    fn kind(self, unit: &[u8]) -> Option<u8> {
        let header = *unit.first()?;
        Some(if self.is_hevc {
            header >> 1 & 0x3f
        } else {
            header & 0x1f
        })
    }

    /// Whether a picture that is no refresh is a recovery point, or refers to no other one.
    fn is_entry(self, sample: &[u8]) -> bool {
        let mut slices = 0;
        for unit in self.units(sample) {
            let header_bytes = if self.is_hevc { 2 } else { 1 };
            let (Some(kind), Some(payload)) = (self.kind(unit), unit.get(header_bytes..)) else {
                continue;
            };
            let supplemental = if self.is_hevc {
                HEVC_SUPPLEMENTAL
            } else {
                AVC_SUPPLEMENTAL
            };
            if kind == supplemental && slices == 0 && has_recovery_point(payload) {
                return true;
            }
            if self.picture(unit).is_some() {
                slices += 1;
                let is_intra = match self.is_hevc {
                    false => is_intra(payload),
                    true => is_first_slice_intra(payload),
                };
                if !is_intra {
                    return false;
                }
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::picture::{ColorDescription, Orientation, PixelAspectRatio};

    fn samples(codec: VideoCodec, length_bytes: u8) -> NalUnitSamples {
        let mut record = vec![1; 23];
        record[if codec == VideoCodec::H264 { 4 } else { 21 }] = 0xfc | (length_bytes - 1);
        let configuration = VideoConfiguration {
            codec,
            codec_string: String::new(),
            extra_data: Bytes::from(record),
            width: 16,
            height: 16,
            pixel_aspect_ratio: PixelAspectRatio::default(),
            orientation: Orientation::default(),
            color: ColorDescription::default(),
        };
        NalUnitSamples::new(&configuration).expect("it has NAL units")
    }

    /// Says whether a sample is a random access point if it is not marked, and if it is.
    fn judge(samples: NalUnitSamples, units: &[&[u8]]) -> (bool, bool) {
        let mut sample = Vec::new();
        for unit in units {
            let length = (unit.len() as u32).to_be_bytes();
            sample.extend_from_slice(&length[4 - samples.length_bytes..]);
            sample.extend_from_slice(unit);
        }
        let judge = |is_marked| samples.is_random_access_point(&sample, is_marked);
        (judge(false), judge(true))
    }

    const NEVER: (bool, bool) = (false, false);
    const ALWAYS: (bool, bool) = (true, true);
    const AS_MARKED: (bool, bool) = (false, true);

    #[test]
    fn random_access_points_of_h264_are_found() {
        // first_mb_in_slice 0, slice_type 7 (I), 5 (P) and 6 (B).
        let (intra, predicted, both) = ([0x41, 0x88], [0x41, 0x98], [0x01, 0x9c]);
        let recovery_point = [6, 6, 1, 0xc4, 0x80];
        let (delimiter, parameters) = ([9, 0x10], [0x67, 0x64, 0, 0x0c]);
        for length_bytes in [1, 2, 3, 4] {
            let samples = samples(VideoCodec::H264, length_bytes);
            let judge = |units: &[&[u8]]| judge(samples, units);
            assert_eq!(judge(&[&delimiter, &parameters, &[0x65, 0x88]]), ALWAYS);
            assert_eq!(judge(&[&delimiter, &predicted]), NEVER);
            assert_eq!(judge(&[&both]), NEVER);
            assert_eq!(judge(&[&intra, &predicted]), NEVER);
            assert_eq!(judge(&[&intra, &intra]), AS_MARKED);
            assert_eq!(judge(&[&recovery_point, &predicted]), AS_MARKED);
            assert_eq!(judge(&[&parameters]), AS_MARKED);
            assert_eq!(judge(&[]), AS_MARKED);
            // The second field of a picture whose first field is a refresh may refer to that field.
            assert_eq!(judge(&[&[0x65, 0x88], &predicted]), ALWAYS);
        }
    }

    #[test]
    fn random_access_points_of_hevc_are_found() {
        let slice = |kind: u8, fields: u8| [kind << 1, 1, fields];
        let recovery_point = [39 << 1, 1, 6, 1, 0x80, 0x80];
        let samples = samples(VideoCodec::Hevc, 4);
        let judge = |units: &[&[u8]]| judge(samples, units);
        for refresh in 16..=20 {
            assert_eq!(judge(&[&slice(refresh, 0xac)]), ALWAYS);
        }
        assert_eq!(judge(&[&slice(21, 0xac)]), AS_MARKED);
        // first_slice_segment_in_pic_flag 1, parameter set 0, slice_type 1 (P), and 2 (I).
        assert_eq!(judge(&[&slice(1, 0b1101_0000)]), NEVER);
        assert_eq!(judge(&[&slice(0, 0b1101_1000)]), AS_MARKED);
        assert_eq!(judge(&[&recovery_point, &slice(1, 0b1101_0000)]), AS_MARKED);
    }

    #[test]
    fn broken_samples_are_what_the_container_says() {
        let samples = samples(VideoCodec::H264, 4);
        for sample in [&[0, 0, 0, 9, 0x65][..], &[0, 0], &[0; 4096], &[0xff; 64]] {
            assert!(samples.is_random_access_point(sample, true));
            assert!(!samples.is_random_access_point(sample, false));
        }
    }
}
