/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tests of the incremental parser, on streams made here frame by frame.

use super::gapless::samples::information_frame;
use crate::feeding::Outcome;
use crate::format::ByteStreamFormat;
use crate::frame::CodedFrame;
use crate::limits;
use crate::parser::Parser;
use crate::track::{AudioCodec, Codec};

impl Outcome {
    /// Returns the start and the duration of each frame, and the last byte of its payload.
    fn times(&self) -> Vec<(i64, i64, u8)> {
        let time = |frame: &CodedFrame| {
            assert_eq!(frame.presentation, frame.decode);
            let last = frame.payload.last().copied().unwrap_or_default();
            (frame.presentation.0, frame.duration.0, last)
        };
        self.frames.iter().map(time).collect()
    }

    fn codecs(&self) -> Vec<(u32, &str)> {
        let tracks = self.segments.iter().map(|segment| &segment.tracks[0]);
        tracks
            .map(|track| {
                (
                    track.timescale.ticks_per_second(),
                    track.configuration.codec_string(),
                )
            })
            .collect()
    }
}

fn parse(bytes: &[u8]) -> Outcome {
    Outcome::of_stream(ByteStreamFormat::MpegAudio, bytes)
}

/// Makes a frame of layer III of 417 bytes, filled with that byte.
fn mp3(filling: u8) -> Vec<u8> {
    let mut frame = vec![0xff, 0xfb, 0x90, 0x64];
    frame.resize(417, filling);
    frame
}

/// Makes a frame of AAC LC at 48 kHz with a payload of that byte.
fn adts(filling: u8) -> Vec<u8> {
    let mut frame = vec![0xff, 0xf1, 0x4c, 0x80, 0x02, 0x1f, 0xfc];
    frame.resize(16, filling);
    frame
}

#[test]
fn frames_follow_each_other() {
    let outcome = parse(&[mp3(1), mp3(2), mp3(3)].concat());
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.codecs(), [(44_100, "mp4a.6B")]);
    assert_eq!(
        outcome.times(),
        [(0, 1152, 1), (1152, 1152, 2), (2304, 1152, 3)]
    );
    assert_eq!(*outcome.frames[0].payload, *mp3(1));

    let outcome = parse(&[adts(1), adts(2)].concat());
    assert_eq!(outcome.codecs(), [(48_000, "mp4a.40.2")]);
    assert_eq!(outcome.times(), [(0, 1024, 1), (1024, 1024, 2)]);
    assert_eq!(*outcome.frames[0].payload, [1; 9]);
}

/// Makes a frame of layer II at 48 kHz with 768 bytes, filled with that byte.
fn mp2(filling: u8) -> Vec<u8> {
    let mut frame = vec![0xff, 0xfd, 0xc4, 0];
    frame.resize(768, filling);
    frame
}

/// Makes a frame of layer I at 32 kHz with 576 bytes, filled with that byte.
fn mp1(filling: u8) -> Vec<u8> {
    let mut frame = vec![0xff, 0xff, 0xc8, 0];
    frame.resize(576, filling);
    frame
}

#[test]
fn layers_one_and_two_are_parsed() {
    let metadata = [&b"ID3\x04\0\0\0\0\x01\x02"[..], &[0xff; 130]].concat();
    let outcome = parse(&[metadata.clone(), mp2(1), mp2(2), metadata, mp2(3)].concat());
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.codecs(), [(48_000, "mp4a.6B")]);
    assert_eq!(
        outcome.times(),
        [(0, 1152, 1), (1152, 1152, 2), (2304, 1152, 3)]
    );
    assert_eq!(*outcome.frames[0].payload, *mp2(1));

    let outcome = parse(&[mp1(1), mp1(2), mp1(3)].concat()[100..]);
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.times(), [(0, 384, 2), (384, 384, 3)]);
    assert_eq!(outcome.codecs(), [(32_000, "mp4a.6B")]);
}

#[test]
fn the_layer_is_part_of_the_format() {
    // At the same rate.
    let mut layer_two = mp2(1);
    layer_two[2] = 0xc0;
    layer_two.resize(144 * 256 * 1000 / 44_100, 1);
    let outcome = parse(&[layer_two, mp3(2)].concat());
    let codecs = outcome.segments.iter().map(|segment| {
        let codec = segment.tracks[0].configuration.codec();
        codec == Codec::Audio(AudioCodec::Mp2)
    });
    assert_eq!(codecs.collect::<Vec<_>>(), [true, false]);
    assert_eq!(outcome.times(), [(0, 1152, 1), (1152, 1152, 2)]);
}

#[test]
fn the_information_frame_is_one_of_layer_three() {
    let mut frame = mp2(7);
    frame[36..40].copy_from_slice(b"Info");
    let mut other = mp1(7);
    other[36..40].copy_from_slice(b"VBRI");
    for frame in [frame, other] {
        let outcome = parse(&[&frame[..], &frame].concat());
        assert_eq!(outcome.frames.len(), 2, "they are sound");
        assert!(outcome.frames.iter().all(|frame| frame.details.is_none()));
    }
}

#[test]
fn several_blocks_in_a_frame() {
    let mut two_blocks = adts(2);
    two_blocks[6] |= 1;
    let outcome = parse(&[adts(1), two_blocks, adts(3)].concat());
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.segments.len(), 1);
    assert_eq!(
        outcome.times(),
        [(0, 1024, 1), (1024, 2048, 2), (3072, 1024, 3)]
    );
}

#[test]
fn gapless_files_one_after_the_other() {
    let file = [information_frame(2, 576, 1000), mp3(1), mp3(2)].concat();
    let outcome = parse(&[&file[..], &file].concat());
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.segments.len(), 1);
    // 471 samples of the last frame of each file are discarded.
    let times = [
        (0, 1152, 1),
        (1152, 681, 2),
        (1833, 1152, 1),
        (2985, 681, 2),
    ];
    assert_eq!(outcome.times(), times);
    let discarded = outcome.frames.iter().map(|frame| {
        let details = frame.details.as_ref().expect("each frame here has some");
        (details.discard_start.0, details.discard_end.0)
    });
    let discarded: Vec<_> = discarded.collect();
    assert_eq!(discarded, [(1105, 0), (0, 471), (1105, 0), (0, 471)]);
}

#[test]
fn metadata_between_frames_is_skipped() {
    let mut id3v1 = b"TAG".to_vec();
    id3v1.resize(128, 0xff);
    let bytes = [
        b"ICY 200 OK\r\nicy-name: radio\r\n\r\n",
        &b"ID3\x04\0\0\0\0\x01\x02"[..],
        &[0xff; 130],
        &mp3(1),
        b"ID3\x03\0\0\0\0\0\x0a",
        &[0xff; 10],
        &mp3(2),
        &id3v1,
        &mp3(3),
    ]
    .concat();
    let outcome = parse(&bytes);
    assert_eq!(outcome.error, None);
    assert_eq!(
        outcome.times(),
        [(0, 1152, 1), (1152, 1152, 2), (2304, 1152, 3)]
    );
    let endless = [
        b"ICY ",
        &[b'x'; limits::UNKNOWN_AUDIO_BYTES as usize + 20][..],
    ]
    .concat();
    assert!(parse(&endless).error.is_some());
}

#[test]
fn from_the_middle_of_a_file() {
    let file = [mp3(1), mp3(2), mp3(3), mp3(4)].concat();
    let outcome = parse(&file[100..]);
    assert_eq!(outcome.error, None);
    assert_eq!(
        outcome.times(),
        [(0, 1152, 2), (1152, 1152, 3), (2304, 1152, 4)]
    );
    // A frame that was cut off takes what follows with it.
    let bytes = [mp3(1), mp3(0)[..30].to_vec(), mp3(2), mp3(3), mp3(4)].concat();
    assert_eq!(
        parse(&bytes).times()[2..],
        [(2304, 1152, 3), (3456, 1152, 4)]
    );
}

#[test]
fn another_format_in_the_same_stream() {
    let outcome = parse(&[mp3(1), mp3(2), adts(3), adts(4), mp3(5)].concat());
    let codecs = [
        (44_100, "mp4a.6B"),
        (48_000, "mp4a.40.2"),
        (44_100, "mp4a.6B"),
    ];
    assert_eq!(outcome.codecs(), codecs);
    // 2304 samples at 44.1 kHz are 2507.8 at 48 kHz.
    let times = [
        (0, 1152, 1),
        (1152, 1152, 2),
        (2508, 1024, 3),
        (3532, 1024, 4),
        (4186, 1152, 5),
    ];
    assert_eq!(outcome.times(), times);
}

#[test]
fn reset_starts_at_zero_and_keeps_the_initialization_segment() {
    let mut parser = Parser::new(ByteStreamFormat::MpegAudio);
    let mut outcome = Outcome::default();
    parser.push([mp3(1), mp3(2)[..100].to_vec()].concat().into());
    outcome.drain(&mut parser);
    assert!(parser.is_in_media_segment());
    parser.reset();
    assert!(!parser.is_in_media_segment());
    parser.push(mp3(3).into());
    outcome.drain(&mut parser);
    assert!(!parser.is_in_media_segment());
    assert_eq!(outcome.segments.len(), 1);
    assert_eq!(outcome.times(), [(0, 1152, 1), (0, 1152, 3)]);
}

#[test]
fn unknown_bytes_are_refused() {
    let mut free_format = mp3(1);
    free_format[2] &= 0x0f;
    let text = [b'x'; limits::UNKNOWN_AUDIO_BYTES as usize + 20];
    for bytes in [&free_format, &text[..]] {
        let outcome = parse(bytes);
        assert!(outcome.error.is_some() && outcome.frames.is_empty());
    }
}
