/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Pictures whose durations are not known yet, or whose times: of several access units in a PES
//! packet, only the first one's are said. The others share what is left until the next ones.

use super::elementary::{Event, Events};
use super::timeline::{TIMESCALE, Times};
use crate::frame::CodedFrame;
use crate::memory::{ALLOCATION_BYTES, allocated};
use crate::time::MediaTicks;
use crate::track::{CodecConfiguration, TrackId};

/// What to believe of a picture before any other: 25 a second.
const LONE_FRAME: i64 = TIMESCALE as i64 / 25;

/// There is a timestamp at least every 0.7 s (ISO/IEC 13818-1, 2.7.4). A larger distance is the
/// end of what was appended together.
const LONGEST_FRAME: i64 = TIMESCALE as i64;

/// So many pictures without times are not waited for the next time with.
const MOST_FRAMES: usize = 1024;

/// A frame that waits.
struct HeldFrame {
    /// If it and those after it are coded in another way than those before it.
    configuration: Option<CodecConfiguration>,
    /// Its times are those of the first one that waits until they are known.
    frame: CodedFrame,
    /// How many frames later it is shown than decoded, but for a number that all frames share.
    delay: i64,
}

/// A frame with times, and those after it that have none of their own.
pub(super) struct HeldFrames {
    track: TrackId,
    frames: Vec<HeldFrame>,
    /// The one of the next frame, if it is another than the last one's.
    configuration: Option<CodecConfiguration>,
    /// Bytes of them.
    payload_bytes: usize,
    /// The last duration that was measured, and before that a guess.
    estimate: i64,
}

impl HeldFrames {
    pub(super) fn new(track: TrackId) -> Self {
        Self {
            track,
            frames: Vec::new(),
            configuration: None,
            payload_bytes: 0,
            estimate: LONE_FRAME,
        }
    }

    /// The frames that are added from now on are coded so.
    pub(super) fn set_configuration(
        &mut self,
        configuration: CodecConfiguration,
        events: &mut Events,
    ) {
        if self.frames.is_empty() {
            events.push(Event::Configuration(self.track, configuration));
        } else {
            self.configuration = Some(configuration);
        }
    }

    /// How long frames usually are, in ticks.
    pub(super) fn frame_duration(&self) -> i64 {
        self.estimate
    }

    /// The memory that they take.
    pub(super) fn held_bytes(&self) -> usize {
        let frames = allocated(self.frames.capacity() * size_of::<HeldFrame>());
        frames + self.frames.len() * ALLOCATION_BYTES + self.payload_bytes
    }

    /// Adds a frame, with its times if they are said. Without, it follows the ones before it, or is
    /// dropped if there is none.
    pub(super) fn add(
        &mut self,
        times: Option<Times>,
        mut frame: CodedFrame,
        delay: i64,
        events: &mut Events,
    ) {
        let is_waiting = self.frames.len() < MOST_FRAMES;
        let times = match (times, self.frames.is_empty()) {
            (None, true) => return,
            (None, false) if is_waiting => None,
            (None, false) => Some(self.next_times(delay)),
            (times, _) => times,
        };
        if let Some(times) = times {
            self.release(Some(times.decode), events);
            frame.presentation = MediaTicks(times.presentation);
            frame.decode = MediaTicks(times.decode);
        }
        self.payload_bytes += frame.payload.len();
        let configuration = self.configuration.take();
        self.frames.push(HeldFrame {
            configuration,
            frame,
            delay,
        });
    }

    /// The times of a frame that follows the ones that wait.
    fn next_times(&self, delay: i64) -> Times {
        let first = &self.frames[0];
        let (presentation, decode) = (first.frame.presentation.0, first.frame.decode.0);
        let passed = self.frames.len() as i64 * self.estimate;
        let later = (delay - first.delay) * self.estimate;
        Times {
            presentation: presentation + passed + later,
            decode: decode + passed,
        }
    }

    /// Gives the frames that wait. The next one is decoded at `next`; `None` if none comes.
    pub(super) fn release(&mut self, next: Option<i64>, events: &mut Events) {
        let Some(first) = self.frames.first() else {
            return;
        };
        let count = self.frames.len() as i64;
        let (presentation, decode) = (first.frame.presentation.0, first.frame.decode.0);
        let first_delay = first.delay;
        let passed = next.map(|next| next - decode);
        let measured = passed.filter(|passed| (count..=count * LONGEST_FRAME).contains(passed));
        let passed = measured.unwrap_or(count * self.estimate);
        if measured.is_some() {
            self.estimate = passed / count;
        }
        for (index, held) in (0..).zip(self.frames.drain(..)) {
            let HeldFrame {
                configuration,
                mut frame,
                delay,
            } = held;
            if let Some(configuration) = configuration {
                events.push(Event::Configuration(self.track, configuration));
            }
            let start = index * passed / count;
            let later = (delay - first_delay) * passed / count;
            frame.presentation = MediaTicks(presentation + start + later);
            frame.decode = MediaTicks(decode + start);
            frame.duration = MediaTicks((index + 1) * passed / count - start);
            frame.duration_is_estimated = measured.is_none();
            events.push(Event::Frame(frame));
        }
        self.payload_bytes = 0;
    }

    /// Gives all that waits, for nothing comes.
    pub(super) fn finish(&mut self, events: &mut Events) {
        self.release(None, events);
        if let Some(configuration) = self.configuration.take() {
            events.push(Event::Configuration(self.track, configuration));
        }
    }
}
