/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What a player of captured tracks shows, lets hear and tells.

use gstreamer::Buffer;
use gstreamer::prelude::*;
use media_source::{VideoFrame, VideoRenderer};
use media_stream::{StreamPlayer, StreamPlayerEvent};
use track_buffer::time::PresentationTime;

use super::media::{amplitude, first_channel};
use super::*;
use crate::audio_sink::{MADE, TURN, tap};

/// A picture that was shown.
struct Shown {
    /// The number painted into it.
    number: u64,
    start: PresentationTime,
    is_black: bool,
}

/// Shows each picture only when it is allowed to, if that is asked for.
struct Screen {
    shown: crossbeam_channel::Sender<Shown>,
    turns: Option<Receiver<()>>,
}

impl VideoRenderer for Screen {
    fn render(&mut self, frame: VideoFrame) {
        if let Some(turns) = &self.turns {
            let _ = turns.recv();
        }
        let pixels = frame.to_bgra().expect("it is converted");
        let is_white = |bit: usize| {
            let (width, height) = (frame.width as usize, frame.height as usize);
            let (x, y) = ((28 + 24 * bit) * width / 320, 20 * height / 180);
            pixels[(y * width + x) * 4 + 1] > 127
        };
        let number = (0..12).fold(0, |number, bit| number * 2 + u64::from(is_white(bit)));
        let blacks = pixels.chunks(4).filter(|pixel| **pixel == [0, 0, 0, 255]);
        let _ = self.shown.send(Shown {
            number,
            start: frame.start,
            is_black: blacks.count() * 4 == pixels.len(),
        });
    }
}

struct Session {
    player: Box<dyn StreamPlayer>,
    events: Receiver<StreamPlayerEvent>,
    shown: Receiver<Shown>,
}

impl Session {
    fn new(studio: &Studio) -> Self {
        Self::with_turns(studio, None)
    }

    fn with_turns(studio: &Studio, turns: Option<Receiver<()>>) -> Self {
        let (teller, events) = unbounded();
        let (screen, shown) = unbounded();
        let listener = move |event| {
            let _ = teller.send(event);
        };
        let screen = Screen {
            shown: screen,
            turns,
        };
        let player = studio
            .backend
            .create_player(Some(Box::new(screen)), Box::new(listener));
        Self {
            player: player.expect("GStreamer is installed"),
            events,
            shown,
        }
    }

    /// Waits for an event, and gives those before it.
    fn wait_until(&self, is_it: impl Fn(&StreamPlayerEvent) -> bool) -> Vec<StreamPlayerEvent> {
        let mut events = Vec::new();
        loop {
            let event = self.events.recv_timeout(PATIENCE);
            let event = event.unwrap_or_else(|_| panic!("waited in vain, after {events:?}"));
            if is_it(&event) {
                return events;
            }
            events.push(event);
        }
    }

    fn wait_until_ready(&self) -> Vec<StreamPlayerEvent> {
        self.wait_until(|event| *event == StreamPlayerEvent::Ready)
    }

    /// Waits until it has been playing for so long.
    fn wait_until_position(&self, seconds: f64) -> Vec<StreamPlayerEvent> {
        let position = PresentationTime::from_seconds(seconds);
        self.wait_until(
            |event| matches!(event, StreamPlayerEvent::Position(now) if *now >= position),
        )
    }

    fn next_shown(&self) -> Shown {
        self.shown.recv_timeout(PATIENCE).expect("it is shown")
    }
}

fn camera(studio: &Studio) -> (Opened, Arc<dyn Feed>) {
    let settings = video(640, 480, 30.);
    let camera = studio.open("camera-1", &settings);
    let feed = camera.source.create_feed(&settings);
    (camera, feed)
}

fn microphone(studio: &Studio, key: &str) -> (Opened, Arc<dyn Feed>) {
    let settings = sound(48_000, 1);
    let microphone = studio.open(key, &settings);
    let feed = microphone.source.create_feed(&settings);
    (microphone, feed)
}

#[test]
fn a_paused_player_shows_one_picture() {
    let studio = Studio::new();
    let (camera, feed) = camera(&studio);
    let other = camera.track(&video(640, 480, 30.));
    let session = Session::new(&studio);
    session.player.set_tracks(Some(feed), Vec::new());
    let before = session.wait_until_ready();
    assert_eq!(before, [StreamPlayerEvent::VideoFrameUpdated]);
    assert_eq!(session.next_shown().start, PresentationTime::ZERO);
    for _ in 0..5 {
        other.next();
    }
    assert!(session.shown.is_empty() && session.events.is_empty());
    assert_eq!(session.player.frame_counts().total_video_frames, 1);
}

#[test]
fn pictures_are_shown_one_after_the_other() {
    let studio = Studio::new();
    let (_camera, feed) = camera(&studio);
    let session = Session::new(&studio);
    session.player.play();
    session.player.set_tracks(Some(feed), Vec::new());
    session.wait_until_ready();
    let events = session.wait_until_position(0.3);
    let positions: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            StreamPlayerEvent::Position(position) => Some(*position),
            _ => None,
        })
        .collect();
    assert!(positions.is_sorted(), "{positions:?}");
    let shown = [(); 5].map(|()| session.next_shown());
    for pair in shown.windows(2) {
        // There are 4096 numbers.
        let distance = (pair[1].number + 4096 - pair[0].number) % 4096;
        assert!((1..2048).contains(&distance), "{distance}");
        assert!(pair[0].start <= pair[1].start);
    }
    // A pause is not counted.
    session.player.pause();
    session.player.set_tracks(None, Vec::new());
    let position = |event: &StreamPlayerEvent| match event {
        StreamPlayerEvent::Position(position) => Some(*position),
        _ => None,
    };
    let before = session.wait_until_ready();
    let last = before.iter().filter_map(position).next_back();
    session.player.play();
    assert_eq!(
        session.events.iter().find_map(|event| position(&event)),
        last
    );
}

#[test]
fn a_slow_renderer_delays_nobody_and_shows_the_newest_picture() {
    let studio = Studio::new();
    let (camera, feed) = camera(&studio);
    let other = camera.track(&video(640, 480, 30.));
    let (turn, turns) = unbounded();
    let session = Session::with_turns(&studio, Some(turns));
    session.player.play();
    turn.send(()).expect("it is received");
    session.player.set_tracks(Some(feed), Vec::new());
    session.wait_until_ready();
    session.next_shown();
    // The second picture is held back by the renderer, and all that follow give way to the last one.
    let start = time(&other.next());
    let last = other.next_where(|sample| time(sample) > start + ClockTime::from_mseconds(500));
    let number = (time(&last).seconds_f64() * 30.).round() as u64;
    for _ in 0..2 {
        turn.send(()).expect("it is received");
    }
    session.next_shown();
    let newest = session.next_shown();
    let distance = (newest.number + 4096 - (number - 1) % 4096) % 4096;
    assert!(distance < 2048, "{} is shown after {number}", newest.number);
    assert!(session.player.frame_counts().dropped_video_frames >= 10);
    drop(turn);
}

#[test]
fn it_is_ready_when_all_tracks_have_begun() {
    let _turn = TURN.lock();
    let studio = Studio::new();
    let (_camera, pictures) = camera(&studio);
    let (_microphone, sound) = microphone(&studio, "microphone-1");
    studio.fakes.set_silent("microphone-1", true);
    // What was under way has come by then.
    assert_eq!(_microphone.next(), SourceEvent::Muted(true));
    let session = Session::new(&studio);
    session.player.play();
    session.player.set_tracks(Some(pictures), vec![sound]);
    session.next_shown();
    studio.fakes.set_silent("microphone-1", false);
    let before = session.wait_until_ready();
    let position = |event: &StreamPlayerEvent| matches!(event, StreamPlayerEvent::Position(_));
    assert!(!before.iter().any(position), "{before:?}");
    session.wait_until_position(0.1);
}

#[test]
fn a_disabled_track_is_played_black() {
    let studio = Studio::new();
    let (_camera, feed) = camera(&studio);
    feed.set_enabled(false);
    studio.assert_closed("camera-1");
    let session = Session::new(&studio);
    session.player.play();
    session.player.set_tracks(Some(feed.clone()), Vec::new());
    session.wait_until_position(0.1);
    assert!(session.next_shown().is_black);
    feed.set_enabled(true);
    while session.next_shown().is_black {}
}

/// How loud a tone is in the next fifth of a second that has no beep.
fn loudness(buffers: &Receiver<Buffer>, frequency: f64) -> f64 {
    let mut samples = Vec::new();
    while samples.len() < 48_000 / 5 {
        let buffer = buffers.recv_timeout(PATIENCE).expect("it is heard");
        let caps = AudioInfo::builder(gstreamer_audio::AudioFormat::S16le, 48_000, 1);
        let caps = caps.build().and_then(|info| info.to_caps());
        let caps = caps.expect("it is a common format");
        let sample = Sample::builder().buffer(&buffer).caps(&caps).build();
        if (0.25..0.85).contains(&time(&sample).seconds_f64().fract()) {
            samples.extend(first_channel(&sample).1);
        } else {
            samples.clear();
        }
    }
    amplitude(frequency, 48_000, &samples)
}

#[test]
fn the_sound_of_all_tracks_is_heard() {
    let _turn = TURN.lock();
    let studio = Studio::new();
    let (_first, one) = microphone(&studio, "microphone-1");
    let (_second, other) = microphone(&studio, "microphone-2");
    let session = Session::new(&studio);
    let made = MADE.lock().len();
    session.player.play();
    session.player.set_tracks(None, vec![one.clone()]);
    session.wait_until_position(0.1);
    let sink = MADE.lock()[made].clone();
    let buffers = tap(&sink);
    assert!((loudness(&buffers, 440.) - 0.1).abs() < 0.01);
    session.player.set_volume(0.5);
    session.wait_until_position(0.);
    session.wait_until_position(0.);
    buffers.try_iter().for_each(drop);
    assert!((loudness(&buffers, 440.) - 0.05).abs() < 0.01);
    session.player.set_muted(true);
    session.player.set_tracks(None, vec![one.clone(), other]);
    session.wait_until_ready();
    session.wait_until_position(0.);
    buffers.try_iter().for_each(drop);
    assert_eq!(loudness(&buffers, 440.), 0.);
    // The sound that was heard already goes on in its place, the other one has got one of its own.
    session.player.set_muted(false);
    assert_eq!(MADE.lock().len(), made + 2);
    let sink = MADE.lock()[made + 1].clone();
    assert!((loudness(&tap(&sink), 550.) - 0.05).abs() < 0.01);
    // Nothing is heard in a pause, and nothing of it later.
    session.player.pause();
    session.player.set_tracks(None, vec![one]);
    session.wait_until_ready();
    buffers.try_iter().for_each(drop);
    assert_eq!(sink.current_state(), gstreamer::State::Null);
}

#[test]
fn an_output_that_fails_is_one_error() {
    let _turn = TURN.lock();
    let studio = Studio::new();
    let (_microphone, feed) = microphone(&studio, "microphone-1");
    let session = Session::new(&studio);
    let made = MADE.lock().len();
    session.player.play();
    session.player.set_tracks(None, vec![feed]);
    session.wait_until_position(0.1);
    let sink = MADE.lock()[made].clone();
    gstreamer::element_error!(sink, gstreamer::ResourceError::Write, ["it is unplugged"]);
    let error = session.events.iter().find_map(|event| match event {
        StreamPlayerEvent::Failed(error) => Some(error.to_string()),
        _ => None,
    });
    let text = error.expect("it is told");
    assert!(text.contains("unplugged"), "{text}");
}

#[test]
fn nothing_is_left_of_a_player() {
    let _turn = TURN.lock();
    let studio = Studio::new();
    let (_camera, pictures) = camera(&studio);
    let (_microphone, sound) = microphone(&studio, "microphone-1");
    let session = Session::new(&studio);
    session.player.play();
    session.player.set_tracks(Some(pictures), vec![sound]);
    session.wait_until_position(0.1);
    let Session {
        player,
        events,
        shown,
    } = session;
    drop(player);
    // The listener and the renderer are dropped.
    assert!(events.iter().all(|event| event != StreamPlayerEvent::Ready));
    assert!(shown.iter().count() > 0);
}
