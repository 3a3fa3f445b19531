/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The families of bugs that media sources are known for, as far as they can be had without a
//! decoder. (Flushes that deadlock are a matter of the player.)

use test_support::notation::{check, check_media_source};

#[test]
fn test_small_gaps_stall_at_no_place_alone() {
    // What is read across is also enough to go on playing, and what is not read is not.
    check_media_source(
        "
        tracks: v
        append v: 900K 940
        append v: 1104K 1144
        append v: 1310K 1350
        buffered: 900..980 1104..1184 1310..1390
        reads v: 900K 940 1104K 1144 gap
        state 0: HaveEnoughData
        state 1000: HaveFutureData
        state 1184: HaveCurrentData
        end
        state 1310: HaveEnoughData
        ",
    );
}

#[test]
fn test_overlap_at_the_playhead_loses_no_random_access_point() {
    check_media_source(
        "
        tracks: v
        append v: 0K 40 80K 120 160K 200
        reads v: 0K 40 80K 120 160K 200 end
        seek v: 0
        reset v:
        append v: 0K 40 80K 120 160K 200 240K
        reads v: 0K 40 80K 120 160K 200 240K end
        ",
    );
}

#[test]
fn test_removal_and_overlap_leave_all_that_is_decodable_and_nothing_else() {
    // The frame that contains the start stays, the one that starts where the range ends too, and
    // no frame stays that needs one that went.
    check_media_source(
        "
        tracks: v
        append v: 0|0K/40 160|40/40 80|80/40 40|120/40 120|160/40 200|200K/40 240|240/40
        remove v: 90..200
        buffered: 0..40 200..280
        reads v: 0K gap
        append v: 0K 40 80 120 160
        remove v: 45..199.9999
        buffered: 0..80 200..280
        ",
    );
    // Half of a group of pictures is replaced.
    check(
        "
        tracks: v
        append v: 0K 40 80 120 160 200 240 280 320K
        reset
        append v: 0K 40
        buffered: 0..80 320..360
        ",
    );
    // Rounding does not take the random access point that comes next.
    check(
        "
        tracks: v
        append v: 1000K 1040 1080K 1120
        remove: 0..1080
        seek v: 1080
        reads v: 1080K 1120 end
        ",
    );
}

#[test]
fn test_streams_that_do_not_start_at_zero() {
    check_media_source(
        "
        tracks: v a
        append v: 83K 123 163; a: 21 41 61 81 101
        reads v: 83K 123 163 end
        state 0: HaveFutureData
        ",
    );
    // What is presented before zero goes, decode times before zero do not matter.
    check(
        "
        tracks: v
        append v: 0|-80K 120|-40 40|0 80|40 160|80K
        reads v: 0K 120 40 80 160K end
        reset
        append v: -40K 0 40 80K
        reads v: end
        seek v: 0
        reads v: 0K 80K 160K end
        ",
    );
}

#[test]
fn test_seeks_complete_once_data_come_and_at_the_end() {
    check_media_source(
        "
        tracks: v a
        append v: 0K 40; a: 0 20 40 60
        seek v: 5000
        reads v: end
        state 5000: HaveMetadata
        append v: 4960K 5000 5040; a: 4960 4980 5000 5020 5040
        reads v: 4960K 5000 5040 end
        state 5000: HaveFutureData
        end
        seek a: 5070  # after the last sound, before the last picture ends
        reads a: ended
        seek v: 5070
        reads v: 4960K 5000 5040 ended
        state 5070: HaveEnoughData
        ",
    );
}

#[test]
fn test_the_end_of_the_stream_comes_and_goes() {
    check_media_source(
        "
        tracks: v a
        append v: 0K 40 80 120; a: 0 20 40
        reads v: 0K 40 80 120 end
        buffered: 0..60
        end
        buffered: 0..160
        buffered a: 0..160
        duration is: 160
        reads v: ended
        append a: 60 80  # open again
        buffered: 0..100
        reads v: end
        ",
    );
}

#[test]
fn test_the_playhead_waits_at_the_gap_itself() {
    check_media_source(
        "
        tracks: v
        append v: 0K 40 80K 120
        append v: 1000K 1040
        state 0: HaveFutureData
        state 159.999: HaveFutureData
        state 160: HaveCurrentData
        state 161: HaveMetadata
        remove v: 0..
        state 0: HaveMetadata
        ",
    );
}

#[test]
fn test_detachment_with_work_pending() {
    check_media_source(
        "
        tracks: v
        append v: 0K 40
        reads v: 0K 40 end
        appending v: 80K 120
        detach
        effects: fire addsourcebuffer at sourceBuffers; fire updatestart at SourceBuffer 0; \
            element duration inf; element adds Video track 1, enabled; \
            fire addsourcebuffer at activeSourceBuffers; element tracks; element buffered; \
            fire update at SourceBuffer 0; fire updateend at SourceBuffer 0; \
            fire updatestart at SourceBuffer 0; element buffered; \
            fire update at SourceBuffer 0; fire updateend at SourceBuffer 0; \
            fire updatestart at SourceBuffer 0; \
            element removes Video track 1, enabled; \
            fire removesourcebuffer at activeSourceBuffers; \
            fire removesourcebuffer at sourceBuffers; fire sourceclose at MediaSource
        duration is: NaN
        buffered:
        ",
    );
}

#[test]
fn test_buffered_is_what_is_stored() {
    check_media_source(
        "
        buffered:
        tracks: v a
        buffered:
        tracks: a2
        append v: 0K 40 80
        buffered v:
        append a: 0 20 40 60 80 100
        buffered v: 0..120
        buffered:
        append a2: 20 40 60 80 100 120
        buffered: 20..120
        end
        buffered: 20..140
        buffered v: 0..120
        remove v: 0..40
        buffered v:
        ",
    );
}

#[test]
fn test_durations_that_are_missing_or_vary_make_no_hole() {
    check_media_source(
        "
        tracks: v
        append v: 0K/0 40/0 80/0 120K/0 160/40
        reads v: 0K 40 80 120K 160 end
        append v: 200/1 201/1 202/100 302/1 303/40 343/40
        reads v: 200 201 202 302 303 343 end
        ",
    );
    // The last frame of a live packager's segment.
    check_media_source(
        "
        tracks: v
        append v: 0K/40 40/0
        append v: 80K/40 120/0
        append v: 160K/40 200/40
        reads v: 0K 40 80K 120 160K 200 end
        state 0: HaveFutureData
        ",
    );
}

#[test]
fn test_sequences_and_offsets_of_muxed_tracks() {
    check_media_source(
        "
        tracks: v a
        mode v: sequence
        append v: 5000K 5040; a: 5000 5020 5040 5060
        offset is: -5000
        append v: 0K 40; a: 0 20 40 60
        offset is: 80
        buffered: 0..160
        offset v: 1000
        append v: 700K 740; a: 700 720 740 760
        offset is: 300
        buffered: 0..160 1000..1080
        mode v: segments
        offset v: 10
        append v: 1070K 1110; a: 1070 1090 1110 1130
        buffered: 0..160 1000..1160
        ",
    );
}

#[test]
fn test_arithmetic_of_the_duration() {
    check_media_source(
        "
        tracks: v a
        append v: 0K 40 80; a: 0 20 40 60 80 100 120
        duration is: inf
        duration: 10000
        duration: 130  # inside of the last sound
        duration is: 140
        append v: 120K 160
        duration is: 200
        end
        duration is: 200
        remove v: 100..  # open again
        duration: 9000
        duration is: 9000
        end
        duration is: 120
        ",
    );
}

#[test]
fn test_changes_of_configuration() {
    // The same initialization segment again is no change; another one is, right at its first frame.
    check_media_source(
        "
        tracks: v
        append v: 0K 40
        configure v: 1
        append v: 80K 120
        configure v: 2
        append v: 160 200K 240
        configure v: 1
        append v: 280K
        reads v: 0K 40 80K 120 #2 200K 240 #1 280K end
        remove v: 0..
        state 0: HaveMetadata
        ",
    );
}
