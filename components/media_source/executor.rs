/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Where appends run, for hosts that have no place of their own: on a thread, or turn by turn as a
//! test says.

use std::collections::VecDeque;
use std::thread;

use crossbeam_channel::{Sender, unbounded};

use crate::append::{AppendJob, AppendOutcome, Turn};
use crate::effect::Discarded;

/// What is done with an append's outcome, on the executor's thread.
type Completion = Box<dyn FnOnce(AppendOutcome) + Send>;

/// Runs appends one after another on a thread of its own, which ends once the executor is dropped
/// and the appends that it was given are done.
pub struct AppendExecutor {
    work: Sender<Work>,
}

enum Work {
    Append(AppendJob, Completion),
    Discard(Discarded),
}

impl Work {
    fn run(self) {
        match self {
            Self::Append(job, done) => done(job.run()),
            Self::Discard(discarded) => drop(discarded),
        }
    }
}

impl AppendExecutor {
    /// Starts the thread.
    pub fn new() -> Self {
        let (work, waiting) = unbounded();
        thread::Builder::new()
            .name("MediaSourceAppend".to_owned())
            .spawn(move || waiting.iter().for_each(Work::run))
            .expect("the system has a thread to spare");
        Self { work }
    }

    /// Runs `job` after those before it; then calls `done` with its outcome on the same thread.
    pub fn execute(&self, job: AppendJob, done: impl FnOnce(AppendOutcome) + Send + 'static) {
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
