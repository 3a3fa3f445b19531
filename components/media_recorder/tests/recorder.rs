/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What a recorder asks of its backend, and the events that it fires. Their order is that of upstream's tests.

use media_recorder::{
    BitRates, KeyFrameInterval, RecorderError, RecorderOptions, RecordingEvent, RecordingFailure,
    RecordingState,
};
use media_stream::{Kind, Property, Settings, Value};

use crate::fake::{Page, data, track};

const BOTH: [Kind; 2] = [Kind::Audio, Kind::Video];

/// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-start>
/// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-stop>
/// <https://w3c.github.io/mediacapture-record/#abstract-opdef-inactivate-the-recorder>
/// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-state>
/// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-mimetype>
#[test]
fn a_recording_has_a_type_from_its_start_to_its_stop() {
    let mut page = Page::new(&BOTH);
    assert_eq!(page.recorder.state(), RecordingState::Inactive);
    page.start();
    assert_eq!(page.recorder.state(), RecordingState::Recording);
    assert_eq!(page.recorder.mime_type(), "");
    assert_eq!(page.tell(0, RecordingEvent::Started), ["start"]);
    assert_eq!(page.recorder.mime_type(), "video/webm;codecs=\"vp8,opus\"");
    page.recorder.stop();
    assert_eq!(page.recorder.state(), RecordingState::Inactive);
    assert_eq!(page.recorder.mime_type(), "");
    assert!(page.recorder.awaits_events());
    let fired = page.tell(0, RecordingEvent::Stopped(data("file", 70)));
    assert!(!page.recorder.awaits_events());
    assert_eq!(fired, ["data \"file\" at 0", "stop"]);
    assert_eq!(page.requests(), ["start", "stop", "drop"]);
    // It does nothing where there is no recording.
    page.recorder.stop();
    assert!(page.requests().is_empty());
}

/// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-pause>
/// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-resume>
#[test]
fn a_pause_is_seen_at_once_and_fired_later() {
    let mut page = Page::new(&BOTH);
    page.start();
    page.tell(0, RecordingEvent::Started);
    for _ in 0..2 {
        page.recorder.pause().expect("it records");
        assert_eq!(page.recorder.state(), RecordingState::Paused);
    }
    assert_eq!(page.tell(0, RecordingEvent::Paused), ["pause"]);
    for _ in 0..2 {
        page.recorder.resume().expect("it records");
        assert_eq!(page.recorder.state(), RecordingState::Recording);
    }
    assert_eq!(page.tell(0, RecordingEvent::Resumed), ["resume"]);
    assert_eq!(page.requests(), ["start", "pause", "resume"]);
    page.recorder.pause().expect("it records");
    page.recorder.stop();
    assert_eq!(page.recorder.state(), RecordingState::Inactive);
    page.start();
    assert_eq!(page.recorder.state(), RecordingState::Recording);
}

/// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-requestdata>
/// <https://w3c.github.io/mediacapture-record/#fire-a-blob-event>
#[test]
fn time_codes_count_from_the_first_blob() {
    let mut page = Page::new(&BOTH);
    page.timeslice = Some(100);
    page.start();
    page.tell(0, RecordingEvent::Started);
    page.recorder.request_data().expect("it records");
    let mut fired = Vec::new();
    for (text, time) in [("one", 30), ("two", 140), ("three", 260)] {
        fired.extend(page.tell(0, RecordingEvent::Data(data(text, time))));
    }
    let expected = [
        "data \"one\" at 0",
        "data \"two\" at 110",
        "data \"three\" at 230",
    ];
    assert_eq!(fired, expected);
    assert_eq!(page.requests(), ["start", "data"]);
}

#[test]
fn an_inactive_recorder_refuses_what_needs_a_recording() {
    let mut page = Page::new(&BOTH);
    let recorder = &mut page.recorder;
    let refusals = [recorder.pause(), recorder.resume(), recorder.request_data()];
    for refusal in refusals {
        assert_eq!(
            refusal.map_err(|error| error.name()),
            Err("InvalidStateError")
        );
    }
}

#[test]
fn what_cannot_be_recorded_is_not_started() {
    let refusal = |page: &mut Page, is_isolated| {
        let started = page.recorder.start(&page.tracks, is_isolated, None);
        started.map_err(|error| error.name())
    };
    let mut page = Page::new(&BOTH);
    assert_eq!(refusal(&mut page, true), Err("SecurityError"));
    page.start();
    assert_eq!(refusal(&mut page, false), Err("InvalidStateError"));
    let mut page = Page::new(&[]);
    assert_eq!(refusal(&mut page, false), Err("NotSupportedError"));
    page.tracks.push(track(Kind::Video));
    page.tracks[0].1.is_ended = true;
    assert_eq!(refusal(&mut page, false), Err("NotSupportedError"));
    page.tracks[0].1.is_ended = false;
    page.tracks[0].1.feed = None;
    assert_eq!(refusal(&mut page, false), Err("NotSupportedError"));
    let options = RecorderOptions {
        mime_type: "audio/webm".to_owned(),
        ..RecorderOptions::default()
    };
    let mut page = Page::with_options(&[Kind::Video], &options);
    assert_eq!(refusal(&mut page, false), Err("NotSupportedError"));
    assert_eq!(page.recorder.state(), RecordingState::Inactive);
    assert!(page.requests().is_empty());
}

#[test]
fn the_end_of_all_tracks_ends_the_recording_in_a_task() {
    let mut page = Page::new(&BOTH);
    page.start();
    page.tell(0, RecordingEvent::Started);
    let [audio, video] = [page.tracks[0].0, page.tracks[1].0];
    page.recorder.handle_track_ended(video);
    page.recorder.handle_track_ended(video);
    page.recorder.handle_track_ended(track(Kind::Video).0);
    assert_eq!(page.requests(), ["start", "end track 1"]);
    page.recorder.handle_track_ended(audio);
    page.recorder.handle_track_ended(audio);
    assert_eq!(page.requests(), ["stop"]);
    assert_eq!(page.recorder.state(), RecordingState::Recording);
    let fired = page.tell(0, RecordingEvent::Stopped(data("file", 0)));
    assert_eq!(fired, ["data \"file\" at 0", "stop"]);
    assert_eq!(page.recorder.state(), RecordingState::Inactive);
}

#[test]
fn a_document_that_is_gone_gets_no_events() {
    let mut page = Page::new(&BOTH);
    page.start();
    assert!(page.recorder.awaits_events());
    page.tell(0, RecordingEvent::Started);
    page.recorder.stop();
    page.start();
    page.recorder.abandon();
    assert!(!page.recorder.awaits_events());
    assert_eq!(page.recorder.state(), RecordingState::Inactive);
    assert_eq!(page.requests(), ["start", "stop", "start", "drop", "drop"]);
    for recording in 0..2 {
        let stopped = RecordingEvent::Stopped(data("file", 0));
        assert!(page.tell(recording, stopped).is_empty());
    }
}

#[test]
fn another_track_is_an_error() {
    let mut page = Page::new(&BOTH);
    page.recorder.handle_tracks_changed();
    page.start();
    page.recorder.handle_tracks_changed();
    page.recorder.handle_tracks_changed();
    assert_eq!(page.requests(), ["start", "stop"]);
    assert_eq!(page.recorder.state(), RecordingState::Recording);
    assert_eq!(page.tell(0, RecordingEvent::Started), ["start"]);
    let fired = page.tell(0, RecordingEvent::Stopped(data("part", 5)));
    assert_eq!(
        fired,
        ["InvalidModificationError", "data \"part\" at 0", "stop"]
    );
    assert_eq!(page.recorder.state(), RecordingState::Inactive);
}

#[test]
fn media_that_the_document_must_not_see_are_discarded() {
    let mut page = Page::new(&BOTH);
    page.start();
    page.tell(0, RecordingEvent::Started);
    page.recorder.handle_isolation();
    let fired = page.tell(0, RecordingEvent::Stopped(data("secret", 5)));
    assert_eq!(fired, ["SecurityError", "data \"\" at 0", "stop"]);
}

#[test]
fn a_recording_that_breaks_hands_over_what_there_is() {
    let mut page = Page::new(&BOTH);
    page.start();
    page.tell(0, RecordingEvent::Started);
    let broken = RecordingFailure::Broken("no memory".to_owned(), data("part", 5));
    let fired = page.tell(0, RecordingEvent::Failed(broken));
    assert_eq!(fired, ["UnknownError", "data \"part\" at 0", "stop"]);
    assert_eq!(page.recorder.state(), RecordingState::Inactive);
    page.start();
    let missing = RecordingFailure::NotSupported("vp8enc is missing".to_owned());
    let fired = page.tell(1, RecordingEvent::Failed(missing));
    assert_eq!(fired, ["NotSupportedError", "stop"]);
    assert_eq!(page.recorder.state(), RecordingState::Inactive);
}

#[test]
fn the_events_of_a_recording_wait_for_those_of_the_one_before() {
    let mut page = Page::new(&BOTH);
    page.start();
    page.recorder.stop();
    page.start();
    assert!(page.tell(1, RecordingEvent::Started).is_empty());
    assert_eq!(page.tell(0, RecordingEvent::Started), ["start"]);
    // The type is that of the recording that the script sees, which has not started.
    assert_eq!(page.recorder.mime_type(), "");
    let fired = page.tell(0, RecordingEvent::Stopped(data("file", 0)));
    assert_eq!(fired, ["data \"file\" at 0", "stop", "start"]);
    assert_ne!(page.recorder.mime_type(), "");
    assert_eq!(page.recorder.state(), RecordingState::Recording);
}

/// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-mediarecorder>
/// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-audiobitratemode>
#[test]
fn options_reach_the_plan() {
    let options = RecorderOptions {
        mime_type: "video/mp4;codecs=avc3.640028".to_owned(),
        bits_per_second: Some(1_000_000),
        video_key_frame_interval_count: Some(5),
        audio_bit_rate_mode: media_recorder::BitRateMode::Constant,
        ..RecorderOptions::default()
    };
    let mut page = Page::with_options(&[Kind::Audio, Kind::Audio, Kind::Video], &options);
    page.timeslice = Some(0);
    page.start();
    let plans = page.backend.plans.lock();
    let plan = &plans[0];
    let (audio, video) = (plan.audio.as_ref(), plan.video.as_ref());
    let (audio, video) = (audio.expect("it has some"), video.expect("it has some"));
    // Two tracks share what sound has.
    assert_eq!(audio.bits_per_second, 64_000);
    assert_eq!(video.bits_per_second, 872_000);
    assert_eq!(audio.bit_rate_mode, page.recorder.audio_bit_rate_mode());
    assert_eq!(video.key_frame_interval, KeyFrameInterval::Frames(5));
    assert!(video.has_parameter_sets_in_band);
    assert!(plan.timeslice.is_some_and(|slice| !slice.is_zero()));
    assert_eq!(plan.tracks.len(), 3);
}

#[test]
fn two_intervals_of_key_frames_exclude_each_other() {
    let options = RecorderOptions {
        video_key_frame_interval_duration: Some(10.),
        video_key_frame_interval_count: Some(10),
        ..RecorderOptions::default()
    };
    let page = Page::new(&[]);
    let new_listener = |_| -> media_recorder::RecordingListener { Box::new(drop) };
    let refused =
        media_recorder::Recorder::new(page.backend, Box::new(new_listener), &options, None);
    let error = refused.map(drop).expect_err("it makes no sense");
    assert!(matches!(error, RecorderError::NotSupported(_)), "{error}");
}

#[test]
fn the_sum_of_bits_is_shared_by_the_kinds_that_are_recorded() {
    let rates = |kinds: &[Kind]| {
        let options = RecorderOptions {
            bits_per_second: Some(500_000),
            ..RecorderOptions::default()
        };
        let mut page = Page::with_options(kinds, &options);
        let before = page.recorder.bit_rates().clone();
        page.start();
        let during = page.recorder.bit_rates().clone();
        page.recorder.stop();
        assert_eq!(*page.recorder.bit_rates(), before);
        (during.audio(), during.video())
    };
    assert_eq!(rates(&BOTH), (100_000, 400_000));
    assert_eq!(rates(&[Kind::Audio]), (500_000, 0));
    assert_eq!(rates(&[Kind::Video]), (0, 500_000));
}

#[test]
fn bit_rates_are_those_that_the_page_names() {
    let rates = |audio, video, both| {
        let rates = BitRates::new(audio, video, both, None);
        (rates.audio(), rates.video())
    };
    assert_eq!(rates(None, None, None), (128_000, 2_500_000));
    assert_eq!(rates(Some(0), None, None), (0, 2_500_000));
    assert_eq!(rates(None, Some(0), None), (128_000, 0));
    assert_eq!(
        rates(Some(9), Some(9), Some(2_000_000)),
        (128_000, 1_872_000)
    );
    // Less than encoders can do is as little as they can.
    assert_eq!(rates(None, None, Some(0)), (6_000, 20_000));
}

#[test]
fn larger_pictures_get_more_bits() {
    let rate = |width: f64, height: f64, frame_rate: f64| {
        let settings = Settings::from([
            (Property::Width, Value::Number(width)),
            (Property::Height, Value::Number(height)),
            (Property::FrameRate, Value::Number(frame_rate)),
        ]);
        BitRates::new(None, None, None, Some(&settings)).video()
    };
    assert_eq!(rate(160., 120., 30.), 500_000);
    assert_eq!(rate(1280., 720., 30.), 2_764_800);
    assert_eq!(rate(1280., 720., 0.), 2_764_800);
    assert_eq!(rate(7680., 4320., 60.), 20_000_000);
}
