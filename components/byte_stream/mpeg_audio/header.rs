/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The headers of MPEG audio frames: layers I, II and III (ISO/IEC 11172-3, 2.4.1.3; ISO/IEC
//! 13818-3, 2.4.1) and AAC in ADTS (ISO/IEC 14496-3, 1.A.2.2).

use bytes::Bytes;

use crate::track::{AudioCodec, AudioConfiguration};

/// The header of a frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct FrameHeader {
    pub(crate) format: FrameFormat,
    /// The number of bytes before the payload: the size of an ADTS header, or 0, as decoders of the
    /// layers take the whole frame.
    pub(crate) stripped: usize,
    /// The size in bytes of the whole frame.
    pub(crate) size: usize,
    /// The number of samples of one channel in the frame.
    pub(crate) samples: u32,
}

/// The fields that are the same in all frames of a track.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct FrameFormat {
    syntax: Syntax,
    pub(crate) sample_rate: u32,
    pub(crate) channels: u32,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Syntax {
    /// Layer I, II or III of MPEG audio.
    Layered { version: Version, layer: Layer },
    /// AAC in ADTS, with the fields of an AudioSpecificConfig.
    Adts {
        object_type: u8,
        frequency_index: u8,
        channel_configuration: u8,
    },
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Version {
    Mpeg1,
    /// MPEG-2, with half of the sample rates of MPEG-1, and other bit rates.
    Mpeg2,
    /// MPEG-2.5, with a quarter of the sample rates of MPEG-1. It is in no standard, but in use.
    Mpeg2_5,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Layer {
    One,
    Two,
    Three,
}

/// The bytes at a position at which a frame may begin.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum FrameStart {
    /// The bytes end too early to tell.
    Short,
    /// The bytes are not a header.
    None,
    /// The bytes are a header that is not supported, with the cause.
    Unsupported(&'static str),
    /// The bytes are this header.
    Header(FrameHeader),
}

impl FrameStart {
    /// Reads a header of MPEG audio or of ADTS. The layer, which is zero in ADTS alone, tells which
    /// it is.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        match bytes {
            [] | [0xff] => Self::Short,
            [0xff, second, ..] if second & 0xf6 == 0xf0 => read_adts(bytes),
            [0xff, second, ..] if second & 0xe0 == 0xe0 && second & 0x06 != 0 => {
                read_mpeg_audio(bytes)
            }
            _ => Self::None,
        }
    }
}

fn read_mpeg_audio(bytes: &[u8]) -> FrameStart {
    let Some([_, second, third, fourth]) = bytes.first_chunk() else {
        return FrameStart::Short;
    };
    let version = match second >> 3 & 3 {
        0 => Version::Mpeg2_5,
        2 => Version::Mpeg2,
        3 => Version::Mpeg1,
        _ => return FrameStart::None,
    };
    let layer = match second >> 1 & 3 {
        1 => Layer::Three,
        2 => Layer::Two,
        3 => Layer::One,
        _ => return FrameStart::None,
    };
    let sample_rate = match third >> 2 & 3 {
        0 => 44_100,
        1 => 48_000,
        2 => 32_000,
        _ => return FrameStart::None,
    };
    let sample_rate = match version {
        Version::Mpeg1 => sample_rate,
        Version::Mpeg2 => sample_rate / 2,
        Version::Mpeg2_5 => sample_rate / 4,
    };
    let bit_rate = match usize::from(third >> 4) {
        15 => return FrameStart::None,
        0 => return FrameStart::Unsupported("the free format of MPEG audio is not supported"),
        index => bit_rates(version, layer)[index - 1] * 1000,
    };
    let samples = match (layer, version) {
        (Layer::One, _) => 384,
        (Layer::Two, _) | (Layer::Three, Version::Mpeg1) => 1152,
        (Layer::Three, _) => 576,
    };
    let padding = u32::from(third >> 1 & 1);
    let size = match layer {
        // The frames of layer I are made of slots of four bytes.
        Layer::One => (samples / 32 * bit_rate / sample_rate + padding) * 4,
        Layer::Two | Layer::Three => samples / 8 * bit_rate / sample_rate + padding,
    };
    let is_mono = fourth >> 6 == 3;
    FrameStart::Header(FrameHeader {
        format: FrameFormat {
            syntax: Syntax::Layered { version, layer },
            sample_rate,
            channels: if is_mono { 1 } else { 2 },
        },
        stripped: 0,
        size: size as usize,
        samples,
    })
}

/// Returns the bit rates in kbit/s, by the index in the header minus one.
fn bit_rates(version: Version, layer: Layer) -> &'static [u32; 14] {
    match (version, layer) {
        (Version::Mpeg1, Layer::One) => &[
            32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448,
        ],
        (Version::Mpeg1, Layer::Two) => &[
            32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384,
        ],
        (Version::Mpeg1, Layer::Three) => &[
            32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
        ],
        (_, Layer::One) => &[
            32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256,
        ],
        (_, _) => &[8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    }
}

fn read_adts(bytes: &[u8]) -> FrameStart {
    /// The sample rates in Hz, by the index in the header.
    const FREQUENCIES: [u32; 13] = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025,
        8_000, 7_350,
    ];
    const SCALABLE_SAMPLE_RATE: u8 = 3;

    let Some([_, second, third, fourth, fifth, sixth, seventh]) = bytes.first_chunk() else {
        return FrameStart::Short;
    };
    let frequency_index = third >> 2 & 15;
    let Some(sample_rate) = FREQUENCIES.get(usize::from(frequency_index)) else {
        return FrameStart::None;
    };
    let has_checksum = second & 1 == 0;
    // Each block but the first has its place in the header then, and the header a checksum.
    let blocks = 1 + usize::from(seventh & 3);
    let stripped = if has_checksum { 7 + 2 * blocks } else { 7 };
    let size = usize::from(fourth & 3) << 11 | usize::from(*fifth) << 3 | usize::from(sixth >> 5);
    if size <= stripped {
        return FrameStart::None;
    }
    let object_type = (third >> 6) + 1;
    let channel_configuration = (third & 1) << 2 | fourth >> 6;
    if object_type == SCALABLE_SAMPLE_RATE {
        return FrameStart::Unsupported("the scalable sample rate profile of AAC is not supported");
    }
    let channels = match channel_configuration {
        0 => {
            return FrameStart::Unsupported(
                "ADTS frames that define their channels themselves are not supported",
            );
        }
        7 => 8,
        count => u32::from(count),
    };
    FrameStart::Header(FrameHeader {
        format: FrameFormat {
            syntax: Syntax::Adts {
                object_type,
                frequency_index,
                channel_configuration,
            },
            sample_rate: *sample_rate,
            channels,
        },
        stripped,
        size,
        // Decoders continue behind the first block by themselves.
        samples: 1024 * blocks as u32,
    })
}

impl FrameFormat {
    /// Returns how the frames are coded. Spectral band replication is not signalled in these
    /// headers, so the rate and the times are those of the core.
    pub(crate) fn configuration(&self) -> AudioConfiguration {
        let (codec, codec_string, extra_data) = match self.syntax {
            Syntax::Layered { version, layer } => {
                let codec = match layer {
                    Layer::One => AudioCodec::Mp1,
                    Layer::Two => AudioCodec::Mp2,
                    Layer::Three => AudioCodec::Mp3,
                };
                // The object type indications of the two standards, which do not tell the layer.
                let codec_string = match version {
                    Version::Mpeg1 => "mp4a.6B",
                    Version::Mpeg2 | Version::Mpeg2_5 => "mp4a.69",
                };
                (codec, codec_string.to_owned(), Bytes::new())
            }
            Syntax::Adts {
                object_type,
                frequency_index,
                channel_configuration,
            } => {
                // AudioSpecificConfig, ISO/IEC 14496-3, 1.6.2.1.
                let specific = u16::from(object_type) << 11
                    | u16::from(frequency_index) << 7
                    | u16::from(channel_configuration) << 3;
                let extra_data = Bytes::copy_from_slice(&specific.to_be_bytes());
                (
                    AudioCodec::Aac,
                    format!("mp4a.40.{object_type}"),
                    extra_data,
                )
            }
        };
        AudioConfiguration {
            codec,
            codec_string,
            extra_data,
            sample_rate: self.sample_rate,
            channels: self.channels,
            seek_preroll: 0,
        }
    }

    /// Whether the frames are AAC in ADTS.
    pub(crate) fn is_adts(&self) -> bool {
        matches!(self.syntax, Syntax::Adts { .. })
    }

    /// Returns the number of bytes of a layer III frame between its header and the main data. It is
    /// `None` for other frames.
    pub(super) fn side_information_bytes(&self) -> Option<usize> {
        let Syntax::Layered {
            version,
            layer: Layer::Three,
        } = self.syntax
        else {
            return None;
        };
        Some(match (version, self.channels) {
            (Version::Mpeg1, 1) => 17,
            (Version::Mpeg1, _) => 32,
            (_, 1) => 9,
            _ => 17,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(bytes: &[u8]) -> FrameHeader {
        match FrameStart::read(bytes) {
            FrameStart::Header(header) => header,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn headers_of_layer_three_are_read() {
        let joint_stereo = header(&[0xff, 0xfb, 0x92, 0x64]);
        assert_eq!((joint_stereo.size, joint_stereo.samples), (418, 1152));
        assert_eq!(joint_stereo.format.sample_rate, 44_100);
        assert_eq!(joint_stereo.format.channels, 2);
        assert_eq!(joint_stereo.format.configuration().codec_string, "mp4a.6B");
        let mono = header(&[0xff, 0xf3, 0x20, 0xc4]);
        assert_eq!((mono.size, mono.samples), (52, 576));
        assert_eq!((mono.format.sample_rate, mono.format.channels), (22_050, 1));
        let low_rate = header(&[0xff, 0xe3, 0x18, 0xc4]);
        assert_eq!((low_rate.size, low_rate.format.sample_rate), (72, 8_000));
    }

    #[test]
    fn headers_of_layers_one_and_two_are_read() {
        let of = |bytes: &[u8]| {
            let header = header(bytes);
            let codec = header.format.configuration().codec;
            let rate = header.format.sample_rate;
            (codec, rate, header.size, header.samples)
        };
        // 256 kbit/s of layer II at 48 kHz, the same at 44.1 kHz with padding, 160 kbit/s of MPEG-2.
        assert_eq!(
            of(&[0xff, 0xfd, 0xc4, 0]),
            (AudioCodec::Mp2, 48_000, 768, 1152)
        );
        assert_eq!(
            of(&[0xff, 0xfc, 0xc2, 0]),
            (AudioCodec::Mp2, 44_100, 836, 1152)
        );
        assert_eq!(
            of(&[0xff, 0xf5, 0xe4, 0]),
            (AudioCodec::Mp2, 24_000, 960, 1152)
        );
        assert_eq!(
            of(&[0xff, 0xe5, 0x88, 0xc0]),
            (AudioCodec::Mp2, 8_000, 1152, 1152)
        );
        // 384 kbit/s of layer I at 44.1 kHz without and with padding, 256 kbit/s of MPEG-2.
        assert_eq!(
            of(&[0xff, 0xff, 0xc0, 0]),
            (AudioCodec::Mp1, 44_100, 416, 384)
        );
        assert_eq!(
            of(&[0xff, 0xff, 0xc2, 0]),
            (AudioCodec::Mp1, 44_100, 420, 384)
        );
        assert_eq!(
            of(&[0xff, 0xf7, 0xe4, 0]),
            (AudioCodec::Mp1, 24_000, 512, 384)
        );
    }

    #[test]
    fn a_frame_of_adts_may_have_blocks() {
        let of = |bytes: &[u8]| {
            let header = header(bytes);
            (header.stripped, header.samples)
        };
        assert_eq!(
            of(&[0xff, 0xf1, 0x4c, 0x80, 0x2e, 0x7f, 0xfd]),
            (7, 2048),
            "two blocks"
        );
        assert_eq!(
            of(&[0xff, 0xf0, 0x4c, 0x80, 0x2e, 0x7f, 0xff]),
            (7 + 3 * 2 + 2, 4096),
            "four with checksums"
        );
    }

    #[test]
    fn headers_of_adts_are_read() {
        let stereo = header(&[0xff, 0xf1, 0x4c, 0x80, 0x2e, 0x7f, 0xfc]);
        assert_eq!(
            (stereo.size, stereo.stripped, stereo.samples),
            (371, 7, 1024)
        );
        let configuration = stereo.format.configuration();
        assert_eq!(configuration.codec_string, "mp4a.40.2");
        assert_eq!(&*configuration.extra_data, [0x11, 0x90]);
        assert_eq!(
            (configuration.sample_rate, configuration.channels),
            (48_000, 2)
        );
        let with_checksum = header(&[0xff, 0xf0, 0x4c, 0x80, 0x2e, 0x7f, 0xfc]);
        assert_eq!(with_checksum.stripped, 9);
    }

    #[test]
    fn what_is_no_header_or_not_supported() {
        let is_unsupported =
            |bytes: &[u8]| matches!(FrameStart::read(bytes), FrameStart::Unsupported(_));
        assert!(is_unsupported(&[0xff, 0xfb, 0x02, 0x64]), "free format");
        assert!(
            is_unsupported(&[0xff, 0xfd, 0x02, 0x64]),
            "free format of layer II"
        );
        for bytes in [
            &[0xff, 0xfb, 0xf2, 0x64][..],               // no such bit rate
            &[0xff, 0xfb, 0x9e, 0x64],                   // no such sample rate
            &[0xff, 0xeb, 0x92, 0x64],                   // no such version
            &[0xff, 0xf1, 0x7c, 0x80, 0x2e, 0x7f, 0xfc], // no such sample rate
            &[0xff, 0xf1, 0x4c, 0x80, 0x00, 0xff, 0xfc], // smaller than its header
            &[0xff, 0x1b],
            b"RIFF",
        ] {
            assert_eq!(FrameStart::read(bytes), FrameStart::None, "{bytes:x?}");
        }
        assert_eq!(FrameStart::read(&[0xff, 0xfb, 0x92]), FrameStart::Short);
        assert_eq!(FrameStart::read(&[0xff]), FrameStart::Short);
    }
}
