/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What is read, through every change.

use crate::notation::check;

#[test]
fn a_cursor_waits_for_data() {
    check(
        "
        tracks: v
        seek v: 1000
        reads v: end
        append v: 5000K 5040
        reads v: gap
        append v: 960K 1000 1040K
        reads v: 960K 1000 1040K gap
        ",
    );
}

#[test]
fn a_presentation_may_start_late() {
    check(
        "
        tracks: v
        append v: 1000K 1040
        reads v: 1000K 1040 end
        ",
    );
}

#[test]
fn a_presentation_may_not_start_later_than_a_second() {
    check(
        "
        tracks: v
        append v: 1001K 1041
        reads v: gap
        ",
    );
}

#[test]
fn a_later_range_is_found_from_an_eighth_of_a_second_before_it() {
    check(
        "
        tracks: v
        append v: 0K 40; v: 5000K 5040
        seek v: 4875
        reads v: 5000K 5040 end
        seek v: 4874
        reads v: gap
        ",
    );
}

#[test]
fn a_gap_is_read_across() {
    check(
        "
        tracks: v
        append v: 0K 40
        append v: 205K 245
        append v: 411K 451
        ranges v: 0..80 205..285 411..491
        reads v: 0K 40 205K 245 gap
        ",
    );
}

#[test]
fn a_frame_appended_to_a_group_that_was_read_is_next() {
    check(
        "
        tracks: v
        append v: 0K 40
        reads v: 0K 40 end
        append v: 80 120
        reads v: 80 120 end
        append v: 160K
        reads v: 160K end
        ",
    );
}

#[test]
fn a_frame_appended_before_a_gap_is_next() {
    check(
        "
        tracks: v
        append v: 1000K 1040
        append v: 0K 40
        reads v: 0K 40 gap
        append v: 80 120
        reads v: 80 120 gap
        ",
    );
}

#[test]
fn a_seek_into_a_group_starts_at_its_random_access_point() {
    check(
        "
        tracks: v a
        append v: 0K 40 80 120K 160; a: 0 20 40 60 80
        seek v: 159
        reads v: 120K 160 end
        seek v: 119
        reads v: 0K 40 80 120K 160 end
        seek a: 59
        reads a: 40 60 80 end
        ",
    );
}

#[test]
fn a_seek_to_the_end_finds_nothing() {
    check(
        "
        tracks: v
        append v: 0K 40
        seek v: 80
        reads v: end
        append v: 80 120
        reads v: 0K 40 80 120 end
        ",
    );
}

#[test]
fn a_cursor_goes_on_after_what_it_read_was_removed() {
    check(
        "
        tracks: v
        append v: 0K 40 80
        reads v: 0K 40 80 end
        remove: 0..
        append v: 0K 40 80 120K 160
        reads v: 120K 160 end
        ",
    );
}

#[test]
fn a_cursor_goes_back_when_what_it_needs_was_replaced() {
    check(
        "
        tracks: v
        append v: 0K 40 80
        reads v: 0K 40 80 end
        configure v: 2
        append v: 0K 40 80 120 160
        reads v: #2 0K 40 80 120 160 end
        ",
    );
}

#[test]
fn a_cursor_stays_where_it_is_when_what_it_read_is_removed() {
    check(
        "
        tracks: v
        append v: 0K 40
        reads v: 0K 40 end
        append v: 1000K 1040
        remove: 0..80
        reads v: gap
        append v: 80K 120
        reads v: 80K 120 gap
        ",
    );
}

#[test]
fn a_cursor_in_sound_goes_on_after_what_it_read() {
    check(
        "
        tracks: a
        append a: 0 20 40
        reads a: 0 20 40 end
        remove: 0..30
        append a: 60 80
        reads a: 60 80 end
        reset
        append a: 0 20 40 60 80 100
        reads a: 100 end
        ",
    );
}

#[test]
fn a_cursor_is_on_its_way_to_what_follows_in_its_group() {
    check(
        "
        tracks: v
        append v: 0K 40 80 120K 160 200
        way v 160: none
        reads v: 0K 40 80 120K 160 200 end
        way v 120: 120
        way v 210: 120
        way v 40: none
        append v: 240 280
        way v 290: 120
        append v: 320K 360
        way v 360: none
        ",
    );
}

#[test]
fn a_cursor_is_not_on_its_way_to_what_took_the_place_of_its_group() {
    check(
        "
        tracks: v
        append v: 0K 40 80 120
        reads v: 0K 40 80 120 end
        way v 80: 0
        reset
        append v: 0K 40 80 120
        way v 80: none
        ",
    );
}
