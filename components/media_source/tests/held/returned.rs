/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What frames cost beside their bytes, and what is given back when frames go. A frame keeps all bytes of
//! the chunk that it is a slice of: they are counted for as long as it does.

use media_source::{Read, ReadFrame, TrackReader};
use test_support::media::{H264, Media, VP8_VORBIS};
use test_support::mp4::{Sample, segment};
use test_support::webm::{IS_KEY, SIMPLE_BLOCK, block_of, cluster, element};

use crate::gauge::Gauge;
use crate::{KIBIBYTE, MEBIBYTE};

const PICTURES_A_SECOND: u64 = 24;
const TICKS: u32 = 512;
/// The file of the initialization segment presents all of its frames that much earlier.
const EDIT: u64 = 1024;

/// A second of pictures of that many bytes, with a random access point at its start.
fn second(number: u64, picture_bytes: u32) -> Vec<u8> {
    let samples = (0..PICTURES_A_SECOND).map(|picture| Sample {
        duration: TICKS,
        size: picture_bytes,
        is_key: picture == 0,
    });
    let decode = EDIT + number * PICTURES_A_SECOND * u64::from(TICKS);
    segment(decode, &samples.collect::<Vec<_>>())
}

fn seconds(count: u64, picture_bytes: u32) -> Vec<u8> {
    (0..count)
        .flat_map(|number| second(number, picture_bytes))
        .collect()
}

/// Large pictures and small sounds in turns.
fn pictures_and_sounds(count: u32) -> Vec<u8> {
    let second = |number| {
        let pairs = (0..24).flat_map(|pair| {
            let flags = if pair == 0 { IS_KEY } else { 0 };
            let picture = block_of(1, pair * 41, flags, &[7; 5000]);
            let sound = block_of(2, pair * 41, IS_KEY, &[7; 340]);
            [picture, sound]
                .map(|block| element(SIMPLE_BLOCK, &block))
                .concat()
        });
        cluster(number * 1000, &pairs.collect::<Vec<_>>())
    };
    (0..count).flat_map(second).collect()
}

fn gauge(quota: usize) -> Gauge {
    let mut gauge = Gauge::new(H264, quota);
    assert!(gauge.append_all([&Media::load("h264.mp4").initialization]));
    gauge
}

fn remove(gauge: &mut Gauge, start: f64, end: f64) {
    let id = gauge.id;
    let removed = gauge.call(|source| source.source_buffer(id)?.remove(start, end));
    removed.expect("it is idle");
    gauge.finish();
}

fn read_all(gauge: &mut Gauge) -> Vec<ReadFrame> {
    let read = |mut reader: TrackReader| {
        let frames = std::iter::from_fn(move || match reader.read() {
            Read::Frame(frame) => Some(frame),
            Read::Gap | Read::End => None,
        });
        frames.collect::<Vec<_>>()
    };
    gauge.readers().into_iter().flat_map(read).collect()
}

/// Returns how many bytes are held of the media, and how many of them are no payload for each frame.
fn held_of(mime_type: &str, file: &str, media: &[u8], piece: usize) -> (usize, usize) {
    let mut gauge = Gauge::new(mime_type, 64 * MEBIBYTE);
    assert!(gauge.append_all([&Media::load(file).initialization]));
    let before = gauge.held();
    assert!(gauge.append_all(media.chunks(piece)));
    let held = gauge.held() - before;
    let frames = read_all(&mut gauge);
    let payloads: usize = frames.iter().map(|frame| frame.payload.len()).sum();
    (held, (held - payloads) / frames.len())
}

/// The bytes of the container are among them, which are 20 a frame.
#[test]
fn frames_cost_little_beside_their_bytes() {
    let (_, beside) = held_of(H264, "h264.mp4", &seconds(120, 300), MEBIBYTE);
    assert!(beside < 20 + 64 + 24, "{beside}");
}

/// A picture spans two or three pieces and is a copy of its own. The sound behind it does not keep what
/// is left of them.
#[test]
fn small_frames_do_not_keep_what_large_ones_leave() {
    let media = pictures_and_sounds(20);
    let (held, _) = held_of(VP8_VORBIS, "vp8-vorbis.webm", &media, 4 * KIBIBYTE);
    assert!(held < media.len() * 5 / 4, "{held} for {}", media.len());
}

/// What is left of each append keeps its chunk, which the quota counts until the last of it goes.
#[test]
fn one_frame_left_of_each_append() {
    let mut gauge = gauge(16 * MEBIBYTE);
    for number in 0..8 {
        assert!(gauge.append_all([second(number, 40_000)]));
        let start = number as f64;
        remove(&mut gauge, start + 0.04, start + 1.);
    }
    let buffered = gauge.source.buffered(gauge.id).expect("it is there");
    assert_eq!(buffered.len(), 8);
    assert!(gauge.held() > 6 * MEBIBYTE, "{}", gauge.held());
    remove(&mut gauge, 0., 4.);
    assert!(gauge.held() < 5 * MEBIBYTE, "{}", gauge.held());
    gauge.remove_all();
    assert!(gauge.held() < 16 * KIBIBYTE, "{}", gauge.held());
}

/// A quota full of what is left of appends has room again: eviction takes what keeps the chunks.
#[test]
fn chunks_that_single_frames_keep_make_room() {
    let mut gauge = gauge(4 * MEBIBYTE);
    for number in 0..20 {
        assert!(
            gauge.append_all([second(number, 20_000)]),
            "second {number}"
        );
        let start = number as f64;
        remove(&mut gauge, start + 0.04, start + 1.);
        let position = track_buffer::PresentationTime::from_seconds(start);
        gauge.source.element_view().set_position(position);
    }
    assert_eq!(gauge.failure, None);
}

/// What a player has taken is counted until it is done with it, also when the page has removed it.
#[test]
fn frames_that_a_player_has_while_they_are_removed() {
    let mut gauge = gauge(8 * MEBIBYTE);
    assert!(gauge.append_all([seconds(4, 20_000)]));
    let frame = read_all(&mut gauge).swap_remove(30);
    gauge.remove_all();
    let counted = gauge.source.memory().bytes();
    assert!(counted > frame.payload.len() && gauge.held() > frame.payload.len());
    assert!(counted < MEBIBYTE + 16 * KIBIBYTE, "{counted}");
    drop(frame);
    assert!(gauge.source.memory().bytes() < 16 * KIBIBYTE);
}

/// Another quality takes the place of what was there.
#[test]
fn frames_that_others_take_the_place_of() {
    let mut gauge = gauge(8 * MEBIBYTE);
    for picture_bytes in [20_000, 200, 30_000, 400] {
        assert!(gauge.append_all([seconds(4, picture_bytes)]));
        let media = 4 * PICTURES_A_SECOND as usize * picture_bytes as usize;
        // (Pictures that span two chunks are copies.)
        let copies = 2 * picture_bytes as usize;
        assert!(
            gauge.held() < media + copies + 32 * KIBIBYTE,
            "{}",
            gauge.held()
        );
    }
}
