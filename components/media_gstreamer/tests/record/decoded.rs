/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What a recorded file is decoded to, by the elements that GStreamer chooses.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gstreamer::prelude::*;
use gstreamer::query::Seeking;
use gstreamer::{ClockTime, Format, Pipeline, Sample, State};
use gstreamer_app::AppSink;
use gstreamer_audio::AudioInfo;
use gstreamer_video::VideoInfo;

use super::studio as recorded;

/// A file that is there as long as this is.
pub(super) struct TemporaryFile(pub(super) PathBuf);

/// The pictures and the sound of a file.
pub(super) struct Decoded {
    pub(super) pictures: Vec<DecodedPicture>,
    /// Pieces of sound, the start of each in seconds and the samples of its first channel.
    pub(super) sound: Vec<(f64, Vec<f64>)>,
    pub(super) sample_rate: f64,
    /// What the file says of its duration, in seconds.
    pub(super) duration: f64,
    /// Whether the file can be sought in.
    pub(super) is_seekable: bool,
}

/// A picture of a fake camera.
pub(super) struct DecodedPicture {
    /// When it is shown, in seconds.
    pub(super) time: f64,
    pub(super) size: (u32, u32),
    /// The number that is painted in it.
    pub(super) number: u64,
    /// The mean of its grey values.
    pub(super) brightness: f64,
}

impl TemporaryFile {
    pub(super) fn new(bytes: &[u8]) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("sprocket-recording-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, bytes).expect("there is room");
        Self(path)
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

impl Decoded {
    pub(super) fn new(format: recorded::Format, bytes: &[u8]) -> Self {
        let file = TemporaryFile::new(bytes);
        let path = file.0.display();
        let branch = |kind: &str, format: &str| {
            format!(
                "decoder. ! {kind}/x-raw ! {kind}convert ! {kind}/x-raw,format={format} \
                 ! appsink name={kind} sync=false async=false "
            )
        };
        let mut description = format!("filesrc location={path} ! decodebin name=decoder ");
        if format.video.is_some() {
            description += &branch("video", "GRAY8");
        }
        if format.audio.is_some() {
            description += &branch("audio", "F64LE");
        }
        let pipeline = gstreamer::parse::launch(&description).expect("all is installed");
        let pipeline = pipeline.downcast::<Pipeline>().expect("it is one");
        let sink = |name| -> Option<AppSink> { pipeline.by_name(name)?.downcast().ok() };
        let (pictures, sound) = (sink("video"), sink("audio"));
        let started = pipeline.set_state(State::Playing);
        started.expect("it can be decoded");
        let all = |sink: AppSink| std::thread::spawn(move || all(&sink));
        let (pictures, sound) = (pictures.map(all), sound.map(all));
        let [pictures, sound] = [pictures, sound].map(|thread| {
            let samples = thread.map(|thread| thread.join().expect("it does not panic"));
            samples.unwrap_or_default()
        });
        let duration = seconds(pipeline.query_duration::<ClockTime>());
        let mut seeking = Seeking::new(Format::Time);
        let is_seekable = pipeline.query(&mut seeking) && seeking.result().0;
        let stopped = pipeline.set_state(State::Null);
        stopped.expect("it can always be stopped");
        let info = sound.first().map(audio_info);
        Self {
            pictures: pictures.iter().map(DecodedPicture::new).collect(),
            sample_rate: info.map_or(48_000., |info| info.rate().into()),
            sound: sound.iter().map(piece).collect(),
            duration,
            is_seekable,
        }
    }

    /// Returns the time at which the sound ends.
    pub(super) fn sound_end(&self) -> f64 {
        let last = self.sound.last().expect("there is sound");
        last.0 + last.1.len() as f64 / self.sample_rate
    }

    /// Returns when beeps begin, in seconds.
    pub(super) fn beeps(&self) -> Vec<f64> {
        const STEP: usize = 96;
        let mut beeps: Vec<f64> = Vec::new();
        let mut silent_since = f64::NEG_INFINITY;
        for (start, samples) in &self.sound {
            for (number, step) in samples.chunks(STEP).enumerate() {
                let time = start + (number * STEP) as f64 / self.sample_rate;
                let is_loud = step.iter().any(|sample| sample.abs() > 0.3);
                if is_loud && time - silent_since > 0.5 {
                    beeps.push(time);
                }
                if is_loud {
                    silent_since = time;
                }
            }
        }
        beeps
    }
}

impl DecodedPicture {
    fn new(sample: &Sample) -> Self {
        let info = VideoInfo::from_caps(sample.caps().expect("it has some")).expect("it is video");
        let (width, height) = (info.width(), info.height());
        let buffer = sample.buffer().expect("it has one");
        let luma = buffer.map_readable().expect("it is plain memory");
        let stride = info.stride()[0] as u32;
        let grey = |x: u32, y: u32| luma[(y * stride + x) as usize];
        let is_white = |bit: u32| grey((28 + 24 * bit) * width / 320, 20 * height / 180) > 127;
        let rows = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let sum: f64 = rows.map(|(x, y)| f64::from(grey(x, y))).sum();
        Self {
            time: seconds(buffer.pts()),
            size: (width, height),
            number: (0..12).fold(0, |number, bit| number * 2 + u64::from(is_white(bit))),
            brightness: sum / f64::from(width * height),
        }
    }
}

fn all(sink: &AppSink) -> Vec<Sample> {
    let limit = ClockTime::try_from(Duration::from_secs(20)).expect("it is short");
    let pull = || sink.try_pull_sample(limit);
    std::iter::from_fn(pull).collect()
}

fn seconds(time: Option<ClockTime>) -> f64 {
    time.expect("decoders tell it").nseconds() as f64 * 1e-9
}

fn audio_info(sample: &Sample) -> AudioInfo {
    AudioInfo::from_caps(sample.caps().expect("it has some")).expect("it is sound")
}

fn piece(sample: &Sample) -> (f64, Vec<f64>) {
    let channels = audio_info(sample).channels() as usize;
    let buffer = sample.buffer().expect("it has one");
    let bytes = buffer.map_readable().expect("it is plain memory");
    let samples = bytes.chunks_exact(8 * channels);
    let first = |sample: &[u8]| {
        let channel = sample.first_chunk().expect("there are so many");
        f64::from_le_bytes(*channel)
    };
    (seconds(buffer.pts()), samples.map(first).collect())
}
