/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Codec configurations that are damaged at random, and frames too, on every decoder that there is.
//! What passes the check must not end the process: so each batch is tried in one of its own.
//!
//! 60 configurations by default. The environment variable `CONFIGURATIONS` says otherwise: `1000`
//! for so many, `358..359` for some.

use std::env;
use std::ops::Range;
use std::process::Command;

use byte_stream::configuration_check::check_configuration;
use byte_stream::track::{CodecConfiguration, Medium};
use bytes::Bytes;
use gstreamer::prelude::*;
use gstreamer::{Buffer, Caps, ClockTime, Element, MessageType, Pipeline, State};
use gstreamer_app::AppSrc;
use test_support::random_bytes;

use crate::caps;
use crate::chain::decoding;
use crate::decoder::{Decoder, decoders_for};
use crate::element::element;
use crate::media::Media;
use crate::message::Generation;
use crate::output_check::{self, Refusals};

const FILES: [&str; 13] = [
    "aac.mp4",
    "codecs/ac3.mp4",
    "codecs/av1.mp4",
    "codecs/eac3.mp4",
    "codecs/flac.mp4",
    "codecs/he-aac.mp4",
    "codecs/hvc1.mp4",
    "codecs/mp3.mp4",
    "h264.mp4",
    "layouts/vp9-opus.mp4",
    "layouts/vp9-opus.webm",
    "vorbis.webm",
    "vp8.webm",
];
/// Tried in one process.
const BATCH: usize = 50;
const FRAMES: usize = 12;
/// Much longer than a dozen frames take.
const PATIENCE: ClockTime = ClockTime::from_seconds(30);
const BATCH_OF: &str = "SPROCKET_TEST_CONFIGURATIONS";
const LONG_UNITS: &str = "long units";
const EXTREMES: [u32; 12] = [
    0,
    1,
    2,
    8,
    9,
    255,
    3_000,
    16_384,
    768_000,
    i32::MAX as u32,
    1 << 31,
    u32::MAX,
];

/// Numbers that look random, the same for the same seed.
struct Numbers(std::vec::IntoIter<u8>);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        let bytes: Vec<u8> = self.0.by_ref().take(4).collect();
        bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte))
            % limit.max(1)
    }

    fn damage(&mut self, bytes: &Bytes) -> Bytes {
        let mut bytes = bytes.to_vec();
        if self.below(8) == 0 {
            bytes.truncate(self.below(bytes.len() + 1));
        }
        for _ in 0..self.below(5) {
            let place = self.below(bytes.len());
            if let Some(byte) = bytes.get_mut(place) {
                *byte = [0, 0xff, 1 << self.below(8), self.below(256) as u8][self.below(4)];
            }
        }
        if self.below(8) == 0 {
            bytes.extend((0..self.below(64)).map(|place| place as u8));
        }
        bytes.into()
    }

    fn damage_number(&mut self, number: u32) -> u32 {
        match self.below(6) {
            0 => EXTREMES[self.below(EXTREMES.len())],
            1 => self.below(1 << 20) as u32,
            _ => number,
        }
    }

    fn damage_configuration(&mut self, configuration: &mut CodecConfiguration) {
        match configuration {
            CodecConfiguration::Audio(audio) => {
                audio.extra_data = self.damage(&audio.extra_data);
                audio.sample_rate = self.damage_number(audio.sample_rate);
                audio.channels = self.damage_number(audio.channels);
            }
            CodecConfiguration::Video(video) => {
                video.extra_data = self.damage(&video.extra_data);
                video.width = self.damage_number(video.width);
                video.height = self.damage_number(video.height);
            }
            CodecConfiguration::Text(_) => {}
        }
    }
}

/// Whether the configuration with that number is given to decoders.
fn is_tried(number: usize) -> bool {
    let mut numbers = Numbers(random_bytes(number as u64, 4096).into_iter());
    let media = Media::whole(FILES[number % FILES.len()]);
    let track = numbers.below(media.readers().len());
    let mut frames = media.frames(track);
    frames.truncate(FRAMES);
    let mut configuration = (*frames[0].configuration).clone();
    numbers.damage_configuration(&mut configuration);
    if check_configuration(&configuration).is_err() {
        return false;
    }
    let caps = caps::of_configuration(&configuration).expect("it was checked");
    let buffers: Vec<_> = frames
        .iter()
        .enumerate()
        .map(|(index, frame)| {
            let payload = match numbers.below(4) {
                0 => numbers.damage(&frame.payload),
                _ => frame.payload.clone(),
            };
            let mut buffer = Buffer::from_slice(payload);
            let fields = buffer.get_mut().expect("it is new");
            fields.set_pts(ClockTime::from_mseconds(20 * index as u64));
            fields.set_duration(ClockTime::from_mseconds(20));
            buffer
        })
        .collect();
    let medium = configuration.medium();
    for decoder in decoders_for(configuration.codec()) {
        decode(medium, decoder, &caps, &buffers);
    }
    true
}

/// Frames whose NAL units claim to be longer than the frame, or as long as can be.
fn try_long_units() {
    for name in ["h264.mp4", "codecs/hvc1.mp4"] {
        let media = Media::whole(name);
        let frames = media.frames(0);
        let configuration = &frames[0].configuration;
        let caps = caps::of_configuration(configuration).expect("it is whole");
        for length in [0, 1 << 16, 1 << 24, u32::MAX >> 1, u32::MAX] {
            let buffers = frames[..FRAMES].iter().map(|frame| {
                let mut payload = frame.payload.to_vec();
                payload[..4].copy_from_slice(&u32::to_be_bytes(length));
                Buffer::from_slice(payload)
            });
            let buffers = Vec::from_iter(buffers);
            for decoder in decoders_for(configuration.codec()) {
                decode(Medium::Video, decoder, &caps, &buffers);
            }
        }
    }
}

/// Until the end, or an error.
fn decode(medium: Medium, decoder: &Decoder, caps: &Caps, buffers: &[Buffer]) {
    let Ok(decoding) = decoding(decoder) else {
        return;
    };
    let source = AppSrc::builder().format(gstreamer::Format::Time).build();
    source.set_caps(Some(caps));
    let last = decoding.last().and_then(|last| last.static_pad("src"));
    let (messages, _refusals) = crossbeam_channel::unbounded();
    let refusals = Refusals {
        generation: Generation(0),
        medium,
        messages,
    };
    output_check::install(&last.expect("it has one output"), refusals);
    let following: &[&str] = match medium {
        Medium::Audio => &["audioconvert", "audioresample", "capsfilter", "scaletempo"],
        _ => &["videoconvert"],
    };
    let mut elements: Vec<Element> = vec![source.clone().upcast()];
    elements.extend(decoding);
    for name in following {
        let following = element(name).expect("it is installed");
        if *name == "capsfilter" {
            let integers = Caps::builder("audio/x-raw").field("format", "S16LE");
            following.set_property("caps", integers.build());
        }
        elements.push(following);
    }
    elements.push(element("fakesink").expect("it is installed"));
    let pipeline = Pipeline::new();
    pipeline.add_many(&elements).expect("they are new");
    Element::link_many(&elements).expect("their capabilities fit");
    let _ = pipeline.set_state(State::Playing);
    for buffer in buffers {
        // It may have failed already.
        let _ = source.push_buffer(buffer.copy());
    }
    let _ = source.end_of_stream();
    let bus = pipeline.bus().expect("a pipeline has one");
    let ends = [MessageType::Eos, MessageType::Error];
    let end = bus.timed_pop_filtered(PATIENCE, &ends);
    assert!(end.is_some(), "{decoder} hangs with {caps}");
    pipeline
        .set_state(State::Null)
        .expect("nothing prevents it");
}

/// Whether a process that tries `batch` ends well, and how many were given to decoders.
fn try_in_own_process(batch: &str) -> Result<usize, String> {
    let program = env::current_exe().expect("the system tells it");
    let output = Command::new(program)
        .args([
            "--exact",
            "configuration_tests::no_configuration_ends_the_process",
        ])
        .arg("--nocapture")
        .env(BATCH_OF, batch)
        .output()
        .expect("it was started before");
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let last = text
            .lines()
            .rfind(|line| line.starts_with("configuration "));
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{:?} {last:?} {errors}", output.status));
    }
    Ok(text
        .lines()
        .filter(|line| line.contains(" is tried"))
        .count())
}

fn range(text: &str) -> Range<usize> {
    let number = |text: &str| text.parse::<usize>().expect("it is a number");
    match text.split_once("..") {
        Some((start, end)) => number(start)..number(end),
        None => 0..number(text),
    }
}

#[test]
fn no_configuration_ends_the_process() {
    gstreamer::init().expect("GStreamer is installed");
    if let Ok(batch) = env::var(BATCH_OF) {
        if batch == LONG_UNITS {
            return try_long_units();
        }
        for number in range(&batch) {
            println!("configuration {number} of {}", FILES[number % FILES.len()]);
            if is_tried(number) {
                println!("configuration {number} is tried");
            }
        }
        return;
    }
    let wanted = range(&env::var("CONFIGURATIONS").unwrap_or_else(|_| "60".to_owned()));
    let batches = wanted.clone().step_by(BATCH);
    let mut failures = Vec::from_iter(try_in_own_process(LONG_UNITS).err());
    let mut tried = 0;
    for start in batches {
        match try_in_own_process(&format!("{start}..{}", wanted.end.min(start + BATCH))) {
            Ok(count) => tried += count,
            Err(failure) => failures.push(failure),
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    println!("{tried} of {} were given to decoders", wanted.len());
    // The check does not keep everything from them.
    assert!(tried > 0 && tried >= wanted.len() / 8);
}
