/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tracks of a coded frame group that do not start together: who starts later covers the time
//! before.

use byte_stream::track::TrackId;
use track_buffer::{PresentationTime, Read};

use crate::notation::check;

#[test]
fn test_a_track_is_buffered_from_the_start_of_its_coded_frame_group() {
    check(
        "
        tracks: v a
        append a: 0 20 40 60 80 100; v: 66K 106
        ranges v: 0..146
        buffered: 0..120
        seek v: 10
        reads v: 66K 106 end
        ",
    );
}

// What is appended together is known together.
#[test]
fn test_an_earlier_track_may_come_after_a_later_one() {
    check(
        "
        tracks: v a
        append v: 1066K 1106; a: 1000 1020 1040 1060
        ranges v: 1000..1146
        ",
    );
}

#[test]
fn test_a_coded_frame_group_goes_on_in_the_next_append() {
    check(
        "
        tracks: v a
        append a: 0 20 40 60 80
        append v: 66K 106
        ranges v: 0..146
        append a: 100 120 140
        append v: 146K 186
        ranges v: 0..226
        ",
    );
}

#[test]
fn test_a_track_that_starts_much_later_is_buffered_from_there() {
    check(
        "
        tracks: v a
        append a: 0 20 40 60 80; v: 250K 290
        ranges v: 0..330
        reset:
        append a: 1000 1020 1040; v: 1251K 1291
        ranges v: 0..330 1251..1331
        ",
    );
}

// The sound that is there goes on meanwhile, and what is reported as buffered is played.
#[test]
fn test_covered_time_is_read_across() {
    check(
        "
        tracks: v a
        append a: 0 20 40; v: 0K 40
        append a: 180 200 220 240 260; v: 400K 440
        ranges v: 0..80 180..480
        reads v: 0K 40 400K 440 end
        ",
    );
}

#[test]
fn test_a_removal_takes_the_time_that_the_frame_covers() {
    check(
        "
        tracks: v a
        append a: 0 20 40 60 80; v: 66K 106
        remove: 10..30
        ranges v: 30..146
        remove: 60..70
        ranges v:
        ",
    );
}

#[test]
fn test_a_removal_before_leaves_what_is_covered() {
    check(
        "
        tracks: v a
        append a: 0 20 40; v: 0K 40 80
        append a: 1000 1020 1040; v: 1066K 1106
        remove: 40..200
        ranges v: 0..40 1000..1146
        ",
    );
}

#[test]
fn test_frames_take_the_place_of_covered_time() {
    check(
        "
        tracks: v a
        append a: 1000 1020 1040; v: 1200K 1240
        ranges v: 1000..1280
        append v: 1020K/10 1030/10
        ranges v: 1020..1280
        reads v: gap
        seek v: 1000
        reads v: 1020K 1030 1200K 1240 end
        ",
    );
}

#[test]
fn test_no_frame_covers_what_an_earlier_one_shows() {
    check(
        "
        tracks: v a
        append v: 0K 40 80
        reset:
        append a: 100 120 140 160 180; v: 166K 206
        remove: 0..10
        ranges v: 120..246
        ",
    );
}

#[test]
fn test_leading_pictures_lie_in_covered_time() {
    check(
        "
        tracks: v a
        append a: 0 20 40 60 80 100; v: 120|20K 40|30 80|40
        ranges v: 0..160
        remove: 80..81
        ranges v: 40..160
        reads v: 120K 40 end
        ",
    );
}

#[test]
fn test_the_append_window_bounds_covered_time() {
    check(
        "
        tracks: v a
        window: 30..
        append a: 0 20 40 60 80; v: 66K 106
        ranges a: 30..100
        ranges v: 30..146
        ",
    );
}

// The picture of the second sequence comes 66 ms after its sound.
#[test]
fn test_sequences_have_no_hole_where_a_track_starts_late() {
    check(
        "
        tracks: v a
        mode: sequence
        append a: 0 20 40 60 80 100 120; v: 66K 106
        ranges v: 0..146
        append a: 0 20 40 60 80 100 120; v: 66K 106
        offset is: 146
        ranges v: 0..292
        reads v: 66K 106 212K 252 end
        ",
    );
}

#[test]
fn test_a_seek_into_covered_time_finds_the_frame() {
    let mut buffers = crate::sound::buffers_of(&[false, true]);
    let pictures = crate::notation::parse_frames(TrackId(1), "5200K 5240");
    let sound = crate::notation::parse_frames(TrackId(2), "5000 5020 5040 5060");
    buffers.append([sound, pictures].concat());
    let mut cursor = buffers.seek(TrackId(1), PresentationTime::from_seconds(5.001));
    let Read::Frame(frame) = buffers.read(&mut cursor) else {
        panic!("the time is buffered");
    };
    assert_eq!(frame.start, PresentationTime::from_seconds(5.2));
}
