/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What needs a timer: `progress` events of a MediaSource, and positions of a file between those that its
//! player tells. Each timer runs once, after something that happened.
#![warn(unused)]

use std::time::{Duration, Instant};

use js::context::JSContext;

use super::{HTMLMediaElement, PlaybackDirection};
use crate::dom::bindings::refcounted::Trusted;
use crate::dom::bindings::str::DOMString;
use crate::dom::node::NodeTraits;

/// The distance of `progress` events. HTML wants one every 350 ms (±200 ms), or for every byte if that is
/// less often.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(350);

/// The distance of a file's positions. HTML wants `timeupdate` at least every 250 ms.
const POSITION_INTERVAL: Duration = Duration::from_millis(100);

/// How long a file is taken to play on after its player has told a position, which it does every half
/// second.
const LONGEST_ESTIMATE: Duration = Duration::from_millis(600);

impl HTMLMediaElement {
    /// Handles that bytes were appended. They count as bytes received.
    /// <https://html.spec.whatwg.org/multipage/#concept-media-load-resource>
    pub(crate) fn handle_received_bytes(&self) {
        if self.additions.is_progress_pending.replace(true) {
            return;
        }
        self.run_after(PROGRESS_INTERVAL, |this, cx| {
            this.additions.is_progress_pending.set(false);
            this.queue_media_element_task_to_fire_event(atom!("progress"));
            this.mse_explain_progress(cx);
        });
    }

    /// Handles a position that the player of a file tells.
    pub(super) fn file_position_changed(&self, cx: &mut JSContext, position: f64) {
        // The estimate may have been a little too far.
        let current = self.current_playback_position.get();
        let is_estimate = (0.0..LONGEST_ESTIMATE.as_secs_f64()).contains(&(current - position));
        let position = if is_estimate { current } else { position };
        self.playback_position_changed(cx, position);
        if self.is_potentially_playing() {
            self.additions
                .position_told
                .set(Some((position, Instant::now())));
            self.estimate_position_later();
        }
    }

    /// Handles that a file begins or ceases to play.
    pub(super) fn follow_file_position(&self, is_playing: bool) {
        if !is_playing || self.mse_is_attached() {
            self.additions.position_told.set(None);
        } else if self.additions.position_told.get().is_none() {
            let position = self.current_playback_position.get();
            self.additions
                .position_told
                .set(Some((position, Instant::now())));
            self.estimate_position_later();
        }
    }

    /// Returns the position of a file, estimated by the clock.
    pub(super) fn estimated_position(&self) -> f64 {
        let current = self.current_playback_position.get();
        let Some((told, when)) = self.additions.position_told.get() else {
            return current;
        };
        let is_forwards = self.direction_of_playback() == PlaybackDirection::Forwards;
        if self.seeking.get() || !is_forwards {
            return current;
        }
        let elapsed = when.elapsed().min(LONGEST_ESTIMATE).as_secs_f64();
        let estimated = told + elapsed * self.playback_rate.get();
        // The player says when the end is reached.
        estimated.min(self.duration.get() - 0.001).max(current)
    }

    fn estimate_position_later(&self) {
        if self.additions.is_estimating.replace(true) {
            return;
        }
        self.run_after(POSITION_INTERVAL, |this, cx| {
            this.additions.is_estimating.set(false);
            // Nothing is estimated while playback is paused.
            let Some((_, when)) = this.additions.position_told.get() else {
                return;
            };
            if when.elapsed() > LONGEST_ESTIMATE {
                this.additions.position_told.set(None);
                return;
            }
            let position = this.estimated_position();
            this.playback_position_changed(cx, position);
            this.estimate_position_later();
        });
    }

    /// Runs these steps once, unless the load algorithm has run meanwhile.
    fn run_after(&self, delay: Duration, steps: impl FnOnce(&Self, &mut JSContext) + 'static) {
        let this = Trusted::new(self);
        let generation_id = self.generation_id.get();
        self.owner_global().run_steps_after_a_timeout(
            // (Timers of the same name wait for each other.)
            DOMString::from(format!("media element {}", delay.as_millis())),
            delay.as_millis() as i64,
            move |cx, _| {
                let this = this.root();
                if generation_id == this.generation_id.get() {
                    steps(&this, cx);
                }
            },
        );
    }
}
