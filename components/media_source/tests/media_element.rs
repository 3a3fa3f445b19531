/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the media element decides: truth tables with a player that does nothing by itself.

use test_support::notation::check_media_source;

/// The readyState rises with the first frame that is decoded, and not with what is buffered.
///
/// <https://w3c.github.io/media-source/#buffer-monitoring>
#[test]
fn the_ready_state_rises_when_the_first_frame_is_decoded() {
    check_media_source(
        "element
        tracks: v1
        updates: duration inf; metadata 16x180
        asked: 1 tracks; data
        append v1: 0K 40 80
        updates:
        asked: data
        player prerolls
        updates: HaveFutureData
        append v1: 120K/1000
        updates: HaveEnoughData",
    );
}

/// <https://w3c.github.io/media-source/#buffer-monitoring>
#[test]
fn the_ready_state_follows_what_is_buffered() {
    check_media_source(
        "element
        tracks: v1
        append v1: 0K/1000
        player prerolls
        updates: duration inf; metadata 16x180; HaveEnoughData
        player reaches: 990
        updates: at 990; HaveFutureData
        player reaches: 1000
        player starves
        updates: at 1000; HaveCurrentData
        append v1: 1000K/1000
        updates: HaveEnoughData
        remove v1: 0..
        updates: HaveMetadata",
    );
}

/// <https://html.spec.whatwg.org/multipage/#dom-media-seek>
#[test]
fn a_seek_takes_the_ready_state_back_until_it_arrives() {
    check_media_source(
        "element
        tracks: v1
        append v1: 0K/1000
        player prerolls
        updates: duration inf; metadata 16x180; HaveEnoughData
        asked: 1 tracks; data; data
        element seeks: 500
        asked: seek 500
        updates:
        player prerolls                  # This comes before the player knows of the seek.
        player reaches: 40               # So does this.
        updates:
        player arrives 1: 500
        updates: seeked 500; HaveEnoughData",
    );
}

#[test]
fn a_seek_that_a_later_one_replaced_never_arrives() {
    check_media_source(
        "element
        tracks: v1
        append v1: 0K/1000
        player prerolls
        updates: duration inf; metadata 16x180; HaveEnoughData
        element seeks: 500
        element seeks: 700
        player arrives 1: 500
        updates:
        player arrives 2: 700
        updates: seeked 700; HaveFutureData",
    );
}

/// What was said of the old position is not applied any more.
#[test]
fn a_seek_takes_back_what_was_not_applied_yet() {
    check_media_source(
        "element
        tracks: v1
        append v1: 0K/1000
        player prerolls
        player reaches: 40
        element seeks: 700
        updates: duration inf; metadata 16x180",
    );
}

#[test]
fn a_seek_to_where_nothing_is_waits_for_it() {
    check_media_source(
        "element
        tracks: v1
        append v1: 0K/1000
        player prerolls
        element seeks: 5000
        updates: duration inf; metadata 16x180
        append v1: 5000K/1000
        updates:
        player arrives 1: 5000
        updates: seeked 5000; HaveEnoughData",
    );
}

/// Players end some microseconds before or after the duration.
///
/// <https://html.spec.whatwg.org/multipage/#reaches-the-end>
#[test]
fn the_end_is_reached_when_the_player_says_so() {
    check_media_source(
        "element
        tracks: v1
        append v1: 0K/1000
        end
        player prerolls
        updates: duration inf; metadata 16x180; duration 1000; HaveEnoughData
        player reaches: 999
        updates: at 999
        player reaches: 1000
        updates:
        player ends
        updates: at 1000; ended; HaveCurrentData
        player ends
        updates:",
    );
}

/// <https://html.spec.whatwg.org/multipage/#reaches-the-end>
#[test]
fn a_seek_to_the_end_reaches_it() {
    check_media_source(
        "element
        tracks: v1
        append v1: 0K/1000
        end
        player prerolls
        updates: duration inf; metadata 16x180; duration 1000; HaveEnoughData
        element seeks: 1000
        player ends                      # That of a playback before the seek.
        updates:
        player arrives 1: 1000
        updates: seeked 1000; HaveCurrentData; at 1000; ended
        element seeks: 0
        player arrives 2: 0
        updates: seeked 0; HaveEnoughData
        player ends
        updates: at 1000; ended; HaveCurrentData",
    );
}

/// <https://w3c.github.io/media-source/#duration-change-algorithm>
#[test]
fn a_duration_before_the_position_seeks() {
    check_media_source(
        "element
        tracks: v1
        append v1: 0K/1000 1000K/1000
        player prerolls
        player reaches: 1500
        updates: duration inf; metadata 16x180; HaveEnoughData; at 1500
        remove v1: 1000..
        updates: HaveMetadata
        duration: 1000
        updates: duration 1000; seek 1000",
    );
}

#[test]
fn a_suspended_element_plays_when_it_is_resumed() {
    check_media_source(
        "element
        element plays
        asked: play
        element suspends
        asked: pause
        element plays
        asked:
        element resumes
        asked: play
        element suspends
        element pauses
        element resumes
        asked: pause; pause",
    );
}

#[test]
fn an_element_fails_once() {
    check_media_source(
        "element
        tracks: v1
        updates: duration inf; metadata 16x180
        player fails: no decoder
        updates: fails: the player cannot start: no decoder
        player fails: again
        updates:",
    );
}

/// A player gives frames before the element knows their size.
#[test]
fn frames_are_handed_on() {
    check_media_source(
        "element
        tracks: v1
        player shows
        updates: duration inf; metadata 16x180; frame",
    );
}

#[test]
fn nothing_is_played_before_every_source_buffer_knows_its_tracks() {
    check_media_source(
        "element
        tracks: v1
        asked: 1 tracks; data
        tracks: a1
        asked: 2 tracks; data
        append v1: 0K/1000
        player prerolls
        updates: duration inf; metadata 16x180
        append a1: 0 20 40 60 80
        updates: HaveFutureData",
    );
}

/// No specification says what the element does. It waits, as if all had been removed, and has not failed.
///
/// <https://w3c.github.io/media-source/#htmlmediaelement-extensions-buffered>
#[test]
fn an_element_whose_source_is_gone_waits_where_it_is() {
    check_media_source(
        "element
        tracks: v1
        append v1: 0K/1000
        player prerolls
        player reaches: 400
        updates: duration inf; metadata 16x180; HaveEnoughData; at 400
        asked: 1 tracks; data; data
        worker ends
        updates: HaveMetadata
        asked: 0 tracks
        buffered:
        player reaches: 440
        player starves
        updates: at 440",
    );
}
