/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Frames that come without timestamps.

use byte_stream::frame::CodedFrame;
use byte_stream::time::{MediaTicks, Timescale};
use byte_stream::track::{InitializationSegment, Track, TrackId};
use bytes::Bytes;
use track_buffer::{AppendMode, PresentationTime, TimeDelta, TrackBuffers};

use crate::tracks::{configuration, describe_track};

const SAMPLES_PER_SECOND: u32 = 44_100;
const SAMPLES_PER_FRAME: i64 = 1152;

fn buffers() -> TrackBuffers {
    let mut buffers = TrackBuffers::new();
    buffers.set_mode(AppendMode::Sequence);
    buffers.set_generates_timestamps(true);
    receive_initialization_segment(&mut buffers);
    buffers
}

fn receive_initialization_segment(buffers: &mut TrackBuffers) {
    let track = Track {
        timescale: Timescale::new(SAMPLES_PER_SECOND).expect("not zero"),
        ..describe_track(1, configuration(true, 1))
    };
    let segment = InitializationSegment {
        tracks: vec![track],
        ..InitializationSegment::default()
    };
    buffers
        .receive_initialization_segment(&segment)
        .expect("one track, as before");
}

/// Their timestamps say nothing.
fn frames(many: usize) -> Vec<CodedFrame> {
    let frame = CodedFrame {
        track: TrackId(1),
        presentation: MediaTicks(77),
        decode: MediaTicks(77),
        duration: MediaTicks(SAMPLES_PER_FRAME),
        duration_is_estimated: false,
        is_random_access_point: true,
        is_discardable: false,
        payload: Bytes::from_static(b"frame"),
        details: None,
    };
    vec![frame; many]
}

fn end_of_samples(samples: i64) -> PresentationTime {
    let timescale = Timescale::new(SAMPLES_PER_SECOND).expect("not zero");
    PresentationTime::from_nanoseconds(timescale.to_nanoseconds(MediaTicks(samples)))
}

fn range(buffers: &TrackBuffers) -> Vec<(PresentationTime, PresentationTime)> {
    buffers.buffered(false).iter().collect()
}

#[test]
fn the_offset_is_the_exact_end_of_the_last_frame() {
    let mut buffers = buffers();
    for appended in 1..=10_000 {
        buffers.append(frames(1));
        let end = end_of_samples(appended * SAMPLES_PER_FRAME);
        assert_eq!(range(&buffers), [(PresentationTime::ZERO, end)]);
        assert_eq!(
            PresentationTime::ZERO.offset_by(buffers.timestamp_offset()),
            end
        );
    }
}

#[test]
fn a_further_initialization_segment_goes_on() {
    let mut buffers = buffers();
    buffers.append(frames(3));
    receive_initialization_segment(&mut buffers);
    buffers.append(frames(4));
    let end = end_of_samples(7 * SAMPLES_PER_FRAME);
    assert_eq!(range(&buffers), [(PresentationTime::ZERO, end)]);
}

#[test]
fn an_offset_that_is_set_is_where_they_go_on() {
    let mut buffers = buffers();
    buffers.append(frames(3));
    buffers.set_timestamp_offset(TimeDelta::from_milliseconds(1000));
    buffers.append(frames(2));
    let second = PresentationTime::from_seconds(1.0);
    let end = second.offset_by(end_of_samples(2 * SAMPLES_PER_FRAME).since(PresentationTime::ZERO));
    let first_end = end_of_samples(3 * SAMPLES_PER_FRAME);
    assert_eq!(
        range(&buffers),
        [(PresentationTime::ZERO, first_end), (second, end)]
    );
}

#[test]
fn frames_before_the_append_window_take_their_time() {
    let mut buffers = buffers();
    let start = end_of_samples(2 * SAMPLES_PER_FRAME);
    buffers.set_append_window(start, PresentationTime::MAX);
    buffers.append(frames(5));
    let end = end_of_samples(5 * SAMPLES_PER_FRAME);
    assert_eq!(range(&buffers), [(start, end)]);
}

#[test]
fn without_the_flag_timestamps_count() {
    let mut buffers = buffers();
    buffers.append(frames(2));
    buffers.set_generates_timestamps(false);
    buffers.set_mode(AppendMode::Segments);
    buffers.set_timestamp_offset(TimeDelta::from_milliseconds(9000));
    buffers.append(frames(1));
    let start = PresentationTime::from_seconds(9.0)
        .offset_by(end_of_samples(77).since(PresentationTime::ZERO));
    assert_eq!(range(&buffers)[1].0, start);
}
