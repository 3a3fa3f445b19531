/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Cursors that live through the changes, and checks of all that they read.

use track_buffer::{Cursor, Read, TrackBuffers};

use crate::model::{Model, name_of};
use crate::tracks::configuration_number;

const MILLISECOND: i64 = 1_000_000;

/// A cursor, and what it has read.
pub(crate) struct Reader {
    track: usize,
    cursor: Cursor,
    last_name: Option<u64>,
    /// The time in nanoseconds until which the reader has frames to present.
    reached: i64,
}

impl Reader {
    pub(crate) fn new(track: usize, cursor: Cursor, target: i64) -> Self {
        Self {
            track,
            cursor,
            last_name: None,
            reached: target,
        }
    }

    /// Reads so many times, and checks what must hold whatever has changed since the last time.
    pub(crate) fn read_some(&mut self, times: i64, buffers: &TrackBuffers, model: &Model) {
        for _ in 0..times {
            self.read(buffers, model);
        }
    }

    fn read(&mut self, buffers: &TrackBuffers, model: &Model) {
        let model = &model.tracks[self.track];
        match buffers.read(&mut self.cursor) {
            Read::Frame(frame) => {
                // It may not be stored any more: others took its place while it was being read.
                let name = name_of(&frame.payload);
                let (stored, before) = &model.history[&name];
                assert_eq!(
                    (stored.start, stored.decode),
                    (frame.start.nanoseconds(), frame.decode.nanoseconds())
                );
                let latest_end = stored.end + 2 * MILLISECOND;
                assert!((stored.start + 1..=latest_end).contains(&frame.end.nanoseconds()));
                assert_eq!(stored.is_random_access_point, frame.is_random_access_point);
                assert_eq!(
                    stored.configuration,
                    configuration_number(&frame.configuration)
                );
                // A frame follows the one that it is decoded after.
                if before.is_some() {
                    assert_eq!(*before, self.last_name, "frame {name} cannot be decoded");
                }
                // It may end with the start of a frame from which only rounding separates it, and
                // yet be stored longer or shorter.
                let end = frame.end.nanoseconds();
                let end = if stored.end - end <= MILLISECOND {
                    stored.end
                } else {
                    end
                };
                self.reached = match self.last_name {
                    None => end,
                    Some(_) => self.reached.max(end),
                };
                self.last_name = Some(name);
            }
            Read::Gap | Read::End => {
                let is_reached =
                    |(start, end): &(i64, i64)| *start <= self.reached && self.reached < *end;
                assert!(
                    !model.ranges().iter().any(is_reached),
                    "nothing is read at {}, where frames are buffered",
                    self.reached
                );
            }
        }
    }
}
