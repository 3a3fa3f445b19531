/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! `timeupdate` while a media element plays.
#![warn(unused)]

use std::time::{Duration, Instant};

use super::{HTMLMediaElement, PlaybackPositionWasMoved};

impl HTMLMediaElement {
    /// Step 6 of <https://html.spec.whatwg.org/multipage/#time-marches-on>, which the element
    /// only reached once a page had touched its text tracks.
    pub(super) fn queue_timeupdate_if_due(&self, moved: PlaybackPositionWasMoved) {
        // The steps also run when the poster goes, before the position has moved.
        let position = self.current_playback_position.get();
        if moved == PlaybackPositionWasMoved::NormalPlayback &&
            position != self.additions.timeupdate_position.get() &&
            Instant::now() > self.next_timeupdate_event.get()
        {
            self.additions.timeupdate_position.set(position);
            self.queue_media_element_task_to_fire_event(atom!("timeupdate"));
            self.next_timeupdate_event
                .set(Instant::now() + Duration::from_millis(200));
        }
    }
}
