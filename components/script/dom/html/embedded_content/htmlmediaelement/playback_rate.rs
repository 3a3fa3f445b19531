/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! `playbackRate`, and whether audio keeps its pitch at other rates than 1.
#![warn(unused)]

use media_source::{PLAYBACK_RATES, is_playback_rate};

use super::HTMLMediaElement;
use crate::dom::bindings::error::{Error, ErrorResult};

impl HTMLMediaElement {
    /// Step 1 of <https://html.spec.whatwg.org/multipage/#dom-media-playbackrate>. Only
    /// `playbackRate` is checked: a `defaultPlaybackRate` may never be played at.
    pub(super) fn check_playback_rate(rate: f64) -> ErrorResult {
        if is_playback_rate(rate) {
            return Ok(());
        }
        let (slowest, fastest) = PLAYBACK_RATES.into_inner();
        Err(Error::NotSupported(Some(format!(
            "playbackRate can be 0, or from {slowest} to {fastest}"
        ))))
    }

    /// Returns the `playbackRate` that the load algorithm sets: the `defaultPlaybackRate`, if it is
    /// supported.
    pub(super) fn initial_playback_rate(&self) -> f64 {
        let rate = self.default_playback_rate.get();
        if is_playback_rate(rate) { rate } else { 1.0 }
    }

    /// <https://html.spec.whatwg.org/multipage/#dom-media-preservespitch>
    pub(super) fn preserves_pitch(&self) -> bool {
        !self.additions.lets_pitch_change.get()
    }

    /// Sets whether audio keeps its pitch. Only the player of a MediaSource follows it.
    pub(super) fn set_preserves_pitch(&self, preserves_pitch: bool) {
        self.additions.lets_pitch_change.set(!preserves_pitch);
        self.mse_with_player(|player| {
            player
                .element()
                .player()
                .set_preserves_pitch(preserves_pitch)
        });
    }
}
