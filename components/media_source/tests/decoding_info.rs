/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! `decodingInfo()`: which configurations are valid, and what is said of them.

use byte_stream::mime;
use byte_stream::track::{Codec, VideoCodec};
use media_source::Exception;
use media_source::decoding_info::{
    AudioConfiguration, Colors, DecodingInfo, MediaDecodingType, VideoConfiguration, decoding_info,
};

const NOTHING: DecodingInfo = DecodingInfo {
    is_supported: false,
    is_smooth: false,
    is_power_efficient: false,
};

fn video(content_type: &str) -> VideoConfiguration {
    VideoConfiguration {
        content_type: content_type.to_owned(),
        width: 640,
        height: 360,
        framerate: 25.,
        colors: Colors::Unspecified,
    }
}

fn audio(content_type: &str) -> AudioConfiguration {
    AudioConfiguration {
        content_type: content_type.to_owned(),
        is_spatial: false,
    }
}

fn info(
    video: Option<&VideoConfiguration>,
    audio: Option<&AudioConfiguration>,
) -> Result<DecodingInfo, Exception> {
    let supports_type = |type_: &str| mime::is_type_supported(type_, &|_| true);
    let is_smooth = |pixels_a_second| pixels_a_second < 1e8;
    decoding_info(
        MediaDecodingType::MediaSource,
        video,
        audio,
        &supports_type,
        &is_smooth,
        &|codec, (_, height)| codec == Codec::Video(VideoCodec::H264) && height >= 720,
    )
}

#[test]
fn what_hardware_decodes_is_power_efficient() {
    let is_efficient = |content_type, height| {
        let video = VideoConfiguration {
            height,
            ..video(content_type)
        };
        let info = info(Some(&video), None).expect("it is valid");
        assert!(info.is_supported);
        info.is_power_efficient
    };
    let h264 = "video/mp4; codecs=\"avc1.42E01E\"";
    assert!(is_efficient(h264, 720));
    assert!(!is_efficient(h264, 360));
    assert!(!is_efficient("video/webm; codecs=\"vp09.00.10.08\"", 720));
}

#[test]
fn what_plays_is_affirmed() {
    let vp9 = video("video/webm; codecs=\"vp09.00.10.08\"");
    let pictures = DecodingInfo {
        is_supported: true,
        is_smooth: true,
        is_power_efficient: false,
    };
    let sound = DecodingInfo {
        is_power_efficient: true,
        ..pictures
    };
    let opus = audio("audio/webm; codecs=opus");
    assert_eq!(info(Some(&vp9), None), Ok(pictures));
    assert_eq!(info(Some(&vp9), Some(&opus)), Ok(pictures));
    assert_eq!(info(None, Some(&opus)), Ok(sound));
    assert_eq!(info(None, Some(&audio("audio/mpeg"))), Ok(sound));
}

#[test]
fn one_track_that_does_not_play_is_enough() {
    let vp9 = video("video/webm; codecs=vp9");
    let opus = audio("audio/webm; codecs=opus");
    let speex = audio("audio/ogg; codecs=speex");
    let theora = video("video/ogg; codecs=theora");
    assert_eq!(info(Some(&vp9), Some(&speex)), Ok(NOTHING));
    assert_eq!(info(Some(&theora), Some(&opus)), Ok(NOTHING));
    let exceeding = VideoConfiguration {
        colors: Colors::BeyondSrgb,
        ..vp9
    };
    assert_eq!(info(Some(&exceeding), None), Ok(NOTHING));
    let spatial = AudioConfiguration {
        is_spatial: true,
        ..opus
    };
    assert_eq!(info(None, Some(&spatial)), Ok(NOTHING));
}

#[test]
fn more_pixels_than_the_platform_shows_are_not_smooth() {
    let vast = VideoConfiguration {
        width: 1 << 20,
        height: 1 << 20,
        ..video("video/mp4; codecs=avc1.640028")
    };
    let info = info(Some(&vast), None).expect("it is a valid configuration");
    assert!(info.is_supported && !info.is_smooth);
}

#[test]
fn configurations_that_are_not_valid() {
    assert!(matches!(info(None, None), Err(Exception::Type(_))));
    for framerate in [0., -1., f64::INFINITY, f64::NAN] {
        let video = VideoConfiguration {
            framerate,
            ..video("video/webm; codecs=vp9")
        };
        assert!(info(Some(&video), None).is_err(), "{framerate}");
    }
    for content_type in [
        "fgeoa",
        "video/webm",
        "video/webm;",
        "video/webm; codecs=\"vp8, opus\"",
        "video/webm; codecs=vp8; foo=bar",
        "video/webm; foo=bar",
        "audio/webm; codecs=opus",
        "application/ogg; codecs=vorbis",
    ] {
        assert!(
            info(Some(&video(content_type)), None).is_err(),
            "{content_type}"
        );
    }
    for content_type in [
        "audio/mpeg;",
        "audio/mpeg; codecs=mp3",
        "audio/webm",
        "video/mp4; codecs=mp4a.40.2",
    ] {
        assert!(
            info(None, Some(&audio(content_type))).is_err(),
            "{content_type}"
        );
    }
}

#[test]
fn what_comes_by_rtp_is_known_and_not_played() {
    let by_rtp = |colors| {
        let video = VideoConfiguration {
            colors,
            ..video("video/VP9; profile-level=\"0\"")
        };
        decoding_info(
            MediaDecodingType::WebRtc,
            Some(&video),
            None,
            &|_| false,
            &|_| true,
            &|_, _| true,
        )
    };
    assert_eq!(by_rtp(Colors::Unspecified), Ok(NOTHING));
    assert!(matches!(by_rtp(Colors::Srgb), Err(Exception::Type(_))));
}
