/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The counts of video frames.

use std::thread;

use media_source::{VideoFrameCounter, VideoPlaybackQuality};

/// <https://w3c.github.io/media-playback-quality/#dom-htmlvideoelement-getvideoplaybackquality>
#[test]
fn dropped_frames_are_among_all_frames() {
    let counter = VideoFrameCounter::new();
    assert_eq!(counter.quality(), VideoPlaybackQuality::default());
    counter.count_displayed();
    counter.count_displayed();
    counter.count_dropped();
    counter.count_corrupted();
    assert_eq!(
        counter.quality(),
        VideoPlaybackQuality {
            total_video_frames: 3,
            dropped_video_frames: 1,
            corrupted_video_frames: 1,
        }
    );
}

/// <https://w3c.github.io/media-playback-quality/#dom-htmlvideoelement-getvideoplaybackquality>
#[test]
fn threads_share_the_counts() {
    let counter = VideoFrameCounter::new();
    thread::scope(|scope| {
        for _ in 0..4 {
            let counter = counter.clone();
            scope.spawn(move || (0..1000).for_each(|_| counter.count_displayed()));
        }
    });
    assert_eq!(counter.quality().total_video_frames, 4000);
}
