/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A group of pictures: frames of which only the first can be decoded without the others.

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

/// The details that only few frames have.
#[derive(Clone, Debug, Default)]
pub(crate) struct FrameDetails {
    /// How much decoded audio is discarded before the frame's start.
    pub(crate) discard_start: TimeDelta,
    /// How much decoded audio is discarded after the frame's end.
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

/// The identity of a group, in the form that a cursor in the group keeps.
pub(crate) type GroupReference = Weak<()>;

impl GroupIdentity {
    /// Returns a reference for a cursor that stands in the group from now on.
    pub(crate) fn reference(&self) -> GroupReference {
        Arc::downgrade(self.0.get_or_init(Arc::default))
    }

    /// Whether `reference` refers to this group.
    pub(crate) fn is(&self, reference: &GroupReference) -> bool {
        let identity = self.0.get().map(Arc::as_ptr);
        identity.is_some_and(|identity| std::ptr::eq(identity, reference.as_ptr()))
    }

    /// Whether a cursor stands in the group.
    pub(crate) fn is_read(&self) -> bool {
        let identity = self.0.get();
        identity.is_some_and(|identity| Arc::weak_count(identity) > 0)
    }

    /// Whether both belong to the same group, in which a cursor stood.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let both = self.0.get().zip(other.0.get());
        both.is_some_and(|(one, other)| Arc::ptr_eq(one, other))
    }
}

/// A run of frames in decode order that starts with a random access point. It always has a frame.
#[derive(Debug)]
pub(crate) struct GroupOfPictures {
    pub(crate) identity: GroupIdentity,
    pub(crate) configuration: Arc<CodecConfiguration>,
    frames: FrameRun,
    /// The details of the audio frames that have some, by their index.
    details: Vec<(usize, FrameDetails)>,
    /// From when on the random access point counts as shown: the key, or before.
    covers_from: PresentationTime,
    /// The time by which all frames end.
    ends_by: PresentationTime,
    /// The number of parts of the group that were kept for readers when others took their place. In
    /// such a part it is the number before it.
    pub(crate) parts_kept: usize,
}

/// The parts of a group from which frames were removed.
pub(crate) struct Remains {
    /// The group with the frames before those removed.
    pub(crate) head: Option<Box<GroupOfPictures>>,
    /// The frames that were removed.
    pub(crate) gone: Option<GroupOfPictures>,
    /// A new group of the frames after those removed.
    pub(crate) tail: Option<Box<GroupOfPictures>>,
}

/// The memory in bytes that a group takes beside its frames: itself, and its place in the index of
/// its track buffer.
const GROUP: usize = allocated(size_of::<GroupOfPictures>())
    + allocated_in_tree(size_of::<(PresentationTime, Box<GroupOfPictures>)>());

impl GroupOfPictures {
    /// Makes a group of one frame, which is a random access point and covers the time from
    /// `covers_from` on.
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

    /// Returns the presentation time of the random access point.
    pub(crate) fn key(&self) -> PresentationTime {
        self.frames.first_frame().start
    }

    /// Returns from when on the group is buffered where it continues the group before: the earliest
    /// presentation time of its frames, or the time that the random access point covers before.
    pub(crate) fn start(&self) -> PresentationTime {
        self.covers_from.min(self.lowest_start())
    }

    /// Returns from when on the group is buffered where nothing is before it. Discarded audio of
    /// the first frame counts, other time that the frame covers does not.
    pub(crate) fn own_start(&self) -> PresentationTime {
        let discarded = self
            .details(0)
            .map_or(TimeDelta::ZERO, |details| details.discard_start);
        let first = self.key().offset_by(-discarded);
        first.max(self.covers_from).min(self.lowest_start())
    }

    /// Returns the earliest presentation time of the frames.
    pub(crate) fn lowest_start(&self) -> PresentationTime {
        self.frames.extent().lowest_start
    }

    /// Returns the latest presentation time of the frames.
    pub(crate) fn highest_start(&self) -> PresentationTime {
        self.frames.extent().highest_start
    }

    /// Returns the latest end of the frames.
    pub(crate) fn end(&self) -> PresentationTime {
        self.frames.extent().end.min(self.ends_by)
    }

    /// Returns what the group costs in memory.
    pub(crate) fn byte_size(&self) -> ByteSize {
        let details = allocated(self.details.capacity() * size_of::<(usize, FrameDetails)>());
        let prerolls = self.details.iter();
        let prerolls = prerolls.map(|(_, details)| details.preroll_bytes());
        ByteSize {
            payloads: self.frames.payload_bytes() + prerolls.sum::<usize>(),
            structures: GROUP + self.frames.overhead_bytes() + details,
        }
    }

    /// Returns the frame at the index in decode order.
    pub(crate) fn frame(&self, index: usize) -> Option<&StoredFrame> {
        self.frames.get(index)
    }

    /// Returns the last frame in decode order.
    pub(crate) fn last_frame(&self) -> &StoredFrame {
        self.frames.last_frame()
    }

    /// Returns the number of frames. In a part of a group, it counts the frames of the group up to
    /// the end of the part.
    pub(crate) fn len(&self) -> usize {
        self.frames.end()
    }

    /// Returns the index of the first frame, which is not 0 in a part of a group.
    pub(crate) fn first_index(&self) -> usize {
        self.frames.first()
    }

    /// Returns when a frame of the group ends.
    pub(crate) fn end_of(&self, frame: &StoredFrame) -> PresentationTime {
        frame.end.min(self.ends_by)
    }

    /// Returns the details of the frame at the index.
    pub(crate) fn details(&self, index: usize) -> Option<&FrameDetails> {
        let place = self
            .details
            .binary_search_by_key(&index, |(index, _)| *index);
        place.ok().map(|place| &self.details[place].1)
    }

    /// Whether each frame is a random access point, which is true for audio. Such frames are in
    /// presentation order too, none of them ends after the next one starts, and all are in one
    /// block.
    pub(crate) fn frames_are_independent(&self) -> bool {
        self.configuration.medium().frames_are_independent()
    }

    /// Whether decoding can begin with the frame at the index.
    pub(crate) fn is_random_access_point(&self, index: usize) -> bool {
        index == 0 || self.frames_are_independent()
    }

    /// Returns how many frames start before `time`. The frames must be in presentation order.
    fn count_before(&self, time: PresentationTime) -> usize {
        let frames = self.frames.last_block();
        frames.partition_point(|frame| frame.start < time)
    }

    /// Returns the index of the last random access point that starts at or before `time`, if the
    /// first does.
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

    /// Returns the index of the first random access point that starts at or after `time`.
    pub(crate) fn random_access_point_at_or_after(&self, time: PresentationTime) -> Option<usize> {
        if self.key() >= time {
            Some(0)
        } else if self.frames_are_independent() && self.highest_start() >= time {
            Some(self.count_before(time))
        } else {
            None
        }
    }

    /// Returns when the last group of pictures starts that starts before `time`. Each audio frame
    /// is one.
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

    /// Whether no gap is reported between this group and one that starts at `start`, with frames of
    /// that duration. (For audio the frames at the gap count, however they are grouped.)
    pub(crate) fn reaches(&self, start: PresentationTime, duration_after: TimeDelta) -> bool {
        let duration_before = if self.frames_are_independent() {
            self.end().since(self.highest_start())
        } else {
            self.longest_duration()
        };
        let longest_duration = duration_before.max(duration_after);
        start.since(self.end()) <= gap_policy::coalescing_tolerance(longest_duration)
    }

    /// Returns the longest duration of the frames. A frame that was cut short counts as it was
    /// appended, but no longer than all frames last.
    pub(crate) fn longest_duration(&self) -> TimeDelta {
        let all = self.end().since(self.lowest_start());
        self.frames.extent().longest_duration.min(all)
    }

    /// Whether a random access point can be added at the end: a later frame of the same audio.
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

    /// Adds a frame at the end in decode order. Returns how much more the group costs in memory.
    // A call would copy what it is given.
    #[inline]
    pub(crate) fn push(&mut self, frame: StoredFrame, details: FrameDetails) -> ByteSize {
        debug_assert_eq!(self.ends_by, PresentationTime::MAX);
        // Nothing is allocated for most frames, and then there is nothing to measure.
        if self.frames.has_room() && details.is_empty() {
            let payloads = frame.payload.len();
            self.frames.push(frame);
            return ByteSize {
                payloads,
                structures: 0,
            };
        }
        let before = self.byte_size();
        self.frames.push(frame);
        self.set_details_of_last(details);
        let mut growth = self.byte_size();
        growth -= before;
        growth
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

    /// Ends every frame at `time` at the latest. All frames start before it.
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

    /// Returns the indices of the frames that start in the window, and of those that may depend on
    /// them: all up to the next random access point in decode order.
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

    /// Returns the indices of the frames that cannot stay when another random access point starts
    /// at `time`, between frames of this group: those from then on, which could only be decoded
    /// ahead of it. For audio the range is empty, and says where the group has to be split.
    pub(crate) fn removed_by_random_access_point(&self, time: PresentationTime) -> Range<usize> {
        if self.frames_are_independent() {
            let first = self.count_before(time);
            return first..first;
        }
        self.removed_by(&(time..PresentationTime::MAX))
    }

    /// Returns the index of the first frame that is presented in the window.
    pub(crate) fn first_in(&self, window: &Range<PresentationTime>) -> Option<usize> {
        self.frames.first_in(window)
    }

    /// Takes the frames at the indices out. An empty range splits the group there.
    pub(crate) fn without(mut self: Box<Self>, removed: Range<usize>) -> Remains {
        let is_in_the_middle = removed.end < self.len();
        let tail = is_in_the_middle.then(|| Box::new(self.split_off(removed.end)));
        let gone = (removed.start < self.len()).then(|| self.part_from(removed.start));
        let head = (self.len() > 0).then_some(self);
        Remains { head, gone, tail }
    }

    /// Splits off the frames from the index on, as another group.
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

    /// Splits off the frames from the index on, as a part of this group in which they keep their
    /// indices.
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

    /// Returns the frames alone.
    pub(crate) fn into_frames(self) -> FrameRun {
        self.frames
    }
}
