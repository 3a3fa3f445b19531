/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How much a SourceBuffer may hold, and what happens when it is full.

use byte_stream::track::Medium;

use crate::element::SourceBufferView;

/// How many bytes may be held, coded frames and all that is kept beside them. What is more is evicted,
/// or `appendBuffer` throws. The embedder sets it by the memory of the device:
/// [`Platform::with_quota`](crate::Platform::with_quota).
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

impl Default for Quota {
    fn default() -> Self {
        STANDARD
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

    /// What none of them may exceed while an append runs, of the SourceBuffer, its MediaSource and its
    /// page: little more than the quota, as the bytes of the append fitted, but frames may come to take
    /// more than the bytes that they were in.
    pub(crate) fn limits(self, buffer: &SourceBufferView) -> [usize; 3] {
        let quotas = [self.of_tracks(buffer), self.media_source, self.page];
        quotas.map(|quota| quota.saturating_add((quota / 16).max(LEAST_EXCESS)))
    }

    pub(crate) fn of_tracks(self, buffer: &SourceBufferView) -> usize {
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
