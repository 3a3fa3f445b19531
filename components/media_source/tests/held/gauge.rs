/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A host of one SourceBuffer that weighs what its MediaSource holds: after each call and each turn
//! of a job, the account is compared with the allocator.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use allocation_counter::measure;
use media_source::{
    Effect, ElementEffect, Exception, Job, MediaSource, Page, Quota, SourceBufferId, TrackReader,
    Turn,
};

/// What an allocation costs beside the bytes that were asked for: allocators round them up, and
/// some keep a number before them.
const ALLOCATION: i64 = 16;

/// What is not worth an account: the objects themselves, and what a turn needs while it runs.
const SMALL: i64 = 128 << 10;

pub(crate) struct Gauge {
    pub(crate) source: MediaSource,
    pub(crate) id: SourceBufferId,
    /// Those that wait, as hosts keep them: each in an allocation.
    jobs: VecDeque<Box<Job>>,
    quota: i64,
    /// What is allocated of what was allocated since the beginning.
    held: i64,
    /// The most that it was, while something was done.
    most: i64,
    /// Whether the account may be more than what is held.
    pub(crate) is_estimate: bool,
    /// What the media element was told last, if it failed.
    pub(crate) failure: Option<String>,
}

impl Gauge {
    pub(crate) fn new(mime_type: &str, quota: usize) -> Self {
        let mut source = MediaSource::new(&Page::without_player(|_| true));
        source.set_quota(Quota {
            with_video: quota,
            audio_only: quota,
            media_source: quota,
            ..Quota::default()
        });
        assert!(source.attach());
        let id = source
            .add_source_buffer(mime_type)
            .expect("it is supported");
        while source.poll_effect().is_some() {}
        Self {
            source,
            id,
            jobs: VecDeque::new(),
            quota: quota as i64,
            held: 0,
            most: 0,
            is_estimate: false,
            failure: None,
        }
    }

    /// Calls a method, and drains the effects.
    pub(crate) fn call<T>(&mut self, method: impl FnOnce(&mut MediaSource) -> T) -> T {
        self.weigh(|this| {
            let result = method(&mut this.source);
            while let Some(effect) = this.source.poll_effect() {
                match effect {
                    Effect::RunJob(job) => this.jobs.push_back(Box::new(job)),
                    Effect::Element(ElementEffect::Failed(error)) => {
                        this.failure = Some(format!("{error:?}"));
                    }
                    _ => {}
                }
            }
            result
        })
    }

    /// Calls `appendBuffer()`. Returns whether there was room.
    pub(crate) fn start_append(&mut self, data: &[u8]) -> bool {
        let id = self.id;
        match self.call(|source| source.source_buffer(id)?.append_buffer(data)) {
            Ok(()) => true,
            Err(Exception::QuotaExceeded(_)) => false,
            Err(exception) => panic!("{exception}"),
        }
    }

    /// Appends as much as there is room for, until an append fails. Returns whether all was appended.
    pub(crate) fn append_all<T: AsRef<[u8]>>(&mut self, all: impl IntoIterator<Item = T>) -> bool {
        all.into_iter().all(|data| {
            let is_appended = self.failure.is_none() && self.start_append(data.as_ref());
            self.finish();
            is_appended
        })
    }

    /// Runs all jobs turn by turn.
    pub(crate) fn finish(&mut self) {
        // What the queue has got ahead for more jobs is nothing of the MediaSource.
        self.weigh(|this| this.jobs.shrink_to_fit());
        while let Some(mut job) = self.jobs.pop_front() {
            let outcome = loop {
                let turn = self.weigh(|_| match job.turn() {
                    Turn::Unfinished(rest) => ControlFlow::Continue(Box::new(rest)),
                    Turn::Finished(outcome) => ControlFlow::Break(outcome),
                });
                match turn {
                    ControlFlow::Continue(rest) => job = rest,
                    ControlFlow::Break(outcome) => break outcome,
                }
            };
            self.call(|source| source.handle_job_outcome(outcome));
        }
    }

    pub(crate) fn remove_all(&mut self) {
        let id = self.id;
        self.call(|source| source.source_buffer(id)?.remove(0.0, f64::INFINITY))
            .expect("it may be removed from");
        self.finish();
    }

    pub(crate) fn readers(&mut self) -> Vec<TrackReader> {
        self.source.element_view().track_readers()
    }

    /// What is held now, by the allocator.
    pub(crate) fn held(&self) -> usize {
        self.held.max(0) as usize
    }

    fn weigh<T>(&mut self, action: impl FnOnce(&mut Self) -> T) -> T {
        let mut result = None;
        let allocated = measure(|| result = Some(action(self)));
        let most = allocated.bytes_max as i64 + allocated.count_max as i64 * ALLOCATION;
        self.most = self.most.max(self.held + most);
        self.held += allocated.bytes_current + allocated.count_current * ALLOCATION;
        self.check();
        result.expect("it was done")
    }

    /// The account is right within a tenth, and the quota bounds what is held as well.
    #[track_caller]
    fn check(&self) {
        let account = self.source.memory().bytes() as i64;
        let (held, most, quota) = (self.held, self.most, self.quota);
        let about = format!("{held} held, {most} at most, {account} counted, a quota of {quota}");
        assert!(held <= account + account / 10 + SMALL, "uncounted: {about}");
        assert!(
            self.is_estimate || account <= held + held / 10 + SMALL,
            "not held: {about}"
        );
        assert!(held <= quota + quota / 10 + SMALL, "beyond: {about}");
        // While a buffer grows, or a box is put together, there are two of it.
        assert!(most <= 2 * quota, "beyond: {about}");
    }
}
