/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A group of pictures: frames of which only the first decodes without the others.

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::{Arc, Weak};

use byte_stream::memory::{allocated, allocated_in_tree};
use byte_stream::track::CodecConfiguration;

use crate::byte_size::ByteSize;
use crate::frame_run::{FRAMES_PER_BLOCK, FrameRun, StoredFrame};
use crate::gap_policy;
use crate::read::Preroll;
use crate::time::{PresentationTime, TimeDelta};

/// What few frames have.
#[derive(Clone, Debug, Default)]
pub(crate) struct FrameDetails {
    /// How much of the decoded sound before the frame's start is not heard.
    pub(crate) discard_start: TimeDelta,
    /// How much of the decoded sound after the frame's end is not heard.
    pub(crate) discard_end: TimeDelta,
    /// The frame to decode ahead of this one if decoding begins with it.
    pub(crate) preroll: Option<Preroll>,
}

impl FrameDetails {
    pub(crate) fn is_empty(&self) -> bool {
        self.discard_start == TimeDelta::ZERO
            && self.discard_end == TimeDelta::ZERO
            && self.preroll.is_none()
    }

    fn preroll_bytes(&self) -> usize {
        self.preroll.as_ref().map_or(0, |frame| frame.payload.len())
    }
}

/// Tells a group from others that have or had its key. It takes no memory until a cursor stands in the
/// group.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupIdentity(OnceCell<Arc<()>>);

/// The identity of a group, as a cursor that stands in it has it.
pub(crate) type GroupReference = Weak<()>;

impl GroupIdentity {
    /// For a cursor that stands in the group from now on.
    pub(crate) fn reference(&self) -> GroupReference {
        Arc::downgrade(self.0.get_or_init(Arc::default))
    }

    /// Whether it is this one.
    pub(crate) fn is(&self, reference: &GroupReference) -> bool {
        let identity = self.0.get().map(Arc::as_ptr);
        identity.is_some_and(|identity| std::ptr::eq(identity, reference.as_ptr()))
    }

    /// Whether a cursor stands in the group.
    pub(crate) fn is_read(&self) -> bool {
        let identity = self.0.get();
        identity.is_some_and(|identity| Arc::weak_count(identity) > 0)
    }

    /// Whether both are of the same group, in which a cursor stood.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let both = self.0.get().zip(other.0.get());
        both.is_some_and(|(one, other)| Arc::ptr_eq(one, other))
    }
}

/// A run of frames in decode order that starts with a random access point. Never empty.
#[derive(Debug)]
pub(crate) struct GroupOfPictures {
    pub(crate) identity: GroupIdentity,
    pub(crate) configuration: Arc<CodecConfiguration>,
    frames: FrameRun,
    /// The details of the audio frames that have some, by the index of the frame.
    details: Vec<(usize, FrameDetails)>,
    /// Its random access point is taken to be shown from here on: its key, or before.
    covers_from: PresentationTime,
    /// When all frames end at the latest.
    ends_by: PresentationTime,
    /// How many parts of it were kept for readers when others took their place. Of such a part: how
    /// many before.
    pub(crate) parts_kept: usize,
}

/// What is left of a group from which frames were removed.
pub(crate) struct Remains {
    /// The group with the frames before those removed.
    pub(crate) head: Option<Box<GroupOfPictures>>,
    /// What was removed.
    pub(crate) gone: Option<GroupOfPictures>,
    /// A new group of the frames after those removed.
    pub(crate) tail: Option<Box<GroupOfPictures>>,
}

/// What a group costs beside its frames: itself, and its place in the index of its track buffer.
const GROUP: usize = allocated(size_of::<GroupOfPictures>())
    + allocated_in_tree(size_of::<(PresentationTime, Box<GroupOfPictures>)>());

impl GroupOfPictures {
    /// A group of one frame, which is a random access point and covers the time from then on.
    pub(crate) fn new(
        configuration: Arc<CodecConfiguration>,
        frame: StoredFrame,
        details: FrameDetails,
        covers_from: PresentationTime,
    ) -> Self {
        let mut group = Self {
            identity: GroupIdentity::default(),
            configuration,
            frames: FrameRun::new(frame),
            details: Vec::new(),
            covers_from,
            ends_by: PresentationTime::MAX,
            parts_kept: 0,
        };
        group.set_details_of_last(details);
        group
    }

    /// The presentation time of its random access point.
    pub(crate) fn key(&self) -> PresentationTime {
        self.frames.first_frame().start
    }

    /// From when on it is buffered where it goes on from the group before: the earliest presentation
    /// time of its frames, or what its random access point covers before.
    pub(crate) fn start(&self) -> PresentationTime {
        self.covers_from.min(self.lowest_start())
    }

    /// From when on it is buffered where nothing is before. What is discarded of its first frame's
    /// sound counts, what the frame covers else does not.
    pub(crate) fn own_start(&self) -> PresentationTime {
        let discarded = self
            .details(0)
            .map_or(TimeDelta::ZERO, |details| details.discard_start);
        let first = self.key().offset_by(-discarded);
        first.max(self.covers_from).min(self.lowest_start())
    }

    /// The earliest presentation time of its frames.
    pub(crate) fn lowest_start(&self) -> PresentationTime {
        self.frames.extent().lowest_start
    }

    /// The latest presentation time of its frames.
    pub(crate) fn highest_start(&self) -> PresentationTime {
        self.frames.extent().highest_start
    }

    /// The latest end of its frames.
    pub(crate) fn end(&self) -> PresentationTime {
        self.frames.extent().end.min(self.ends_by)
    }

    /// What it costs to keep.
    pub(crate) fn byte_size(&self) -> ByteSize {
        let details = allocated(self.details.capacity() * size_of::<(usize, FrameDetails)>());
        let prerolls = self.details.iter();
        let prerolls = prerolls.map(|(_, details)| details.preroll_bytes());
        ByteSize {
            payloads: self.frames.payload_bytes() + prerolls.sum::<usize>(),
            structures: GROUP + self.frames.overhead_bytes() + details,
        }
    }

    /// The frame at the index in decode order.
    pub(crate) fn frame(&self, index: usize) -> Option<&StoredFrame> {
        self.frames.get(index)
    }

    /// The last frame in decode order.
    pub(crate) fn last_frame(&self) -> &StoredFrame {
        self.frames.last_frame()
    }

    /// How many frames it has; of a part, how many the group had up to the end of the part.
    pub(crate) fn len(&self) -> usize {
        self.frames.end()
    }

    /// The index of its first frame: not 0 of a part of a group.
    pub(crate) fn first_index(&self) -> usize {
        self.frames.first()
    }

    /// When the frame, which is one of its, ends.
    pub(crate) fn end_of(&self, frame: &StoredFrame) -> PresentationTime {
        frame.end.min(self.ends_by)
    }

    /// What the frame at the index has beside what all have.
    pub(crate) fn details(&self, index: usize) -> Option<&FrameDetails> {
        let place = self
            .details
            .binary_search_by_key(&index, |(index, _)| *index);
        place.ok().map(|place| &self.details[place].1)
    }

    /// Returns whether each frame is a random access point, as with audio. Such frames are in
    /// presentation order too, none of them ends after the next one starts, and all are in one block.
    pub(crate) fn frames_are_independent(&self) -> bool {
        self.configuration.medium().frames_are_independent()
    }

    /// Whether decoding can begin with the frame at the index.
    pub(crate) fn is_random_access_point(&self, index: usize) -> bool {
        index == 0 || self.frames_are_independent()
    }

    /// Returns how many frames start before `time`. The frames are in presentation order.
    fn count_before(&self, time: PresentationTime) -> usize {
        let frames = self.frames.last_block();
        frames.partition_point(|frame| frame.start < time)
    }

    /// The index of the last random access point that starts at or before `time`, if the first does.
    pub(crate) fn random_access_point_at_or_before(&self, time: PresentationTime) -> Option<usize> {
        if self.key() > time {
            None
        } else if self.frames_are_independent() {
            let frames = self.frames.last_block();
            Some(frames.partition_point(|frame| frame.start <= time) - 1)
        } else {
            Some(0)
        }
    }

    /// The index of the first random access point that starts at or after `time`.
    pub(crate) fn random_access_point_at_or_after(&self, time: PresentationTime) -> Option<usize> {
        if self.key() >= time {
            Some(0)
        } else if self.frames_are_independent() && self.highest_start() >= time {
            Some(self.count_before(time))
        } else {
            None
        }
    }

    /// When the last group of pictures starts that does so before `time`: of sound each frame is one.
    pub(crate) fn last_start_before(&self, time: PresentationTime) -> PresentationTime {
        if self.frames_are_independent() {
            self.frames.last_block()[self.count_before(time).saturating_sub(1)].start
        } else {
            self.lowest_start()
        }
    }

    /// Returns whether no gap is reported between this group and the one after it.
    pub(crate) fn joins(&self, next: &Self) -> bool {
        let duration_after = if next.frames_are_independent() {
            next.frames.first_frame().duration()
        } else {
            next.longest_duration()
        };
        self.reaches(next.start(), duration_after)
    }

    /// Returns whether no gap is reported between this group and one that starts at `start`, with frames
    /// of that duration. (For audio the frames at the gap count, however they are grouped.)
    pub(crate) fn reaches(&self, start: PresentationTime, duration_after: TimeDelta) -> bool {
        let duration_before = if self.frames_are_independent() {
            self.end().since(self.highest_start())
        } else {
            self.longest_duration()
        };
        let longest_duration = duration_before.max(duration_after);
        start.since(self.end()) <= gap_policy::coalescing_tolerance(longest_duration)
    }

    /// The longest duration of its frames: as they were appended, where they were cut short since, but
    /// no longer than all of them last.
    pub(crate) fn longest_duration(&self) -> TimeDelta {
        let all = self.end().since(self.lowest_start());
        self.frames.extent().longest_duration.min(all)
    }

    /// Whether a random access point can be put at its end: a later frame of the same sound.
    pub(crate) fn takes_random_access_point(
        &self,
        configuration: &Arc<CodecConfiguration>,
        start: PresentationTime,
    ) -> bool {
        self.frames_are_independent()
            && Arc::ptr_eq(&self.configuration, configuration)
            && self.len() < FRAMES_PER_BLOCK
            && self.highest_start() < start
            && self.reaches(start, TimeDelta::ZERO)
    }

    /// Puts a frame at its end in decode order.
    pub(crate) fn push(&mut self, frame: StoredFrame, details: FrameDetails) {
        debug_assert_eq!(self.ends_by, PresentationTime::MAX);
        self.frames.push(frame);
        self.set_details_of_last(details);
    }

    fn set_details_of_last(&mut self, details: FrameDetails) {
        if !details.is_empty() {
            self.details.push((self.len() - 1, details));
        }
    }

    /// Gives back the memory that was held for more frames.
    pub(crate) fn close(&mut self) {
        self.frames.shrink();
        self.details.shrink_to_fit();
    }

    /// Ends every frame at `time` at the latest. All of them start before it.
    pub(crate) fn trim(&mut self, time: PresentationTime) {
        if self.end() <= time {
            return;
        }
        if self.frames_are_independent() {
            self.frames.set_end_of_last(time);
        } else {
            self.ends_by = time;
        }
    }

    /// Covers nothing before `time` any more.
    pub(crate) fn cover_from(&mut self, time: PresentationTime) {
        self.covers_from = self.covers_from.max(time).min(self.key());
    }

    /// Remembers that the frame at the index was cut short by that much.
    pub(crate) fn discard_end(&mut self, index: usize, distance: TimeDelta) {
        let place = self
            .details
            .binary_search_by_key(&index, |(index, _)| *index);
        let place = place.unwrap_or_else(|place| {
            self.details.insert(place, (index, FrameDetails::default()));
            place
        });
        let discard_end = &mut self.details[place].1.discard_end;
        *discard_end = discard_end.plus(distance);
    }

    /// Ends the last frame, which is presented after the others, at `end`.
    pub(crate) fn set_end_of_last(&mut self, end: PresentationTime) {
        self.frames.set_end_of_last(end);
    }

    /// The frames that start in the window, and those that may depend on them: all up to the next
    /// random access point in decode order.
    pub(crate) fn removed_by(&self, window: &Range<PresentationTime>) -> Range<usize> {
        if self.highest_start() < window.start || window.end <= self.start() {
            return 0..0;
        }
        if self.frames_are_independent() {
            return self.count_before(window.start)..self.count_before(window.end);
        }
        let first = self.frames.first_in(window);
        first.map_or(0..0, |first| first..self.len())
    }

    /// The frames that cannot stay when another random access point starts at `time`, between this
    /// group's: those from then on, which could only be decoded ahead of it. Of sound it is none, but
    /// where they would be is where the group has to be parted.
    pub(crate) fn removed_by_random_access_point(&self, time: PresentationTime) -> Range<usize> {
        if self.frames_are_independent() {
            let first = self.count_before(time);
            return first..first;
        }
        self.removed_by(&(time..PresentationTime::MAX))
    }

    /// The index of the first frame that is presented in the window.
    pub(crate) fn first_in(&self, window: &Range<PresentationTime>) -> Option<usize> {
        self.frames.first_in(window)
    }

    /// Takes the frames at the indices out; none of them: parts the group there.
    pub(crate) fn without(mut self: Box<Self>, removed: Range<usize>) -> Remains {
        let is_in_the_middle = removed.end < self.len();
        let tail = is_in_the_middle.then(|| Box::new(self.split_off(removed.end)));
        let gone = (removed.start < self.len()).then(|| self.part_from(removed.start));
        let head = (self.len() > 0).then_some(self);
        Remains { head, gone, tail }
    }

    /// Another group of the frames from the index on.
    fn split_off(&mut self, index: usize) -> Self {
        let first = self.details.partition_point(|(other, _)| *other < index);
        let details = self.details.split_off(first).into_iter();
        let frames = self.frames.split_off(index).renumbered();
        Self {
            identity: GroupIdentity::default(),
            configuration: Arc::clone(&self.configuration),
            covers_from: frames.first_frame().start,
            frames,
            details: details
                .map(|(other, details)| (other - index, details))
                .collect(),
            ends_by: self.ends_by,
            parts_kept: 0,
        }
    }

    /// The frames from the index on, as a part of this group: their indices stay the same.
    fn part_from(&mut self, index: usize) -> Self {
        let first = self.details.partition_point(|(other, _)| *other < index);
        self.details.truncate(first);
        Self {
            identity: self.identity.clone(),
            configuration: Arc::clone(&self.configuration),
            frames: self.frames.split_off(index),
            details: Vec::new(),
            covers_from: self.covers_from,
            ends_by: self.ends_by,
            parts_kept: self.parts_kept,
        }
    }

    /// The frames alone.
    pub(crate) fn into_frames(self) -> FrameRun {
        self.frames
    }
}
