/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The range removal algorithm, which removes coded frames on another thread than the script's.

use std::ops::ControlFlow;

use parking_lot::Mutex;
use track_buffer::removal::Removal;
use track_buffer::time::PresentationTime;
use track_buffer::track_buffers::TrackBuffers;

use super::SourceBuffer;
use crate::effect::{Effect, Event};
use crate::exception::Exception;
use crate::job::{Job, Task};

/// The work of removing a group of pictures, in the units of the work of a turn.
const WORK_PER_GROUP: usize = 512;

/// The asynchronous part of <https://w3c.github.io/media-source/#sourcebuffer-range-removal>.
pub(crate) struct RangeRemoval(Removal);

impl RangeRemoval {
    /// Runs one turn.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-range-removal>
    pub(crate) fn go_on(
        &mut self,
        track_buffers: &Mutex<TrackBuffers>,
        work: usize,
    ) -> ControlFlow<()> {
        // Step 6. Run the coded frame removal algorithm with start and end.
        let mut track_buffers = track_buffers.lock();
        let is_finished = track_buffers.go_on_removing(&mut self.0, work / WORK_PER_GROUP);
        let removed = track_buffers.take_removed();
        // Dropping the frames takes a while, and nobody waits for it.
        drop(track_buffers);
        drop(removed);
        if is_finished {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

impl SourceBuffer<'_> {
    /// Removes the frames from `start` seconds until `end` seconds, which may be infinite.
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-remove>
    pub fn remove(&mut self, start: f64, end: f64) -> Result<(), Exception> {
        // Steps 1-2. If this object has been removed, or updating equals true, then throw an
        // InvalidStateError exception.
        self.check_is_idle()?;
        // Step 3. If duration equals NaN, then throw a TypeError exception.
        // Step 4. If start is negative or greater than duration, then throw a TypeError exception.
        if !(0.0..=self.parent.duration()).contains(&start) {
            return Err(Exception::Type("start must lie between 0 and the duration"));
        }
        // Step 5. If end is less than or equal to start or end equals NaN, then throw a TypeError.
        if end <= start || end.is_nan() {
            return Err(Exception::Type("end must be greater than start"));
        }
        // Step 6. If the readyState is "ended": set it to "open" and fire sourceopen.
        self.parent.reopen();
        // Step 7. Run the range removal algorithm.
        let removal = RangeRemoval(Removal::new(
            PresentationTime::from_seconds(start),
            PresentationTime::from_seconds(end),
            PresentationTime::from_seconds(self.parent.duration()),
        ));
        // Its step 3: set the updating attribute to true.
        let buffer = &mut *self.state;
        buffer.is_updating = true;
        buffer.is_removing = true;
        let job = Job::new(buffer, Task::Remove(removal));
        // Step 4. Queue a task to fire an event named updatestart.
        self.fire(Event::UpdateStart);
        // Step 5. Return control to the caller and run the rest of the steps asynchronously. (The
        // outcome of the job does steps 7 to 9.)
        self.parent.push(Effect::RunJob(job));
        Ok(())
    }
}
