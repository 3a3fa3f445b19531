/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How much a SourceBuffer may hold, and what happens when it is full.

use byte_stream::track::Medium;

use crate::element::SourceBufferView;

/// The number of bytes that may be held: coded frames and all that is kept beside them. If there is more,
/// frames are evicted, or `appendBuffer` throws. The embedder sets it by the memory of the device:
/// [`Platform::with_quota`](crate::Platform::with_quota).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Quota {
    /// The bytes of a SourceBuffer with a video track, or whose tracks are not known yet. The default is
    /// 150 MiB, which is minutes of high-definition video.
    pub with_video: usize,
    /// The bytes of a SourceBuffer with audio tracks only. The default is 12 MiB, which is minutes of
    /// lossless audio.
    pub audio_only: usize,
    /// The bytes of all SourceBuffers of a MediaSource together. The default is 300 MiB.
    pub media_source: usize,
    /// The bytes of all media sources of a page together. The default is 600 MiB.
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
    /// Returns a quota of so many bytes for each SourceBuffer. A MediaSource may hold what two full
    /// SourceBuffers do and a page what four do, but not less than by default.
    pub fn of_each_source_buffer(bytes: usize) -> Self {
        Self {
            with_video: bytes,
            audio_only: bytes,
            media_source: STANDARD.media_source.max(bytes.saturating_mul(2)),
            page: STANDARD.page.max(bytes.saturating_mul(4)),
        }
    }

    /// Returns the limits of the SourceBuffer, its MediaSource and its page while an append runs. They are a
    /// little above the quota: the bytes of the append had room, but frames may take more memory than the
    /// bytes that they came in.
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

/// The room above any quota, in bytes, for what a parser takes that does not grow with the media.
const LEAST_EXCESS: usize = 64 << 10;
