/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The frames of a group of pictures, in decode order.
//!
//! They lie in blocks. Each block that is full has the [`Extent`] of all frames up to its end, so a
//! run is cut anywhere, and the first frame beyond some time is found, by a look at one block:
//! nothing depends on how long the run is.

use std::ops::Range;

use byte_stream::memory::allocated;
use bytes::Bytes;

use crate::time::{DecodeTime, PresentationTime, TimeDelta};
use crate::work;

/// The number of frames in a block. There are enough for the extents to cost little per frame, and
/// few enough to be looked at one by one.
pub(crate) const FRAMES_PER_BLOCK: usize = 64;

/// A coded frame at its place on the presentation timeline.
#[derive(Clone, Debug)]
pub(crate) struct StoredFrame {
    pub(crate) start: PresentationTime,
    /// The end, which is later than the start.
    pub(crate) end: PresentationTime,
    pub(crate) decode: DecodeTime,
    pub(crate) payload: Bytes,
}

// A long presentation has millions of them.
const _: () = assert!(size_of::<StoredFrame>() <= 64);

impl StoredFrame {
    pub(crate) fn duration(&self) -> TimeDelta {
        self.end.since(self.start)
    }
}

impl Default for Extent {
    fn default() -> Self {
        Self::NONE
    }
}

/// The times of the frames of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    /// The earliest presentation time.
    pub(crate) lowest_start: PresentationTime,
    /// The latest presentation time.
    pub(crate) highest_start: PresentationTime,
    /// The latest end.
    pub(crate) end: PresentationTime,
    pub(crate) longest_duration: TimeDelta,
    pub(crate) payload_bytes: usize,
}

impl Extent {
    /// The extent of no frame.
    pub(crate) const NONE: Self = Self {
        lowest_start: PresentationTime::MAX,
        highest_start: PresentationTime::MIN,
        end: PresentationTime::MIN,
        longest_duration: TimeDelta::ZERO,
        payload_bytes: 0,
    };

    fn with(self, frame: &StoredFrame) -> Self {
        Self {
            lowest_start: self.lowest_start.min(frame.start),
            highest_start: self.highest_start.max(frame.start),
            end: self.end.max(frame.end),
            longest_duration: self.longest_duration.max(frame.duration()),
            payload_bytes: self.payload_bytes + frame.payload.len(),
        }
    }

    fn with_all(self, frames: &[StoredFrame]) -> Self {
        frames.iter().fold(self, Self::with)
    }
}

/// Frames in decode order. Each has a number, which it keeps when the run is split.
#[derive(Debug, Default)]
pub(crate) struct FrameRun {
    /// The number of the first frame.
    first: usize,
    /// The size in bytes of the payloads of the frames before this run.
    payload_bytes_before: usize,
    /// The full blocks. They end before the numbers that are multiples of [`FRAMES_PER_BLOCK`].
    full: Vec<Block>,
    /// The last block, which is empty only if there is no frame.
    last: Vec<StoredFrame>,
    extent: Extent,
}

#[derive(Debug)]
struct Block {
    frames: Vec<StoredFrame>,
    /// The extent of all frames up to the end of the block.
    extent: Extent,
}

impl FrameRun {
    /// Makes a run of one frame, which has the number 0.
    pub(crate) fn new(frame: StoredFrame) -> Self {
        Self {
            extent: Extent::NONE.with(&frame),
            last: vec![frame],
            ..Self::default()
        }
    }

    /// Returns one more than the number of the last frame.
    pub(crate) fn end(&self) -> usize {
        let in_blocks = (self.first / FRAMES_PER_BLOCK + self.full.len()) * FRAMES_PER_BLOCK;
        self.last.len() + in_blocks.max(self.first)
    }

    /// Returns the number of frames in the run.
    pub(crate) fn len(&self) -> usize {
        self.end() - self.first
    }

    /// The number of the first frame.
    pub(crate) fn first(&self) -> usize {
        self.first
    }

    /// Returns the extent of the frames and, if some were split off from the front, of those
    /// before.
    pub(crate) fn extent(&self) -> &Extent {
        &self.extent
    }

    /// Returns the first frame. There must be one.
    pub(crate) fn first_frame(&self) -> &StoredFrame {
        &self.block(0)[0]
    }

    /// Returns the last frame. There must be one.
    pub(crate) fn last_frame(&self) -> &StoredFrame {
        self.last.last().expect("a group is never empty")
    }

    /// Returns the frame of that number, if it is in this run.
    pub(crate) fn get(&self, number: usize) -> Option<&StoredFrame> {
        let (block, index) = self.place(number)?;
        self.block(block).get(index)
    }

    /// Returns the last block, which has all frames if there are no more than [`FRAMES_PER_BLOCK`].
    pub(crate) fn last_block(&self) -> &[StoredFrame] {
        &self.last
    }

    /// Returns the index of the block of a number, and the place in the block.
    fn place(&self, number: usize) -> Option<(usize, usize)> {
        let block = (number / FRAMES_PER_BLOCK).checked_sub(self.first / FRAMES_PER_BLOCK)?;
        let index = number % FRAMES_PER_BLOCK;
        let missing = if block == 0 {
            self.first % FRAMES_PER_BLOCK
        } else {
            0
        };
        Some((block, index.checked_sub(missing)?))
    }

    fn block(&self, block: usize) -> &[StoredFrame] {
        match self.full.get(block) {
            Some(full) => &full.frames,
            None if block == self.full.len() => &self.last,
            None => &[],
        }
    }

    /// Whether a frame can be put at the end without an allocation.
    pub(crate) fn has_room(&self) -> bool {
        self.last.len() < FRAMES_PER_BLOCK.min(self.last.capacity())
    }

    /// Puts a frame at the end.
    pub(crate) fn push(&mut self, frame: StoredFrame) {
        if self.last.len() == FRAMES_PER_BLOCK {
            self.full.push(Block {
                frames: std::mem::replace(&mut self.last, Vec::with_capacity(FRAMES_PER_BLOCK)),
                extent: self.extent,
            });
        }
        self.extent = self.extent.with(&frame);
        self.last.push(frame);
    }

    /// Ends the last frame at `end`.
    pub(crate) fn set_end_of_last(&mut self, end: PresentationTime) {
        if let Some(last) = self.last.last_mut() {
            last.end = end;
        }
        self.measure();
    }

    fn measure(&mut self) {
        work::count(self.last.len());
        let before = self.full.last().map_or(Extent::NONE, |block| block.extent);
        self.extent = before.with_all(&self.last);
    }

    /// Gives back the memory that is held for more frames.
    pub(crate) fn shrink(&mut self) {
        self.last.shrink_to_fit();
        self.full.shrink_to_fit();
    }

    /// Splits off the frames from the number on, which keep their numbers. This must be the run of
    /// a group's first frames.
    pub(crate) fn split_off(&mut self, number: usize) -> Self {
        debug_assert_eq!(self.first, 0);
        let extent = self.extent;
        let (block, index) = (number / FRAMES_PER_BLOCK, number % FRAMES_PER_BLOCK);
        let (full, last) = if block < self.full.len() {
            let mut full = self.full.split_off(block);
            let later = full[0].frames.split_off(index);
            let earlier = std::mem::replace(&mut full[0].frames, later);
            (full, std::mem::replace(&mut self.last, earlier))
        } else {
            (Vec::new(), self.last.split_off(index.min(self.last.len())))
        };
        work::count(self.last.len() + full.len() + last.len());
        if self.last.is_empty()
            && let Some(block) = self.full.pop()
        {
            self.last = block.frames;
        }
        self.shrink();
        self.measure();
        Self {
            first: number,
            payload_bytes_before: self.extent.payload_bytes,
            full,
            last,
            extent,
        }
    }

    /// Numbers the frames from 0 on. There must be only one block of them.
    pub(crate) fn renumbered(self) -> Self {
        debug_assert!(self.full.is_empty());
        let mut run = Self {
            last: self.last,
            ..Self::default()
        };
        run.measure();
        run
    }

    /// Returns the number of the first frame that is presented in the window.
    ///
    /// It is exact for frames as encoders order them. Where frames that are presented before the
    /// window and after it alternate for more than a block, it may be the first of those.
    pub(crate) fn first_in(&self, window: &Range<PresentationTime>) -> Option<usize> {
        let first = if self.first_frame().start < window.end {
            self.first_at_or_after(window.start)
        } else {
            self.first_before(window.end)
        }?;
        let end = self.end().min(first + FRAMES_PER_BLOCK);
        let is_in = |number: &usize| {
            let frame = self.get(*number);
            frame.is_some_and(|frame| window.contains(&frame.start))
        };
        let found = (first..end).find(is_in);
        work::count(found.unwrap_or(end) + 1 - first);
        found.or((end < self.end()).then_some(first))
    }

    /// Returns the number of the first frame that is presented at `time` or later.
    fn first_at_or_after(&self, time: PresentationTime) -> Option<usize> {
        self.first_where(
            |extent| extent.highest_start >= time,
            |frame| frame.start >= time,
        )
    }

    /// Returns the number of the first frame that is presented before `time`.
    fn first_before(&self, time: PresentationTime) -> Option<usize> {
        self.first_where(
            |extent| extent.lowest_start < time,
            |frame| frame.start < time,
        )
    }

    /// Returns the number of the first frame for which `is_it` is true. There is such a frame in a
    /// run if `has_it` is true for its extent.
    fn first_where(
        &self,
        has_it: impl Fn(&Extent) -> bool,
        is_it: impl Fn(&StoredFrame) -> bool,
    ) -> Option<usize> {
        if !has_it(&self.extent) {
            return None;
        }
        let block = self.full.partition_point(|block| !has_it(&block.extent));
        let index = self.block(block).iter().position(is_it);
        work::count(index.unwrap_or(FRAMES_PER_BLOCK) + 1);
        let number = (self.first / FRAMES_PER_BLOCK + block) * FRAMES_PER_BLOCK;
        // (Where the frame is not in the block, it is ahead of this run.)
        Some(number.max(self.first) + index.unwrap_or(0))
    }

    /// Returns the size in bytes of all payloads.
    pub(crate) fn payload_bytes(&self) -> usize {
        self.extent.payload_bytes - self.payload_bytes_before
    }

    /// Returns the memory in bytes that the frames take, without the payloads and the run itself.
    pub(crate) fn overhead_bytes(&self) -> usize {
        let block = allocated(FRAMES_PER_BLOCK * size_of::<StoredFrame>());
        allocated(self.last.capacity() * size_of::<StoredFrame>())
            + self.full.len() * block
            + allocated(self.full.capacity() * size_of::<Block>())
    }
}
