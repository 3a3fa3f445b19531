/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Plays a simulated live stream at 8 times its speed, with pictures that change their size, removals
//! behind the playhead, seeks and stalls, and looks at what must not grow: memory, threads and file
//! descriptors after the first minute.
//!
//! `cargo bench --bench soak -- 30` runs for 30 minutes; without a number it is one. It writes a line a
//! minute and fails if something grows. The media is made when it is not there yet, with ffmpeg.

#[path = "../tests/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use more of it")]
mod support;

use std::env;
use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use media_source::{Effect, MediaSource, Page, Player, PlayerEvent, SourceBufferId};
use support::{Session, is_decoded};
use test_support::media::Media;
use track_buffer::time::{PresentationTime, TimeDelta};

const RATE: f64 = 8.;
/// How much of the stream there is, before it is told again with later times.
const LOOP_SECONDS: u64 = 60;
const PICTURE_HEIGHTS: [u64; 2] = [180, 360];
/// Seconds in a segment of pictures, and in one of sound.
const PICTURE_SEGMENT: u64 = 2;
const SOUND_SEGMENT: u64 = 1;
const SOUND_SEGMENTS: u64 = 6;
/// How far the server is ahead of the playhead, and what is kept behind it, in seconds.
const AHEAD: u64 = 8;
const BEHIND: u64 = 20;
/// After so many segments the pictures change their size, the server stops until playback does, and
/// playback goes back a little.
const SIZE_PERIOD: u64 = 5;
const STALL_PERIOD: u64 = 24;
const SEEK_PERIOD: u64 = 37;

/// Memory may differ by so much between two moments of the same state.
const MEMORY_TOLERANCE: f64 = 1.10;

fn main() {
    let minutes = env::args().find_map(|argument| argument.parse::<u64>().ok());
    let mut server = Server::start();
    let mut gauge = Gauge::start(minutes.unwrap_or(1));
    server.serve(PresentationTime::ZERO);
    let session = Session::of_readers(server.readers());
    session.player.set_rate(RATE);
    session.player.play();
    while gauge.is_running() {
        if let Err(error) = step(&session, &mut server) {
            panic!("{error} at {:?}: {server:?}", session.player.position());
        }
        gauge.look(&session, &server);
    }
    session.close();
    gauge.finish();
}

/// Waits for an event and does what a page would do.
fn step(session: &Session, server: &mut Server) -> Result<(), String> {
    let event = session.events.recv_timeout(Duration::from_secs(60));
    match event.map_err(|_| "nothing happens any more")? {
        PlayerEvent::Failed(error) => return Err(error.to_string()),
        PlayerEvent::Starved => server.has_stalled = true,
        _ => {}
    }
    session.take_pictures();
    let position = session.player.position();
    if server.serve(position) {
        session.player.data_changed();
    }
    if server.segment >= server.next_seek {
        server.next_seek += SEEK_PERIOD;
        let back = TimeDelta::from_milliseconds(-3_500);
        session.player.seek(position.offset_by(back));
    }
    Ok(())
}

/// Appends what has become available, and removes what is long past.
struct Server {
    source: MediaSource,
    pictures: SourceBufferId,
    sound: SourceBufferId,
    /// The media files of the video, with equal frames in two sizes.
    sizes: Vec<Media>,
    beeps: Media,
    size: usize,
    /// How many segments of pictures, and of sound, were appended.
    segment: u64,
    sound_segment: u64,
    next_stall: u64,
    next_seek: u64,
    has_stalled: bool,
    stalls: u64,
    switches: u64,
    removals: u64,
}

impl Server {
    fn start() -> Self {
        let mut source = MediaSource::new(&Page::without_player(is_decoded));
        assert!(source.attach());
        let mut add = || {
            source
                .add_source_buffer("video/mp4")
                .expect("it is supported")
        };
        let (pictures, sound) = (add(), add());
        let mut server = Self {
            source,
            pictures,
            sound,
            sizes: PICTURE_HEIGHTS
                .iter()
                .map(|height| pictures_of(*height))
                .collect(),
            beeps: Media::load("aac.mp4"),
            size: 0,
            segment: 0,
            sound_segment: 0,
            next_stall: STALL_PERIOD,
            next_seek: SEEK_PERIOD,
            has_stalled: false,
            stalls: 0,
            switches: 0,
            removals: 0,
        };
        server.append(server.pictures, server.sizes[0].initialization.clone());
        server.append(server.sound, server.beeps.initialization.clone());
        server
    }

    fn readers(&self) -> Vec<media_source::TrackReader> {
        self.source.element_view().track_readers()
    }

    /// Whether something has changed.
    fn serve(&mut self, position: PresentationTime) -> bool {
        let now = position.seconds() as u64;
        if self.segment >= self.next_stall {
            if !self.has_stalled {
                return false;
            }
            self.next_stall += STALL_PERIOD;
            self.stalls += 1;
        }
        self.has_stalled = false;
        let mut has_changed = false;
        while self.segment < self.next_stall && self.segment * PICTURE_SEGMENT < now + AHEAD {
            self.append_pictures();
            if self.segment.is_multiple_of(8) && now > BEHIND {
                self.remove_before((now - BEHIND) as f64);
            }
            has_changed = true;
        }
        while self.sound_segment * SOUND_SEGMENT < self.segment * PICTURE_SEGMENT {
            self.append_sound();
        }
        has_changed
    }

    fn append_pictures(&mut self) {
        let segments = LOOP_SECONDS / PICTURE_SEGMENT;
        if self.segment.is_multiple_of(SIZE_PERIOD) {
            self.size = (self.size + 1) % self.sizes.len();
            self.switches += 1;
            self.append(self.pictures, self.sizes[self.size].initialization.clone());
        }
        let offset = self.segment / segments * LOOP_SECONDS;
        let offset_set = self
            .source
            .source_buffer(self.pictures)
            .expect("it is there")
            .set_timestamp_offset(offset as f64);
        offset_set.expect("nothing is being parsed");
        let index = (self.segment % segments) as usize;
        self.append(self.pictures, self.sizes[self.size].segments[index].clone());
        self.segment += 1;
    }

    fn append_sound(&mut self) {
        let offset = self.sound_segment / SOUND_SEGMENTS * SOUND_SEGMENTS * SOUND_SEGMENT;
        let offset_set = self
            .source
            .source_buffer(self.sound)
            .expect("it is there")
            .set_timestamp_offset(offset as f64);
        offset_set.expect("nothing is being parsed");
        let index = (self.sound_segment % SOUND_SEGMENTS) as usize;
        self.append(self.sound, self.beeps.segments[index].clone());
        self.sound_segment += 1;
    }

    fn append(&mut self, buffer: SourceBufferId, bytes: bytes::Bytes) {
        self.source
            .source_buffer(buffer)
            .expect("it is there")
            .append_buffer(&bytes)
            .expect("it is attached and not full");
        self.run_effects();
        assert!(!self.source.is_updating(buffer));
    }

    fn remove_before(&mut self, end: f64) {
        self.removals += 1;
        for buffer in [self.pictures, self.sound] {
            self.source
                .source_buffer(buffer)
                .expect("it is there")
                .remove(0., end)
                .expect("it is idle");
            self.run_effects();
        }
    }

    fn run_effects(&mut self) {
        while let Some(effect) = self.source.poll_effect() {
            if let Effect::RunJob(job) = effect {
                self.source.handle_job_outcome(job.run());
            }
        }
    }
}

fn pictures_of(height: u64) -> Media {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{height}p.mp4"));
    if !file.exists() {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/media/long.sh");
        let mut making = Command::new(script);
        let numbers = [LOOP_SECONDS, height].map(|number| number.to_string());
        let rate = format!("{}k", height * 2);
        let arguments = making.arg(&file).args(numbers).args(["-b:v", &rate]);
        let status = arguments.status();
        assert!(
            status.expect("there is a shell").success(),
            "ffmpeg with libx264, and python3, are needed"
        );
    }
    Media::load(&file.to_string_lossy())
}

/// What the process uses.
#[derive(Clone, Copy, Debug, Default)]
struct Usage {
    kibibytes: u64,
    threads: u64,
    descriptors: u64,
}

impl Usage {
    fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").expect("this is Linux");
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name));
            let number = line.and_then(|line| line.split_whitespace().nth(1));
            number
                .and_then(|number| number.parse().ok())
                .expect("it is there")
        };
        Self {
            kibibytes: field("VmRSS:"),
            threads: field("Threads:"),
            descriptors: fs::read_dir("/proc/self/fd")
                .expect("this is Linux")
                .count() as u64,
        }
    }

    fn min(self, other: Self) -> Self {
        Self {
            kibibytes: self.kibibytes.min(other.kibibytes),
            threads: self.threads.min(other.threads),
            descriptors: self.descriptors.min(other.descriptors),
        }
    }

    fn max(self, other: Self) -> Self {
        Self {
            kibibytes: self.kibibytes.max(other.kibibytes),
            threads: self.threads.max(other.threads),
            descriptors: self.descriptors.max(other.descriptors),
        }
    }
}

/// Looks at the process now and then.
struct Gauge {
    start: Instant,
    minutes: u64,
    /// The number of the next line.
    minute: u64,
    /// The most in the first minute.
    allowed: Usage,
    /// The least since the last line: what a restart takes for a moment is no growth.
    least: Option<Usage>,
    looked: Instant,
    has_grown: bool,
}

impl Gauge {
    fn start(minutes: u64) -> Self {
        println!("minute  played s  stalls  switches  removals  RSS KiB  threads  descriptors");
        Self {
            start: Instant::now(),
            minutes,
            minute: 1,
            allowed: Usage::default(),
            least: None,
            looked: Instant::now(),
            has_grown: false,
        }
    }

    fn is_running(&self) -> bool {
        self.minute <= self.minutes
    }

    fn look(&mut self, session: &Session, server: &Server) {
        if self.looked.elapsed() < Duration::from_millis(250) {
            return;
        }
        self.looked = Instant::now();
        let usage = Usage::now();
        let least = self.least.map_or(usage, |least| least.min(usage));
        self.least = Some(least);
        if self.minute == 1 {
            self.allowed = self.allowed.max(usage);
        }
        if self.start.elapsed() < Duration::from_secs(self.minute * 60) {
            return;
        }
        println!(
            "{:6}  {:8.0}  {:6}  {:8}  {:8}  {:7}  {:7}  {:11}",
            self.minute,
            session.player.position().seconds(),
            server.stalls,
            server.switches,
            server.removals,
            least.kibibytes,
            least.threads,
            least.descriptors
        );
        let memory = least.kibibytes as f64 / self.allowed.kibibytes as f64;
        self.has_grown |= memory > MEMORY_TOLERANCE
            || least.threads > self.allowed.threads
            || least.descriptors > self.allowed.descriptors;
        self.least = None;
        self.minute += 1;
    }

    fn finish(&self) {
        println!("after the player: {:?}", Usage::now());
        assert!(
            !self.has_grown,
            "more than in the first minute: {:?}",
            self.allowed
        );
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let buffered = [self.pictures, self.sound].map(|buffer| self.source.buffered(buffer));
        write!(
            formatter,
            "{} segments, {} of sound, next stall {}, next seek {}, stalled {}, buffered {buffered:?}",
            self.segment, self.sound_segment, self.next_stall, self.next_seek, self.has_stalled
        )
    }
}
