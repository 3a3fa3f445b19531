/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Where jobs run, for hosts that have no place of their own: on a thread (or at once, if that is
//! quicker), or turn by turn as a test says.

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

/// What is done with a job's outcome, on the thread where it ran.
type Completion = Box<dyn FnOnce(JobOutcome) + Send>;

/// Runs jobs one after another: on a thread of its own, or a short one at once where it is given. The
/// thread starts when it is first needed. It ends once the executor is dropped and the jobs that it
/// was given are done.
#[derive(Default)]
pub struct JobExecutor {
    thread: RefCell<Option<Sender<Work>>>,
    /// How many jobs the thread has still to run and complete.
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
    /// With nothing to run.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `job` after those before it; then calls `done` with its outcome on the same thread. If
    /// none is before it, then the job begins at once; if it is short (some tenths of a millisecond),
    /// all is done before this returns. So `done` is to queue a task, in which the outcome is handed
    /// over, and nothing else.
    pub fn execute(&self, mut job: Job, done: impl FnOnce(JobOutcome) + Send + 'static) {
        if self.unfinished_jobs.load(Ordering::Acquire) == 0 {
            match job.begin() {
                Turn::Finished(outcome) => return done(outcome),
                Turn::Unfinished(rest) => job = rest,
            }
        }
        self.unfinished_jobs.fetch_add(1, Ordering::Relaxed);
        let unfinished_jobs = self.unfinished_jobs.clone();
        let done = move |outcome| {
            done(outcome);
            unfinished_jobs.fetch_sub(1, Ordering::Release);
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
        // Where the system has no thread to spare, it takes its time here.
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
                // (A job has no panic to give. Whatever else has one, the others go on.)
                let _ = panic::catch_unwind(AssertUnwindSafe(|| work.run()));
            }
        })?;
    Ok(work)
}

/// The [`JobExecutor`]'s twin without a thread: it runs jobs in the same order and in the same turns,
/// each when it is told to. What another thread would do at some moment or other, it does between two
/// calls of the host.
#[derive(Debug, Default)]
pub struct SteppedExecutor {
    jobs: VecDeque<Job>,
}

impl SteppedExecutor {
    /// With nothing to run.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts `job` after those before it.
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

    /// Runs the job that waits longest to its end. `None` if there is none.
    pub fn run(&mut self) -> Option<JobOutcome> {
        self.jobs.pop_front().map(Job::run)
    }

    /// Whether no job waits.
    pub fn is_idle(&self) -> bool {
        self.jobs.is_empty()
    }
}
