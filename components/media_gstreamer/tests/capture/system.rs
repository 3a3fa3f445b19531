/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Capturing from a sound server, which has a loudspeaker that nobody hears and microphones that hear it.
//!
//! The test runs PulseAudio, and itself once more as its client. Where PulseAudio is not installed it
//! does nothing.

use std::env;
use std::fs;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Instant;

use gstreamer::prelude::*;
use gstreamer::{Pipeline, State};
use media_stream::StreamPlayerEvent;

use super::media::{amplitude, first_channel};
use super::*;

const CONFIGURATION: &str = "load-module module-null-sink sink_name=out \
sink_properties=device.description=Loudspeaker
load-module module-remap-source source_name=mic master=out.monitor \
source_properties=device.description=Microphone
";

/// A sound server that ends with the test.
struct Server {
    process: Child,
    folder: PathBuf,
}

impl Server {
    /// Starts it; `None` if it is not installed.
    fn start() -> Option<Self> {
        let folder = env::temp_dir().join(format!("sprocket-sound-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("it can be made");
        let socket = folder.join("native");
        let configuration = folder.join("configuration.pa");
        let protocol = format!(
            "load-module module-native-protocol-unix auth-anonymous=1 socket={}\n{CONFIGURATION}",
            socket.display()
        );
        fs::write(&configuration, protocol).expect("it can be written");
        let process = Command::new("pulseaudio")
            .args([
                "-n",
                "--daemonize=no",
                "--exit-idle-time=-1",
                "--use-pid-file=no",
                "-F",
            ])
            .arg(configuration)
            .env("XDG_RUNTIME_DIR", &folder)
            .env("HOME", &folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let server = Self { process, folder };
        let start = Instant::now();
        // Nothing tells when it listens.
        while UnixStream::connect(&socket).is_err() {
            assert!(
                start.elapsed() < PATIENCE,
                "the sound server does not start"
            );
            thread::sleep(Duration::from_millis(10));
        }
        Some(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn a_sound_server_is_captured_from_and_played_to() {
    let Some(server) = Server::start() else {
        eprintln!("PulseAudio is not installed: nothing is tested");
        return;
    };
    let address = format!("unix:{}", server.folder.join("native").display());
    let client = "capture_tests::system::as_a_client_of_the_sound_server";
    let done = Command::new(env::current_exe().expect("it runs"))
        .args([client, "--exact", "--ignored", "--nocapture"])
        .env("PULSE_SERVER", address)
        .env("HOME", &server.folder)
        .output();
    let done = done.expect("it starts");
    let [output, errors] =
        [done.stdout, done.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    println!("{output}");
    assert!(done.status.success(), "{errors}");
}

#[test]
#[ignore = "the test above runs it"]
fn as_a_client_of_the_sound_server() {
    let backend = GStreamerCapture::new(DeviceChoice::System);
    let (_watch, told) = watch(&backend);
    let devices = told.recv_timeout(PATIENCE).expect("they are told");
    // What the loudspeaker plays is no microphone, though the server has a source for it.
    let labels: Vec<_> = devices
        .iter()
        .map(|device| (device.kind, device.label.as_str(), device.is_default))
        .collect();
    let expected = [
        (DeviceKind::AudioInput, "Microphone", true),
        (DeviceKind::AudioOutput, "Loudspeaker", true),
    ];
    assert_eq!(labels.len(), expected.len(), "{devices:#?}");
    for device in expected {
        assert!(labels.contains(&device), "{devices:#?}");
    }
    let microphone = devices
        .iter()
        .find(|device| device.kind == DeviceKind::AudioInput);
    let key = microphone.expect("there is one").key.clone();
    tone_is_captured(&backend, &key);
    player_is_heard(&backend, &key);
    unplugging_is_told(&backend, &told);
    echo_is_cancelled(&backend, &told);
}

fn tone_is_captured(backend: &GStreamerCapture, key: &str) {
    let tone = sound_in("out", "freq=440 volume=0.1");
    for (rate, channels) in [(48_000, 1), (16_000, 2)] {
        let settings = sound(rate, channels);
        let microphone = open(backend, key, &settings);
        let track = microphone.track(&settings);
        assert_heard(&track, rate, 440., 0.1);
        // It is opened anew for sound that is processed, and gives some.
        let mut processed = settings.clone();
        processed.insert(Property::NoiseSuppression, Value::Boolean(true));
        processed.insert(Property::AutoGainControl, Value::Boolean(true));
        track.feed.set_settings(&processed);
        track.next();
    }
    end(&tone);
}

/// Plays what a fake microphone gives, and listens to it.
fn player_is_heard(backend: &GStreamerCapture, key: &str) {
    let studio = Studio::new();
    let settings = sound(48_000, 1);
    let fake = studio.open("microphone-1", &settings);
    let (teller, events) = unbounded();
    let listener = move |event| {
        let _ = teller.send(event);
    };
    let player = backend.create_player(None, Box::new(listener));
    let player = player.expect("GStreamer is installed");
    let microphone = open(backend, key, &settings);
    let track = microphone.track(&settings);
    player.set_tracks(None, vec![fake.source.create_feed(&settings)]);
    player.play();
    assert_heard(&track, 48_000, 440., 0.1);
    // The beep of a second is heard a little later.
    let is_loud = |sample: &Sample| amplitude(1_000., 48_000, &first_channel(sample).1) > 0.2;
    track.next_where(|sample| !is_loud(sample));
    let delay = time(&track.next_where(is_loud)).seconds_f64().fract();
    println!("sound is heard, and captured again, {delay:.3} s after it was captured");
    assert!(delay < 0.5, "{delay}");
    player.pause();
    track.next_where(|sample| first_channel(sample).1.iter().all(|value| *value == 0.));
    let failed = |event| matches!(event, StreamPlayerEvent::Failed(_));
    assert!(!events.try_iter().any(failed));
}

fn unplugging_is_told(backend: &GStreamerCapture, told: &Receiver<Vec<DeviceDescription>>) {
    let module = load_module("module-remap-source source_name=second master=out.monitor");
    let second = next_device(told, "second");
    assert!(!second.is_default);
    let microphone = open(backend, &second.key, &sound(48_000, 1));
    control(&["unload-module", &module]);
    let has_second = |devices: Vec<DeviceDescription>| {
        let mut devices = devices.iter();
        devices.any(|device| device.key == second.key)
    };
    while has_second(told.recv_timeout(PATIENCE).expect("they are told")) {}
    loop {
        match microphone.next() {
            SourceEvent::Ended(message) => {
                return assert!(message.contains(&second.label), "{message}");
            }
            SourceEvent::Muted(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// In a room, a microphone hears the loudspeaker and whoever talks.
fn echo_is_cancelled(backend: &GStreamerCapture, told: &Receiver<Vec<DeviceDescription>>) {
    load_module("module-null-sink sink_name=room");
    load_module("module-remap-sink sink_name=speaker master=room");
    control(&["set-default-sink", "speaker"]);
    load_module("module-remap-source source_name=hearing master=room.monitor");
    let microphone = next_device(told, "hearing");
    let cancelled = |is_cancelled| {
        let mut settings = sound(48_000, 1);
        settings.insert(Property::EchoCancellation, Value::Boolean(is_cancelled));
        settings
    };
    let spaces = &microphone.spaces;
    let choices = |space: &media_stream::Space| space.choices[&Property::EchoCancellation].clone();
    let kinds = [Value::Boolean(true), Value::Boolean(false)];
    let all = Value::Text("all".to_owned());
    assert_eq!(choices(&spaces[0]), [kinds.as_slice(), &[all]].concat());

    let opened = open(backend, &microphone.key, &cancelled(false));
    let track = opened.track(&cancelled(false));
    let played = sound_in("speaker", "wave=pink-noise volume=0.3");
    let heard = loudness_where(&track, |loudness| loudness > 0.02);
    track.feed.set_settings(&cancelled(true));
    let left = loudness_where(&track, |loudness| loudness < heard / 10.);
    println!("of an echo of {heard:.4}, {left:.4} is left");
    end(&played);
    let talk = sound_in("room", "freq=440 volume=0.1");
    assert_heard(&track, 48_000, 440., 0.1);
    end(&talk);
}

/// Plays something in one of the sinks of the sound server.
fn sound_in(sink: &str, sound: &str) -> Pipeline {
    let pipeline = gstreamer::parse::launch(&format!(
        "audiotestsrc is-live=true {sound} ! audio/x-raw,rate=48000 ! pulsesink device={sink}"
    ));
    let pipeline: Pipeline = pipeline
        .expect("it is well-formed")
        .downcast()
        .expect("it is one");
    pipeline.set_state(State::Playing).expect("it plays");
    pipeline
}

fn end(played: &Pipeline) {
    played.set_state(State::Null).expect("it ends");
}

/// Returns the mean loudness of half a second of a track, as soon as `is_it` holds for that.
fn loudness_where(track: &Track, is_it: impl Fn(f64) -> bool) -> f64 {
    let start = Instant::now();
    loop {
        let mut samples = Vec::new();
        while samples.len() < 24_000 {
            samples.extend(first_channel(&track.next()).1);
        }
        let squares = samples.iter().map(|sample| sample * sample);
        let loudness = (squares.sum::<f64>() / samples.len() as f64).sqrt();
        if is_it(loudness) {
            return loudness;
        }
        assert!(start.elapsed() < PATIENCE, "it is {loudness}");
    }
}

/// Loads a module of the sound server. Returns its number.
fn load_module(words: &str) -> String {
    let words: Vec<_> = ["load-module"]
        .into_iter()
        .chain(words.split(' '))
        .collect();
    control(&words)
}

fn control(command: &[&str]) -> String {
    let output = Command::new("pactl").args(command).output();
    let output = output.expect("it is installed together with PulseAudio");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Waits for a device of that name.
fn next_device(told: &Receiver<Vec<DeviceDescription>>, name: &str) -> DeviceDescription {
    loop {
        let devices = told.recv_timeout(PATIENCE).expect("they are told");
        let mut devices = devices.into_iter();
        if let Some(found) = devices.find(|device| device.key.ends_with(name)) {
            return found;
        }
    }
}

fn open(backend: &GStreamerCapture, key: &str, settings: &Settings) -> Opened {
    let opened = request(backend, key, settings);
    assert_eq!(opened.next(), SourceEvent::Opened);
    opened
}

/// Waits until a track has a tone of that loudness.
fn assert_heard(track: &Track, rate: u32, frequency: f64, expected: f64) {
    let start = Instant::now();
    let mut loudness = 0.;
    while start.elapsed() < PATIENCE {
        let mut samples = Vec::new();
        while samples.len() < rate as usize / 5 {
            samples.extend(first_channel(&track.next()).1);
        }
        loudness = amplitude(frequency, rate, &samples);
        if (loudness / expected - 1.).abs() < 0.1 {
            return;
        }
    }
    panic!("its loudness is {loudness}, not {expected}");
}
