/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Audio that is decoded and not to be heard: encoder delay and padding, the parts that an append
//! window or a splice cuts off, and frames that are decoded ahead so that a decoder settles.
//!
//! Some decoders honour GStreamer's metadata for this, some do not. So it is cut out of the output of
//! every decoder, whose buffers have the times of the frames that they come from.

use std::collections::VecDeque;
use std::sync::Arc;

use gstreamer::prelude::*;
use gstreamer::{Buffer, ClockTime, EventView, Pad, PadProbeData, PadProbeReturn, PadProbeType};
use gstreamer_audio::{AudioInfo, AudioMeta, audio_buffer_truncate};
use parking_lot::Mutex;
use track_buffer::read::ReadFrame;
use track_buffer::time::{PresentationTime, TimeDelta};

use crate::timeline;

/// How far times may be rounded. Those of WebM are whole milliseconds.
const TOLERANCE: ClockTime = ClockTime::from_mseconds(1);

/// The cuts of the audio frames under way, in decode order.
#[derive(Clone, Default)]
pub(crate) struct Clipping(Arc<Mutex<VecDeque<Cut>>>);

/// The part of a decoded audio frame that is to be heard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    /// When the decoded audio starts.
    start: ClockTime,
    /// When the decoded audio ends, as far as the byte stream says.
    end: ClockTime,
    /// How much is cut off at the start.
    discard_start: ClockTime,
    /// How much is cut off at the end.
    discard_end: ClockTime,
}

impl Cut {
    /// Returns the cut that `frame` itself asks for.
    pub(crate) fn of_frame(frame: &ReadFrame) -> Self {
        let start = frame.start.offset_by(-frame.discard_start);
        Self {
            start: timeline::to_clock_time(start),
            end: timeline::to_clock_time(frame.end.offset_by(frame.discard_end)),
            discard_start: to_length(frame.discard_start),
            discard_end: to_length(frame.discard_end),
        }
    }

    /// Returns a cut of all audio between `start` and `end`.
    pub(crate) fn whole(start: PresentationTime, end: PresentationTime) -> Self {
        let length = to_length(end.since(start));
        Self {
            start: timeline::to_clock_time(start),
            end: timeline::to_clock_time(end),
            discard_start: length,
            discard_end: ClockTime::ZERO,
        }
    }

    /// Returns when the decoded audio starts.
    pub(crate) fn start(&self) -> ClockTime {
        self.start
    }

    /// Returns how long the decoded audio is.
    pub(crate) fn duration(&self) -> ClockTime {
        self.end.saturating_sub(self.start)
    }

    /// Returns how much to cut off at the start of a buffer with audio of this frame. The part before
    /// the target of a seek was cut off already.
    fn length_at_start(&self, start: ClockTime) -> ClockTime {
        match self.discard_start {
            ClockTime::ZERO => ClockTime::ZERO,
            discard => (self.start + discard).saturating_sub(start),
        }
    }

    /// Returns how much to cut off at the end of a buffer with audio of this frame, which ends at `end`.
    /// `next` is the cut of the frame after it, if that is known.
    fn length_at_end(&self, end: ClockTime, next: Option<&Self>) -> ClockTime {
        match end {
            _ if self.discard_end == ClockTime::ZERO => {
                next.map_or(ClockTime::ZERO, |next| self.overlap(end, next))
            }
            // The exact length is used rather than times, which may be rounded.
            end if end > self.end + TOLERANCE => end - self.end + self.discard_end,
            end if end + TOLERANCE >= self.end => self.discard_end,
            // The audio of the frame comes in several buffers.
            end => end.saturating_sub(self.end.saturating_sub(self.discard_end)),
        }
    }

    /// Returns how much of a buffer that ends at `end` gives way to the next frame.
    ///
    /// The duration of a frame in a byte stream may be shorter than its audio, or zero. That alone is no
    /// reason to cut. Where one frame after the other is too short, their times are wrong, too.
    fn overlap(&self, end: ClockTime, next: &Self) -> ClockTime {
        let start_of_next = next.start + next.discard_start;
        let overlap = end.saturating_sub(start_of_next);
        let adjoin = start_of_next <= self.end + TOLERANCE;
        let are_too_short = adjoin && next.duration() <= self.duration() + TOLERANCE;
        if overlap <= TOLERANCE || are_too_short {
            ClockTime::ZERO
        } else {
            overlap
        }
    }
}

impl Clipping {
    /// Makes the cuts in the output of `pad`, which is that of a decoder.
    pub(crate) fn install(&self, pad: &Pad) {
        let clipping = self.clone();
        let info = Mutex::new(None);
        let kinds = PadProbeType::BUFFER | PadProbeType::EVENT_DOWNSTREAM;
        pad.add_probe(kinds, move |_, probe| {
            match &mut probe.data {
                Some(PadProbeData::Event(event)) => {
                    if let EventView::Caps(event) = event.view() {
                        *info.lock() = AudioInfo::from_caps(&event.caps_owned()).ok();
                    }
                }
                Some(PadProbeData::Buffer(buffer)) => {
                    let Some(info) = &*info.lock() else {
                        return PadProbeReturn::Ok;
                    };
                    let whole = std::mem::take(buffer);
                    match clipping.clip(whole, info) {
                        Some(heard) => *buffer = heard,
                        None => return PadProbeReturn::Handled,
                    }
                }
                _ => {}
            }
            PadProbeReturn::Ok
        });
    }

    /// Makes `cut` when the decoder outputs that frame.
    pub(crate) fn expect(&self, cut: Cut) {
        self.0.lock().push_back(cut);
    }

    /// Forgets the frames under way.
    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }

    /// Returns the part of `buffer` that is to be heard; `None` if no part is.
    fn clip(&self, buffer: Buffer, info: &AudioInfo) -> Option<Buffer> {
        let (Some(start), Some(duration)) = (buffer.pts(), buffer.duration()) else {
            return Some(buffer);
        };
        let end = start + duration;
        let Some((cut, next)) = self.cut_at(start) else {
            return Some(buffer);
        };
        let at_start = cut.length_at_start(start);
        let at_end = cut.length_at_end(end, next.as_ref());
        if at_start + at_end == ClockTime::ZERO {
            return Some(buffer);
        }
        let (available, rate) = (samples_of(&buffer, info), u64::from(info.rate()));
        let trim = to_samples(at_start, rate).min(available);
        let kept = available - trim - to_samples(at_end, rate).min(available - trim);
        if kept == 0 {
            return None;
        }
        let mut heard = audio_buffer_truncate(buffer, info.bpf(), trim, Some(kept));
        let fields = heard.make_mut();
        fields.set_pts(start + to_time(trim, rate));
        fields.set_duration(to_time(kept, rate));
        Some(heard)
    }

    /// Returns the cut of the frame that audio from `start` on belongs to, and the cut of the frame after
    /// it if that one is under way, too.
    fn cut_at(&self, start: ClockTime) -> Option<(Cut, Option<Cut>)> {
        let mut cuts = self.0.lock();
        let is_past = |next: &Cut| next.start <= start + TOLERANCE;
        while cuts.get(1).is_some_and(is_past) {
            cuts.pop_front();
        }
        let cut = cuts.front().copied().filter(is_past)?;
        Some((cut, cuts.get(1).copied()))
    }
}

fn to_length(delta: TimeDelta) -> ClockTime {
    ClockTime::from_nseconds(u64::try_from(delta.nanoseconds()).unwrap_or(0))
}

/// Returns how many samples of each channel there are.
fn samples_of(buffer: &Buffer, info: &AudioInfo) -> usize {
    match buffer.meta::<AudioMeta>() {
        Some(meta) => meta.samples(),
        None => buffer.size() / (info.bpf() as usize).max(1),
    }
}

/// Converts a length to samples, rounded to the nearest.
fn to_samples(length: ClockTime, rate: u64) -> usize {
    let second = ClockTime::SECOND.nseconds();
    let samples = length.nseconds().mul_div_round(rate, second);
    samples
        .and_then(|samples| usize::try_from(samples).ok())
        .unwrap_or(usize::MAX)
}

fn to_time(samples: usize, rate: u64) -> ClockTime {
    let second = ClockTime::SECOND.nseconds();
    let nanoseconds = (samples as u64).mul_div_round(second, rate);
    nanoseconds.map_or(ClockTime::ZERO, ClockTime::from_nseconds)
}
