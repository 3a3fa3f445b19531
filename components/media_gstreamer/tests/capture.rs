/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Captures from fake devices: which there are, what happens to them, and what their media are like.

use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, unbounded};
use gstreamer::{ClockTime, Sample};
use gstreamer_audio::AudioInfo;
use gstreamer_video::VideoInfo;
use media_stream::{
    CaptureBackend, CaptureSource, DeviceDescription, DeviceKind, DeviceWatch, Feed, OpenError,
    Property, Settings, SourceEvent, Value,
};

#[path = "capture/cameras.rs"]
mod cameras;
#[path = "capture/host.rs"]
mod host;
#[path = "capture/media.rs"]
mod media;
#[path = "capture/player.rs"]
mod player;
#[path = "capture/system.rs"]
mod system;

use crate::capture::feed::{Tap, TrackFeed};
use crate::capture::{DeviceChoice, FakeDevices, GStreamerCapture};

/// Much longer than anything takes; a test that waits as long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// A backend of fake devices.
struct Studio {
    backend: GStreamerCapture,
    fakes: FakeDevices,
}

/// An open device and what it tells.
struct Opened {
    source: Box<dyn CaptureSource>,
    events: Receiver<SourceEvent>,
}

/// The media of a track.
struct Track {
    feed: Arc<dyn Feed>,
    samples: Receiver<Sample>,
    _tap: Tap,
}

/// Has it told which devices there are.
fn watch(backend: &GStreamerCapture) -> (Box<dyn DeviceWatch>, Receiver<Vec<DeviceDescription>>) {
    let (teller, told) = unbounded();
    let listener = move |devices| {
        let _ = teller.send(devices);
    };
    (backend.watch_devices(Box::new(listener)), told)
}

/// Asks for a device.
fn request(backend: &GStreamerCapture, key: &str, settings: &Settings) -> Opened {
    let (teller, events) = unbounded();
    let listener = move |event| {
        let _ = teller.send(event);
    };
    let source = backend.open(key, settings, Box::new(listener));
    Opened { source, events }
}

impl Studio {
    fn new() -> Self {
        let fakes = FakeDevices::new();
        let backend = GStreamerCapture::new(DeviceChoice::Fake(fakes.clone()));
        Self { backend, fakes }
    }

    fn watch(&self) -> (Box<dyn DeviceWatch>, Receiver<Vec<DeviceDescription>>) {
        watch(&self.backend)
    }

    fn request(&self, key: &str, settings: &Settings) -> Opened {
        request(&self.backend, key, settings)
    }

    /// Opens a device that can be opened.
    fn open(&self, key: &str, settings: &Settings) -> Opened {
        let opened = self.request(key, settings);
        assert_eq!(opened.next(), SourceEvent::Opened);
        opened
    }

    fn assert_closed(&self, key: &str) {
        assert!(self.fakes.is_closed_within(key, PATIENCE), "{key} is open");
    }
}

impl Opened {
    fn next(&self) -> SourceEvent {
        self.events.recv_timeout(PATIENCE).expect("it is told")
    }

    fn track(&self, settings: &Settings) -> Track {
        let feed = self.source.create_feed(settings);
        let (teller, samples) = unbounded();
        let tapped = TrackFeed::of(feed.clone()).expect("it is one of ours");
        let tap = tapped.tap(move |sample| {
            let _ = teller.send(sample.clone());
        });
        Track {
            feed,
            samples,
            _tap: tap,
        }
    }
}

impl Track {
    fn next(&self) -> Sample {
        self.samples.recv_timeout(PATIENCE).expect("media come")
    }

    /// The first sample for which this holds, from now on.
    fn next_where(&self, is_it: impl Fn(&Sample) -> bool) -> Sample {
        loop {
            let sample = self.next();
            if is_it(&sample) {
                return sample;
            }
        }
    }
}

fn video(width: u32, height: u32, frame_rate: f64) -> Settings {
    Settings::from([
        (Property::Width, Value::Number(width.into())),
        (Property::Height, Value::Number(height.into())),
        (Property::FrameRate, Value::Number(frame_rate)),
    ])
}

fn sound(sample_rate: u32, channel_count: u32) -> Settings {
    Settings::from([
        (Property::SampleRate, Value::Number(sample_rate.into())),
        (Property::ChannelCount, Value::Number(channel_count.into())),
    ])
}

fn size(sample: &Sample) -> (u32, u32) {
    let info = VideoInfo::from_caps(sample.caps().expect("it has some")).expect("it is video");
    (info.width(), info.height())
}

fn time(sample: &Sample) -> ClockTime {
    let buffer = sample.buffer().expect("it has one");
    buffer.pts().expect("it has one")
}

fn keys(devices: &[DeviceDescription]) -> Vec<&str> {
    devices.iter().map(|device| device.key.as_str()).collect()
}

#[test]
fn the_devices_are_told_at_once() {
    let (_watch, told) = Studio::new().watch();
    let devices = told.recv_timeout(PATIENCE).expect("they are told");
    let expected = [
        ("camera-1", DeviceKind::VideoInput, true),
        ("camera-2", DeviceKind::VideoInput, false),
        ("microphone-1", DeviceKind::AudioInput, true),
        ("microphone-2", DeviceKind::AudioInput, false),
        ("loudspeaker", DeviceKind::AudioOutput, true),
    ];
    let told: Vec<_> = devices
        .iter()
        .map(|device| (device.key.as_str(), device.kind, device.is_default))
        .collect();
    assert_eq!(told, expected);
    let groups: BTreeMap<_, _> = devices
        .iter()
        .map(|device| (device.key.as_str(), device.group.as_str()))
        .collect();
    assert_eq!(groups["camera-1"], groups["microphone-1"]);
    assert_ne!(groups["camera-2"], groups["microphone-2"]);
    assert_ne!(groups["camera-1"], groups["camera-2"]);
    for device in &devices {
        let has_spaces = !device.spaces.is_empty();
        assert_eq!(has_spaces, device.kind != DeviceKind::AudioOutput);
    }
}

#[test]
fn devices_come_and_go() {
    let studio = Studio::new();
    let (watch, told) = studio.watch();
    let next = || told.recv_timeout(PATIENCE).expect("they are told");
    let all = next();
    studio.fakes.set_plugged("camera-1", false);
    let rest = next();
    assert_eq!(keys(&rest), keys(&all)[1..]);
    assert!(rest[0].is_default, "the other camera is the default one");
    studio.fakes.set_plugged("camera-1", true);
    assert_eq!(next(), all);
    drop(watch);
    studio.fakes.set_plugged("camera-1", false);
    // The listener is dropped by then.
    assert!(told.recv_timeout(PATIENCE).is_err());
}

#[test]
fn a_busy_device_is_named_and_can_be_opened_later() {
    let studio = Studio::new();
    studio.fakes.set_busy("camera-1", true);
    let refused = studio.request("camera-1", &video(640, 480, 30.));
    let message = "The camera \"Fake camera 1\" is used by another program: close it and try again";
    let error = OpenError::NotReadable(message.to_owned());
    assert_eq!(refused.next(), SourceEvent::Failed(error));
    studio.fakes.set_busy("camera-1", false);
    studio.open("camera-1", &video(640, 480, 30.));
}

#[test]
fn a_device_that_is_not_there_is_gone() {
    let studio = Studio::new();
    studio.fakes.set_plugged("camera-1", false);
    let refused = studio.request("camera-1", &video(640, 480, 30.));
    let event = refused.next();
    let is_gone = matches!(event, SourceEvent::Failed(OpenError::Gone(_)));
    assert!(is_gone, "{event:?}");
}

#[test]
fn unplugging_ends_all_sources() {
    let studio = Studio::new();
    let (_watch, told) = studio.watch();
    let sources = [(); 2].map(|()| studio.open("microphone-2", &sound(48_000, 1)));
    studio.fakes.set_plugged("microphone-2", false);
    let message = "The microphone \"Fake microphone 2\" was unplugged".to_owned();
    for source in &sources {
        assert_eq!(source.next(), SourceEvent::Ended(message.clone()));
    }
    studio.assert_closed("microphone-2");
    studio.fakes.set_plugged("microphone-2", true);
    assert!(told.iter().nth(2).is_some());
    studio.open("microphone-2", &sound(48_000, 1));
}

#[test]
fn a_device_without_media_is_muted() {
    let studio = Studio::new();
    let camera = studio.open("camera-1", &video(320, 240, 30.));
    studio.fakes.set_silent("camera-1", true);
    assert_eq!(camera.next(), SourceEvent::Muted(true));
    let other = studio.open("camera-1", &video(320, 240, 30.));
    assert_eq!(other.next(), SourceEvent::Muted(true));
    studio.fakes.set_silent("camera-1", false);
    assert_eq!(camera.next(), SourceEvent::Muted(false));
    assert_eq!(other.next(), SourceEvent::Muted(false));
}

#[test]
fn a_device_is_opened_once_for_all_sources_and_closed_with_the_last() {
    let studio = Studio::new();
    let settings = video(640, 480, 30.);
    let first = studio.open("camera-1", &settings);
    let second = studio.open("camera-1", &settings);
    let (one, other) = (first.track(&settings), second.track(&settings));
    drop(first);
    drop(one);
    other.next();
    assert_eq!(studio.fakes.open_count("camera-1"), 1);
    drop(second);
    studio.assert_closed("camera-1");
    // It can be opened while it is about to be closed, and the other way round.
    for _ in 0..20 {
        drop(studio.open("camera-1", &settings));
        drop(studio.request("camera-1", &settings));
    }
    studio.assert_closed("camera-1");
}

#[test]
fn a_device_whose_tracks_are_all_disabled_is_let_go_of() {
    let studio = Studio::new();
    let settings = video(640, 480, 30.);
    let camera = studio.open("camera-2", &settings);
    let (one, other) = (camera.track(&settings), camera.track(&settings));
    one.feed.set_enabled(false);
    one.next_where(media::is_black);
    other.next_where(|sample| !media::is_black(sample));
    assert!(studio.fakes.is_open("camera-2"));
    other.feed.set_enabled(false);
    studio.assert_closed("camera-2");
    // Black pictures go on coming.
    one.next_where(|sample| size(sample) == (640, 480));
    one.feed.set_enabled(true);
    one.next_where(|sample| !media::is_black(sample));
    other.next_where(media::is_black);
    // A new track of a device that was let go of has media.
    one.feed.set_enabled(false);
    studio.assert_closed("camera-2");
    camera
        .track(&settings)
        .next_where(|sample| !media::is_black(sample));
    drop(camera);
    studio.assert_closed("camera-2");
}
