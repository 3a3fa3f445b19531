/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Opus.

use bytes::{BufMut, Bytes, BytesMut};

/// The sample rate in Hz that every decoder puts out, whatever went into the encoder.
pub(crate) const OPUS_SAMPLE_RATE: u32 = 48_000;

/// The number of samples in the 80 ms after which a decoder has converged (RFC 7845, section 4.6).
pub(crate) const OPUS_SEEK_PREROLL: u32 = 3840;

/// The fields of an identification header (RFC 7845, section 5.1) that matter outside a decoder.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct OpusHead {
    pub(crate) channels: u32,
    pub(crate) pre_skip: u32,
    has_valid_mapping: bool,
}

impl OpusHead {
    /// Whether a decoder can be made for the channel mapping.
    pub(crate) fn has_valid_mapping(&self) -> bool {
        self.has_valid_mapping
    }

    /// Reads an identification header. It is `None` if `head` is not one.
    pub(crate) fn read(head: &[u8]) -> Option<Self> {
        let fields = head.strip_prefix(b"OpusHead")?;
        match *fields {
            [
                version,
                channels,
                skip0,
                skip1,
                _,
                _,
                _,
                _,
                _,
                _,
                family,
                ref mapping @ ..,
            ] if version >> 4 == 0 && channels > 0 => Some(Self {
                channels: u32::from(channels),
                pre_skip: u32::from(u16::from_le_bytes([skip0, skip1])),
                has_valid_mapping: is_valid_mapping(family, channels, mapping),
            }),
            _ => None,
        }
    }
}

/// Whether a decoder can be made for the channel mapping (RFC 7845, section 5.1.1): the numbers of
/// streams add up, and each channel is one of a stream or silent.
fn is_valid_mapping(family: u8, channels: u8, mapping: &[u8]) -> bool {
    const SILENT: u8 = 255;
    if family == 0 {
        return channels <= 2;
    }
    let (&[streams, coupled, ..], Some(table)) =
        (mapping, mapping.get(2..2 + usize::from(channels)))
    else {
        return false;
    };
    let is_family_known = family == 1 && channels <= 8 || family == u8::MAX;
    let decoded = streams.checked_add(coupled);
    let is_decoded = |index: &u8| *index == SILENT || Some(*index) < decoded;
    is_family_known
        && streams > 0
        && coupled <= streams
        && decoded.is_some()
        && table.iter().all(is_decoded)
}

/// Makes an identification header, which is the form that WebM has, from the big-endian fields
/// after the version in a `dOps` box of ISO BMFF. It is `None` if they are too short.
pub(crate) fn opus_head_from_dops(fields: &[u8]) -> Option<Bytes> {
    let [
        channels,
        skip1,
        skip0,
        rate3,
        rate2,
        rate1,
        rate0,
        gain1,
        gain0,
        mapping @ ..,
    ] = fields
    else {
        return None;
    };
    let mut head = BytesMut::with_capacity(8 + 1 + fields.len());
    head.put_slice(b"OpusHead\x01");
    head.put_slice(&[
        *channels, *skip0, *skip1, *rate0, *rate1, *rate2, *rate3, *gain0, *gain1,
    ]);
    head.put_slice(mapping);
    (!mapping.is_empty()).then(|| head.freeze())
}

/// Makes an identification header for a stream of one or two channels that has none. It is `None`
/// for more channels, as their mapping is not known.
pub(crate) fn opus_head_of_channels(channels: u32, pre_skip: u16) -> Option<Bytes> {
    let channels = u8::try_from(channels)
        .ok()
        .filter(|channels| (1..=2).contains(channels))?;
    let mut head = BytesMut::from(&b"OpusHead\x01"[..]);
    head.put_u8(channels);
    head.put_u16_le(pre_skip);
    head.put_u32_le(OPUS_SAMPLE_RATE);
    head.put_slice(&[0, 0, 0]); // gain, mapping family
    Some(head.freeze())
}

/// Returns the duration of an Opus packet in nanoseconds (RFC 6716, section 3.1). It is `None` if
/// `packet` is not one.
pub(crate) fn opus_packet_duration(packet: &[u8]) -> Option<i64> {
    let toc = *packet.first()?;
    let configuration = toc >> 3;
    let frame_microseconds: i64 = match configuration {
        0..=11 => [10_000, 20_000, 40_000, 60_000][usize::from(configuration % 4)],
        12..=15 => [10_000, 20_000][usize::from(configuration % 2)],
        _ => [2_500, 5_000, 10_000, 20_000][usize::from(configuration % 4)],
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => i64::from(packet.get(1)? & 0x3f),
    };
    // A packet holds at most 120 ms.
    let microseconds = frame_microseconds * frames;
    (1..=120_000)
        .contains(&microseconds)
        .then_some(microseconds * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_the_same_from_either_container() {
        let head = opus_head_from_dops(&[2, 0x01, 0x38, 0, 0, 0xbb, 0x80, 0, 0, 0]);
        let expected = b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0";
        assert_eq!(head.as_deref(), Some(&expected[..]));
        let fields = OpusHead {
            channels: 2,
            pre_skip: 312,
            has_valid_mapping: true,
        };
        assert_eq!(OpusHead::read(expected), Some(fields));
        assert_eq!(OpusHead::read(b"OpusHead"), None);
        let made = opus_head_of_channels(2, 312).expect("two are enough");
        assert_eq!(OpusHead::read(&made).map(|head| head.pre_skip), Some(312));
        assert_eq!(opus_head_of_channels(3, 0), None);
    }

    #[test]
    fn packets_tell_their_duration() {
        assert_eq!(opus_packet_duration(&[0xfc, 0]), Some(20_000_000));
        assert_eq!(opus_packet_duration(&[0xe3, 0x03]), Some(7_500_000));
        assert_eq!(opus_packet_duration(&[0x1b, 0x3f]), None);
        assert_eq!(opus_packet_duration(&[]), None);
    }
}
