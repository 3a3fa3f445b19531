/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A frame on its way into a track buffer.

use byte_stream::frame::{self, CodedFrame};
use byte_stream::time::{MediaTicks, Timescale};
use byte_stream::track::Medium;

use crate::frame_run::StoredFrame;
use crate::gap_policy;
use crate::group::FrameDetails;
use crate::time::{DecodeTime, PresentationTime, TimeDelta};

/// A frame's times in nanoseconds.
pub(crate) struct FrameTimes {
    pub(crate) start: PresentationTime,
    pub(crate) end: PresentationTime,
    pub(crate) decode: DecodeTime,
}

impl FrameTimes {
    /// Steps 1.1 and 1.2: as the byte stream has them, or, if the `[[generate timestamps flag]]`
    /// equals true, from zero on.
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

/// A frame on its way into a track buffer. What is stored of sound is what is heard; the rest of
/// what its decoding gives lies before and after.
pub(crate) struct IncomingFrame {
    pub(crate) stored: StoredFrame,
    pub(crate) details: FrameDetails,
    pub(crate) is_random_access_point: bool,
    pub(crate) duration_is_estimated: bool,
    /// With all that is not heard at its start, which makes no discontinuity.
    pub(crate) duration: TimeDelta,
    /// How much time before its start counts as buffered with it: sound of its own that is not heard,
    /// or what other tracks cover.
    pub(crate) covered: TimeDelta,
}

impl IncomingFrame {
    pub(crate) fn new(
        times: &FrameTimes,
        timescale: Timescale,
        frame: CodedFrame,
        medium: Medium,
    ) -> Self {
        let mut incoming = Self {
            stored: StoredFrame {
                start: times.start,
                end: times.end,
                decode: times.decode,
                payload: frame.payload,
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

    /// Takes what the byte stream says that is not to be heard out of what is stored.
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

    /// Returns whether any part of the frame is heard.
    pub(crate) fn is_heard(&self) -> bool {
        self.stored.start < self.stored.end
    }

    /// Returns when the decoded audio would start.
    pub(crate) fn decoded_start(&self) -> PresentationTime {
        let before = -self.details.discard_start;
        self.stored.start.offset_by(before)
    }

    /// Returns how long the decoded audio is.
    pub(crate) fn decoded_duration(&self) -> TimeDelta {
        let end = self.stored.end.offset_by(self.details.discard_end);
        end.since(self.decoded_start())
    }

    /// Cuts the first part of the frame off.
    pub(crate) fn cut_start(&mut self, distance: TimeDelta) {
        let (stored, details) = (&mut self.stored, &mut self.details);
        stored.start = stored.start.offset_by(distance);
        stored.decode = stored.decode.offset_by(distance);
        details.discard_start = details.discard_start.plus(distance);
    }

    /// Cuts the last part of the frame off.
    pub(crate) fn cut_end(&mut self, distance: TimeDelta) {
        self.stored.end = self.stored.end.offset_by(-distance);
        self.details.discard_end = self.details.discard_end.plus(distance);
    }

    /// Counts as buffered from `time` on, which is not later than it starts, if that is near.
    pub(crate) fn cover_from(&mut self, time: PresentationTime) {
        let distance = self.stored.start.since(time);
        if distance <= gap_policy::COVERED {
            self.covered = distance;
        }
    }
}
