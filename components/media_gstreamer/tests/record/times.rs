/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What is recorded when: pauses, tracks that end or give nothing, and that sound and pictures stay together.

use std::sync::Arc;
use std::time::{Duration, Instant};

use media_recorder::{RecorderBackend, RecordingEvent, RecordingFailure};
use media_source::Picture;
use media_stream::{CaptureBackend, Kind, Settings, WithoutDevices};

use super::decoded::{Decoded, DecodedPicture};
use super::studio::{
    FRAME_RATE, Format, MP4, PICTURE, Recorded, Session, Studio, WEBM, data, picture_settings,
};

const SECOND: Duration = Duration::from_secs(1);

/// How far pictures are from the sound that belongs to them, in seconds: each second of a fake camera and a fake
/// microphone begins with a picture and a beep.
fn lags(decoded: &Decoded) -> Vec<f64> {
    let rate = FRAME_RATE as u64;
    // The first picture stands for the time before it too.
    let pictures = decoded.pictures.iter().skip(1);
    let firsts = pictures.filter(|picture| picture.number.is_multiple_of(rate));
    let firsts = Vec::from_iter(firsts.map(|picture| picture.time));
    let nearest = |beep: f64| {
        let lags = firsts.iter().map(|first| first - beep);
        lags.min_by(|one, other| one.abs().total_cmp(&other.abs()))
    };
    // A beep that is cut by a pause has no picture.
    let lags = decoded.beeps().into_iter().filter_map(nearest);
    lags.filter(|lag| lag.abs() < 0.4).collect()
}

/// Media begin and end a little later than they are asked to.
fn assert_near(time: f64, expected: f64) {
    let is_near = (time - expected).abs() < 0.4;
    assert!(is_near, "{time} s instead of {expected} s");
}

fn assert_in_step(decoded: &Decoded, name: &str) {
    let lags = lags(decoded);
    assert!(!lags.is_empty(), "{name} has no beep with its picture");
    assert!(lags.iter().all(|lag| lag.abs() < 0.04), "{name}: {lags:?}");
}

fn assert_grows(pictures: &[DecodedPicture]) {
    let is_later = |one: &DecodedPicture, other: &DecodedPicture| one.time < other.time;
    assert!(pictures.is_sorted_by(is_later));
    let is_next = |one: &DecodedPicture, other: &DecodedPicture| one.number <= other.number;
    assert!(pictures.is_sorted_by(is_next));
}

#[test]
fn sound_and_pictures_stay_together() {
    let studio = Studio::new();
    let whole = [WEBM, MP4].map(|format| (format, studio.start(format, None)));
    let sliced = [WEBM, MP4].map(|format| (format, studio.start(format, Some(SECOND / 5))));
    whole[0].1.go_on_for(SECOND * 3);
    for (format, session) in whole.into_iter().chain(sliced) {
        let decoded = Decoded::new(format, &session.stop().file);
        assert_grows(&decoded.pictures);
        assert_in_step(&decoded, &format!("{:?}", format.container));
    }
}

#[test]
fn a_pause_leaves_no_gap() {
    let studio = Studio::new();
    let session = studio.start(WEBM, None);
    session.go_on_for(SECOND * 3 / 2);
    let pause = Instant::now();
    session.recording.pause();
    assert_eq!(session.next(), RecordingEvent::Paused);
    session.go_on_for(SECOND);
    session.recording.resume();
    let pause = pause.elapsed().as_secs_f64();
    assert_eq!(session.next(), RecordingEvent::Resumed);
    session.go_on_for(SECOND * 3 / 2);
    let Recorded { file, seconds } = session.stop();
    let decoded = Decoded::new(WEBM, &file);
    let pictures = &decoded.pictures;
    assert_grows(pictures);
    let duration = decoded.duration;
    assert_near(duration, seconds - pause);
    assert_near(decoded.sound_end(), duration);
    let pairs = || pictures.windows(2);
    let gap = pairs()
        .map(|pair| pair[1].time - pair[0].time)
        .fold(0., f64::max);
    assert!(gap < 0.3, "there is a gap of {gap} s");
    let jump = pairs().map(|pair| pair[1].number - pair[0].number).max();
    assert!(
        jump.is_some_and(|jump| jump >= 25),
        "there was no pause: {jump:?}"
    );
    // What comes after the pause is in step as well.
    assert_in_step(&decoded, "after a pause");
}

#[test]
fn a_track_that_ends_leaves_the_others_going() {
    let studio = Studio::new();
    let sessions = [WEBM, MP4].map(|format| (format, studio.start(format, None)));
    sessions[0].1.go_on_for(SECOND);
    // The microphone ends in the one, the camera in the other.
    let ended = sessions.each_ref().map(|(_, session)| session.seconds());
    sessions[0].1.recording.end_track(1);
    sessions[1].1.recording.end_track(0);
    sessions[0].1.go_on_for(SECOND);
    let recorded = sessions.map(|(format, session)| (format, session.stop()));
    let [webm, mp4] = recorded.map(|(format, Recorded { file, seconds })| {
        let decoded = Decoded::new(format, &file);
        let last = decoded.pictures.last().map_or(0., |picture| picture.time);
        (decoded.sound_end(), last, seconds)
    });
    assert_near(webm.0, ended[0]);
    assert_near(webm.1, webm.2);
    assert_near(mp4.0, mp4.2);
    assert_near(mp4.1, ended[1]);
}

/// A picture of one colour.
fn picture((width, height): (u32, u32), grey: u8) -> Picture {
    Picture {
        width,
        height,
        pixels: vec![grey; (width * height * 4) as usize],
    }
}

#[test]
fn a_canvas_that_nobody_draws_on_lasts_as_long_as_the_sound() {
    let studio = Studio::new();
    let (canvas, sink) = studio.backend.create_picture_source();
    sink.show(picture((200, 100), 255));
    let feeds = || {
        let canvas = canvas.create_feed(&Settings::new());
        vec![(Kind::Video, canvas), (Kind::Audio, studio.sound_feed())]
    };
    let sessions = [WEBM, MP4].map(|format| (format, Session::start(format, None, feeds())));
    sessions[0].1.go_on_for(SECOND * 5 / 2);
    let recorded = sessions.map(|(format, session)| (format, session.stop()));
    for (format, Recorded { file, seconds }) in recorded {
        let decoded = Decoded::new(format, &file);
        let times = decoded.pictures.iter().map(|picture| picture.time);
        let times = Vec::from_iter(times);
        // There is one a second, and one at the end.
        assert!((3..=5).contains(&times.len()), "{times:?}");
        assert_near(times[times.len() - 1], seconds);
        assert_near(decoded.duration, seconds);
        assert_near(decoded.sound_end(), seconds);
        let mut pictures = decoded.pictures.iter();
        assert!(pictures.all(|picture| picture.brightness > 200.));
    }
}

#[test]
fn pictures_of_another_size_are_scaled_to_the_first() {
    let studio = Studio::new();
    let (canvas, sink) = studio.backend.create_picture_source();
    sink.show(picture((200, 100), 255));
    let format = Format { audio: None, ..MP4 };
    let feed = canvas.create_feed(&Settings::new());
    let session = Session::start(format, None, vec![(Kind::Video, feed)]);
    session.go_on_for(SECOND / 2);
    // It is shown in the middle, with black at the sides.
    sink.show(picture((100, 100), 255));
    session.go_on_for(SECOND / 2);
    let decoded = Decoded::new(format, &session.stop().file);
    assert!(
        decoded
            .pictures
            .iter()
            .all(|picture| picture.size == (200, 100))
    );
    let brightness = |picture: Option<&DecodedPicture>| picture.map_or(0., |one| one.brightness);
    let first = brightness(decoded.pictures.first());
    let last = brightness(decoded.pictures.last());
    assert!(first > 230., "{first}");
    assert!((last - first / 2.).abs() < 20., "{last}");
}

#[test]
fn a_track_without_media_is_black_or_silent() {
    let studio = Studio::new();
    studio.fakes.set_silent("microphone-1", true);
    // Nobody has drawn on this canvas.
    let (canvas, _sink) = studio.backend.create_picture_source();
    let canvas = canvas.create_feed(&Settings::new());
    let feeds = vec![
        (Kind::Video, studio.picture_feed()),
        (Kind::Audio, studio.sound_feed()),
        (Kind::Video, canvas),
    ];
    let session = Session::start(WEBM, None, feeds);
    session.go_on_for(SECOND * 3 / 2);
    let Recorded { file, seconds } = session.stop();
    let decoded = Decoded::new(WEBM, &file);
    assert!(decoded.pictures.len() > 20, "{}", decoded.pictures.len());
    assert_near(decoded.sound_end(), seconds);
    // Some pieces may have been on their way.
    let silence = decoded.sound.iter().filter(|(start, _)| *start > 0.3);
    let mut samples = silence.flat_map(|(_, samples)| samples);
    assert!(samples.all(|sample| sample.abs() < 0.01));
}

#[test]
fn a_recording_without_any_media_has_a_black_picture() {
    let studio = Studio::new();
    studio.fakes.set_silent("microphone-1", true);
    let (canvas, _sink) = studio.backend.create_picture_source();
    for format in [WEBM, MP4] {
        let canvas = canvas.create_feed(&Settings::new());
        let feeds = vec![(Kind::Video, canvas), (Kind::Audio, studio.sound_feed())];
        let session = Session::start(format, None, feeds);
        session.recording.pause();
        assert_eq!(session.next(), RecordingEvent::Paused);
        let decoded = Decoded::new(format, &session.stop().file);
        assert_eq!(decoded.pictures.len(), 1);
        assert!(decoded.pictures[0].brightness < 20.);
        assert!(decoded.sound_end() < 1., "{} s", decoded.sound_end());
    }
}

#[test]
fn disabled_tracks_are_black() {
    let studio = Studio::new();
    let feed = studio.camera.create_feed(&picture_settings(PICTURE));
    let format = Format {
        audio: None,
        ..WEBM
    };
    let session = Session::start(format, None, vec![(Kind::Video, feed.clone())]);
    session.go_on_for(SECOND);
    feed.set_enabled(false);
    session.go_on_for(SECOND);
    let decoded = Decoded::new(format, &session.stop().file);
    let brightness = |picture: Option<&DecodedPicture>| picture.map_or(0., |one| one.brightness);
    let first = brightness(decoded.pictures.first());
    let last = brightness(decoded.pictures.last());
    assert!(first > 60. && last < 20., "{first} becomes {last}");
    assert!(decoded.duration > 1.7, "{} s", decoded.duration);
}

#[test]
fn what_is_asked_for_is_the_beginning_of_the_file() {
    let studio = Studio::new();
    let sessions = [WEBM, MP4].map(|format| (format, studio.start(format, None)));
    sessions[0].1.go_on_for(SECOND);
    let files = sessions.map(|(format, session)| {
        session.recording.request_data();
        let first = data(session.next());
        session.go_on_for(SECOND);
        let rest = session.stop().file;
        assert!(!rest.is_empty());
        (format, first.is_empty(), [first, rest].concat())
    });
    // MP4 has nothing to hand over before its end.
    assert_eq!(
        files.each_ref().map(|(_, is_empty, _)| *is_empty),
        [false, true]
    );
    for (format, _, file) in files {
        let decoded = Decoded::new(format, &file);
        assert!(decoded.pictures.len() > 30, "{}", decoded.pictures.len());
        assert!(decoded.sound_end() > 1.7, "{} s", decoded.sound_end());
    }
}

#[test]
fn media_of_another_backend_are_refused() {
    let feeds = vec![(Kind::Video, Arc::new(WithoutDevices) as _)];
    let (teller, events) = crossbeam_channel::unbounded();
    let listener = move |event| {
        let _ = teller.send(event);
    };
    let plan = super::studio::plan(
        Format {
            audio: None,
            ..WEBM
        },
        None,
        feeds,
    );
    let _recording = media_gstreamer::record::GStreamerRecorder.start(plan, Box::new(listener));
    let event = events
        .recv_timeout(super::studio::PATIENCE)
        .expect("it is told");
    let is_refused = matches!(
        event,
        RecordingEvent::Failed(RecordingFailure::NotSupported(_))
    );
    assert!(is_refused, "{event:?}");
}
