/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tests of layouts that no available muxer writes. They are built or patched here.

use byte_stream::format::ByteStreamFormat;
use byte_stream::frame::CodedFrame;
use byte_stream::track::TrackId;
use bytes::Bytes;

use crate::outcome::{Outcome, parse_whole};
use crate::support::Fixture;

/// Makes an EBML element whose size is written in two bytes.
fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
    let size = (0x4000 | content.len() as u16).to_be_bytes();
    [id, &size, content].concat()
}

/// Parses a stream with a VP8 track 1, an Opus track 2 and one cluster at 1000 ms.
fn webm(video_default_duration: Option<u32>, cluster: &[Vec<u8>]) -> Outcome {
    let default_duration = video_default_duration
        .map(|nanoseconds| element(b"\x23\xe3\x83", &nanoseconds.to_be_bytes()));
    let size = [element(b"\xb0", &[16]), element(b"\xba", &[16])].concat();
    let video = [
        element(b"\xd7", &[1]),
        element(b"\x83", &[1]),
        element(b"\x86", b"V_VP8"),
        default_duration.unwrap_or_default(),
        element(b"\xe0", &size),
    ];
    let audio = [
        element(b"\xd7", &[2]),
        element(b"\x83", &[2]),
        element(b"\x86", b"A_OPUS"),
        element(b"\x63\xa2", b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0"),
    ];
    let tracks = [
        element(b"\xae", &video.concat()),
        element(b"\xae", &audio.concat()),
    ];
    let cluster = [
        vec![element(b"\xe7", &1000_u16.to_be_bytes())],
        cluster.to_vec(),
    ]
    .concat();
    let stream = [
        element(b"\x1a\x45\xdf\xa3", &element(b"\x42\x82", b"webm")),
        b"\x18\x53\x80\x67\xff".to_vec(),
        element(b"\xec", &[0; 5]),
        element(b"\x15\x49\xa9\x66", &[]),
        element(b"\x16\x54\xae\x6b", &tracks.concat()),
        element(b"\x1f\x43\xb6\x75", &cluster.concat()),
    ];
    parse_whole(ByteStreamFormat::WebM, &Bytes::from(stream.concat()))
}

fn block(id: u8, track: u8, milliseconds: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
    element(
        &[id],
        &[&[0x80 | track, 0, milliseconds, flags], payload].concat(),
    )
}

fn simple_block(track: u8, milliseconds: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
    block(0xa3, track, milliseconds, flags, payload)
}

/// An Opus packet whose code announces a number of frames, which is not there.
const OPUS_OF_UNKNOWN_DURATION: &[u8] = &[0xff];

/// Writes the start and the duration of each frame in milliseconds, `K` if a decoder can begin with
/// it, and `?` if the duration is estimated.
fn notation(frames: &[CodedFrame]) -> Vec<String> {
    let describe = |frame: &CodedFrame| {
        let key = if frame.is_random_access_point {
            "K"
        } else {
            ""
        };
        let estimated = if frame.duration_is_estimated { "?" } else { "" };
        let [start, duration] = [frame.presentation.0, frame.duration.0].map(|it| it / 1_000_000);
        format!("{start}{key}+{duration}{estimated}")
    };
    frames.iter().map(describe).collect()
}

#[test]
fn durations_are_the_distance_where_nothing_states_them() {
    let blocks = [
        simple_block(1, 0, 0x80, b"a"),
        simple_block(1, 40, 0, b"b"),
        simple_block(1, 90, 0, b"c"),
    ];
    let outcome = webm(None, &blocks);
    assert_eq!(outcome.error, None);
    assert_eq!(
        notation(&outcome.frames),
        ["1000K+40", "1040+50", "1090+50?"]
    );
}

#[test]
fn estimates_are_as_long_as_the_longest() {
    let blocks = [
        simple_block(1, 0, 0x80, b"a"),
        simple_block(2, 0, 0, OPUS_OF_UNKNOWN_DURATION),
        simple_block(1, 50, 0, b"b"),
        simple_block(2, 50, 0, OPUS_OF_UNKNOWN_DURATION),
        simple_block(1, 90, 0, b"c"),
        simple_block(2, 90, 0, OPUS_OF_UNKNOWN_DURATION),
    ];
    let outcome = webm(None, &blocks);
    let of_track = |track| outcome.frames_of(TrackId(track)).into_iter().cloned();
    let video: Vec<_> = of_track(1).collect();
    let audio: Vec<_> = of_track(2).collect();
    assert_eq!(notation(&video), ["1000K+50", "1050+40", "1090+50?"]);
    assert_eq!(notation(&audio), ["1000K+50", "1050K+40", "1090K+50?"]);
}

/// What was stated counts for the estimate as well.
#[test]
fn stated_durations_are_learnt_from() {
    let stated = [block(0xa1, 1, 0, 0, b"a"), element(b"\x9b", &[45])].concat();
    let blocks = [
        element(b"\xa0", &stated),
        simple_block(1, 45, 0, b"b"),
        simple_block(1, 80, 0, b"c"),
    ];
    let outcome = webm(None, &blocks);
    assert_eq!(
        notation(&outcome.frames),
        ["1000K+45", "1045+35", "1080+45?"]
    );
}

/// Blocks start at whole milliseconds: with a third of one more than the distance to it, the second
/// frame would reach over the start of the third.
#[test]
fn default_duration_has_whole_ticks() {
    let blocks = [
        simple_block(1, 0, 0x80, b"a"),
        simple_block(1, 34, 0, b"b"),
        simple_block(1, 67, 0x80, b"c"),
    ];
    let outcome = webm(Some(33_333_333), &blocks);
    let durations = outcome.frames.iter().map(|frame| frame.duration.0);
    assert_eq!(durations.collect::<Vec<_>>(), [33_000_000; 3]);
    // One of less than a tick says nothing.
    let outcome = webm(Some(999_999), &blocks);
    assert_eq!(
        notation(&outcome.frames),
        ["1000K+34", "1034+33", "1067K+34?"]
    );
}

#[test]
fn a_lone_frame_has_a_guessed_duration() {
    let outcome = webm(None, &[simple_block(1, 0, 0x80, b"a")]);
    assert_eq!(notation(&outcome.frames), ["1000K+63?"]);
}

#[test]
fn default_duration_is_used_without_waiting() {
    let blocks = [simple_block(1, 0, 0x80, b"a"), simple_block(1, 40, 0, b"b")];
    let outcome = webm(Some(33_000_000), &blocks);
    assert_eq!(notation(&outcome.frames), ["1000K+33", "1040+33"]);
}

#[test]
fn block_duration_comes_before_default_duration() {
    let reference = element(b"\xfb", &[0x81]);
    let groups = [
        [block(0xa1, 1, 0, 0, b"a"), element(b"\x9b", &[40])].concat(),
        [
            block(0xa1, 1, 40, 0, b"b"),
            element(b"\x9b", &[25]),
            reference,
        ]
        .concat(),
    ];
    let blocks = groups.map(|group| element(b"\xa0", &group));
    let outcome = webm(Some(33_000_000), &blocks);
    assert_eq!(outcome.error, None);
    assert_eq!(notation(&outcome.frames), ["1000K+40", "1040+25"]);
}

#[test]
fn opus_packets_say_how_long_they_are() {
    // 20 ms, and two frames of 20 ms.
    let blocks = [
        simple_block(2, 0, 0, &[0xfc, 1]),
        simple_block(2, 20, 0, &[0xfd, 1]),
    ];
    let outcome = webm(None, &blocks);
    assert_eq!(notation(&outcome.frames), ["1000K+20", "1020K+40"]);
}

#[test]
fn laced_frames_follow_each_other() {
    let fixed = simple_block(2, 0, 0x04, &[2, 0xfc, 1, 0xfc, 2, 0xfc, 3]);
    let outcome = webm(None, &[fixed]);
    assert_eq!(
        notation(&outcome.frames),
        ["1000K+20", "1020K+20", "1040K+20"]
    );
    let payloads: Vec<u8> = outcome
        .frames
        .iter()
        .map(|frame| frame.payload[1])
        .collect();
    assert_eq!(payloads, [1, 2, 3]);

    let held = simple_block(1, 0, 0x84, &[1, 7, 8]);
    let outcome = webm(None, &[held, simple_block(1, 60, 0, b"c")]);
    assert_eq!(
        notation(&outcome.frames),
        ["1000K+30", "1030K+30", "1060+30?"]
    );
}

#[test]
fn misplaced_blocks_are_errors() {
    let unknown_track = webm(
        None,
        &[simple_block(1, 0, 0x80, b"a"), simple_block(3, 1, 0, b"b")],
    );
    assert!(
        unknown_track
            .error
            .is_some_and(|error| error.cause.contains("no track"))
    );
    let backwards = webm(
        None,
        &[simple_block(1, 9, 0x80, b"a"), simple_block(1, 8, 0, b"b")],
    );
    assert!(
        backwards
            .error
            .is_some_and(|error| error.cause.contains("earlier"))
    );
    let cluster_in_cluster = webm(None, &[element(b"\x1f\x43\xb6\x75", &[])]);
    assert_eq!(
        cluster_in_cluster.error.map(|error| error.place),
        Some("Cluster")
    );
}

/// Returns the start of each box of that kind, at its type.
fn boxes_of(bytes: &[u8], kind: &[u8; 4]) -> Vec<usize> {
    (0..bytes.len() - 4)
        .filter(|start| bytes[*start..].starts_with(kind))
        .collect()
}

#[test]
fn data_offsets_without_default_base_is_moof() {
    let fixture = Fixture::load("h264-aac.mp4");
    let whole = parse_whole(fixture.format, &fixture.bytes);
    let mut bytes = fixture.bytes.to_vec();
    for header in boxes_of(&bytes, b"tfhd") {
        assert_eq!(bytes[header + 5], 0x02, "default-base-is-moof");
        bytes[header + 5] = 0;
    }
    // As most writers meant it: from the moof all the same.
    let outcome = parse_whole(fixture.format, &Bytes::from(bytes.clone()));
    assert!(outcome == whole);

    // As the standard has it: from the end of the data of the track fragment before.
    for (index, run) in boxes_of(&bytes, b"trun").into_iter().enumerate() {
        if index % 2 == 1 {
            bytes[run + 12..run + 16].fill(0);
        }
    }
    let outcome = parse_whole(fixture.format, &Bytes::from(bytes));
    assert_eq!(outcome.error, None);
    assert!(outcome == whole);
}

#[test]
fn media_data_of_64_bit_and_of_unknown_size() {
    let fixture = Fixture::load("h264.mp4");
    let whole = parse_whole(fixture.format, &fixture.bytes);
    let first = boxes_of(&fixture.bytes, b"mdat")[0] - 4;
    let head = fixture.bytes.slice(..first);
    let size = u32::from_be_bytes(*fixture.bytes[first..].first_chunk().expect("it is there"));
    let media = &fixture.bytes[first + 8..first + size as usize];

    // The header is eight bytes longer, and so is each offset from the moof.
    let mut moved = head.to_vec();
    let run = boxes_of(&moved, b"trun")[0];
    let offset = u32::from_be_bytes(*moved[run + 12..].first_chunk().expect("it is there"));
    moved[run + 12..run + 16].copy_from_slice(&(offset + 8).to_be_bytes());
    moved.extend_from_slice(b"\0\0\0\x01mdat");
    moved.extend_from_slice(&(u64::from(size) + 8).to_be_bytes());
    moved.extend_from_slice(media);
    let large = parse_whole(fixture.format, &Bytes::from(moved));

    let endless = [&head[..], b"\0\0\0\0mdat", media].concat();
    let endless = parse_whole(fixture.format, &Bytes::from(endless));
    for outcome in [large, endless] {
        assert_eq!(outcome.error, None);
        assert_eq!(outcome.frames.len(), 24);
        assert!(outcome.frames == whole.frames[..24]);
    }
}

#[test]
fn a_movie_fragment_of_64_bit_size() {
    let fixture = Fixture::load("h264.mp4");
    let whole = parse_whole(fixture.format, &fixture.bytes);
    let start = boxes_of(&fixture.bytes, b"moof")[0] - 4;
    let size = u32::from_be_bytes(*fixture.bytes[start..].first_chunk().expect("it is there"));
    let mut bytes = fixture.bytes.to_vec();
    // The data lies eight bytes further from the start of the box.
    let run = boxes_of(&bytes, b"trun")[0];
    let offset = u32::from_be_bytes(*bytes[run + 12..].first_chunk().expect("it is there"));
    bytes[run + 12..run + 16].copy_from_slice(&(offset + 8).to_be_bytes());
    let header = [&b"\0\0\0\x01moof"[..], &(u64::from(size) + 8).to_be_bytes()].concat();
    bytes.splice(start..start + 8, header);
    assert!(parse_whole(fixture.format, &bytes.into()) == whole);
}

#[test]
fn media_data_without_all_samples_is_an_error() {
    let fixture = Fixture::load("h264.mp4");
    let mut bytes = fixture.bytes.to_vec();
    let run = boxes_of(&bytes, b"trun")[0];
    // The first sample, whose size follows the count, the offset and the first sample's flags.
    bytes[run + 20] = 1;
    let outcome = parse_whole(fixture.format, &Bytes::from(bytes));
    assert_eq!(outcome.error.map(|error| error.place), Some("mdat"));

    let mut bytes = fixture.bytes.to_vec();
    let media = boxes_of(&bytes, b"mdat")[0];
    bytes[media..media + 4].copy_from_slice(b"free");
    let outcome = parse_whole(fixture.format, &Bytes::from(bytes));
    assert_eq!(outcome.error.map(|error| error.place), Some("moof"));
}
