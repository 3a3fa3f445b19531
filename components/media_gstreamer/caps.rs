/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Codec configurations as GStreamer's capabilities.

use byte_stream::configuration_check::{check_configuration, split_vorbis_headers};
use byte_stream::track::{AudioCodec, AudioConfiguration, Codec, CodecConfiguration, VideoCodec};
use gstreamer::{Array, Buffer, Caps};

use media_source::PlayerError;

/// Returns the capabilities that all streams of `codec` have. They are for choosing a decoder.
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

/// Returns the capabilities that a decoder gets before the first frame of `configuration`.
pub(crate) fn of_configuration(configuration: &CodecConfiguration) -> Result<Caps, PlayerError> {
    // No configuration that a decoder cannot take reaches one, whatever it comes from.
    check_configuration(configuration).map_err(|cause| broken(configuration, cause))?;
    let mut caps = of_codec(configuration.codec());
    let fields = caps.make_mut();
    match configuration {
        CodecConfiguration::Audio(audio) => {
            fields.set("rate", to_int(configuration, audio.sample_rate)?);
            fields.set("channels", to_int(configuration, audio.channels)?);
            match audio.codec {
                AudioCodec::Aac => {
                    fields.set("codec_data", Buffer::from_slice(audio.extra_data.clone()));
                }
                AudioCodec::Flac => fields.set("streamheader", flac_headers(audio)),
                AudioCodec::Opus => set_opus_mapping(&mut caps, audio),
                AudioCodec::Vorbis => {
                    let headers = split_vorbis_headers(&audio.extra_data);
                    let headers = headers.into_iter().flatten().map(Buffer::from_slice);
                    fields.set("streamheader", Array::new(headers));
                }
                // Each frame contains all that a decoder needs.
                AudioCodec::Ac3
                | AudioCodec::Eac3
                | AudioCodec::Mp1
                | AudioCodec::Mp2
                | AudioCodec::Mp3 => {}
            }
        }
        CodecConfiguration::Video(video) => {
            fields.set("width", to_int(configuration, video.width)?);
            fields.set("height", to_int(configuration, video.height)?);
            if matches!(
                video.codec,
                VideoCodec::Av1 | VideoCodec::H264 | VideoCodec::Hevc
            ) && !video.extra_data.is_empty()
            {
                fields.set("codec_data", Buffer::from_slice(video.extra_data.clone()));
            }
        }
        CodecConfiguration::Text(_) => {}
    }
    Ok(caps)
}

/// Returns the error for a configuration that no decoder can take, because of `cause`.
pub(crate) fn broken(configuration: &CodecConfiguration, cause: &'static str) -> PlayerError {
    PlayerError::Configuration {
        codec: configuration.codec_string().to_owned(),
        cause,
    }
}

/// Sets the channel mapping of an `OpusHead` with more than two channels.
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

/// Returns STREAMINFO with the identification header that the mapping to Ogg puts before it. Decoders
/// take it in this form. No other metadata blocks follow, of which there may be millions.
/// <https://www.rfc-editor.org/rfc/rfc9639#section-10.1>
fn flac_headers(audio: &AudioConfiguration) -> Array {
    const MARKER_AND_STREAMINFO: usize = 4 + 4 + 34;
    let mut identification = b"\x7fFLAC\x01\x00\x00\x00".to_vec();
    // Its length was checked.
    identification.extend(audio.extra_data.iter().take(MARKER_AND_STREAMINFO));
    Array::new([Buffer::from_slice(identification)])
}

fn to_int(configuration: &CodecConfiguration, number: u32) -> Result<i32, PlayerError> {
    i32::try_from(number).map_err(|_| broken(configuration, "a number is too large"))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn opus_for_six_loudspeakers_keeps_its_mapping() {
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
        assert!(of_configuration(&configuration(&head[..24])).is_err());
    }
}
