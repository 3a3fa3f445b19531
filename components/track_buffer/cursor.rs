/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How a player reads a track: in decode order, from any place, through every change.

use std::sync::Arc;

use byte_stream::track::{Medium, TrackId};

use crate::frame_run::StoredFrame;
use crate::gap_policy;
use crate::group::{GroupOfPictures, GroupReference};
use crate::read::{Read, ReadFrame};
use crate::time::{PresentationTime, TimeDelta};
use crate::track_buffer::TrackBuffer;

/// How far apart in decode order two frames may be that follow each other in presentation order.
const REORDERED_FRAMES: usize = 16;

/// The place of a reader in a track. It is a plain value: frames may come and go between two reads.
///
/// - Before the first read it stands at the target of a seek, whatever comes to be buffered there.
/// - After a frame it goes on with the next one in decode order; a frame that is appended to the
///   group of pictures it has read to the end is the next one.
/// - Then, and also when what it was reading was removed, it goes on with the first random access
///   point that starts after all it has read, if nothing more than a gap of
///   [`gap_policy::MID_STREAM`] is between.
/// - When other frames took the place of those it was reading, it goes on with the old ones until
///   such a random access point comes. They are kept for it meanwhile.
/// - If there is none, but frames that were appended since are shown where it has stopped, it goes
///   back to the random access point that these need. The reader gets frames again that are
///   presented earlier than some it got before.
/// - Otherwise it stays in the gap or at the end until something is appended there.
#[derive(Clone, Debug)]
pub struct Cursor {
    pub(crate) track: TrackId,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    Target(PresentationTime),
    After(LastRead),
}

/// The frames that have been read, and where the cursor stands.
#[derive(Clone, Debug)]
struct LastRead {
    key: PresentationTime,
    identity: GroupReference,
    /// The number of parts of the group that were kept when the cursor came to it. The cursor never
    /// had their frames ahead of it.
    parts_kept: usize,
    next_index: usize,
    /// The highest presentation time of the frames read.
    highest_start: PresentationTime,
    /// The highest end of the frames read.
    highest_end: PresentationTime,
}

/// A frame of a track buffer.
#[derive(Clone, Copy)]
struct FramePlace<'a> {
    group: &'a GroupOfPictures,
    index: usize,
}

impl<'a> FramePlace<'a> {
    fn new((group, index): (&'a GroupOfPictures, usize)) -> Self {
        Self { group, index }
    }

    fn frame(&self) -> &'a StoredFrame {
        let frame = self.group.frame(self.index);
        frame.expect("a place is one of a frame")
    }

    fn start(&self) -> PresentationTime {
        self.frame().start
    }

    fn end(&self) -> PresentationTime {
        self.group.end_of(self.frame())
    }
}

impl Cursor {
    /// Makes a cursor at a target. It reads from the random access point at or before it.
    pub fn new(track: TrackId, target: PresentationTime) -> Self {
        Self {
            track,
            place: Place::Target(target),
        }
    }

    /// Moves past the frame.
    fn advance(&mut self, found: FramePlace<'_>) {
        let (start, end) = (found.start(), found.end());
        let (highest_start, highest_end) = match &self.place {
            Place::Target(_) => (start, end),
            Place::After(last) => (last.highest_start.max(start), last.highest_end.max(end)),
        };
        let parts_kept = match &self.place {
            Place::After(last) if found.group.identity.is(&last.identity) => last.parts_kept,
            _ => found.group.parts_kept,
        };
        self.place = Place::After(LastRead {
            parts_kept,
            key: found.group.key(),
            identity: found.group.identity.reference(),
            next_index: found.index + 1,
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
        let Some(found) = place else {
            return if self.has_frames_after(&cursor.place) {
                Read::Gap
            } else {
                Read::End
            };
        };
        cursor.advance(found);
        Read::Frame(self.frame_at(found))
    }

    pub(crate) fn start_of_way(
        &self,
        cursor: &Cursor,
        target: PresentationTime,
    ) -> Option<PresentationTime> {
        let Place::After(last) = &cursor.place else {
            return None;
        };
        let start = self.find_target(target)?;
        let is_passed = start.group.identity.is(&last.identity) && start.index < last.next_index;
        is_passed.then(|| start.start())
    }

    fn frame_at(&self, found: FramePlace<'_>) -> ReadFrame {
        let FramePlace { group, index } = found;
        let frame = found.frame();
        let details = group.details(index);
        ReadFrame {
            configuration: Arc::clone(&group.configuration),
            start: frame.start,
            end: self.end_of(found),
            decode: frame.decode,
            is_random_access_point: group.is_random_access_point(index),
            payload: frame.payload.clone(),
            discard_start: details.map_or(TimeDelta::ZERO, |details| details.discard_start),
            discard_end: details.map_or(TimeDelta::ZERO, |details| details.discard_end),
            preroll: details.and_then(|details| details.preroll.clone()),
        }
    }

    /// Returns the end of the frame, or the start of the one presented next if only rounded times
    /// keep them from adjoining. A video frame is shown until the next one; audio does not last
    /// longer.
    fn end_of(&self, found: FramePlace<'_>) -> PresentationTime {
        let (start, end) = (found.start(), found.end());
        let first = found.index.saturating_sub(REORDERED_FRAMES);
        let last = found.group.len().min(found.index + 1 + REORDERED_FRAMES);
        let is_last = last == found.group.len();
        let next_group = self.group_after(found.group.key()).filter(|_| is_last);
        let next = (first..last)
            .filter_map(|index| found.group.frame(index))
            .map(|other| other.start)
            .chain(next_group.map(GroupOfPictures::lowest_start))
            .filter(|other| *other > start && end.since(*other) <= gap_policy::OVERLAP)
            .min();
        match next {
            Some(next) if next < end => next,
            Some(next)
                if self.medium() != Medium::Audio && next.since(end) <= gap_policy::ROUNDING =>
            {
                next
            }
            _ => end,
        }
    }

    /// Finds the random access point to start with in order to show what is buffered at the target,
    /// or after a gap that is overlooked.
    fn find_target(&self, target: PresentationTime) -> Option<FramePlace<'_>> {
        self.random_access_point_to_start_with(target)
            .map(FramePlace::new)
    }

    /// Returns the group of the random access point to start with at `time`, and the index of the
    /// random access point in it.
    pub(crate) fn random_access_point_to_start_with(
        &self,
        target: PresentationTime,
    ) -> Option<(&GroupOfPictures, usize)> {
        if let Some(found) = self.random_access_point_for(target) {
            return Some(found);
        }
        let next = self.group_after(target)?;
        let starts_presentation = self.group_before(next.key()).is_none()
            && self.buffered_from(next).since(PresentationTime::ZERO) <= gap_policy::START;
        let follows = self.buffered_from(next).since(target) <= gap_policy::MID_STREAM;
        (starts_presentation || follows).then_some((next, 0))
    }

    /// Returns the random access point at or before the time in the range that contains it. It is
    /// the first one of the range if that starts with leading frames and these are shown at the
    /// time.
    fn random_access_point_for(&self, time: PresentationTime) -> Option<(&GroupOfPictures, usize)> {
        let next = self.group_after(time);
        if let Some(group) = self.group_at_or_before(time) {
            let is_in_range =
                time < group.end() || next.is_some_and(|next| !self.starts_range(next.key()));
            if is_in_range {
                return Some((group, group.random_access_point_at_or_before(time)?));
            }
        }
        next.filter(|next| self.buffered_from(next) <= time)
            .map(|next| (next, 0))
    }

    fn find_next(&self, last: &LastRead) -> Option<FramePlace<'_>> {
        let in_same_group = self
            .group(last.key)
            .filter(|group| group.identity.is(&last.identity) && last.next_index < group.len());
        if let Some(group) = in_same_group {
            return Some(FramePlace::new((group, last.next_index)));
        }
        let next = self.next_random_access_point(last);
        let superseded = self.find_superseded(last);
        match (next, superseded) {
            (Some(next), Some(old)) if next.start() <= old.start() => Some(next),
            (_, Some(old)) => Some(old),
            (Some(next), None) => Some(next),
            (None, None) => self.random_access_point_for_more(last),
        }
    }

    /// Returns the first random access point after all that was read, if no more than an overlooked
    /// gap is between.
    fn next_random_access_point(&self, last: &LastRead) -> Option<FramePlace<'_>> {
        let after = last.highest_start.offset_by(TimeDelta::from_nanoseconds(1));
        self.random_access_point_at_or_after(after)
            .filter(|(group, index)| {
                let start = match index {
                    0 => self.buffered_from(group),
                    index => FramePlace::new((group, *index)).start(),
                };
                start.since(last.highest_end) <= gap_policy::MID_STREAM
            })
            .map(FramePlace::new)
    }

    /// Returns the next frame in decode order, if others have taken its place.
    fn find_superseded(&self, last: &LastRead) -> Option<FramePlace<'_>> {
        let index = last.next_index;
        let group = self
            .superseded
            .find(&last.identity, last.parts_kept, index)?;
        Some(FramePlace { group, index })
    }

    /// Returns the random access point to go back to where other frames have taken the place of
    /// those that would have been next.
    fn random_access_point_for_more(&self, last: &LastRead) -> Option<FramePlace<'_>> {
        self.random_access_point_for(last.highest_end)
            .filter(|(group, _)| {
                group.end() > last.highest_end && !group.identity.is(&last.identity)
            })
            .map(FramePlace::new)
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
