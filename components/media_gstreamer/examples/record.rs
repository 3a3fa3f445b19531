/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Starts and ends recordings again and again, and looks at what must not grow: threads and file descriptors. Each cycle
//! records a fake camera and a fake microphone, and is given up, or stopped where its number is a multiple of ten.
//!
//! `cargo run --release --example record -- 1000` runs 1000 cycles, which is the default. It writes how long it takes
//! until a recording has begun.

mod support;

use std::env;
use std::sync::Arc;
use std::time::{Duration, Instant};

use byte_stream::track::{AudioCodec, VideoCodec};
use crossbeam_channel::unbounded;
use media_gstreamer::capture::{DeviceChoice, FakeDevices, GStreamerCapture};
use media_gstreamer::record::GStreamerRecorder;
use media_recorder::{
    AudioPlan, BitRateMode, Container, KeyFrameInterval, PlannedTrack, RecorderBackend,
    RecordingEvent, RecordingPlan, VideoPlan,
};
use media_stream::{CaptureBackend, CaptureSource, Feed, Kind, Settings};

use support::Usage;

/// Much longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(30);
/// After so many cycles all is there that stays, such as the plugins of GStreamer.
const WARM_UP: usize = 5;

fn main() {
    let count = env::args().find_map(|argument| argument.parse().ok());
    let mut times = run(count.unwrap_or(1_000));
    times.sort();
    let (median, greatest) = (times[times.len() / 2], times[times.len() - 1]);
    println!("begun: {median:.1?} in the median, {greatest:.1?} at most");
}

/// Does so many cycles, and returns how long each has taken to begin.
fn run(count: usize) -> Vec<Duration> {
    let backend = GStreamerCapture::new(DeviceChoice::Fake(FakeDevices::new()));
    let open = |key| backend.open(key, &Settings::new(), Box::new(drop));
    let sources = [
        (Kind::Video, open("camera-1")),
        (Kind::Audio, open("microphone-1")),
    ];
    let mut times = Vec::new();
    let mut before = Usage::default();
    for number in 0..WARM_UP + count {
        if number == WARM_UP {
            before = Usage::settled(&Usage::default());
        }
        times.push(cycle(&sources, number));
    }
    let after = Usage::settled(&before);
    println!("{before:?} before {count} cycles, {after:?} after them");
    assert!(!after.exceeds(&before), "something grows");
    times
}

/// Begins a recording and ends it, and returns how long it has taken to begin.
fn cycle(sources: &[(Kind, Box<dyn CaptureSource>)], number: usize) -> Duration {
    let start = Instant::now();
    let feeds = sources
        .iter()
        .map(|(kind, source)| (*kind, source.create_feed(&Settings::new())));
    let (teller, events) = unbounded();
    let listener = move |event| {
        let _ = teller.send(event);
    };
    let recording = GStreamerRecorder.start(plan(feeds), Box::new(listener));
    let event = events.recv_timeout(PATIENCE).expect("it is told");
    assert_eq!(event, RecordingEvent::Started);
    let begun = start.elapsed();
    if number.is_multiple_of(10) {
        recording.stop();
        let event = events.recv_timeout(PATIENCE).expect("it is told");
        assert!(matches!(event, RecordingEvent::Stopped(_)), "{event:?}");
    }
    drop(recording);
    // The recording has let go of its listener.
    events.iter().for_each(drop);
    begun
}

fn plan(feeds: impl Iterator<Item = (Kind, Arc<dyn Feed>)>) -> RecordingPlan {
    let track = |(kind, feed)| PlannedTrack {
        kind,
        feed,
        settings: Settings::new(),
    };
    RecordingPlan {
        container: Container::WebM,
        audio: Some(AudioPlan {
            codec: AudioCodec::Opus,
            bits_per_second: 128_000,
            bit_rate_mode: BitRateMode::Variable,
        }),
        video: Some(VideoPlan {
            codec: VideoCodec::Vp8,
            bits_per_second: 1_000_000,
            key_frame_interval: KeyFrameInterval::Time(Duration::from_secs(2)),
            has_parameter_sets_in_band: false,
        }),
        tracks: feeds.map(track).collect(),
        timeslice: None,
    }
}

#[test]
fn nothing_grows_with_what_was_recorded() {
    run(200);
}
