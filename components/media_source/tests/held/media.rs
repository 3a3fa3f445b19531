/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What real media hold, and frames that are few among other bytes.

use std::fs;
use std::path::Path;

use media_source::{MediaSource, SourceBufferId};
use test_support::media::{AAC, H264, H264_AAC, Media, VP8};

use crate::gauge::Gauge;
use crate::{KIBIBYTE, MEBIBYTE};
use test_support::mp4::{Sample, mp4_box, segment};
use test_support::webm::{
    BLOCK, BLOCK_GROUP, IS_KEY, SIMPLE_BLOCK, VOID, block, cluster, element,
    without_default_duration,
};

const TRANSPORT: &str = "video/mp2t; codecs=\"avc1.64000C, mp4a.40.2\"";

fn file(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/media");
    fs::read(folder.join(name)).expect("the file is in the repository")
}

/// Appends the media over and over, each after what was appended before, in pieces of that size.
fn fill_with(mime_type: &str, media: &[u8], (start, seconds): (f64, f64), piece: usize) {
    let mut gauge = Gauge::new(mime_type, 3 * MEBIBYTE);
    let id = gauge.id;
    let mut is_full = false;
    for round in 0..1000 {
        let offset = f64::from(round) * seconds - start;
        gauge
            .call(|source: &mut MediaSource| source.source_buffer(id)?.set_timestamp_offset(offset))
            .expect("it is between two segments");
        is_full = !gauge.append_all(media.chunks(piece));
        if is_full {
            break;
        }
    }
    assert_eq!(gauge.failure, None);
    assert!(is_full && gauge.held() > 2 * MEBIBYTE, "{}", gauge.held());
    abort(&mut gauge, id);
    gauge.remove_all();
    assert!(gauge.held() < 64 * KIBIBYTE, "{}", gauge.held());
}

fn abort(gauge: &mut Gauge, id: SourceBufferId) {
    gauge
        .call(|source| source.source_buffer(id)?.abort())
        .expect("it is open");
}

#[test]
fn real_media() {
    for piece in [1000, 64 * KIBIBYTE, MEBIBYTE] {
        fill_with(H264, &file("h264.mp4"), (0.0, 6.0), piece);
        fill_with(AAC, &file("aac.mp4"), (0.0, 6.0), piece);
        fill_with(H264_AAC, &file("h264-aac.mp4"), (0.0, 6.0), piece);
        fill_with(VP8, &file("vp8.webm"), (0.0, 6.0), piece);
        fill_with(TRANSPORT, &file("layouts/h264-aac.ts"), (1.4, 2.0), piece);
        fill_with("audio/mpeg", &file("layouts/bare.mp3"), (0.0, 2.0), piece);
    }
}

/// Slow connections and some players append so.
#[test]
fn byte_by_byte() {
    let mut gauge = Gauge::new(H264, MEBIBYTE);
    assert!(gauge.append_all(file("h264.mp4").chunks(1)));
    let mut gauge = Gauge::new(VP8, MEBIBYTE);
    assert!(gauge.append_all(file("vp8.webm").chunks(1)));
    let mut gauge = Gauge::new(TRANSPORT, MEBIBYTE);
    assert!(gauge.append_all(file("layouts/h264-aac.ts").chunks(1)));
}

/// A frame whose bytes come one by one, or in two halves of two appends.
#[test]
fn a_frame_that_is_not_complete() {
    for piece in [1, 7, 100, 40_000, MEBIBYTE] {
        let mut gauge = Gauge::new(H264, 4 * MEBIBYTE);
        gauge.append_all([&Media::load("h264.mp4").initialization]);
        let size = if piece < 100 { 60_000 } else { 900_000 };
        let sample = Sample {
            duration: 512,
            size,
            is_key: true,
        };
        let segment = segment(0, &[sample, sample]);
        let half = segment.len() * 2 / 3;
        assert!(gauge.append_all(segment[..half].chunks(piece)));
        gauge.append_all(segment[half..].chunks(piece));
    }
}

/// One frame of a byte in each append, most of which is skipped.
#[test]
fn a_small_frame_in_a_large_append() {
    for filler in [100, 2000, 300 * KIBIBYTE, MEBIBYTE] {
        let mut gauge = Gauge::new(H264, 2 * MEBIBYTE);
        gauge.append_all([&Media::load("h264.mp4").initialization]);
        let sample = Sample {
            duration: 512,
            size: 1,
            is_key: true,
        };
        let appends = (0..100).map(|number| {
            let segment = segment(number * 512, &[sample]);
            [segment, mp4_box(b"free", &vec![0; filler])].concat()
        });
        assert!(gauge.append_all(appends));
        assert!(gauge.held() < 150 * KIBIBYTE, "{}", gauge.held());
    }
}

/// Frames that are dense in the first turn's bytes of their chunk, and no others in it.
#[test]
fn some_frames_at_the_start_of_a_large_append() {
    let mut gauge = Gauge::new(H264, 8 * MEBIBYTE);
    gauge.append_all([&Media::load("h264.mp4").initialization]);
    let sample = Sample {
        duration: 512,
        size: 10_000,
        is_key: true,
    };
    gauge.append_all((0..1000).map(|number| {
        let segment = segment(number * 20 * 512, &[sample; 20]);
        [segment, mp4_box(b"free", &vec![0; 800_000])].concat()
    }));
}

/// Blocks of which most is skipped, and which wait for the next one to know how long they last: in
/// the next append.
#[test]
fn small_blocks_in_large_groups() {
    let media = Media::load("vp8.webm");
    for initialization in [
        media.initialization.to_vec(),
        without_default_duration(&media.initialization),
    ] {
        let mut gauge = Gauge::new(VP8, 6 * MEBIBYTE);
        gauge.append_all([initialization]);
        let blocks: Vec<u8> = (0..100)
            .flat_map(|number| {
                let void = element(VOID, &vec![0; 100_000]);
                let block = element(BLOCK, &block(number * 40, 0, &[0; 10]));
                element(BLOCK_GROUP, &[void, block].concat())
            })
            .collect();
        // Each group spans two appends.
        gauge.append_all(cluster(0, &blocks).chunks(100_028 / 2));
    }
}

/// Laced frames, many to a block.
#[test]
fn laced_frames() {
    let mut gauge = Gauge::new(VP8, 4 * MEBIBYTE);
    gauge.append_all([&Media::load("vp8.webm").initialization]);
    let laced = [&[255][..], &[1; 255], &[0x55; 256]].concat();
    let is_all = gauge.append_all((0..1000).map(|number| {
        let block = block(0, IS_KEY | test_support::webm::XIPH_LACING, &laced);
        cluster(number * 256 * 41, &element(SIMPLE_BLOCK, &block))
    }));
    assert!(!is_all);
}

/// Equal frames are appended again and again, while some of each time are read.
#[test]
fn pictures_that_are_replaced_while_they_are_read() {
    let media = Media::load("h264.mp4");
    let mut gauge = Gauge::new(H264, MEBIBYTE);
    gauge.append_all([&media.initialization]);
    let mut readers = Vec::new();
    for round in 0..100 {
        gauge.append_all([&media.segments[0]]);
        let reader = gauge.readers().pop();
        let mut reader = reader.expect("there is a track");
        for _ in 0..round % 24 {
            reader.read();
        }
        readers.push(reader);
    }
}
