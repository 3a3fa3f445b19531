/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Coded frame eviction: what goes first, and what stays.

use byte_stream::track::{InitializationSegment, TrackId};
use track_buffer::{PresentationTime, TrackBuffers};

use crate::notation::{parse_frames, parse_time, print_ranges};
use crate::tracks::{configuration, describe_track};

/// A track of video of groups of 100 ms, one frame each, and how many bytes none and one of them cost.
fn buffers(groups: &[(i64, i64)]) -> (TrackBuffers, [usize; 2]) {
    let segment = InitializationSegment {
        tracks: vec![describe_track(1, configuration(false, 1))],
        ..InitializationSegment::default()
    };
    let mut buffers = TrackBuffers::new();
    buffers
        .receive_initialization_segment(&segment)
        .expect("a first initialization segment");
    for &(first, end) in groups {
        append(&mut buffers, first..end);
    }
    let mut one = TrackBuffers::new();
    one.receive_initialization_segment(&segment)
        .expect("a first initialization segment");
    let none = one.byte_size();
    append(&mut one, 0..1);
    let first = one.byte_size();
    append(&mut one, 1..2);
    (buffers, [none, one.byte_size() - first])
}

fn append(buffers: &mut TrackBuffers, groups: std::ops::Range<i64>) {
    let text: Vec<_> = groups
        .map(|group| format!("{}K/100", group * 100))
        .collect();
    buffers.reset_parser_state();
    buffers.append(parse_frames(TrackId(1), &text.join(" ")));
}

/// Evicts until one more group fits into as many groups as given.
fn evict(buffers: &mut TrackBuffers, playhead: &str, groups: usize, bytes: [usize; 2]) -> bool {
    let [none, one] = bytes;
    // (That some are apart costs a little.)
    let quota = none + groups * one + one * 3 / 4;
    buffers.evict(parse_time(playhead), one, quota)
}

fn ranges(buffers: &TrackBuffers) -> String {
    print_ranges(&buffers.buffered(false))
}

#[test]
fn nothing_goes_while_there_is_room() {
    let (mut buffers, bytes) = buffers(&[(0, 10)]);
    assert!(evict(&mut buffers, "500", 11, bytes));
    assert_eq!(ranges(&buffers), "0..1000");
}

#[test]
fn what_was_played_goes_from_the_front() {
    let (mut buffers, bytes) = buffers(&[(0, 10)]);
    assert!(evict(&mut buffers, "550", 8, bytes));
    assert_eq!(ranges(&buffers), "300..1000");
}

#[test]
fn what_will_be_played_next_stays() {
    let (mut buffers, bytes) = buffers(&[(0, 10)]);
    assert!(!evict(&mut buffers, "550", 2, bytes));
    assert_eq!(ranges(&buffers), "500..1000");
}

#[test]
fn the_far_back_goes_from_the_end() {
    let (mut buffers, bytes) = buffers(&[(20, 30), (0, 10)]);
    assert!(evict(&mut buffers, "550", 9, bytes));
    assert_eq!(ranges(&buffers), "500..1000 2000..2300");
}

#[test]
fn what_lies_between_the_append_position_and_the_playhead_goes_first() {
    let (mut buffers, bytes) = buffers(&[(0, 30), (5, 8)]);
    assert!(evict(&mut buffers, "2050", 24, bytes));
    assert_eq!(ranges(&buffers), "0..800 1500..3000");
    // Then the front, but not the group that was appended last; then the back.
    assert!(evict(&mut buffers, "2050", 4, bytes));
    assert_eq!(ranges(&buffers), "700..800 2000..2200");
    assert!(!evict(&mut buffers, "2050", 1, bytes));
    assert_eq!(ranges(&buffers), "700..800 2000..2100");
}

#[test]
fn after_a_seek_to_what_is_not_buffered_all_but_the_append_position_may_go() {
    let (mut buffers, bytes) = buffers(&[(20, 30)]);
    assert!(evict(&mut buffers, "100", 4, bytes));
    assert_eq!(ranges(&buffers), "2000..2200 2900..3000");
}

#[test]
fn more_than_the_quota_never_fits() {
    let (mut buffers, [_, bytes]) = buffers(&[(0, 10)]);
    assert!(!buffers.evict(PresentationTime::ZERO, usize::MAX, bytes));
}

/// Work that is used up ends it, also in the middle of what has to go.
#[test]
fn eviction_goes_on_where_its_work_ended() {
    let (mut buffers, _) = buffers(&[(0, 100)]);
    let playhead = parse_time("20000");
    let mut left = 100;
    for calls in 1.. {
        let mut work = 200;
        buffers.evict_some(playhead, 0, 0, &mut work);
        let stored = buffers.buffered(false).iter().next().map(|(start, end)| {
            let length = end.since(start).nanoseconds() / 100_000_000;
            length as usize
        });
        let stored = stored.expect("the group that was appended last stays");
        assert!(left - stored <= 6, "{} groups", left - stored);
        assert!(work == 0 || stored == 1);
        assert_eq!(buffers.take_removed().len(), left - stored);
        left = stored;
        if work > 0 {
            assert!(calls > 16, "{calls} calls");
            break;
        }
    }
}
