/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! AAC.

use super::bits::Bits;

/// The fields of an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1) that matter outside a decoder.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct AudioSpecificConfig {
    pub(crate) object_type: u8,
    /// The sample rate in Hz that the decoder puts out, with spectral band replication where it is
    /// signalled.
    pub(crate) sample_rate: u32,
    /// The number of channels that the decoder puts out; `None` if the stream describes them elsewhere.
    pub(crate) channels: Option<u32>,
}

const LOW_COMPLEXITY: u8 = 2;
const SPECTRAL_BAND_REPLICATION: u8 = 5;
const PARAMETRIC_STEREO: u8 = 29;

impl AudioSpecificConfig {
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut bits = Bits::new(bytes);
        let object_type = audio_object_type(&mut bits)?;
        let core_sample_rate = sampling_frequency(&mut bits)?;
        let channel_configuration = bits.read(4)?;
        let mut channels = match channel_configuration {
            0 => None,
            7 => Some(8),
            11 => Some(7),
            12 | 14 => Some(8),
            count @ 1..=6 => Some(count),
            _ => return None,
        };
        let extension = match object_type {
            SPECTRAL_BAND_REPLICATION | PARAMETRIC_STEREO => Some(Extension {
                sample_rate: sampling_frequency(&mut bits)?,
                has_parametric_stereo: object_type == PARAMETRIC_STEREO,
            }),
            LOW_COMPLEXITY if channel_configuration > 0 => Extension::find(&mut bits),
            _ => None,
        };
        if channels == Some(1)
            && extension
                .as_ref()
                .is_some_and(|it| it.has_parametric_stereo)
        {
            channels = Some(2);
        }
        let sample_rate = extension.map_or(core_sample_rate, |it| it.sample_rate);
        Some(Self {
            object_type,
            sample_rate,
            channels,
        })
    }
}

/// The fields that high efficiency AAC adds to those of the core.
struct Extension {
    sample_rate: u32,
    has_parametric_stereo: bool,
}

impl Extension {
    /// Finds the backward compatible signalling. It stands behind the GASpecificConfig, where old
    /// decoders do not look.
    fn find(bits: &mut Bits) -> Option<Self> {
        bits.read(1)?; // frameLengthFlag
        if bits.flag()? {
            bits.read(14)?; // coreCoderDelay
        }
        bits.read(1)?; // extensionFlag
        let is_replication = bits.read(11)? == 0x2b7
            && audio_object_type(bits)? == SPECTRAL_BAND_REPLICATION
            && bits.flag()?;
        if !is_replication {
            return None;
        }
        let sample_rate = sampling_frequency(bits)?;
        let has_parametric_stereo = bits.read(11) == Some(0x548) && bits.flag() == Some(true);
        Some(Self {
            sample_rate,
            has_parametric_stereo,
        })
    }
}

fn audio_object_type(bits: &mut Bits) -> Option<u8> {
    match bits.read(5)? {
        31 => bits.read(6).map(|extension| 32 + extension as u8),
        object_type => Some(object_type as u8),
    }
}

fn sampling_frequency(bits: &mut Bits) -> Option<u32> {
    const FREQUENCIES: [u32; 13] = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025,
        8_000, 7_350,
    ];
    match bits.read(4)? {
        15 => bits.read(24).filter(|frequency| *frequency > 0),
        index => FREQUENCIES.get(index as usize).copied(),
    }
}

/// Whether an MPEG-4 audio object type is AAC: Main, LC, LTP, SBR, ER LC, ER LD, PS or ER ELD.
pub(crate) fn is_aac_object_type(object_type: u8) -> bool {
    matches!(object_type, 1 | 2 | 4 | 5 | 17 | 23 | 29 | 39)
}

/// Whether an object type indication is that of one of the three profiles of MPEG-2 AAC.
pub(crate) fn is_mpeg2_aac(object_type_indication: u8) -> bool {
    matches!(object_type_indication, 0x66..=0x68)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(object_type: u8, sample_rate: u32, channels: u32) -> Option<AudioSpecificConfig> {
        Some(AudioSpecificConfig {
            object_type,
            sample_rate,
            channels: Some(channels),
        })
    }

    #[test]
    fn a_low_complexity_config_is_read() {
        let read = AudioSpecificConfig::read(&[0x11, 0x90]);
        assert_eq!(read, config(2, 48_000, 2));
        assert_eq!(AudioSpecificConfig::read(&[0x11]), None);
    }

    #[test]
    fn high_efficiency_tells_what_comes_out() {
        // 00101 0111 0001 0100 00010 000: SBR over a core of 22 050 Hz, one channel.
        let explicit = AudioSpecificConfig::read(&[0x2b, 0x8a, 0x08, 0x00]);
        assert_eq!(explicit, config(5, 44_100, 1));
        // The same with parametric stereo, 11101.
        let stereo = AudioSpecificConfig::read(&[0xeb, 0x8a, 0x08, 0x00]);
        assert_eq!(stereo, config(29, 44_100, 2));
        // 00010 0111 0001 000, 0x2b7 00101 1 0100, 0x548 1.
        let compatible = AudioSpecificConfig::read(&[0x13, 0x88, 0x56, 0xe5, 0xa5, 0x48, 0x80]);
        assert_eq!(compatible, config(2, 44_100, 2));
    }
}
