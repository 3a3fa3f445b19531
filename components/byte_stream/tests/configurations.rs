/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tests of codec configurations that no decoder may get.

use byte_stream::configuration_check::{FrameCheck, check_configuration};
use byte_stream::limits;
use byte_stream::track::{AudioConfiguration, CodecConfiguration, VideoCodec, VideoConfiguration};
use bytes::Bytes;

use crate::outcome::{Outcome, parse_whole};
use crate::support::Fixture;

/// Parses a file whose bytes are changed at a distance behind the first `pattern`.
fn parse_changed(name: &str, pattern: &[u8], distance: usize, change: &[u8]) -> Outcome {
    let fixture = Fixture::load(name);
    let mut bytes = fixture.bytes.to_vec();
    let mut windows = bytes.windows(pattern.len());
    let place = windows.position(|window| window == pattern);
    let place = place.unwrap_or_else(|| panic!("{name} has no {pattern:?}")) + distance;
    bytes[place..][..change.len()].copy_from_slice(change);
    parse_whole(fixture.format, &bytes.into())
}

/// Returns a configuration of each codec, with the name of a file that has it.
fn configurations() -> Vec<(&'static str, CodecConfiguration)> {
    let files = [
        "aac.mp4",
        "codecs/ac3.mp4",
        "codecs/av1.mp4",
        "codecs/eac3.mp4",
        "codecs/flac.mp4",
        "codecs/hvc1.mp4",
        "codecs/mp3.mp4",
        "h264.mp4",
        "layouts/vp9-opus.mp4",
        "layouts/vp9-opus.webm",
        "vorbis.webm",
        "vp8.webm",
    ];
    let configurations = files.into_iter().flat_map(|name| {
        let fixture = Fixture::load(name);
        let outcome = parse_whole(fixture.format, &fixture.bytes);
        let tracks = outcome.segments.into_iter().flat_map(|it| it.tracks);
        tracks.map(move |track| (name, track.configuration))
    });
    configurations.collect()
}

#[test]
fn what_a_header_says_is_checked() {
    type Case<'a> = (&'a str, &'a [u8], usize, &'a [u8]);
    let cases: &[Case] = &[
        // Channels, sample rate, block sizes and version of Vorbis; its other headers.
        ("vorbis.webm", b"\x01vorbis", 11, &[255]),
        ("vorbis.webm", b"\x01vorbis", 11, &[9]),
        ("vorbis.webm", b"\x01vorbis", 11, &[0]),
        ("vorbis.webm", b"\x01vorbis", 12, &[0xff; 4]),
        ("vorbis.webm", b"\x01vorbis", 12, &[0, 0, 0, 0x80]),
        ("vorbis.webm", b"\x01vorbis", 12, &[1, 0, 0, 0]),
        ("vorbis.webm", b"\x01vorbis", 28, &[0x68]),
        ("vorbis.webm", b"\x01vorbis", 7, &[1]),
        ("vorbis.webm", b"\x03vorbis", 0, &[9]),
        ("vorbis.webm", b"\x05vorbis", 3, &[0]),
        // Channels, mapping family of Opus.
        ("layouts/vp9-opus.webm", b"OpusHead", 9, &[255]),
        ("layouts/vp9-opus.webm", b"OpusHead", 9, &[3]),
        ("layouts/vp9-opus.webm", b"OpusHead", 18, &[1]),
        ("layouts/vp9-opus.mp4", b"dOps", 5, &[200]),
        // Channels where the box is of another version, which is read all the same.
        ("layouts/vp9-opus.mp4", b"dOps", 4, &[1, 200]),
        // Block sizes, sample rate and bits a sample of FLAC.
        ("codecs/flac.mp4", b"dfLa", 12, &[0, 1]),
        ("codecs/flac.mp4", b"dfLa", 12, &[0xff, 0xff, 0, 16]),
        ("codecs/flac.mp4", b"dfLa", 22, &[0, 0x00, 0x10]),
        ("codecs/flac.mp4", b"dfLa", 24, &[0x00, 0x00]),
        // Records that are cut short.
        ("h264.mp4", b"avcC", 4 + 5, &[0xff]),
        ("h264.mp4", b"avcC", 4 + 6, &[0xff]),
        ("codecs/hvc1.mp4", b"hvcC", 4 + 22, &[0xff]),
        // Width and height in the container.
        ("vp8.webm", &[0xb0, 0x82], 2, &[0xff, 0xff]),
        ("h264.mp4", b"avc1", 4 + 24, &[0x20, 0x00, 0x20, 0x00]),
    ];
    for (name, pattern, distance, change) in cases {
        let outcome = parse_changed(name, pattern, *distance, change);
        let about = format!("{name}: {change:?} at {distance}");
        let error = outcome.error.unwrap_or_else(|| panic!("{about} is taken"));
        assert!(!error.cause.is_empty());
        assert!(outcome.frames.is_empty(), "{about}");
    }
}

#[test]
fn another_version_of_the_box_of_opus_is_no_error() {
    let whole = parse_changed("layouts/vp9-opus.mp4", b"dOps", 4, &[0]);
    let changed = parse_changed("layouts/vp9-opus.mp4", b"dOps", 4, &[1]);
    assert!(changed == whole && changed.error.is_none());
}

#[test]
fn extremes_of_every_codec_are_refused() {
    for (name, configuration) in configurations() {
        assert_eq!(check_configuration(&configuration), Ok(()), "{name}");
        let mut broken = Vec::new();
        match &configuration {
            CodecConfiguration::Audio(audio) => {
                for sample_rate in [0, 1, 2_999, 768_001, 1 << 31, u32::MAX] {
                    let audio = audio.clone();
                    broken.push(CodecConfiguration::Audio(AudioConfiguration {
                        sample_rate,
                        ..audio
                    }));
                }
                for channels in [0, 9, 255, u32::MAX] {
                    let audio = audio.clone();
                    broken.push(CodecConfiguration::Audio(AudioConfiguration {
                        channels,
                        ..audio
                    }));
                }
            }
            CodecConfiguration::Video(video) => {
                for (width, height) in [(0, 1), (1, 0), (8192, 8192), (1, 16_385), (u32::MAX, 1)] {
                    let video = video.clone();
                    broken.push(CodecConfiguration::Video(VideoConfiguration {
                        width,
                        height,
                        ..video
                    }));
                }
            }
            CodecConfiguration::Text(_) => panic!("{name} has text"),
        }
        let mut large = configuration.clone();
        let extra_data = Bytes::from(vec![1; limits::EXTRA_DATA_BYTES + 1]);
        match &mut large {
            CodecConfiguration::Audio(audio) => audio.extra_data = extra_data,
            CodecConfiguration::Video(video) => video.extra_data = extra_data,
            CodecConfiguration::Text(_) => {}
        }
        broken.push(large);
        for configuration in broken {
            let checked = check_configuration(&configuration);
            assert!(checked.is_err(), "{name}: {configuration:?}");
        }
    }
}

#[test]
fn every_cut_of_what_decoders_are_told_is_read_without_harm() {
    for (name, configuration) in configurations() {
        let extra_data = match &configuration {
            CodecConfiguration::Audio(audio) => audio.extra_data.clone(),
            CodecConfiguration::Video(video) => video.extra_data.clone(),
            CodecConfiguration::Text(_) => continue,
        };
        for end in 0..extra_data.len() {
            let mut cut = configuration.clone();
            match &mut cut {
                CodecConfiguration::Audio(audio) => audio.extra_data = extra_data.slice(..end),
                CodecConfiguration::Video(video) => video.extra_data = extra_data.slice(..end),
                CodecConfiguration::Text(_) => {}
            }
            let checked = check_configuration(&cut);
            // Beyond its fixed fields what is cut off is the decoder's to find, in some codecs. AV1
            // can be without any.
            let may_be_valid = end > 1 || end == 0 && name.contains("av1");
            assert!(may_be_valid || checked.is_err(), "{name} up to {end}");
        }
    }
}

#[test]
fn frames_that_are_larger_than_the_container_says_are_found() {
    let fixture = Fixture::load("vp8.webm");
    let outcome = parse_whole(fixture.format, &fixture.bytes);
    let configuration = &outcome.segments[0].tracks[0].configuration;
    let mut check = FrameCheck::new(configuration);
    for frame in &outcome.frames {
        assert_eq!(check.check(&frame.payload), Ok(()));
    }
    let mut key_frame = outcome.frames[0].payload.to_vec();
    // 16000x16000.
    key_frame[6..10].copy_from_slice(&[0x80, 0x3e, 0x80, 0x3e]);
    assert!(check.check(&key_frame).is_err());

    for name in [
        "h264.mp4",
        "codecs/hvc1.mp4",
        "layouts/vp9-opus.mp4",
        "codecs/av1.mp4",
    ] {
        let fixture = Fixture::load(name);
        let outcome = parse_whole(fixture.format, &fixture.bytes);
        let track = &outcome.segments[0].tracks[0];
        let mut check = FrameCheck::new(&track.configuration);
        for frame in outcome.frames_of(track.id) {
            assert_eq!(check.check(&frame.payload), Ok(()), "{name}");
        }
    }
}

#[test]
fn a_parameter_set_within_a_frame_is_read_before_it_is_cropped() {
    let fixture = Fixture::load("h264.mp4");
    let outcome = parse_whole(fixture.format, &fixture.bytes);
    let configuration = &outcome.segments[0].tracks[0].configuration;
    for (blocks, cropped, is_taken) in [
        (20, 0, true),
        (20, 9, true),
        (1000, 0, false),
        (1000, 7900, false),
    ] {
        let set = sequence_parameter_set(blocks, cropped);
        let mut frame = (set.len() as u32).to_be_bytes().to_vec();
        frame.extend(set);
        frame.extend(&outcome.frames[0].payload[..]);
        let checked = FrameCheck::new(configuration).check(&frame);
        assert_eq!(checked.is_ok(), is_taken, "{blocks} - {cropped}");
    }
}

/// Makes a sequence parameter set of H.264 in the baseline profile, with so many macroblocks on
/// each side and so many pairs of pixels cropped.
fn sequence_parameter_set(blocks: u32, cropped: u32) -> Vec<u8> {
    let mut bits = Vec::new();
    let write = |bits: &mut Vec<bool>, value: u32| {
        let length = (value + 1).ilog2();
        bits.extend((0..length).map(|_| false));
        bits.extend(
            (0..=length)
                .rev()
                .map(|place| (value + 1) >> place & 1 == 1),
        );
    };
    for value in [0, 0, 2, 0] {
        write(&mut bits, value);
    }
    bits.push(false);
    write(&mut bits, blocks - 1);
    write(&mut bits, blocks - 1);
    bits.extend([true, false, cropped > 0]);
    if cropped > 0 {
        for value in [0, cropped, 0, cropped] {
            write(&mut bits, value);
        }
    }
    bits.extend([false, true]);
    let mut set = vec![0x67, 66, 0, 30];
    set.extend(bytes_of_bits(&bits));
    set
}

fn bytes_of_bits(bits: &[bool]) -> Vec<u8> {
    let bytes = bits.chunks(8).map(|byte| {
        let byte = byte.iter().enumerate();
        byte.fold(0, |sum, (place, bit)| sum | u8::from(*bit) << (7 - place))
    });
    bytes.collect()
}

/// Makes an open bitstream unit of AV1 of a type that begins with some numbers, each with its
/// number of bits.
fn open_bitstream_unit(kind: u8, fields: &[(usize, u32)]) -> Vec<u8> {
    let bits = fields.iter().flat_map(|(length, value)| {
        let places = (0..*length).rev();
        places.map(move |place| value >> place & 1 == 1)
    });
    let mut payload = bytes_of_bits(&Vec::from_iter(bits));
    payload.push(0x80);
    [&[kind << 3 | 2, payload.len() as u8], &payload[..]].concat()
}

/// Makes a sequence header for frames of up to this size, of which each side is written in 16 bits.
fn av1_sequence_header(side: u32) -> Vec<u8> {
    let size = [(8, 0xff), (16, side - 1), (16, side - 1)];
    // No timing; one operating point; no frame numbers, tools and order hints; 8 bits, 4:2:0.
    open_bitstream_unit(1, &[&[(29, 0)], &size[..], &[(24, 0)]].concat())
}

/// Makes a frame that refers to others and is as large as none of them.
fn av1_frame(side: u32) -> Vec<u8> {
    // show_existing_frame to frame_size_override_flag, primary_ref_frame, references, found_ref.
    let begin = [(7, 0b001_1001), (3, 0), (8, 0), (21, 0), (7, 0)];
    open_bitstream_unit(6, &[&begin[..], &[(16, side - 1), (16, side - 1)]].concat())
}

#[test]
fn sequence_and_frame_headers_of_av1_are_read() {
    for name in ["codecs/av1.mp4", "codecs/av1-opus.webm"] {
        let fixture = Fixture::load(name);
        let outcome = parse_whole(fixture.format, &fixture.bytes);
        let track = &outcome.segments[0].tracks[0];
        let first = &outcome.frames_of(track.id)[0].payload;
        for (side, is_taken) in [(320, true), (5_970, true), (5_972, false), (65_536, false)] {
            let mut check = FrameCheck::new(&track.configuration);
            let unit = [&av1_sequence_header(side), &first[..]].concat();
            assert_eq!(check.check(&unit).is_ok(), is_taken, "{name}: {side}");
            // A frame may exceed it, and its header may have come with one before.
            let mut check = FrameCheck::new(&track.configuration);
            let unit = [&first[..], &av1_sequence_header(320)].concat();
            assert_eq!(check.check(&unit), Ok(()));
            assert_eq!(check.check(&av1_frame(side)).is_ok(), is_taken, "{side}");
        }
    }
}

#[test]
fn a_sequence_header_beside_a_configuration_record_is_read() {
    let configurations = configurations().into_iter();
    let mut videos = configurations.filter_map(|(_, configuration)| match configuration {
        CodecConfiguration::Video(video) if video.codec == VideoCodec::Av1 => Some(video),
        _ => None,
    });
    let mut video = videos.next().expect("there is a file with AV1");
    for (side, is_taken) in [(320, true), (5_972, false)] {
        let record = [&video.extra_data[..4], &av1_sequence_header(side)].concat();
        video.extra_data = record.into();
        let checked = check_configuration(&CodecConfiguration::Video(video.clone()));
        assert_eq!(checked.is_ok(), is_taken, "{side}");
    }
}
