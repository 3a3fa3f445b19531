/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the captured media are like.

use super::*;

/// The number in a picture that the device gives or that was scaled down as a whole.
fn painted_number(sample: &Sample) -> u64 {
    let (width, height) = size(sample);
    let luma = sample.buffer().expect("it has one").map_readable();
    let luma = luma.expect("it is plain memory");
    let stride = width.next_multiple_of(4);
    let is_white = |bit: u32| {
        let (x, y) = ((28 + 24 * bit) * width / 320, 20 * height / 180);
        luma[(y * stride + x) as usize] > 127
    };
    (0..12).fold(0, |number, bit| number * 2 + u64::from(is_white(bit)))
}

pub(super) fn is_black(sample: &Sample) -> bool {
    let (width, height) = size(sample);
    let luma = sample.buffer().expect("it has one").map_readable();
    let luma = luma.expect("it is plain memory");
    luma[..(width.next_multiple_of(4) * height) as usize]
        .iter()
        .all(|luma| *luma == 16)
}

#[test]
fn pictures_are_numbered_by_their_time() {
    let studio = Studio::new();
    let settings = video(640, 480, 30.);
    let camera = studio.open("camera-1", &settings);
    let track = camera.track(&settings);
    let mut last = None;
    for _ in 0..10 {
        let sample = track.next();
        let number = (time(&sample).seconds_f64() * 30.).round() as u64;
        assert_eq!(painted_number(&sample), number % 4096);
        assert!(last < Some(number), "{number} comes after {last:?}");
        last = Some(number);
    }
}

#[test]
fn one_camera_has_tracks_of_many_sizes() {
    let studio = Studio::new();
    let large = video(640, 480, 30.);
    let small = video(320, 240, 30.);
    let odd = video(333, 111, 30.);
    let camera = studio.open("camera-1", &large);
    let tracks = [&large, &small, &odd].map(|settings| camera.track(settings));
    let samples = tracks.each_ref().map(Track::next);
    assert_eq!(
        samples.each_ref().map(size),
        [(640, 480), (320, 240), (333, 111)]
    );
    let number = painted_number(&samples[0]);
    assert!(painted_number(&samples[1]) >= number);
    assert_eq!(studio.fakes.open_count("camera-1"), 1);
    // A camera is opened anew where that gives a track what it wants, and the others keep theirs.
    tracks[1].feed.set_settings(&video(1280, 720, 30.));
    tracks[1].next_where(|sample| size(sample) == (1280, 720));
    while studio.fakes.open_count("camera-1") < 2 {
        tracks[1].next();
    }
    let after = time(&tracks[1].next());
    let later = tracks[0].next_where(|sample| time(sample) > after);
    assert_eq!(size(&later), (640, 480));
}

#[test]
fn a_picture_that_needs_no_change_is_not_copied() {
    let studio = Studio::new();
    let settings = video(640, 480, 30.);
    let camera = studio.open("camera-1", &settings);
    let tracks = [(); 2].map(|()| camera.track(&settings));
    let first = tracks[1].next();
    let same = tracks[0].next_where(|sample| time(sample) == time(&first));
    assert_eq!(
        same.buffer().map(|buffer| buffer.as_ptr()),
        first.buffer().map(|buffer| buffer.as_ptr())
    );
}

#[test]
fn pictures_are_left_out_for_a_lower_rate() {
    let studio = Studio::new();
    let settings = video(320, 240, 30.);
    let camera = studio.open("camera-1", &settings);
    let track = camera.track(&video(320, 240, 5.));
    let times = [(); 4].map(|()| time(&track.next()).seconds_f64());
    for pair in times.windows(2) {
        // More than one period more is a picture that a busy machine has left out.
        let periods = (pair[1] - pair[0]) / 0.2;
        assert!(periods > 0.8, "{times:?}");
    }
}

#[test]
fn a_disabled_track_is_black_at_the_same_times() {
    let studio = Studio::new();
    let settings = video(320, 240, 30.);
    let camera = studio.open("camera-1", &settings);
    let (lively, black) = (camera.track(&settings), camera.track(&settings));
    black.feed.set_enabled(false);
    let first = black.next_where(is_black);
    lively.next_where(|sample| time(sample) == time(&first));
    for _ in 0..5 {
        let (one, other) = (lively.next(), black.next());
        assert_eq!(time(&one), time(&other));
        assert_eq!(size(&one), size(&other));
        assert!(is_black(&other) && !is_black(&one));
    }
}

/// The samples of the first channel.
pub(super) fn first_channel(sample: &Sample) -> (AudioInfo, Vec<f64>) {
    let info = AudioInfo::from_caps(sample.caps().expect("it has some")).expect("it is sound");
    let bytes = sample.buffer().expect("it has one").map_readable();
    let bytes = bytes.expect("it is plain memory");
    let frames = bytes.chunks_exact(info.bpf() as usize);
    let samples = frames.map(|frame| f64::from(i16::from_le_bytes([frame[0], frame[1]])) / 32_768.);
    (info, samples.collect())
}

/// A fifth of a second without a beep, whose pieces follow each other.
fn quiet_part(track: &Track) -> (AudioInfo, Vec<f64>) {
    let is_quiet = |sample: &Sample| (0.2..0.6).contains(&time(sample).seconds_f64().fract());
    loop {
        let first = track.next_where(is_quiet);
        let (info, mut samples) = first_channel(&first);
        let mut last = first;
        while samples.len() < info.rate() as usize / 5 {
            let next = track.next();
            let end = last.buffer().and_then(|buffer| buffer.duration());
            let gap = time(&next).absdiff(time(&last) + end.expect("it has one"));
            if gap > ClockTime::from_useconds(200) {
                // A busy machine has left something out.
                break;
            }
            samples.extend(first_channel(&next).1);
            last = next;
        }
        if samples.len() >= info.rate() as usize / 5 {
            return (info, samples);
        }
    }
}

/// How loud the tone of that frequency is.
pub(super) fn amplitude(frequency: f64, rate: u32, samples: &[f64]) -> f64 {
    let (mut sine, mut cosine) = (0., 0.);
    for (index, sample) in samples.iter().enumerate() {
        let phase = TAU * frequency * index as f64 / f64::from(rate);
        sine += sample * phase.sin();
        cosine += sample * phase.cos();
    }
    2. * f64::hypot(sine, cosine) / samples.len() as f64
}

#[test]
fn each_microphone_has_its_tone() {
    let studio = Studio::new();
    for (key, frequency) in [("microphone-1", 440.), ("microphone-2", 550.)] {
        let settings = sound(48_000, 1);
        let microphone = studio.open(key, &settings);
        let track = microphone.track(&settings);
        let (info, samples) = quiet_part(&track);
        assert_eq!((info.rate(), info.channels()), (48_000, 1));
        let loudness = amplitude(frequency, 48_000, &samples);
        assert!((loudness - 0.1).abs() < 0.005, "{key}: {loudness}");
        assert!(amplitude(1_000., 48_000, &samples) < 0.005);
    }
}

#[test]
fn each_second_begins_with_a_beep() {
    let studio = Studio::new();
    let settings = sound(48_000, 1);
    let microphone = studio.open("microphone-1", &settings);
    let track = microphone.track(&settings);
    let is_start = |sample: &Sample| time(sample).seconds_f64().fract() < 0.005;
    let (_, samples) = first_channel(&track.next_where(is_start));
    assert!(amplitude(1_000., 48_000, &samples) > 0.4);
}

#[test]
fn one_microphone_has_tracks_of_many_rates_and_channels() {
    let studio = Studio::new();
    let first = sound(48_000, 1);
    let microphone = studio.open("microphone-2", &first);
    let fine = microphone.track(&first);
    let coarse = microphone.track(&sound(8_000, 2));
    for (track, rate, channels) in [(&fine, 48_000, 1), (&coarse, 8_000, 2)] {
        let (info, samples) = quiet_part(track);
        assert_eq!((info.rate(), info.channels()), (rate, channels));
        let loudness = amplitude(550., rate, &samples);
        assert!((loudness - 0.1).abs() < 0.005, "at {rate}: {loudness}");
    }
    assert_eq!(studio.fakes.open_count("microphone-2"), 1);
}

#[test]
fn a_disabled_track_is_silent() {
    let studio = Studio::new();
    let settings = sound(48_000, 2);
    let microphone = studio.open("microphone-1", &settings);
    let track = microphone.track(&settings);
    let is_silent = |sample: &Sample| first_channel(sample).1.iter().all(|value| *value == 0.);
    track.next_where(|sample| !is_silent(sample));
    track.feed.set_enabled(false);
    track.next_where(is_silent);
    studio.assert_closed("microphone-1");
    // It goes on while the microphone is closed.
    let (info, samples) = quiet_part(&track);
    assert_eq!((info.rate(), info.channels()), (48_000, 2));
    assert!(samples.iter().all(|sample| *sample == 0.));
    track.feed.set_enabled(true);
    track.next_where(|sample| !is_silent(sample));
}
