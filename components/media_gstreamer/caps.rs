/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Codec configurations as GStreamer's capabilities.

use byte_stream::track::{
    AudioCodec, AudioConfiguration, Codec, CodecConfiguration, VideoCodec, VideoConfiguration,
};
use bytes::Bytes;
use gstreamer::{Array, Buffer, Caps};

use crate::error::PlayerError;

/// What every stream of `codec` has in common, for choosing a decoder.
pub(crate) fn of_codec(codec: Codec) -> Caps {
    match codec {
        Codec::Audio(AudioCodec::Aac) => Caps::builder("audio/mpeg")
            .field("mpegversion", 4)
            .field("stream-format", "raw")
            .field("framed", true)
            .build(),
        Codec::Audio(AudioCodec::Ac3) => framed("audio/x-ac3"),
        Codec::Audio(AudioCodec::Eac3) => framed("audio/x-eac3"),
        Codec::Audio(AudioCodec::Flac) => framed("audio/x-flac"),
        Codec::Audio(AudioCodec::Mp1) => mpeg_audio(1),
        Codec::Audio(AudioCodec::Mp2) => mpeg_audio(2),
        Codec::Audio(AudioCodec::Mp3) => mpeg_audio(3),
        Codec::Audio(AudioCodec::Opus) => Caps::builder("audio/x-opus")
            .field("channel-mapping-family", 0)
            .build(),
        Codec::Audio(AudioCodec::Vorbis) => Caps::new_empty_simple("audio/x-vorbis"),
        Codec::Video(VideoCodec::Av1) => Caps::builder("video/x-av1")
            .field("stream-format", "obu-stream")
            .field("alignment", "tu")
            .build(),
        Codec::Video(VideoCodec::H264) => Caps::builder("video/x-h264")
            .field("stream-format", "avc")
            .field("alignment", "au")
            .build(),
        Codec::Video(VideoCodec::Hevc) => Caps::builder("video/x-h265")
            .field("stream-format", "hvc1")
            .field("alignment", "au")
            .build(),
        Codec::Video(VideoCodec::Vp8) => Caps::new_empty_simple("video/x-vp8"),
        Codec::Video(VideoCodec::Vp9) => Caps::new_empty_simple("video/x-vp9"),
        // Nothing decodes cues.
        Codec::Text(_) => Caps::new_empty(),
    }
}

fn mpeg_audio(layer: i32) -> Caps {
    Caps::builder("audio/mpeg")
        .field("mpegversion", 1)
        .field("layer", layer)
        .field("parsed", true)
        .build()
}

fn framed(name: &'static str) -> Caps {
    Caps::builder(name).field("framed", true).build()
}

/// What a decoder is told before the first frame of `configuration`.
pub(crate) fn of_configuration(configuration: &CodecConfiguration) -> Result<Caps, PlayerError> {
    let mut caps = of_codec(configuration.codec());
    let fields = caps.make_mut();
    match configuration {
        CodecConfiguration::Audio(audio) => {
            fields.set("rate", to_int(audio.sample_rate));
            fields.set("channels", to_int(audio.channels));
            match audio.codec {
                AudioCodec::Aac => {
                    fields.set("codec_data", Buffer::from_slice(audio.extra_data.clone()));
                }
                AudioCodec::Flac => fields.set("streamheader", flac_headers(audio)?),
                AudioCodec::Opus => set_opus_mapping(&mut caps, audio),
                AudioCodec::Vorbis => fields.set("streamheader", vorbis_headers(audio)?),
                // Each frame says it all.
                AudioCodec::Ac3
                | AudioCodec::Eac3
                | AudioCodec::Mp1
                | AudioCodec::Mp2
                | AudioCodec::Mp3 => {}
            }
        }
        CodecConfiguration::Video(video) => {
            set_picture_size(&mut caps, video);
            if matches!(
                video.codec,
                VideoCodec::Av1 | VideoCodec::H264 | VideoCodec::Hevc
            ) {
                let codec_data = Buffer::from_slice(video.extra_data.clone());
                caps.make_mut().set("codec_data", codec_data);
            }
        }
        CodecConfiguration::Text(_) => {}
    }
    Ok(caps)
}

fn set_picture_size(caps: &mut Caps, video: &VideoConfiguration) {
    let fields = caps.make_mut();
    fields.set("width", to_int(video.width));
    fields.set("height", to_int(video.height));
}

/// The channel mapping of an `OpusHead` with more than two channels.
/// <https://www.rfc-editor.org/rfc/rfc7845#section-5.1>
fn set_opus_mapping(caps: &mut Caps, audio: &AudioConfiguration) {
    let head = &audio.extra_data;
    let Some(&[family, streams, coupled]) = head.get(18..21) else {
        return;
    };
    let Some(mapping) = head[21..].get(..audio.channels as usize) else {
        return;
    };
    if !head.starts_with(b"OpusHead") || family == 0 {
        return;
    }
    let fields = caps.make_mut();
    fields.set("channel-mapping-family", i32::from(family));
    fields.set("stream-count", i32::from(streams));
    fields.set("coupled-count", i32::from(coupled));
    fields.set(
        "channel-mapping",
        Array::new(mapping.iter().map(|&index| i32::from(index))),
    );
}

/// The identification, comment and setup headers, out of their Xiph lacing: the number of headers
/// minus one, the sizes of all but the last, then the headers.
fn vorbis_headers(audio: &AudioConfiguration) -> Result<Array, PlayerError> {
    let headers = split_xiph_lacing(&audio.extra_data).ok_or(PlayerError::Configuration {
        codec: audio.codec_string.clone(),
        cause: "its Vorbis headers are cut short",
    })?;
    Ok(Array::new(headers.into_iter().map(Buffer::from_slice)))
}

/// The metadata blocks, the first with the identification header that the mapping to Ogg puts before
/// it, which is the form that decoders take them in.
/// <https://www.rfc-editor.org/rfc/rfc9639#section-10.1>
fn flac_headers(audio: &AudioConfiguration) -> Result<Array, PlayerError> {
    let blocks = split_flac_blocks(&audio.extra_data).ok_or(PlayerError::Configuration {
        codec: audio.codec_string.clone(),
        cause: "its FLAC headers are cut short",
    })?;
    let further = u16::try_from(blocks.len() - 1).unwrap_or(0).to_be_bytes();
    let mut identification = b"\x7fFLAC\x01\x00".to_vec();
    identification.extend(further);
    identification.extend(b"fLaC");
    identification.extend(&blocks[0]);
    let first = Buffer::from_slice(identification);
    let others = blocks.into_iter().skip(1).map(Buffer::from_slice);
    Ok(Array::new(std::iter::once(first).chain(others)))
}

/// The metadata blocks after the `fLaC` marker, each with its header; at least one.
fn split_flac_blocks(headers: &Bytes) -> Option<Vec<Bytes>> {
    let mut blocks = Vec::new();
    let mut place = headers.starts_with(b"fLaC").then_some(4)?;
    while place < headers.len() {
        let &[_, a, b, c] = headers.get(place..place + 4)? else {
            return None;
        };
        let end = place + 4 + u32::from_be_bytes([0, a, b, c]) as usize;
        headers.get(place..end)?;
        blocks.push(headers.slice(place..end));
        place = end;
    }
    (!blocks.is_empty()).then_some(blocks)
}

fn split_xiph_lacing(laced: &Bytes) -> Option<[Bytes; 3]> {
    if *laced.first()? != 2 {
        return None;
    }
    let mut place = 1;
    let mut next_size = || {
        let mut size = 0;
        loop {
            let part = *laced.get(place)?;
            place += 1;
            size += usize::from(part);
            if part < u8::MAX {
                return Some(size);
            }
        }
    };
    let (first, second) = (next_size()?, next_size()?);
    let (comment, setup) = (place + first, place + first + second);
    let is_complete = setup < laced.len();
    is_complete.then(|| {
        [
            laced.slice(place..comment),
            laced.slice(comment..setup),
            laced.slice(setup..),
        ]
    })
}

fn to_int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_xiph_lacing_with_a_size_over_255() {
        let mut laced = vec![2, 3, 255, 1];
        laced.extend([b'i'; 3]);
        laced.extend([b'c'; 256]);
        laced.extend([b's'; 5]);
        let [identification, comment, setup] =
            split_xiph_lacing(&Bytes::from(laced)).expect("well formed");
        assert_eq!(identification, vec![b'i'; 3]);
        assert_eq!(comment, vec![b'c'; 256]);
        assert_eq!(setup, vec![b's'; 5]);
    }

    #[test]
    fn test_broken_flac_headers_are_refused() {
        for headers in [
            &b""[..],
            b"fLaC",
            b"fLaC\x80\0",
            b"fLaC\x80\0\0\x02a",
            b"flac\x80\0\0\x01a",
        ] {
            assert_eq!(split_flac_blocks(&Bytes::copy_from_slice(headers)), None);
        }
        let two = Bytes::from_static(b"fLaC\0\0\0\x01a\x84\0\0\0");
        let blocks = split_flac_blocks(&two).expect("well formed");
        assert_eq!(blocks, [&b"\0\0\0\x01a"[..], b"\x84\0\0\0"]);
    }

    #[test]
    fn test_opus_for_six_loudspeakers_keeps_its_mapping() {
        gstreamer::init().expect("GStreamer is installed");
        let mut head = b"OpusHead\x01\x06\x38\x01\x80\xbb\0\0\0\0".to_vec();
        head.extend([1, 4, 2, 0, 4, 1, 2, 3, 5]);
        let configuration = |head: &[u8]| {
            CodecConfiguration::Audio(AudioConfiguration {
                codec: AudioCodec::Opus,
                codec_string: "opus".to_owned(),
                extra_data: Bytes::copy_from_slice(head),
                sample_rate: 48_000,
                channels: 6,
                pre_skip: 312,
                seek_preroll: 3840,
            })
        };
        let caps = of_configuration(&configuration(&head)).expect("well formed");
        let fields = caps.structure(0).expect("there is one");
        assert_eq!(fields.get("channel-mapping-family"), Ok(1));
        assert_eq!(fields.get("stream-count"), Ok(4));
        assert_eq!(fields.get("coupled-count"), Ok(2));
        let mapping = fields.get::<Array>("channel-mapping").expect("it is set");
        let mapping: Vec<i32> = mapping.iter().flat_map(|index| index.get()).collect();
        assert_eq!(mapping, [0, 4, 1, 2, 3, 5]);
        // Cut short.
        let caps = of_configuration(&configuration(&head[..24])).expect("well formed");
        let fields = caps.structure(0).expect("there is one");
        assert_eq!(fields.get("channel-mapping-family"), Ok(0));
    }

    #[test]
    fn test_broken_xiph_lacing_is_refused() {
        for laced in [
            &b""[..],
            b"\x02",
            b"\x02\xff",
            b"\x02\x01\x01ab",
            b"\x01\x01abc",
        ] {
            assert_eq!(split_xiph_lacing(&Bytes::copy_from_slice(laced)), None);
        }
    }
}
