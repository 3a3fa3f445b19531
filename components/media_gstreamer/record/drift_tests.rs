/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Sound whose clock goes wrong: a minute of what a microphone gives, as fast as it can be encoded.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use byte_stream::format::ByteStreamFormat;
use byte_stream::parser::{Parsed, Parser, Produced};
use byte_stream::track::AudioCodec;
use bytes::Bytes;
use crossbeam_channel::unbounded;
use gstreamer::{Buffer, ClockTime, Sample};
use gstreamer_audio::{AudioFormat, AudioInfo};
use media_recorder::{
    AudioPlan, BitRateMode, Container, PlannedTrack, RecordedData, RecordingPlan,
};
use media_stream::{Kind, Settings};

use super::graph::{Graph, Outcome};
use super::track::{Media, Track};
use crate::capture::feed::TrackFeed;
use crate::watchdog::{Watchdog, Watched};

struct Patient;

impl Watched for Patient {
    fn abandon(&self) {
        panic!("GStreamer does not answer");
    }
}

/// Records 600 pieces of a tenth of a second each, which take so much longer, and returns for how long they have been
/// recorded: by the time of the last packet, and by the lengths of all.
fn record(deviation: f64) -> (f64, f64) {
    gstreamer::init().expect("GStreamer is installed");
    let (no_device, _) = unbounded();
    let settings = Settings::new();
    let feed = TrackFeed::new(Default::default(), &settings, Default::default(), no_device);
    let planned = PlannedTrack {
        kind: Kind::Audio,
        feed: Arc::new(feed),
        settings,
    };
    let plan = RecordingPlan {
        container: Container::WebM,
        audio: Some(AudioPlan {
            codec: AudioCodec::Opus,
            bits_per_second: 64_000,
            bit_rate_mode: BitRateMode::Variable,
        }),
        video: None,
        tracks: vec![planned],
        timeslice: None,
    };
    let watchdog = Watchdog::new(Arc::new(Patient)).expect("there are threads");
    let (teller, told) = unbounded();
    let tell = move |outcome| {
        let _ = teller.send(outcome);
    };
    let (graph, mut chains) = Graph::new(&plan, watchdog, tell).expect("all is installed");
    graph.start().expect("it can be started");
    let chain = chains.remove(0);
    let passed = chain.passed.clone();
    let (sender, _commands) = unbounded();
    let planned = &plan.tracks[0];
    let media = Media::tap(planned, 0, sender).expect("it is of this backend");
    let mut track = Track::new(planned, None, media, chain);
    let info = AudioInfo::builder(AudioFormat::S16le, 48_000, 1).build();
    let caps = info.and_then(|info| info.to_caps()).expect("it is sound");
    let start = |number: u64| ClockTime::from_seconds_f64(number as f64 * 0.1 * deviation);
    for number in 0..600 {
        let mut buffer = Buffer::from_mut_slice(vec![0_u8; 9_600]);
        let fields = buffer.get_mut().expect("nobody else has it");
        fields.set_pts(start(number));
        let sample = Sample::builder().buffer(&buffer).caps(&caps).build();
        track.take(sample, Some(start(number)));
        while passed.load(Ordering::Acquire) + 5_000_000_000 < start(number).nseconds() {
            thread::yield_now();
        }
    }
    track.complete(start(600));
    let outcome = told.recv().expect("it is told");
    assert!(matches!(outcome, Outcome::Finished));
    let data = graph.file.lock().take(std::time::Instant::now());
    packets(data)
}

fn packets(data: RecordedData) -> (f64, f64) {
    let mut parser = Parser::new(ByteStreamFormat::WebM);
    parser.push(Bytes::from(data.bytes));
    let (mut last, mut count) = (0., 0.);
    loop {
        match parser.parse(usize::MAX).expect("it can be appended") {
            Parsed::NeedMore => return (last + 0.02, count * 0.02),
            Parsed::Produced(Produced::CodedFrames(frames)) => {
                count += frames.len() as f64;
                let end = frames.last().map_or(0, |frame| frame.presentation.0);
                last = end as f64 * 1e-9;
            }
            _ => {}
        }
    }
}

#[test]
fn sound_whose_clock_is_wrong_stays_in_step() {
    // As much in a minute as a clock that is wrong by a hundred millionths in half an hour.
    for deviation in [1., 1.003, 0.997] {
        let expected = 60. * deviation;
        let (by_time, by_length) = record(deviation);
        for recorded in [by_time, by_length] {
            let lag = recorded - expected;
            assert!(lag.abs() < 0.06, "{recorded} s instead of {expected} s");
        }
    }
}
