/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What is buffered of the frames that were appended.

use crate::notation::check;

#[test]
fn frames_that_adjoin_are_one_range() {
    check(
        "
        tracks: v
        append v: 0K 40 80 120K
        buffered: 0..160
        reads v: 0K 40 80 120K end
        ",
    );
}

#[test]
fn an_empty_buffer() {
    check(
        "
        tracks: v a
        buffered:
        ended:
        reads v: end
        ",
    );
}

#[test]
fn a_gap_of_twice_the_last_frame_is_no_gap() {
    check(
        "
        tracks: v
        append v: 0K 40
        append v: 160K 200
        buffered: 0..240
        reads v: 0K 40 160K 200 end
        ",
    );
}

#[test]
fn a_longer_gap_parts_ranges() {
    check(
        "
        tracks: v
        append v: 0K 40
        append v: 161K 201
        buffered: 0..80 161..241
        ",
    );
}

#[test]
fn ranges_join_when_the_gap_is_filled() {
    check(
        "
        tracks: v
        append v: 0K 40
        append v: 800K 840
        buffered: 0..80 800..880
        append v: 80K/720
        buffered: 0..880
        reads v: 0K 40 80K 800K 840 end
        ",
    );
}

#[test]
fn durations_rounded_to_milliseconds_leave_no_gap() {
    check(
        "
        tracks: v
        append v: 0K/33 33/33 67/33 100K/33 133/33
        buffered: 0..166
        ",
    );
}

#[test]
fn what_is_buffered_is_what_all_tracks_have() {
    check(
        "
        tracks: v a
        append v: 0K 40 80; a: 20 40 60
        append v: 1000K 1040; a: 980 1000
        ranges v: 0..120 1000..1080
        ranges a: 20..80 980..1020
        buffered: 20..80 1000..1020
        ",
    );
}

#[test]
fn an_ended_track_reaches_to_the_end_of_the_longest() {
    check(
        "
        tracks: v a
        append v: 0K 40 80 120; a: 0 20 40
        buffered: 0..60
        ended: 0..160
        ranges a: 0..60
        ",
    );
}

#[test]
fn an_ended_track_without_frames_has_nothing_buffered() {
    check(
        "
        tracks: v a
        append v: 0K 40
        ended:
        ",
    );
}

#[test]
fn a_frame_without_duration_is_buffered_for_a_microsecond() {
    check(
        "
        tracks: v
        append v: 0K/40 40/0
        buffered: 0..40.001
        reads v: 0K 40 end
        ",
    );
}

#[test]
fn reordered_frames_are_read_in_decode_order() {
    check(
        "
        tracks: v
        append v: 0|-40K 120|0 40|40 80|80 160|120K
        buffered: 0..200
        reads v: 0K 120 40 80 160K end
        ",
    );
}

#[test]
fn a_group_that_ends_with_a_frame_of_no_duration_joins_the_next() {
    check(
        "
        tracks: v
        append v: 0K/40 40/40 80/0 120K/40 160/40
        buffered: 0..200
        reads v: 0K 40 80 120K 160 end
        ",
    );
}

#[test]
fn a_frame_of_no_duration_alone_joins_the_next_group() {
    check(
        "
        tracks: v a
        append v: 0K/0 40K/40; a: 0/0 20/20 40/20
        ranges v: 0..80
        ranges a: 0..60
        ",
    );
}

#[test]
fn no_gap_longer_than_an_eighth_of_a_second_is_overlooked() {
    check(
        "
        tracks: v
        append v: 0K/500 500/10
        append v: 636K/500
        buffered: 0..510 636..1136
        append v: 1261K/20
        buffered: 0..510 636..1281
        ",
    );
}
