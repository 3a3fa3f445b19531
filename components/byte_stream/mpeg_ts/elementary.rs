/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! An elementary stream, which the PES packets of one PID carry.

use super::audio::AudioStream;
use super::events::Events;
use super::sections::StreamCodec;
use super::timeline::{PacketStart, TIMESCALE};
use super::video::VideoStream;
use super::video_syntax::VideoSyntax;
use crate::track::{CodecConfiguration, TrackId};

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
