/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What is kept beside media, where it is more than the media.

use test_support::media::{AAC, H264, Media, VP8};

use crate::gauge::Gauge;
use crate::{KIBIBYTE, MEBIBYTE};
use test_support::mp4::{Sample, mp4_box, pad, samples_without_bytes, segment, words};
use test_support::transport::{self, FIRST, Writer, adts};
use test_support::webm::{
    BLOCK, BLOCK_DURATION, BLOCK_GROUP, IS_KEY, REFERENCE_BLOCK, SIMPLE_BLOCK, block, cluster,
    element,
};

const TINY: Sample = Sample {
    duration: 512,
    size: 1,
    is_key: true,
};

/// A cluster of blocks of one byte, so many milliseconds from each other.
fn tiny_blocks(time: u32, count: u16, distance: u16, flags: u8) -> Vec<u8> {
    let blocks = (0..count).flat_map(|number| {
        let flags = if number == 0 { IS_KEY } else { flags };
        element(SIMPLE_BLOCK, &block(number * distance, flags, &[7]))
    });
    cluster(time, &blocks.collect::<Vec<_>>())
}

/// Appends until the SourceBuffer is full, which takes nearly all of the quota, then removes all.
fn fill<T: AsRef<[u8]>>(mime_type: &str, initialization: &[u8], appends: impl Iterator<Item = T>) {
    let quota = 4 * MEBIBYTE;
    let mut gauge = Gauge::new(mime_type, quota);
    assert!(gauge.append_all([initialization]));
    assert!(!gauge.append_all(appends), "there is too much");
    assert_eq!(gauge.failure, None);
    assert!(gauge.held() > quota / 2, "{}", gauge.held());
    gauge.remove_all();
    assert!(gauge.held() < quota / 16, "{}", gauge.held());
}

/// Each of them a group of pictures of its own.
#[test]
fn tiny_key_frames() {
    let initialization = &Media::load("vp8.webm").initialization;
    for count in [1, 20, 500] {
        let clusters = (0..100_000)
            .map(|number| tiny_blocks(number * u32::from(count) * 40, count, 40, IS_KEY));
        fill(VP8, initialization, clusters);
    }
    let initialization = &Media::load("h264.mp4").initialization;
    let segments = (0..1000).map(|number| segment(number * 1000 * 512, &[TINY; 1000]));
    fill(H264, initialization, segments);
}

/// More than the quota has room for, in one append, whose end is dropped.
#[test]
fn tiny_key_frames_all_at_once() {
    let mut gauge = Gauge::new(VP8, 4 * MEBIBYTE);
    gauge.append_all([&Media::load("vp8.webm").initialization]);
    let clusters = (0..150).map(|number| tiny_blocks(number * 20_000, 500, 40, IS_KEY));
    assert!(gauge.append_all([clusters.collect::<Vec<_>>().concat()]));
    assert_eq!(gauge.failure, None);
    let buffered = gauge.source.buffered(gauge.id).expect("it is there");
    assert_eq!(buffered.len(), 1);
    let end = buffered.highest_end().expect("some fitted").seconds();
    assert!((100.0..2900.0).contains(&end), "{end}");
    gauge.remove_all();
    assert!(gauge.append_all([tiny_blocks(0, 500, 40, IS_KEY)]));
    let buffered = gauge.source.buffered(gauge.id).expect("it is there");
    assert_eq!(buffered.len(), 1);
}

/// By two SourceBuffers at once, which share the quota of their MediaSource.
#[test]
fn tiny_key_frames_in_two_source_buffers() {
    let mut gauge = Gauge::new(VP8, 4 * MEBIBYTE);
    let initialization = &Media::load("vp8.webm").initialization;
    let ids = [
        gauge.id,
        gauge
            .call(|source| source.add_source_buffer(VP8))
            .expect("it is one of two"),
    ];
    let clusters = (0..50).map(|number| tiny_blocks(number * 20_000, 500, 40, IS_KEY));
    let stream = [&initialization[..], &clusters.collect::<Vec<_>>().concat()].concat();
    for id in ids {
        gauge
            .call(|source| source.source_buffer(id)?.append_buffer(&stream))
            .expect("the bytes fit");
    }
    gauge.finish();
    assert_eq!(gauge.failure, None);
    assert!(gauge.held() > 3 * MEBIBYTE, "{}", gauge.held());
}

#[test]
fn tiny_frames_of_long_groups() {
    let initialization = &Media::load("vp8.webm").initialization;
    for count in [2, 30, 800] {
        let clusters =
            (0..100_000).map(|number| tiny_blocks(number * u32::from(count) * 40, count, 40, 0));
        fill(VP8, initialization, clusters);
    }
}

#[test]
fn tiny_frames_of_sound() {
    let initialization = &Media::load("aac.mp4").initialization;
    for count in [1, 100, 1000] {
        let samples = vec![
            Sample {
                duration: 1024,
                ..TINY
            };
            count
        ];
        let segments = (0..100_000).map(|number| segment(number * count as u64 * 1024, &samples));
        fill(AAC, initialization, segments);
    }
}

#[test]
fn tiny_frames_of_sound_in_transport_streams() {
    let mut writer = Writer::default();
    writer.tables(transport::AAC, 1);
    writer.pes(FIRST, false, 0, &adts(1));
    let start = writer.take();
    let frames = adts(1).repeat(200);
    let appends = (0..100_000).map(|number: u32| {
        writer.pes(FIRST, false, number * 200 * 1920, &frames);
        writer.take()
    });
    fill("video/mp2t; codecs=\"mp4a.40.2\"", &start, appends);
}

#[test]
fn tiny_frames_of_bare_sound() {
    let frames = adts(1).repeat(500);
    fill("audio/aac", &frames, std::iter::repeat_n(&frames, 100_000));
}

/// Ranges that do not touch.
#[test]
fn many_ranges() {
    let mut gauge = Gauge::new(VP8, 4 * MEBIBYTE);
    gauge.append_all([&Media::load("vp8.webm").initialization]);
    assert!(gauge.append_all((0..200).map(|number| {
        let blocks = (0..50).map(|block| tiny_blocks(number * 50_000 + block * 1000, 1, 0, IS_KEY));
        blocks.collect::<Vec<_>>().concat()
    })));
    for (mime_type, name) in [(H264, "h264.mp4"), (AAC, "aac.mp4")] {
        let mut gauge = Gauge::new(mime_type, 4 * MEBIBYTE);
        gauge.append_all([&Media::load(name).initialization]);
        assert!(gauge.append_all((0..1500).map(|number| segment(number * 1_000_000, &[TINY]))));
    }
}

/// Every second one replaces the last frame of the group before.
#[test]
fn groups_that_are_cut() {
    let initialization = &Media::load("vp8.webm").initialization;
    let clusters = (0..100_000_u32).flat_map(|number| {
        let time = number * 5 * 40;
        [
            tiny_blocks(time, 5, 40, 0),
            tiny_blocks(time + 4 * 40, 1, 40, 0),
        ]
    });
    fill(VP8, initialization, clusters);
}

/// A long group all of whose frames are presented at once, cut by ever earlier random access points.
#[test]
fn a_group_cut_again_and_again() {
    let mut gauge = Gauge::new(VP8, 16 * MEBIBYTE);
    gauge.append_all([&Media::load("vp8.webm").initialization]);
    let group = |is_key: bool| {
        let reference = if is_key {
            Vec::new()
        } else {
            element(REFERENCE_BLOCK, &[0xff])
        };
        let duration = element(BLOCK_DURATION, &1_000_000_u32.to_be_bytes());
        let block = element(BLOCK, &block(0, 0, &[7]));
        element(BLOCK_GROUP, &[block, duration, reference].concat())
    };
    let groups: Vec<u8> = (0..5000).flat_map(|number| group(number == 0)).collect();
    gauge.append_all([cluster(0, &groups)]);
    let keys = (0..3000).map(|number| tiny_blocks(999_999 - number, 1, 0, IS_KEY));
    assert!(gauge.append_all(keys));
}

/// Samples that have no bytes, which tables of a few bytes say of.
#[test]
fn samples_without_any_bytes() {
    let mut gauge = Gauge::new(H264, 4 * MEBIBYTE);
    gauge.append_all([&Media::load("h264.mp4").initialization]);
    let most = 1 << 18;
    gauge.append_all((0..300).map(|number| samples_without_bytes(number * 512, most)));
    let all: Vec<u8> = (0..300)
        .flat_map(|number| samples_without_bytes(number * 512, most))
        .collect();
    gauge.append_all([all]);
}

const TO_AVCC: [&[u8; 4]; 8] = [
    b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1", b"avcC",
];

/// One differs from the other in a byte, and each is needed by a frame.
#[test]
fn many_configurations() {
    let media = Media::load("h264.mp4");
    for padding in [1, 1000, 200 * KIBIBYTE] {
        let appends = (0..100_000).map(|number: u64| {
            let mut padding = vec![0; padding.max(8)];
            padding[..8].copy_from_slice(&number.to_be_bytes());
            let initialization = pad(&media.initialization, &TO_AVCC, &padding);
            [initialization, segment(number * 512, &[TINY])].concat()
        });
        fill(H264, &media.initialization, appends);
    }
}

/// They are refused, or kept and counted.
#[test]
fn large_configurations() {
    let media = Media::load("h264.mp4");
    for padding in [KIBIBYTE, 250 * KIBIBYTE, 3 * MEBIBYTE] {
        let mut gauge = Gauge::new(H264, 8 * MEBIBYTE);
        gauge.append_all([pad(&media.initialization, &TO_AVCC, &vec![0; padding])]);
        gauge.append_all([segment(0, &[TINY])]);
    }
}

/// Metadata blocks of four bytes, behind the one that is needed.
#[test]
fn metadata_of_sound() {
    let media = Media::load("codecs/flac.mp4");
    let path = [
        b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"fLaC", b"dfLa",
    ];
    let blocks = [1, 0, 0, 0].repeat(800 * KIBIBYTE);
    let mut gauge = Gauge::new("audio/mp4; codecs=\"flac\"", 8 * MEBIBYTE);
    assert!(gauge.append_all([pad(&media.initialization, &path, &blocks)]));
    assert_eq!(gauge.failure, None);
    assert!(gauge.held() < 64 * KIBIBYTE, "{}", gauge.held());
}

/// What is said of tracks beside how they are coded.
#[test]
fn names_of_tracks_and_data_for_decryption() {
    let media = Media::load("h264.mp4");
    let mut named = media.initialization.to_vec();
    let end = named
        .windows(13)
        .position(|window| window == b"VideoHandler\0");
    named[end.expect("it has a name") + 12] = b'x';
    let name = pad(
        &named,
        &[b"moov", b"trak", b"mdia", b"hdlr"],
        &vec![b'x'; 2 << 20],
    );
    let mut gauge = Gauge::new(H264, 8 * MEBIBYTE);
    gauge.append_all([name]);
    let pssh = mp4_box(b"pssh", &vec![0; 2 << 20]);
    let mut gauge = Gauge::new(H264, 8 * MEBIBYTE);
    gauge.append_all([pad(&media.initialization, &[b"moov"], &pssh)]);
    let groups = mp4_box(
        b"sgpd",
        &[
            words(&[1 << 24, u32::from_be_bytes(*b"rap "), 1, 4000]),
            vec![0xff; 4000],
        ]
        .concat(),
    );
    let path = [b"moov", b"trak", b"mdia", b"minf", b"stbl"];
    let mut gauge = Gauge::new(H264, 8 * MEBIBYTE);
    gauge.append_all([pad(&media.initialization, &path, &groups)]);
}
