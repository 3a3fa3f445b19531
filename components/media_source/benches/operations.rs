/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Does what pages and players ask for again and again, with little and with much buffered: none of it
//! may cost much more when there is more. `./mach bench --counts` counts the instructions of each
//! operation, and `cargo bench -p sprocket-media-source --bench operations` measures its time.

#![allow(clippy::disallowed_types, reason = "it measures time")]

#[path = "../../byte_stream/benches/media.rs"]
mod media;

use std::hint::black_box;
use std::time::{Duration, Instant};

use media_source::{Effect, Job, MediaSource, Page, Quota, Read, SourceBufferId, TrackReader};
use test_support::media::{H264, H264_AAC, Media, VP8_VORBIS};
use test_support::mp4::{self, Sample};
use test_support::webm::{IS_KEY, SIMPLE_BLOCK, block_of, cluster, element};
use track_buffer::time::{PresentationTime, TimeDelta};

/// How often each operation is done.
const REPETITIONS: u32 = 50;
const RANGES: [u32; 3] = [10, 1000, 100_000];
const LENGTHS: [(&str, u64); 3] = [("10 s", 10), ("1 h", 3600), ("24 h", 24 * 3600)];

fn main() {
    append_streams();
    play();
    for ranges in RANGES {
        change_ranges(ranges);
    }
    for (name, seconds) in LENGTHS {
        change_one_range(name, seconds);
    }
}

/// Measures one step of what is done again and again.
struct Meter {
    step: &'static str,
    times: Vec<Duration>,
}

impl Meter {
    /// Does all steps so many times for each that is measured, as one measurement must not contain
    /// another.
    fn measure<const STEPS: usize>(
        steps: [&'static str; STEPS],
        details: &str,
        repetitions: u32,
        mut run: impl FnMut(&mut Self, u32),
    ) {
        for step in steps {
            let times = Vec::new();
            let mut meter = Self { step, times };
            (0..repetitions).for_each(|number| run(&mut meter, number));
            meter.times.sort_unstable();
            let median = meter.times[meter.times.len() / 2].as_nanos();
            report_measured(&format!(
                "{step}{details}: {median} ns, {repetitions} times"
            ));
        }
    }

    fn step<T>(&mut self, name: &str, step: impl FnOnce() -> T) -> T {
        if name != self.step {
            return step();
        }
        let (mut step, mut result) = (Some(step), None);
        let start = Instant::now();
        run_measured(&mut || result = step.take().map(|step| step()));
        self.times.push(start.elapsed());
        result.expect("it was done")
    }
}

/// The instructions that run until it returns are counted.
#[inline(never)]
fn run_measured(step: &mut dyn FnMut()) {
    step();
    black_box(());
}

/// The instructions that were counted since it returned last are those of the line.
#[inline(never)]
fn report_measured(line: &str) {
    println!("{line}");
}

/// A page with one SourceBuffer.
struct Host {
    source: MediaSource,
    id: SourceBufferId,
}

impl Host {
    fn new(mime_type: &str, initialization: &[u8]) -> Self {
        let mut source = MediaSource::new(&Page::without_player(|_| true));
        source.set_quota(Quota::of_each_source_buffer(1 << 30));
        assert!(source.attach());
        let id = source.add_source_buffer(mime_type);
        let id = id.expect("it is supported");
        let mut host = Self { source, id };
        host.append(initialization);
        host
    }

    /// Appends, with what the media element makes of it.
    fn append(&mut self, data: &[u8]) {
        let mut buffer = self.source.source_buffer(self.id).expect("it is there");
        buffer.append_buffer(data).expect("there is room");
        self.run_jobs();
        let view = self.source.element_view();
        black_box(view.ready_state(PresentationTime::ZERO));
    }

    fn append_all(&mut self, data: &[u8], piece_bytes: usize) {
        data.chunks(piece_bytes)
            .for_each(|piece| self.append(piece));
    }

    fn remove(&mut self, start: f64, end: f64) {
        let mut buffer = self.source.source_buffer(self.id).expect("it is there");
        buffer.remove(start, end).expect("it is idle");
        self.run_jobs();
        let view = self.source.element_view();
        black_box(view.ready_state(PresentationTime::ZERO));
    }

    fn run_jobs(&mut self) {
        while let Some(effect) = self.source.poll_effect() {
            if let Effect::RunJob(job) = effect {
                self.source.handle_job_outcome(Job::run(job));
            }
        }
    }

    /// Reads `buffered`, and looks up a range, as a page does.
    fn has_buffered(&self, seconds: f64) -> bool {
        let ranges = self.source.buffered(self.id).expect("it is there");
        black_box(ranges.len()) > 0 && ranges.contains(PresentationTime::from_seconds(seconds))
    }

    fn readers(&self) -> Vec<TrackReader> {
        self.source.element_view().track_readers()
    }
}

/// Reads until a frame is presented at `end` or later. Returns the number of frames.
fn read_until(reader: &mut TrackReader, end: PresentationTime) -> usize {
    let mut frames = 0;
    while let Read::Frame(frame) = reader.read() {
        frames += 1;
        if black_box(frame).start >= end {
            break;
        }
    }
    frames
}

/// Appends half a minute of 8 Mbit/s, audio and video, in pieces.
fn append_streams() {
    let streams = [
        ("fMP4", H264_AAC, "h264-aac.mp4", media::iso_bmff()),
        ("WebM", VP8_VORBIS, "vp8-vorbis.webm", media::webm()),
    ];
    for (name, mime_type, file, stream) in &streams {
        for (piece, bytes) in [("1 MiB", 1 << 20), ("4 KiB", 4 << 10)] {
            let details = format!(" of {name} in {piece}");
            Meter::measure(["append 32 s"], &details, 5, |meter, _| {
                let mut host = Host::new(mime_type, &Media::load(file).initialization);
                meter.step("append 32 s", || host.append_all(stream, bytes));
            });
        }
    }
}

/// Reads what was appended, from the start and after seeks, as a player does.
fn play() {
    let mut host = Host::new(H264_AAC, &Media::load("h264-aac.mp4").initialization);
    host.append_all(&media::iso_bmff(), 1 << 20);
    let mut readers = host.readers();
    let mut read_on = |target, end| {
        let read = |reader: &mut TrackReader| {
            if let Some(target) = target {
                reader.seek(target);
            }
            read_until(reader, end)
        };
        readers.iter_mut().map(read).sum::<usize>()
    };
    let seconds = |number| PresentationTime::from_seconds(number);
    let names = ["read a second", "seek and read on to the target"];
    Meter::measure(names, " of audio and video", 28, |meter, number| {
        let target = seconds(f64::from(number * 7 % 28) + 1.8);
        let frames = meter.step(names[1], || read_on(Some(target), target));
        assert!(frames > 20, "{frames}");
        let end = target.offset_by(TimeDelta::from_milliseconds(1000));
        let frames = meter.step(names[0], || read_on(None, end));
        assert!(frames > 60, "{frames}");
    });
}

/// A picture and a sound, which join nothing else.
fn range_at(milliseconds: u32) -> Vec<u8> {
    let block = |track| element(SIMPLE_BLOCK, &block_of(track, 0, IS_KEY, &[7; 100]));
    cluster(milliseconds, &[1, 2].map(block).concat())
}

/// Puts ranges between others and takes them away again, which no other operation may notice.
fn change_ranges(count: u32) {
    const DISTANCE: u32 = 5000;
    let mut host = Host::new(VP8_VORBIS, &Media::load("vp8-vorbis.webm").initialization);
    let all: Vec<u8> = (0..count)
        .flat_map(|number| range_at(number * DISTANCE))
        .collect();
    host.append_all(&all, 1 << 20);
    let names = [
        "append a range",
        "remove a range",
        "read buffered",
        "seek to a range",
    ];
    let reader = &mut host.readers()[0];
    Meter::measure(
        names,
        &format!(", of {count}"),
        REPETITIONS,
        |meter, number| {
            let place = number * 7919 % count * DISTANCE;
            let new = place + DISTANCE / 2;
            let data = range_at(new);
            meter.step("append a range", || host.append(&data));
            let start = f64::from(new) / 1000.;
            let has_buffered = meter.step("read buffered", || host.has_buffered(start));
            assert!(has_buffered);
            let target = PresentationTime::from_seconds(f64::from(place) / 1000.);
            let read = meter.step("seek to a range", || {
                reader.seek(target);
                reader.read()
            });
            assert!(matches!(read, Read::Frame(frame) if frame.start == target));
            meter.step("remove a range", || host.remove(start, start + 1.));
            assert!(!host.has_buffered(start));
        },
    );
}

/// Returns pictures of that many seconds from a time on, with a random access point every other second.
fn pictures(start: u64, seconds: u64) -> Vec<u8> {
    const PICTURES_A_SECOND: u64 = 8;
    const TICKS: u32 = 1536;
    /// The file of the initialization segment presents all of its frames that much earlier.
    const EDIT: u64 = 1024;
    let samples: Vec<_> = (0..seconds * PICTURES_A_SECOND)
        .map(|number| Sample {
            duration: TICKS,
            size: 32,
            is_key: number % (2 * PICTURES_A_SECOND) == 0,
        })
        .collect();
    let decode = start * PICTURES_A_SECOND * u64::from(TICKS);
    mp4::segment(EDIT + decode, &samples)
}

/// Changes and reads one range of that length.
fn change_one_range(name: &str, seconds: u64) {
    const APPENDED: u64 = 10;
    let mut host = Host::new(H264, &Media::load("h264.mp4").initialization);
    for start in (0..seconds).step_by(APPENDED as usize) {
        host.append(&pictures(start, APPENDED));
    }
    let reader = &mut host.readers()[0];
    let next = pictures(seconds, 2);
    let names = [
        "append 2 s at the end",
        "remove 2 s",
        "append 2 s in the middle",
        "read buffered",
        "seek and read 1.5 s",
    ];
    Meter::measure(
        names,
        &format!(", of {name}"),
        REPETITIONS,
        |meter, number| {
            meter.step("append 2 s at the end", || host.append(&next));
            host.remove(seconds as f64, f64::INFINITY);
            let place = u64::from(number) * 7919 % (seconds / 2) * 2;
            let data = pictures(place, 2);
            let place = place as f64;
            meter.step("remove 2 s", || host.remove(place, place + 2.));
            let has_buffered = meter.step("read buffered", || host.has_buffered(place));
            assert!(!has_buffered);
            meter.step("append 2 s in the middle", || host.append(&data));
            let target = PresentationTime::from_seconds(place);
            let frames = meter.step("seek and read 1.5 s", || {
                reader.seek(target);
                let end = target.offset_by(TimeDelta::from_milliseconds(1500));
                read_until(reader, end)
            });
            assert_eq!(frames, 13);
        },
    );
}
