/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What waits: for other bytes, for its turn, or to be dropped.

use test_support::media::{H264, Media};

use crate::MEBIBYTE;
use crate::gauge::Gauge;
use test_support::mp4::{Sample, mp4_box, pad, segment, words};
use test_support::transport::{self, FIRST, Writer, adts};

const TRANSPORT: &str = "video/mp2t; codecs=\"mp4a.40.2\"";

/// Appends that are aborted before they run.
#[test]
fn aborted_appends() {
    let media = Media::load("h264.mp4");
    for size in [1, 10_000] {
        let mut gauge = Gauge::new(H264, 2 * MEBIBYTE);
        let id = gauge.id;
        // (How much a queue of jobs takes is its owner's affair.)
        gauge.is_estimate = true;
        let mut rounds = 0;
        while rounds < 50_000 && gauge.start_append(&media.whole[..size]) {
            gauge
                .call(|source| source.source_buffer(id)?.abort())
                .expect("it is open");
            rounds += 1;
        }
        assert!((1000..50_000).contains(&rounds), "{rounds}");
        gauge.finish();
        assert!(gauge.held() < MEBIBYTE / 4, "{}", gauge.held());
    }
}

/// PES packets that do not end, of all streams.
#[test]
fn unfinished_packets() {
    for (streams, size) in [(1, 500_000), (48, 100_000), (120, 1000)] {
        let mut gauge = Gauge::new(TRANSPORT, 3 * MEBIBYTE);
        let mut writer = Writer::default();
        writer.tables(transport::AAC, streams);
        for pid in FIRST..FIRST + streams {
            writer.pes(pid, false, 0, &adts(100));
        }
        gauge.append_all([writer.take()]);
        assert_eq!(gauge.failure, None);
        // The start of a frame that is longer than what comes of it.
        for round in 0..60 {
            for pid in FIRST..FIRST + streams {
                writer.pes(pid, true, 9000 + round, &adts(8000)[..size.min(8000)]);
            }
            gauge.append_all([writer.take()]);
        }
    }
}

/// A picture that does not end, and grows with each append until there is no room.
#[test]
fn an_unfinished_picture() {
    let mut gauge = Gauge::new("video/mp2t; codecs=\"avc1.64000C\"", 3 * MEBIBYTE);
    let mut writer = Writer::default();
    writer.tables(transport::H264, 1);
    writer.pes(FIRST, true, 0, &[0, 0, 1, 0x65, 0x88]);
    gauge.append_all([writer.take()]);
    assert!(!gauge.append_all((0..100).map(|_| {
        writer.go_on(FIRST, &[7; 50_000]);
        writer.take()
    })));
    assert!(gauge.held() > MEBIBYTE, "{}", gauge.held());
}

/// Frames that wait until the last stream shows how it is coded, which it does not.
#[test]
fn frames_that_wait_for_another_stream() {
    for size in [1, 1000] {
        let mut gauge = Gauge::new(TRANSPORT, 8 * MEBIBYTE);
        let mut writer = Writer::default();
        writer.tables(transport::AAC, 2);
        let frames = adts(size).repeat(8000 / size.max(40));
        gauge.append_all((0..2000).map(|number: u32| {
            writer.pes(FIRST, false, number * 9000, &frames);
            writer.take()
        }));
    }
}

/// All frames come in one append.
#[test]
fn many_frames_that_wait_for_another_stream() {
    let mut gauge = Gauge::new(TRANSPORT, 6 * MEBIBYTE);
    let mut writer = Writer::default();
    writer.tables(transport::AAC, 2);
    for number in 0..300 {
        writer.pes(FIRST, false, number * 9000, &adts(1).repeat(1000));
    }
    gauge.append_all([writer.take()]);
    assert!(gauge.failure.is_some_and(|cause| cause.contains("full")));
}

/// Boxes and frames of which a part is there.
#[test]
fn boxes_that_are_not_complete() {
    let media = Media::load("h264.mp4");
    let mut gauge = Gauge::new(H264, 3 * MEBIBYTE);
    let movie = pad(
        &media.initialization,
        &[b"moov"],
        &mp4_box(b"free", &vec![0; 5 << 20]),
    );
    gauge.append_all(movie.chunks(100_000));
    let mut gauge = Gauge::new(H264, 3 * MEBIBYTE);
    gauge.append_all([&media.initialization]);
    let sample = Sample {
        duration: 512,
        size: 5 << 20,
        is_key: true,
    };
    gauge.append_all(segment(0, &[sample]).chunks(300_000));
}

/// Tables of many samples, whose bytes do not come.
#[test]
fn samples_that_do_not_come() {
    let media = Media::load("h264.mp4");
    let sample = Sample {
        duration: 512,
        size: 1,
        is_key: true,
    };
    for count in [10, 10_000, 200_000] {
        for piece in [100_000, MEBIBYTE] {
            let mut gauge = Gauge::new(H264, 8 * MEBIBYTE);
            gauge.append_all([&media.initialization]);
            let segment = segment(0, &vec![sample; count]);
            let table = &segment[..segment.len() - count];
            gauge.append_all(table.chunks(piece));
        }
    }
    // Runs of one sample each.
    let run = mp4_box(b"trun", &words(&[0x200, 1, 1]));
    let header = mp4_box(b"tfhd", &words(&[0x2_0000, 1]));
    let time = mp4_box(b"tfdt", &words(&[0, 0]));
    let fragment = mp4_box(b"traf", &[header, time, run.repeat(50_000)].concat());
    let mut gauge = Gauge::new(H264, 16 * MEBIBYTE);
    gauge.append_all([&media.initialization[..]]);
    gauge.append_all([mp4_box(
        b"moof",
        &[mp4_box(b"mfhd", &words(&[0, 1])), fragment].concat(),
    )]);
}

/// SourceBuffers that are removed leave nothing.
#[test]
fn removed_source_buffers() {
    let media = Media::load("h264.mp4");
    let mut gauge = Gauge::new(H264, MEBIBYTE);
    for _ in 0..200 {
        let id = gauge
            .call(|source| source.add_source_buffer(H264))
            .expect("there are few");
        gauge
            .call(|source| source.source_buffer(id)?.append_buffer(&media.whole))
            .expect("there is room");
        gauge.finish();
        gauge
            .call(|source| source.remove_source_buffer(id))
            .expect("it is there");
    }
    assert!(gauge.held() < 16_000, "{}", gauge.held());
}
