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
use crate::track::{CodecConfiguration, TrackId};

/// What a PES packet carries.
pub(super) struct AccessUnits<'a> {
    pub(super) times: Times,
    /// Whether the transport packet in which it begins is marked so.
    pub(super) is_random_access_point: bool,
    pub(super) payload: &'a [u8],
}

/// What was found in elementary streams.
pub(super) enum Event {
    /// The frames of the track after it are coded so.
    Configuration(TrackId, CodecConfiguration),
    Frame(CodedFrame),
}

pub(super) enum ElementaryStream {
    Audio(AudioStream),
    Video(VideoStream),
}

impl ElementaryStream {
    /// A stream at whose start the frames are coded as given, if that is known already.
    pub(super) fn new(
        track: TrackId,
        codec: StreamCodec,
        configuration: Option<CodecConfiguration>,
    ) -> Self {
        match codec {
            StreamCodec::Aac => Self::Audio(AudioStream::new(track, false, configuration)),
            StreamCodec::Mp3 => Self::Audio(AudioStream::new(track, true, configuration)),
            StreamCodec::H264 => {
                Self::Video(VideoStream::new(track, VideoSyntax::H264, configuration))
            }
            StreamCodec::Hevc => {
                Self::Video(VideoStream::new(track, VideoSyntax::Hevc, configuration))
            }
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

    /// A PES packet begins. What it carries follows by [`Self::push`], if it is not lost.
    pub(super) fn begin(&mut self, times: Times, events: &mut VecDeque<Event>) {
        if let Self::Video(stream) = self {
            stream.begin(times, events);
        }
    }

    /// Adds what a PES packet carries. The error is its cause.
    pub(super) fn push(
        &mut self,
        access_units: &AccessUnits,
        events: &mut VecDeque<Event>,
    ) -> Result<(), &'static str> {
        match self {
            Self::Audio(stream) => stream.push(access_units, events),
            Self::Video(stream) => stream.push(access_units, events),
        }
    }

    /// Bytes were lost.
    pub(super) fn interrupt(&mut self) {
        if let Self::Audio(stream) = self {
            stream.interrupt();
        }
    }

    /// Nothing will come after what there was.
    pub(super) fn finish(&mut self, events: &mut VecDeque<Event>) {
        match self {
            Self::Audio(stream) => stream.interrupt(),
            Self::Video(stream) => stream.finish(events),
        }
    }
}
