/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the chosen decoder makes of each sound codec: a buffer for every frame, at its time, with the
//! sound that belongs there.

#[path = "tests/color_model.rs"]
mod color_model;
#[path = "tests/conversion.rs"]
mod conversion;
#[path = "tests/decoded.rs"]
mod decoded;
#[path = "tests/first_picture.rs"]
mod first_picture;
#[path = "tests/heard.rs"]
mod heard;
#[path = "tests/picture_forms.rs"]
mod picture_forms;

use std::time::Duration;

use byte_stream::track::{AudioCodec, Codec, VideoCodec};
use crossbeam_channel::Receiver;
use gstreamer::prelude::*;
use gstreamer::{Caps, Element, Pipeline, Sample, State};
use gstreamer_app::{AppSink, AppSrc};
use media_source::TrackReader;
use track_buffer::time::{PresentationTime, TimeDelta};

use crate::chain::{decoding, source};
use crate::decoder::{decoder_for, parser_for};
use crate::element::element;
use crate::feed::{Feed, Supply, UnderWay};
use crate::media::Media;
use crate::message::Message;
use crate::timeline;

/// Much longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(30);
/// In nanoseconds, at the sample rates of the test media.
const SAMPLE: i64 = 46_000;
/// In nanoseconds; times in WebM, and in MPEG-2 transport streams, are rounded to less.
const MILLISECOND: i64 = 1_000_000;

/// A buffer of decoded sound.
#[derive(Debug)]
struct Decoded {
    start: PresentationTime,
    duration: TimeDelta,
    /// The loudest sample, of 32767.
    peak: u16,
}

impl Decoded {
    fn of(sample: &Sample) -> Self {
        let buffer = sample.buffer().expect("a sample has one");
        let duration = buffer.duration().expect("decoders tell it");
        let bytes = buffer.map_readable().expect("it is plain memory");
        let samples = bytes
            .chunks_exact(2)
            .map(|bytes| i16::from_le_bytes([bytes[0], bytes[1]]));
        Self {
            start: timeline::from_clock_time(buffer.pts().expect("decoders tell it")),
            duration: TimeDelta::from_nanoseconds(duration.nseconds() as i64),
            peak: samples.map(i16::unsigned_abs).max().unwrap_or(0),
        }
    }
}

/// Decodes the sound of `media` from its start on.
fn decode(media: &Media, track: usize, codec: Codec) -> Vec<Decoded> {
    let decoder = decoder_for(codec).expect("a decoder is installed");
    let mut elements = decoding(decoder).expect("it is installed");
    let under_way = UnderWay::default();
    let decoded = elements
        .last()
        .and_then(|decoder| decoder.static_pad("src"));
    under_way
        .clipping
        .install(&decoded.expect("decoders have one output"));
    elements.push(build("audioconvert"));
    let caps = Caps::builder("audio/x-raw")
        .field("format", "S16LE")
        .field("layout", "interleaved");
    let samples = run_with(media, track, codec, under_way, elements, &caps.build());
    samples.iter().map(Decoded::of).collect()
}

/// What comes of a track's frames after `elements`, as fast as it goes.
fn run(
    media: &Media,
    track: usize,
    codec: Codec,
    elements: Vec<Element>,
    caps: &Caps,
) -> Vec<Sample> {
    run_with(media, track, codec, UnderWay::default(), elements, caps)
}

/// Decodes a track, and tells `under_way` of the frames.
fn run_with(
    media: &Media,
    track: usize,
    codec: Codec,
    under_way: UnderWay,
    elements: Vec<Element>,
    caps: &Caps,
) -> Vec<Sample> {
    let reader = media.readers().swap_remove(track);
    let target = media.start();
    run_to((reader, codec, target), under_way, elements, caps)
}

/// Decodes a track from where a seek to a target begins. What is before the target comes out too.
fn run_to(
    track: (TrackReader, Codec, PresentationTime),
    under_way: UnderWay,
    elements: Vec<Element>,
    caps: &Caps,
) -> Vec<Sample> {
    let run = Run::new(track, under_way, elements, caps);
    run.start();
    run.finish()
}

/// A track whose frames go through elements.
struct Run {
    source: AppSrc,
    feed: Feed,
    messages: Receiver<Message>,
    pipeline: Pipeline,
    sink: AppSink,
}

impl Run {
    /// Gets ready for the frames of a track from where a seek to a target begins.
    fn new(
        (reader, codec, target): (TrackReader, Codec, PresentationTime),
        under_way: UnderWay,
        elements: Vec<Element>,
        caps: &Caps,
    ) -> Self {
        let (sender, messages) = crossbeam_channel::unbounded();
        let source = source(codec.medium(), &sender);
        let sink = AppSink::builder().caps(caps).sync(false).build();
        let ends = [source.clone().upcast(), sink.clone().upcast()];
        let [first, last] = &ends;
        let all: Vec<&Element> = [first].into_iter().chain(&elements).chain([last]).collect();
        let pipeline = Pipeline::new();
        pipeline
            .add_many(all.iter().copied())
            .expect("they are new");
        Element::link_many(all.iter().copied()).expect("their capabilities fit");
        let mut feed = Feed::new(reader, source.clone(), codec, under_way);
        feed.reposition(target);
        Self {
            source,
            feed,
            messages,
            pipeline,
            sink,
        }
    }

    fn start(&self) {
        self.pipeline
            .set_state(State::Playing)
            .expect("nothing prevents it");
    }

    /// Hands over frames when the source asks for them the next time.
    fn feed(&mut self) {
        match self.messages.recv_timeout(PATIENCE) {
            Ok(Message::SourceHasRunEmpty(_)) => {
                self.feed.source_has_run_empty(1.).expect("it is whole")
            }
            _ => panic!("the source wants no more"),
        }
    }

    /// Hands over all frames, and returns what comes out.
    fn finish(mut self) -> Vec<Sample> {
        while *self.feed.supply() != Supply::Ended {
            self.feed();
        }
        self.take_all()
    }

    /// Returns what comes out until the end.
    fn take_all(self) -> Vec<Sample> {
        let samples = std::iter::from_fn(|| self.sink.pull_sample().ok()).collect();
        self.stop();
        samples
    }

    fn stop(self) {
        self.pipeline
            .set_state(State::Null)
            .expect("nothing prevents it");
    }
}

fn build(name: &'static str) -> Element {
    element(name).expect("it is installed")
}

/// Compares what the decoder gives with the frames that it is given.
fn check(name: &str, codec: AudioCodec) {
    let media = Media::whole(name);
    let track = track_of(&media, Codec::Audio(codec));
    let mut frames = media.frames(track);
    if codec == AudioCodec::Vorbis {
        // Each adds to the one before it.
        frames.remove(0);
    }
    let mut decoded = decode(&media, track, Codec::Audio(codec));
    // Sound ahead of where it starts is there for the decoder.
    decoded.retain(|decoded| decoded.start.offset_by(decoded.duration) > media.start());
    assert_eq!(decoded.len(), frames.len(), "{name}");
    for (index, (frame, decoded)) in frames.iter().zip(&decoded).enumerate() {
        let about = format!("{name}, frame {index}: {decoded:?}");
        let is_near = |one: TimeDelta, other: TimeDelta, tolerance: i64| {
            (one.nanoseconds() - other.nanoseconds()).abs() <= tolerance
        };
        let distance = decoded.start.since(frame.start);
        assert!(is_near(distance, TimeDelta::ZERO, SAMPLE), "{about}");
        let duration = frame.end.since(frame.start);
        // The last one may claim to be shorter than it is.
        let is_longer_last = index == frames.len() - 1 && decoded.duration > duration;
        let is_so_long = is_longer_last || is_near(decoded.duration, duration, MILLISECOND);
        assert!(is_so_long, "{about}");
        // The beep at the start of each second lasts 250 ms.
        let second = decoded.start.since(media.start()).seconds().fract();
        let is_right = match second {
            0.1..0.2 => decoded.peak > 4_000,
            0.4..0.9 => decoded.peak < 100,
            _ => true,
        };
        assert!(is_right, "{about}");
    }
}

fn track_of(media: &Media, codec: Codec) -> usize {
    let readers = media.readers();
    let codecs = readers.iter().map(|reader| reader.configuration().codec());
    let found = codecs.enumerate().find(|(_, found)| *found == codec);
    found.expect("it has such a track").0
}

#[test]
fn aac_is_decoded_frame_by_frame() {
    check("aac.mp4", AudioCodec::Aac);
    check("codecs/he-aac.mp4", AudioCodec::Aac);
    check("layouts/bare.aac", AudioCodec::Aac);
    check("layouts/h264-aac.ts", AudioCodec::Aac);
}

#[test]
fn ac3_and_eac3_are_decoded_frame_by_frame() {
    check("codecs/ac3.mp4", AudioCodec::Ac3);
    check("codecs/eac3.mp4", AudioCodec::Eac3);
}

#[test]
fn flac_is_decoded_frame_by_frame() {
    check("codecs/flac.mp4", AudioCodec::Flac);
}

#[test]
fn mp3_is_decoded_frame_by_frame() {
    check("codecs/mp3.mp4", AudioCodec::Mp3);
    check("codecs/hevc-mp3.ts", AudioCodec::Mp3);
    check("layouts/bare.mp3", AudioCodec::Mp3);
    check("layouts/xing-id3.mp3", AudioCodec::Mp3);
    check("layouts/low-rate-variable.mp3", AudioCodec::Mp3);
}

#[test]
fn layers_one_and_two_are_decoded_frame_by_frame() {
    check("codecs/layer-one.mp1", AudioCodec::Mp1);
    check("codecs/layer-two.mp2", AudioCodec::Mp2);
    check("codecs/layer-two.ts", AudioCodec::Mp2);
}

#[test]
fn opus_is_decoded_frame_by_frame() {
    check("layouts/vp9-opus.mp4", AudioCodec::Opus);
    check("layouts/vp9-opus.webm", AudioCodec::Opus);
    check("layouts/lacing-fixed.webm", AudioCodec::Opus);
}

#[test]
fn vorbis_is_decoded_frame_by_frame() {
    check("vorbis.webm", AudioCodec::Vorbis);
}

/// Parsers that no decoder on this machine may need give every frame at its time all the same.
#[test]
fn parsers_give_every_frame() {
    for (name, codec) in [
        ("h264.mp4", VideoCodec::H264),
        ("layouts/h264-aac.ts", VideoCodec::H264),
        ("codecs/hvc1.mp4", VideoCodec::Hevc),
        ("codecs/hevc-mp3.ts", VideoCodec::Hevc),
    ] {
        let codec = Codec::Video(codec);
        let media = Media::whole(name);
        let track = track_of(&media, codec);
        let (parser, parsed) = parser_for(codec).expect("it has one");
        let samples = run(&media, track, codec, vec![build(parser)], &parsed);
        let starts = samples.iter().map(|sample| {
            let start = sample.buffer().and_then(|buffer| buffer.pts());
            timeline::from_clock_time(start.expect("parsers keep it"))
        });
        let expected = media.frames(track).into_iter().map(|frame| frame.start);
        assert_eq!(Vec::from_iter(starts), Vec::from_iter(expected), "{name}");
    }
}
