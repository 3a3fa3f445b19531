/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Video frames whose durations or times are not known yet. Of several access units in a PES
//! packet, only the first one has times. The others share the time until the next timestamp, and
//! are shown in the order that they state themselves.

use super::events::{Event, Events};
use super::picture_order::Place;
use super::timeline::{TIMESCALE, Times};
use crate::frame::CodedFrame;
use crate::memory::{ALLOCATION_BYTES, allocated};
use crate::time::MediaTicks;
use crate::track::{CodecConfiguration, TrackId};

/// The duration in ticks that a frame before any other is given: 25 frames per second.
const LONE_FRAME: i64 = TIMESCALE as i64 / 25;

/// The longest duration of a frame, in ticks. There is a timestamp at least every 0.7 s (ISO/IEC
/// 13818-1, 2.7.4), so a larger distance is the end of what was appended together.
const LONGEST_FRAME: i64 = TIMESCALE as i64;

/// The largest number of frames that wait for the next timestamp.
const MOST_FRAMES: usize = 1024;

/// A frame that waits for its duration or times.
struct HeldFrame {
    /// The configuration, if this frame and those after it are coded in another way than those
    /// before it.
    configuration: Option<CodecConfiguration>,
    /// The frame. It has the times of the first frame that waits until its own are known.
    frame: CodedFrame,
    /// The place in decode order and in the order of output.
    place: Place,
}

/// A frame with times, and those after it that have none of their own.
pub(super) struct HeldFrames {
    track: TrackId,
    frames: Vec<HeldFrame>,
    /// The configuration of the next frame, if it is another one than that of the last frame.
    configuration: Option<CodecConfiguration>,
    /// The number of bytes of the frames that wait.
    payload_bytes: usize,
    /// The last duration that was measured, in ticks. Before that it is a guess.
    estimate: i64,
    /// By how much the picture order count rises from one frame to the next: 2 in most streams of
    /// H.264, which count fields.
    count_of_frame: i64,
}

impl HeldFrames {
    pub(super) fn new(track: TrackId, count_of_frame: i64) -> Self {
        Self {
            track,
            frames: Vec::new(),
            configuration: None,
            payload_bytes: 0,
            estimate: LONE_FRAME,
            count_of_frame,
        }
    }

    /// Sets the configuration of the frames that are added from now on.
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

    /// Returns the usual duration of a frame, in ticks.
    pub(super) fn frame_duration(&self) -> i64 {
        self.estimate
    }

    /// Returns the memory in bytes that the frames take.
    pub(super) fn held_bytes(&self) -> usize {
        let frames = allocated(self.frames.capacity() * size_of::<HeldFrame>());
        frames + self.frames.len() * ALLOCATION_BYTES + self.payload_bytes
    }

    /// Adds a frame, with its times if they are stated, and its place in the orders. Without times
    /// it follows the frames before it, or is dropped if there are none.
    pub(super) fn add(
        &mut self,
        times: Option<Times>,
        mut frame: CodedFrame,
        place: Place,
        events: &mut Events,
    ) {
        if place.count.is_some_and(|count| count % 2 != 0) {
            self.count_of_frame = 1;
        }
        let is_waiting = self.frames.len() < MOST_FRAMES;
        let times = match (times, self.frames.is_empty()) {
            (None, true) => return,
            (None, false) if is_waiting => None,
            (None, false) => Some(self.next_times(place)),
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
            place,
        });
    }

    /// Returns the times of a frame that follows the ones that wait.
    fn next_times(&self, place: Place) -> Times {
        let first = &self.frames[0];
        let (presentation, decode) = (first.frame.presentation.0, first.frame.decode.0);
        let passed = self.frames.len() as i64 * self.estimate;
        let later = place.frames_later(first.place, self.count_of_frame) * self.estimate;
        Times {
            presentation: presentation + passed + later,
            decode: decode + passed,
        }
    }

    /// Gives the frames that wait. The next frame is decoded at `next`, which is `None` if none
    /// comes.
    pub(super) fn release(&mut self, next: Option<i64>, events: &mut Events) {
        let Some(first) = self.frames.first() else {
            return;
        };
        let count = self.frames.len() as i64;
        let (presentation, decode) = (first.frame.presentation.0, first.frame.decode.0);
        let (first, count_of_frame) = (first.place, self.count_of_frame);
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
                place,
            } = held;
            if let Some(configuration) = configuration {
                events.push(Event::Configuration(self.track, configuration));
            }
            let start = index * passed / count;
            let later = place.frames_later(first, count_of_frame) * passed / count;
            frame.presentation = MediaTicks(presentation + start + later);
            frame.decode = MediaTicks(decode + start);
            frame.duration = MediaTicks((index + 1) * passed / count - start);
            frame.duration_is_estimated = measured.is_none();
            events.push(Event::Frame(frame));
        }
        self.payload_bytes = 0;
    }

    /// Gives all frames that wait, because no further frame comes.
    pub(super) fn finish(&mut self, events: &mut Events) {
        self.release(None, events);
        if let Some(configuration) = self.configuration.take() {
            events.push(Event::Configuration(self.track, configuration));
        }
    }
}
