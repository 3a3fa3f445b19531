/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! `appendBuffer()`, and what ends or changes an append: `abort()` and `changeType()`.

use super::SourceBuffer;
use crate::append::Append;
use crate::effect::{Effect, Event, SourceBufferId};
use crate::exception::Exception;
use crate::job::{Job, Task};
use crate::media_source::MediaSource;
use crate::memory;
use crate::segment_parser::SegmentParser;

impl SourceBuffer<'_> {
    /// Appends a copy of `data`. It throws a `QuotaExceededError` if there is no room, or if the system has no
    /// memory left.
    ///
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-appendbuffer>
    pub fn append_buffer(&mut self, data: &[u8]) -> Result<(), Exception> {
        // Step 1. Run the prepare append algorithm.
        self.prepare_append(data.len())?;
        // Step 2. Add data to the end of the input buffer. (No append runs that this could wait for.)
        let buffer = &mut *self.state;
        let chunks = memory::copy_to_chunks(data, &buffer.memory)
            .map_err(|_| Exception::QuotaExceeded("the system has no memory left"))?;
        let mut segment_parser = buffer.contents.segment_parser.lock();
        for chunk in chunks {
            segment_parser.push(chunk);
        }
        drop(segment_parser);
        // Step 3. Set the updating attribute to true.
        buffer.is_updating = true;
        let append = Append {
            backend: self.parent.page.backend.clone(),
            memory: buffer.memory.clone(),
            limits: self.parent.quota.limits(&buffer.view()),
            is_full: false,
            has_produced: false,
        };
        let job = Job::new(buffer, Task::Append(append));
        // Step 4. Queue a task to fire an event named updatestart.
        self.fire(Event::UpdateStart);
        // Step 5. Asynchronously run the buffer append algorithm.
        self.parent.push(Effect::RunJob(job));
        Ok(())
    }

    /// <https://w3c.github.io/media-source/#sourcebuffer-prepare-append>
    fn prepare_append(&mut self, new_data_bytes: usize) -> Result<(), Exception> {
        // Steps 1-2. If the SourceBuffer has been removed, or updating equals true, then throw an
        // InvalidStateError exception.
        self.check_is_idle()?;
        // Steps 3-4. If the media element's error attribute is not null, then throw an
        // InvalidStateError exception.
        if self.parent.view.has_error() {
            return Err(Exception::InvalidState(
                "the media element has failed (see its error attribute): load again",
            ));
        }
        // Step 5. If the readyState is "ended": set it to "open" and fire sourceopen.
        self.parent.reopen();
        // Step 6. Run the coded frame eviction algorithm.
        let is_buffer_full = self.run_coded_frame_eviction(new_data_bytes);
        // Step 7. If the buffer full flag equals true, then throw a QuotaExceededError exception.
        if is_buffer_full {
            return Err(Exception::QuotaExceeded(
                "the SourceBuffer is full: remove() what has been played, then append again",
            ));
        }
        Ok(())
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-abort>
    pub fn abort(&mut self) -> Result<(), Exception> {
        // Step 1. If this object has been removed then throw an InvalidStateError exception. (The
        // look-up of the SourceBuffer has.)
        // Step 2. If the readyState attribute of the parent media source is not "open" then throw
        // an InvalidStateError exception.
        self.parent.check_is_open()?;
        // Step 3. If the range removal algorithm is running, then throw an InvalidStateError.
        if self.state.is_removing {
            return Err(Exception::InvalidState(
                "a removal cannot be aborted: wait for updateend",
            ));
        }
        // Step 4. If the updating attribute equals true, then abort the buffer append algorithm.
        self.abort_buffer_append();
        // Step 5. Run the reset parser state algorithm.
        self.reset_parser_state();
        // Steps 6-7. Set appendWindowStart to the presentation start time and appendWindowEnd to
        // positive Infinity.
        self.state.reset_append_window();
        Ok(())
    }

    /// Runs the steps that `abort()` and `removeSourceBuffer()` share.
    pub(crate) fn abort_buffer_append(&mut self) {
        if !self.state.is_updating {
            return;
        }
        // Abort the buffer append algorithm if it is running.
        self.state.cancel_append();
        // Set the updating attribute to false.
        self.state.is_updating = false;
        // Queue a task to fire abort, and one to fire updateend, at the SourceBuffer.
        self.fire(Event::Abort);
        self.fire(Event::UpdateEnd);
    }

    /// Runs the steps of `changeType()` after the first.
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-changetype>
    fn change_type(&mut self, mime_type: &str) -> Result<(), Exception> {
        // Steps 2-3. If this object has been removed, or updating equals true, then throw an
        // InvalidStateError exception.
        self.check_is_idle()?;
        // Step 4. If type contains a MIME type that is not supported, then throw a
        // NotSupportedError exception.
        let format = self.parent.accepted_format(mime_type)?;
        // Step 5. If the readyState is "ended": set it to "open" and fire sourceopen.
        self.parent.reopen();
        // Step 6. Run the reset parser state algorithm.
        self.reset_parser_state();
        // Step 7. Update the generate timestamps flag to the value that is registered for type.
        // Step 8. If it equals true, then set the mode attribute to "sequence". Otherwise keep the
        // previous value.
        let buffer = &mut *self.state;
        buffer.set_generates_timestamps(format.generates_timestamps());
        // Step 9. Set the pending initialization segment for changeType flag to true: a new
        // parser accepts no media before an initialization segment.
        let segment_parser = SegmentParser::new(format, &buffer.memory);
        *buffer.contents.segment_parser.lock() = segment_parser;
        Ok(())
    }
}

impl MediaSource {
    /// Changes the type of the bytes that are appended to a SourceBuffer. (It is no method of
    /// [`SourceBuffer`], because its first step precedes the look-up, which throws if the SourceBuffer has
    /// been removed.)
    ///
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-changetype>
    pub fn change_type(&mut self, id: SourceBufferId, mime_type: &str) -> Result<(), Exception> {
        // Step 1. If type is an empty string then throw a TypeError exception.
        if mime_type.is_empty() {
            return Err(Exception::Type(
                "changeType needs a MIME type, such as video/mp4",
            ));
        }
        self.source_buffer(id)?.change_type(mime_type)
    }
}
