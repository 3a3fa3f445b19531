/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Finds where one picture ends and the next one begins in a stream of NAL units. PES packets need
//! not begin with a picture, and may hold several (ISO/IEC 13818-1, 2.14.1 and 2.17.1).

use std::ops::Range;

use super::annex_b::find_start_code;
use super::marks::Marks;
use super::opening::Opening;
use super::timeline::{PacketStart, Times};
use super::video_syntax::VideoSyntax;
use crate::codecs::{
    AvcField, AvcSequenceParameterSet, AvcSliceSyntax, NalUnit, classify_avc_nal_unit,
};
use crate::limits;
use crate::memory::{allocated, growth};

/// The NAL units of one picture, and those before it that belong to it.
pub(super) struct AccessUnit<'a> {
    /// The header of the PES packet in which the access unit begins, if it is the first one to
    /// begin there.
    pub(super) start: PacketStart,
    /// The times of the next access unit, if they are stated.
    pub(super) next: Option<Times>,
    pub(super) nal_units: &'a [Range<usize>],
    /// The bytes that the places of the NAL units refer to.
    pub(super) bytes: &'a [u8],
}

/// Cuts an elementary stream into access units.
pub(super) struct AccessUnits {
    syntax: VideoSyntax,
    /// The bytes from the current access unit on.
    bytes: Vec<u8>,
    /// The position before which no further start code begins.
    scanned: usize,
    marks: Marks<PacketStart>,
    /// The places of the NAL units in `bytes`. Where the last one ends is not known yet.
    nal_units: Vec<Range<usize>>,
    /// The number of NAL units at the start of `nal_units` that belong to the access unit that was
    /// given.
    given: usize,
    /// The number of NAL units that were looked at.
    examined: usize,
    start: PacketStart,
    /// Whether the first slice of the current access unit was found.
    has_picture: bool,
    /// The syntax of fields, in a stream of H.264 that has some.
    fields: Option<AvcSliceSyntax>,
    /// The current picture, if it is a field whose other field may follow.
    first_field: Option<AvcField>,
    /// The first NAL unit after the picture that can only be before the next one.
    boundary: Option<usize>,
    /// Whether the first slice of a picture was found since bytes were lost.
    is_synchronized: bool,
}

/// The number of bytes of a start code before a NAL unit.
const START_CODE_BYTES: usize = 3;

impl AccessUnits {
    pub(super) fn new(syntax: VideoSyntax) -> Self {
        Self {
            syntax,
            bytes: Vec::new(),
            scanned: 0,
            marks: Marks::default(),
            nal_units: Vec::new(),
            given: 0,
            examined: 0,
            start: PacketStart::default(),
            has_picture: false,
            fields: None,
            first_field: None,
            boundary: None,
            is_synchronized: false,
        }
    }

    /// Begins a PES packet. One without times says nothing about the access units that begin in it.
    pub(super) fn begin(&mut self, start: PacketStart) {
        self.drop_given();
        if start.times.is_none() {
            return;
        }
        let last = self.nal_units.last().map_or(0, |last| last.start);
        self.marks.add(self.bytes.len(), last, start);
    }

    /// Adds bytes of a PES packet. The error says what is wrong.
    pub(super) fn push(&mut self, payload: &[u8]) -> Result<(), &'static str> {
        self.drop_given();
        if self.bytes.capacity() - self.bytes.len() < payload.len() {
            let growth = growth(self.bytes.len(), payload.len());
            self.bytes.reserve_exact(growth);
        }
        self.bytes.extend_from_slice(payload);
        if self.bytes.len() as u64 > limits::FRAME_BYTES {
            return Err("a picture is too large");
        }
        Ok(())
    }

    /// Returns the next access unit behind which another one has begun. With `is_end`, nothing will
    /// be added, and it returns the last one too.
    pub(super) fn next(&mut self, is_end: bool) -> Result<Option<AccessUnit<'_>>, &'static str> {
        self.drop_given();
        loop {
            if let Some(opening) = self.read_opening(is_end) {
                self.examined += 1;
                if let Some(count) = self.examine(opening) {
                    return Ok(Some(self.give(count)));
                }
            } else if !self.find_nal_unit()? {
                let has_last = is_end && !self.nal_units.is_empty();
                if has_last {
                    self.close_nal_unit(self.bytes.len());
                }
                return Ok(has_last.then(|| self.give(self.nal_units.len())));
            }
        }
    }

    /// Drops the current access unit.
    pub(super) fn clear(&mut self) {
        self.given = self.nal_units.len();
        self.drop_given();
        self.drop_bytes(self.bytes.len());
        self.marks.clear();
        self.start = PacketStart::default();
        self.is_synchronized = false;
    }

    /// Returns the memory in bytes that this takes.
    pub(super) fn held_bytes(&self) -> usize {
        allocated(self.bytes.capacity())
            + allocated(self.nal_units.capacity() * size_of::<Range<usize>>())
            + self.marks.held_bytes()
    }

    /// Reads how the first NAL unit begins that was not looked at, if there is enough of it.
    fn read_opening(&self, is_end: bool) -> Option<Opening> {
        let nal_unit = self.nal_units.get(self.examined)?;
        let is_whole = is_end || self.examined + 1 < self.nal_units.len();
        let bytes = &self.bytes[nal_unit.start..];
        if self.fields.is_some() && bytes.len() < AvcField::LONGEST_START && !is_whole {
            return None;
        }
        let opening = Opening::read(self.syntax, bytes);
        opening.or(is_whole.then_some(Opening::Other))
    }

    /// Ends the last NAL unit where another one begins. It returns `false` if there is no start
    /// code.
    fn find_nal_unit(&mut self) -> Result<bool, &'static str> {
        let Some(start_code) = find_start_code(&self.bytes, self.scanned) else {
            // The last bytes may be the beginning of a start code.
            let whole = self.bytes.len().saturating_sub(START_CODE_BYTES - 1);
            self.scanned = self.scanned.max(whole);
            if self.nal_units.is_empty() {
                self.drop_bytes(self.scanned);
            }
            return Ok(false);
        };
        if self.nal_units.len() == limits::NAL_UNITS {
            return Err("a picture has too many NAL units");
        }
        if self.nal_units.is_empty() {
            self.start = self.marks.take(start_code).unwrap_or(self.start);
        }
        self.close_nal_unit(start_code);
        self.scanned = start_code + START_CODE_BYTES;
        self.nal_units.push(self.scanned..self.scanned);
        Ok(true)
    }

    /// Ends the last NAL unit before `end`. It does not end with a zero: zeros belong to the next
    /// start code, or are padding.
    fn close_nal_unit(&mut self, end: usize) {
        let Some(last) = self.nal_units.last_mut() else {
            return;
        };
        let bytes = &self.bytes[last.start..end];
        let zeros = bytes.iter().rev().take_while(|byte| **byte == 0).count();
        last.end = end - zeros;
        let nal_unit = &self.bytes[last.clone()];
        if self.syntax == VideoSyntax::H264
            && classify_avc_nal_unit(nal_unit, false) == NalUnit::SequenceParameterSet
        {
            let sequence = AvcSequenceParameterSet::read(nal_unit);
            self.fields = sequence.and_then(|sequence| sequence.fields);
        }
    }

    /// Looks at a NAL unit, and returns the number of NAL units of the current access unit if it
    /// shows that.
    fn examine(&mut self, opening: Opening) -> Option<usize> {
        let index = self.examined - 1;
        match opening {
            Opening::BeforePicture if self.has_picture => {
                self.boundary.get_or_insert(index);
                None
            }
            Opening::Picture => self.begin_picture(index),
            Opening::Slice if self.has_picture => {
                self.continue_picture(index);
                None
            }
            // This is the end of a picture whose beginning is lost. The times of the PES packet
            // belong to the next picture.
            Opening::Slice if !self.is_synchronized => {
                self.nal_units.clear();
                self.examined = 0;
                None
            }
            _ => None,
        }
    }

    fn begin_picture(&mut self, index: usize) -> Option<usize> {
        let slice = &self.bytes[self.nal_units[index].start..];
        let field = self.fields.and_then(|syntax| AvcField::read(slice, syntax));
        let first_field = std::mem::replace(&mut self.first_field, field);
        if !self.has_picture {
            self.is_synchronized = true;
            self.has_picture = true;
            return None;
        }
        if let (Some(first), Some(second)) = (first_field, field)
            && first.is_completed_by(second)
        {
            self.first_field = None;
            self.continue_picture(index);
            return None;
        }
        Some(self.boundary.take().unwrap_or(index))
    }

    /// Continues the picture with that NAL unit, although its end seemed to be before it.
    fn continue_picture(&mut self, index: usize) {
        self.boundary = None;
        // The times of the PES packet of a second field do not belong to the next picture.
        let _ = self
            .marks
            .take(self.nal_units[index].start - START_CODE_BYTES);
    }

    fn give(&mut self, count: usize) -> AccessUnit<'_> {
        self.given = count;
        let start = std::mem::take(&mut self.start);
        if let Some(next) = self.nal_units.get(count) {
            let said = self.marks.take(next.start - START_CODE_BYTES);
            self.start = said.unwrap_or_default();
        }
        AccessUnit {
            start,
            next: self.start.times,
            nal_units: &self.nal_units[..count],
            bytes: &self.bytes,
        }
    }

    /// Forgets the access unit that was given.
    fn drop_given(&mut self) {
        if self.given == 0 {
            return;
        }
        let next = self.nal_units.get(self.given);
        let used = next.map_or(self.bytes.len(), |next| next.start - START_CODE_BYTES);
        self.nal_units.drain(..self.given);
        for nal_unit in &mut self.nal_units {
            *nal_unit = nal_unit.start - used..nal_unit.end.saturating_sub(used);
        }
        self.examined = self.examined.saturating_sub(self.given);
        self.given = 0;
        self.has_picture &= !self.nal_units.is_empty();
        self.boundary = None;
        self.drop_bytes(used);
        // One picture that is much larger than others must not keep its memory for ever.
        if self.bytes.capacity() > limits::KEPT_BYTES.max(4 * self.bytes.len()) {
            self.bytes.shrink_to(limits::KEPT_BYTES);
        }
    }

    fn drop_bytes(&mut self, count: usize) {
        self.bytes.drain(..count);
        self.marks.advance(count);
        self.scanned = self.scanned.saturating_sub(count);
    }
}
