/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tests of the incremental parser, on streams made here packet by packet.

mod framing;
mod refusals;

use std::collections::HashMap;

use super::packet::{PACKET_BYTES, SYNC_BYTE};
use super::pes::samples::pes_packet;
use super::sections::samples::{program_association, program_map};
use crate::feeding::Outcome;
use crate::format::ByteStreamFormat;
use crate::limits;
use crate::parser::{Parsed, Parser, Produced};
use crate::picture::ColorDescription;
use crate::track::CodecConfiguration;

const MAP: u16 = 0x20;
const VIDEO: u16 = 0x100;
const AUDIO: u16 = 0x101;

const DISCONTINUOUS: u8 = 0x80;
const RANDOM_ACCESS: u8 = 0x40;

/// Writes transport packets.
#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    counters: HashMap<u16, u8>,
}

impl Writer {
    /// Makes a stream of H.264 and AAC, and writes its tables.
    fn new() -> Self {
        let mut writer = Self::default();
        writer.tables(&[(0x1b, VIDEO, &[]), (0x0f, AUDIO, &[])]);
        writer
    }

    fn tables(&mut self, streams: &[(u8, u16, &[u8])]) {
        for (pid, section) in [
            (0, program_association(&[(1, MAP)])),
            (MAP, program_map(1, streams)),
        ] {
            let mut payload = [&[0][..], &section].concat();
            payload.resize(PACKET_BYTES - 4, 0xff);
            self.packet(pid, true, 0, &payload);
        }
    }

    /// Writes a packet, which is filled up in its adaptation field.
    fn packet(&mut self, pid: u16, is_unit_start: bool, flags: u8, payload: &[u8]) {
        let counter = self.counters.entry(pid).or_default();
        let start = self.bytes.len();
        let [high, low] = pid.to_be_bytes();
        let stuffing = PACKET_BYTES - 4 - payload.len();
        let control = if stuffing > 0 { 0x30 } else { 0x10 };
        let unit_start = if is_unit_start { 0x40 } else { 0 };
        self.bytes
            .extend_from_slice(&[SYNC_BYTE, unit_start | high, low, control | *counter]);
        *counter = (*counter + 1) & 15;
        if stuffing > 0 {
            self.bytes.push(stuffing as u8 - 1);
        }
        if stuffing > 1 {
            self.bytes.push(flags);
        }
        self.bytes
            .resize(start + PACKET_BYTES - payload.len(), 0xff);
        self.bytes.extend_from_slice(payload);
    }

    /// Writes a PES packet over as many transport packets as it takes.
    fn pes(&mut self, pid: u16, times: impl Into<Option<(u64, u64)>>, flags: u8, payload: &[u8]) {
        let times = times.into();
        let mut packet = pes_packet(pid == AUDIO, times.unwrap_or_default(), payload);
        if times.is_none() {
            packet[7] = 0;
        }
        let (first, rest) = packet.split_at(packet.len().min(PACKET_BYTES - 6));
        self.packet(pid, true, flags, first);
        for part in rest.chunks(PACKET_BYTES - 4) {
            self.packet(pid, false, 0, part);
        }
    }

    fn picture(&mut self, time: u64, picture: &[u8]) {
        self.pes(VIDEO, (time, time), 0, picture);
    }
}

/// Parameter sets of pictures of 320x180 in the high profile. x264 writes them where pictures are
/// shown in decode order.
const SETS: [&[u8]; 2] = [
    &[
        0x67, 0x64, 0x00, 0x0c, 0xac, 0xb2, 0x02, 0x83, 0x3f, 0x3e, 0x02, 0x20, 0x00, 0x00, 0x03,
        0x00, 0x20, 0x00, 0x00, 0x06, 0x01, 0xe2, 0x85, 0x49,
    ],
    &[0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0],
];
const IDR: &[u8] = &[0x65, 0x88, 0x84, 1, 2, 3];
const INTRA: &[u8] = &[0x41, 0x88, 0x84, 7];
const INTER: &[u8] = &[0x41, 0x9a, 0x24, 4, 5];
const DISPOSABLE: &[u8] = &[0x01, 0x9e, 0x41, 6];

fn annex_b(units: &[&[u8]]) -> Vec<u8> {
    let delimiter: &[u8] = &[0x09, 0xf0];
    let units = [&[delimiter], units].concat();
    units
        .iter()
        .flat_map(|unit| [&[0, 0, 0, 1], *unit].concat())
        .collect()
}

fn key_picture() -> Vec<u8> {
    annex_b(&[SETS[0], SETS[1], IDR])
}

/// Makes a frame of AAC LC at 48 kHz, stereo.
fn adts(payload: &[u8]) -> Vec<u8> {
    let size = 7 + payload.len();
    let mut frame = vec![
        0xff,
        0xf1,
        0x4c,
        0x80,
        (size >> 3) as u8,
        (size << 5) as u8 | 0x1f,
        0xfc,
    ];
    frame.extend_from_slice(payload);
    frame
}

impl Outcome {
    /// Returns the decode time, the duration and the payload of the frames of a track.
    fn of(&self, pid: u16) -> Vec<(i64, i64, &[u8])> {
        self.frames
            .iter()
            .filter(|frame| frame.track.0 == u64::from(pid))
            .map(|frame| (frame.decode.0, frame.duration.0, &*frame.payload))
            .collect()
    }

    fn decode_times(&self, pid: u16) -> Vec<i64> {
        self.of(pid).iter().map(|(decode, ..)| *decode).collect()
    }
}

fn parse(bytes: &[u8]) -> Outcome {
    Outcome::of_stream(ByteStreamFormat::MpegTs, bytes)
}

#[test]
fn video_and_audio_are_parsed() {
    let mut writer = Writer::new();
    writer.pes(VIDEO, (9000, 3000), RANDOM_ACCESS, &key_picture());
    writer.pes(
        AUDIO,
        (5000, 5000),
        0,
        &[adts(b"one"), adts(b"two")].concat(),
    );
    writer.pes(VIDEO, (15_000, 6000), 0, &annex_b(&[INTER]));
    writer.pes(AUDIO, (8840, 8840), 0, &adts(&[3; 400]));
    writer.pes(VIDEO, (12_000, 9000), 0, &annex_b(&[DISPOSABLE]));
    let outcome = parse(&writer.bytes);
    assert_eq!(outcome.error, None);

    let [segment] = outcome.segments.as_slice() else {
        panic!("{:?}", outcome.segments);
    };
    let codecs: Vec<_> = segment
        .tracks
        .iter()
        .map(|track| (track.id.0, track.configuration.codec_string()))
        .collect();
    assert_eq!(codecs, [(0x100, "avc3.64000C"), (0x101, "mp4a.40.2")]);

    let sample = |units: &[&[u8]]| -> Vec<u8> {
        let with_length = |unit: &&[u8]| [&(unit.len() as u32).to_be_bytes()[..], unit].concat();
        units.iter().flat_map(with_length).collect()
    };
    let expected = [
        (3000, 3000, &*sample(&[SETS[0], SETS[1], IDR])),
        (6000, 3000, &*sample(&[INTER])),
        (9000, 3000, &*sample(&[DISPOSABLE])),
    ];
    assert_eq!(outcome.of(VIDEO), expected);
    let expected: [(i64, i64, &[u8]); 3] = [
        (5000, 1920, b"one"),
        (6920, 1920, b"two"),
        (8840, 1920, &[3; 400]),
    ];
    assert_eq!(outcome.of(AUDIO), expected);

    let pictures: Vec<_> = outcome
        .frames
        .iter()
        .filter(|frame| frame.track.0 == u64::from(VIDEO))
        .collect();
    let presentation: Vec<_> = pictures.iter().map(|frame| frame.presentation.0).collect();
    assert_eq!(presentation, [9000, 15_000, 12_000]);
    let flags: Vec<_> = pictures
        .iter()
        .map(|frame| {
            (
                frame.is_random_access_point,
                frame.is_discardable,
                frame.duration_is_estimated,
            )
        })
        .collect();
    assert_eq!(
        flags,
        [
            (true, false, false),
            (false, false, false),
            (false, true, true)
        ]
    );
}

#[test]
fn parameter_sets_give_the_size() {
    let mut writer = Writer::default();
    writer.tables(&[(0x1b, VIDEO, &[])]);
    writer.picture(0, &key_picture());
    let outcome = parse(&writer.bytes);
    let track = &outcome.segments[0].tracks[0];
    let CodecConfiguration::Video(video) = &track.configuration else {
        panic!("{track:?}");
    };
    assert_eq!((video.width, video.height), (320, 180));
    let record = [
        &[1, 0x64, 0, 0x0c, 0xff, 0xe1, 0, SETS[0].len() as u8][..],
        SETS[0],
        &[1, 0, SETS[1].len() as u8],
        SETS[1],
        &[0xfd, 0xf8, 0xf8, 0],
    ]
    .concat();
    assert_eq!(*video.extra_data, record);
}

#[test]
fn random_access_points_are_found() {
    let mut writer = Writer::default();
    writer.tables(&[(0x1b, VIDEO, &[])]);
    writer.picture(0, &key_picture());
    let recovery_point: &[u8] = &[6, 6, 1, 0xc4, 0x80];
    let pictures: [(u8, &[&[u8]]); 5] = [
        (0, &[INTRA]),
        (RANDOM_ACCESS, &[INTRA]),
        (RANDOM_ACCESS, &[INTRA, &[0x41, 0x5a, 0x24, 4]]),
        (0, &[recovery_point, INTER]),
        (0, &[IDR]),
    ];
    for (time, (flags, units)) in (1..).zip(pictures) {
        writer.pes(VIDEO, (time * 3000, time * 3000), flags, &annex_b(units));
    }
    let outcome = parse(&writer.bytes);
    let flags: Vec<_> = outcome
        .frames
        .iter()
        .map(|frame| frame.is_random_access_point)
        .collect();
    assert_eq!(flags, [true, false, true, false, true, true]);
}

#[test]
fn sound_over_the_ends_of_packets() {
    let mut writer = Writer::default();
    writer.tables(&[(0x0f, AUDIO, &[])]);
    let frames: Vec<u8> = (0..4).flat_map(|index| adts(&[index; 150])).collect();
    writer.pes(AUDIO, (9000, 9000), 0, &frames[..200]);
    // It is the second frame that begins in the first packet, the third in this one.
    writer.pes(AUDIO, (9000 + 2 * 1920 + 1, 0), 0, &frames[200..350]);
    writer.pes(AUDIO, (9000 + 3 * 1920, 0), 0, &frames[350..]);
    let outcome = parse(&writer.bytes);
    assert_eq!(outcome.error, None);
    let times: Vec<_> = outcome
        .of(AUDIO)
        .iter()
        .map(|frame| (frame.0, frame.1))
        .collect();
    assert_eq!(
        times,
        [(9000, 1920), (10_920, 1920), (12_840, 1920), (14_760, 1920)]
    );
    for (index, (_, _, payload)) in (0..).zip(outcome.of(AUDIO)) {
        assert_eq!(payload, [index; 150]);
    }
}

#[test]
fn times_go_on_after_rollovers_and_discontinuities() {
    let last = 1 << 33;
    let mut writer = Writer::default();
    writer.tables(&[(0x1b, VIDEO, &[])]);
    writer.picture(last - 3000, &key_picture());
    writer.picture(0, &annex_b(&[INTER]));
    writer.picture(3000, &annex_b(&[INTER]));
    writer.pes(VIDEO, (700_000, 700_000), DISCONTINUOUS, &key_picture());
    writer.picture(703_000, &annex_b(&[INTER]));
    let outcome = parse(&writer.bytes);
    let times = [-3000, 0, 3000, 6000, 9000].map(|time| time + last as i64);
    assert_eq!(outcome.decode_times(VIDEO), times);
    assert_eq!(outcome.segments.len(), 1);
}

#[test]
fn lost_and_repeated_packets_are_noticed() {
    let mut writer = Writer::new();
    writer.picture(0, &key_picture());
    writer.pes(
        AUDIO,
        (0, 0),
        0,
        &[adts(&[1; 100]), adts(&[2; 100]), adts(&[3; 100])].concat(),
    );
    writer.pes(AUDIO, (5760, 5760), 0, &adts(&[4; 100]));
    writer.picture(3000, &annex_b(&[INTER]));
    let packets: Vec<&[u8]> = writer.bytes.chunks(PACKET_BYTES).collect();
    let whole = parse(&writer.bytes);
    assert_eq!(whole.decode_times(AUDIO), [0, 1920, 3840, 5760]);

    let twice: Vec<u8> = packets.iter().flat_map(|packet| packet.repeat(2)).collect();
    assert_eq!(parse(&twice), whole);

    // Packet 4 is the second one of the audio.
    let lossy = [&packets[..4], &packets[5..]].concat().concat();
    let outcome = parse(&lossy);
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.decode_times(AUDIO), [0, 5760]);
    assert_eq!(outcome.decode_times(VIDEO), [0, 3000]);
}

#[test]
fn lost_sync_bytes_are_found_again() {
    let mut writer = Writer::new();
    writer.picture(0, &key_picture());
    writer.pes(AUDIO, (0, 0), 0, &adts(b"one"));
    let middle = writer.bytes.len();
    for time in [3000, 6000, 9000] {
        writer.picture(time, &annex_b(&[INTER]));
    }
    let (first, second) = writer.bytes.split_at(middle);
    let with_garbage = |garbage: &[u8]| parse(&[first, garbage, second].concat());
    let outcome = with_garbage(&[1, 0x47, 0, 0x47, 2]);
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.decode_times(VIDEO), [0, 3000, 6000, 9000]);
    // It begins like a packet, so that the first one after it is lost.
    let outcome = with_garbage(&[0x47, 0, 1]);
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.decode_times(VIDEO), [0, 6000, 9000]);
    let too_much = [first, &[0; limits::UNKNOWN_TRANSPORT_BYTES as usize + 2]].concat();
    assert!(parse(&too_much).error.is_some());
}

#[test]
fn a_new_configuration_is_a_new_initialization_segment() {
    let mut writer = Writer::new();
    writer.picture(0, &key_picture());
    writer.pes(AUDIO, (0, 0), 0, &adts(b"one"));
    writer.tables(&[(0x1b, VIDEO, &[]), (0x0f, AUDIO, &[])]);
    writer.picture(3000, &key_picture());
    let mut other_level = SETS[0].to_vec();
    other_level[3] = 0x0d;
    writer.picture(6000, &annex_b(&[&other_level, SETS[1], IDR]));
    writer.picture(9000, &annex_b(&[INTER]));
    // Then the audio stream is gone.
    writer.tables(&[(0x1b, VIDEO, &[])]);
    writer.picture(12_000, &key_picture());
    writer.picture(15_000, &annex_b(&[INTER]));

    let mut parser = Parser::new(ByteStreamFormat::MpegTs);
    parser.push(writer.bytes.clone().into());
    let mut order = Vec::new();
    loop {
        match parser.parse(1 << 20).expect("it is well-formed") {
            Parsed::NeedMore => break,
            Parsed::Yield => {}
            Parsed::Produced(Produced::InitializationSegment(segment)) => {
                order.push(segment.tracks[0].configuration.codec_string().to_owned());
            }
            Parsed::Produced(Produced::CodedFrames(frames)) => {
                let pictures = frames
                    .iter()
                    .filter(|frame| frame.track.0 == u64::from(VIDEO));
                order.extend(pictures.map(|frame| frame.decode.0.to_string()));
            }
            Parsed::Produced(Produced::ConfigurationChanged { .. }) => {
                panic!("each change has an initialization segment")
            }
        }
    }
    assert_eq!(
        order,
        [
            "avc3.64000C",
            "0",
            "3000",
            "avc3.64000D",
            "6000",
            "9000",
            "avc3.64000C",
            "12000"
        ],
        "the last picture waits"
    );
    assert_eq!(parse(&writer.bytes).segments.len(), 3);
}

#[test]
fn shape_and_colours_of_pictures_are_what_their_parameter_set_says() {
    // As x264 writes it: full range, BT.709, pixels of 64:45.
    let sequence = [
        0x67, 0x64, 0x00, 0x0c, 0xac, 0xd9, 0x41, 0x51, 0x9e, 0x22, 0x6f, 0xfc, 0x01, 0x00, 0x00,
        0xb5, 0xb8, 0x08, 0x68, 0x0a, 0x00, 0x00, 0x03, 0x00, 0x02, 0x00, 0x00, 0x03, 0x00, 0x14,
        0x1e, 0x28, 0x53, 0x2c,
    ];
    let mut writer = Writer::default();
    writer.tables(&[(0x1b, VIDEO, &[])]);
    writer.picture(0, &annex_b(&[&sequence, SETS[1], IDR]));
    writer.picture(3000, &annex_b(&[SETS[0], SETS[1], IDR]));
    let outcome = parse(&writer.bytes);
    let described = |configuration: &CodecConfiguration| match configuration {
        CodecConfiguration::Video(video) => (video.natural_size(), video.color),
        other => panic!("{other:?}"),
    };
    let (size, color) = described(&outcome.segments[0].tracks[0].configuration);
    assert_eq!(size, (458, 182));
    assert_eq!(color.full_range, Some(true));
    let (size, color) = described(&outcome.segments[1].tracks[0].configuration);
    assert_eq!((size, color), ((320, 180), ColorDescription::default()));
}

#[test]
fn reset_keeps_the_initialization_segment() {
    let mut writer = Writer::new();
    writer.picture(0, &key_picture());
    writer.pes(AUDIO, (0, 0), 0, &adts(b"one"));
    let mut parser = Parser::new(ByteStreamFormat::MpegTs);
    let mut outcome = Outcome::default();
    parser.push(writer.bytes[..writer.bytes.len() - 1].to_vec().into());
    outcome.drain(&mut parser);
    assert!(parser.is_in_media_segment() && outcome.segments.is_empty());
    parser.push(writer.bytes[writer.bytes.len() - 1..].to_vec().into());
    outcome.drain(&mut parser);
    assert!(!parser.is_in_media_segment(), "all packets are whole");
    outcome.frames.extend(parser.take_held_frames());
    outcome.drain(&mut parser);
    assert_eq!(outcome.segments.len(), 1);

    parser.reset();
    let mut writer = Writer::default();
    writer.picture(90_000, &annex_b(&[IDR]));
    writer.picture(93_000, &annex_b(&[INTER]));
    parser.push(writer.bytes.into());
    outcome.drain(&mut parser);
    outcome.frames.extend(parser.take_held_frames());
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.segments.len(), 1);
    assert_eq!(outcome.decode_times(VIDEO), [0, 90_000, 93_000]);
}
