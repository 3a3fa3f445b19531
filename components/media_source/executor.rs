/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Where jobs run, for hosts that have no place of their own for them: on a thread (or at once, if that
//! is quicker), or turn by turn as a test demands.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the one thread of this crate is here"
)]

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crossbeam_channel::{SendError, Sender, unbounded};

use crate::effect::Discarded;
use crate::job::{Job, JobOutcome, Turn};

/// Takes the outcome of a job, on the thread where the job ran.
type Completion = Box<dyn FnOnce(JobOutcome) + Send>;

/// Runs jobs one after another on a thread of its own. A short job runs at once, on the thread that gives
/// it. The thread starts when it is first needed. It ends when the executor is dropped and all jobs are
/// done.
#[derive(Default)]
pub struct JobExecutor {
    thread: RefCell<Option<Sender<Work>>>,
    /// The number of jobs that the thread still has to run and to complete.
    unfinished_jobs: Arc<AtomicUsize>,
}

enum Work {
    Run(Job, Completion),
    Discard(Discarded),
}

impl Work {
    fn run(self) {
        match self {
            Self::Run(job, done) => done(job.run()),
            Self::Discard(discarded) => drop(discarded),
        }
    }
}

impl JobExecutor {
    /// Returns an executor without jobs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `job` after the jobs before it, then calls `done` with its outcome on the same thread.
    ///
    /// A short job that has none before it is done before this returns. For this reason `done` only
    /// queues a task, in which the outcome is handed over.
    pub fn execute(&self, job: Job, done: impl FnOnce(JobOutcome) + Send + 'static) {
        match self.begin(job) {
            Turn::Finished(outcome) => done(outcome),
            Turn::Unfinished(rest) => self.finish(rest, done),
        }
    }

    /// Begins `job` at once if it has none before it. If it is short (some tenths of a millisecond), it is
    /// done then, and its outcome is handed over in a task. Otherwise the rest goes to [`Self::finish`].
    pub fn begin(&self, job: Job) -> Turn {
        if self.unfinished_jobs.load(Ordering::Acquire) == 0 {
            job.begin()
        } else {
            Turn::Unfinished(job)
        }
    }

    /// Runs what is left of `job` on the executor's thread, after the jobs before it, then calls `done`
    /// with its outcome there.
    pub fn finish(&self, job: Job, done: impl FnOnce(JobOutcome) + Send + 'static) {
        self.unfinished_jobs.fetch_add(1, Ordering::Relaxed);
        let unfinished_jobs = self.unfinished_jobs.clone();
        // (The host may begin another job as soon as it has the outcome of this one.)
        let done = move |outcome| {
            unfinished_jobs.fetch_sub(1, Ordering::Release);
            done(outcome);
        };
        self.send(Work::Run(job, Box::new(done)));
    }

    /// Drops what is left of a SourceBuffer, after the jobs before it.
    pub fn discard(&self, discarded: Discarded) {
        self.send(Work::Discard(discarded));
    }

    fn send(&self, work: Work) {
        let thread = self.thread.take().or_else(|| start_thread().ok());
        let sent = match &thread {
            Some(thread) => thread.send(work),
            None => Err(SendError(work)),
        };
        self.thread.replace(thread);
        // The system had no thread to spare, so the work is done here.
        if let Err(SendError(work)) = sent {
            work.run();
        }
    }
}

fn start_thread() -> io::Result<Sender<Work>> {
    let (work, waiting) = unbounded::<Work>();
    thread::Builder::new()
        .name("MediaSourceJobs".to_owned())
        .spawn(move || {
            for work in waiting {
                // (A job catches its own panics. After any other panic the rest of the work goes on.)
                let _ = panic::catch_unwind(AssertUnwindSafe(|| work.run()));
            }
        })?;
    Ok(work)
}

/// Runs jobs in the same order and in the same turns as a [`JobExecutor`], but without a thread: each turn
/// runs when the host calls for it. Tests use it to place a turn between any two calls.
#[derive(Debug, Default)]
pub struct SteppedExecutor {
    jobs: VecDeque<Job>,
}

impl SteppedExecutor {
    /// Returns an executor without jobs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `job` after the jobs before it.
    pub fn execute(&mut self, job: Job) {
        self.jobs.push_back(job);
    }

    /// Runs a turn of the job that waits longest. Returns its outcome if it was the last turn.
    pub fn turn(&mut self) -> Option<JobOutcome> {
        match self.jobs.pop_front()?.turn() {
            Turn::Unfinished(job) => {
                self.jobs.push_front(job);
                None
            }
            Turn::Finished(outcome) => Some(outcome),
        }
    }

    /// Runs the job that waits longest to its end, and returns its outcome; `None` if no job waits.
    pub fn run(&mut self) -> Option<JobOutcome> {
        self.jobs.pop_front().map(Job::run)
    }

    /// Whether no job waits.
    pub fn is_idle(&self) -> bool {
        self.jobs.is_empty()
    }
}
