/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Where appends run, for hosts that have no place of their own: on a thread (or at once, if that is
//! quicker), or turn by turn as a test says.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crossbeam_channel::{Sender, unbounded};

use crate::append::{AppendJob, AppendOutcome, Turn};
use crate::effect::Discarded;

/// What is done with an append's outcome, on the thread where it ran.
type Completion = Box<dyn FnOnce(AppendOutcome) + Send>;

/// Runs appends one after another: on a thread of its own, or a short one at once where it is
/// given. The thread ends once the executor is dropped and the appends that it was given are done.
pub struct AppendExecutor {
    work: Sender<Work>,
    /// How many appends the thread has still to run and complete.
    unfinished_appends: Arc<AtomicUsize>,
}

enum Work {
    Append(AppendJob, Completion),
    Discard(Discarded),
}

impl Work {
    fn run(self, unfinished_appends: &AtomicUsize) {
        match self {
            Self::Append(job, done) => {
                done(job.run());
                unfinished_appends.fetch_sub(1, Ordering::Release);
            }
            Self::Discard(discarded) => drop(discarded),
        }
    }
}

impl AppendExecutor {
    /// Starts the thread.
    pub fn new() -> Self {
        let (work, waiting) = unbounded::<Work>();
        let unfinished_appends = Arc::new(AtomicUsize::new(0));
        let unfinished = unfinished_appends.clone();
        thread::Builder::new()
            .name("MediaSourceAppend".to_owned())
            .spawn(move || waiting.iter().for_each(|work| work.run(&unfinished)))
            .expect("the system has a thread to spare");
        Self {
            work,
            unfinished_appends,
        }
    }

    /// Runs `job` after those before it; then calls `done` with its outcome on the same thread. If
    /// the job is short (at most 32 KiB to parse) and none is before it, that is the caller's thread,
    /// and all is done before this returns. So `done` is to queue a task, in which the outcome is
    /// handed over, and nothing else.
    pub fn execute(&self, job: AppendJob, done: impl FnOnce(AppendOutcome) + Send + 'static) {
        if self.unfinished_appends.load(Ordering::Acquire) == 0 && job.is_short() {
            return done(job.run());
        }
        self.unfinished_appends.fetch_add(1, Ordering::Relaxed);
        self.send(Work::Append(job, Box::new(done)));
    }

    /// Drops what is left of a SourceBuffer, after the jobs before it.
    pub fn discard(&self, discarded: Discarded) {
        self.send(Work::Discard(discarded));
    }

    fn send(&self, work: Work) {
        self.work
            .send(work)
            .expect("the thread lives as long as the executor");
    }
}

impl Default for AppendExecutor {
    fn default() -> Self {
        Self::new()
    }
}

/// The [`AppendExecutor`]'s twin without a thread: it runs appends in the same order and in the same
/// turns, each when it is told to. What another thread would do at some moment or other, it does
/// between two calls of the host.
#[derive(Debug, Default)]
pub struct SteppedExecutor {
    jobs: VecDeque<AppendJob>,
}

impl SteppedExecutor {
    /// With nothing to run.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts `job` after those before it.
    pub fn execute(&mut self, job: AppendJob) {
        self.jobs.push_back(job);
    }

    /// Runs a turn of the job that waits longest. Returns its outcome if it was the last turn.
    pub fn turn(&mut self) -> Option<AppendOutcome> {
        match self.jobs.pop_front()?.turn() {
            Turn::Unfinished(job) => {
                self.jobs.push_front(job);
                None
            }
            Turn::Finished(outcome) => Some(outcome),
        }
    }

    /// Runs the job that waits longest to its end. `None` if there is none.
    pub fn run(&mut self) -> Option<AppendOutcome> {
        self.jobs.pop_front().map(AppendJob::run)
    }

    /// Whether no job waits.
    pub fn is_idle(&self) -> bool {
        self.jobs.is_empty()
    }
}
