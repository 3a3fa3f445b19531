/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What codecs write into sample entries and private data, whichever container carries it.

use bytes::{BufMut, Bytes, BytesMut};

/// The RFC 6381 string of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1) in a
/// sample entry of that name. `None` if it is too short or of another version.
pub(crate) fn avc_codec_string(sample_entry: &str, record: &[u8]) -> Option<String> {
    let [1, profile, compatibility, level, _, ..] = record else {
        return None;
    };
    Some(format!(
        "{sample_entry}.{profile:02X}{compatibility:02X}{level:02X}"
    ))
}

/// The string of the VP Codec ISO Media File Format Binding, in its mandatory fields.
pub(crate) fn vp9_codec_string(profile: u8, level: u8, bit_depth: u8) -> String {
    format!("vp09.{profile:02}.{level:02}.{bit_depth:02}")
}

/// The fields of an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1) that matter outside a decoder.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct AudioSpecificConfig {
    pub(crate) object_type: u8,
    /// Of what the decoder puts out, spectral band replication included.
    pub(crate) sample_rate: u32,
    /// `None` if the stream describes them elsewhere.
    pub(crate) channels: Option<u32>,
}

impl AudioSpecificConfig {
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut bits = Bits { bytes, position: 0 };
        let object_type = bits.audio_object_type()?;
        let mut sample_rate = bits.sampling_frequency()?;
        let channels = match bits.read(4)? {
            0 => None,
            7 => Some(8),
            11 => Some(7),
            12 | 14 => Some(8),
            count @ 1..=6 => Some(count),
            _ => return None,
        };
        // Spectral band replication (5) and parametric stereo (29) name the rate they produce.
        if matches!(object_type, 5 | 29) {
            sample_rate = bits.sampling_frequency()?;
        }
        Some(Self {
            object_type,
            sample_rate,
            channels,
        })
    }
}

/// The MPEG-4 audio object types that are AAC: Main, LC, LTP, SBR, ER LC, ER LD, PS, ER ELD.
pub(crate) fn is_aac_object_type(object_type: u8) -> bool {
    matches!(object_type, 1 | 2 | 4 | 5 | 17 | 23 | 29 | 39)
}

/// The object type indications of the three profiles of MPEG-2 AAC.
pub(crate) fn is_mpeg2_aac(object_type_indication: u8) -> bool {
    matches!(object_type_indication, 0x66..=0x68)
}

struct Bits<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Bits<'_> {
    fn read(&mut self, count: usize) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.position / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.position % 8) & 1);
            self.position += 1;
        }
        Some(value)
    }

    fn audio_object_type(&mut self) -> Option<u8> {
        match self.read(5)? {
            31 => self.read(6).map(|extension| 32 + extension as u8),
            object_type => Some(object_type as u8),
        }
    }

    fn sampling_frequency(&mut self) -> Option<u32> {
        const FREQUENCIES: [u32; 13] = [
            96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025,
            8_000, 7_350,
        ];
        match self.read(4)? {
            15 => self.read(24).filter(|frequency| *frequency > 0),
            index => FREQUENCIES.get(index as usize).copied(),
        }
    }
}

/// The Opus identification header (RFC 7845, section 5.1), which WebM has as it is, made from the
/// fields that ISO BMFF has after the version in its `dOps` box, big-endian. `None` if too short.
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

/// The channel count of an Opus identification header; `None` if it is not one.
pub(crate) fn opus_head_channels(head: &[u8]) -> Option<u32> {
    let fields = head.strip_prefix(b"OpusHead")?;
    match fields {
        [version, channels, _, _, _, _, _, _, _, _, _, ..]
            if version >> 4 == 0 && *channels > 0 =>
        {
            Some(u32::from(*channels))
        }
        _ => None,
    }
}

/// How long an Opus packet sounds, in nanoseconds (RFC 6716, section 3.1). `None` if it is none.
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
    fn audio_specific_config_of_aac_lc_and_he_aac() {
        let low_complexity = AudioSpecificConfig::read(&[0x11, 0x90]);
        let expected = AudioSpecificConfig {
            object_type: 2,
            sample_rate: 48_000,
            channels: Some(2),
        };
        assert_eq!(low_complexity, Some(expected));
        // 00101 0111 0001 0100 00010 000: SBR over a core of 22 050 Hz, one channel.
        let high_efficiency = AudioSpecificConfig::read(&[0x2b, 0x8a, 0x08, 0x00]);
        let expected = AudioSpecificConfig {
            object_type: 5,
            sample_rate: 44_100,
            channels: Some(1),
        };
        assert_eq!(high_efficiency, Some(expected));
        assert_eq!(AudioSpecificConfig::read(&[0x11]), None);
    }

    #[test]
    fn opus_head_is_the_same_from_either_container() {
        let head = opus_head_from_dops(&[2, 0x01, 0x38, 0, 0, 0xbb, 0x80, 0, 0, 0]);
        let expected = b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0";
        assert_eq!(head.as_deref(), Some(&expected[..]));
        assert_eq!(opus_head_channels(expected), Some(2));
        assert_eq!(opus_head_channels(b"OpusHead"), None);
    }

    #[test]
    fn opus_packets_tell_their_duration() {
        assert_eq!(opus_packet_duration(&[0xfc, 0]), Some(20_000_000));
        assert_eq!(opus_packet_duration(&[0xe3, 0x03]), Some(7_500_000));
        assert_eq!(opus_packet_duration(&[0x1b, 0x3f]), None);
        assert_eq!(opus_packet_duration(&[]), None);
    }
}
