/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Which frames a removal takes.

use crate::notation::check;

// The gap of 80 ms is twice the frame before it, and overlooked.
#[test]
fn removal_takes_all_up_to_the_next_random_access_point() {
    check(
        "
        tracks: v
        append v: 0K 40 80 120K 160
        remove: 40..60
        buffered: 0..200
        reads v: 0K 120K 160 end
        ",
    );
}

#[test]
fn removal_starts_at_frames_that_start_there() {
    check(
        "
        tracks: v
        append v: 0K 40 80 120 160 200 240K
        remove: 30..240
        buffered: 0..40 240..280
        ",
    );
}

#[test]
fn removal_without_a_random_access_point_after_it_goes_to_the_end() {
    check(
        "
        tracks: v
        append v: 0K 40 80 120
        duration: 160
        remove: 40..50
        buffered: 0..40
        ",
    );
}

#[test]
fn removal_of_all() {
    check(
        "
        tracks: v a
        append v: 0K 40 80K; a: 0 20 40 60
        remove: 0..
        buffered:
        ranges v:
        ranges a:
        reads v: end
        ",
    );
}

#[test]
fn removal_before_the_append_position_lets_a_segment_go_on() {
    check(
        "
        tracks: v
        append v: 0K 40 80K 120
        remove: 0..40
        append v: 160 200
        reads v: 80K 120 160 200 end
        ",
    );
}

#[test]
fn removal_of_the_group_that_is_appended_needs_a_random_access_point() {
    check(
        "
        tracks: v
        append v: 0K 40 80K 120
        remove: 80..
        append v: 160 200 240K
        ranges v: 0..80 240..280
        group end: 280
        ",
    );
}

#[test]
fn removal_of_a_group_needs_its_whole_range_for_sound() {
    check(
        "
        tracks: a
        append a: 0 20 40 60 80 100 120 140 160
        remove: 20..100
        ranges a: 0..20 100..180
        append a: 180 200
        ranges a: 0..20 100..220
        ",
    );
}

#[test]
fn removal_in_sequence_mode_goes_on_at_the_group_end() {
    check(
        "
        tracks: v
        mode: sequence
        append v: 0K 40 80 120
        remove: 40..
        append v: 0K 40
        ranges v: 0..40 160..240
        ",
    );
}

#[test]
fn removal_in_reordered_frames_is_in_decode_order() {
    check(
        "
        tracks: v
        append v: 0|-40K 120|0 40|40 80|80 160|120K
        remove: 80..100
        reads v: 0K 160K end
        ",
    );
}
