/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The readyState and the events of a seek and of the end, for files and for MediaSources.
//!
//! A seek takes the readyState back to `HAVE_METADATA` until the media data of the new position are
//! decoded, as in other browsers. A page that shows at `seeking` or `waiting` that it waits learns from
//! `canplay`, `playing` and `canplaythrough` that the wait is over.
//! <https://html.spec.whatwg.org/multipage/#dom-media-seek>
#![warn(unused)]

use js::context::JSContext;

use super::{HTMLMediaElement, LoopCondition, ReadyState};

impl HTMLMediaElement {
    /// Gives up a seek that has nowhere to go. The position is again what it was before.
    pub(super) fn give_up_seek(&self) {
        self.seeking.set(false);
        // Any time the user agent provides a stable state, the official playback position must be
        // set to the current playback position.
        self.official_playback_position
            .set(self.current_playback_position.get());
    }

    /// Makes the player seek. If it refuses, the seek is given up.
    pub(super) fn seek_player(&self, time: f64) -> bool {
        let refusal = self
            .player
            .borrow()
            .as_ref()
            .and_then(|player| player.lock().unwrap().seek(time).err());
        if let Some(error) = &refusal {
            error!("Could not seek player: {error:?}");
            self.give_up_seek();
        }
        refusal.is_none()
    }

    /// Step 12 of a seek begins: wait until enough data are decoded to play back the new position.
    pub(super) fn await_media_data(&self) {
        self.additions.has_reached_the_end.set(false);
        let was_potentially_playing = self.is_potentially_playing();
        if self.ready_state.get() > ReadyState::HaveMetadata {
            self.ready_state.set(ReadyState::HaveMetadata);
        }
        // If the media element was potentially playing before its readyState attribute changed to a
        // value lower than HAVE_FUTURE_DATA: queue tasks to fire timeupdate and waiting.
        if was_potentially_playing {
            self.queue_media_element_task_to_fire_event(atom!("timeupdate"));
            self.queue_media_element_task_to_fire_event(atom!("waiting"));
        }
        self.update_media_state();
    }

    /// Goes on when the wait is over. A task to fire `seeked` is queued, and what follows from the data comes
    /// after it.
    pub(super) fn go_on_after_seek(&self, cx: &mut JSContext) {
        if self.mse_is_attached() {
            self.mse_apply_updates(cx);
        } else if self.ended_playback(LoopCondition::Ignored) {
            // A seek has reached the end, without anything left to play.
            self.playback_end(cx);
        } else {
            // The player of a file says no more than that it has decoded the position.
            self.change_ready_state(cx, ReadyState::HaveEnoughData);
        }
    }

    /// Runs the steps of reaching the end of a file, which the player tells of as well, once until the
    /// position moves away from there.
    pub(super) fn reach_the_end_once(&self, cx: &mut JSContext) {
        if self.additions.has_reached_the_end.replace(true) {
            return;
        }
        // Players end some microseconds before or after the duration. That is the end all the same,
        // or `ended` would stay false.
        let duration = self.duration.get();
        if duration.is_finite() {
            self.playback_position_changed(cx, duration);
        }
        self.end_of_playback_in_forwards_direction(cx);
    }
}
