/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The SourceBuffer object: its state, and the methods that change what is buffered.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use byte_stream::format::ByteStreamFormat;
use byte_stream::track::TrackId;
use parking_lot::Mutex;
use track_buffer::time::TimeDelta;
use track_buffer::track_buffers::TrackBuffers;

use crate::append::Append;
use crate::attributes::{AppendMode, Attributes};
use crate::effect::{Effect, Event, EventTarget, SourceBufferId};
use crate::element::ElementState;
use crate::exception::Exception;
use crate::generation_lock::GenerationLock;
use crate::job::{Job, Task};
use crate::media_source::MediaSource;
use crate::memory::{self, Held, MemoryAccount};
use crate::published::Published;
use crate::reader::TrackReader;
use crate::segment_parser::SegmentParser;
use crate::tracks::MediaTrack;

/// <https://w3c.github.io/media-source/#sourcebuffer>
pub(crate) struct SourceBuffer {
    pub(crate) id: SourceBufferId,
    pub(crate) is_updating: bool,
    pub(crate) is_removing: bool,
    /// <https://w3c.github.io/media-source/#dfn-first-initialization-segment-received-flag>
    pub(crate) has_first_initialization_segment: bool,
    /// <https://w3c.github.io/media-source/#dfn-generate-timestamps-flag>
    pub(crate) generates_timestamps: bool,
    /// The `audioTracks`, then the `videoTracks`, then the `textTracks`.
    pub(crate) tracks: Vec<MediaTrack>,
    pub(crate) attributes: Attributes,
    /// What it holds, and the appends that were given to it.
    pub(crate) memory: MemoryAccount,
    /// What scripts see of what is in the track buffers.
    pub(crate) published: Published,
    pub(crate) contents: Contents,
}

/// What jobs work on. Commands lock it for themselves while no job runs, and wait for no more than a
/// turn of one that they abort.
#[derive(Clone)]
pub(crate) struct Contents {
    /// Locked by one turn of a job at a time; no turn does more than its budget of work. A generation
    /// ends with an abort.
    pub(crate) segment_parser: Arc<GenerationLock<SegmentParser>>,
    pub(crate) track_buffers: Arc<Mutex<TrackBuffers>>,
    /// What both hold beside media.
    pub(crate) structures: Arc<Held>,
}

impl Contents {
    /// Counts what both hold beside media, as it is now.
    pub(crate) fn weigh_structures(&self, held_by_parser: usize, track_buffers: &TrackBuffers) {
        self.structures
            .set(held_by_parser + track_buffers.overhead_bytes());
    }
}

impl SourceBuffer {
    pub(crate) fn new(id: SourceBufferId, format: ByteStreamFormat, memory: MemoryAccount) -> Self {
        let mut buffer = Self {
            id,
            is_updating: false,
            is_removing: false,
            has_first_initialization_segment: false,
            generates_timestamps: false,
            tracks: Vec::new(),
            attributes: Attributes::default(),
            published: Published::default(),
            contents: Contents {
                segment_parser: Arc::new(GenerationLock::new(SegmentParser::new(format, &memory))),
                track_buffers: Arc::new(Mutex::new(TrackBuffers::new())),
                structures: Arc::new(Held::new(&memory, 0)),
            },
            memory,
        };
        buffer.set_generates_timestamps(format.generates_timestamps());
        buffer
    }

    /// Sets the generate timestamps flag, and the mode that frames without timestamps need.
    fn set_generates_timestamps(&mut self, generates_timestamps: bool) {
        self.generates_timestamps = generates_timestamps;
        let mut track_buffers = self.contents.track_buffers.lock();
        track_buffers.set_generates_timestamps(generates_timestamps);
        drop(track_buffers);
        if generates_timestamps {
            self.set_mode(AppendMode::Sequence);
        }
    }

    pub(crate) fn track_readers(&self, is_ended: &Arc<AtomicBool>) -> Vec<TrackReader> {
        let tracks = self.published.tracks.iter();
        tracks
            .filter(|(id, _)| self.plays(*id))
            .map(|(id, configuration)| {
                let track_buffers = &self.contents.track_buffers;
                TrackReader::new(track_buffers, is_ended, (self.id, *id), configuration)
            })
            .collect()
    }

    /// Lets scripts see what is in the track buffers. No job runs.
    pub(crate) fn publish(&mut self) {
        let held_by_parser = self.contents.segment_parser.lock().held_bytes();
        let track_buffers = self.contents.track_buffers.lock();
        self.published = Published::of(&track_buffers);
        self.contents
            .weigh_structures(held_by_parser, &track_buffers);
    }

    fn plays(&self, track_buffer: TrackId) -> bool {
        let mut tracks = self.tracks.iter();
        tracks.any(|track| track.track_buffer == track_buffer && track.is_enabled)
    }

    /// Starts again with empty track buffers and a parser that knows of nothing.
    pub(crate) fn forget_contents(&mut self) {
        let mut segment_parser = self.contents.segment_parser.lock();
        *segment_parser = SegmentParser::new(segment_parser.format, &self.memory);
        drop(segment_parser);
        let attributes = self.attributes;
        let mut track_buffers = TrackBuffers::new();
        track_buffers.set_generates_timestamps(self.generates_timestamps);
        track_buffers.set_mode(attributes.mode);
        track_buffers.set_timestamp_offset(TimeDelta::from_seconds(attributes.timestamp_offset));
        *self.contents.track_buffers.lock() = track_buffers;
        self.update_append_window();
    }

    /// Makes an append that still runs stop at its next turn, and its outcome fall away.
    pub(crate) fn cancel_append(&self) {
        self.contents.segment_parser.end_generation();
    }

    /// Processes the frames that only wait to learn their duration from the next one. Returns
    /// whether there were any.
    pub(crate) fn process_held_frames(&mut self) -> bool {
        let mut segment_parser = self.contents.segment_parser.lock();
        let frames = segment_parser.take_held_frames();
        drop(segment_parser);
        let has_frames = !frames.is_empty();
        if has_frames {
            self.contents.track_buffers.lock().append(frames);
            self.publish();
            self.refresh_timestamp_offset();
        }
        has_frames
    }

    /// <https://w3c.github.io/media-source/#sourcebuffer-reset-parser-state>
    pub(crate) fn reset_parser_state(&mut self) {
        // Step 1. If the append state equals PARSING_MEDIA_SEGMENT and the input buffer contains
        // some complete coded frames, then run the coded frame processing algorithm until all of
        // these have been processed.
        self.process_held_frames();
        // Steps 2-6. Unset the variables of the track buffers; in sequence mode, set the group
        // start timestamp to the group end timestamp.
        self.contents.track_buffers.lock().reset_parser_state();
        // Steps 7-8. Remove all bytes from the input buffer, and wait for a segment.
        self.contents.segment_parser.lock().reset();
        // (An append that was aborted has stored what it parsed until then.)
        self.publish();
    }
}

impl Drop for SourceBuffer {
    /// However it goes, an append that still runs has nothing to do any more, and keeps no bytes.
    fn drop(&mut self) {
        self.cancel_append();
        self.contents.segment_parser.lock().reset();
    }
}

impl MediaSource {
    /// Appends a copy of `data`, for which there must be room: the system's want of memory is a
    /// `QuotaExceededError` as well.
    ///
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-appendbuffer>
    pub fn append_buffer(
        &mut self,
        id: SourceBufferId,
        data: &[u8],
        element: ElementState,
    ) -> Result<(), Exception> {
        // Step 1. Run the prepare append algorithm.
        self.prepare_append(id, data.len(), element)?;
        // Step 2. Add data to the end of the input buffer. (No append runs that this could wait for.)
        let (can_decode, quota) = (self.can_decode, self.quota);
        let buffer = self.not_removed_mut(id)?;
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
            can_decode,
            memory: buffer.memory.clone(),
            limits: quota.limits(buffer),
            is_full: false,
        };
        let job = Job::new(buffer, Task::Append(append));
        // Step 4. Queue a task to fire an event named updatestart.
        self.fire(EventTarget::SourceBuffer(id), Event::UpdateStart);
        // Step 5. Asynchronously run the buffer append algorithm.
        self.push(Effect::RunJob(job));
        Ok(())
    }

    /// <https://w3c.github.io/media-source/#sourcebuffer-prepare-append>
    fn prepare_append(
        &mut self,
        id: SourceBufferId,
        new_data_bytes: usize,
        element: ElementState,
    ) -> Result<(), Exception> {
        // Steps 1-2. If the SourceBuffer has been removed, or updating equals true, then throw an
        // InvalidStateError exception.
        self.idle_mut(id)?;
        // Steps 3-4. If the media element's error attribute is not null, then throw an
        // InvalidStateError exception.
        if element.has_error {
            return Err(Exception::InvalidState(
                "the media element has failed (see its error attribute): load again",
            ));
        }
        // Step 5. If the readyState is "ended": set it to "open" and fire sourceopen.
        self.reopen();
        // Step 6. Run the coded frame eviction algorithm.
        let is_buffer_full = self.run_coded_frame_eviction(id, new_data_bytes, element)?;
        // Step 7. If the buffer full flag equals true, then throw a QuotaExceededError exception.
        if is_buffer_full {
            return Err(Exception::QuotaExceeded(
                "the SourceBuffer is full: remove() what has been played, then append again",
            ));
        }
        Ok(())
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-abort>
    pub fn abort(&mut self, id: SourceBufferId) -> Result<(), Exception> {
        // Step 1. If this object has been removed then throw an InvalidStateError exception.
        self.not_removed_mut(id)?;
        // Step 2. If the readyState attribute of the parent media source is not "open" then throw
        // an InvalidStateError exception.
        self.check_is_open()?;
        // Step 3. If the range removal algorithm is running, then throw an InvalidStateError.
        if self.not_removed_mut(id)?.is_removing {
            return Err(Exception::InvalidState(
                "a removal cannot be aborted: wait for updateend",
            ));
        }
        // Step 4. If the updating attribute equals true, then abort the buffer append algorithm.
        self.abort_buffer_append(id);
        // Step 5. Run the reset parser state algorithm.
        self.reset_parser_state(id);
        // Steps 6-7. Set appendWindowStart to the presentation start time and appendWindowEnd to
        // positive Infinity.
        self.not_removed_mut(id)?.reset_append_window();
        Ok(())
    }

    /// The steps that `abort()` and `removeSourceBuffer()` share.
    pub(crate) fn abort_buffer_append(&mut self, id: SourceBufferId) {
        let Ok(buffer) = self.not_removed_mut(id) else {
            return;
        };
        if !buffer.is_updating {
            return;
        }
        // Abort the buffer append algorithm if it is running.
        buffer.cancel_append();
        // Set the updating attribute to false.
        buffer.is_updating = false;
        // Queue a task to fire abort, and one to fire updateend, at the SourceBuffer.
        self.fire(EventTarget::SourceBuffer(id), Event::Abort);
        self.fire(EventTarget::SourceBuffer(id), Event::UpdateEnd);
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-changetype>
    pub fn change_type(&mut self, id: SourceBufferId, mime_type: &str) -> Result<(), Exception> {
        // Step 1. If type is an empty string then throw a TypeError exception.
        if mime_type.is_empty() {
            return Err(Exception::Type(
                "changeType needs a MIME type, such as video/mp4",
            ));
        }
        // Steps 2-3. If this object has been removed, or updating equals true, then throw an
        // InvalidStateError exception.
        self.idle_mut(id)?;
        // Step 4. If type contains a MIME type that is not supported, then throw a
        // NotSupportedError exception.
        let format = self.accepted_format(mime_type)?;
        // Step 5. If the readyState is "ended": set it to "open" and fire sourceopen.
        self.reopen();
        // Step 6. Run the reset parser state algorithm.
        self.reset_parser_state(id);
        // Step 7. Update the generate timestamps flag to the value that is registered for type.
        // Step 8. If it equals true, then set the mode attribute to "sequence". Otherwise keep the
        // previous value.
        let buffer = self.idle_mut(id)?;
        buffer.set_generates_timestamps(format.generates_timestamps());
        // Step 9. Set the pending initialization segment for changeType flag to true: a new
        // parser accepts no media before an initialization segment.
        let segment_parser = SegmentParser::new(format, &buffer.memory);
        *buffer.contents.segment_parser.lock() = segment_parser;
        Ok(())
    }

    /// A job is done with the SourceBuffer, which is there.
    pub(crate) fn end_update(&mut self, id: SourceBufferId) {
        let buffer = self.not_removed_mut(id).expect("looked up by the caller");
        buffer.is_updating = false;
        buffer.is_removing = false;
    }

    pub(crate) fn not_removed(&self, id: SourceBufferId) -> Result<&SourceBuffer, Exception> {
        self.source_buffers
            .iter()
            .find(|buffer| buffer.id == id)
            .ok_or(REMOVED)
    }

    pub(crate) fn not_removed_mut(
        &mut self,
        id: SourceBufferId,
    ) -> Result<&mut SourceBuffer, Exception> {
        self.source_buffers
            .iter_mut()
            .find(|buffer| buffer.id == id)
            .ok_or(REMOVED)
    }

    /// The SourceBuffer, unless it has been removed or is updating.
    pub(crate) fn idle_mut(&mut self, id: SourceBufferId) -> Result<&mut SourceBuffer, Exception> {
        let buffer = self.not_removed_mut(id)?;
        if buffer.is_updating {
            return Err(Exception::InvalidState(
                "the SourceBuffer is updating: wait for updateend",
            ));
        }
        Ok(buffer)
    }
}

const REMOVED: Exception =
    Exception::InvalidState("the SourceBuffer has been removed from its MediaSource");

#[cfg(test)]
mod tests {
    use crate::attributes::AppendMode;
    use crate::effect::SourceBufferId;
    use crate::exception::Exception;
    use crate::media_source::MediaSource;

    fn open_source() -> (MediaSource, SourceBufferId) {
        let mut source = MediaSource::new(|_| true);
        assert!(source.attach());
        let id = source
            .add_source_buffer("audio/mp4")
            .expect("the type is supported");
        (source, id)
    }

    fn mode(source: &MediaSource, id: SourceBufferId) -> AppendMode {
        source.attributes(id).expect("it is there").mode
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-mode>
    #[test]
    fn generated_timestamps_need_sequence_mode() {
        let (mut source, id) = open_source();
        assert_eq!(mode(&source, id), AppendMode::Segments);
        let buffer = source.idle_mut(id).expect("it is idle");
        buffer.set_generates_timestamps(true);
        assert_eq!(
            buffer.contents.track_buffers.lock().mode(),
            AppendMode::Sequence
        );
        assert_eq!(mode(&source, id), AppendMode::Sequence);
        assert!(matches!(
            source.set_mode(id, AppendMode::Segments),
            Err(Exception::Type(_))
        ));
        assert_eq!(mode(&source, id), AppendMode::Sequence);
        assert_eq!(source.set_mode(id, AppendMode::Sequence), Ok(()));
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-changetype>
    #[test]
    fn a_changed_type_with_timestamps_keeps_the_mode() {
        let (mut source, id) = open_source();
        let buffer = source.idle_mut(id).expect("it is idle");
        buffer.set_generates_timestamps(true);
        source
            .change_type(id, "video/webm")
            .expect("the type is supported");
        assert_eq!(mode(&source, id), AppendMode::Sequence);
        assert_eq!(source.set_mode(id, AppendMode::Segments), Ok(()));
    }
}
