/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The MediaSource object.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use track_buffer::time::PresentationTime;

use crate::effect::{
    Blame, Discarded, Effect, ElementEffect, ElementError, Event, EventTarget, SourceBufferId,
};
use crate::element::ElementView;
use crate::exception::Exception;
use crate::memory::MemoryAccount;
use crate::parent::Parent;
use crate::platform::Page;
use crate::quota::Quota;
use crate::source_buffer::{SourceBuffer, SourceBufferState};

/// The largest number of SourceBuffers of one MediaSource. Players use two. The bound keeps a page from
/// opening byte stream parsers without end.
const MAX_SOURCE_BUFFERS: usize = 16;

/// <https://w3c.github.io/media-source/#dom-readystate>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReadyState {
    /// The MediaSource is not attached to a media element.
    Closed,
    /// It is attached and ready for appends.
    Open,
    /// It is attached, and `endOfStream()` was called.
    Ended,
}

/// <https://w3c.github.io/media-source/#dom-endofstreamerror>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EndOfStreamError {
    /// The script could not fetch the media.
    Network,
    /// The script found the media broken.
    Decode,
}

/// <https://w3c.github.io/media-source/#mediasource>
pub struct MediaSource {
    pub(crate) parent: Parent,
    /// The SourceBuffers in the `sourceBuffers` list, in its order.
    pub(crate) source_buffers: Vec<SourceBufferState>,
    next_source_buffer: u32,
    /// Whether its script is gone, so that tasks for it would not run.
    is_abandoned: bool,
}

impl MediaSource {
    /// Returns a closed MediaSource of `page`.
    pub fn new(page: &Page) -> Self {
        Self::new_in_worker(page, Arc::default())
    }

    /// Returns a closed MediaSource of a dedicated worker of `page`. `closing` is the worker's flag of that
    /// name. As soon as it is set, on any thread, nothing is buffered for the media element any more.
    /// <https://html.spec.whatwg.org/multipage/#dom-workerglobalscope-closing>
    pub fn new_in_worker(page: &Page, closing: Arc<AtomicBool>) -> Self {
        page.backend.prepare();
        Self {
            parent: Parent::new(page, closing),
            source_buffers: Vec::new(),
            next_source_buffer: 0,
            is_abandoned: false,
        }
    }

    /// Returns the memory that it holds: the coded frames, the bytes that are not parsed yet, and all
    /// that is kept beside them.
    pub fn memory(&self) -> &MemoryAccount {
        &self.parent.memory
    }

    /// Sets how much may be held, in place of what the [`Platform`](crate::Platform) says. The next append
    /// evicts what is too much.
    pub fn set_quota(&mut self, quota: Quota) {
        self.parent.quota = quota;
    }

    /// Returns what it shares with the media element that it is attached to.
    pub fn element_view(&self) -> ElementView {
        self.parent.view.clone()
    }

    /// Returns the next thing that the host is to do; `None` when all is done.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.parent.effects.pop_front()
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-readystate>
    pub fn ready_state(&self) -> ReadyState {
        self.parent.ready_state()
    }

    /// In seconds. <https://w3c.github.io/media-source/#dom-mediasource-duration>
    pub fn duration(&self) -> f64 {
        self.parent.duration()
    }

    /// The `sourceBuffers` list. <https://w3c.github.io/media-source/#dom-mediasource-sourcebuffers>
    pub fn source_buffers(&self) -> impl Iterator<Item = SourceBufferId> {
        self.source_buffers.iter().map(|buffer| buffer.id)
    }

    /// The `activeSourceBuffers` list, a subset in the same order.
    /// <https://w3c.github.io/media-source/#dom-mediasource-activesourcebuffers>
    pub fn active_source_buffer_ids(&self) -> impl Iterator<Item = SourceBufferId> {
        let buffers = self.source_buffers.iter();
        buffers
            .filter(|buffer| buffer.view().is_active())
            .map(|buffer| buffer.id)
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-duration>
    pub fn set_duration(&mut self, duration: f64) -> Result<(), Exception> {
        // Step 1. If the value being set is negative or NaN then throw a TypeError exception.
        if duration < 0.0 || duration.is_nan() {
            return Err(Exception::Type("duration must not be negative or NaN"));
        }
        // Step 2. If the readyState attribute is not "open" then throw an InvalidStateError.
        self.parent.check_is_open()?;
        // Step 3. If the updating attribute equals true on any SourceBuffer, then throw an
        // InvalidStateError exception.
        self.check_is_not_updating()?;
        // Step 4. Run the duration change algorithm.
        self.change_duration(duration)
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-addsourcebuffer>
    pub fn add_source_buffer(&mut self, mime_type: &str) -> Result<SourceBufferId, Exception> {
        // Step 1. If type is an empty string then throw a TypeError exception.
        if mime_type.is_empty() {
            return Err(Exception::Type(
                "addSourceBuffer needs a MIME type, such as video/mp4",
            ));
        }
        // Step 2. If type contains a MIME type that is not supported, then throw a
        // NotSupportedError exception.
        let format = self.parent.accepted_format(mime_type)?;
        // Step 3. If the user agent can't handle any more SourceBuffer objects, then throw a
        // QuotaExceededError exception.
        if self.source_buffers.len() >= MAX_SOURCE_BUFFERS {
            return Err(Exception::QuotaExceeded(
                "remove a SourceBuffer before adding another",
            ));
        }
        // Step 4. If the readyState attribute is not "open" then throw an InvalidStateError.
        self.parent.check_is_open()?;
        // Steps 5-7. Let buffer be a new instance of a SourceBuffer, its generate timestamps flag
        // the one that is registered for type, and its mode by that flag.
        let id = SourceBufferId(self.next_source_buffer);
        self.next_source_buffer += 1;
        // Step 8. Append buffer to sourceBuffers.
        let buffer = SourceBufferState::new(id, format, self.parent.memory.part());
        let view = buffer.view.clone();
        self.parent.view.source().source_buffers.push(view);
        self.source_buffers.push(buffer);
        // Step 9. Queue a task to fire an event named addsourcebuffer at sourceBuffers.
        self.parent
            .fire(EventTarget::SourceBuffers, Event::AddSourceBuffer);
        // Step 10. Return buffer.
        Ok(id)
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-removesourcebuffer>
    pub fn remove_source_buffer(&mut self, id: SourceBufferId) -> Result<(), Exception> {
        // Step 1. If sourceBuffer specifies an object that is not in sourceBuffers then throw a
        // NotFoundError exception.
        let Some(index) = self
            .source_buffers
            .iter()
            .position(|buffer| buffer.id == id)
        else {
            return Err(Exception::NotFound(
                "the SourceBuffer is not one of this MediaSource's",
            ));
        };
        // Step 2. If updating equals true, then abort the buffer append algorithm.
        let mut buffer = self.source_buffer(id)?;
        buffer.abort_buffer_append();
        let was_active = buffer.is_active();
        // Steps 3-8. Remove its tracks from its own and from the element's lists.
        buffer.remove_tracks();
        // Step 9. If sourceBuffer is in activeSourceBuffers, then remove it and queue a task to
        // fire removesourcebuffer at activeSourceBuffers.
        if was_active {
            self.parent
                .fire(EventTarget::ActiveSourceBuffers, Event::RemoveSourceBuffer);
        }
        // Step 10. Remove sourceBuffer from sourceBuffers and queue a task to fire
        // removesourcebuffer at it.
        self.parent
            .fire(EventTarget::SourceBuffers, Event::RemoveSourceBuffer);
        // Step 11. Destroy all resources for sourceBuffer.
        let removed = self.source_buffers.remove(index);
        self.parent.view.source().source_buffers.remove(index);
        self.parent.push(Effect::Discard(Discarded::new(removed)));
        // (If all others have their initialization segments, the element need not wait for another one.)
        self.parent.update_playable_tracks();
        self.parent
            .push(Effect::Element(ElementEffect::BufferedChanged));
        Ok(())
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-endofstream>
    pub fn end_of_stream(&mut self, error: Option<EndOfStreamError>) -> Result<(), Exception> {
        // Step 1. If the readyState attribute is not "open" then throw an InvalidStateError.
        self.parent.check_is_open()?;
        // Step 2. If the updating attribute equals true on any SourceBuffer, then throw an
        // InvalidStateError exception.
        self.check_is_not_updating()?;
        // Step 3. Run the end of stream algorithm with the error parameter set to error.
        self.run_end_of_stream(error.map(|error| match error {
            EndOfStreamError::Network => ElementError::Network,
            EndOfStreamError::Decode => ElementError::Decode {
                blame: Blame::Page,
                message: "the page ended the stream with a decode error".to_owned(),
            },
        }));
        Ok(())
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-setliveseekablerange>
    pub fn set_live_seekable_range(&mut self, start: f64, end: f64) -> Result<(), Exception> {
        // Step 1. If the readyState attribute is not "open" then throw an InvalidStateError.
        self.parent.check_is_open()?;
        // Step 2. If start is negative or greater than end, then throw a TypeError exception.
        if !(0.0..=end).contains(&start) {
            return Err(Exception::Type(
                "the range must start at 0 or later and not end before",
            ));
        }
        // Step 3. Set live seekable range to a single range from start to end.
        self.parent.view.source().live_seekable_range = Some((start, end));
        Ok(())
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-clearliveseekablerange>
    pub fn clear_live_seekable_range(&mut self) -> Result<(), Exception> {
        // Step 1. If the readyState attribute is not "open" then throw an InvalidStateError.
        self.parent.check_is_open()?;
        // Step 2. Set live seekable range to be a new empty TimeRanges object.
        self.parent.view.source().live_seekable_range = None;
        Ok(())
    }

    /// Opens the MediaSource for a media element. Returns `false` if it is attached already, in which case
    /// the resource fetch of the element fails.
    /// <https://w3c.github.io/media-source/#mediasource-attach>
    pub fn attach(&mut self) -> bool {
        // (A script that is gone would never hear of it.)
        // If readyState is not set to "closed": run the "If the media data cannot be fetched at
        // all" steps of the resource fetch algorithm.
        if self.ready_state() != ReadyState::Closed || self.is_abandoned {
            return false;
        }
        // Otherwise: set the readyState attribute to "open" and queue a task to fire sourceopen.
        self.parent.set_ready_state(ReadyState::Open);
        self.parent
            .fire(EventTarget::MediaSource, Event::SourceOpen);
        true
    }

    /// <https://w3c.github.io/media-source/#mediasource-detach>
    pub fn detach(&mut self) {
        if self.ready_state() == ReadyState::Closed {
            return;
        }
        // Step 3. Set the readyState attribute to "closed".
        self.parent.set_ready_state(ReadyState::Closed);
        // Step 5. Update duration to NaN.
        let mut source = self.parent.view.source();
        source.has_metadata = false;
        source.duration = f64::NAN;
        source.source_buffers.clear();
        drop(source);
        // Step 6. Remove all the SourceBuffer objects from activeSourceBuffers.
        // Step 8. Remove all the SourceBuffer objects from sourceBuffers. (Appends that still run
        // find theirs gone. Their tracks go as well, as HTML has it for an element that forgets its
        // media resource.)
        for mut state in mem::take(&mut self.source_buffers) {
            let (state_of_buffer, parent) = (&mut state, &mut self.parent);
            SourceBuffer::new(state_of_buffer, parent).remove_tracks();
            self.parent.push(Effect::Discard(Discarded::new(state)));
        }
        // Steps 7 and 9. Queue a task to fire removesourcebuffer at activeSourceBuffers, and one to
        // fire it at sourceBuffers.
        self.parent
            .fire(EventTarget::ActiveSourceBuffers, Event::RemoveSourceBuffer);
        self.parent
            .fire(EventTarget::SourceBuffers, Event::RemoveSourceBuffer);
        // Step 10. Queue a task to fire an event named sourceclose.
        self.parent
            .fire(EventTarget::MediaSource, Event::SourceClose);
        // (An element whose MediaSource is gone stays where it is.)
        if !self.is_abandoned {
            self.parent.view.forget_element();
        }
    }

    /// Tells that the script's global object (a window or a worker) is gone, so that its tasks do not run
    /// any more. The MediaSource is detached, gives back what it holds, and is never attached again. The
    /// host has the media element run the steps for a MediaSource that is detached.
    pub fn handle_global_gone(&mut self) {
        self.is_abandoned = true;
        self.detach();
    }

    /// Runs the duration change algorithm when a script asks for it, which may fail.
    /// <https://w3c.github.io/media-source/#duration-change-algorithm>
    fn change_duration(&mut self, new_duration: f64) -> Result<(), Exception> {
        // Step 2. If new duration is less than the highest presentation timestamp of any buffered
        // coded frames, then throw an InvalidStateError exception.
        let highest_start = self
            .source_buffers
            .iter()
            .filter_map(|buffer| buffer.view().published.highest_presentation_timestamp)
            .max();
        if highest_start.is_some_and(|start| new_duration < start.seconds()) {
            return Err(Exception::InvalidState(
                "remove() the media beyond the new duration before setting it",
            ));
        }
        // Step 3. Let highest end time be the largest track buffer ranges end time.
        // Step 4. If new duration is less than highest end time, then update it to equal that.
        self.parent
            .update_duration(new_duration.max(self.highest_end()));
        Ok(())
    }

    /// <https://w3c.github.io/media-source/#end-of-stream-algorithm>
    fn run_end_of_stream(&mut self, error: Option<ElementError>) {
        // Steps 1-2. Change the readyState attribute value to "ended", and queue a task to fire
        // sourceended.
        // Step 3. If error is set to "network" or "decode": fail the media element.
        if let Some(error) = error {
            return self.parent.end_stream_with_error(error);
        }
        self.parent.end_stream();
        // If error is not set: run the duration change algorithm with the largest track buffer ranges
        // end time, and notify the media element that it now has all of the media data.
        for buffer in &mut self.source_buffers {
            buffer.process_held_frames();
        }
        self.parent.update_duration(self.highest_end());
        let effect = ElementEffect::BufferedChanged;
        self.parent.push(Effect::Element(effect));
    }

    fn check_is_not_updating(&self) -> Result<(), Exception> {
        if self.source_buffers.iter().any(|buffer| buffer.is_updating) {
            return Err(Exception::InvalidState(
                "a SourceBuffer is updating: wait for updateend",
            ));
        }
        Ok(())
    }

    /// Returns the largest track buffer ranges end time of all SourceBuffers, in seconds; 0 if nothing is
    /// buffered.
    fn highest_end(&self) -> f64 {
        let highest_end = self
            .source_buffers
            .iter()
            .filter_map(|buffer| buffer.view().published.highest_end)
            .max();
        highest_end.map_or(0.0, PresentationTime::seconds)
    }
}
