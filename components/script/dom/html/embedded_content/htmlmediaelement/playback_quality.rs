/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The counts behind `getVideoPlaybackQuality()`.
#![warn(unused)]

use media_source::VideoPlaybackQuality;

use super::HTMLMediaElement;

impl HTMLMediaElement {
    pub(super) fn count_video_frame(&self) {
        self.additions.frames.borrow().count_displayed();
        self.handle_presented_frame();
    }

    /// <https://w3c.github.io/media-playback-quality/#dom-htmlvideoelement-getvideoplaybackquality>
    pub(crate) fn playback_quality(&self) -> VideoPlaybackQuality {
        // The players of MediaSources and streams know which frames they dropped. Of the players of files only the
        // frames are known that they gave.
        self.mse_playback_quality()
            .or_else(|| self.stream_playback_quality())
            .unwrap_or_else(|| self.additions.frames.borrow().quality())
    }
}
