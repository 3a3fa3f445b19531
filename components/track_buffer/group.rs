/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A group of pictures: frames of which only the first decodes without the others.

use std::ops::Range;
use std::sync::Arc;

use byte_stream::track::CodecConfiguration;
use bytes::Bytes;

use crate::gap_policy;
use crate::time::{DecodeTime, PresentationTime};

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
    /// What it costs to keep, in bytes.
    fn byte_size(&self) -> usize {
        size_of::<Self>() + self.payload.len()
    }
}

/// A run of frames in decode order that starts with a random access point. Never empty.
#[derive(Debug)]
pub(crate) struct GroupOfPictures {
    /// Tells this group from others that have or had its key.
    pub(crate) serial: u64,
    pub(crate) configuration: Arc<CodecConfiguration>,
    frames: Vec<StoredFrame>,
    extent: Extent,
}

/// What follows from a group's frames.
#[derive(Clone, Copy, Debug)]
struct Extent {
    start: PresentationTime,
    highest_start: PresentationTime,
    end: PresentationTime,
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
    /// A group of one frame, which is a random access point.
    pub(crate) fn new(
        serial: u64,
        configuration: Arc<CodecConfiguration>,
        frame: StoredFrame,
    ) -> Self {
        let extent = Extent::of(&frame);
        Self {
            serial,
            configuration,
            frames: vec![frame],
            extent,
        }
    }

    /// The presentation time of its random access point.
    pub(crate) fn key(&self) -> PresentationTime {
        self.frames[0].start
    }

    /// The earliest presentation time of its frames.
    pub(crate) fn start(&self) -> PresentationTime {
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

    /// Whether each frame is a random access point: so it is with sound. Such frames are in
    /// presentation order too.
    fn frames_are_independent(&self) -> bool {
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

    /// Whether no gap is reported between this group and frames that start at `start`.
    pub(crate) fn joins(&self, start: PresentationTime) -> bool {
        let last_frame_duration = self.end().since(self.highest_start());
        start.since(self.end()) <= gap_policy::coalescing_tolerance(last_frame_duration)
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
            && self.joins(start)
    }

    /// Puts a frame at its end in decode order.
    pub(crate) fn push(&mut self, frame: StoredFrame) {
        self.extent = self.extent.with(&frame);
        self.frames.push(frame);
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
        self.extent.end = time;
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

    /// Takes the frames at the indices out; none of them: parts the group there.
    pub(crate) fn without(mut self, removed: Range<usize>, serial_of_tail: u64) -> Remains {
        let tail = self.frames.split_off(removed.end);
        self.frames.truncate(removed.start);
        let configuration = Arc::clone(&self.configuration);
        let tail = Extent::of_all(&tail).map(|extent| Self {
            serial: serial_of_tail,
            configuration,
            frames: tail,
            extent,
        });
        let head = Extent::of_all(&self.frames).map(|extent| Self { extent, ..self });
        Remains { head, tail }
    }
}

impl Extent {
    fn of(frame: &StoredFrame) -> Self {
        Self {
            start: frame.start,
            highest_start: frame.start,
            end: frame.end,
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
            byte_size: self.byte_size + frame.byte_size(),
        }
    }
}
