/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A stream of sound: frames that lie in PES packets one after the other, and over their ends.

use std::collections::VecDeque;

use bytes::Bytes;

use super::elementary::{AccessUnits, Event};
use super::timeline::TIMESCALE;
use crate::frame::CodedFrame;
use crate::mpeg_audio::{FrameFormat, FrameHeader, FrameStart};
use crate::time::MediaTicks;
use crate::track::{CodecConfiguration, TrackId};

pub(super) struct AudioStream {
    track: TrackId,
    is_layer_three: bool,
    /// The last one that was given.
    configuration: Option<CodecConfiguration>,
    format: Option<FrameFormat>,
    /// The bytes of a frame that goes on in the next PES packet.
    rest: Vec<u8>,
    clock: Clock,
}

/// When the next frame starts. It goes by the samples, so that frames follow each other without a
/// gap though timestamps are rounded.
#[derive(Clone, Copy, Default)]
struct Clock {
    /// `None` until there was a timestamp.
    ticks: Option<i64>,
    /// Samples since then, less than a second of them.
    samples: u32,
}

impl AudioStream {
    pub(super) fn new(
        track: TrackId,
        is_layer_three: bool,
        configuration: Option<CodecConfiguration>,
    ) -> Self {
        Self {
            track,
            is_layer_three,
            configuration,
            format: None,
            rest: Vec::new(),
            clock: Clock::default(),
        }
    }

    pub(super) fn configuration(&self) -> Option<&CodecConfiguration> {
        self.configuration.as_ref()
    }

    /// Bytes were lost.
    pub(super) fn interrupt(&mut self) {
        self.rest.clear();
    }

    /// Adds the frames of a PES packet. The error is its cause.
    pub(super) fn push(
        &mut self,
        access_units: &AccessUnits,
        events: &mut VecDeque<Event>,
    ) -> Result<(), &'static str> {
        let begun = self.rest.len();
        self.rest.extend_from_slice(access_units.payload);
        let bytes = Bytes::copy_from_slice(&self.rest);
        // The time is the one of the first frame that begins in the packet.
        let mut time = Some(access_units.times.presentation);
        let mut position = 0;
        while let Some(header) = self.find_frame(&bytes, &mut position)? {
            let end = position + header.size;
            if end > bytes.len() {
                break;
            }
            self.set_format(header.format, events);
            if let Some(time) = time.take_if(|_| position >= begun) {
                self.clock.set(time, &header);
            }
            let payload = bytes.slice(position + header.stripped..end);
            events.extend(self.coded_frame(&header, payload).map(Event::Frame));
            position = end;
        }
        self.rest.clear();
        self.rest.extend_from_slice(&bytes[position..]);
        Ok(())
    }

    /// The next header and, in `position`, its place; `None` if the bytes end before it does.
    /// Bytes between frames are passed over.
    fn find_frame(
        &self,
        bytes: &Bytes,
        position: &mut usize,
    ) -> Result<Option<FrameHeader>, &'static str> {
        let is_ours = |header: &FrameHeader| header.format.is_adts() != self.is_layer_three;
        let mut is_lost = false;
        loop {
            match FrameStart::read(&bytes[*position..]) {
                FrameStart::Short => return Ok(None),
                FrameStart::Header(header) if is_ours(&header) => {
                    let next = bytes.get(*position + header.size..).unwrap_or_default();
                    match FrameStart::read(next) {
                        FrameStart::None | FrameStart::Unsupported(_) if is_lost => {}
                        _ => return Ok(Some(header)),
                    }
                }
                FrameStart::Unsupported(cause) if !is_lost && self.configuration.is_none() => {
                    return Err(cause);
                }
                _ => {}
            }
            is_lost = true;
            *position += 1;
        }
    }

    fn set_format(&mut self, format: FrameFormat, events: &mut VecDeque<Event>) {
        if self.format == Some(format) {
            return;
        }
        if let Some(before) = self.format.replace(format) {
            self.clock.ticks = self.clock.now(before.sample_rate, 0);
            self.clock.samples = 0;
        }
        let configuration = CodecConfiguration::Audio(format.configuration());
        if self.configuration.as_ref() != Some(&configuration) {
            self.configuration = Some(configuration.clone());
            events.push_back(Event::Configuration(self.track, configuration));
        }
    }

    /// `None` if its time is not known, because the packet in which it began is not there.
    fn coded_frame(&mut self, header: &FrameHeader, payload: Bytes) -> Option<CodedFrame> {
        let rate = header.format.sample_rate;
        let start = self.clock.now(rate, 0)?;
        let end = self.clock.now(rate, header.samples)?;
        self.clock.advance(header);
        Some(CodedFrame {
            track: self.track,
            presentation: MediaTicks(start),
            decode: MediaTicks(start),
            duration: MediaTicks(end - start),
            duration_is_estimated: false,
            is_random_access_point: true,
            is_discardable: false,
            payload,
            details: None,
        })
    }
}

impl Clock {
    /// The time in ticks after so many more samples.
    fn now(&self, sample_rate: u32, more_samples: u32) -> Option<i64> {
        let samples = u64::from(self.samples) + u64::from(more_samples);
        let rate = u64::from(sample_rate.max(1));
        let passed = (samples * u64::from(TIMESCALE) + rate / 2) / rate;
        Some(self.ticks? + passed as i64)
    }

    fn advance(&mut self, header: &FrameHeader) {
        self.samples += header.samples;
        // A whole second is a whole number of ticks.
        if self.samples >= header.format.sample_rate {
            self.samples -= header.format.sample_rate;
            self.ticks = self.ticks.map(|ticks| ticks + i64::from(TIMESCALE));
        }
    }

    /// A timestamp says when the next frame starts. What it is off by less than half a frame is
    /// taken for rounding.
    fn set(&mut self, time: i64, header: &FrameHeader) {
        let rate = header.format.sample_rate;
        let is_near = match (self.now(rate, 0), self.now(rate, header.samples)) {
            (Some(start), Some(end)) => (time - start).abs() < (end - start) / 2,
            _ => false,
        };
        if !is_near {
            *self = Self {
                ticks: Some(time),
                samples: 0,
            };
        }
    }
}
