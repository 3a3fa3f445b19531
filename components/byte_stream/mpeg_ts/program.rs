/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A program: the streams that are played together.

use super::elementary::ElementaryStream;
use super::events::Events;
use super::packet::Packet;
use super::pes::{PesHeader, PesReader, Timestamps};
use super::sections::{ProgramMap, StreamDescription};
use super::timeline::{PacketStart, TIMESCALE, Timeline};
use crate::error::StreamError;
use crate::limits;
use crate::memory::allocated;
use crate::time::Timescale;
use crate::track::{CodecConfiguration, InitializationSegment, Track, TrackId, TrackKind};

pub(super) struct Program {
    map: ProgramMap,
    streams: Vec<ProgramStream>,
    /// Whether the initialization segment of the program was given.
    is_announced: bool,
    /// The number of bytes of media that came before that.
    waiting_bytes: usize,
    /// The memory in bytes that the streams take.
    held_bytes: usize,
}

struct ProgramStream {
    description: StreamDescription,
    continuity: Continuity,
    pes: PesReader,
    /// Whether the current PES packet begins in a transport packet with random_access_indicator.
    is_random_access_point: bool,
    elementary: ElementaryStream,
    /// The configuration of the track in the last initialization segment.
    announced: Option<CodecConfiguration>,
}

/// Remembers the last packet of a PID with a payload, to find out whether one is missing.
#[derive(Default)]
struct Continuity {
    /// The counter of the last packet. It is `None` before the first.
    counter: Option<u8>,
    payload: Vec<u8>,
}

#[derive(PartialEq)]
enum Succession {
    Next,
    /// The packet is the same as the one before. A packet may be sent twice.
    Duplicate,
    /// Packets are missing before this one, or it is the first one.
    Broken,
}

impl Program {
    pub(super) fn new(map: &ProgramMap) -> Self {
        let streams = map.streams.iter().map(|description| ProgramStream {
            description: description.clone(),
            continuity: Continuity::default(),
            pes: PesReader::default(),
            is_random_access_point: false,
            elementary: new_stream(description, None),
            announced: None,
        });
        let mut program = Self {
            map: map.clone(),
            streams: streams.collect(),
            is_announced: false,
            waiting_bytes: 0,
            held_bytes: 0,
        };
        program.weigh();
        program
    }

    fn weigh(&mut self) {
        self.held_bytes = self.streams.iter().map(ProgramStream::held_bytes).sum();
    }

    /// Forgets everything except for the contents of the last initialization segment.
    pub(super) fn reset(&mut self) {
        for stream in &mut self.streams {
            stream.continuity = Continuity::default();
            stream.pes = PesReader::default();
            stream.elementary = new_stream(&stream.description, stream.announced.clone());
        }
        self.weigh();
    }

    pub(super) fn is_of(&self, map: &ProgramMap) -> bool {
        self.map == *map
    }

    pub(super) fn is_announced(&self) -> bool {
        self.is_announced
    }

    /// Whether the configuration of every stream is known.
    pub(super) fn is_configured(&self) -> bool {
        self.streams
            .iter()
            .all(|stream| stream.elementary.configuration().is_some())
    }

    /// Whether a part of a PES packet is missing.
    pub(super) fn is_incomplete(&self) -> bool {
        self.streams.iter().any(|stream| stream.pes.is_incomplete())
    }

    /// Makes the first initialization segment, with the first configuration of each stream.
    pub(super) fn announce(&mut self, events: &mut Events) -> InitializationSegment {
        self.is_announced = true;
        for stream in &mut self.streams {
            stream.announced = events.take_configuration(stream.track());
        }
        self.initialization_segment()
    }

    /// Makes an initialization segment with a new configuration of a track.
    pub(super) fn configure(
        &mut self,
        track: TrackId,
        configuration: CodecConfiguration,
    ) -> InitializationSegment {
        let stream = self
            .streams
            .iter_mut()
            .find(|stream| stream.track() == track);
        if let Some(stream) = stream {
            stream.announced = Some(configuration);
        }
        self.initialization_segment()
    }

    fn initialization_segment(&self) -> InitializationSegment {
        let timescale = Timescale::new(TIMESCALE).expect("the constant is not zero");
        let mut tracks: Vec<Track> = Vec::new();
        for stream in &self.streams {
            let Some(configuration) = stream.announced.clone() else {
                continue;
            };
            let medium = configuration.medium();
            let is_first = tracks
                .iter()
                .all(|track| track.configuration.medium() != medium);
            tracks.push(Track {
                id: stream.track(),
                timescale,
                kind: if is_first {
                    TrackKind::Main
                } else {
                    TrackKind::Alternative
                },
                language: stream.description.language.clone(),
                label: String::new(),
                configuration,
                encryption: None,
            });
        }
        InitializationSegment {
            duration: None,
            tracks,
        }
    }

    /// Returns the memory in bytes that the streams take.
    pub(super) fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// Reads a packet of a stream, which may be one that is not played.
    pub(super) fn read_packet(
        &mut self,
        packet: &Packet,
        start: u64,
        timeline: &mut Timeline,
        events: &mut Events,
    ) -> Result<(), StreamError> {
        let begins_time_base = packet.is_discontinuous && packet.pid == self.map.pcr_pid;
        let stream = self
            .streams
            .iter_mut()
            .find(|stream| stream.description.pid == packet.pid);
        let Some(stream) = stream else {
            if begins_time_base {
                timeline.begin_time_base();
            }
            return Ok(());
        };
        let held_before = stream.held_bytes();
        let result = stream.read_packet(packet, start, begins_time_base, timeline, events);
        self.held_bytes = self.held_bytes.saturating_sub(held_before) + stream.held_bytes();
        result?;
        self.check_limits(packet, start, events)
    }

    fn check_limits(
        &mut self,
        packet: &Packet,
        start: u64,
        events: &Events,
    ) -> Result<(), StreamError> {
        if self.held_bytes > limits::UNFINISHED_BYTES {
            let cause = "there is too much that is not complete";
            return Err(StreamError::new("(PES packet)", start, cause).over_limit());
        }
        if !self.is_announced {
            self.waiting_bytes += packet.payload.len();
            if self.waiting_bytes.max(events.held_bytes()) > limits::WAITING_BYTES {
                let cause = "a stream of the program map does not show how it is coded";
                return Err(StreamError::new("PMT", start, cause).over_limit());
            }
        }
        Ok(())
    }

    /// Ends all streams: nothing will come any more.
    pub(super) fn finish(&mut self, events: &mut Events) -> Result<(), StreamError> {
        for stream in &mut self.streams {
            stream.close_pes_packet();
            let finished = stream.elementary.finish(events);
            finished.map_err(|cause| stream.error(cause))?;
        }
        self.weigh();
        Ok(())
    }
}

fn new_stream(
    description: &StreamDescription,
    configuration: Option<CodecConfiguration>,
) -> ElementaryStream {
    let track = TrackId(u64::from(description.pid));
    ElementaryStream::new(track, description.codec, configuration)
}

impl ProgramStream {
    fn track(&self) -> TrackId {
        TrackId(u64::from(self.description.pid))
    }

    fn held_bytes(&self) -> usize {
        size_of::<Self>()
            + allocated(self.pes.held_bytes())
            + allocated(self.continuity.payload.capacity())
            + self.elementary.held_bytes()
    }

    fn read_packet(
        &mut self,
        packet: &Packet,
        start: u64,
        begins_time_base: bool,
        timeline: &mut Timeline,
        events: &mut Events,
    ) -> Result<(), StreamError> {
        let succession = self.continuity.check(packet);
        if succession == Succession::Duplicate {
            return Ok(());
        }
        if packet.is_unit_start {
            self.close_pes_packet();
        }
        if begins_time_base {
            timeline.begin_time_base();
        }
        if packet.payload.is_empty() {
            return Ok(());
        }
        if packet.is_scrambled {
            let cause = "scrambled transport packets are not supported";
            return Err(StreamError::new("(transport packet)", start, cause));
        }
        if succession == Succession::Broken {
            self.interrupt(packet, events)?;
        }
        if packet.is_unit_start {
            self.pes.open(start);
            self.is_random_access_point = packet.is_random_access_point;
        }
        let pushed = self.pes.push(packet.payload);
        let part = pushed.map_err(|cause| self.error(cause))?;
        if let Some(header) = part.header {
            self.begin(header, timeline);
        }
        let pushed = self.elementary.push(part.payload, events);
        pushed.map_err(|cause| self.error(cause))
    }

    /// Ends the current PES packet. If a part of it is missing, it cannot be made up for.
    fn close_pes_packet(&mut self) {
        if self.pes.is_incomplete() {
            self.elementary.interrupt();
        }
        self.pes.close();
    }

    /// Handles that packets are missing before this one. If it begins a PES packet, the missing
    /// ones may belong to another segment, and the access unit before it may be complete.
    fn interrupt(&mut self, packet: &Packet, events: &mut Events) -> Result<(), StreamError> {
        self.pes.close();
        if !packet.is_unit_start {
            self.elementary.interrupt();
            return Ok(());
        }
        let ended = self.elementary.end_access_unit(events);
        ended.map_err(|cause| self.error(cause))
    }

    /// Begins a PES packet with that header.
    fn begin(&mut self, header: PesHeader, timeline: &mut Timeline) {
        let frame_duration = self.elementary.frame_duration();
        let place =
            |stamps: Timestamps| timeline.place(stamps.presentation, stamps.decode, frame_duration);
        self.elementary.begin(PacketStart {
            times: header.timestamps.map(place),
            is_random_access_point: self.is_random_access_point,
        });
    }

    fn error(&self, cause: &'static str) -> StreamError {
        StreamError::new("(PES packet)", self.pes.start, cause)
    }
}

impl Continuity {
    fn check(&mut self, packet: &Packet) -> Succession {
        if packet.payload.is_empty() {
            return Succession::Next;
        }
        let expected = self.counter.map(|counter| (counter + 1) & 15);
        if expected == Some(packet.continuity_counter) {
            self.keep(packet);
            return Succession::Next;
        }
        if self.counter == Some(packet.continuity_counter) && self.payload == packet.payload {
            return Succession::Duplicate;
        }
        self.keep(packet);
        Succession::Broken
    }

    fn keep(&mut self, packet: &Packet) {
        self.counter = Some(packet.continuity_counter);
        self.payload.clear();
        self.payload.extend_from_slice(packet.payload);
    }
}
