/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! An audio stream, whose frames lie in PES packets one after the other, and across their ends.

use bytes::Bytes;

use super::events::{Event, Events};
use super::marks::Marks;
use super::timeline::TIMESCALE;
use crate::frame::CodedFrame;
use crate::memory::allocated;
use crate::mpeg_audio::{FrameFormat, FrameHeader, FrameStart};
use crate::time::MediaTicks;
use crate::track::{CodecConfiguration, TrackId};

pub(super) struct AudioStream {
    track: TrackId,
    is_adts: bool,
    /// The last configuration that was given.
    configuration: Option<CodecConfiguration>,
    format: Option<FrameFormat>,
    /// The bytes that are not a whole frame yet.
    bytes: Vec<u8>,
    /// The length of `bytes` from which there is something to do.
    wanted: usize,
    /// Whether `bytes` come after bytes that were no frame.
    is_lost: bool,
    /// The times of the frames that are the first ones to begin in their PES packets.
    times: Marks<i64>,
    clock: Clock,
}

/// Says when the next frame starts. It counts samples, so that frames follow each other without a
/// gap though timestamps are rounded.
#[derive(Clone, Copy, Default)]
struct Clock {
    /// The time of the last second, in ticks. It is `None` until there was a timestamp.
    ticks: Option<i64>,
    /// The number of samples since `ticks`, which is less than a second of them.
    samples: u32,
}

impl AudioStream {
    pub(super) fn new(
        track: TrackId,
        is_adts: bool,
        configuration: Option<CodecConfiguration>,
    ) -> Self {
        Self {
            track,
            is_adts,
            configuration,
            format: None,
            bytes: Vec::new(),
            wanted: 0,
            is_lost: false,
            times: Marks::default(),
            clock: Clock::default(),
        }
    }

    pub(super) fn configuration(&self) -> Option<&CodecConfiguration> {
        self.configuration.as_ref()
    }

    /// Returns the memory in bytes that this takes.
    pub(super) fn held_bytes(&self) -> usize {
        allocated(self.bytes.capacity()) + self.times.held_bytes()
    }

    /// Handles that bytes were lost. The time of what follows is not known before there is a
    /// timestamp.
    pub(super) fn interrupt(&mut self) {
        self.bytes.clear();
        self.wanted = 0;
        self.is_lost = false;
        self.times.clear();
        self.clock.ticks = None;
    }

    /// Begins a PES packet with that timestamp. Without one, its frames follow the ones before
    /// them.
    pub(super) fn begin(&mut self, time: Option<i64>) {
        if let Some(time) = time {
            // The first byte begins a frame that is not complete.
            self.times.add(self.bytes.len(), 1, time);
        }
    }

    /// Adds bytes of a PES packet, and gives the frames that they complete. The error says what is
    /// wrong.
    pub(super) fn push(&mut self, payload: &[u8], events: &mut Events) -> Result<(), &'static str> {
        self.bytes.extend_from_slice(payload);
        if self.bytes.len() < self.wanted {
            return Ok(());
        }
        let bytes = std::mem::take(&mut self.bytes);
        let result = self.read_frames(&bytes, events);
        self.bytes = bytes;
        let used = result?;
        self.bytes.drain(..used);
        self.times.advance(used);
        Ok(())
    }

    /// Reads frames, and returns how many bytes are used.
    fn read_frames(&mut self, bytes: &[u8], events: &mut Events) -> Result<usize, &'static str> {
        let mut position = 0;
        self.wanted = 0;
        while let Some((header, frame)) = self.find_frame(bytes, &mut position)? {
            self.set_format(header.format, events);
            if let Some(time) = self.times.take(position) {
                self.clock.set(time, &header);
            }
            let payload = Bytes::copy_from_slice(&frame[header.stripped..]);
            if let Some(frame) = self.coded_frame(&header, payload) {
                events.push(Event::Frame(frame));
            }
            position += header.size;
        }
        Ok(position)
    }

    /// Finds the next frame and sets `position` to its place. It is `None` if the bytes end before
    /// the frame does. Bytes between frames are skipped; behind them only a header that another one
    /// follows counts as a frame.
    fn find_frame<'a>(
        &mut self,
        bytes: &'a [u8],
        position: &mut usize,
    ) -> Result<Option<(FrameHeader, &'a [u8])>, &'static str> {
        loop {
            let rest = &bytes[*position..];
            match FrameStart::read(rest) {
                FrameStart::Short => return Ok(None),
                FrameStart::Header(header) if header.format.is_adts() == self.is_adts => {
                    let Some((frame, next)) = rest.split_at_checked(header.size) else {
                        self.wanted = header.size;
                        return Ok(None);
                    };
                    match FrameStart::read(next) {
                        FrameStart::Short if self.is_lost => {
                            self.wanted = header.size + next.len() + 1;
                            return Ok(None);
                        }
                        FrameStart::None | FrameStart::Unsupported(_) if self.is_lost => {}
                        _ => {
                            self.is_lost = false;
                            return Ok(Some((header, frame)));
                        }
                    }
                }
                FrameStart::Unsupported(cause) if !self.is_lost && self.configuration.is_none() => {
                    return Err(cause);
                }
                _ => {}
            }
            self.is_lost = true;
            *position += 1;
        }
    }

    fn set_format(&mut self, format: FrameFormat, events: &mut Events) {
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
            events.push(Event::Configuration(self.track, configuration));
        }
    }

    /// Makes a coded frame. It is `None` if the time is not known, because the packet in which the
    /// frame began is lost.
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
    /// Returns the time in ticks after so many more samples.
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

    /// Sets the time of the next frame by a timestamp. A difference of less than half a frame is
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
