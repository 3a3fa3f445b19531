/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Appends and removes ten gigabytes, as pages do in hours, and looks at the memory of the process, which
//! must not grow. Prints besides what the process keeps when all is removed: that is up to the allocator.
//! `cargo bench -p sprocket-media-source --bench soak`

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "jobs come back from their thread, as to the task queue of a page"
)]

#[path = "../../byte_stream/benches/media.rs"]
mod media;

use std::env;
use std::fs;
use std::process::{Command, ExitCode};
use std::sync::mpsc::{Receiver, Sender, channel};

use media_source::{
    Effect, JobExecutor, JobOutcome, MediaSource, Page, Quota, Read, SourceBufferId,
};
use test_support::media::{H264_AAC, VP8_VORBIS};

const PAGE_BYTES: usize = 4096;
/// The length of the streams, which are of 8 Mbit/s.
const STREAM_SECONDS: f64 = 32.;
/// What is kept behind the newest.
const WINDOW_SECONDS: f64 = 64.;
/// By how much the memory of the process may grow, in bytes.
const NOISE: usize = 8 << 20;

/// What a page removes after each stream that it has appended. The times are those of the stream.
#[derive(Clone, Copy)]
enum Removal {
    /// What is older than a window.
    Old,
    /// All.
    All,
    /// All but a moment of each stream, until those are old.
    MostOfEach,
}

struct Host {
    source: MediaSource,
    id: SourceBufferId,
    executor: JobExecutor,
    outcomes: (Sender<JobOutcome>, Receiver<JobOutcome>),
}

impl Host {
    fn new(mime_type: &str) -> Self {
        let mut source = MediaSource::new(&Page::without_player(|_| true));
        source.set_quota(Quota::default());
        assert!(source.attach());
        let id = source.add_source_buffer(mime_type);
        Self {
            source,
            id: id.expect("it is supported"),
            executor: JobExecutor::new(),
            outcomes: channel(),
        }
    }

    /// Waits for what a call has begun.
    fn finish(&mut self) {
        while self.source.is_updating(self.id) {
            while let Some(effect) = self.source.poll_effect() {
                match effect {
                    Effect::RunJob(job) => {
                        let outcomes = self.outcomes.0.clone();
                        let tell = move |outcome| _ = outcomes.send(outcome);
                        self.executor.execute(job, tell);
                    }
                    Effect::Discard(discarded) => self.executor.discard(discarded),
                    _ => {}
                }
            }
            let outcome = self.outcomes.1.recv().expect("it is told");
            self.source.handle_job_outcome(outcome);
        }
        while self.source.poll_effect().is_some() {}
    }

    fn append(&mut self, stream: &[u8], offset: f64, piece_bytes: usize) {
        let mut buffer = self.source.source_buffer(self.id).expect("it is there");
        buffer.set_timestamp_offset(offset).expect("it is idle");
        for piece in stream.chunks(piece_bytes) {
            let mut buffer = self.source.source_buffer(self.id).expect("it is there");
            buffer.append_buffer(piece).expect("there is room");
            self.finish();
        }
        // A player reads some of it.
        for mut reader in self.source.element_view().track_readers() {
            reader.seek(track_buffer::PresentationTime::from_seconds(offset + 2.));
            assert!(matches!(reader.read(), Read::Frame(_)));
        }
    }

    fn remove(&mut self, start: f64, end: f64) {
        if start < end {
            let mut buffer = self.source.source_buffer(self.id).expect("it is there");
            buffer.remove(start, end).expect("it is idle");
            self.finish();
        }
    }

    fn remove_after(&mut self, offset: f64, removal: Removal) {
        let end = offset + STREAM_SECONDS;
        self.remove(0., (end - WINDOW_SECONDS).max(0.));
        match removal {
            Removal::Old => {}
            Removal::All => self.remove(0., f64::INFINITY),
            Removal::MostOfEach => self.remove(offset + 3., end),
        }
    }
}

fn resident_bytes() -> usize {
    let pages = fs::read_to_string("/proc/self/statm").expect("Linux tells");
    let resident = pages.split_whitespace().nth(1).expect("the second number");
    resident.parse::<usize>().expect("a number") * PAGE_BYTES
}

/// What a page does, and with how many bytes.
struct Pattern {
    name: &'static str,
    is_webm: bool,
    piece_bytes: usize,
    bytes: usize,
    removal: Removal,
}

const GIGABYTE: usize = 1_000_000_000;

const PATTERNS: [Pattern; 6] = [
    Pattern {
        name: "a window of fMP4 in 1 MiB",
        is_webm: false,
        piece_bytes: 1 << 20,
        bytes: 3 * GIGABYTE,
        removal: Removal::Old,
    },
    Pattern {
        name: "a window of WebM in 64 KiB",
        is_webm: true,
        piece_bytes: 64 << 10,
        bytes: 2 * GIGABYTE,
        removal: Removal::Old,
    },
    Pattern {
        name: "a window of fMP4 in 4 KiB",
        is_webm: false,
        piece_bytes: 4 << 10,
        bytes: GIGABYTE,
        removal: Removal::Old,
    },
    Pattern {
        name: "fMP4 in 10 MiB, of which all is removed",
        is_webm: false,
        piece_bytes: 10 << 20,
        bytes: 2 * GIGABYTE,
        removal: Removal::All,
    },
    Pattern {
        name: "3 s of each 32 s of fMP4 in 1 MiB",
        is_webm: false,
        piece_bytes: 1 << 20,
        bytes: GIGABYTE,
        removal: Removal::MostOfEach,
    },
    Pattern {
        name: "3 s of each 32 s of WebM in 64 KiB",
        is_webm: true,
        piece_bytes: 64 << 10,
        bytes: GIGABYTE,
        removal: Removal::MostOfEach,
    },
];

impl Pattern {
    /// Returns whether the memory of the process has not grown, and all was given to the allocator.
    fn run(&self) -> bool {
        let (mime_type, stream) = if self.is_webm {
            (VP8_VORBIS, media::webm())
        } else {
            (H264_AAC, media::iso_bmff())
        };
        let rounds = self.bytes / stream.len();
        let before = resident_bytes();
        let resident = || resident_bytes().saturating_sub(before);
        let mut host = Host::new(mime_type);
        let mut most = [0; 2];
        for round in 0..rounds {
            let offset = f64::from(round as u32) * STREAM_SECONDS;
            host.append(&stream, offset, self.piece_bytes);
            let half = &mut most[usize::from(round >= rounds / 2)];
            *half = resident().max(*half);
            host.remove_after(offset, self.removal);
        }
        let end = (resident(), host.source.memory().bytes());
        host.remove(0., f64::INFINITY);
        let left = (resident(), host.source.memory().bytes());
        let megabytes = |bytes: usize| bytes as f64 / 1e6;
        println!(
            "{}: {:.1} MB at most, {:.1} MB in the second half; {:.1} MB at the end for {:.1} MB held, {:.1} MB for \
             {:.1} MB when all is removed",
            self.name,
            megabytes(most[0]),
            megabytes(most[1]),
            megabytes(end.0),
            megabytes(end.1),
            megabytes(left.0),
            megabytes(left.1),
        );
        most[1] <= most[0] + NOISE && left.1 < NOISE
    }
}

/// Each pattern has a process of its own, so that it finds no memory of another.
fn main() -> ExitCode {
    if let Some(number) = env::args().find_map(|argument| argument.parse::<usize>().ok()) {
        let is_good = PATTERNS[number].run();
        return ExitCode::from(u8::from(!is_good));
    }
    let program = env::current_exe().expect("the program has a path");
    let results = (0..PATTERNS.len()).map(|number| {
        let status = Command::new(&program).arg(number.to_string()).status();
        status.expect("the program can be started again").success()
    });
    let failed = results.filter(|is_good| !is_good).count();
    ExitCode::from(failed as u8)
}
