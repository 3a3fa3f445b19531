/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A thread on which appends run, for hosts that have none of their own.

use std::thread;

use crossbeam_channel::{Sender, unbounded};

use crate::append::{AppendJob, AppendOutcome};

/// What is done with an append's outcome, on the executor's thread.
type Completion = Box<dyn FnOnce(AppendOutcome) + Send>;

/// Runs appends one after another on a thread of its own, which ends once the executor is dropped
/// and the appends that it was given are done.
pub struct AppendExecutor {
    jobs: Sender<(AppendJob, Completion)>,
}

impl AppendExecutor {
    /// Starts the thread.
    pub fn new() -> Self {
        let (jobs, waiting) = unbounded::<(AppendJob, Completion)>();
        thread::Builder::new()
            .name("MediaSourceAppend".to_owned())
            .spawn(move || waiting.iter().for_each(|(job, done)| done(job.run())))
            .expect("the system has a thread to spare");
        Self { jobs }
    }

    /// Runs `job` after those before it; then calls `done` with its outcome on the same thread.
    pub fn execute(&self, job: AppendJob, done: impl FnOnce(AppendOutcome) + Send + 'static) {
        self.jobs
            .send((job, Box::new(done)))
            .expect("the thread lives as long as the executor");
    }
}

impl Default for AppendExecutor {
    fn default() -> Self {
        Self::new()
    }
}
