/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How a player reads a track: in decode order, from any place, through every change.

use std::sync::Arc;

use byte_stream::track::TrackId;

use crate::gap_policy;
use crate::group::GroupOfPictures;
use crate::read::{Read, ReadFrame};
use crate::time::{PresentationTime, TimeDelta};
use crate::track_buffer::TrackBuffer;

/// A reader's place in a track. It is a plain value: frames may come and go between two reads.
///
/// - Before the first read it stands at the target of a seek, whatever comes to be buffered there.
/// - After a frame it goes on with the next one in decode order; a frame that is appended to the
///   group of pictures it has read to the end is the next one.
/// - Then, and also when what it was reading was removed or replaced, it goes on with the first
///   random access point that starts after all it has read, if nothing more than a gap of
///   [`gap_policy::MID_STREAM`] is between.
/// - If there is none, but frames that were appended since are shown where it has stopped, it goes
///   back to the random access point that these need. The reader gets frames again that are
///   presented earlier than some it got before.
/// - Otherwise it stays in the gap or at the end until something is appended there.
#[derive(Clone, Debug)]
pub struct Cursor {
    pub(crate) track: TrackId,
    place: Place,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Target(PresentationTime),
    After(LastRead),
}

/// What has been read, and where in it the cursor stands.
#[derive(Clone, Copy, Debug)]
struct LastRead {
    group: PresentationTime,
    serial: u64,
    next_index: usize,
    /// The highest presentation time of the frames read.
    highest_start: PresentationTime,
    /// The highest end of the frames read.
    highest_end: PresentationTime,
}

/// A frame of a track buffer.
type FramePlace<'a> = (&'a GroupOfPictures, usize);

impl Cursor {
    pub(crate) fn new(track: TrackId, target: PresentationTime) -> Self {
        Self {
            track,
            place: Place::Target(target),
        }
    }

    /// Moves past the frame.
    fn advance(&mut self, (group, index): FramePlace<'_>) {
        let frame = &group.frames()[index];
        let (highest_start, highest_end) = match self.place {
            Place::Target(_) => (frame.start, frame.end),
            Place::After(last) => (
                last.highest_start.max(frame.start),
                last.highest_end.max(frame.end),
            ),
        };
        self.place = Place::After(LastRead {
            group: group.key(),
            serial: group.serial,
            next_index: index + 1,
            highest_start,
            highest_end,
        });
    }
}

impl TrackBuffer {
    pub(crate) fn read(&self, cursor: &mut Cursor) -> Read {
        let place = match &cursor.place {
            Place::Target(target) => self.find_target(*target),
            Place::After(last) => self.find_next(last),
        };
        let Some((group, index)) = place else {
            return if self.has_frames_after(&cursor.place) {
                Read::Gap
            } else {
                Read::End
            };
        };
        cursor.advance((group, index));
        let frame = &group.frames()[index];
        Read::Frame(ReadFrame {
            configuration: Arc::clone(&group.configuration),
            start: frame.start,
            end: frame.end,
            decode: frame.decode,
            is_random_access_point: group.is_random_access_point(index),
            payload: frame.payload.clone(),
        })
    }

    /// The random access point to start with in order to show what is buffered at the target, or a
    /// gap later that is overlooked.
    fn find_target(&self, target: PresentationTime) -> Option<FramePlace<'_>> {
        if let Some(found) = self.random_access_point_for(target) {
            return Some(found);
        }
        let next = self.group_after(target)?;
        let starts_presentation = self.group_before(next.key()).is_none()
            && next.start().since(PresentationTime::ZERO) <= gap_policy::START;
        let follows = next.start().since(target) <= gap_policy::MID_STREAM;
        (starts_presentation || follows).then_some((next, 0))
    }

    /// The random access point at or before the time in the range that contains it; the range's
    /// first one if it starts with leading pictures and these are shown at the time.
    fn random_access_point_for(&self, time: PresentationTime) -> Option<FramePlace<'_>> {
        let next = self.group_after(time);
        if let Some(group) = self.group_at_or_before(time) {
            let is_in_range =
                time < group.end() || next.is_some_and(|next| !self.starts_range(next.key()));
            if is_in_range {
                return Some((group, group.random_access_point_at_or_before(time)?));
            }
        }
        next.filter(|next| next.start() <= time)
            .map(|next| (next, 0))
    }

    fn find_next(&self, last: &LastRead) -> Option<FramePlace<'_>> {
        let in_same_group = self
            .group(last.group)
            .filter(|group| group.serial == last.serial && last.next_index < group.frames().len());
        if let Some(group) = in_same_group {
            return Some((group, last.next_index));
        }
        let after = last.highest_start.offset_by(TimeDelta::from_nanoseconds(1));
        self.random_access_point_at_or_after(after)
            .filter(|(group, index)| {
                let start = if *index == 0 {
                    group.start()
                } else {
                    group.frames()[*index].start
                };
                start.since(last.highest_end) <= gap_policy::MID_STREAM
            })
            .or_else(|| self.random_access_point_for_more(last))
    }

    /// The random access point to go back to where other frames have taken the place of those that
    /// would have been next.
    fn random_access_point_for_more(&self, last: &LastRead) -> Option<FramePlace<'_>> {
        self.random_access_point_for(last.highest_end)
            .filter(|(group, _)| group.end() > last.highest_end && group.serial != last.serial)
    }

    fn has_frames_after(&self, place: &Place) -> bool {
        let time = match place {
            Place::Target(target) => *target,
            Place::After(last) => last.highest_start,
        };
        self.highest_presentation_timestamp()
            .is_some_and(|highest| highest > time)
    }
}
