/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Whether a byte costs more when there are more of them, in inputs that are made to be dear.
//! `cargo bench -p sprocket-media-source`

#![allow(clippy::disallowed_types, reason = "it measures time")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use media_source::{Effect, Job, MediaSource, Page, Quota, SourceBufferId};
use test_support::media::{H264, Media, VP8, VP8_VORBIS};
use test_support::mp4::{self, Sample};
use test_support::transport::{self, FIRST, Writer, adts};
use test_support::webm::{
    BLOCK, BLOCK_DURATION, BLOCK_GROUP, IS_KEY, REFERENCE_BLOCK, SIMPLE_BLOCK, block, block_of,
    cluster, element,
};
use track_buffer::time::PresentationTime;

/// How large each input is, in its own unit.
const SIZES: [u32; 3] = [100, 1000, 10_000];
/// How much of each is measured together.
const MEASURED: u32 = 30_000;

const TRANSPORT: &str = "video/mp2t; codecs=\"mp4a.40.2\"";
const TINY: Sample = Sample {
    duration: 512,
    size: 1,
    is_key: true,
};

/// What is appended in a row.
struct Input {
    mime_type: &'static str,
    /// What comes before, and is not measured.
    before: Vec<u8>,
    appends: Vec<Vec<u8>>,
    /// How many SourceBuffers it is appended to, one after the other.
    source_buffers: usize,
}

/// What is measured of it.
#[derive(Clone, Copy, PartialEq)]
enum Measured {
    Appending,
    Removing,
}

struct Host {
    source: MediaSource,
    ids: Vec<SourceBufferId>,
}

impl Host {
    fn new(mime_type: &str, source_buffers: usize) -> Self {
        let mut source = MediaSource::new(&Page::without_player(|_| true));
        source.set_quota(Quota::of_each_source_buffer(1 << 30));
        assert!(source.attach());
        let ids = (0..source_buffers).map(|_| source.add_source_buffer(mime_type));
        let ids = ids.collect::<Result<_, _>>().expect("it is supported");
        Self { source, ids }
    }

    /// With what the media element makes of it.
    fn append(&mut self, data: &[u8]) {
        for index in 0..self.ids.len() {
            let id = self.ids[index];
            let mut buffer = self.source.source_buffer(id).expect("it is there");
            buffer.append_buffer(data).expect("there is room");
            self.run_jobs();
            black_box(
                self.source
                    .element_view()
                    .ready_state(PresentationTime::ZERO),
            );
        }
    }

    fn remove_all(&mut self) {
        for id in &self.ids {
            let mut buffer = self.source.source_buffer(*id).expect("it is there");
            buffer.remove(0.0, f64::INFINITY).expect("it is idle");
        }
        self.run_jobs();
    }

    fn run_jobs(&mut self) {
        while let Some(effect) = self.source.poll_effect() {
            if let Effect::RunJob(job) = effect {
                self.source.handle_job_outcome(Job::run(job));
            }
        }
    }
}

impl Input {
    fn new(mime_type: &'static str, before: &[u8], appends: Vec<Vec<u8>>) -> Self {
        Self {
            mime_type,
            before: before.to_vec(),
            appends,
            source_buffers: 1,
        }
    }

    fn mp4(appends: Vec<Vec<u8>>) -> Self {
        Self::new(H264, &Media::load("h264.mp4").initialization, appends)
    }

    fn webm(appends: Vec<Vec<u8>>) -> Self {
        Self::new(VP8, &Media::load("vp8.webm").initialization, appends)
    }

    fn transport(appends: Vec<Vec<u8>>) -> Self {
        let mut writer = Writer::default();
        writer.tables(transport::AAC, 1);
        writer.pes(FIRST, false, 0, &adts(1));
        Self::new(TRANSPORT, &writer.take(), appends)
    }

    /// All in one append.
    fn joined(mut self) -> Self {
        self.appends = vec![self.appends.concat()];
        self
    }

    /// Appends the input to a second SourceBuffer as well.
    fn doubled(mut self) -> Self {
        self.source_buffers = 2;
        self
    }

    fn time(&self, measured: Measured) -> Duration {
        let mut host = Host::new(self.mime_type, self.source_buffers);
        host.append(&self.before);
        let start = Instant::now();
        self.appends.iter().for_each(|data| host.append(data));
        let appending = start.elapsed();
        let start = Instant::now();
        host.remove_all();
        match measured {
            Measured::Appending => appending,
            Measured::Removing => start.elapsed(),
        }
    }

    fn bytes(&self) -> usize {
        self.source_buffers * self.appends.iter().map(Vec::len).sum::<usize>()
    }
}

fn samples_without_bytes(size: u32) -> Input {
    let fragments = (0..size).map(|number| mp4::samples_without_bytes(number.into(), 1 << 18));
    Input::mp4(fragments.collect())
}

/// Key frames of one byte, with so many milliseconds from each to the next.
fn mp4_frames(size: u32, distance: u32) -> Input {
    let frames = (0..u64::from(size)).map(|number| {
        // (There are 12 288 ticks in a second.)
        mp4::segment(number * u64::from(distance) * 12, &[TINY])
    });
    Input::mp4(frames.collect())
}

fn webm_frames(size: u32, distance: u32) -> Input {
    let frames = (0..size).map(|number| webm_frame(number * distance));
    Input::webm(frames.collect())
}

fn webm_frame(time: u32) -> Vec<u8> {
    cluster(time, &element(SIMPLE_BLOCK, &block(0, IS_KEY, &[7])))
}

/// A picture and a sound at a time.
fn webm_pairs(size: u32, distance: u32) -> Input {
    let pairs = (0..size).map(|number| {
        let blocks = [1, 2].map(|track| element(SIMPLE_BLOCK, &block_of(track, 0, IS_KEY, &[7])));
        cluster(number * distance, &blocks.concat())
    });
    let initialization = &Media::load("vp8-vorbis.webm").initialization;
    Input::new(VP8_VORBIS, initialization, pairs.collect())
}

fn transport_frames(size: u32, distance: u32) -> Input {
    let mut writer = Writer::default();
    let frames = (0..size).map(|number| {
        writer.pes(FIRST, false, number * distance * 90, &adts(1));
        writer.take()
    });
    Input::transport(frames.collect())
}

/// A group of pictures that are all shown from the same time on, and key frames that cut it from ever
/// earlier.
fn trimming(size: u32) -> Input {
    let group = (0..size).flat_map(|number| {
        let duration = element(BLOCK_DURATION, &1_000_000_u32.to_be_bytes());
        let block = element(BLOCK, &block(0, 0, &[7]));
        let reference = if number == 0 {
            Vec::new()
        } else {
            element(REFERENCE_BLOCK, &[0xff])
        };
        element(BLOCK_GROUP, &[block, duration, reference].concat())
    });
    let group = cluster(0, &group.collect::<Vec<_>>());
    let keys = (0..size).map(|number| webm_frame(999_999 - number));
    Input::webm([group].into_iter().chain(keys).collect())
}

fn compare(name: &str, measured: Measured, make: impl Fn(u32) -> Input) {
    let costs = SIZES.map(|size| {
        let input = make(size);
        let mut times: Vec<_> = (0..(MEASURED / size).min(50))
            .map(|_| input.time(measured))
            .collect();
        times.sort_unstable();
        times[times.len() / 2].as_nanos() as f64 / input.bytes() as f64
    });
    let [few, more, many] = costs;
    println!(
        "{name}: {few:.1} ns a byte; {:.2} times as much of ten times as many, {:.2} of a hundred",
        more / few,
        many / few
    );
}

fn compare_sizes(_: &mut Criterion) {
    use Measured::{Appending, Removing};
    /// Each follows the one before.
    const NEAR: u32 = 40;
    /// Each is a range of its own.
    const FAR: u32 = 5000;
    compare("samples without bytes", Appending, |size| {
        samples_without_bytes(size).joined()
    });
    compare("trimming a group", Appending, |size| {
        trimming(size).joined()
    });
    /// Makes an input of so many frames, with so many milliseconds from each to the next.
    type Frames = fn(u32, u32) -> Input;
    let containers: [(&str, Frames); 3] = [
        ("MP4", mp4_frames),
        ("WebM", webm_frames),
        ("MPEG-2 TS", transport_frames),
    ];
    for (name, frames) in containers {
        let of = |what: &str| format!("{what} of {name}");
        let joined = |distance| move |size| frames(size, distance).joined();
        compare(&of("tiny frames"), Appending, joined(NEAR));
        compare(&of("ranges"), Appending, joined(FAR));
        compare(&of("a range each append"), Appending, |size| {
            frames(size, FAR)
        });
        compare(&of("removal of many groups"), Removing, joined(NEAR));
        compare(&of("removal of many ranges"), Removing, joined(FAR));
    }
    compare("a range each append of two tracks", Appending, |size| {
        webm_pairs(size, FAR)
    });
    compare(
        "a range each append to two SourceBuffers",
        Appending,
        |size| webm_frames(size, FAR).doubled(),
    );
}

criterion_group!(benches, compare_sizes);
criterion_main!(benches);
