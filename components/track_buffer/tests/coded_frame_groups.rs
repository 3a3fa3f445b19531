/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tests of tracks of a coded frame group that do not start together. A track that starts later
//! leaves no hole after the coded frame group before.

use crate::notation::check;

#[test]
fn a_track_that_starts_late_leaves_no_hole() {
    check(
        "
        tracks: v a
        append a: 0 20 40 60 80 100; v: 0K 40 80
        reset:
        append a: 120 140 160 180 200 220; v: 186K 226
        ranges v: 0..266
        buffered: 0..240
        seek v: 130
        reads v: 0K 40 80 186K 226 end
        ",
    );
}

// Upstream's tests want it so.
#[test]
fn no_range_starts_before_its_first_frame() {
    check(
        "
        tracks: v a
        append a: 0 20 40 60 80 100; v: 66K 106
        ranges v: 66..146
        buffered: 66..120
        ",
    );
}

// What is appended together is known together.
#[test]
fn an_earlier_track_may_come_after_a_later_one() {
    check(
        "
        tracks: v a
        append v: 1000K 1040; a: 1000 1020 1040 1060
        reset:
        append v: 1146K 1186; a: 1080 1100 1120 1140 1160
        ranges v: 1000..1226
        ",
    );
}

#[test]
fn a_coded_frame_group_goes_on_in_the_next_append() {
    check(
        "
        tracks: v a
        append v: 0K 40; a: 0 20 40 60
        reset:
        append a: 80 100 120 140
        append v: 146K 186
        ranges v: 0..226
        append a: 160 180 200
        append v: 226K 266
        ranges v: 0..306
        ",
    );
}

#[test]
fn a_track_that_starts_much_later_leaves_a_hole() {
    check(
        "
        tracks: v a
        append v: 0K 40; a: 0 20 40 60
        reset:
        append a: 80 100 120 140; v: 330K 370
        ranges v: 0..410
        reset:
        append a: 410 430 450; v: 661K 701
        ranges v: 0..410 661..741
        ",
    );
}

// The audio that is there goes on meanwhile, and what is reported as buffered is played.
#[test]
fn covered_time_is_read_across() {
    check(
        "
        tracks: v a
        append v: 0K 40; a: 0 20 40 60
        reset:
        append a: 80 100 120 140; v: 320K 360
        ranges v: 0..400
        reads v: 0K 40 320K 360 end
        ",
    );
}

#[test]
fn a_removal_takes_the_time_that_the_frame_covers() {
    check(
        "
        tracks: v a
        append v: 0K 40; a: 0 20 40 60
        reset:
        append a: 80 100 120 140; v: 146K 186
        ranges v: 0..226
        remove: 146..147
        ranges v: 0..80
        ",
    );
}

#[test]
fn a_removal_cuts_the_time_that_a_frame_covers() {
    check(
        "
        tracks: v a
        append v: 0K 40; a: 0 20 40 60
        reset:
        append a: 80 100 120 140; v: 320K 360
        remove: 80..200
        ranges v: 0..80 320..400
        ",
    );
}

#[test]
fn frames_take_the_place_of_covered_time() {
    check(
        "
        tracks: v a
        append a: 1000 1020 1040; v: 1200K 1240
        ranges v: 1200..1280
        append v: 1020K/10 1030/10
        ranges v: 1020..1280
        seek v: 1020
        reads v: 1020K 1030 1200K 1240 end
        ",
    );
}

#[test]
fn no_range_starts_with_what_an_earlier_frame_covered() {
    check(
        "
        tracks: v a
        append v: 0K 40 80
        reset:
        append a: 100 120 140 160 180; v: 166K 206
        ranges v: 0..246
        remove: 0..10
        ranges v: 166..246
        ",
    );
}

// The video of the second sequence starts 66 ms after its audio.
#[test]
fn sequences_have_no_hole_where_a_track_starts_late() {
    check(
        "
        tracks: v a
        mode: sequence
        append a: 0 20 40 60 80 100 120; v: 66K 106
        ranges v: 66..146
        append a: 0 20 40 60 80 100 120; v: 66K 106
        offset is: 146
        ranges v: 66..292
        reads v: 66K 106 212K 252 end
        ",
    );
}
