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

/// The work that one turn does before `abort()` can take effect, in the units of
/// [`Parser::parse`](byte_stream::parser::Parser::parse). It takes well under a millisecond, and much
/// longer than the overhead of a turn.
const WORK_PER_TURN: usize = 256 * 1024;

/// The work that is done on the thread that gives a job, before the job moves to another thread. It takes
/// little longer than waking a thread up. Few appends of 32 KiB have more work.
const WORK_AT_ONCE: usize = 256 * 1024;

/// An append with no more bytes to parse than this may be that short.
const SHORT_APPEND_BYTES: usize = 32 * 1024;

/// The number of turns in which that work is done. A short append has about three: an initialization
/// segment, the frames after it, and the discovery that nothing is left.
const TURNS_AT_ONCE: usize = 8;

/// One append or range removal, ready to run on any thread. It holds no media: an append that is
/// aborted gives its bytes back at once, wherever its job waits.
pub struct Job {
    source_buffer: SourceBufferId,
    generation: u64,
    contents: Contents,
    task: Task,
    /// The memory that a waiting job takes, with its place in a queue and its completion.
    _held: Held,
}

/// The work of a job.
pub(crate) enum Task {
    Append(Append),
    Remove(RangeRemoval),
}

/// What remains after a turn of a job.
#[derive(Debug)]
pub enum Turn {
    /// The job has more to do.
    Unfinished(Job),
    /// The job is done, has failed, or was aborted.
    Finished(JobOutcome),
}

/// The result of a job.
#[derive(Debug)]
pub struct JobOutcome {
    pub(crate) source_buffer: SourceBufferId,
    pub(crate) generation: u64,
    /// What scripts see from now on; `None` if that is what they saw before, because an append completed
    /// nothing or was aborted.
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

    /// Runs all turns that are left.
    pub fn run(mut self) -> JobOutcome {
        loop {
            match self.turn() {
                Turn::Unfinished(job) => self = job,
                Turn::Finished(outcome) => return outcome,
            }
        }
    }

    /// Runs one turn, which is as long as a script may wait. A command of the MediaSource takes effect
    /// between two turns.
    pub fn turn(self) -> Turn {
        self.turn_of(WORK_PER_TURN)
    }

    /// Runs the first turns on the thread of the script, as many as are cheaper there than on another
    /// thread. A short job is finished then.
    pub fn begin(mut self) -> Turn {
        // (This does not wait for a turn of another thread, because a SourceBuffer has only one job that
        // is not aborted. An aborted job may hold the lock for a moment, to see that it is aborted.)
        let is_long = match self.task {
            Task::Append(_) => {
                let parser = &self.contents.segment_parser.lock().parser;
                parser.waiting_bytes() > SHORT_APPEND_BYTES && !parser.awaits_more()
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
        // A panic is our fault and not the page's. The page is told all the same, so that it does not
        // wait for ever.
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

    /// Runs one turn. The last turn breaks with what scripts see from then on.
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
        Ok(flow?.map_break(|()| {
            let has_changed = match &self.task {
                Task::Append(append) => append.has_produced,
                Task::Remove(_) => true,
            };
            has_changed.then(|| Published::of(&track_buffers.lock()))
        }))
    }
}
