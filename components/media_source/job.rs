/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What runs off the script thread: appends and range removals, in turns that are short enough for
//! a script to wait for one.

use std::fmt;
use std::ops::ControlFlow;
use std::panic::{self, AssertUnwindSafe};

use crate::append::{Append, AppendError};
use crate::effect::SourceBufferId;
use crate::memory::Held;
use crate::published::Published;
use crate::source_buffer::range_removal::RangeRemoval;
use crate::source_buffer::{Contents, SourceBufferState};

/// How much work one turn does before `abort()` can take effect, in the units of
/// [`Parser::parse`](byte_stream::parser::Parser::parse): well under a millisecond's worth, and enough
/// that what a turn costs does not show.
const WORK_PER_TURN: usize = 256 * 1024;

/// How much work is done where a job is given, before it moves to another thread: not much more than
/// it takes to wake one up. Few appends of 32 KiB have more.
const WORK_AT_ONCE: usize = 256 * 1024;

/// An append that leaves no more than this to parse may be that short.
const SHORT_APPEND_BYTES: usize = 32 * 1024;

/// How many turns that may be: an initialization segment, the frames after it, and the finding that
/// there is no more.
const TURNS_AT_ONCE: usize = 8;

/// One append or range removal, ready to run on any thread. It holds no media: an append that is
/// aborted gives its bytes back at once, wherever its job waits.
pub struct Job {
    source_buffer: SourceBufferId,
    generation: u64,
    contents: Contents,
    task: Task,
    /// What it takes while it waits itself, aborted or not, with its place in a queue and what is done
    /// with its outcome.
    _held: Held,
}

/// What a job is to do.
pub(crate) enum Task {
    Append(Append),
    Remove(RangeRemoval),
}

/// What a turn of a job leaves.
#[derive(Debug)]
pub enum Turn {
    /// There is more to do.
    Unfinished(Job),
    /// The job is done, has failed, or was aborted.
    Finished(JobOutcome),
}

/// What became of a job.
#[derive(Debug)]
pub struct JobOutcome {
    pub(crate) source_buffer: SourceBufferId,
    pub(crate) generation: u64,
    /// What scripts see once they are told; nothing if the job was aborted.
    pub(crate) result: Result<Option<Published>, AppendError>,
}

impl fmt::Debug for Job {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.task {
            Task::Append(_) => "append",
            Task::Remove(_) => "removal",
        };
        write!(formatter, "Job({name}, {:?})", self.source_buffer)
    }
}

impl Job {
    pub(crate) fn new(buffer: &SourceBufferState, task: Task) -> Self {
        Self {
            source_buffer: buffer.id,
            generation: buffer.contents.segment_parser.generation(),
            contents: buffer.contents.clone(),
            task,
            _held: Held::new(&buffer.memory, 2 * size_of::<Self>()),
        }
    }

    /// All turns that are left.
    pub fn run(mut self) -> JobOutcome {
        loop {
            match self.turn() {
                Turn::Unfinished(job) => self = job,
                Turn::Finished(outcome) => return outcome,
            }
        }
    }

    /// Goes on for as long as a script may wait. A command of the MediaSource takes effect between two
    /// turns.
    pub fn turn(self) -> Turn {
        self.turn_of(WORK_PER_TURN)
    }

    /// As many turns as are worth no other thread, on the thread of the script. A job that is short
    /// is finished then.
    pub fn begin(mut self) -> Turn {
        // (No turn of another thread is waited for: a job that is to be run at all is the only one of
        // its SourceBuffer. One that was aborted may hold the lock, to see that it was.)
        let is_long = match self.task {
            Task::Append(_) => {
                let segment_parser = self.contents.segment_parser.lock();
                segment_parser.parser.waiting_bytes() > SHORT_APPEND_BYTES
            }
            Task::Remove(_) => false,
        };
        let turns = if is_long { 0 } else { TURNS_AT_ONCE };
        for _ in 0..turns {
            match self.turn_of(WORK_AT_ONCE / TURNS_AT_ONCE) {
                Turn::Unfinished(job) => self = job,
                finished @ Turn::Finished(_) => return finished,
            }
        }
        Turn::Unfinished(self)
    }

    fn turn_of(mut self, work: usize) -> Turn {
        // The fault is ours, not the page's; it hears of it nevertheless, and does not wait for ever.
        let turn = panic::catch_unwind(AssertUnwindSafe(|| self.go_on(work)));
        let result = match turn.unwrap_or(Err(AppendError::Bug)) {
            Ok(ControlFlow::Continue(())) => return Turn::Unfinished(self),
            Ok(ControlFlow::Break(published)) => Ok(published),
            Err(error) => Err(error),
        };
        Turn::Finished(JobOutcome {
            source_buffer: self.source_buffer,
            generation: self.generation,
            result,
        })
    }

    /// One turn, which breaks with what scripts may see when it was the last.
    fn go_on(&mut self, work: usize) -> Result<ControlFlow<Option<Published>>, AppendError> {
        // Nothing is done after an abort() has reset the parser.
        let Some(mut segment_parser) = self.contents.segment_parser.lock_for(self.generation)
        else {
            return Ok(ControlFlow::Break(None));
        };
        let track_buffers = &self.contents.track_buffers;
        let flow = match &mut self.task {
            Task::Append(append) => append.go_on(&mut segment_parser, track_buffers, work),
            Task::Remove(removal) => Ok(removal.go_on(track_buffers, work)),
        };
        let held_by_parser = segment_parser.held_bytes();
        self.contents
            .weigh_structures(held_by_parser, &track_buffers.lock());
        Ok(match flow? {
            ControlFlow::Continue(()) => ControlFlow::Continue(()),
            ControlFlow::Break(()) => {
                ControlFlow::Break(Some(Published::of(&track_buffers.lock())))
            }
        })
    }
}
