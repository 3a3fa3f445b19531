/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The counts behind `getVideoPlaybackQuality()`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Counts the video frames of a media element. A player increments it on any of its threads, the
/// element reads it; clones share the counts. A new media resource starts with a new counter.
///
/// <https://w3c.github.io/media-playback-quality/#dom-htmlvideoelement-getvideoplaybackquality>
#[derive(Clone, Debug, Default)]
pub struct VideoFrameCounter {
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    displayed: AtomicU32,
    dropped: AtomicU32,
    corrupted: AtomicU32,
}

/// <https://w3c.github.io/media-playback-quality/#dom-videoplaybackquality>
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct VideoPlaybackQuality {
    /// Frames that were displayed or dropped.
    /// <https://w3c.github.io/media-playback-quality/#dom-videoplaybackquality-totalvideoframes>
    pub total_video_frames: u32,
    /// Frames that were dropped before or after decoding, because they missed their deadline.
    /// <https://w3c.github.io/media-playback-quality/#dom-videoplaybackquality-droppedvideoframes>
    pub dropped_video_frames: u32,
    /// Frames that were found corrupted. Each is counted as displayed or dropped as well.
    pub corrupted_video_frames: u32,
}

impl VideoFrameCounter {
    /// Returns a counter that has counted no frame.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a frame that was shown for the first time.
    pub fn count_displayed(&self) {
        count(&self.counts.displayed);
    }

    /// Counts a frame that came too late to be shown.
    pub fn count_dropped(&self) {
        count(&self.counts.dropped);
    }

    /// Counts a frame that was decoded with errors. It is also counted as displayed or dropped.
    pub fn count_corrupted(&self) {
        count(&self.counts.corrupted);
    }

    /// <https://w3c.github.io/media-playback-quality/#dom-htmlvideoelement-getvideoplaybackquality>
    pub fn quality(&self) -> VideoPlaybackQuality {
        let dropped_video_frames = self.counts.dropped.load(Ordering::Relaxed);
        let displayed = self.counts.displayed.load(Ordering::Relaxed);
        VideoPlaybackQuality {
            total_video_frames: displayed.saturating_add(dropped_video_frames),
            dropped_video_frames,
            corrupted_video_frames: self.counts.corrupted.load(Ordering::Relaxed),
        }
    }
}

/// Increments a count. After years of one resource it stays at the largest number.
fn count(counter: &AtomicU32) {
    let _ = counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
        count.checked_add(1)
    });
}
