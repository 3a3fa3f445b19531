/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The state of a SourceBuffer.

use std::sync::Arc;

use byte_stream::format::ByteStreamFormat;
use parking_lot::{Mutex, MutexGuard};
use track_buffer::time::TimeDelta;
use track_buffer::track_buffers::TrackBuffers;

use super::attributes::{AppendMode, Attributes};
use crate::effect::SourceBufferId;
use crate::element::SourceBufferView;
use crate::generation_lock::GenerationLock;
use crate::memory::{Held, MemoryAccount};
use crate::published::Published;
use crate::segment_parser::SegmentParser;

/// The state of a [`SourceBuffer`](super::SourceBuffer) that its media element does not see.
pub(crate) struct SourceBufferState {
    pub(crate) id: SourceBufferId,
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-updating>
    pub(crate) is_updating: bool,
    /// Whether the range removal algorithm is running.
    pub(crate) is_removing: bool,
    /// <https://w3c.github.io/media-source/#dfn-generate-timestamps-flag>
    pub(crate) generates_timestamps: bool,
    pub(crate) attributes: Attributes,
    /// What it holds, and the appends that were given to it.
    pub(crate) memory: MemoryAccount,
    /// What its media element sees as well.
    pub(crate) view: Arc<Mutex<SourceBufferView>>,
    pub(crate) contents: Contents,
}

/// What jobs work on. Commands lock it for themselves while no job runs, and wait for no more than a
/// turn of one that they abort.
///
/// A thread that locks several of these takes the segment parser first, then the track buffers, then
/// the [`SourceBufferView`]. The lock of the [`ElementView`](crate::element::ElementView) is never held
/// together with the first two.
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

impl SourceBufferState {
    pub(crate) fn new(id: SourceBufferId, format: ByteStreamFormat, memory: MemoryAccount) -> Self {
        let track_buffers = Arc::new(Mutex::new(TrackBuffers::new()));
        let mut buffer = Self {
            id,
            is_updating: false,
            is_removing: false,
            generates_timestamps: false,
            attributes: Attributes::default(),
            view: Arc::new(Mutex::new(SourceBufferView {
                id,
                has_first_initialization_segment: false,
                tracks: Vec::new(),
                published: Published::default(),
                track_buffers: track_buffers.clone(),
            })),
            contents: Contents {
                segment_parser: Arc::new(GenerationLock::new(SegmentParser::new(format, &memory))),
                track_buffers,
                structures: Arc::new(Held::new(&memory, 0)),
            },
            memory,
        };
        buffer.set_generates_timestamps(format.generates_timestamps());
        buffer
    }

    /// Sets the generate timestamps flag, and the mode that frames without timestamps need.
    pub(super) fn set_generates_timestamps(&mut self, generates_timestamps: bool) {
        self.generates_timestamps = generates_timestamps;
        let mut track_buffers = self.contents.track_buffers.lock();
        track_buffers.set_generates_timestamps(generates_timestamps);
        drop(track_buffers);
        if generates_timestamps {
            self.set_mode(AppendMode::Sequence);
        }
    }

    /// Locks what its media element sees as well, for a moment.
    pub(crate) fn view(&self) -> MutexGuard<'_, SourceBufferView> {
        self.view.lock()
    }

    /// Lets scripts see what is in the track buffers. No job runs.
    pub(crate) fn publish(&mut self) {
        let held_by_parser = self.contents.segment_parser.lock().held_bytes();
        let track_buffers = self.contents.track_buffers.lock();
        let published = Published::of(&track_buffers);
        self.view().published = published;
        self.contents
            .weigh_structures(held_by_parser, &track_buffers);
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

impl Drop for SourceBufferState {
    /// However it goes, an append that still runs has nothing to do any more, and keeps no bytes.
    fn drop(&mut self) {
        self.cancel_append();
        self.contents.segment_parser.lock().reset();
    }
}
