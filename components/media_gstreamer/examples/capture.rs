/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Opens and closes devices again and again, and looks at what must not grow: threads and file
//! descriptors. Each cycle captures from a fake camera and a fake microphone, and plays both.
//!
//! `cargo run --release --example capture -- 1000` runs 1000 cycles, which is the default. It writes how
//! long it takes to open the devices, to have the first media played, and to close them.

mod support;

use std::env;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, unbounded};
use media_gstreamer::capture::{DeviceChoice, FakeDevices, GStreamerCapture};
use media_source::{VideoFrame, VideoRenderer};
use media_stream::{CaptureBackend, Property, Settings, SourceEvent, StreamPlayerEvent, Value};

use support::Usage;

const CAMERA: &str = "camera-1";
const MICROPHONE: &str = "microphone-1";
/// Much longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(30);
/// After so many cycles all is there that stays, such as the plugins of GStreamer.
const WARM_UP: usize = 5;

fn main() {
    let count = env::args().find_map(|argument| argument.parse().ok());
    let mut times = run(count.unwrap_or(1_000));
    for (name, times) in ["open", "first media", "closed"].iter().zip(&mut times) {
        times.sort();
        let (median, greatest) = (times[times.len() / 2], times[times.len() - 1]);
        println!("{name}: {median:.1?} in the median, {greatest:.1?} at most");
    }
}

/// Does so many cycles, and returns how long the steps of each have taken.
fn run(count: usize) -> [Vec<Duration>; 3] {
    let fakes = FakeDevices::new();
    let backend = GStreamerCapture::new(DeviceChoice::Fake(fakes.clone()));
    let mut times = [const { Vec::new() }; 3];
    let mut before = Usage::default();
    for number in 0..WARM_UP + count {
        if number == WARM_UP {
            before = Usage::settled(&Usage::default());
        }
        for (times, time) in times.iter_mut().zip(cycle(&backend, &fakes)) {
            times.push(time);
        }
    }
    let after = Usage::settled(&before);
    println!("{before:?} before {count} cycles, {after:?} after them");
    assert!(!after.exceeds(&before), "something grows");
    times
}

/// Opens two devices, plays what they give, and closes them.
fn cycle(backend: &GStreamerCapture, fakes: &FakeDevices) -> [Duration; 3] {
    let start = Instant::now();
    let pictures = Settings::from([
        (Property::Width, Value::Number(320.)),
        (Property::Height, Value::Number(240.)),
        (Property::FrameRate, Value::Number(30.)),
    ]);
    let sound = Settings::from([(Property::ChannelCount, Value::Number(1.))]);
    let sources = [(CAMERA, &pictures), (MICROPHONE, &sound)].map(|(key, settings)| {
        let (teller, events) = unbounded();
        let listener = move |event| {
            let _ = teller.send(event);
        };
        (backend.open(key, settings, Box::new(listener)), events)
    });
    for (_, events) in &sources {
        await_event(events, |event| *event == SourceEvent::Opened);
    }
    let open = start.elapsed();
    let [camera, microphone] = sources.map(|(source, _)| source);
    let (teller, events) = unbounded();
    let listener = move |event| {
        let _ = teller.send(event);
    };
    let player = backend.create_player(Some(Box::new(Blind)), Box::new(listener));
    let player = player.expect("GStreamer is installed");
    let video = camera.create_feed(&pictures);
    let audio = microphone.create_feed(&sound);
    player.set_tracks(Some(video.clone()), vec![audio.clone()]);
    player.play();
    let is_position = |event: &StreamPlayerEvent| matches!(event, StreamPlayerEvent::Position(_));
    await_event(&events, is_position);
    let first_media = start.elapsed();
    drop(player);
    // The player has let go of its listener.
    events.iter().for_each(drop);
    let end = Instant::now();
    drop((camera, microphone));
    for key in [CAMERA, MICROPHONE] {
        assert!(fakes.is_closed_within(key, PATIENCE), "{key} is open");
    }
    let closed = end.elapsed();
    drop((video, audio));
    [open, first_media, closed]
}

fn await_event<E: std::fmt::Debug>(events: &Receiver<E>, is_it: impl Fn(&E) -> bool) {
    while !is_it(&events.recv_timeout(PATIENCE).expect("it is told")) {}
}

struct Blind;

impl VideoRenderer for Blind {
    fn render(&mut self, _: VideoFrame) {}
}

#[test]
fn nothing_grows_with_what_was_captured() {
    run(50);
}
