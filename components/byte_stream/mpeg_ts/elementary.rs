/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! An elementary stream: what the PES packets of one PID carry.

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
