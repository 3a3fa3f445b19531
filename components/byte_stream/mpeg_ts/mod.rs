/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! MPEG-2 transport streams: <https://w3c.github.io/mse-byte-stream-format-mp2t/>
//!
//! The data flows one way: bytes, transport packets, sections and PES packets, access units,
//! events, and at last initialization segments and frames. An initialization segment is the
//! association and the map of a program, together with the parameter sets and frame headers that
//! lie in the media: frames wait until every stream of the program has shown how it is coded.
//!
//! This parser is more lenient than the specification, as streams of common writers need it: media
//! may come before the first clock reference, and before the tables, where it is dropped; bytes may
//! lie before the first packet, PES packets may have no timestamps, streams that are not supported
//! may lie beside others, and packets that were cut short are left out. A packet that is marked as
//! damaged is an error: "the user agent MUST run the append error algorithm", because its PID may
//! be what is damaged.

mod access_units;
mod annex_b;
mod audio;
mod avc;
mod elementary;
mod events;
mod held_frames;
mod hevc;
mod marks;
mod opening;
mod packet;
mod pes;
mod picture_order;
mod program;
mod sections;
#[cfg(test)]
mod tests;
mod timeline;
mod video;
mod video_syntax;

use self::events::{Event, Events};
use self::packet::{PACKET_BYTES, Packet, SYNC_BYTE};
use self::program::Program;
use self::sections::{ProgramAssociation, ProgramMap, SectionBuffer};
use self::timeline::Timeline;
use crate::error::StreamError;
use crate::frame::CodedFrame;
use crate::input::{HEADER_BYTES, Input};
use crate::limits;
use crate::step::Step;

/// The incremental parser. It takes one transport packet after the other.
#[derive(Default)]
pub(crate) struct Demuxer {
    synchronization: Synchronization,
    association_sections: SectionBuffer,
    association: Option<ProgramAssociation>,
    map_sections: SectionBuffer,
    /// The current program.
    program: Option<Program>,
    /// The map of the next program, which replaces the current one once everything of that was
    /// given.
    next_program: Option<ProgramMap>,
    timeline: Timeline,
    /// The events that were not given yet, in order.
    events: Events,
    /// Whether the input ended within a transport packet.
    is_in_packet: bool,
}

#[derive(Clone, Copy, Default)]
enum Synchronization {
    /// The parser is at the beginning of a packet.
    #[default]
    Kept,
    /// The parser is between packets, in bytes that began at `start`.
    Lost { start: u64 },
}

impl Demuxer {
    pub(crate) fn reset(&mut self) {
        let mut program = self.program.take().filter(Program::is_announced);
        // Nothing stays of an initialization segment that was not complete.
        let association = self.association.filter(|_| program.is_some());
        if let Some(program) = &mut program {
            program.reset();
        }
        *self = Self {
            association,
            program,
            ..Self::default()
        };
    }

    /// Whether a media segment has begun and is not over. It has whole transport and PES packets;
    /// where all of them are complete, it may be over.
    pub(crate) fn is_in_media_segment(&self) -> bool {
        let is_incomplete = |program: &Program| self.is_in_packet || program.is_incomplete();
        self.program.as_ref().is_some_and(is_incomplete)
    }

    /// Returns how many frames were found and not given yet, or a few more.
    pub(crate) fn waiting_frames(&self) -> usize {
        self.events.len()
    }

    /// Returns the memory in bytes that the parser takes beside the input.
    pub(crate) fn held_bytes(&self) -> usize {
        let sections = self.association_sections.held_bytes() + self.map_sections.held_bytes();
        let program = self.program.as_ref().map_or(0, Program::held_bytes);
        self.events.held_bytes() + sections + program
    }

    /// Gives the frames that wait for the next frame, and those whose PES packets do not say
    /// whether they are complete.
    pub(crate) fn release_held_frames(
        &mut self,
        frames: &mut Vec<CodedFrame>,
    ) -> Result<(), StreamError> {
        let Some(program) = &mut self.program else {
            return Ok(());
        };
        let result = program.finish(&mut self.events);
        if program.is_announced() {
            let is_frame = |event: &Event| matches!(event, Event::Frame(_));
            while let Some(Event::Frame(frame)) = self.events.pop_if(is_frame) {
                frames.push(frame);
            }
        }
        result
    }

    /// Sets the format's own offset to zero. "When timestampOffset is successfully set,
    /// MPEG2TS_timestampOffset MUST be set to 0."
    pub(crate) fn reset_timestamp_offset(&mut self) {
        self.timeline = Timeline::default();
    }

    /// Does the next step that the input allows.
    pub(crate) fn step(
        &mut self,
        input: &mut Input,
        frames: &mut Vec<CodedFrame>,
    ) -> Result<Step, StreamError> {
        if let Some(step) = self.hand_out(frames) {
            return Ok(step);
        }
        if let Some(map) = self.next_program.take() {
            self.events = Events::default();
            self.program = Some(Program::new(&map));
        }
        match self.synchronization {
            Synchronization::Lost { start } => self.synchronize(input, start),
            _ => self.read_packet(input),
        }
    }

    /// Gives the next thing that was found. An initialization segment waits for the frames before it.
    fn hand_out(&mut self, frames: &mut Vec<CodedFrame>) -> Option<Step> {
        let program = self.program.as_mut()?;
        if !program.is_announced() {
            if !program.is_configured() {
                return None;
            }
            if !frames.is_empty() {
                return Some(Step::HandOut);
            }
            return Some(Step::InitializationSegment(
                program.announce(&mut self.events),
            ));
        }
        let event = self
            .events
            .pop_if(|event| frames.is_empty() || matches!(event, Event::Frame(_)));
        match event {
            Some(Event::Frame(frame)) => {
                frames.push(frame);
                Some(Step::Advanced)
            }
            Some(Event::Configuration(track, configuration)) => Some(Step::InitializationSegment(
                program.configure(track, configuration),
            )),
            None if self.events.is_empty() => None,
            None => Some(Step::HandOut),
        }
    }

    fn read_packet(&mut self, input: &mut Input) -> Result<Step, StreamError> {
        let start = input.offset();
        let mut scratch = [0; HEADER_BYTES];
        let first = input.peek(&mut scratch).first().copied();
        self.is_in_packet = first.is_some();
        if first.is_some_and(|first| first != SYNC_BYTE) {
            self.is_in_packet = false;
            self.synchronization = Synchronization::Lost { start };
            return Ok(Step::Advanced);
        }
        let Some(bytes) = input.take(PACKET_BYTES) else {
            return Ok(Step::NeedMore);
        };
        self.is_in_packet = false;
        self.synchronization = Synchronization::Kept;
        let packet = Packet::read(&bytes)
            .map_err(|cause| StreamError::new("(transport packet)", start, cause))?;
        self.read_payload(&packet, start)?;
        Ok(Step::Advanced)
    }

    /// Skips everything until a sync byte that another one follows in the right distance.
    fn synchronize(&mut self, input: &mut Input, start: u64) -> Result<Step, StreamError> {
        if input.offset() - start > limits::UNKNOWN_TRANSPORT_BYTES {
            return Err(StreamError::new(
                "(transport packet)",
                start,
                "the sync bytes are lost",
            ));
        }
        let mut scratch = [0; HEADER_BYTES];
        let bytes = input.peek(&mut scratch);
        let others = bytes.iter().take_while(|byte| **byte != SYNC_BYTE).count();
        if bytes.is_empty() {
            return Ok(Step::NeedMore);
        }
        if others > 0 {
            input.skip(others as u64);
            return Ok(Step::Advanced);
        }
        match input.peek_at(PACKET_BYTES, &mut scratch).first() {
            None => return Ok(Step::NeedMore),
            Some(&SYNC_BYTE) => self.synchronization = Synchronization::Kept,
            Some(_) => {
                input.skip(1);
            }
        }
        Ok(Step::Advanced)
    }

    fn read_payload(&mut self, packet: &Packet, start: u64) -> Result<(), StreamError> {
        const PROGRAM_ASSOCIATION: u16 = 0;
        if packet.pid == PROGRAM_ASSOCIATION {
            return self.read_association(packet, start);
        }
        if self
            .association
            .is_some_and(|association| association.map_pid == packet.pid)
        {
            return self.read_map(packet, start);
        }
        match &mut self.program {
            Some(program) => {
                program.read_packet(packet, start, &mut self.timeline, &mut self.events)
            }
            // A recording may begin anywhere. The tables that describe this media did not come yet.
            None => Ok(()),
        }
    }

    fn read_association(&mut self, packet: &Packet, start: u64) -> Result<(), StreamError> {
        for section in self
            .association_sections
            .push(packet.is_unit_start, packet.payload)
        {
            let association = ProgramAssociation::read(&section)
                .map_err(|cause| StreamError::new("PAT", start, cause))?;
            if association.is_some() && association != self.association {
                self.association = association;
                self.map_sections = SectionBuffer::default();
            }
        }
        Ok(())
    }

    fn read_map(&mut self, packet: &Packet, start: u64) -> Result<(), StreamError> {
        let Some(association) = self.association else {
            return Ok(());
        };
        for section in self.map_sections.push(packet.is_unit_start, packet.payload) {
            let map = ProgramMap::read(&section, association.program_number)
                .map_err(|cause| StreamError::new("PMT", start, cause))?;
            if let Some(map) = map {
                self.set_map(map, start)?;
            }
        }
        Ok(())
    }

    /// Sets the map of the program. "The user agent will accept and ignore PSI that is identical to
    /// the information in the last initialization segment." Another map begins a new initialization
    /// segment.
    fn set_map(&mut self, map: ProgramMap, start: u64) -> Result<(), StreamError> {
        if self
            .program
            .as_ref()
            .is_some_and(|program| program.is_of(&map))
        {
            return Ok(());
        }
        if map.streams.len() > limits::TRACKS {
            return Err(
                StreamError::new("PMT", start, "there are too many streams in it").over_limit(),
            );
        }
        if let Some(program) = &mut self.program {
            program.finish(&mut self.events)?;
        }
        self.next_program = Some(map);
        Ok(())
    }
}
