/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! When a media element that plays a stream has ended playback.

/// Whether a media element that plays a stream has [ended
/// playback](https://w3c.github.io/mediacapture-main/#mediastreams-in-media-elements). The element says whether
/// the stream is active, which for an audio element is whether it is audible.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct EndedPlayback {
    is_active: bool,
    has_ended: bool,
}

/// What the element is to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PlaybackChange {
    /// Run the steps of reaching the end.
    Ended,
    /// Play on.
    Resumed,
}

impl EndedPlayback {
    /// Returns whether playback has ended.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Handles whether the stream is active now. Playback that has ended goes on by itself only where the
    /// element has `autoplay`.
    pub fn handle_activity(&mut self, is_active: bool, autoplay: bool) -> Option<PlaybackChange> {
        let was_active = std::mem::replace(&mut self.is_active, is_active);
        if was_active && !is_active {
            self.has_ended = true;
            return Some(PlaybackChange::Ended);
        }
        let resumes = self.has_ended && is_active && autoplay;
        if resumes {
            self.has_ended = false;
        }
        resumes.then_some(PlaybackChange::Resumed)
    }

    /// Handles a call of `play()`: an active stream goes on. Returns whether it had ended.
    pub fn handle_play(&mut self) -> bool {
        let resumes = self.has_ended && self.is_active;
        if resumes {
            self.has_ended = false;
        }
        resumes
    }
}
