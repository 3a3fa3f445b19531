/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Which frames give way to those that are appended.

use crate::notation::check;

#[test]
fn a_frame_inside_a_group_takes_the_place_of_the_rest_of_it() {
    check(
        "
        tracks: v
        append v: 0K 40 80 120K 160
        reset
        append v: 40K/40
        buffered: 0..200
        reads v: 0K 40K 120K 160 end
        ",
    );
}

#[test]
fn the_frames_that_depended_on_a_replaced_one_go_too() {
    check(
        "
        tracks: v
        append v: 0K 40 80 120 160 200 240 280K
        reset
        append v: 40K/40
        buffered: 0..80 280..320
        reads v: 0K 40K gap
        ",
    );
}

#[test]
fn the_tail_of_an_append_takes_the_head_of_the_next_group() {
    check(
        "
        tracks: v
        append v: 400K 440 480 520K
        reset
        append v: 320K 360 400
        seek v: 320
        reads v: 320K 360 400 520K end
        ranges v: 320..560
        ",
    );
}

#[test]
fn an_append_of_the_same_takes_the_place_of_all() {
    check(
        "
        tracks: v
        append v: 0K 40 80K 120
        reset
        configure v: 2
        append v: 0K 40 80K 120
        reads v: #2 0K 40 80K 120 end
        buffered: 0..160
        ",
    );
}

// No frame starts from 50 until 70, but 100 and 200 could not be decoded after 50.
#[test]
fn a_frame_that_lands_between_two_frames_takes_the_later_ones() {
    check(
        "
        tracks: v
        append v: 0K/100 100/100 200/100 300K
        reset
        append v: 50K/20
        buffered: 0..70 300..400
        reads v: 0K 50K gap
        ",
    );
}

#[test]
fn a_frame_cut_short_does_not_spring_back() {
    check(
        "
        tracks: v
        append v: 0K/1000
        reset
        append v: 500K/20
        ranges v: 0..520
        remove: 500..520
        ranges v: 0..500
        ",
    );
}

#[test]
fn a_random_access_point_that_goes_back_within_a_group_replaces() {
    check(
        "
        tracks: v
        append v: 0|0K/40 40|40/40 80|80/40 40|120K/40 80|160/40
        reads v: 0K 40K 80 end
        buffered: 0..120
        ",
    );
}

#[test]
fn sound_replaces_only_what_it_overlaps() {
    check(
        "
        tracks: a
        append a: 0 20 40 60 80
        reset
        append a: 40
        buffered: 0..100
        reads a: 0 20 40 80 end
        ",
    );
}

#[test]
fn leading_pictures_take_the_place_of_what_is_there() {
    check(
        "
        tracks: v
        append v: 0K 40 80 120 160
        reset
        append v: 200|0K 120|40 160|80 240|120
        buffered: 0..280
        reads v: 0K 40 80 200K 120 160 240 end
        ",
    );
}

#[test]
fn leading_pictures_belong_to_the_range_they_start() {
    check(
        "
        tracks: v
        append v: 200|0K/40 120|40/40 160|80/40 240|120/40
        buffered: 120..280
        seek v: 130
        reads v: 200K 120 160 240 end
        ",
    );
}

// 120 may depend on what was dropped.
#[test]
fn a_frame_before_the_group_ahead_of_its_own_is_dropped() {
    check(
        "
        tracks: v
        append v: 0|0K/40 40|40K/40 80|80K/40 20|120/10 120|160/40 160|200K
        reads v: 0K 40K 80K 160K end
        ",
    );
}

#[test]
fn a_frame_less_than_a_microsecond_later_takes_the_place() {
    check(
        "
        tracks: v
        append v: 0K 40K
        offset: 0.0005
        append v: 0K/20
        reads v: 0.0005K 40K end
        ",
    );
}

// Timestamps that are rounded to milliseconds look so.
#[test]
fn a_frame_that_ends_a_little_late_leaves_the_next_group() {
    check(
        "
        tracks: v
        append v: 80K 120 160
        append v: 0K/40 40/41
        reads v: 0K 40 80K 120 160 end
        buffered: 0..200
        append v: 0K/40 40/41.1
        seek v: 0
        reads v: 0K 40 end
        buffered: 0..81.1
        ",
    );
}

#[test]
fn only_what_starts_after_a_frame_is_spared_by_it() {
    check(
        "
        tracks: v
        append v: 80K/0.5 80.5/40
        append v: 80K/0.7
        reads v: 80K end
        buffered: 80..80.7
        ",
    );
}

// 20 is not left between the new frames.
#[test]
fn a_frame_that_was_spared_goes_with_the_next() {
    check(
        "
        tracks: a
        append a: 0/20 20/20 40/20 60/20
        append a: 0.4/20 20.4/20
        reads a: 0 0.4 20.4 40 60 end
        buffered: 0..80
        ",
    );
}

#[test]
fn leading_pictures_are_spared_with_their_group() {
    check(
        "
        tracks: v
        append v: 200|80K 120|100 160|120
        append v: 40K/81
        reads v: 40K 200K 120 160 end
        append v: 40K/81.1
        seek v: 40
        reads v: 40K 200K end
        ",
    );
}

// In WebM without DefaultDuration and in MPEG-2 TS nobody states how long the last frame lasts.
#[test]
fn a_guessed_duration_replaces_no_group() {
    for duration in ["40.5", "41", "42", "500", "5000"] {
        check(&format!(
            "
            tracks: v
            append v: 80K 120 160K 200
            append v: 0K/40 40/~{duration}
            reads v: 0K 40 80K 120 160K 200 end
            buffered: 0..240
            "
        ));
    }
}

#[test]
fn a_segment_again_before_others_replaces_none_of_them() {
    check(
        "
        tracks: v
        append v: 0K/33 33/~34
        append v: 67K/33 100/~34
        append v: 134K/33 167/~34
        append v: 0K/33 33/~34
        append v: 134K/33 167/~34
        append v: 67K/33 100/~67.5
        reads v: 0K 33 67K 100 134K 167 end
        buffered: 0..201
        ",
    );
}

#[test]
fn a_guessed_duration_leaves_leading_pictures() {
    check(
        "
        tracks: v
        append v: 200|80K 120|100 160|120
        append v: 40K/~200
        reads v: 40K 200K 120 160 end
        buffered: 40..240
        ",
    );
}

#[test]
fn a_guessed_duration_of_sound_replaces_no_sound() {
    check(
        "
        tracks: a
        append a: 40 60 80
        append a: 0/20 20/~50
        reads a: 0 20 40 60 80 end
        buffered: 0..100
        ",
    );
}

// The second frame is there to replace what the guess has spared.
#[test]
fn what_follows_a_guessed_duration_replaces_as_ever() {
    check(
        "
        tracks: v
        append v: 80K/40 120/40 160K/40
        append v: 0K/40 40/~80
        append v: 100/60
        reads v: 0K 40 100 160K end
        buffered: 0..200
        ",
    );
}

// It does not matter which of the frames is the first of its coded frame group, or the only one.
#[test]
fn a_first_frame_of_guessed_duration_replaces_what_starts_with_it() {
    check(
        "
        tracks: v
        append v: 0K/40 40/40 80K/40
        reset
        append v: 0K/~500
        reads v: 0K 80K end
        ranges v: 0..120
        ",
    );
}

#[test]
fn a_guessed_duration_puts_no_picture_outside_of_the_append_window() {
    check(
        "
        tracks: v
        window: 0..80
        append v: 0K/40 40/~41
        buffered: 0..80
        ",
    );
}

#[test]
fn a_guessed_duration_that_replaces_a_leading_picture_leaves_the_group_after() {
    check(
        "
        tracks: v
        append v: 200K/40
        append v: 100|0K/40 90|40/40 90|80K/~200
        reads v: 90K 200K end
        ranges v: 90..240
        ",
    );
}
