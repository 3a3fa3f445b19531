/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What reaches the sound output: it starts exactly at the target of a seek, each sample is in its
//! place, and volume and mute do what they say.

use std::f64::consts::TAU;

use crossbeam_channel::{Receiver, unbounded};
use gstreamer::prelude::*;
use gstreamer::{Buffer, Element};
use gstreamer_audio::AudioInfo;
use track_buffer::time::PresentationTime;

#[path = "durations.rs"]
mod durations;

use super::PATIENCE;
use crate::audio_sink::{MADE, TURN, tap};
use crate::media::Media;
use crate::pipelines::Pipelines;
use crate::{GStreamerPlayer, timeline};
use media_source::{Player, PlayerEvent, VideoFrame, VideoRenderer};

/// The beep at the start of each second, in the test media, and how much of it is looked at.
const BEEP: f64 = 0.25;
const AMPLITUDE: f64 = 0.2;
/// How much is listened to, in seconds.
const LENGTH: f64 = 0.4;

struct Blind;

impl VideoRenderer for Blind {
    fn render(&mut self, _: VideoFrame) {}
}

/// The first channel, from a time on.
struct Heard {
    start: PresentationTime,
    rate: f64,
    samples: Vec<f64>,
}

impl Heard {
    /// The samples between two times, in seconds, each with its time.
    fn between(&self, from: f64, to: f64) -> impl Iterator<Item = (f64, f64)> {
        let timed = self.samples.iter().enumerate();
        timed
            .map(|(index, sample)| (self.start.seconds() + index as f64 / self.rate, *sample))
            .filter(move |(time, _)| (from..to).contains(time))
    }

    fn is_too_short(&self) -> bool {
        self.samples.len() as f64 <= LENGTH * self.rate
    }

    fn peak(&self, from: f64, to: f64) -> f64 {
        let loudness = self.between(from, to).map(|(_, sample)| sample.abs());
        loudness.fold(0., f64::max)
    }

    /// How loud the tone of that frequency is between two times, and by how many seconds it is late.
    fn tone(&self, frequency: f64, from: f64, to: f64) -> (f64, f64) {
        let (mut sine, mut cosine, mut count) = (0., 0., 0.);
        for (time, sample) in self.between(from, to) {
            sine += sample * (TAU * frequency * time).sin();
            cosine += sample * (TAU * frequency * time).cos();
            count += 1.;
        }
        let phase = f64::atan2(-cosine, sine);
        (
            2. * f64::hypot(sine, cosine) / count,
            phase / (TAU * frequency),
        )
    }
}

/// A player that shows nothing, and what it tells.
fn player() -> (GStreamerPlayer, Receiver<PlayerEvent>) {
    let (teller, events) = unbounded();
    let listener = move |event| {
        let _ = teller.send(event);
    };
    let player = GStreamerPlayer::new(&Pipelines::default(), Box::new(Blind), Box::new(listener))
        .expect("GStreamer is installed");
    (player, events)
}

/// Listens to what comes after a seek to `from`, at a rate of 1.
fn hear(name: &str, from: f64, prepare: impl FnOnce(&GStreamerPlayer)) -> Heard {
    hear_media(&Media::whole(name), from, prepare)
}

fn hear_media(media: &Media, from: f64, prepare: impl FnOnce(&GStreamerPlayer)) -> Heard {
    let _turn = TURN.lock();
    let made = MADE.lock().len();
    let (player, events) = player();
    player.set_tracks(media.readers());
    let is_ready = |event: &PlayerEvent| *event == PlayerEvent::Prerolled;
    assert!(events.iter().any(|event| is_ready(&event)));
    let sink = MADE.lock()[made].clone();
    let buffers = tap(&sink);
    prepare(&player);
    player.seek(PresentationTime::from_seconds(from));
    player.play();
    let heard = collect(&sink, &buffers);
    assert!(player.close().wait());
    heard
}

/// What comes to the sink next, from the first buffer on.
fn collect(sink: &Element, buffers: &Receiver<Buffer>) -> Heard {
    let (start, rate, samples) = next(sink, buffers);
    let mut heard = Heard {
        start,
        rate,
        samples,
    };
    while heard.is_too_short() {
        let (start, rate, samples) = next(sink, buffers);
        let expected = heard.start.seconds() + heard.samples.len() as f64 / rate;
        let distance = (start.seconds() - expected).abs() * rate;
        // Times in WebM are rounded to milliseconds, and the samples go on all the same.
        let tolerance = 1.5 + 0.001 * rate;
        assert!(
            distance < tolerance,
            "{distance} samples between buffers at {start:?}"
        );
        heard.samples.extend(samples);
    }
    heard
}

/// The next buffer's start, rate and samples.
fn next(sink: &Element, buffers: &Receiver<Buffer>) -> (PresentationTime, f64, Vec<f64>) {
    let buffer = buffers.recv_timeout(PATIENCE).expect("there is more");
    let caps = sink.static_pad("sink").and_then(|pad| pad.current_caps());
    let info = AudioInfo::from_caps(&caps.expect("they came first")).expect("it is sound");
    let start = timeline::from_clock_time(buffer.pts().expect("it has one"));
    let samples = first_channel(&buffer, &info);
    (start, f64::from(info.rate()), samples)
}

fn first_channel(buffer: &Buffer, info: &AudioInfo) -> Vec<f64> {
    let bytes = buffer.map_readable().expect("it is plain memory");
    let frames = bytes.chunks_exact(info.bpf() as usize);
    let samples = frames.map(|frame| match info.format() {
        gstreamer_audio::AudioFormat::S16le => {
            f64::from(i16::from_le_bytes([frame[0], frame[1]])) / 32_768.
        }
        gstreamer_audio::AudioFormat::F32le => {
            f64::from(f32::from_le_bytes([frame[0], frame[1], frame[2], frame[3]]))
        }
        other => panic!("{other:?} is not expected"),
    });
    samples.collect()
}

/// Listens from several places and looks where the beeps are. Times in WebM, and what was made from
/// it, are rounded: to a millisecond they are right.
fn check(name: &str) {
    let tolerance = match name.contains("opus") || name.ends_with("webm") {
        true => 0.001_1,
        false => 0.000_03,
    };
    for from in [0., 1., 1.1] {
        let heard = hear(name, from, |_| {});
        let target = PresentationTime::from_seconds(from);
        let distance = heard.start.since(target).seconds().abs();
        // The first frame of Vorbis gives no sound.
        let is_vorbis_start = name.contains("vorbis") && from == 0.;
        assert!(
            distance <= tolerance || is_vorbis_start && distance < 0.01,
            "{name} starts at {:?}, not {from}",
            heard.start
        );
        let frequency = 330. + 110. * from.floor();
        let end = from.floor() + BEEP;
        let (amplitude, delay) = heard.tone(frequency, from + 0.02, end - 0.02);
        let about = format!("{name} from {from}: amplitude {amplitude}, late by {delay} s");
        assert!((amplitude / AMPLITUDE - 1.).abs() < 0.06, "{about}");
        assert!(delay.abs() <= tolerance, "{about}");
        // A wave more or less is not a delay that a tone shows.
        assert!(heard.peak(from, from + 0.008) > AMPLITUDE * 0.6, "{about}");
        assert!(heard.peak(end - 0.008, end) > AMPLITUDE * 0.6, "{about}");
        assert!(
            heard.peak(end + 0.015, end + 0.1) < AMPLITUDE * 0.3,
            "{about}"
        );
    }
}

#[test]
fn flac_is_heard_where_it_belongs() {
    check("codecs/flac.mp4");
}

#[test]
fn aac_is_heard_where_it_belongs() {
    check("aac.mp4");
    check("h264-aac.mp4");
}

#[test]
fn mp3_is_heard_where_it_belongs() {
    check("codecs/mp3.mp4");
}

#[test]
fn opus_is_heard_where_it_belongs() {
    check("layouts/vp9-opus.mp4");
    check("layouts/vp9-opus.webm");
}

#[test]
fn vorbis_is_heard_where_it_belongs() {
    check("vorbis.webm");
}

#[test]
fn ac3_and_eac3_are_heard_where_they_belong() {
    check("codecs/ac3.mp4");
    check("codecs/eac3.mp4");
}

#[test]
fn volume_and_mute_are_heard() {
    for (volume, is_muted, expected) in [(0.5, false, 0.5), (0.25, false, 0.25), (1., true, 0.)] {
        let heard = hear("codecs/flac.mp4", 1., |player| {
            player.set_volume(volume);
            player.set_muted(is_muted);
        });
        let (amplitude, _) = heard.tone(440., 1.02, 1.23);
        let relative = amplitude / AMPLITUDE;
        assert!(
            (relative - expected).abs() < 0.02,
            "{relative}, not {expected}"
        );
    }
    let heard = hear("codecs/flac.mp4", 1., |player| {
        player.set_muted(true);
        player.set_muted(false);
    });
    assert!(heard.tone(440., 1.02, 1.23).0 > AMPLITUDE * 0.98);
}

/// Listens from the second beep on, at a rate of 2. Times are those of the sink's samples, from 0.
fn hear_at_double_rate(preserves_pitch: bool) -> Heard {
    let _turn = TURN.lock();
    let media = Media::whole("codecs/flac.mp4");
    let made = MADE.lock().len();
    let (player, events) = player();
    player.set_tracks(media.readers());
    player.set_rate(2.);
    // What was made before is replaced.
    player.set_preserves_pitch(!preserves_pitch);
    player.set_preserves_pitch(preserves_pitch);
    let seek = player.seek(PresentationTime::from_seconds(1.));
    let is_done =
        |event: &PlayerEvent| matches!(event, PlayerEvent::SeekDone { id, .. } if *id == seek);
    assert!(events.iter().any(|event| is_done(&event)));
    let sink = MADE.lock()[made..].last().expect("there is sound").clone();
    let buffers = tap(&sink);
    player.seek(PresentationTime::from_seconds(1.));
    player.play();
    let (_, rate, samples) = next(&sink, &buffers);
    let mut heard = Heard {
        start: PresentationTime::ZERO,
        rate,
        samples,
    };
    while heard.is_too_short() {
        heard.samples.extend(next(&sink, &buffers).2);
    }
    assert!(player.close().wait());
    heard
}

#[test]
fn the_pitch_is_kept_or_not() {
    // Half the samples of the same tone.
    let kept = hear_at_double_rate(true);
    assert!(kept.tone(440., 0.04, 0.1).0 > AMPLITUDE * 0.8);
    assert!(kept.peak(BEEP / 2. + 0.05, BEEP) < AMPLITUDE * 0.3);
    // All of them, which the sink gives out in half the time.
    let raised = hear_at_double_rate(false);
    assert!(raised.tone(440., 0.02, BEEP - 0.02).0 > AMPLITUDE * 0.9);
}

#[test]
fn a_sound_output_that_fails_is_one_error() {
    let _turn = TURN.lock();
    let made = MADE.lock().len();
    let (player, events) = player();
    player.set_tracks(Media::whole("h264-aac.mp4").readers());
    player.play();
    let is_position = |event: &PlayerEvent| matches!(event, PlayerEvent::Position(_));
    assert!(events.iter().any(|event| is_position(&event)));
    let sink = MADE.lock()[made].clone();
    gstreamer::element_error!(sink, gstreamer::ResourceError::Write, ["it is unplugged"]);
    let error = events.iter().find_map(|event| match event {
        PlayerEvent::Failed(error) => Some(error.to_string()),
        _ => None,
    });
    let text = error.expect("it is told");
    assert!(
        text.starts_with("AAC audio failed at ") && text.contains("unplugged"),
        "{text}"
    );
    assert!(player.close().wait());
    // A frame that was on its way to the screen may still be told of.
    let mut later = events.iter();
    assert!(later.all(|event| event == PlayerEvent::VideoFrameUpdated));
}
