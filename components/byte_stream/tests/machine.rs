/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tests of the order in which a parser gives things, and of initialization segments.

use byte_stream::format::ByteStreamFormat;
use byte_stream::parser::Parser;
use byte_stream::picture::{ColorDescription, Orientation, PixelAspectRatio};
use byte_stream::track::{
    AudioCodec, AudioConfiguration, CodecConfiguration, TrackId, VideoCodec, VideoConfiguration,
};
use bytes::Bytes;

use crate::outcome::{Outcome, TURN_BYTES, parse_whole};
use crate::support::Fixture;

/// Returns where the first media segment begins: its `moof`, or its `Cluster`.
fn first_media_segment(fixture: &Fixture) -> usize {
    let (mark, before): (&[u8], usize) = match fixture.format {
        ByteStreamFormat::IsoBmff => (b"moof", 4),
        ByteStreamFormat::WebM => (b"\x1f\x43\xb6\x75", 0),
        format => panic!("{format:?} has no media segments"),
    };
    let found = fixture.bytes.windows(4).position(|window| window == mark);
    found.expect("there is a media segment") - before
}

fn both() -> [Fixture; 2] {
    ["h264-aac.mp4", "vp8-vorbis.webm"].map(Fixture::load)
}

#[test]
fn media_before_an_initialization_segment_is_an_error() {
    for fixture in both() {
        let media = fixture.bytes.slice(first_media_segment(&fixture)..);
        let outcome = parse_whole(fixture.format, &media);
        assert_eq!(
            outcome.error.map(|error| error.offset),
            Some(0),
            "{}",
            fixture.name
        );
        assert!(outcome.frames.is_empty());
    }
}

#[test]
fn an_error_stays_until_reset() {
    for fixture in both() {
        let mut parser = Parser::new(fixture.format);
        parser.push(Bytes::from_static(&[0; 64]));
        let error = parser.parse(TURN_BYTES).expect_err("zeros are no media");
        parser.push(fixture.bytes.clone());
        assert_eq!(parser.parse(TURN_BYTES).expect_err("it stays"), error);

        parser.reset();
        parser.push(fixture.bytes.clone());
        let mut outcome = Outcome::default();
        outcome.drain(&mut parser, TURN_BYTES);
        assert!(
            outcome == parse_whole(fixture.format, &fixture.bytes),
            "{}",
            fixture.name
        );
    }
}

#[test]
fn reset_drops_what_is_unparsed_and_keeps_the_initialization_segment() {
    for fixture in both() {
        let whole = parse_whole(fixture.format, &fixture.bytes);
        let media = first_media_segment(&fixture);
        let mut parser = Parser::new(fixture.format);
        let mut outcome = Outcome::default();
        // Up to the middle of a frame.
        parser.push(fixture.bytes.slice(..media + 3000));
        outcome.drain(&mut parser, TURN_BYTES);
        assert!(parser.is_in_media_segment(), "{}", fixture.name);

        parser.reset();
        assert!(!parser.is_in_media_segment(), "{}", fixture.name);
        let mut again = Outcome::default();
        parser.push(fixture.bytes.slice(media..));
        again.drain(&mut parser, TURN_BYTES);
        assert_eq!(again.error, None, "{}", fixture.name);
        assert_eq!(again.segments, []);
        assert!(again.frames == whole.frames, "{}", fixture.name);
    }
}

#[test]
fn the_append_state_is_parsing_media_segment_from_header_to_end() {
    for fixture in both() {
        let media = first_media_segment(&fixture);
        let mut parser = Parser::new(fixture.format);
        let mut outcome = Outcome::default();
        let mut changes = Vec::new();
        let mut is_in_segment = false;
        for end in 1..=fixture.bytes.len() {
            parser.push(fixture.bytes.slice(end - 1..end));
            outcome.drain(&mut parser, TURN_BYTES);
            if parser.is_in_media_segment() != is_in_segment {
                is_in_segment = !is_in_segment;
                changes.push(end);
            }
        }
        // Each segment has a header that begins and bytes that end it.
        assert!(
            !is_in_segment && changes.len() >= 12,
            "{} {changes:?}",
            fixture.name
        );
        assert!(
            (media + 5..media + 9).contains(&changes[0]),
            "{} {changes:?}",
            fixture.name
        );
    }
}

#[test]
fn frames_come_before_their_segment_is_complete() {
    for fixture in both() {
        let media = first_media_segment(&fixture);
        let mut parser = Parser::new(fixture.format);
        let mut outcome = Outcome::default();
        parser.push(fixture.bytes.slice(..media + 3000));
        outcome.drain(&mut parser, TURN_BYTES);
        assert!(parser.is_in_media_segment());
        assert!(
            outcome.frames.len() > 10,
            "{}: {}",
            fixture.name,
            outcome.frames.len()
        );
    }
}

#[test]
fn a_held_frame_is_given_when_no_next_one_will_come() {
    let fixture = Fixture::load("layouts/gstreamer-vorbis.webm");
    let mut parser = Parser::new(fixture.format);
    let mut outcome = Outcome::default();
    parser.push(fixture.bytes.clone());
    outcome.drain(&mut parser, TURN_BYTES);
    let last = outcome.frames.last().expect("there are frames").clone();
    let held = parser.take_held_frames();
    assert_eq!(held.len(), 1);
    assert_eq!(
        held[0].presentation.0,
        last.presentation.0 + last.duration.0
    );
    assert!(held[0].duration_is_estimated && held[0].duration.0 > 0);
    assert!(parser.take_held_frames().is_empty());
}

#[test]
fn iso_bmff_gives_configurations() {
    let fixture = Fixture::load("h264-aac.mp4");
    let outcome = parse_whole(fixture.format, &fixture.bytes);
    let [video, audio] = &outcome.segments[0].tracks[..] else {
        panic!("{:?}", outcome.segments);
    };
    assert_eq!((video.id, audio.id), (TrackId(1), TrackId(2)));
    assert_eq!(video.timescale.ticks_per_second(), 12_288);
    assert_eq!(audio.timescale.ticks_per_second(), 48_000);
    assert_eq!((video.label.as_str(), video.language.as_str()), ("", ""));
    let CodecConfiguration::Video(video) = &video.configuration else {
        panic!("{video:?}");
    };
    assert_eq!(
        (video.codec, video.codec_string.as_str()),
        (VideoCodec::H264, "avc1.64000C")
    );
    assert_eq!((video.width, video.height), (320, 180));
    assert_eq!(video.extra_data[..4], [1, 0x64, 0, 0x0c]);
    let expected = AudioConfiguration {
        codec: AudioCodec::Aac,
        codec_string: "mp4a.40.2".to_owned(),
        // AAC LC, 48 kHz, one channel; and that there is no spectral band replication.
        extra_data: Bytes::from_static(&[0x11, 0x88, 0x56, 0xe5, 0x00]),
        sample_rate: 48_000,
        channels: 1,
        seek_preroll: 0,
    };
    assert_eq!(audio.configuration, CodecConfiguration::Audio(expected));
}

#[test]
fn webm_gives_configurations() {
    let fixture = Fixture::load("vp8-vorbis.webm");
    let outcome = parse_whole(fixture.format, &fixture.bytes);
    assert_eq!(outcome.segments[0].duration, Some(6_007_000_000));
    let [video, audio] = &outcome.segments[0].tracks[..] else {
        panic!("{:?}", outcome.segments);
    };
    let expected = VideoConfiguration {
        codec: VideoCodec::Vp8,
        codec_string: "vp8".to_owned(),
        extra_data: Bytes::new(),
        width: 320,
        height: 180,
        pixel_aspect_ratio: PixelAspectRatio::default(),
        orientation: Orientation::default(),
        color: ColorDescription {
            full_range: Some(false),
            ..ColorDescription::default()
        },
    };
    assert_eq!(video.configuration, CodecConfiguration::Video(expected));
    let CodecConfiguration::Audio(audio) = &audio.configuration else {
        panic!("{audio:?}");
    };
    assert_eq!(
        (audio.codec, audio.codec_string.as_str()),
        (AudioCodec::Vorbis, "vorbis")
    );
    assert_eq!((audio.sample_rate, audio.channels), (48_000, 1));
    assert_eq!(audio.extra_data.len(), 3469);
}

#[test]
fn opus_is_configured_the_same_in_either_container() {
    let configurations = ["layouts/vp9-opus.mp4", "layouts/vp9-opus.webm"].map(|path| {
        let fixture = Fixture::load(path);
        let outcome = parse_whole(fixture.format, &fixture.bytes);
        outcome.segments[0].tracks[1].configuration.clone()
    });
    assert_eq!(configurations[0], configurations[1]);
}

#[test]
fn an_initialization_segment_without_audio_or_video_is_an_error() {
    let fixture = Fixture::load("h264.mp4");
    let mut bytes = fixture.bytes.to_vec();
    let handler = bytes
        .windows(4)
        .position(|window| window == b"vide")
        .expect("a handler");
    bytes[handler..handler + 4].copy_from_slice(b"subt");
    let outcome = parse_whole(fixture.format, &bytes.into());
    let error = outcome.error.expect("there is nothing to play");
    assert_eq!(
        (error.place, error.cause),
        ("moov", "there is no audio, video or text track")
    );
}

#[test]
fn a_file_that_is_not_fragmented_is_an_error_that_says_so() {
    let fixture = Fixture::load("h264.mp4");
    let mut bytes = fixture.bytes.to_vec();
    let mvex = bytes
        .windows(4)
        .position(|window| window == b"mvex")
        .expect("it is fragmented");
    bytes[mvex..mvex + 4].copy_from_slice(b"free");
    let error = parse_whole(fixture.format, &bytes.into())
        .error
        .expect("it is refused");
    assert!(error.cause.contains("not fragmented"), "{error}");
}
