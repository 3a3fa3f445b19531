/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Frames do not need to begin and end where PES packets do.

use super::*;

const FRAME: u64 = 1920;
const PICTURE: u64 = 3000;

/// Units that begin at some places of a stream, each with its time.
struct Framing {
    bytes: Vec<u8>,
    starts: Vec<(usize, u64)>,
}

impl Framing {
    fn new(units: impl IntoIterator<Item = Vec<u8>>, distance: u64) -> Self {
        let mut framing = Self {
            bytes: Vec::new(),
            starts: Vec::new(),
        };
        for (time, unit) in (0..).step_by(distance as usize).zip(units) {
            framing.starts.push((framing.bytes.len(), 90_000 + time));
            framing.bytes.extend_from_slice(&unit);
        }
        framing
    }

    /// Writes the units in PES packets of these sizes over and over. Each packet has the time of
    /// the first unit that begins in it, and none if no unit begins in it.
    fn write(&self, pid: u16, sizes: &[usize]) -> Outcome {
        let stream_type = if pid == AUDIO { 0x0f } else { 0x1b };
        let mut writer = Writer::default();
        writer.tables(&[(stream_type, pid, &[])]);
        let mut position = 0;
        for size in sizes.iter().cycle() {
            let end = (position + size).min(self.bytes.len());
            let mut times = self.starts.iter();
            let time = times.find(|(start, _)| (position..end).contains(start));
            let time = time.map(|(_, time)| (*time, *time));
            writer.pes(pid, time, 0, &self.bytes[position..end]);
            position = end;
            if position == self.bytes.len() {
                break;
            }
        }
        parse(&writer.bytes)
    }
}

fn sound() -> Framing {
    let sizes = [150, 40, 333, 700, 10, 11, 12, 500, 200, 200, 180, 77];
    Framing::new(
        (1..).zip(sizes).map(|(byte, size)| adts(&vec![byte; size])),
        FRAME,
    )
}

#[test]
fn sound_in_packets_of_any_size() {
    let sound = sound();
    let aligned = sound.write(AUDIO, &[sound.bytes.len()]);
    let times: Vec<_> = (0..12).map(|index| 90_000 + 1920 * index).collect();
    assert_eq!(aligned.decode_times(AUDIO), times);
    for size in (1..8).chain([19, 97, 200, 371, 999]) {
        for sizes in [&[size][..], &[size, 1, 2 * size, 300]] {
            let outcome = sound.write(AUDIO, sizes);
            assert!(outcome == aligned, "{sizes:?}");
        }
    }
}

#[test]
fn sound_without_times_follows_what_is_before_it() {
    let mut writer = Writer::default();
    writer.tables(&[(0x0f, AUDIO, &[])]);
    writer.pes(AUDIO, None, 0, &adts(b"its time is not known"));
    writer.pes(AUDIO, (5000, 5000), 0, &adts(b"one"));
    writer.pes(AUDIO, None, 0, &[adts(b"two"), adts(b"three")].concat());
    writer.pes(AUDIO, (50_000, 50_000), 0, &adts(b"four"));
    let outcome = parse(&writer.bytes);
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.decode_times(AUDIO), [5000, 6920, 8840, 50_000]);
}

#[test]
fn a_time_of_a_packet_in_which_no_frame_begins_is_of_none() {
    let frames = [adts(&[1; 300]), adts(&[2; 300])].concat();
    let mut writer = Writer::default();
    writer.tables(&[(0x0f, AUDIO, &[])]);
    writer.pes(AUDIO, (5000, 5000), 0, &frames[..100]);
    writer.pes(AUDIO, (77_777, 77_777), 0, &frames[100..200]);
    writer.pes(AUDIO, (6920, 6920), 0, &frames[200..]);
    assert_eq!(parse(&writer.bytes).decode_times(AUDIO), [5000, 6920]);
}

#[test]
fn bytes_that_are_no_frame_cost_no_time() {
    // The end of a frame whose beginning is not there, with what looks like a header in it.
    let junk = [&[1, 2, 3][..], &adts(&[0; 20])[..9], &[7; 30]].concat();
    let frames = [adts(&[1; 300]), adts(&[2; 300])].concat();
    let mut writer = Writer::default();
    writer.tables(&[(0x0f, AUDIO, &[])]);
    writer.pes(AUDIO, (5000, 5000), 0, &[&junk[..], &frames].concat());
    writer.pes(AUDIO, (8840, 8840), 0, &adts(&[3; 300]));
    assert_eq!(parse(&writer.bytes).decode_times(AUDIO), [5000, 6920, 8840]);
}

#[test]
fn a_lost_packet_costs_the_frames_in_it_alone() {
    let sound = sound();
    let mut writer = Writer::default();
    writer.tables(&[(0x0f, AUDIO, &[])]);
    for ((start, time), next) in sound.starts.iter().zip(sound.starts[1..].iter()) {
        writer.pes(AUDIO, (*time, *time), 0, &sound.bytes[*start..next.0]);
    }
    let packets: Vec<&[u8]> = writer.bytes.chunks(PACKET_BYTES).collect();
    let whole = parse(&writer.bytes).decode_times(AUDIO);
    for lost in 2..packets.len() {
        let lossy = [&packets[..lost], &packets[lost + 1..]].concat().concat();
        let outcome = parse(&lossy);
        assert_eq!(outcome.error, None);
        let times = outcome.decode_times(AUDIO);
        assert!(times.len() + 2 >= whole.len(), "{lost}: {times:?}");
        assert!(
            times.iter().all(|time| whole.contains(time)),
            "{lost}: {times:?}"
        );
    }
}

fn slice(first: u8, rest: u8, size: usize) -> Vec<u8> {
    let mut slice = vec![first, rest];
    slice.resize(size, 0x55);
    slice
}

/// Makes the pictures of a group, with and without delimiters, of one slice and of several.
fn pictures(count: usize, has_delimiters: bool) -> Framing {
    let picture = |index: usize| {
        let kind = if index == 0 { 0x65 } else { 0x41 };
        let first = slice(kind, 0x88, 20 + 37 * (index % 5));
        let others = [slice(kind, 0x48, 50), slice(kind, 0x2a, 9)];
        let mut units: Vec<&[u8]> = Vec::new();
        if index == 0 {
            units.extend(SETS);
        }
        units.push(&first);
        if index % 3 == 1 {
            units.extend(others.iter().map(Vec::as_slice));
        }
        let bytes = annex_b(&units);
        let delimiter = if has_delimiters { 0 } else { 6 };
        bytes[delimiter..].to_vec()
    };
    Framing::new((0..count).map(picture), PICTURE)
}

/// Returns the outcome without whether durations are estimated, which depends on what is known of
/// the next frame.
fn without_estimates(mut outcome: Outcome) -> Outcome {
    for frame in &mut outcome.frames {
        frame.duration_is_estimated = false;
    }
    outcome
}

#[test]
fn pictures_in_packets_of_any_size() {
    for has_delimiters in [true, false] {
        let pictures = pictures(12, has_delimiters);
        let mut aligned: Vec<usize> = pictures
            .starts
            .windows(2)
            .map(|pair| pair[1].0 - pair[0].0)
            .collect();
        aligned.push(usize::MAX / 4);
        let aligned = pictures.write(VIDEO, &aligned);
        assert_eq!(aligned.error, None);
        let times: Vec<_> = (0..12).map(|index| 90_000 + 3000 * index).collect();
        assert_eq!(aligned.decode_times(VIDEO), times);
        // In each picture a packet begins, or none does.
        for size in [1, 2, 3, 4, 5, 7, 19, 41] {
            for sizes in [&[size][..], &[size, 3]] {
                let outcome = pictures.write(VIDEO, sizes);
                let same = without_estimates(outcome) == without_estimates(aligned.clone());
                assert!(same, "{sizes:?}");
            }
        }
    }
}

#[test]
fn several_pictures_in_a_packet_share_its_time() {
    for (count, has_delimiters) in [(2, true), (3, true), (3, false), (30, false), (120, true)] {
        let pictures = pictures(count * 3, has_delimiters);
        let starts: Vec<usize> = pictures.starts.iter().map(|start| start.0).collect();
        let bounds = [0, starts[count], starts[2 * count], pictures.bytes.len()];
        let sizes: Vec<usize> = bounds.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let outcome = pictures.write(VIDEO, &sizes);
        assert_eq!(outcome.error, None);
        let times: Vec<i64> = (0..3 * count as i64)
            .map(|index| 90_000 + 3000 * index)
            .collect();
        assert_eq!(outcome.decode_times(VIDEO), times, "{count}");
        let durations = outcome
            .of(VIDEO)
            .iter()
            .all(|(_, duration, _)| *duration == 3000);
        assert!(durations, "{count}");
        // The last ones' times are a guess by what was measured before.
        let estimated = outcome
            .frames
            .iter()
            .map(|frame| frame.duration_is_estimated);
        let estimated = estimated.filter(|is_estimated| *is_estimated).count();
        assert_eq!(estimated, count);
    }
}

/// Returns the pictures of a file whose packets have one each, with presentation times and NAL
/// units.
fn pictures_of_file(name: &str) -> Vec<((u64, u64), Vec<u8>)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/media");
    let outcome = parse(&std::fs::read(folder.join(name)).expect("it is in the repository"));
    assert_eq!(outcome.error, None);
    let frames = outcome.frames.iter();
    let pictures = frames.filter(|frame| frame.track.0 == u64::from(VIDEO));
    let pictures = pictures.map(|frame| {
        let mut units = Vec::new();
        let mut rest = &frame.payload[..];
        while let Some((length, after)) = rest.split_first_chunk() {
            let (unit, after) = after.split_at(u32::from_be_bytes(*length) as usize);
            units.extend([&[0, 0, 1], unit].concat());
            rest = after;
        }
        let times = (frame.presentation.0 as u64, frame.decode.0 as u64);
        (times, units)
    });
    pictures.collect()
}

#[test]
fn pictures_in_a_packet_are_shown_in_their_own_order() {
    let mut reordered = 0;
    for (name, stream_type) in [
        ("layouts/h264-aac.ts", 0x1b),
        ("layouts/gstreamer.ts", 0x1b),
        ("codecs/hevc-mp3.ts", 0x24),
    ] {
        let pictures = pictures_of_file(name);
        for count in [2, 3, 5, 7, 24] {
            let mut writer = Writer::default();
            writer.tables(&[(stream_type, VIDEO, &[])]);
            for group in pictures.chunks(count) {
                let units: Vec<_> = group.iter().map(|(_, units)| &units[..]).collect();
                writer.pes(VIDEO, group[0].0, 0, &units.concat());
            }
            let outcome = parse(&writer.bytes);
            assert_eq!(outcome.error, None);
            let times = outcome.frames.iter().map(|frame| {
                let (presentation, decode) = (frame.presentation.0, frame.decode.0);
                (presentation as u64, decode as u64)
            });
            let expected: Vec<_> = pictures.iter().map(|(times, _)| *times).collect();
            assert_eq!(Vec::from_iter(times), expected, "{name}: {count} a packet");
            let pairs = expected.windows(2);
            reordered += pairs.filter(|pair| pair[1].0 < pair[0].0).count();
        }
    }
    assert!(reordered > 0, "some pictures are shown before others");
}

#[test]
fn pictures_in_one_packet_alone_last_as_long_as_guessed() {
    let pictures = pictures(4, true);
    let outcome = pictures.write(VIDEO, &[pictures.bytes.len()]);
    assert_eq!(
        outcome.decode_times(VIDEO),
        [90_000, 93_600, 97_200, 100_800]
    );
    assert!(
        outcome
            .frames
            .iter()
            .all(|frame| frame.duration_is_estimated)
    );
}

#[test]
fn padding_between_packets_is_skipped() {
    let mut writer = Writer::default();
    writer.tables(&[(0x1b, VIDEO, &[])]);
    writer.picture(0, &key_picture());
    writer.packet(VIDEO, true, 0, &[0, 0, 1, 0xbe, 0, 20, 0xff, 0xff]);
    writer.packet(VIDEO, false, 0, &[0xff; 18]);
    writer.picture(3000, &annex_b(&[INTER]));
    writer.packet(
        VIDEO,
        true,
        0,
        &[0, 0, 1, 0xbe, 0, 4, 0xff, 0xff, 0xff, 0xff],
    );
    let outcome = parse(&writer.bytes);
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.decode_times(VIDEO), [0, 3000]);
}

#[test]
fn a_recording_begins_anywhere() {
    let mut before = Writer::default();
    before.picture(0, &key_picture());
    before.pes(AUDIO, (0, 0), 0, &adts(b"zero"));
    let mut writer = Writer::new();
    writer.picture(3000, &annex_b(&[INTER]));
    writer.picture(6000, &key_picture());
    writer.pes(AUDIO, (1920, 1920), 0, &adts(b"one"));
    for junk in [&[][..], &[0x47, 1, 2, 3], &[0; 187], b"no packet"] {
        let bytes = [&before.bytes[PACKET_BYTES - junk.len()..], &writer.bytes].concat();
        let bytes = [junk, &bytes].concat();
        let outcome = parse(&bytes);
        assert_eq!(outcome.error, None);
        assert_eq!(outcome.decode_times(VIDEO), [6000]);
        assert_eq!(outcome.decode_times(AUDIO), [1920]);
    }
}

#[test]
fn audio_of_layer_two_is_cut_into_frames() {
    let mp2 = |byte: u8| [&[0xff, 0xfd, 0xc4, 0][..], &[byte; 764]].concat();
    for stream_type in [0x03, 0x04] {
        let mut writer = Writer::default();
        writer.tables(&[(0x02, VIDEO, &[]), (stream_type, AUDIO, &[])]);
        let frames = [mp2(1), mp2(2), mp2(3)].concat();
        writer.pes(AUDIO, (9000, 9000), 0, &frames[..1000]);
        writer.pes(AUDIO, (9000 + 2 * 2160, 0), 0, &frames[1000..]);
        let outcome = parse(&writer.bytes);
        assert_eq!(outcome.error, None);
        assert_eq!(outcome.decode_times(AUDIO), [9000, 11_160, 13_320]);
        let codec = outcome.segments[0].tracks[0].configuration.codec();
        use crate::track::{AudioCodec, Codec};
        assert_eq!(codec, Codec::Audio(AudioCodec::Mp2));
    }
}

#[test]
fn two_fields_are_one_picture() {
    // A sequence parameter set of x264 for 720x480, interlaced, where frame_num has four bits.
    let sequence = [
        0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xb4, 0x7b, 0x60, 0x22, 0x00, 0x00, 0x03, 0x00,
        0x02, 0x00, 0x00, 0x03, 0x00, 0x64, 0x3e, 0x28, 0x53, 0x2c,
    ];
    // First macroblock 0, an I slice, parameter set 0: 1 011 1; frame_num; a field; bottom.
    let field = |kind: u8, frame_number: u8, is_bottom: bool| {
        let bits = 0b1011_1000_0010_0000 | u16::from(frame_number) << 7;
        let bits = bits & !0x60 | 0x40 | u16::from(is_bottom) << 5;
        let [high, low] = bits.to_be_bytes();
        let mut slice = vec![kind, high, low];
        slice.resize(30, 0x55);
        slice
    };
    let sets = annex_b(&[&sequence, SETS[1]]);
    let fields = |kind: u8, number: u8| {
        let top = annex_b(&[&field(kind, number, false)]);
        [top, annex_b(&[&field(0x41, number, true)])]
    };
    let mut writer = Writer::default();
    writer.tables(&[(0x1b, VIDEO, &[])]);
    let [top, bottom] = fields(0x65, 0);
    writer.picture(0, &[sets, top, bottom].concat());
    writer.picture(3000, &fields(0x41, 1).concat());
    // Each in a packet, with a time of its own.
    let [top, bottom] = fields(0x41, 2);
    writer.picture(6000, &top);
    writer.picture(7500, &bottom);
    writer.picture(9000, &fields(0x41, 3).concat());
    let outcome = parse(&writer.bytes);
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.decode_times(VIDEO), [0, 3000, 6000, 9000]);
    // The second field of a refresh may refer to the first one.
    let frames = outcome.frames.iter();
    let entries = frames.map(|frame| frame.is_random_access_point);
    assert_eq!(Vec::from_iter(entries), [true, false, false, false]);
}
