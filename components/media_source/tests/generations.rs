/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Every order in which the steps of an append and of a command may come, on a model of both around
//! the lock that they really share.

use loom::sync::Arc;
use loom::thread;

use self::generation_lock::GenerationLock;
use self::sync::Mutex;

#[path = "../generation_lock.rs"]
mod generation_lock;

mod sync {
    pub(crate) use loom::sync::MutexGuard;
    pub(crate) use loom::sync::atomic::{AtomicU64, Ordering};

    /// With the interface of `parking_lot`'s.
    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().expect("a model that panics is over")
        }
    }
}

/// What the threads share of a SourceBuffer. Frames are their generations.
#[derive(Clone)]
struct SourceBuffer {
    input: Arc<GenerationLock<Vec<u64>>>,
    track_buffers: Arc<Mutex<Vec<u64>>>,
}

impl SourceBuffer {
    fn new() -> Self {
        Self {
            input: Arc::new(GenerationLock::new(Vec::new())),
            track_buffers: Arc::new(Mutex::new(Vec::new())),
        }
    }

    /// Two turns: one pushes what the other parses.
    fn start_append(&self) -> thread::JoinHandle<()> {
        let generation = self.input.generation();
        let buffer = self.clone();
        thread::spawn(move || {
            if let Some(mut input) = buffer.input.lock_for(generation) {
                input.push(generation);
            }
            if let Some(mut input) = buffer.input.lock_for(generation) {
                buffer.track_buffers.lock().append(&mut input);
            }
        })
    }

    /// The reset parser state algorithm is its second half.
    fn abort(&self) {
        self.input.end_generation();
        self.input.lock().clear();
    }

    fn frames(&self) -> Vec<u64> {
        self.track_buffers.lock().clone()
    }
}

/// <https://w3c.github.io/media-source/#dom-sourcebuffer-abort>
#[test]
fn an_aborted_append_does_nothing_after_the_abort() {
    loom::model(|| {
        let buffer = SourceBuffer::new();
        let append = buffer.start_append();
        buffer.abort();
        let frames = buffer.frames();
        append.join().expect("it does not panic");
        assert_eq!(buffer.frames(), frames);
        assert!(buffer.input.lock().is_empty());
    });
}

/// <https://w3c.github.io/media-source/#dom-sourcebuffer-appendbuffer>
#[test]
fn an_append_after_an_abort_finds_nothing_of_the_one_before() {
    loom::model(|| {
        let buffer = SourceBuffer::new();
        let aborted = buffer.start_append();
        buffer.abort();
        let mut expected = buffer.frames();
        let next = buffer.start_append();
        next.join().expect("it does not panic");
        aborted.join().expect("it does not panic");
        expected.push(buffer.input.generation());
        assert_eq!(buffer.frames(), expected);
    });
}
