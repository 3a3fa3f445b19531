/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tests of audio at the edges of the append window and of other audio, and of guessed and rounded
//! durations.

use std::sync::Arc;

use byte_stream::frame::{CodedFrame, FrameDetails};
use byte_stream::time::MediaTicks;
use byte_stream::track::{InitializationSegment, TrackId};
use track_buffer::{Cursor, PresentationTime, Read, ReadFrame, TimeDelta, TrackBuffers};

use crate::notation::{check, parse_frames, parse_time, print_ranges};
use crate::tracks::{configuration, describe_track};

fn buffers(is_audio: bool) -> TrackBuffers {
    buffers_of(&[is_audio])
}

/// Makes track buffers for audio and video tracks, which have the numbers from 1 on.
pub(crate) fn buffers_of(are_audio: &[bool]) -> TrackBuffers {
    let mut buffers = TrackBuffers::new();
    let tracks = (1..)
        .zip(are_audio)
        .map(|(id, is_audio)| describe_track(id, configuration(*is_audio, 1)));
    buffers
        .receive_initialization_segment(&InitializationSegment {
            tracks: tracks.collect(),
            ..InitializationSegment::default()
        })
        .expect("a first initialization segment");
    buffers
}

fn frames(text: &str) -> Vec<CodedFrame> {
    parse_frames(TrackId(1), text)
}

fn read_all(buffers: &TrackBuffers) -> Vec<ReadFrame> {
    let mut cursor = Cursor::new(TrackId(1), PresentationTime::ZERO);
    let mut frames = Vec::new();
    while let Read::Frame(frame) = buffers.read(&mut cursor) {
        frames.push(frame);
    }
    frames
}

/// Returns the start, the end, and what is discarded before and after it, in milliseconds.
fn times(frame: &ReadFrame) -> [f64; 4] {
    let milliseconds = |nanoseconds: i64| nanoseconds as f64 / 1e6;
    [
        milliseconds(frame.start.nanoseconds()),
        milliseconds(frame.end.nanoseconds()),
        milliseconds(frame.discard_start.nanoseconds()),
        milliseconds(frame.discard_end.nanoseconds()),
    ]
}

#[test]
fn sound_is_cut_at_the_edges_of_the_append_window() {
    let mut buffers = buffers(true);
    buffers.set_append_window(parse_time("30"), parse_time("70"));
    buffers.append(frames("0 20 40 60 80"));
    assert_eq!(print_ranges(&buffers.buffered(false)), "30..70");
    let read: Vec<_> = read_all(&buffers).iter().map(times).collect();
    assert_eq!(
        read,
        [
            [30.0, 40.0, 10.0, 0.0],
            [40.0, 60.0, 0.0, 0.0],
            [60.0, 70.0, 0.0, 10.0]
        ]
    );
}

#[test]
fn a_frame_in_both_edges_of_the_append_window_is_cut_twice() {
    let mut buffers = buffers(true);
    buffers.set_append_window(parse_time("5"), parse_time("18"));
    buffers.append(frames("0/20"));
    let read: Vec<_> = read_all(&buffers).iter().map(times).collect();
    assert_eq!(read, [[5.0, 18.0, 5.0, 2.0]]);
}

#[test]
fn the_frame_before_the_append_window_is_preroll_of_the_first_in_it() {
    for (start, expected) in [("20", 20.0), ("30", 20.0)] {
        let mut buffers = buffers(true);
        buffers.set_append_window(parse_time(start), PresentationTime::MAX);
        let mut appended = frames("0 20 40");
        appended[0].payload = "preroll".into();
        let before = buffers.byte_size();
        buffers.append(appended);
        assert!(buffers.byte_size() > before);
        let read = read_all(&buffers);
        let preroll = read[0].preroll.as_ref().expect("the frame at 0");
        assert_eq!(&preroll.payload[..], b"preroll");
        assert_eq!(preroll.duration.seconds() * 1000.0, expected);
        assert!(read[1].preroll.is_none());
    }
}

#[test]
fn a_frame_that_is_not_next_or_of_another_offset_is_no_preroll() {
    for change in [
        |buffers: &mut TrackBuffers| buffers.reset_parser_state(),
        |buffers: &mut TrackBuffers| buffers.set_timestamp_offset(TimeDelta::ZERO),
        |_: &mut TrackBuffers| (),
    ] {
        let mut buffers = buffers(true);
        buffers.set_append_window(parse_time("20"), PresentationTime::MAX);
        buffers.append(frames("0"));
        change(&mut buffers);
        // Only the last change leaves the frame, and then the next does not follow it.
        buffers.append(frames("60"));
        assert!(read_all(&buffers)[0].preroll.is_none());
    }
}

#[test]
fn the_end_of_overlapped_sound_is_discarded() {
    let mut buffers = buffers(true);
    buffers.append(frames("0 20 40"));
    buffers.reset_parser_state();
    buffers.append(frames("30 50"));
    let read: Vec<_> = read_all(&buffers).iter().map(times).collect();
    assert_eq!(
        read,
        [
            [0.0, 20.0, 0.0, 0.0],
            [20.0, 30.0, 0.0, 10.0],
            [30.0, 50.0, 0.0, 0.0],
            [50.0, 70.0, 0.0, 0.0]
        ]
    );
}

#[test]
fn what_the_window_cut_and_what_a_splice_cuts_add_up() {
    let mut buffers = buffers(true);
    buffers.set_append_window(PresentationTime::ZERO, parse_time("15"));
    buffers.append(frames("0/20"));
    buffers.reset_parser_state();
    buffers.set_append_window(PresentationTime::ZERO, PresentationTime::MAX);
    buffers.append(frames("10/20"));
    let read: Vec<_> = read_all(&buffers).iter().map(times).collect();
    assert_eq!(read, [[0.0, 10.0, 0.0, 10.0], [10.0, 30.0, 0.0, 0.0]]);
}

#[test]
fn sound_that_overlaps_by_rounding_keeps_all_samples() {
    let mut buffers = buffers(true);
    buffers.append(frames("0/23.4 23/23.4 46/23.4"));
    let read: Vec<_> = read_all(&buffers).iter().map(times).collect();
    assert_eq!(
        read,
        [
            [0.0, 23.0, 0.0, 0.0],
            [23.0, 46.0, 0.0, 0.0],
            [46.0, 69.4, 0.0, 0.0]
        ]
    );
}

#[test]
fn pictures_that_overlap_by_rounding_end_where_the_next_start() {
    let mut buffers = buffers(false);
    buffers.append(frames("0K/33.4 33/33.4 66/35 100K/33"));
    let read: Vec<_> = read_all(&buffers).iter().map(times).collect();
    let ends: Vec<_> = read.iter().map(|times| times[1]).collect();
    // A longer overlap is no rounding.
    assert_eq!(ends, [33.0, 66.0, 100.0, 133.0]);
}

#[test]
fn reordered_pictures_that_overlap_by_rounding_end_where_the_next_start() {
    let mut buffers = buffers(false);
    buffers.append(frames("0|0K/33.4 100|33/33 33|66/33.4 66|100/34.9"));
    let read: Vec<_> = read_all(&buffers).iter().map(times).collect();
    let ends: Vec<_> = read.iter().map(|times| times[1]).collect();
    assert_eq!(ends, [33.0, 133.0, 66.0, 100.0]);
}

/// In WebM default durations have whole milliseconds. A video frame is shown until the next one.
#[test]
fn pictures_that_end_before_the_next_by_rounding_last_until_then() {
    let ends = |is_audio, text| -> Vec<_> {
        let mut buffers = buffers(is_audio);
        buffers.append(frames(text));
        let read: Vec<_> = read_all(&buffers).iter().map(times).collect();
        read.iter().map(|times| times[1]).collect()
    };
    let text = "0K/41 42K/41 83K/41 127K/41";
    // 3 milliseconds are no rounding.
    assert_eq!(ends(false, text), [42.0, 83.0, 124.0, 168.0]);
    assert_eq!(ends(true, text), [41.0, 83.0, 124.0, 168.0]);
}

#[test]
fn a_guessed_duration_gives_way_to_the_next_frame() {
    for (guess, next, expected) in [
        ("0K 40/40", "90 130", "0..170"),
        ("0K 40/60", "80 120", "0..160"),
    ] {
        let mut buffers = buffers(false);
        let mut first = frames(guess);
        first[1].duration_is_estimated = true;
        buffers.append(first);
        buffers.append(frames(next));
        assert_eq!(print_ranges(&buffers.buffered(false)), expected);
        let read = read_all(&buffers);
        assert_eq!(read[1].end, read[2].start);
    }
}

#[test]
fn a_guess_across_a_gap_stays() {
    let mut buffers = buffers(false);
    let mut first = frames("0K/100 100K/20 120/20");
    first[2].duration_is_estimated = true;
    buffers.append(first);
    buffers.append(frames("190K/20"));
    let read = read_all(&buffers);
    assert_eq!(times(&read[2])[1], 140.0);
    assert_eq!(print_ranges(&buffers.buffered(false)), "0..140 190..210");
}

// What is presented first of all tracks goes where the segment goes.
#[test]
fn in_sequence_mode_the_earliest_track_sets_the_offset() {
    check(
        "
        tracks: v a
        mode: sequence
        append v: 95K 135; a: 0 20 40 60 80 100 120 140
        offset is: 0
        ranges v: 95..175
        ranges a: 0..160
        append v: 95K 135; a: 5 25 45 65 85 105 125 145
        offset is: 170
        ranges a: 0..335
        ",
    );
}

fn discard(frame: &mut CodedFrame, start: i64, end: i64) {
    frame.details = Some(Arc::new(FrameDetails {
        discard_start: MediaTicks(start * 1000),
        discard_end: MediaTicks(end * 1000),
        encryption: None,
    }));
}

#[test]
fn sound_that_the_file_discards_lies_outside_of_what_is_stored() {
    let mut buffers = buffers(true);
    let mut frames = frames("0 20 40/15");
    discard(&mut frames[0], 7, 0);
    discard(&mut frames[2], 0, 5);
    buffers.append(frames);
    // As far as a script can tell it is there from the start.
    assert_eq!(print_ranges(&buffers.buffered(false)), "0..55");
    let read: Vec<_> = read_all(&buffers).iter().map(times).collect();
    assert_eq!(
        read,
        [
            [7.0, 20.0, 7.0, 0.0],
            [20.0, 40.0, 0.0, 0.0],
            [40.0, 55.0, 0.0, 5.0]
        ]
    );
}

#[test]
fn a_frame_of_which_nothing_is_heard_is_decoded_ahead_of_the_next() {
    let mut buffers = buffers(true);
    let mut frames = frames("0 20 40");
    discard(&mut frames[0], 20, 0);
    discard(&mut frames[1], 5, 0);
    buffers.append(frames);
    assert_eq!(print_ranges(&buffers.buffered(false)), "20..60");
    let read = read_all(&buffers);
    let preroll = read[0].preroll.as_ref().expect("the frame before");
    assert_eq!(preroll.duration, TimeDelta::from_milliseconds(20));
    let read: Vec<_> = read.iter().map(times).collect();
    assert_eq!(read, [[25.0, 40.0, 5.0, 0.0], [40.0, 60.0, 0.0, 0.0]]);
}

#[test]
fn what_the_file_and_what_the_window_discards_add_up() {
    let mut buffers = buffers(true);
    buffers.set_append_window(parse_time("12"), parse_time("50"));
    let mut frames = frames("0 20 40/15");
    discard(&mut frames[0], 7, 0);
    discard(&mut frames[2], 0, 5);
    buffers.append(frames);
    assert_eq!(print_ranges(&buffers.buffered(false)), "12..50");
    let read: Vec<_> = read_all(&buffers).iter().map(times).collect();
    assert_eq!(
        read,
        [
            [12.0, 20.0, 12.0, 0.0],
            [20.0, 40.0, 0.0, 0.0],
            [40.0, 50.0, 0.0, 10.0]
        ]
    );
}

#[test]
fn of_pictures_nothing_is_discarded() {
    let mut buffers = buffers(false);
    let mut frames = frames("0K 20 40");
    discard(&mut frames[0], 7, 0);
    buffers.append(frames);
    let read: Vec<_> = read_all(&buffers).iter().map(times).collect();
    assert_eq!(read[0], [0.0, 20.0, 0.0, 0.0]);
}
