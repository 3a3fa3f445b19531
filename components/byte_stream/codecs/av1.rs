/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! AV1: <https://aomediacodec.github.io/av1-spec/>

use super::av1_frame_header::{frame_size, is_discardable};
use super::av1_sequence_header::SequenceHeader;
use crate::picture::ColorDescription;

const SEQUENCE_HEADER: u8 = 1;
const TEMPORAL_DELIMITER: u8 = 2;
const FRAME_HEADER: u8 = 3;
const TILE_GROUP: u8 = 4;
const METADATA: u8 = 5;
const FRAME: u8 = 6;
const REDUNDANT_FRAME_HEADER: u8 = 7;
const PADDING: u8 = 15;

/// Returns the codec string of an AV1CodecConfigurationRecord, with the mandatory fields:
/// <https://aomediacodec.github.io/av1-isobmff/#codecsparam>. It is `None` if `record` is not one.
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

/// Returns the OBUs in an AV1CodecConfigurationRecord.
pub(crate) fn av1_record_units(record: &[u8]) -> &[u8] {
    record.get(4..).unwrap_or_default()
}

/// Returns the colours in the sequence header among OBUs. It is `None` if there is no sequence
/// header.
pub(crate) fn av1_color(units: &[u8]) -> Option<ColorDescription> {
    sequence_headers(units).next().map(|header| header.color)
}

fn sequence_headers(units: &[u8]) -> impl Iterator<Item = SequenceHeader> {
    Unit::all(units)
        .filter(|unit| unit.kind == SEQUENCE_HEADER)
        .filter_map(|unit| SequenceHeader::read(unit.payload))
}

/// Reads the headers of the frames of a stream from its temporal units, one after another.
#[derive(Clone, Debug)]
pub(crate) struct Av1Sequence(Option<SequenceHeader>);

impl Av1Sequence {
    /// Makes the reader for a stream whose sequence header may be among these OBUs.
    pub(crate) fn after(units: &[u8]) -> Self {
        Self(sequence_headers(units).last())
    }

    /// Calls `check` with each width and height in a temporal unit, and returns its first error. A
    /// frame may claim to be larger than its sequence header allows, and not every decoder refuses
    /// it.
    pub(crate) fn check_sizes<E>(
        &mut self,
        units: &[u8],
        check: impl Fn(u32, u32) -> Result<(), E>,
    ) -> Result<(), E> {
        for unit in Unit::all(units) {
            let size = match unit.kind {
                SEQUENCE_HEADER => {
                    self.replace(&unit);
                    self.0.as_ref().map(|header| header.max_frame_size)
                }
                FRAME_HEADER | FRAME | REDUNDANT_FRAME_HEADER => {
                    let header = self.0.as_ref();
                    header.and_then(|header| frame_size(header, &unit))
                }
                _ => None,
            };
            if let Some((width, height)) = size {
                check(width, height)?;
            }
        }
        Ok(())
    }

    /// Whether no later frame depends on any frame of a temporal unit. It is `false` if that is not
    /// known.
    pub(crate) fn is_discardable(&mut self, units: &[u8]) -> bool {
        let mut has_frame = false;
        for unit in Unit::all(units) {
            match unit.kind {
                SEQUENCE_HEADER => {
                    self.replace(&unit);
                    return false;
                }
                FRAME_HEADER | FRAME => {
                    let header = self.0.as_ref();
                    let frame = header.and_then(|header| is_discardable(header, &unit));
                    if frame != Some(true) {
                        return false;
                    }
                    has_frame = true;
                }
                TEMPORAL_DELIMITER | TILE_GROUP | METADATA | REDUNDANT_FRAME_HEADER | PADDING => {}
                _ => return false,
            }
        }
        has_frame
    }

    fn replace(&mut self, unit: &Unit) {
        // Decoders ignore a sequence header that is broken.
        self.0 = SequenceHeader::read(unit.payload).or(self.0.take());
    }
}

/// An open bitstream unit (5.3).
pub(super) struct Unit<'a> {
    pub(super) kind: u8,
    pub(super) temporal_id: u8,
    pub(super) spatial_id: u8,
    pub(super) payload: &'a [u8],
}

impl<'a> Unit<'a> {
    /// Returns the units in `bytes`, until one goes on beyond their end.
    fn all(mut bytes: &'a [u8]) -> impl Iterator<Item = Self> {
        std::iter::from_fn(move || Self::next(&mut bytes))
    }

    fn next(bytes: &mut &'a [u8]) -> Option<Self> {
        let (header, mut rest) = bytes.split_first()?;
        let mut extension = 0;
        if header & 0x4 != 0 {
            (extension, rest) = rest.split_first().map(|(byte, rest)| (*byte, rest))?;
        }
        let size = if header & 0x2 != 0 {
            read_leb128(&mut rest)?
        } else {
            rest.len()
        };
        let (payload, after) = rest.split_at_checked(size)?;
        *bytes = after;
        Some(Self {
            kind: header >> 3 & 0xf,
            temporal_id: extension >> 5,
            spatial_id: extension >> 3 & 3,
            payload,
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_gives_the_codec_string() {
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
    fn a_sequence_header_gives_the_colors() {
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
        assert_eq!(av1_color(av1_record_units(&full)), Some(expected));
        // A temporal delimiter with an extension before it, and no size in its own header.
        let mut record = full[..4].to_vec();
        record.extend([0x16, 0, 0x00, 0x08]);
        record.extend(&full[6..]);
        assert_eq!(av1_color(av1_record_units(&record)), Some(expected));
        for length in 0..full.len() {
            assert_eq!(av1_color(av1_record_units(&full[..length])), None);
        }
    }
}
