/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A group of pictures: frames of which only the first decodes without the others.

use std::ops::Range;
use std::sync::Arc;

use byte_stream::track::CodecConfiguration;
use bytes::Bytes;

use crate::gap_policy;
use crate::read::Preroll;
use crate::time::{DecodeTime, PresentationTime, TimeDelta};

/// How many frames of sound make a group: enough for the index to cost little per frame, few
/// enough to be split in no time.
const FRAMES_PER_GROUP_OF_SOUND: usize = 64;

/// A coded frame at its place on the presentation timeline.
#[derive(Clone, Debug)]
pub(crate) struct StoredFrame {
    pub(crate) start: PresentationTime,
    /// Later than the start.
    pub(crate) end: PresentationTime,
    pub(crate) decode: DecodeTime,
    pub(crate) payload: Bytes,
}

// A long presentation has millions of them.
const _: () = assert!(size_of::<StoredFrame>() <= 64);

impl StoredFrame {
    fn duration(&self) -> TimeDelta {
        self.end.since(self.start)
    }

    /// What it costs to keep, in bytes.
    fn byte_size(&self) -> usize {
        size_of::<Self>() + self.payload.len()
    }
}

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

    /// What it costs to keep, in bytes.
    fn byte_size(&self) -> usize {
        let payload = self.preroll.as_ref().map_or(0, |frame| frame.payload.len());
        size_of::<(usize, Self)>() + payload
    }
}

/// Tells a group from others that have or had its key. Cursors that stand in the group have it too.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupIdentity(Arc<()>);

impl GroupIdentity {
    /// Whether others than this group have it: cursors.
    pub(crate) fn is_shared(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }
}

impl PartialEq for GroupIdentity {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// A run of frames in decode order that starts with a random access point. Never empty.
#[derive(Debug)]
pub(crate) struct GroupOfPictures {
    pub(crate) identity: GroupIdentity,
    pub(crate) configuration: Arc<CodecConfiguration>,
    frames: Vec<StoredFrame>,
    /// Of the frames that have some, by their index.
    details: Vec<(usize, FrameDetails)>,
    /// Its random access point is taken to be shown from here on: its key, or before.
    covers_from: PresentationTime,
    extent: Extent,
}

/// What follows from a group's frames.
#[derive(Clone, Copy, Debug)]
struct Extent {
    start: PresentationTime,
    highest_start: PresentationTime,
    end: PresentationTime,
    /// The latest end of all frames but the last.
    end_before_last: PresentationTime,
    longest_duration: TimeDelta,
    /// The longest duration of all frames but the last.
    longest_before_last: TimeDelta,
    byte_size: usize,
}

/// What is left of a group from which frames were removed.
pub(crate) struct Remains {
    /// The group with the frames before those removed.
    pub(crate) head: Option<GroupOfPictures>,
    /// A new group of the frames after those removed.
    pub(crate) tail: Option<GroupOfPictures>,
}

impl GroupOfPictures {
    /// A group of one frame, which is a random access point and covers the time from then on.
    pub(crate) fn new(
        configuration: Arc<CodecConfiguration>,
        frame: StoredFrame,
        details: FrameDetails,
        covers_from: PresentationTime,
    ) -> Self {
        let extent = Extent::of(&frame);
        let mut group = Self {
            identity: GroupIdentity::default(),
            configuration,
            frames: vec![frame],
            details: Vec::new(),
            covers_from,
            extent,
        };
        group.set_details_of_last(details);
        group
    }

    /// The presentation time of its random access point.
    pub(crate) fn key(&self) -> PresentationTime {
        self.frames[0].start
    }

    /// From when on it is buffered where it goes on from the group before: the earliest presentation
    /// time of its frames, or what its random access point covers before.
    pub(crate) fn start(&self) -> PresentationTime {
        self.covers_from.min(self.extent.start)
    }

    /// From when on it is buffered where nothing is before. What is discarded of its first frame's
    /// sound counts, what the frame covers else does not.
    pub(crate) fn own_start(&self) -> PresentationTime {
        let discarded = self
            .details(0)
            .map_or(TimeDelta::ZERO, |details| details.discard_start);
        let first = self.key().offset_by(TimeDelta::ZERO.minus(discarded));
        first.max(self.covers_from).min(self.extent.start)
    }

    /// The earliest presentation time of its frames.
    pub(crate) fn lowest_start(&self) -> PresentationTime {
        self.extent.start
    }

    /// The latest presentation time of its frames.
    pub(crate) fn highest_start(&self) -> PresentationTime {
        self.extent.highest_start
    }

    /// The latest end of its frames.
    pub(crate) fn end(&self) -> PresentationTime {
        self.extent.end
    }

    /// What its frames cost to keep, in bytes.
    pub(crate) fn byte_size(&self) -> usize {
        self.extent.byte_size
    }

    /// Its frames in decode order.
    pub(crate) fn frames(&self) -> &[StoredFrame] {
        &self.frames
    }

    /// What the frame at the index has beside what all have.
    pub(crate) fn details(&self, index: usize) -> Option<&FrameDetails> {
        let place = self
            .details
            .binary_search_by_key(&index, |(index, _)| *index);
        place.ok().map(|place| &self.details[place].1)
    }

    /// Whether each frame is a random access point: so it is with sound. Such frames are in
    /// presentation order too.
    pub(crate) fn frames_are_independent(&self) -> bool {
        matches!(*self.configuration, CodecConfiguration::Audio(_))
    }

    /// Whether decoding can begin with the frame at the index.
    pub(crate) fn is_random_access_point(&self, index: usize) -> bool {
        index == 0 || self.frames_are_independent()
    }

    /// The index of the last random access point that starts at or before `time`, if the first does.
    pub(crate) fn random_access_point_at_or_before(&self, time: PresentationTime) -> Option<usize> {
        if self.key() > time {
            None
        } else if self.frames_are_independent() {
            Some(self.frames.partition_point(|frame| frame.start <= time) - 1)
        } else {
            Some(0)
        }
    }

    /// The index of the first random access point that starts at or after `time`.
    pub(crate) fn random_access_point_at_or_after(&self, time: PresentationTime) -> Option<usize> {
        if self.key() >= time {
            Some(0)
        } else if self.frames_are_independent() && self.highest_start() >= time {
            Some(self.frames.partition_point(|frame| frame.start < time))
        } else {
            None
        }
    }

    /// When the last group of pictures starts that does so before `time`: of sound each frame is one.
    pub(crate) fn last_start_before(&self, time: PresentationTime) -> PresentationTime {
        if self.frames_are_independent() {
            let after = self.frames.partition_point(|frame| frame.start < time);
            self.frames[after.saturating_sub(1)].start
        } else {
            self.lowest_start()
        }
    }

    /// Whether no gap is reported between this group and the one after it.
    pub(crate) fn joins(&self, next: &Self) -> bool {
        let duration_after = if next.frames_are_independent() {
            next.frames[0].duration()
        } else {
            next.extent.longest_duration
        };
        self.reaches(next.start(), duration_after)
    }

    /// The same of a group that starts at `start`, with frames of that duration. (Of sound it is the
    /// frames at the gap that count, however they are grouped.)
    pub(crate) fn reaches(&self, start: PresentationTime, duration_after: TimeDelta) -> bool {
        let duration_before = if self.frames_are_independent() {
            self.end().since(self.highest_start())
        } else {
            self.extent.longest_duration
        };
        let longest_duration = duration_before.max(duration_after);
        start.since(self.end()) <= gap_policy::coalescing_tolerance(longest_duration)
    }

    /// The longest duration of its frames.
    pub(crate) fn longest_duration(&self) -> TimeDelta {
        self.extent.longest_duration
    }

    /// Whether a random access point can be put at its end: a later frame of the same sound.
    pub(crate) fn takes_random_access_point(
        &self,
        configuration: &Arc<CodecConfiguration>,
        start: PresentationTime,
    ) -> bool {
        self.frames_are_independent()
            && Arc::ptr_eq(&self.configuration, configuration)
            && self.frames.len() < FRAMES_PER_GROUP_OF_SOUND
            && self.highest_start() < start
            && self.reaches(start, TimeDelta::ZERO)
    }

    /// Puts a frame at its end in decode order.
    pub(crate) fn push(&mut self, frame: StoredFrame, details: FrameDetails) {
        self.extent = self.extent.with(&frame);
        self.frames.push(frame);
        self.set_details_of_last(details);
    }

    fn set_details_of_last(&mut self, details: FrameDetails) {
        if !details.is_empty() {
            self.extent.byte_size += details.byte_size();
            self.details.push((self.frames.len() - 1, details));
        }
    }

    /// Gives back the memory that was held for more frames.
    pub(crate) fn close(&mut self) {
        self.frames.shrink_to_fit();
    }

    /// Ends every frame at `time` at the latest. All of them start before it.
    pub(crate) fn trim(&mut self, time: PresentationTime) {
        if self.end() <= time {
            return;
        }
        for frame in &mut self.frames {
            frame.end = frame.end.min(time);
        }
        self.measure();
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
            let details = FrameDetails::default();
            self.extent.byte_size += details.byte_size();
            self.details.insert(place, (index, details));
            place
        });
        let discard_end = &mut self.details[place].1.discard_end;
        *discard_end = discard_end.plus(distance);
    }

    /// Ends the last frame, which is presented after the others, at `end`.
    pub(crate) fn set_end_of_last(&mut self, end: PresentationTime) {
        let last = self.frames.last_mut().expect("a group is never empty");
        last.end = end;
        self.extent.longest_duration = self.extent.longest_before_last.max(last.duration());
        self.extent.end = end.max(self.extent.end_before_last);
    }

    /// The frames that start in the window, and those that may depend on them: all up to the next
    /// random access point in decode order.
    pub(crate) fn removed_by(&self, window: &Range<PresentationTime>) -> Range<usize> {
        if self.highest_start() < window.start || window.end <= self.start() {
            return 0..0;
        }
        if self.frames_are_independent() {
            let first = self
                .frames
                .partition_point(|frame| frame.start < window.start);
            return first
                ..self
                    .frames
                    .partition_point(|frame| frame.start < window.end);
        }
        match self
            .frames
            .iter()
            .position(|frame| window.contains(&frame.start))
        {
            Some(first) => first..self.frames.len(),
            None => 0..0,
        }
    }

    /// The frames that cannot stay when another random access point starts at `time`, between this
    /// group's: those from then on, which could only be decoded ahead of it. Of sound it is none, but
    /// where they would be is where the group has to be parted.
    pub(crate) fn removed_by_random_access_point(&self, time: PresentationTime) -> Range<usize> {
        if self.frames_are_independent() {
            let first = self.frames.partition_point(|frame| frame.start < time);
            return first..first;
        }
        self.removed_by(&(time..PresentationTime::MAX))
    }

    /// A copy for the cursors that stand in this group, which becomes another one.
    pub(crate) fn supersede(&mut self) -> Self {
        Self {
            identity: std::mem::take(&mut self.identity),
            configuration: Arc::clone(&self.configuration),
            frames: self.frames.clone(),
            details: self.details.clone(),
            covers_from: self.covers_from,
            extent: self.extent,
        }
    }

    /// Takes the frames at the indices out; none of them: parts the group there.
    pub(crate) fn without(mut self, removed: Range<usize>) -> Remains {
        let tail = self.split_off(removed.end);
        let head = self.truncate(removed.start).then_some(self);
        Remains { head, tail }
    }

    /// Drops the frames from the index on. False if none is left.
    pub(crate) fn truncate(&mut self, length: usize) -> bool {
        if length < self.frames.len() {
            self.frames.truncate(length);
            self.details.retain(|(index, _)| *index < length);
            self.measure();
        }
        !self.frames.is_empty()
    }

    /// Another group of the frames from the index on. This may leave no frame here.
    fn split_off(&mut self, index: usize) -> Option<Self> {
        if index >= self.frames.len() {
            return None;
        }
        let frames = self.frames.split_off(index);
        let first = self.details.partition_point(|(other, _)| *other < index);
        let details = self.details.split_off(first).into_iter();
        let mut later = Self {
            identity: GroupIdentity::default(),
            configuration: Arc::clone(&self.configuration),
            covers_from: frames[0].start,
            frames,
            details: details
                .map(|(other, details)| (other - index, details))
                .collect(),
            extent: self.extent,
        };
        later.measure();
        self.measure();
        Some(later)
    }

    fn measure(&mut self) {
        if let Some(extent) = Extent::of_all(&self.frames) {
            let details = self.details.iter().map(|(_, details)| details.byte_size());
            self.extent = extent;
            self.extent.byte_size += details.sum::<usize>();
        }
    }
}

impl Extent {
    fn of(frame: &StoredFrame) -> Self {
        Self {
            start: frame.start,
            highest_start: frame.start,
            end: frame.end,
            end_before_last: frame.start,
            longest_duration: frame.duration(),
            longest_before_last: TimeDelta::ZERO,
            byte_size: frame.byte_size(),
        }
    }

    fn of_all(frames: &[StoredFrame]) -> Option<Self> {
        let (first, others) = frames.split_first()?;
        Some(
            others
                .iter()
                .fold(Self::of(first), |extent, frame| extent.with(frame)),
        )
    }

    fn with(self, frame: &StoredFrame) -> Self {
        Self {
            start: self.start.min(frame.start),
            highest_start: self.highest_start.max(frame.start),
            end: self.end.max(frame.end),
            end_before_last: self.end,
            longest_duration: self.longest_duration.max(frame.duration()),
            longest_before_last: self.longest_duration,
            byte_size: self.byte_size + frame.byte_size(),
        }
    }
}
