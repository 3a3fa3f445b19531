/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The coded frame eviction algorithm.

use super::SourceBuffer;
use crate::effect::{Discarded, Effect, ElementEffect};
use crate::memory::MemoryAccount;

/// The work of eviction while a script waits, in the units of
/// [`TrackBuffers::evict_some`](track_buffer::TrackBuffers::evict_some). It takes half a millisecond. If
/// that is not enough, `appendBuffer` throws, and the next call evicts further.
const EVICTION_WORK: usize = 10_000;

/// The number of new bytes for which eviction may do one unit of work more. The bytes are copied while the
/// script waits, and eviction may take as long as that copy.
const BYTES_PER_WORK: usize = 64;

impl SourceBuffer<'_> {
    /// Makes room for `new_data_bytes`. Returns the buffer full flag. The flag is not stored, because it
    /// follows from what the SourceBuffer holds.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-eviction>
    pub(super) fn run_coded_frame_eviction(&mut self, new_data_bytes: usize) -> bool {
        // Step 1. Let new data equal the data that is about to be appended to this SourceBuffer.
        // (Nothing is evicted for data that can never fit.)
        let quota = self.quota();
        if new_data_bytes > quota {
            return true;
        }
        // Step 2. If the buffer full flag equals false, then abort these steps.
        // Steps 3-4. Let removal ranges equal the ranges that can be evicted to make room, and run
        // the coded frame removal algorithm for each.
        let playhead = self.parent.view.position();
        let buffer = &mut *self.state;
        let held_by_parser = buffer.contents.segment_parser.lock().held_bytes();
        let mut track_buffers = buffer.contents.track_buffers.lock();
        let bytes_before = track_buffers.byte_size();
        let mut work = EVICTION_WORK + new_data_bytes / BYTES_PER_WORK;
        let mut discarded = Vec::new();
        let has_room = loop {
            // Beside the frames there are bytes that are not parsed yet, and bytes that share a chunk with a
            // frame.
            let bytes = track_buffers.byte_size();
            let beside = buffer.memory.bytes().saturating_sub(bytes);
            let new_bytes = new_data_bytes.saturating_add(beside);
            let frames_to_drop = work;
            track_buffers.evict_some(playhead, new_bytes, quota, &mut work);
            let removed = track_buffers.take_removed();
            let contents = &buffer.contents;
            contents.weigh_structures(held_by_parser, &track_buffers);
            // (These are the frames of a very large group, or frames that were kept for a reader.)
            if removed.len() > frames_to_drop {
                discarded.push(Effect::Discard(Discarded::frames(buffer, removed)));
            } else {
                drop(removed);
            }
            // (A frame that stays keeps all bytes that share its chunk.)
            let held = buffer.memory.bytes().max(track_buffers.byte_size());
            let has_room = held.saturating_add(new_data_bytes) <= quota;
            if has_room || work == 0 || track_buffers.byte_size() == bytes {
                break has_room;
            }
        };
        let has_evicted = track_buffers.byte_size() < bytes_before;
        drop(track_buffers);
        for effect in discarded {
            self.parent.push(effect);
        }
        if has_evicted {
            self.state.publish();
            self.parent
                .push(Effect::Element(ElementEffect::BufferedChanged));
        }
        !has_room
    }

    /// Returns the bytes that the SourceBuffer may hold, given what other SourceBuffers hold.
    fn quota(&self) -> usize {
        let (quota, parent) = (self.parent.quota, &self.parent);
        let held = self.state.memory.bytes();
        let beside_others = |whole: usize, account: &MemoryAccount| {
            whole.saturating_sub(account.bytes().saturating_sub(held))
        };
        quota
            .of_tracks(&self.state.view())
            .min(beside_others(quota.media_source, &parent.memory))
            .min(beside_others(quota.page, &parent.page.memory))
    }
}
