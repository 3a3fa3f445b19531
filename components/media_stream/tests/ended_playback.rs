/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! When playback of a stream ends.

use media_stream::{EndedPlayback, PlaybackChange};

#[test]
fn playback_ends_with_the_last_track_and_goes_on_when_the_page_says_so() {
    let mut playback = EndedPlayback::default();
    // A stream that has no tracks yet has not ended.
    assert_eq!(playback.handle_activity(false, false), None);
    assert_eq!(playback.handle_activity(true, false), None);
    assert!(!playback.handle_play());
    let ended = Some(PlaybackChange::Ended);
    assert_eq!(playback.handle_activity(false, false), ended);
    assert!(playback.has_ended());
    // It has nothing to play.
    assert!(!playback.handle_play());
    assert_eq!(playback.handle_activity(true, false), None);
    assert!(playback.has_ended());
    assert!(playback.handle_play());
    assert!(!playback.has_ended());
}

#[test]
fn an_element_with_autoplay_goes_on_by_itself() {
    let mut playback = EndedPlayback::default();
    playback.handle_activity(true, true);
    playback.handle_activity(false, true);
    let resumed = Some(PlaybackChange::Resumed);
    assert_eq!(playback.handle_activity(true, true), resumed);
    assert!(!playback.has_ended());
}
