/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Sources whose pictures the host makes.

use std::f64::consts::TAU;

use media_source::Picture;

use super::media::amplitude;
use super::*;
use crate::frame;

/// A tone of half the greatest loudness, in each of so many channels.
fn tone(frequency: f64, rate: u32, frames: std::ops::Range<u32>, channels: usize) -> Vec<f32> {
    let angle = |frame| f64::from(frame) / f64::from(rate) * frequency * TAU;
    let values = frames.map(|frame| (angle(frame).sin() * 0.5) as f32);
    values
        .flat_map(|value| std::iter::repeat_n(value, channels))
        .collect()
}

#[test]
fn sound_of_the_host_is_read_at_another_rate() {
    let backend = GStreamerCapture::new(DeviceChoice::System);
    for channels in [1, 2, 6] {
        let (source, sink) = backend.create_sound_source(44_100);
        let feed = source.create_feed(&Settings::new());
        let reader = backend.create_sound_reader(feed.clone(), 48_000);
        let mut heard = Vec::new();
        for block in 0..200 {
            let frames = block * 128..(block + 1) * 128;
            sink.play(&tone(1_000., 44_100, frames, channels), channels);
            // The same time takes as many frames more as the rate is higher.
            let sound = reader.read(139);
            if !sound.is_empty() {
                assert_eq!(sound.len(), 139 * channels.min(2));
                heard.extend(sound[..139].iter().map(|value| f64::from(*value)));
            }
        }
        let loudness = amplitude(1_000., 48_000, &heard[heard.len() - 4_800..]);
        assert!(
            (loudness - 0.5).abs() < 0.01,
            "{loudness} with {channels} channels"
        );
        // A track that has ended is silent.
        drop(feed);
        sink.play(&tone(1_000., 44_100, 0..44_100, channels), channels);
        while !reader.read(139).is_empty() {}
        sink.play(&tone(1_000., 44_100, 0..44_100, channels), channels);
        assert_eq!(reader.read(139), []);
    }
}

/// A picture of one colour.
fn picture(width: u32, height: u32, colour: [u8; 3]) -> Picture {
    let [blue, green, red] = colour;
    Picture {
        width,
        height,
        pixels: [blue, green, red, 0].repeat((width * height) as usize),
    }
}

const RED: [u8; 3] = [0, 0, 255];
const BLUE: [u8; 3] = [255, 0, 0];
const BLACK: [u8; 3] = [0, 0, 0];

/// Collects the size and the first pixel of each picture of a track.
fn collect(feed: &Arc<dyn Feed>) -> (Tap, Receiver<(u32, u32, [u8; 3])>) {
    let (sender, pictures) = unbounded();
    let feed = TrackFeed::of(feed.clone()).expect("it is one of this backend");
    let tap = feed.tap(move |sample| {
        let frame = frame::from_sample(sample).expect("it is a picture");
        let pixels = frame.to_bgra().expect("it is converted");
        let first = [pixels[0], pixels[1], pixels[2]];
        let _ = sender.send((frame.width, frame.height, first));
    });
    (tap, pictures)
}

fn all(pictures: &Receiver<(u32, u32, [u8; 3])>) -> Vec<(u32, u32, [u8; 3])> {
    pictures.try_iter().collect()
}

#[test]
fn pictures_of_the_host_reach_all_tracks_in_their_sizes() {
    let backend = GStreamerCapture::new(DeviceChoice::System);
    let (source, sink) = backend.create_picture_source();
    let feeds = [(); 2].map(|()| source.create_feed(&Settings::new()));
    let taps = feeds.each_ref().map(collect);
    for (_, pictures) in &taps {
        assert_eq!(all(pictures), [], "there is none yet");
    }
    sink.show(picture(3, 5, RED));
    sink.show(picture(16, 9, BLUE));
    for (_, pictures) in &taps {
        assert_eq!(all(pictures), [(3, 5, RED), (16, 9, BLUE)]);
    }
}

#[test]
fn consumers_and_tracks_that_come_later_begin_with_the_last_picture() {
    let backend = GStreamerCapture::new(DeviceChoice::System);
    let (source, sink) = backend.create_picture_source();
    let first = source.create_feed(&Settings::new());
    sink.show(picture(4, 4, RED));
    let later = source.create_feed(&Settings::new());
    for feed in [first, later] {
        let (_tap, pictures) = collect(&feed);
        assert_eq!(all(&pictures), [(4, 4, RED)]);
    }
}

#[test]
fn a_track_that_is_disabled_is_black_at_once_and_shown_again_at_once() {
    let backend = GStreamerCapture::new(DeviceChoice::System);
    let (source, sink) = backend.create_picture_source();
    sink.show(picture(4, 4, RED));
    let feed = source.create_feed(&Settings::new());
    let (_tap, pictures) = collect(&feed);
    feed.set_enabled(false);
    feed.set_enabled(true);
    let expected = [RED, BLACK, RED].map(|colour| (4, 4, colour));
    assert_eq!(all(&pictures), expected);
}

#[test]
fn a_source_that_is_dropped_closes_what_takes_its_pictures() {
    let backend = GStreamerCapture::new(DeviceChoice::System);
    let (source, sink) = backend.create_picture_source();
    let feed = source.create_feed(&Settings::new());
    assert!(sink.is_open());
    drop(source);
    assert!(!sink.is_open());
    drop(feed);
    sink.show(picture(4, 4, RED));
}

#[test]
fn pictures_that_are_none_are_left_out() {
    let backend = GStreamerCapture::new(DeviceChoice::System);
    let (source, sink) = backend.create_picture_source();
    let feed = source.create_feed(&Settings::new());
    let (_tap, pictures) = collect(&feed);
    sink.show(picture(0, 0, RED));
    sink.show(Picture {
        width: 4,
        height: 4,
        pixels: vec![0; 3],
    });
    assert_eq!(all(&pictures), []);
}
