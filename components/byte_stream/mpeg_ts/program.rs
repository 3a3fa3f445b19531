/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A program: the streams that are played together.

use std::collections::VecDeque;

use super::elementary::{AccessUnits, ElementaryStream, Event};
use super::error;
use super::packet::Packet;
use super::pes::{PesBuffer, PesPacket};
use super::sections::{ProgramMap, StreamDescription};
use super::timeline::{TIMESCALE, Timeline, Times};
use crate::error::StreamError;
use crate::limits;
use crate::time::Timescale;
use crate::track::{CodecConfiguration, InitializationSegment, Track, TrackId, TrackKind};

pub(super) struct Program {
    map: ProgramMap,
    streams: Vec<ProgramStream>,
    /// Whether its initialization segment was given.
    is_announced: bool,
    /// Bytes of media that came before that.
    waiting_bytes: u64,
}

struct ProgramStream {
    description: StreamDescription,
    continuity: Continuity,
    pes: PesBuffer,
    /// Those of the PES packet at hand, once its header is there.
    times: Option<Times>,
    elementary: ElementaryStream,
    /// How the track's frames are coded, by the last initialization segment.
    announced: Option<CodecConfiguration>,
}

/// What the last packet of a PID with a payload was, to know whether one is missing.
#[derive(Default)]
struct Continuity {
    /// `None` before the first.
    counter: Option<u8>,
    payload: Vec<u8>,
}

#[derive(PartialEq)]
enum Succession {
    Next,
    /// A packet may be sent twice.
    Duplicate,
    /// Packets are missing, or the first one is not there.
    Broken,
}

impl Program {
    pub(super) fn new(map: &ProgramMap) -> Self {
        let streams = map.streams.iter().map(|description| ProgramStream {
            description: description.clone(),
            continuity: Continuity::default(),
            pes: PesBuffer::default(),
            times: None,
            elementary: new_stream(description, None),
            announced: None,
        });
        Self {
            map: map.clone(),
            streams: streams.collect(),
            is_announced: false,
            waiting_bytes: 0,
        }
    }

    /// Forgets all but what the last initialization segment said.
    pub(super) fn reset(&mut self) {
        for stream in &mut self.streams {
            stream.continuity = Continuity::default();
            stream.pes = PesBuffer::default();
            stream.elementary = new_stream(&stream.description, stream.announced.clone());
        }
    }

    pub(super) fn is_of(&self, map: &ProgramMap) -> bool {
        self.map == *map
    }

    pub(super) fn is_announced(&self) -> bool {
        self.is_announced
    }

    /// Whether it is known of every stream how it is coded.
    pub(super) fn is_configured(&self) -> bool {
        self.streams
            .iter()
            .all(|stream| stream.elementary.configuration().is_some())
    }

    /// Whether there must be more of a PES packet.
    pub(super) fn is_incomplete(&self) -> bool {
        self.streams.iter().any(|stream| stream.pes.is_incomplete())
    }

    /// The first initialization segment: with the first configuration of each stream.
    pub(super) fn announce(&mut self, events: &mut VecDeque<Event>) -> InitializationSegment {
        self.is_announced = true;
        events.retain(|event| {
            let Event::Configuration(track, configuration) = event else {
                return true;
            };
            let stream = self
                .streams
                .iter_mut()
                .find(|stream| stream.track() == *track && stream.announced.is_none());
            match stream {
                Some(stream) => {
                    stream.announced = Some(configuration.clone());
                    false
                }
                None => true,
            }
        });
        self.initialization_segment()
    }

    /// The initialization segment when the frames of a track are coded anew.
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
            let is_audio = configuration.codec().is_audio();
            let is_first = tracks
                .iter()
                .all(|track| track.configuration.codec().is_audio() != is_audio);
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
            initialization_data: Vec::new(),
        }
    }

    /// Reads a packet of the media, or of something that is not played.
    pub(super) fn read_packet(
        &mut self,
        packet: &Packet,
        start: u64,
        timeline: &mut Timeline,
        events: &mut VecDeque<Event>,
    ) -> Result<(), StreamError> {
        let stream = self
            .streams
            .iter_mut()
            .find(|stream| stream.description.pid == packet.pid);
        let begins_time_base = packet.is_discontinuous && packet.pid == self.map.pcr_pid;
        let Some(stream) = stream else {
            if begins_time_base {
                timeline.begin_time_base();
            }
            return Ok(());
        };
        let succession = stream.continuity.check(packet);
        if succession == Succession::Duplicate {
            return Ok(());
        }
        if packet.is_unit_start {
            stream.complete_open_packet(timeline, events)?;
        }
        if begins_time_base {
            timeline.begin_time_base();
        }
        if packet.payload.is_empty() {
            return Ok(());
        }
        if packet.is_scrambled {
            let cause = "scrambled transport packets are not supported";
            return Err(error("(transport packet)", start, cause));
        }
        if succession == Succession::Broken {
            stream.pes.close();
            stream.elementary.interrupt();
        }
        stream.read_payload(packet, start, timeline, events)?;
        if !self.is_announced {
            self.waiting_bytes += packet.payload.len() as u64;
            if self.waiting_bytes > limits::WAITING_BYTES {
                let cause = "a stream of the program map does not show how it is coded";
                return Err(error("PMT", start, cause));
            }
        }
        Ok(())
    }

    /// Nothing will come after what there was.
    pub(super) fn finish(
        &mut self,
        timeline: &mut Timeline,
        events: &mut VecDeque<Event>,
    ) -> Result<(), StreamError> {
        for stream in &mut self.streams {
            stream.complete_open_packet(timeline, events)?;
            stream.elementary.finish(events);
        }
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

    fn read_payload(
        &mut self,
        packet: &Packet,
        start: u64,
        timeline: &mut Timeline,
        events: &mut VecDeque<Event>,
    ) -> Result<(), StreamError> {
        if packet.is_unit_start {
            self.pes.open(start, packet.is_random_access_point);
            self.times = None;
        }
        let pushed = self.pes.push(packet.payload);
        let is_complete = pushed.map_err(|cause| self.error(cause))?;
        if is_complete {
            self.read_pes_packet(timeline, events)
        } else if self.times.is_none() && self.pes.has_header() {
            self.read_times(timeline, events).map(drop)
        } else {
            Ok(())
        }
    }

    /// A packet that does not say its size ends where nothing comes any more, or the next one.
    fn complete_open_packet(
        &mut self,
        timeline: &mut Timeline,
        events: &mut VecDeque<Event>,
    ) -> Result<(), StreamError> {
        if self.pes.close() {
            self.read_pes_packet(timeline, events)?;
        }
        Ok(())
    }

    fn read_times(
        &mut self,
        timeline: &mut Timeline,
        events: &mut VecDeque<Event>,
    ) -> Result<Times, StreamError> {
        let packet = PesPacket::read(self.pes.bytes()).map_err(|cause| self.error(cause))?;
        let frame_duration = self.elementary.frame_duration();
        let times = timeline.place(packet.presentation, packet.decode, frame_duration);
        self.times = Some(times);
        self.elementary.begin(times, events);
        Ok(times)
    }

    fn read_pes_packet(
        &mut self,
        timeline: &mut Timeline,
        events: &mut VecDeque<Event>,
    ) -> Result<(), StreamError> {
        let times = match self.times.take() {
            Some(times) => times,
            None => self.read_times(timeline, events)?,
        };
        let packet = PesPacket::read(self.pes.bytes()).map_err(|cause| self.error(cause))?;
        let access_units = AccessUnits {
            times,
            is_random_access_point: self.pes.is_random_access_point,
            payload: packet.payload,
        };
        let pushed = self.elementary.push(&access_units, events);
        pushed.map_err(|cause| self.error(cause))
    }

    fn error(&self, cause: &'static str) -> StreamError {
        error("(PES packet)", self.pes.start, cause)
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
