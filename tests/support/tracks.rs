/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tracks for tests, each with as little to it as a test can tell.

use byte_stream::picture::{ColorDescription, Orientation, PixelAspectRatio};
use byte_stream::time::Timescale;
use byte_stream::track::{
    AudioCodec, AudioConfiguration, CodecConfiguration, Track, TrackId, TrackKind, VideoCodec,
    VideoConfiguration,
};
use bytes::Bytes;

/// The timescale of all tracks: microseconds.
pub const TICKS_PER_SECOND: u32 = 1_000_000;

/// Makes a configuration that differs from those of other numbers.
pub fn configuration(is_audio: bool, number: u8) -> CodecConfiguration {
    let extra_data = Bytes::from(vec![number]);
    if is_audio {
        CodecConfiguration::Audio(AudioConfiguration {
            codec: AudioCodec::Aac,
            codec_string: "mp4a.40.2".to_owned(),
            extra_data,
            sample_rate: 48_000,
            channels: 2,
            seek_preroll: 0,
        })
    } else {
        CodecConfiguration::Video(VideoConfiguration {
            codec: VideoCodec::H264,
            codec_string: "avc1.64001F".to_owned(),
            extra_data,
            width: 320,
            height: 180,
            pixel_aspect_ratio: PixelAspectRatio::default(),
            orientation: Orientation::default(),
            color: ColorDescription::default(),
        })
    }
}

/// Makes a track description of that number.
pub fn describe_track(id: u64, configuration: CodecConfiguration) -> Track {
    Track {
        id: TrackId(id),
        timescale: Timescale::new(TICKS_PER_SECOND).expect("not zero"),
        kind: TrackKind::Main,
        language: String::new(),
        label: String::new(),
        configuration,
        encryption: None,
    }
}

/// Returns the number that [`configuration`] made the configuration of.
pub fn configuration_number(configuration: &CodecConfiguration) -> u8 {
    match configuration {
        CodecConfiguration::Audio(audio) => audio.extra_data[0],
        CodecConfiguration::Video(video) => video.extra_data[0],
        CodecConfiguration::Text(text) => text.extra_data[0],
    }
}
