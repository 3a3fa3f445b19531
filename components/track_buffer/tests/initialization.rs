/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The initialization segment received algorithm.

use std::sync::Arc;

use byte_stream::frame::CodedFrame;
use byte_stream::time::MediaTicks;
use byte_stream::track::{
    CodecConfiguration, InitializationSegment, Medium, Track, TrackId, VideoCodec,
};
use track_buffer::{
    AppendMode, Cursor, PresentationTime, Read, TimeDelta, TrackBuffers, TrackMismatch,
};

use crate::notation::{parse_frames, print_ranges};
use crate::tracks::{configuration, describe_track};

fn video(id: u64) -> Track {
    describe_track(id, configuration(false, 1))
}

fn audio(id: u64) -> Track {
    describe_track(id, configuration(true, 1))
}

fn vp9(id: u64) -> Track {
    let mut track = video(id);
    if let CodecConfiguration::Video(video) = &mut track.configuration {
        video.codec = VideoCodec::Vp9;
    }
    track
}

fn receive(buffers: &mut TrackBuffers, tracks: Vec<Track>) -> Result<(), TrackMismatch> {
    buffers.receive_initialization_segment(&InitializationSegment {
        tracks,
        ..InitializationSegment::default()
    })
}

fn buffers(tracks: Vec<Track>) -> TrackBuffers {
    let mut buffers = TrackBuffers::new();
    receive(&mut buffers, tracks).expect("a first initialization segment");
    buffers
}

fn frames(track: u64, text: &str) -> Vec<CodedFrame> {
    parse_frames(TrackId(track), text)
}

#[test]
fn nothing_is_buffered_before_the_first_initialization_segment() {
    let mut buffers = TrackBuffers::new();
    buffers.append(frames(1, "0K 40"));
    assert!(buffers.buffered(false).is_empty());
    assert!(buffers.buffered(true).is_empty());
    let mut cursor = Cursor::new(TrackId(1), PresentationTime::ZERO);
    assert!(matches!(buffers.read(&mut cursor), Read::End));
}

#[test]
fn a_single_track_of_its_kind_may_change_its_number() {
    let mut buffers = buffers(vec![video(1), audio(2)]);
    buffers.append(frames(1, "0K 40"));
    assert_eq!(receive(&mut buffers, vec![audio(1), video(7)]), Ok(()));
    buffers.append(frames(7, "80K 120"));
    let track = buffers
        .track(TrackId(1))
        .expect("known by its first number");
    assert_eq!(print_ranges(track.ranges()), "0..160");
    assert!(buffers.track(TrackId(7)).is_none());
}

#[test]
fn several_tracks_of_a_kind_keep_their_numbers() {
    let mut buffers = buffers(vec![audio(1), audio(2)]);
    assert_eq!(receive(&mut buffers, vec![audio(2), audio(1)]), Ok(()));
    let unknown = receive(&mut buffers, vec![audio(1), audio(3)]);
    assert_eq!(unknown, Err(TrackMismatch::Unknown(TrackId(3))));
}

#[test]
fn the_number_of_tracks_of_each_kind_must_match() {
    let mut buffers = buffers(vec![video(1), audio(2)]);
    let fewer = receive(&mut buffers, vec![video(1)]);
    assert_eq!(
        fewer,
        Err(TrackMismatch::Count {
            medium: Medium::Audio,
            first: 1,
            now: 0
        })
    );
    let other = receive(&mut buffers, vec![video(1), video(2)]);
    assert_eq!(
        other,
        Err(TrackMismatch::Count {
            medium: Medium::Audio,
            first: 1,
            now: 0
        })
    );
}

#[test]
fn two_tracks_of_the_same_number_are_refused() {
    let duplicate = receive(&mut TrackBuffers::new(), vec![video(1), audio(1)]);
    assert_eq!(duplicate, Err(TrackMismatch::Duplicate(TrackId(1))));
}

#[test]
fn another_codec_needs_no_change_type() {
    let mut buffers = buffers(vec![video(1)]);
    buffers.append(frames(1, "0K 40"));
    assert_eq!(receive(&mut buffers, vec![vp9(1)]), Ok(()));
    buffers.append(frames(1, "80K 120"));
    assert_eq!(print_ranges(&buffers.buffered(false)), "0..160");
}

#[test]
fn a_refused_initialization_segment_changes_nothing() {
    let mut buffers = buffers(vec![video(1), audio(2)]);
    buffers.append(frames(1, "0K 40"));
    receive(&mut buffers, vec![audio(3), vp9(4), vp9(5)]).expect_err("another track");
    buffers.append(frames(1, "80 120"));
    let track = buffers.track(TrackId(1)).expect("it is there");
    assert_eq!(print_ranges(track.ranges()), "0..160");
}

#[test]
fn an_equal_configuration_is_the_same_one() {
    let mut buffers = buffers(vec![video(1)]);
    let before = Arc::clone(
        buffers
            .track(TrackId(1))
            .expect("it is there")
            .configuration(),
    );
    receive(&mut buffers, vec![video(1)]).expect("the same");
    assert!(Arc::ptr_eq(
        &before,
        buffers
            .track(TrackId(1))
            .expect("it is there")
            .configuration()
    ));
}

#[test]
fn times_at_the_ends_of_all_time_are_dropped() {
    let extremes = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX];
    for mode in [AppendMode::Segments, AppendMode::Sequence] {
        let mut buffers = buffers(vec![video(1)]);
        buffers.set_append_window(
            PresentationTime::from_nanoseconds(i64::MIN),
            PresentationTime::MAX,
        );
        for offset in extremes {
            buffers.set_mode(mode);
            buffers.set_timestamp_offset(TimeDelta::from_nanoseconds(offset));
            for (presentation, decode) in extremes.into_iter().zip(extremes.into_iter().rev()) {
                let mut frame = frames(1, "0K/40").remove(0);
                frame.presentation = MediaTicks(presentation);
                frame.decode = MediaTicks(decode);
                frame.duration = MediaTicks(i64::MAX);
                buffers.append(vec![frame.clone()]);
                frame.duration = MediaTicks(1);
                buffers.append(vec![frame]);
                let target = PresentationTime::from_nanoseconds(presentation);
                let mut cursor = Cursor::new(TrackId(1), target);
                while let Read::Frame(frame) = buffers.read(&mut cursor) {
                    assert!(frame.start < frame.end);
                }
            }
        }
    }
}
