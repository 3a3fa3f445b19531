/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How much a SourceBuffer may hold, and what happens when it is full.

use std::sync::OnceLock;

use crate::effect::{Discarded, Effect, ElementEffect, SourceBufferId};
use crate::element::ElementState;
use crate::exception::Exception;
use crate::media_source::MediaSource;
use crate::memory::MemoryAccount;
use crate::source_buffer::SourceBuffer;
use crate::tracks::Medium;

/// How many bytes may be held, coded frames and all that is kept beside them. What is more is evicted,
/// or `appendBuffer` throws. The embedder's to set, by the memory of the device: for one media source
/// with [`MediaSource::set_quota`], for all with [`Quota::make_default`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Quota {
    /// By a SourceBuffer with a video track, or before its tracks are known. At first 150 MiB: minutes
    /// of high-definition video.
    pub with_video: usize,
    /// By a SourceBuffer with audio tracks only. At first 12 MiB: minutes of lossless sound.
    pub audio_only: usize,
    /// By all SourceBuffers of a MediaSource. At first 300 MiB.
    pub media_source: usize,
    /// By all media sources of a page. At first 600 MiB.
    pub page: usize,
}

/// What the embedder wants for every media source.
static DEFAULT: OnceLock<Quota> = OnceLock::new();

impl Default for Quota {
    fn default() -> Self {
        DEFAULT.get().copied().unwrap_or(STANDARD)
    }
}

const STANDARD: Quota = Quota {
    with_video: 150 << 20,
    audio_only: 12 << 20,
    media_source: 300 << 20,
    page: 600 << 20,
};

impl Quota {
    /// So many bytes by each SourceBuffer, and as many as at first, or more, by a MediaSource and a page:
    /// two and four SourceBuffers can be full.
    pub fn of_each_source_buffer(bytes: usize) -> Self {
        Self {
            with_video: bytes,
            audio_only: bytes,
            media_source: STANDARD.media_source.max(bytes.saturating_mul(2)),
            page: STANDARD.page.max(bytes.saturating_mul(4)),
        }
    }

    /// Makes this the quota of the media sources that are created from now on, for embedders of an
    /// engine, which creates them itself. Once in a process, when it starts: `false` if it was done
    /// before.
    pub fn make_default(self) -> bool {
        DEFAULT.set(self).is_ok()
    }

    /// How much a SourceBuffer may hold beside what others do.
    fn of(self, buffer: &SourceBuffer, media_source: &MediaSource) -> usize {
        let held = buffer.memory.bytes();
        let beside_others = |whole: usize, account: &MemoryAccount| {
            whole.saturating_sub(account.bytes().saturating_sub(held))
        };
        self.of_tracks(buffer)
            .min(beside_others(self.media_source, &media_source.memory))
            .min(beside_others(self.page, &media_source.page_memory))
    }

    /// What none of them may exceed while an append runs, of the SourceBuffer, its MediaSource and its
    /// page: little more than the quota, as the bytes of the append fitted, but frames may come to take
    /// more than the bytes that they were in.
    pub(crate) fn limits(self, buffer: &SourceBuffer) -> [usize; 3] {
        let quotas = [self.of_tracks(buffer), self.media_source, self.page];
        quotas.map(|quota| quota.saturating_add((quota / 16).max(LEAST_EXCESS)))
    }

    fn of_tracks(self, buffer: &SourceBuffer) -> usize {
        let mut tracks = buffer.tracks.iter();
        if !buffer.tracks.is_empty() && tracks.all(|track| track.medium != Medium::Video) {
            self.audio_only
        } else {
            self.with_video
        }
    }
}

/// What a parser takes beside the bytes, and does not grow with them, has room whatever the quota.
const LEAST_EXCESS: usize = 64 << 10;

/// How much is evicted while a script waits, in the units of
/// [`TrackBuffers::evict_some`](track_buffer::TrackBuffers::evict_some): half a millisecond's worth.
/// Where more must go, `appendBuffer` throws before it fits, and the next call goes on.
const EVICTION_WORK: usize = 10_000;

/// For so many new bytes, which are copied while the script waits, eviction may take as long as the copy
/// of them: one unit of work more.
const BYTES_PER_WORK: usize = 64;

impl MediaSource {
    /// Sets how much may be held. The next append evicts what is too much.
    pub fn set_quota(&mut self, quota: Quota) {
        self.quota = quota;
    }

    /// Makes room for `new_data_bytes`. Returns the buffer full flag, which is never kept: it follows
    /// from what the SourceBuffer holds.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-eviction>
    pub(crate) fn run_coded_frame_eviction(
        &mut self,
        id: SourceBufferId,
        new_data_bytes: usize,
        element: ElementState,
    ) -> Result<bool, Exception> {
        // Step 1. Let new data equal the data that is about to be appended to this SourceBuffer.
        // (For what never fits, nothing is evicted.)
        let buffer = self.not_removed(id)?;
        let quota = self.quota.of(buffer, self);
        if new_data_bytes > quota {
            return Ok(true);
        }
        // Step 2. If the buffer full flag equals false, then abort these steps.
        // Steps 3-4. Let removal ranges equal the ranges that can be evicted to make room, and run
        // the coded frame removal algorithm for each.
        let held_by_parser = buffer.contents.segment_parser.lock().held_bytes();
        let mut track_buffers = buffer.contents.track_buffers.lock();
        let bytes_before = track_buffers.byte_size();
        let mut work = EVICTION_WORK + new_data_bytes / BYTES_PER_WORK;
        let mut discarded = Vec::new();
        let has_room = loop {
            // What is held beside the frames: bytes that are not parsed yet, and those that share a
            // chunk with a frame.
            let bytes = track_buffers.byte_size();
            let beside = buffer.memory.bytes().saturating_sub(bytes);
            let new_bytes = new_data_bytes.saturating_add(beside);
            let frames_to_drop = work;
            track_buffers.evict_some(element.position, new_bytes, quota, &mut work);
            let removed = track_buffers.take_removed();
            let contents = &buffer.contents;
            contents.weigh_structures(held_by_parser, &track_buffers);
            // (Those of a very large group, or that were kept for a reader.)
            if removed.len() > frames_to_drop {
                discarded.push(Effect::Discard(Discarded::frames(buffer, removed)));
            } else {
                drop(removed);
            }
            // (A frame that stays keeps those that share its chunk.)
            let held = buffer.memory.bytes().max(track_buffers.byte_size());
            let has_room = held.saturating_add(new_data_bytes) <= quota;
            if has_room || work == 0 || track_buffers.byte_size() == bytes {
                break has_room;
            }
        };
        let has_evicted = track_buffers.byte_size() < bytes_before;
        drop(track_buffers);
        discarded.into_iter().for_each(|effect| self.push(effect));
        if has_evicted {
            self.not_removed_mut(id)?.publish();
            self.push(Effect::Element(ElementEffect::BufferedChanged));
        }
        Ok(!has_room)
    }
}
