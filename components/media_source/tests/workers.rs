/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A MediaSource on the thread of a worker, and its media element on that of a window.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;

use bytes::Bytes;
use media_source::{Effect, ElementReadyState, ElementView, MediaSource, Page};
use track_buffer::PresentationTime;

use crate::media::{AAC, Media};

/// A MediaSource in a worker, and the flag that the owner of the worker sets.
fn source_in_worker() -> (MediaSource, Arc<AtomicBool>) {
    let closing = Arc::new(AtomicBool::new(false));
    let page = Page::without_player(|_| true);
    let source = MediaSource::new_in_worker(&page, closing.clone());
    (source, closing)
}

fn append(source: &mut MediaSource, media: &Bytes) {
    let id = source.add_source_buffer(AAC).expect("it is open");
    let mut buffer = source.source_buffer(id).expect("it is there");
    buffer.append_buffer(media).expect("it is idle");
    run_jobs(source);
}

/// Does what the MediaSource says until nothing is left.
fn run_jobs(source: &mut MediaSource) {
    while let Some(effect) = source.poll_effect() {
        if let Effect::RunJob(job) = effect {
            let outcome = job.run();
            source.handle_job_outcome(outcome);
        }
    }
}

/// <https://w3c.github.io/media-source/#htmlmediaelement-extensions-buffered>
#[test]
fn nothing_is_buffered_as_soon_as_the_worker_is_closing() {
    let (mut source, closing) = source_in_worker();
    assert!(source.attach());
    append(&mut source, &Media::load("aac.mp4").whole);
    let view = source.element_view();
    assert!(!view.buffered().is_empty());
    assert!(view.seekable().is_some());
    assert_eq!(view.track_readers().len(), 1);
    closing.store(true, Ordering::Release);
    assert_nothing_is_buffered(&view);
    assert_eq!(
        view.ready_state(PresentationTime::ZERO),
        ElementReadyState::HaveMetadata
    );
}

fn assert_nothing_is_buffered(view: &ElementView) {
    assert!(view.buffered().is_empty());
    assert_eq!(view.seekable(), None);
    assert!(view.track_readers().is_empty());
}

/// The first of several elements that load from handles of one MediaSource gets it.
///
/// <https://w3c.github.io/media-source/#mediasource-attach>
#[test]
fn one_element_gets_the_source_of_a_handle() {
    let (source, _) = source_in_worker();
    let attached = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..5 {
            let view = source.element_view();
            scope.spawn(|| {
                let view = view;
                if !view.set_has_ever_been_attached() {
                    assert!(!attached.swap(true, Ordering::Relaxed), "two have got it");
                }
            });
        }
    });
    assert!(attached.load(Ordering::Relaxed));
}

/// Numbers in an order that looks random, the same in every run.
struct Choices(u64);

impl Choices {
    fn next(&mut self, count: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % count
    }
}

/// What a window does with the element while the worker does what it likes.
fn use_element(view: &ElementView, closing: &AtomicBool, choices: &mut Choices) {
    for _ in 0..6 {
        match choices.next(7) {
            0 => view.set_position(PresentationTime::from_seconds(choices.next(3) as f64)),
            1 => drop(view.set_error()),
            2 => drop((view.buffered(), view.seekable(), view.natural_size())),
            3 => drop(view.ready_state(view.position())),
            4 => view
                .track_readers()
                .iter_mut()
                .for_each(|reader| drop(reader.read())),
            5 => drop(view.set_has_ever_been_attached()),
            _ => closing.store(true, Ordering::Release),
        }
        if view.is_closing() {
            assert_nothing_is_buffered(view);
        }
    }
}

/// What a worker does with the MediaSource. Some of it throws an exception.
fn use_source(source: &mut MediaSource, media: &Bytes, choices: &mut Choices) {
    for _ in 0..6 {
        let id = source.source_buffers().next();
        match (choices.next(7), id) {
            (0, _) => drop(source.attach()),
            (1 | 2, Some(id)) => {
                let mut buffer = source.source_buffer(id).expect("it is there");
                drop(buffer.append_buffer(media));
            }
            (1 | 2, None) => drop(source.add_source_buffer(AAC)),
            (3, Some(id)) => {
                let mut buffer = source.source_buffer(id).expect("it is there");
                drop(buffer.remove(0.0, f64::INFINITY));
            }
            (4, Some(id)) => drop(source.remove_source_buffer(id)),
            (5, _) => drop(source.end_of_stream(None)),
            (6, _) => source.detach(),
            _ => {}
        }
        run_jobs(source);
    }
}

/// Whatever the window and the worker do at the same time, neither waits for ever, nothing is buffered once
/// the worker is closing, and nothing is held after its end.
///
/// <https://w3c.github.io/media-source/#mediasource-detach>
#[test]
fn a_window_and_a_worker_win_all_races() {
    const ROUNDS: u64 = 100_000;
    let media = Media::load("aac.mp4");
    // Short, so that most of the time goes to what the two threads do with each other.
    let media: Bytes = [&media.initialization[..], &media.segments[0]]
        .concat()
        .into();
    let (to_window, rounds) = channel::<(u64, ElementView, Arc<AtomicBool>)>();
    let (to_worker, done) = channel();
    let window = thread::spawn(move || {
        for (round, view, closing) in rounds {
            use_element(&view, &closing, &mut Choices(round));
            drop(view);
            to_worker.send(()).expect("the worker waits");
        }
    });
    let page = Page::without_player(|_| true);
    for round in 0..ROUNDS {
        let closing = Arc::new(AtomicBool::new(false));
        let mut source = MediaSource::new_in_worker(&page, closing.clone());
        source.attach();
        if round % 2 == 0 {
            append(&mut source, &media);
        }
        let view = source.element_view();
        to_window
            .send((round, view, closing))
            .expect("the window runs");
        use_source(&mut source, &media, &mut Choices(!round));
        source.handle_global_gone();
        let view = source.element_view();
        assert!(!source.attach() && view.buffered().is_empty());
        while source.poll_effect().is_some() {}
        done.recv()
            .expect("the window does not wait for the worker");
        assert_eq!(page.memory().bytes(), 0, "in round {round}");
    }
    drop(to_window);
    window.join().expect("nothing failed");
}
