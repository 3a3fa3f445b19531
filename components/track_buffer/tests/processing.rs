/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Which frames an append stores, and where.

use crate::notation::check;

#[test]
fn an_append_that_starts_without_a_random_access_point_is_dropped_until_one() {
    check(
        "
        tracks: v
        append v: 0 40 80K 120
        buffered: 80..160
        ",
    );
}

#[test]
fn decode_time_that_goes_back_needs_a_random_access_point() {
    check(
        "
        tracks: v
        append v: 200K 240
        append v: 0 40 80K 120
        ranges v: 80..280
        reads v: 80K 120 200K 240 end
        ",
    );
}

#[test]
fn decode_time_that_jumps_needs_a_random_access_point() {
    check(
        "
        tracks: v
        append v: 0K 40
        append v: 161 201 241K
        ranges v: 0..80 241..281
        ",
    );
}

#[test]
fn a_discontinuity_of_one_track_is_one_of_all() {
    check(
        "
        tracks: v a
        append v: 400K 440; a: 400 420
        append v: 0K 40; a: 0 20
        append v: 80 120; a: 40 60
        ranges v: 0..160 400..480
        ranges a: 0..80 400..440
        ",
    );
}

#[test]
fn frames_come_after_a_short_one_in_a_variable_frame_rate() {
    check(
        "
        tracks: v
        append v: 0K/40 40/5 45/40 85/40
        reads v: 0K 40 45 85 end
        ",
    );
}

#[test]
fn a_segment_in_pieces_goes_on_where_it_stopped() {
    check(
        "
        tracks: v
        append v: 0K 40
        append v: 80 120
        append v: 160
        buffered: 0..200
        reads v: 0K 40 80 120 160 end
        ",
    );
}

#[test]
fn the_offset_moves_frames() {
    check(
        "
        tracks: v
        offset: 1000
        append v: 0K 40
        buffered: 1000..1080
        group end: 1080
        ",
    );
}

// 40 depends on 0, and 200 ends after the window.
#[test]
fn frames_outside_of_the_append_window_are_dropped() {
    check(
        "
        tracks: v
        window: 40..200
        append v: 0K 40 80K 120 160K 200
        buffered: 80..200
        ",
    );
}

#[test]
fn frames_before_zero_are_dropped() {
    check(
        "
        tracks: v
        append v: -40K 0 40K 80
        buffered: 40..120
        ",
    );
}

#[test]
fn sequence_mode_puts_segments_after_each_other() {
    check(
        "
        tracks: v
        mode: sequence
        append v: 5000K 5040
        offset is: -5000
        append v: 0K 40
        offset is: 80
        buffered: 0..160
        group end: 160
        reads v: 0K 40 80K 120 end
        ",
    );
}

#[test]
fn in_sequence_mode_an_offset_is_where_the_next_segment_starts() {
    check(
        "
        tracks: v
        mode: sequence
        offset: 1000
        append v: 40K 80
        offset is: 960
        buffered: 1000..1080
        ",
    );
}

// The first frame after the reset sets the offset, even though it is dropped then.
#[test]
fn reset_in_sequence_mode_goes_on_at_the_group_end() {
    check(
        "
        tracks: v
        mode: sequence
        append v: 0K 40
        reset
        append v: 500 620K 660
        offset is: -420
        buffered: 0..80 200..280
        ",
    );
}

#[test]
fn reset_needs_a_random_access_point() {
    check(
        "
        tracks: v
        append v: 0K 40
        reset
        append v: 80 120 160K
        ranges v: 0..200
        reads v: 0K 40 160K end
        ",
    );
}

#[test]
fn a_further_initialization_segment_needs_a_random_access_point() {
    check(
        "
        tracks: v
        append v: 0K 40
        configure v: 1
        append v: 80 120K 160
        reads v: 0K 40 120K 160 end
        ",
    );
}

#[test]
fn a_configuration_starts_at_its_first_frame() {
    check(
        "
        tracks: v a
        append v: 0K 40; a: 0 20
        configure v: 2
        append v: 80K 120; a: 40 60
        configure v: 1
        append v: 160K; a: 80
        reads v: 0K 40 #2 80K 120 #1 160K end
        reads a: 0 20 40 60 80 end
        ",
    );
}

#[test]
fn a_configuration_of_sound_starts_at_its_first_frame() {
    check(
        "
        tracks: a
        append a: 0 20
        configure a: 2
        append a: 40 60
        ranges a: 0..80
        reads a: 0 20 #2 40 60 end
        ",
    );
}
