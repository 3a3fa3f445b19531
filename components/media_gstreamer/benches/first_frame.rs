/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How long it takes from the first append until a picture is shown and the element has the data of its
//! position, which is when `loadeddata` fires: as a page sees it, in 720p H.264.
//!
//! The player is made before the first append, as a page's is. Each start has a media source and a
//! player of its own. The first start of a process is measured in processes of their own.
//! The file is made when it is not there yet, with ffmpeg.

#[path = "support/mod.rs"]
mod reference;
#[path = "../tests/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use more of it")]
mod support;

use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use std::{env, thread};

use bytes::Bytes;
use media_gstreamer::GStreamerBackend;
use media_source::{
    Effect, ElementReadyState, ElementUpdate, MediaElement, MediaSource, Page, Platform,
    PlayerEvent, VideoFrame, VideoRenderer,
};
use reference::{decode, file, quantile};
use support::{Media, find_all, read};

const MIME_TYPE: &str = "video/mp4; codecs=\"avc1.64001F\"";
const STARTS: usize = 40;
const PROCESSES: usize = 10;
/// A page that fetches its media has so much time between `addSourceBuffer` and the first append, at
/// the least.
const FETCH: Duration = Duration::from_millis(20);
/// The argument of a process that starts once, before the milliseconds of its fetch.
const ONCE: &str = "once";

struct Screen;

impl VideoRenderer for Screen {
    fn render(&mut self, _frame: VideoFrame) {}
}

/// The initialization segment and the first media segment.
struct Segments(Vec<Bytes>);

/// A media source, its element, and what the player tells.
struct Host {
    source: MediaSource,
    element: MediaElement,
    events: Receiver<PlayerEvent>,
    ready_state: ElementReadyState,
}

fn main() {
    let bytes = read(&file().to_string_lossy());
    // The type of a box stands behind its size.
    let starts: Vec<_> = find_all(&bytes, b"moof")
        .iter()
        .take(2)
        .map(|start| start - 4)
        .collect();
    let segments = Segments(vec![
        bytes.slice(..starts[0]),
        bytes.slice(starts[0]..starts[1]),
    ]);
    let page = Platform::new(GStreamerBackend::default).new_page();
    if let Some(fetch) = env::args().skip_while(|argument| argument != ONCE).nth(1) {
        let fetch = Duration::from_millis(fetch.parse().expect("it is a number"));
        println!("{}", start(&page, &segments, fetch).as_nanos());
        return;
    }
    let media = Media::whole(&file().to_string_lossy());
    let first = &media.frames(0)[..1];
    for (fetch, words) in [(Duration::ZERO, "at once"), (FETCH, "after a fetch")] {
        let firsts = (0..PROCESSES).map(|_| start_of_process(fetch)).collect();
        start(&page, &segments, fetch);
        let (warm, decoding) = (0..STARTS)
            .map(|_| (start(&page, &segments, fetch), decode(first)))
            .collect();
        report("decoding the first frame", decoding);
        report(&format!("first start, {words}"), firsts);
        report(&format!("later starts, {words}"), warm);
    }
}

fn report(words: &str, times: Vec<Duration>) {
    let [best, median, p90] = [0., 0.5, 0.9].map(|part| quantile(times.clone(), part));
    println!("{words:30} best {best:.1?}, median {median:.1?}, p90 {p90:.1?}");
}

/// The first start of a process.
fn start_of_process(fetch: Duration) -> Duration {
    let mut process = Command::new(env::current_exe().expect("it runs"));
    process.args([ONCE, &fetch.as_millis().to_string()]);
    let output = process.output().expect("it starts again");
    let text = String::from_utf8(output.stdout).expect("it is a number");
    Duration::from_nanos(text.trim().parse().expect("it is a number"))
}

/// How long it takes from the first append until the data of the position are there.
fn start(page: &Page, segments: &Segments, fetch: Duration) -> Duration {
    let mut host = Host::new(page);
    let buffer = host.source.add_source_buffer(MIME_TYPE);
    let buffer = buffer.expect("it can be decoded");
    host.drain();
    thread::sleep(fetch);
    let begin = Instant::now();
    for segment in &segments.0 {
        let mut source_buffer = host.source.source_buffer(buffer).expect("it is there");
        source_buffer
            .append_buffer(segment)
            .expect("it is not full");
        host.drain();
    }
    while host.ready_state < ElementReadyState::HaveCurrentData {
        let event = host.events.recv().expect("the player lives");
        assert!(!matches!(event, PlayerEvent::Failed(_)), "{event:?}");
        host.element.handle_player_event(event);
        host.drain();
    }
    begin.elapsed()
}

impl Host {
    fn new(page: &Page) -> Self {
        let mut source = MediaSource::new(page);
        let (sender, events) = channel();
        let listener = Box::new(move |event| drop(sender.send(event)));
        let player = page.backend().create_player(Box::new(Screen), listener);
        let player = player.expect("GStreamer is installed");
        assert!(source.attach());
        let element = MediaElement::new(source.element_view(), player);
        Self {
            source,
            element,
            events,
            ready_state: ElementReadyState::HaveNothing,
        }
    }

    /// Does what the media source and the element say.
    fn drain(&mut self) {
        while let Some(effect) = self.source.poll_effect() {
            match effect {
                Effect::RunJob(job) => self.source.handle_job_outcome(job.run()),
                Effect::Element(effect) => self.element.handle_effect(effect),
                _ => {}
            }
        }
        while let Some(update) = self.element.poll_update() {
            if let ElementUpdate::ReadyState(state) = update {
                self.ready_state = state;
            }
        }
    }
}
