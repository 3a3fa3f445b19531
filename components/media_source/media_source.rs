/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The MediaSource object.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use byte_stream::format::ByteStreamFormat;
use byte_stream::mime::{self, MimeType};
use byte_stream::track::{Codec, CodecConfiguration};
use track_buffer::time::PresentationTime;

use crate::effect::{
    Discarded, Effect, ElementEffect, ElementError, Event, EventTarget, SourceBufferId,
};
use crate::exception::Exception;
use crate::memory::MemoryAccount;
use crate::quota::Quota;
use crate::reader::TrackReader;
use crate::source_buffer::SourceBuffer;

/// How many SourceBuffers one MediaSource holds. Players use two; the bound keeps a page from
/// opening byte stream parsers without end.
const MAX_SOURCE_BUFFERS: usize = 16;

/// Tells which codecs the platform decodes.
pub type CanDecode = fn(Codec) -> bool;

/// <https://w3c.github.io/media-source/#dom-readystate>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReadyState {
    /// Not attached to a media element.
    Closed,
    /// Attached and ready for appends.
    Open,
    /// Attached, and `endOfStream()` was called.
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
    pub(crate) can_decode: CanDecode,
    ready_state: ReadyState,
    /// As the script set it, in seconds; NaN while unknown.
    duration: f64,
    pub(crate) live_seekable_range: Option<(f64, f64)>,
    /// Those in the `sourceBuffers` list, in its order.
    pub(crate) source_buffers: Vec<SourceBuffer>,
    pub(crate) quota: Quota,
    /// What the media sources of the page hold, this one included.
    pub(crate) page_memory: MemoryAccount,
    /// What this one holds.
    pub(crate) memory: MemoryAccount,
    next_source_buffer: u32,
    pub(crate) next_track: u32,
    /// Whether the media element has come to `HAVE_METADATA`, which it keeps until it is detached.
    pub(crate) has_metadata: bool,
    is_ended: Arc<AtomicBool>,
    /// Whether its script is gone: nothing that is queued for it would run.
    is_abandoned: bool,
    effects: VecDeque<Effect>,
}

impl MediaSource {
    /// A closed MediaSource on a page of its own. `can_decode` tells what the platform decodes.
    pub fn new(can_decode: CanDecode) -> Self {
        Self::in_page(can_decode, &MemoryAccount::new())
    }

    /// A closed MediaSource that shares the memory of its page with others. All that are given the
    /// same account hold no more together than [`Quota::page`] says.
    pub fn in_page(can_decode: CanDecode, page_memory: &MemoryAccount) -> Self {
        Self {
            can_decode,
            ready_state: ReadyState::Closed,
            duration: f64::NAN,
            live_seekable_range: None,
            source_buffers: Vec::new(),
            quota: Quota::default(),
            page_memory: page_memory.clone(),
            memory: page_memory.part(),
            next_source_buffer: 0,
            next_track: 0,
            has_metadata: false,
            is_ended: Arc::new(AtomicBool::new(false)),
            is_abandoned: false,
            effects: VecDeque::new(),
        }
    }

    /// What it holds: the coded frames, bytes that are not parsed yet, and all that is kept beside them.
    pub fn memory(&self) -> &MemoryAccount {
        &self.memory
    }

    /// The next thing that the host is to do; `None` when all is done.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-readystate>
    pub fn ready_state(&self) -> ReadyState {
        self.ready_state
    }

    /// In seconds. <https://w3c.github.io/media-source/#dom-mediasource-duration>
    pub fn duration(&self) -> f64 {
        // Step 1. If the readyState attribute is "closed" then return NaN.
        if self.ready_state == ReadyState::Closed {
            f64::NAN
        } else {
            self.duration
        }
    }

    /// The `sourceBuffers` list. <https://w3c.github.io/media-source/#dom-mediasource-sourcebuffers>
    pub fn source_buffers(&self) -> impl Iterator<Item = SourceBufferId> {
        self.source_buffers.iter().map(|buffer| buffer.id)
    }

    /// The `activeSourceBuffers` list, a subset in the same order.
    /// <https://w3c.github.io/media-source/#dom-mediasource-activesourcebuffers>
    pub fn active_source_buffer_ids(&self) -> impl Iterator<Item = SourceBufferId> {
        self.active_source_buffers().map(|buffer| buffer.id)
    }

    /// A reader for each track to play, all enabled audio tracks and one selected video track; none
    /// before every SourceBuffer has its initialization segment. A SourceBuffer that is added later
    /// joins once it has its own.
    pub fn track_readers(&self) -> Vec<TrackReader> {
        if !self.has_metadata {
            return Vec::new();
        }
        // Every SourceBuffer selects its first video track; an element shows but one.
        let mut has_video = false;
        self.active_source_buffers()
            .flat_map(|buffer| buffer.track_readers(&self.is_ended))
            .filter(|reader| {
                let is_video = matches!(*reader.configuration(), CodecConfiguration::Video(_));
                !is_video || !mem::replace(&mut has_video, true)
            })
            .collect()
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-duration>
    pub fn set_duration(&mut self, duration: f64) -> Result<(), Exception> {
        // Step 1. If the value being set is negative or NaN then throw a TypeError exception.
        if duration < 0.0 || duration.is_nan() {
            return Err(Exception::Type("duration must not be negative or NaN"));
        }
        // Step 2. If the readyState attribute is not "open" then throw an InvalidStateError.
        self.check_is_open()?;
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
        let format = self.accepted_format(mime_type)?;
        // Step 3. If the user agent can't handle any more SourceBuffer objects, then throw a
        // QuotaExceededError exception.
        if self.source_buffers.len() >= MAX_SOURCE_BUFFERS {
            return Err(Exception::QuotaExceeded(
                "remove a SourceBuffer before adding another",
            ));
        }
        // Step 4. If the readyState attribute is not "open" then throw an InvalidStateError.
        self.check_is_open()?;
        // Steps 5-7. Let buffer be a new instance of a SourceBuffer, its generate timestamps flag
        // the one that is registered for type, and its mode by that flag.
        let id = SourceBufferId(self.next_source_buffer);
        self.next_source_buffer += 1;
        // Step 8. Append buffer to sourceBuffers.
        let buffer = SourceBuffer::new(id, format, self.memory.part());
        self.source_buffers.push(buffer);
        // Step 9. Queue a task to fire an event named addsourcebuffer at sourceBuffers.
        self.fire(EventTarget::SourceBuffers, Event::AddSourceBuffer);
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
        self.abort_buffer_append(id);
        let mut removed = self.source_buffers.remove(index);
        let was_active = removed.is_active();
        // Steps 3-8. Remove its tracks from its own and from the element's lists.
        self.remove_tracks(&mut removed);
        // Step 9. If sourceBuffer is in activeSourceBuffers, then remove it and queue a task to
        // fire removesourcebuffer at activeSourceBuffers.
        if was_active {
            self.fire(EventTarget::ActiveSourceBuffers, Event::RemoveSourceBuffer);
        }
        // Step 10. Remove sourceBuffer from sourceBuffers and queue a task to fire
        // removesourcebuffer at it.
        self.fire(EventTarget::SourceBuffers, Event::RemoveSourceBuffer);
        // Step 11. Destroy all resources for sourceBuffer.
        self.push(Effect::Discard(Discarded::new(removed)));
        // (The others may all have their initialization segments: the element need not wait for
        // another one then.)
        self.update_playable_tracks();
        self.push(Effect::Element(ElementEffect::BufferedChanged));
        Ok(())
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-endofstream>
    pub fn end_of_stream(&mut self, error: Option<EndOfStreamError>) -> Result<(), Exception> {
        // Step 1. If the readyState attribute is not "open" then throw an InvalidStateError.
        self.check_is_open()?;
        // Step 2. If the updating attribute equals true on any SourceBuffer, then throw an
        // InvalidStateError exception.
        self.check_is_not_updating()?;
        // Step 3. Run the end of stream algorithm with the error parameter set to error.
        self.run_end_of_stream(error.map(|error| match error {
            EndOfStreamError::Network => ElementError::Network,
            EndOfStreamError::Decode => {
                ElementError::Decode("the page ended the stream with a decode error".to_owned())
            }
        }));
        Ok(())
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-setliveseekablerange>
    pub fn set_live_seekable_range(&mut self, start: f64, end: f64) -> Result<(), Exception> {
        // Step 1. If the readyState attribute is not "open" then throw an InvalidStateError.
        self.check_is_open()?;
        // Step 2. If start is negative or greater than end, then throw a TypeError exception.
        if !(0.0..=end).contains(&start) {
            return Err(Exception::Type(
                "the range must start at 0 or later and not end before",
            ));
        }
        // Step 3. Set live seekable range to a single range from start to end.
        self.live_seekable_range = Some((start, end));
        Ok(())
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-clearliveseekablerange>
    pub fn clear_live_seekable_range(&mut self) -> Result<(), Exception> {
        // Step 1. If the readyState attribute is not "open" then throw an InvalidStateError.
        self.check_is_open()?;
        // Step 2. Set live seekable range to be a new empty TimeRanges object.
        self.live_seekable_range = None;
        Ok(())
    }

    /// The step that opens it; `false` if it is attached elsewhere, and the resource fetch fails.
    /// <https://w3c.github.io/media-source/#mediasource-attach>
    pub fn attach(&mut self) -> bool {
        // (One whose script is gone would never hear that it is open.)
        // If readyState is not set to "closed": run the "If the media data cannot be fetched at
        // all" steps of the resource fetch algorithm.
        if self.ready_state != ReadyState::Closed || self.is_abandoned {
            return false;
        }
        // Otherwise: set the readyState attribute to "open" and queue a task to fire sourceopen.
        self.set_ready_state(ReadyState::Open);
        self.fire(EventTarget::MediaSource, Event::SourceOpen);
        true
    }

    /// <https://w3c.github.io/media-source/#mediasource-detach>
    pub fn detach(&mut self) {
        if self.ready_state == ReadyState::Closed {
            return;
        }
        // Step 3. Set the readyState attribute to "closed".
        self.set_ready_state(ReadyState::Closed);
        self.has_metadata = false;
        // Step 5. Update duration to NaN.
        self.duration = f64::NAN;
        // Step 6. Remove all the SourceBuffer objects from activeSourceBuffers.
        // Step 8. Remove all the SourceBuffer objects from sourceBuffers. (Appends that still run
        // find theirs gone. Their tracks go as well, as HTML has it for an element that forgets its
        // media resource.)
        for mut buffer in mem::take(&mut self.source_buffers) {
            self.remove_tracks(&mut buffer);
            self.push(Effect::Discard(Discarded::new(buffer)));
        }
        // Steps 7 and 9. Queue a task to fire removesourcebuffer at activeSourceBuffers, and one to
        // fire it at sourceBuffers.
        self.fire(EventTarget::ActiveSourceBuffers, Event::RemoveSourceBuffer);
        self.fire(EventTarget::SourceBuffers, Event::RemoveSourceBuffer);
        // Step 10. Queue a task to fire an event named sourceclose.
        self.fire(EventTarget::MediaSource, Event::SourceClose);
    }

    /// Tells that the script's global object (a window or a worker) is gone: its tasks do not run any
    /// more. The MediaSource is detached, gives back what it holds, and is never attached again. The
    /// host has its media element run the steps for one that is detached.
    pub fn handle_global_gone(&mut self) {
        self.is_abandoned = true;
        self.detach();
    }

    /// The duration change algorithm where it may fail, because a script asked for it.
    /// <https://w3c.github.io/media-source/#duration-change-algorithm>
    fn change_duration(&mut self, new_duration: f64) -> Result<(), Exception> {
        // Step 2. If new duration is less than the highest presentation timestamp of any buffered
        // coded frames, then throw an InvalidStateError exception.
        let highest_start = self
            .source_buffers
            .iter()
            .filter_map(|buffer| buffer.published.highest_presentation_timestamp)
            .max();
        if highest_start.is_some_and(|start| new_duration < start.seconds()) {
            return Err(Exception::InvalidState(
                "remove() the media beyond the new duration before setting it",
            ));
        }
        // Step 3. Let highest end time be the largest track buffer ranges end time.
        // Step 4. If new duration is less than highest end time, then update it to equal that.
        self.update_duration(new_duration.max(self.highest_end()));
        Ok(())
    }

    /// The duration change algorithm where it cannot fail: nothing that scripts know to be buffered
    /// ends after the new duration, so steps 2 to 4 do nothing.
    /// <https://w3c.github.io/media-source/#duration-change-algorithm>
    pub(crate) fn update_duration(&mut self, new_duration: f64) {
        // Step 1. If the current value of duration is equal to new duration, then return.
        if self.duration == new_duration {
            return;
        }
        // Step 5. Update duration to new duration.
        self.duration = new_duration;
        // Step 6. Update the media element's duration and run the HTMLMediaElement duration change
        // algorithm.
        self.push(Effect::Element(ElementEffect::DurationChanged(
            new_duration,
        )));
    }

    /// <https://w3c.github.io/media-source/#end-of-stream-algorithm>
    pub(crate) fn run_end_of_stream(&mut self, error: Option<ElementError>) {
        // Step 1. Change the readyState attribute value to "ended".
        self.set_ready_state(ReadyState::Ended);
        // Step 2. Queue a task to fire an event named sourceended at the MediaSource.
        self.fire(EventTarget::MediaSource, Event::SourceEnded);
        // Step 3. Go on by the value of error.
        match error {
            // If error is not set: run the duration change algorithm with the largest track
            // buffer ranges end time, and notify the media element that it now has all of the
            // media data.
            None => {
                for buffer in &mut self.source_buffers {
                    buffer.process_held_frames();
                }
                self.update_duration(self.highest_end());
                self.push(Effect::Element(ElementEffect::BufferedChanged));
            }
            // If error is set to "network" or "decode": fail the media element.
            Some(error) => self.push(Effect::Element(ElementEffect::Failed(error))),
        }
    }

    /// The step of most commands on a SourceBuffer that opens an "ended" source again.
    pub(crate) fn reopen(&mut self) {
        if self.ready_state == ReadyState::Ended {
            self.set_ready_state(ReadyState::Open);
            self.fire(EventTarget::MediaSource, Event::SourceOpen);
            // The ranges no longer go on until the end.
            self.push(Effect::Element(ElementEffect::BufferedChanged));
        }
    }

    /// The format to parse for a type that `addSourceBuffer` or `changeType` was given.
    pub(crate) fn accepted_format(&self, mime_type: &str) -> Result<ByteStreamFormat, Exception> {
        MimeType::parse(mime_type)
            .filter(|_| mime::is_type_accepted(mime_type, &self.can_decode))
            .and_then(|parsed| parsed.format())
            .ok_or_else(|| Exception::NotSupported(format!("cannot play \"{mime_type}\"")))
    }

    pub(crate) fn active_source_buffers(&self) -> impl Iterator<Item = &SourceBuffer> {
        self.source_buffers
            .iter()
            .filter(|buffer| buffer.is_active())
    }

    /// Tells the player of a change of the tracks, once every SourceBuffer has got as far as to
    /// know its tracks.
    pub(crate) fn update_playable_tracks(&mut self) {
        self.has_metadata |= !self.source_buffers.is_empty()
            && self
                .source_buffers
                .iter()
                .all(|buffer| buffer.has_first_initialization_segment);
        if self.has_metadata {
            self.push(Effect::Element(ElementEffect::PlayableTracksChanged));
        }
    }

    pub(crate) fn check_is_open(&self) -> Result<(), Exception> {
        if self.ready_state == ReadyState::Open {
            return Ok(());
        }
        Err(Exception::InvalidState(
            "the MediaSource is not open: wait for sourceopen",
        ))
    }

    fn check_is_not_updating(&self) -> Result<(), Exception> {
        if self.source_buffers.iter().any(|buffer| buffer.is_updating) {
            return Err(Exception::InvalidState(
                "a SourceBuffer is updating: wait for updateend",
            ));
        }
        Ok(())
    }

    /// The largest track buffer ranges end time of all SourceBuffers, in seconds; 0 if nothing is
    /// buffered.
    fn highest_end(&self) -> f64 {
        let highest_end = self
            .source_buffers
            .iter()
            .filter_map(|buffer| buffer.published.highest_end)
            .max();
        highest_end.map_or(0.0, PresentationTime::seconds)
    }

    fn set_ready_state(&mut self, ready_state: ReadyState) {
        self.ready_state = ready_state;
        self.is_ended
            .store(ready_state == ReadyState::Ended, Ordering::Release);
    }

    pub(crate) fn fire(&mut self, target: EventTarget, event: Event) {
        self.push(Effect::Fire { target, event });
    }

    pub(crate) fn push(&mut self, effect: Effect) {
        self.effects.push_back(effect);
    }
}
