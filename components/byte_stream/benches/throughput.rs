/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Measures how fast streams of 8 Mbit/s are parsed, compared with only copying them, which
//! `appendBuffer()` has to do in any case. `cargo bench -p sprocket-byte-stream`

#![allow(clippy::disallowed_types, reason = "it measures time")]

mod media;

use std::env;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use byte_stream::format::ByteStreamFormat;
use byte_stream::frame::CodedFrame;
use byte_stream::parser::{Parsed, Parser, Produced};
use bytes::Bytes;
use criterion::{Criterion, SamplingMode, Throughput};

const TURN_BYTES: usize = 1 << 20;
/// The least throughput in proportion to that of the copy, by the length of the chunks.
const CHUNKS: [(&str, usize, f64); 2] = [("1 MiB", 1 << 20, 0.85), ("4 KiB", 4 << 10, 0.25)];
/// A frame of fMP4 and of WebM takes fewer allocations than these. A media segment of fMP4 has 71 frames
/// here, and takes six of its own: the samples of each track fragment are read one by one.
const TOO_MANY_ALLOCATIONS: [f64; 2] = [0.15, 0.1];

/// Makes glibc's allocator give freed memory back at once, so that every copy goes into memory
/// that is fresh from the system, as when a page appends one segment after the other.
const TUNABLES: (&str, &str) = (
    "GLIBC_TUNABLES",
    "glibc.malloc.mmap_threshold=131072:glibc.malloc.trim_threshold=131072",
);

/// Runs the benchmark in a second process, because the allocator reads its settings when a process
/// starts.
fn main() -> ExitCode {
    let (name, value) = TUNABLES;
    if env::var(name).is_ok_and(|set| set == value) {
        run();
        return ExitCode::SUCCESS;
    }
    let program = env::current_exe().expect("the program has a path");
    let status = Command::new(program)
        .args(env::args_os().skip(1))
        .env(name, value)
        .status();
    let is_success = status.expect("the program can be started again").success();
    if is_success {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn run() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    let streams = [
        ("fMP4", ByteStreamFormat::IsoBmff, media::iso_bmff()),
        ("WebM", ByteStreamFormat::WebM, media::webm()),
    ];
    let mut report = Vec::new();
    for ((name, format, stream), too_many) in streams.iter().zip(TOO_MANY_ALLOCATIONS) {
        for (length_name, length, least) in CHUNKS {
            let title = format!("{name} in {length_name}");
            let mut pairs = Pairs::default();
            let mut group = criterion.benchmark_group(&title);
            group.sampling_mode(SamplingMode::Flat);
            group.throughput(Throughput::Bytes(stream.len() as u64));
            group.bench_function("copy", |bencher| {
                bencher.iter_custom(|count| pairs.measure(*format, stream, length, count).copy);
            });
            group.bench_function("copy and parse", |bencher| {
                bencher.iter_custom(|count| pairs.measure(*format, stream, length, count).parse);
            });
            group.finish();
            if let Some(rates) = pairs.rates(stream.len()) {
                report.push(format!("{title}: {rates} (at least {least})"));
            }
        }
        report.push(format!(
            "{name} in 1 MiB: {:.3} allocations a frame (less than {too_many})",
            allocations_per_frame(*format, stream)
        ));
    }
    criterion.final_summary();
    report.iter().for_each(|line| println!("{line}"));
}

/// Times of the copy alone and of the copy with parsing, measured in turn so that what else the
/// machine does hits both.
#[derive(Default)]
struct Pairs(Vec<Pair>);

#[derive(Clone, Copy, Default)]
struct Pair {
    copy: Duration,
    parse: Duration,
}

impl Pairs {
    fn measure(
        &mut self,
        format: ByteStreamFormat,
        stream: &[u8],
        length: usize,
        count: u64,
    ) -> Pair {
        let mut sum = Pair::default();
        for _ in 0..count {
            let pair = Pair {
                copy: time_of(|| copies(stream, length).collect::<Vec<_>>()),
                parse: time_of(|| parse(format, copies(stream, length))),
            };
            self.0.push(pair);
            sum.copy += pair.copy;
            sum.parse += pair.parse;
        }
        sum
    }

    /// Returns the medians as text. It is `None` if nothing was measured.
    fn rates(&self, bytes: usize) -> Option<String> {
        let median = |value: fn(&Pair) -> f64| {
            let mut values: Vec<f64> = self.0.iter().map(value).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied()
        };
        let gigabytes = bytes as f64 / 1e9;
        let copy = gigabytes / median(|pair| pair.copy.as_secs_f64())?;
        let parse = gigabytes / median(|pair| pair.parse.as_secs_f64())?;
        let ratio = median(|pair| pair.copy.as_secs_f64() / pair.parse.as_secs_f64())?;
        Some(format!(
            "copy {copy:.2} GB/s, copy and parse {parse:.2} GB/s, ratio {ratio:.2}"
        ))
    }
}

/// Returns how long `make` takes, without the time to free the memory again.
fn time_of<T>(make: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    let made = make();
    let time = start.elapsed();
    drop(made);
    time
}

fn copies(stream: &[u8], length: usize) -> impl Iterator<Item = Bytes> {
    stream.chunks(length).map(Bytes::copy_from_slice)
}

/// Parses the chunks, and keeps the frames as a track buffer does.
fn parse(format: ByteStreamFormat, chunks: impl Iterator<Item = Bytes>) -> Vec<Vec<CodedFrame>> {
    let mut kept = Vec::new();
    parse_into(&mut kept, format, chunks);
    kept
}

fn parse_into(
    kept: &mut Vec<Vec<CodedFrame>>,
    format: ByteStreamFormat,
    chunks: impl Iterator<Item = Bytes>,
) {
    let mut parser = Parser::new(format);
    for chunk in chunks {
        parser.push(chunk);
        loop {
            match parser.parse(TURN_BYTES).expect("the stream is well-formed") {
                Parsed::NeedMore => break,
                Parsed::Produced(Produced::CodedFrames(frames)) => kept.push(frames),
                Parsed::Yield | Parsed::Produced(_) => {}
            }
        }
    }
}

/// Returns the allocations of the parser alone, without those of the copies and of the list of
/// frames.
fn allocations_per_frame(format: ByteStreamFormat, stream: &[u8]) -> f64 {
    let chunks: Vec<Bytes> = copies(stream, 1 << 20).collect();
    let mut kept = Vec::with_capacity(4 * stream.len() / TURN_BYTES);
    let counted = allocation_counter::measure(|| {
        parse_into(&mut kept, format, chunks.iter().cloned());
    });
    let frame_count: usize = kept.iter().map(Vec::len).sum();
    counted.count_total as f64 / frame_count as f64
}
