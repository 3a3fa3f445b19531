/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Measures what storing coded frames costs, in time and in memory, and whether it grows with what
//! is stored.

#![allow(clippy::disallowed_types, reason = "it measures time")]

use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use byte_stream::frame::CodedFrame;
use byte_stream::picture::{ColorDescription, Orientation, PixelAspectRatio};
use byte_stream::time::{MediaTicks, Timescale};
use byte_stream::track::{
    AudioCodec, AudioConfiguration, CodecConfiguration, InitializationSegment, Track, TrackId,
    TrackKind, VideoCodec, VideoConfiguration,
};
use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use track_buffer::{PresentationTime, TrackBuffers};

const MINUTE: i64 = 60;
const TEN_HOURS: i64 = 600 * MINUTE;
/// How often a minute is appended; the median of its times counts.
const REPETITIONS: usize = 1000;
const PAGE_BYTES: usize = 4096;
const PAYLOAD: &[u8] = &[0; 1000];

/// A stream of one track.
#[derive(Clone, Copy)]
struct Stream {
    name: &'static str,
    ticks_per_second: u32,
    ticks_per_frame: i64,
    /// The number of frames between random access points. It is 0 for audio.
    frames_per_group: i64,
}

/// 30 frames a second, a random access point each 2 seconds.
const VIDEO: Stream = Stream {
    name: "video",
    ticks_per_second: 30,
    ticks_per_frame: 1,
    frames_per_group: 60,
};

/// A stream of audio with the frames of AAC.
const SOUND: Stream = Stream {
    name: "sound",
    ticks_per_second: 48_000,
    ticks_per_frame: 1024,
    frames_per_group: 0,
};

impl Stream {
    fn frames(self, numbers: std::ops::Range<i64>) -> Vec<CodedFrame> {
        numbers
            .map(|number| CodedFrame {
                track: TrackId(1),
                presentation: MediaTicks(number * self.ticks_per_frame),
                decode: MediaTicks(number * self.ticks_per_frame),
                duration: MediaTicks(self.ticks_per_frame),
                duration_is_estimated: false,
                is_random_access_point: self.frames_per_group == 0
                    || number % self.frames_per_group == 0,
                is_discardable: false,
                payload: Bytes::from_static(PAYLOAD),
                details: None,
            })
            .collect()
    }

    fn empty(self) -> TrackBuffers {
        let extra_data = Bytes::new();
        let configuration = if self.frames_per_group == 0 {
            CodecConfiguration::Audio(AudioConfiguration {
                codec: AudioCodec::Aac,
                codec_string: "mp4a.40.2".to_owned(),
                extra_data,
                sample_rate: 48_000,
                channels: 2,
                seek_preroll: 0,
            })
        } else {
            CodecConfiguration::Video(VideoConfiguration {
                codec: VideoCodec::H264,
                codec_string: "avc1.64001F".to_owned(),
                extra_data,
                width: 1280,
                height: 720,
                pixel_aspect_ratio: PixelAspectRatio::default(),
                orientation: Orientation::default(),
                color: ColorDescription::default(),
            })
        };
        let track = Track {
            id: TrackId(1),
            timescale: Timescale::new(self.ticks_per_second).expect("not zero"),
            kind: TrackKind::Main,
            language: String::new(),
            label: String::new(),
            configuration,
            encryption: None,
        };
        let mut buffers = TrackBuffers::new();
        buffers
            .receive_initialization_segment(&InitializationSegment {
                tracks: vec![track],
                ..InitializationSegment::default()
            })
            .expect("a first initialization segment");
        buffers
    }

    fn filled(self, seconds: i64) -> TrackBuffers {
        let mut buffers = self.empty();
        for second in 0..seconds {
            let numbers = self.frames_in_second(second);
            buffers.append(self.frames(numbers));
        }
        buffers
    }

    fn frames_in_second(self, second: i64) -> std::ops::Range<i64> {
        let ticks = second * i64::from(self.ticks_per_second);
        let next = ticks + i64::from(self.ticks_per_second);
        ticks / self.ticks_per_frame..next / self.ticks_per_frame
    }
}

fn seconds(seconds: f64) -> PresentationTime {
    PresentationTime::from_seconds(seconds)
}

fn append_an_hour(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("append an hour in seconds");
    group.sample_size(20);
    for stream in [VIDEO, SOUND] {
        let last = stream.frames_in_second(3600).start;
        group.throughput(Throughput::Elements(last as u64));
        group.bench_function(stream.name, |bencher| {
            bencher.iter_batched(
                || {
                    let batches: Vec<_> = (0..3600)
                        .map(|second| stream.frames(stream.frames_in_second(second)))
                        .collect();
                    (stream.empty(), batches)
                },
                |(mut buffers, batches)| {
                    for batch in batches {
                        buffers.append(batch);
                    }
                    buffers
                },
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

/// A minute that is appended after what is buffered, and goes again.
struct Appending {
    stream: Stream,
    buffers: TrackBuffers,
    buffered: i64,
    times: Vec<Duration>,
}

impl Appending {
    fn after(stream: Stream, buffered: i64) -> Self {
        Self {
            stream,
            buffers: stream.filled(buffered),
            buffered,
            times: Vec::new(),
        }
    }

    fn append_a_minute(&mut self) {
        let mut elapsed = Duration::ZERO;
        for second in self.buffered..self.buffered + MINUTE {
            let batch = self.stream.frames(self.stream.frames_in_second(second));
            let before = Instant::now();
            self.buffers.append(batch);
            elapsed += before.elapsed();
        }
        self.times.push(elapsed);
        let (start, end) = (seconds(self.buffered as f64), PresentationTime::MAX);
        self.buffers.remove(start, end, end);
        self.buffers.reset_parser_state();
    }

    /// Returns the median time of an append of a second.
    fn time(&mut self) -> Duration {
        self.times.sort_unstable();
        self.times[self.times.len() / 2] / MINUTE as u32
    }
}

/// Whether an append costs more when more is buffered. Both are measured in turns, so that whatever
/// else the machine does makes no difference between them.
fn compare_appends(_: &mut Criterion) {
    for stream in [VIDEO, SOUND] {
        let mut few = Appending::after(stream, MINUTE);
        let mut many = Appending::after(stream, TEN_HOURS);
        for _ in 0..REPETITIONS {
            few.append_a_minute();
            many.append_a_minute();
        }
        let (few, many) = (few.time(), many.time());
        println!(
            "append a second of {}: {few:?} after a minute, {many:?} after ten hours, {:.2} times",
            stream.name,
            many.as_secs_f64() / few.as_secs_f64()
        );
    }
}

fn remove_half_a_second(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("remove half a second in ten hours");
    for stream in [VIDEO, SOUND] {
        let mut buffers = stream.filled(TEN_HOURS);
        let mut start = 0.5;
        group.bench_function(stream.name, |bencher| {
            bencher.iter(|| {
                buffers.remove(seconds(start), seconds(start + 0.5), PresentationTime::MAX);
                start += 4.0;
                if start > TEN_HOURS as f64 {
                    start = 1.0;
                }
            });
        });
    }
    group.finish();
}

fn read_buffered(criterion: &mut Criterion) {
    let mut buffers = VIDEO.filled(4001);
    for number in 0..1000 {
        let start = seconds(4.0 * f64::from(number));
        let end = start.offset_by(track_buffer::TimeDelta::from_milliseconds(1));
        buffers.remove(start, end, PresentationTime::MAX);
    }
    assert_eq!(buffers.buffered(false).len(), 1000);
    criterion.bench_function("read buffered of 1000 ranges", |bencher| {
        bencher.iter(|| black_box(buffers.buffered(false)));
    });
}

fn resident_bytes() -> usize {
    let pages = fs::read_to_string("/proc/self/statm").expect("Linux tells");
    let resident = pages.split_whitespace().nth(1).expect("the second number");
    resident.parse::<usize>().expect("a number") * PAGE_BYTES
}

/// Measures what ten hours of frames take beyond the media bytes, of which there are none here.
fn measure_memory(_: &mut Criterion) {
    // None is dropped before all are measured, as its memory would be taken again.
    let mut kept = Vec::new();
    for stream in [VIDEO, SOUND] {
        let before = resident_bytes();
        kept.push(stream.filled(TEN_HOURS));
        let bytes = resident_bytes().saturating_sub(before);
        let frames = stream.frames_in_second(TEN_HOURS).start;
        println!(
            "memory of {}: {:.1} bytes a frame beyond its payload ({frames} frames)",
            stream.name,
            bytes as f64 / frames as f64
        );
    }
}

criterion_group!(
    benches,
    measure_memory,
    append_an_hour,
    compare_appends,
    remove_half_a_second,
    read_buffered
);
criterion_main!(benches);
