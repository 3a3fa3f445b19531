/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! `playbackRate`, and whether audio keeps its pitch at other rates than 1.
#![warn(unused)]

use media_source::{PLAYBACK_RATES, is_playback_rate};

use super::{HTMLMediaElement, SrcObject};
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

    /// Sets the `playbackRate` to the `defaultPlaybackRate`, if that is supported.
    /// <https://html.spec.whatwg.org/multipage/#media-element-load-algorithm>
    pub(super) fn reset_playback_rate(&self) {
        // A stream leaves the attribute as it was before.
        if matches!(*self.src_object.borrow(), Some(SrcObject::MediaStream(_))) {
            return;
        }
        let default = self.default_playback_rate.get();
        let rate = if is_playback_rate(default) {
            default
        } else {
            1.0
        };
        if self.playback_rate.replace(rate) != rate {
            self.queue_media_element_task_to_fire_event(atom!("ratechange"));
        }
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
