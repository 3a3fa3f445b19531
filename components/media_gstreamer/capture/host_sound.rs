/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Sources whose sound the host makes, such as that of Web Audio. It goes the way of a microphone's.

use std::sync::Arc;

use gstreamer::{Buffer, Caps, ClockTime, Sample};
use gstreamer_audio::{AudioFormat, AudioInfo};
use media_stream::{CaptureSource, Feed, Settings, SoundSink};
use parking_lot::Mutex;

use super::clock;
use super::hub::Hub;

/// How many pieces of sound a second has, as that of a microphone.
const PIECE_RATE: u32 = 100;
/// How much later or earlier than it follows from the sound before sound may come. The host makes it in
/// bursts, and makes none while it is suspended.
const TOLERANCE: ClockTime = ClockTime::from_mseconds(100);

/// The sound of a source, on its way to the feeds.
struct Sound {
    hub: Hub,
    sample_rate: u32,
    pieces: Mutex<Pieces>,
}

/// What has come of the next piece.
#[derive(Default)]
struct Pieces {
    channel_count: usize,
    /// The capabilities of sound with so many channels; `None` without GStreamer.
    caps: Option<Caps>,
    samples: Vec<i16>,
    /// When it begins, if it follows the one before.
    start: Option<ClockTime>,
}

struct SoundSource(Arc<Sound>);

/// Returns a source of that sample rate, and what takes its sound.
pub(crate) fn create(sample_rate: u32) -> (Box<dyn CaptureSource>, Arc<dyn SoundSink>) {
    let sound = Arc::new(Sound {
        hub: Hub::default(),
        sample_rate: sample_rate.max(PIECE_RATE),
        pieces: Mutex::default(),
    });
    (Box::new(SoundSource(sound.clone())), sound)
}

impl CaptureSource for SoundSource {
    fn create_feed(&self, settings: &Settings) -> Arc<dyn Feed> {
        self.0.hub.create_feed_of_host(settings)
    }
}

impl SoundSink for Sound {
    fn play(&self, frames: &[f32], channel_count: usize) {
        if channel_count == 0 {
            return;
        }
        let piece = self
            .pieces
            .lock()
            .add(frames, channel_count, self.sample_rate);
        if let Some(piece) = piece {
            self.hub.handle(&piece);
        }
    }
}

impl Pieces {
    /// Adds sound. Returns the piece, if it is whole.
    fn add(&mut self, frames: &[f32], channel_count: usize, sample_rate: u32) -> Option<Sample> {
        let kept = channel_count.min(2);
        if kept != self.channel_count {
            self.channel_count = kept;
            self.caps = caps(sample_rate, kept as u32);
            self.samples.clear();
        }
        let kept_samples = frames
            .chunks_exact(channel_count)
            .flat_map(|frame| &frame[..kept]);
        self.samples
            .extend(kept_samples.map(|value| to_integer(*value)));
        let count = self.samples.len() / kept;
        if count < (sample_rate / PIECE_RATE) as usize {
            return None;
        }
        let samples = std::mem::take(&mut self.samples);
        let caps = self.caps.as_ref()?;
        let duration = ClockTime::from_seconds_f64(count as f64 / f64::from(sample_rate));
        let now = clock::now();
        let is_near = |start: &ClockTime| start.absdiff(now) <= TOLERANCE;
        let start = self.start.filter(is_near).unwrap_or(now);
        self.start = Some(start + duration);
        let bytes: Vec<u8> = samples.into_iter().flat_map(i16::to_le_bytes).collect();
        let mut buffer = Buffer::from_mut_slice(bytes);
        let fields = buffer.get_mut()?;
        fields.set_pts(start);
        fields.set_duration(duration);
        Some(Sample::builder().buffer(&buffer).caps(caps).build())
    }
}

fn to_integer(value: f32) -> i16 {
    (value * 32_767.).round() as i16
}

fn caps(sample_rate: u32, channel_count: u32) -> Option<Caps> {
    gstreamer::init().ok()?;
    let info = AudioInfo::builder(AudioFormat::S16le, sample_rate, channel_count);
    info.build().ok()?.to_caps().ok()
}
