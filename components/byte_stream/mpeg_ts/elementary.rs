/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! An elementary stream, which the PES packets of one PID carry.

use std::collections::VecDeque;

use super::audio::AudioStream;
use super::sections::StreamCodec;
use super::timeline::{TIMESCALE, Times};
use super::video::{VideoStream, VideoSyntax};
use crate::frame::CodedFrame;
use crate::memory::{ALLOCATION_BYTES, allocated, growth};
use crate::track::{CodecConfiguration, TrackId};

/// The description of the first access unit that begins in a PES packet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PacketStart {
    /// The times. They are `None` if the packet does not state them.
    pub(super) times: Option<Times>,
    /// Whether the transport packet in which the access unit begins is marked as a random access
    /// point.
    pub(super) is_random_access_point: bool,
}

/// The things that are found in elementary streams.
pub(super) enum Event {
    /// The frames of the track that come after this have this configuration.
    Configuration(TrackId, CodecConfiguration),
    Frame(CodedFrame),
}

/// The events that were not given yet, in order.
#[derive(Default)]
pub(super) struct Events {
    queue: VecDeque<Event>,
    /// The number of bytes of the frames in these events.
    payload_bytes: usize,
}

impl Events {
    pub(super) fn push(&mut self, event: Event) {
        const FEW: usize = 64;
        if self.queue.len() == self.queue.capacity() {
            self.queue.reserve_exact(growth(self.queue.len(), FEW));
        }
        self.payload_bytes += event.payload_bytes();
        self.queue.push_back(event);
    }

    /// Takes the first event, if it is wanted.
    pub(super) fn pop_if(&mut self, is_wanted: impl Fn(&Event) -> bool) -> Option<Event> {
        let event = self.queue.pop_front_if(|event| is_wanted(event))?;
        self.payload_bytes -= event.payload_bytes();
        Some(event)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Takes the first configuration of that track out of the order.
    pub(super) fn take_configuration(&mut self, track: TrackId) -> Option<CodecConfiguration> {
        let is_of_track =
            |event: &Event| matches!(event, Event::Configuration(of, _) if *of == track);
        let index = self.queue.iter().position(is_of_track)?;
        match self.queue.remove(index)? {
            Event::Configuration(_, configuration) => Some(configuration),
            Event::Frame(_) => None,
        }
    }

    /// Returns the memory in bytes that the events take, with an allocation for each payload.
    pub(super) fn held_bytes(&self) -> usize {
        let queue = allocated(self.queue.capacity() * size_of::<Event>());
        queue + self.queue.len() * ALLOCATION_BYTES + self.payload_bytes
    }
}

impl Event {
    fn payload_bytes(&self) -> usize {
        match self {
            Self::Configuration(..) => 0,
            Self::Frame(frame) => frame.payload.len(),
        }
    }
}

pub(super) enum ElementaryStream {
    Audio(AudioStream),
    Video(Box<VideoStream>),
}

impl ElementaryStream {
    /// Makes a stream whose first frames have that configuration, if it is known already.
    pub(super) fn new(
        track: TrackId,
        codec: StreamCodec,
        configuration: Option<CodecConfiguration>,
    ) -> Self {
        let audio =
            |is_adts, configuration| Self::Audio(AudioStream::new(track, is_adts, configuration));
        let video = |syntax, configuration| {
            Self::Video(Box::new(VideoStream::new(track, syntax, configuration)))
        };
        match codec {
            StreamCodec::Aac => audio(true, configuration),
            StreamCodec::MpegAudio => audio(false, configuration),
            StreamCodec::H264 => video(VideoSyntax::H264, configuration),
            StreamCodec::Hevc => video(VideoSyntax::Hevc, configuration),
        }
    }

    /// Returns how the next frames are coded, as far as it is known.
    pub(super) fn configuration(&self) -> Option<&CodecConfiguration> {
        match self {
            Self::Audio(stream) => stream.configuration(),
            Self::Video(stream) => stream.configuration(),
        }
    }

    /// Returns the usual duration of a frame, in ticks.
    pub(super) fn frame_duration(&self) -> i64 {
        match self {
            // This is about a frame of AAC.
            Self::Audio(_) => i64::from(TIMESCALE) * 1024 / 48_000,
            Self::Video(stream) => stream.frame_duration(),
        }
    }

    /// Begins a PES packet. Its payload follows by [`Self::push`].
    pub(super) fn begin(&mut self, start: PacketStart) {
        match self {
            Self::Audio(stream) => stream.begin(start.times.map(|times| times.presentation)),
            Self::Video(stream) => stream.begin(start),
        }
    }

    /// Adds a part of the payload of a PES packet. The error says what is wrong.
    pub(super) fn push(&mut self, payload: &[u8], events: &mut Events) -> Result<(), &'static str> {
        match self {
            Self::Audio(stream) => stream.push(payload, events),
            Self::Video(stream) => stream.push(payload, events),
        }
    }

    /// Handles that bytes were lost. What was begun will not go on.
    pub(super) fn interrupt(&mut self) {
        match self {
            Self::Audio(stream) => stream.interrupt(),
            Self::Video(stream) => stream.interrupt(),
        }
    }

    /// Ends the current access unit, which is complete. The next bytes do not continue it.
    pub(super) fn end_access_unit(&mut self, events: &mut Events) -> Result<(), &'static str> {
        match self {
            Self::Audio(stream) => {
                stream.interrupt();
                Ok(())
            }
            Self::Video(stream) => stream.end_access_unit(events),
        }
    }

    /// Ends the stream: nothing will come any more.
    pub(super) fn finish(&mut self, events: &mut Events) -> Result<(), &'static str> {
        self.end_access_unit(events)?;
        if let Self::Video(stream) = self {
            stream.finish(events);
        }
        Ok(())
    }

    /// Returns the memory in bytes that this takes.
    pub(super) fn held_bytes(&self) -> usize {
        match self {
            Self::Audio(stream) => stream.held_bytes(),
            Self::Video(stream) => stream.held_bytes(),
        }
    }
}
