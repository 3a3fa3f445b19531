/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! An elementary stream: what the PES packets of one PID carry.

use std::collections::VecDeque;

use super::audio::AudioStream;
use super::sections::StreamCodec;
use super::timeline::{TIMESCALE, Times};
use super::video::{VideoStream, VideoSyntax};
use crate::frame::CodedFrame;
use crate::memory::{ALLOCATION_BYTES, allocated, growth};
use crate::track::{CodecConfiguration, TrackId};

/// What is known of the first access unit that begins in a PES packet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PacketStart {
    /// `None` if the packet does not say it.
    pub(super) times: Option<Times>,
    /// Whether the transport packet in which it begins is marked so.
    pub(super) is_random_access_point: bool,
}

/// What was found in elementary streams.
pub(super) enum Event {
    /// The frames of the track after it are coded so.
    Configuration(TrackId, CodecConfiguration),
    Frame(CodedFrame),
}

/// What was found and is not out yet, in order.
#[derive(Default)]
pub(super) struct Events {
    queue: VecDeque<Event>,
    /// Bytes of the frames among them.
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

    /// The first one, if it is of that kind.
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

    /// The memory that they take, with an allocation for each payload.
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
    /// A stream at whose start the frames are coded as given, if that is known already.
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

    /// How the next frames are coded, as far as it is known.
    pub(super) fn configuration(&self) -> Option<&CodecConfiguration> {
        match self {
            Self::Audio(stream) => stream.configuration(),
            Self::Video(stream) => stream.configuration(),
        }
    }

    /// How long its frames usually are, in ticks.
    pub(super) fn frame_duration(&self) -> i64 {
        match self {
            // About a frame of AAC.
            Self::Audio(_) => i64::from(TIMESCALE) * 1024 / 48_000,
            Self::Video(stream) => stream.frame_duration(),
        }
    }

    /// A PES packet begins. What it carries follows by [`Self::push`].
    pub(super) fn begin(&mut self, start: PacketStart) {
        match self {
            Self::Audio(stream) => stream.begin(start.times.map(|times| times.presentation)),
            Self::Video(stream) => stream.begin(start),
        }
    }

    /// Adds some of what a PES packet carries. The error is its cause.
    pub(super) fn push(&mut self, payload: &[u8], events: &mut Events) -> Result<(), &'static str> {
        match self {
            Self::Audio(stream) => stream.push(payload, events),
            Self::Video(stream) => stream.push(payload, events),
        }
    }

    /// What was begun will not go on: bytes were lost.
    pub(super) fn interrupt(&mut self) {
        match self {
            Self::Audio(stream) => stream.interrupt(),
            Self::Video(stream) => stream.interrupt(),
        }
    }

    /// What comes next does not continue what there was, of which nothing is missing.
    pub(super) fn end_access_unit(&mut self, events: &mut Events) -> Result<(), &'static str> {
        match self {
            Self::Audio(stream) => {
                stream.interrupt();
                Ok(())
            }
            Self::Video(stream) => stream.end_access_unit(events),
        }
    }

    /// Nothing will come after what there was.
    pub(super) fn finish(&mut self, events: &mut Events) -> Result<(), &'static str> {
        self.end_access_unit(events)?;
        if let Self::Video(stream) = self {
            stream.finish(events);
        }
        Ok(())
    }

    /// The memory that it takes.
    pub(super) fn held_bytes(&self) -> usize {
        match self {
            Self::Audio(stream) => stream.held_bytes(),
            Self::Video(stream) => stream.held_bytes(),
        }
    }
}
