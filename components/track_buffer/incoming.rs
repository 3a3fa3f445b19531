/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A frame on its way into a track buffer.

use std::mem;

use byte_stream::frame::{self, CodedFrame};
use byte_stream::time::{MediaTicks, Timescale};
use byte_stream::track::Medium;

use crate::frame_run::StoredFrame;
use crate::gap_policy;
use crate::group::FrameDetails;
use crate::time::{DecodeTime, PresentationTime, TimeDelta};

/// The times of a frame, in nanoseconds.
pub(crate) struct FrameTimes {
    pub(crate) start: PresentationTime,
    pub(crate) end: PresentationTime,
    pub(crate) decode: DecodeTime,
}

impl FrameTimes {
    /// Runs steps 1.1 and 1.2: the times are those of the byte stream, or, if the `[[generate
    /// timestamps flag]]` equals true, they start at zero.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-processing>
    pub(crate) fn new(
        timescale: Timescale,
        frame: &CodedFrame,
        generates_timestamps: bool,
    ) -> Self {
        let (presentation, decode) = if generates_timestamps {
            (MediaTicks(0), MediaTicks(0))
        } else {
            (frame.presentation, frame.decode)
        };
        let start = timescale.to_nanoseconds(presentation);
        let end = MediaTicks(presentation.0.saturating_add(frame.duration.0));
        let decode = if decode == presentation {
            start
        } else {
            timescale.to_nanoseconds(decode)
        };
        Self {
            start: PresentationTime::from_nanoseconds(start),
            end: PresentationTime::from_nanoseconds(timescale.to_nanoseconds(end)),
            decode: DecodeTime::from_nanoseconds(decode),
        }
    }
}

/// A frame on its way into a track buffer. The audible part of an audio frame is what is stored;
/// the rest that it decodes to lies before and after.
pub(crate) struct IncomingFrame {
    pub(crate) stored: StoredFrame,
    pub(crate) details: FrameDetails,
    pub(crate) is_random_access_point: bool,
    pub(crate) duration_is_estimated: bool,
    /// The duration with everything that is discarded at the start, which makes no discontinuity.
    pub(crate) duration: TimeDelta,
    /// How much time before the start counts as buffered with the frame: its own discarded audio,
    /// or time that other tracks cover.
    pub(crate) covered: TimeDelta,
}

impl IncomingFrame {
    /// Prepares a frame to be stored, and takes its payload.
    // A call would copy what it returns.
    #[inline]
    pub(crate) fn new(
        times: &FrameTimes,
        timescale: Timescale,
        frame: &mut CodedFrame,
        medium: Medium,
    ) -> Self {
        let mut incoming = Self {
            stored: StoredFrame {
                start: times.start,
                end: times.end,
                decode: times.decode,
                payload: mem::take(&mut frame.payload),
            },
            details: FrameDetails::default(),
            is_random_access_point: frame.is_random_access_point || medium.frames_are_independent(),
            duration_is_estimated: frame.duration_is_estimated,
            duration: times.end.since(times.start),
            covered: TimeDelta::ZERO,
        };
        if medium == Medium::Audio
            && let Some(details) = &frame.details
        {
            incoming.discard(timescale, details, frame.duration);
        }
        incoming
    }

    /// Takes the audio that the byte stream discards out of what is stored.
    fn discard(
        &mut self,
        timescale: Timescale,
        details: &frame::FrameDetails,
        duration: MediaTicks,
    ) {
        let delta = |ticks| TimeDelta::from_nanoseconds(timescale.to_nanoseconds(ticks));
        let is_cut = details.discard_start.0 > 0 || details.discard_end.0 > 0;
        if is_cut && details.discard_start >= duration {
            self.cut_start(self.duration);
        } else {
            self.cut_start(delta(details.discard_start).clamp(TimeDelta::ZERO, self.duration));
        }
        self.details.discard_end = delta(details.discard_end).max(TimeDelta::ZERO);
    }

    /// Whether any part of the frame is audible.
    pub(crate) fn is_heard(&self) -> bool {
        self.stored.start < self.stored.end
    }

    /// Returns when the audio that the frame decodes to would start.
    pub(crate) fn decoded_start(&self) -> PresentationTime {
        let before = -self.details.discard_start;
        self.stored.start.offset_by(before)
    }

    /// Returns how long the audio is that the frame decodes to.
    pub(crate) fn decoded_duration(&self) -> TimeDelta {
        let end = self.stored.end.offset_by(self.details.discard_end);
        end.since(self.decoded_start())
    }

    /// Discards the first part of the frame.
    pub(crate) fn cut_start(&mut self, distance: TimeDelta) {
        let (stored, details) = (&mut self.stored, &mut self.details);
        stored.start = stored.start.offset_by(distance);
        stored.decode = stored.decode.offset_by(distance);
        details.discard_start = details.discard_start.plus(distance);
    }

    /// Discards the last part of the frame.
    pub(crate) fn cut_end(&mut self, distance: TimeDelta) {
        self.stored.end = self.stored.end.offset_by(-distance);
        self.details.discard_end = self.details.discard_end.plus(distance);
    }

    /// Lets the frame count as buffered from `time` on, which is not later than its start, if that
    /// is near.
    pub(crate) fn cover_from(&mut self, time: PresentationTime) {
        let distance = self.stored.start.since(time);
        if distance <= gap_policy::COVERED {
            self.covered = distance;
        }
    }
}
