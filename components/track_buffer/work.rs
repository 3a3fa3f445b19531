/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Counts how much of what is stored is looked at, for tests. No input may make it grow faster than
//! the input, and no script may wait for much of it. It is counted in debug builds only.

use std::cell::Cell;

thread_local! {
    static WORK: Cell<usize> = const { Cell::new(0) };
}

/// Counts frames, groups of pictures or ranges that are looked at, moved or copied.
pub(crate) fn count(work: usize) {
    if cfg!(debug_assertions) {
        WORK.set(WORK.get() + work);
    }
}

/// Returns how many frames, groups of pictures and ranges were looked at, moved or copied on this
/// thread. In a release build it is 0.
pub fn counted() -> usize {
    WORK.get()
}

#[cfg(test)]
mod tests {
    use byte_stream::frame::CodedFrame;
    use byte_stream::time::MediaTicks;
    use byte_stream::track::{InitializationSegment, TrackId};
    use bytes::Bytes;
    use test_support::tracks::{configuration, describe_track};

    use super::counted;
    use crate::cursor::Cursor;
    use crate::{PresentationTime, Read, TrackBuffers};

    const MILLISECOND: i64 = 1000;

    fn buffers() -> TrackBuffers {
        let mut buffers = TrackBuffers::new();
        let segment = InitializationSegment {
            tracks: vec![describe_track(1, configuration(false, 1))],
            ..InitializationSegment::default()
        };
        let received = buffers.receive_initialization_segment(&segment);
        received.expect("a first initialization segment");
        buffers
    }

    /// Times are in milliseconds.
    fn frame(start: i64, decode: i64, lasts: i64, is_random_access_point: bool) -> CodedFrame {
        CodedFrame {
            track: TrackId(1),
            presentation: MediaTicks(start * MILLISECOND),
            decode: MediaTicks(decode * MILLISECOND),
            duration: MediaTicks(lasts * MILLISECOND),
            duration_is_estimated: false,
            is_random_access_point,
            is_discardable: false,
            payload: Bytes::from_static(&[1]),
            details: None,
        }
    }

    /// Appends a group of so many frames, which start in order and last until the end of all.
    fn append_group(buffers: &mut TrackBuffers, frames: i64) {
        let end = frames + 1;
        let group = (0..frames).map(|start| frame(start, start, end - start, start == 0));
        buffers.append(group.collect());
    }

    fn append_key_frame(buffers: &mut TrackBuffers, start: i64) {
        buffers.reset_parser_state();
        buffers.append(vec![frame(start, start, 1, true)]);
    }

    /// Checks that an input of `frames` frames costs no more for each than one of half as many.
    fn check_growth(name: &str, run: impl Fn(i64)) {
        let count = |frames| {
            let before = counted();
            run(frames);
            (counted() - before) as f64 / frames as f64
        };
        let (few, many) = (count(1000), count(4000));
        assert!(many < 1.3 * few + 1.0, "{name}: {few} a frame, then {many}");
        assert!(many < 300.0, "{name}: {many} a frame");
    }

    #[test]
    fn cutting_a_deep_group_short_again_and_again() {
        check_growth("from its end", |frames| {
            let mut buffers = buffers();
            append_group(&mut buffers, frames);
            for start in (1..frames).rev() {
                append_key_frame(&mut buffers, start);
            }
        });
        check_growth("after its last frame, all frames at one time", |frames| {
            let mut buffers = buffers();
            let all = (0..frames).map(|number| frame(0, 0, 10 * frames, number == 0));
            buffers.append(all.collect());
            for start in (1..frames).rev() {
                append_key_frame(&mut buffers, start);
            }
        });
    }

    #[test]
    fn removing_from_a_deep_group_again_and_again() {
        check_growth("removal", |frames| {
            let mut buffers = buffers();
            append_group(&mut buffers, frames);
            for start in (1..frames).rev() {
                let time = PresentationTime::from_nanoseconds(start * 1_000_000);
                buffers.remove(time, PresentationTime::MAX, PresentationTime::MAX);
            }
        });
    }

    #[test]
    fn cutting_a_deep_group_that_is_read() {
        check_growth("overlap at the playhead", |frames| {
            let mut buffers = buffers();
            append_group(&mut buffers, frames);
            for start in (2..frames).rev() {
                let mut cursor = Cursor::new(TrackId(1), PresentationTime::ZERO);
                assert!(matches!(buffers.read(&mut cursor), Read::Frame(_)));
                append_key_frame(&mut buffers, start);
                assert!(matches!(buffers.read(&mut cursor), Read::Frame(_)));
            }
        });
    }

    #[test]
    fn leading_pictures_that_go_ever_further_back() {
        check_growth("leading pictures", |frames| {
            let mut buffers = buffers();
            append_group(&mut buffers, frames);
            buffers.reset_parser_state();
            let key = frame(frames, 0, 1, true);
            let leading = (1..frames).map(|back| frame(frames - back, back, 1, false));
            buffers.append([key].into_iter().chain(leading).collect());
        });
    }

    #[test]
    fn refining_guessed_durations_in_a_deep_group() {
        check_growth("guesses", |frames| {
            let mut buffers = buffers();
            for start in 0..frames {
                let mut frame = frame(start, start, 2, start == 0);
                frame.duration_is_estimated = true;
                buffers.append(vec![frame]);
            }
        });
    }

    #[test]
    fn telling_what_is_buffered_after_each_of_many_appends() {
        let tell_each = |start_of: fn(i64) -> i64| {
            check_growth("ranges", |ranges| {
                let mut buffers = buffers();
                for number in 0..ranges {
                    append_key_frame(&mut buffers, start_of(number));
                    assert_eq!(buffers.buffered(false).len() as i64, number + 1);
                }
            });
        };
        tell_each(|number| 1000 * number);
        // From the back to the front.
        tell_each(|number| 1000 * (10_000 - number));
    }
}
