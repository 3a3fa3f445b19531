/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What appends, removals and reads come to, in the notation.

use crate::notation::check;

// Ranges

#[test]
fn test_frames_that_adjoin_are_one_range() {
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
fn test_an_empty_buffer() {
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
fn test_a_gap_of_twice_the_last_frame_is_no_gap() {
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
fn test_a_longer_gap_parts_ranges() {
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
fn test_ranges_join_when_the_gap_is_filled() {
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
fn test_durations_rounded_to_milliseconds_leave_no_gap() {
    check(
        "
        tracks: v
        append v: 0K/33 33/33 67/33 100K/33 133/33
        buffered: 0..166
        ",
    );
}

#[test]
fn test_what_is_buffered_is_what_all_tracks_have() {
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
fn test_an_ended_track_reaches_to_the_end_of_the_longest() {
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
fn test_an_ended_track_without_frames_has_nothing_buffered() {
    check(
        "
        tracks: v a
        append v: 0K 40
        ended:
        ",
    );
}

#[test]
fn test_a_frame_without_duration_is_buffered_for_a_microsecond() {
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
fn test_reordered_frames_are_read_in_decode_order() {
    check(
        "
        tracks: v
        append v: 0|-40K 120|0 40|40 80|80 160|120K
        buffered: 0..200
        reads v: 0K 120 40 80 160K end
        ",
    );
}

// Coded frame processing

#[test]
fn test_an_append_that_starts_without_a_random_access_point_is_dropped_until_one() {
    check(
        "
        tracks: v
        append v: 0 40 80K 120
        buffered: 80..160
        ",
    );
}

#[test]
fn test_decode_time_that_goes_back_needs_a_random_access_point() {
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
fn test_decode_time_that_jumps_needs_a_random_access_point() {
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
fn test_a_discontinuity_of_one_track_is_one_of_all() {
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
fn test_frames_come_after_a_short_one_in_a_variable_frame_rate() {
    check(
        "
        tracks: v
        append v: 0K/40 40/5 45/40 85/40
        reads v: 0K 40 45 85 end
        ",
    );
}

#[test]
fn test_a_segment_in_pieces_goes_on_where_it_stopped() {
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
fn test_the_offset_moves_frames() {
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
fn test_frames_outside_of_the_append_window_are_dropped() {
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
fn test_frames_before_zero_are_dropped() {
    check(
        "
        tracks: v
        append v: -40K 0 40K 80
        buffered: 40..120
        ",
    );
}

#[test]
fn test_sequence_mode_puts_segments_after_each_other() {
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
fn test_in_sequence_mode_an_offset_is_where_the_next_segment_starts() {
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
fn test_reset_in_sequence_mode_goes_on_at_the_group_end() {
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
fn test_reset_needs_a_random_access_point() {
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
fn test_a_further_initialization_segment_needs_a_random_access_point() {
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
fn test_a_configuration_starts_at_its_first_frame() {
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

// Overlaps

#[test]
fn test_a_frame_inside_a_group_takes_the_place_of_the_rest_of_it() {
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
fn test_the_frames_that_depended_on_a_replaced_one_go_too() {
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
fn test_the_tail_of_an_append_takes_the_head_of_the_next_group() {
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
fn test_an_append_of_the_same_takes_the_place_of_all() {
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
fn test_a_frame_that_lands_between_two_frames_takes_the_later_ones() {
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
fn test_a_frame_cut_short_does_not_spring_back() {
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
fn test_a_random_access_point_that_goes_back_within_a_group_replaces() {
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
fn test_sound_replaces_only_what_it_overlaps() {
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
fn test_leading_pictures_take_the_place_of_what_is_there() {
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
fn test_leading_pictures_belong_to_the_range_they_start() {
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
fn test_a_frame_before_the_group_ahead_of_its_own_is_dropped() {
    check(
        "
        tracks: v
        append v: 0|0K/40 40|40K/40 80|80K/40 20|120/10 120|160/40 160|200K
        reads v: 0K 40K 80K 160K end
        ",
    );
}

// Coded frame removal

// The gap of 80 ms is twice the frame before it, and overlooked.
#[test]
fn test_removal_takes_all_up_to_the_next_random_access_point() {
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
fn test_removal_starts_at_frames_that_start_there() {
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
fn test_removal_without_a_random_access_point_after_it_goes_to_the_end() {
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
fn test_removal_of_all() {
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
fn test_removal_before_the_append_position_lets_a_segment_go_on() {
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
fn test_removal_of_the_group_that_is_appended_needs_a_random_access_point() {
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
fn test_removal_of_a_group_needs_its_whole_range_for_sound() {
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
fn test_removal_in_sequence_mode_goes_on_at_the_group_end() {
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
fn test_removal_in_reordered_frames_is_in_decode_order() {
    check(
        "
        tracks: v
        append v: 0|-40K 120|0 40|40 80|80 160|120K
        remove: 80..100
        reads v: 0K 160K end
        ",
    );
}

// Cursors

#[test]
fn test_a_cursor_waits_for_data() {
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
fn test_a_presentation_may_start_late() {
    check(
        "
        tracks: v
        append v: 1000K 1040
        reads v: 1000K 1040 end
        ",
    );
}

#[test]
fn test_a_presentation_may_not_start_later_than_a_second() {
    check(
        "
        tracks: v
        append v: 1001K 1041
        reads v: gap
        ",
    );
}

#[test]
fn test_a_later_range_is_found_from_an_eighth_of_a_second_before_it() {
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
fn test_a_gap_is_read_across() {
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
fn test_a_frame_appended_to_a_group_that_was_read_is_next() {
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
fn test_a_frame_appended_before_a_gap_is_next() {
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
fn test_a_seek_into_a_group_starts_at_its_random_access_point() {
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
fn test_a_seek_to_the_end_finds_nothing() {
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
fn test_a_cursor_goes_on_after_what_it_read_was_removed() {
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
fn test_a_cursor_goes_back_when_what_it_needs_was_replaced() {
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
fn test_a_cursor_stays_where_it_is_when_what_it_read_is_removed() {
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
fn test_a_cursor_in_sound_goes_on_after_what_it_read() {
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
fn test_a_frame_less_than_a_microsecond_later_takes_the_place() {
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

#[test]
fn test_a_configuration_of_sound_starts_at_its_first_frame() {
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
