/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! When captured media are in a recording.

use std::collections::VecDeque;

use gstreamer::ClockTime;

/// The spans of time that are recorded, of which one follows the other in the recording.
#[derive(Default)]
pub(super) struct Timeline {
    /// The newest ones, the oldest first. Media of older ones do not come any more.
    spans: VecDeque<Span>,
    is_paused: bool,
}

struct Span {
    start: ClockTime,
    /// `None` if it goes on.
    end: Option<ClockTime>,
    /// Where it begins in the recording.
    offset: ClockTime,
}

/// How many spans are kept.
const KEPT: usize = 8;

impl Timeline {
    /// Whether there is a first frame, with which the recording begins.
    pub(super) fn has_begun(&self) -> bool {
        !self.spans.is_empty()
    }

    /// Lets the recording begin with a frame of that time, unless it has begun or is paused.
    pub(super) fn begin(&mut self, time: ClockTime) {
        if !self.is_paused && !self.has_begun() {
            self.add(time, ClockTime::ZERO);
        }
    }

    /// Ends the span, so that media that are captured from that time on are not recorded.
    pub(super) fn pause(&mut self, time: ClockTime) {
        self.is_paused = true;
        if let Some(span) = self.spans.back_mut().filter(|span| span.end.is_none()) {
            span.end = Some(time.max(span.start));
        }
    }

    /// Begins another span.
    pub(super) fn resume(&mut self, time: ClockTime) {
        self.is_paused = false;
        if self.has_begun() {
            let offset = self.length_at(time);
            self.add(time, offset);
        }
    }

    /// Ends the recording. One that has not begun does so at that moment, since a file has no tracks without media.
    pub(super) fn end(&mut self, time: ClockTime) {
        if !self.has_begun() {
            self.add(time, ClockTime::ZERO);
        }
        self.pause(time);
    }

    /// Returns the time in the recording of a frame that was captured at `time`; `None` if it is not recorded.
    pub(super) fn place(&self, time: ClockTime) -> Option<ClockTime> {
        let mut spans = self.spans.iter().rev();
        let is_in = |span: &&Span| span.start <= time && span.end.is_none_or(|end| time < end);
        let span = spans.find(is_in)?;
        Some(span.offset + (time - span.start))
    }

    /// Returns how long the recording is at `time`.
    pub(super) fn length_at(&self, time: ClockTime) -> ClockTime {
        let mut spans = self.spans.iter().rev();
        let span = spans.find(|span| span.start <= time);
        span.map_or(ClockTime::ZERO, |span| {
            span.offset + (span.end.map_or(time, |end| end.min(time)) - span.start)
        })
    }

    fn add(&mut self, start: ClockTime, offset: ClockTime) {
        self.spans.push_back(Span {
            start,
            end: None,
            offset,
        });
        if self.spans.len() > KEPT {
            self.spans.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: u64) -> ClockTime {
        ClockTime::from_mseconds(milliseconds)
    }

    #[test]
    fn a_pause_leaves_no_gap() {
        let mut timeline = Timeline::default();
        assert_eq!(timeline.place(ms(5)), None);
        timeline.begin(ms(100));
        timeline.begin(ms(150));
        assert_eq!(timeline.place(ms(90)), None);
        assert_eq!(timeline.place(ms(130)), Some(ms(30)));
        timeline.pause(ms(200));
        // A frame that was captured before the pause may come in it.
        assert_eq!(timeline.place(ms(199)), Some(ms(99)));
        assert_eq!(timeline.place(ms(200)), None);
        assert_eq!(timeline.length_at(ms(1_000)), ms(100));
        timeline.resume(ms(1_000));
        assert_eq!(timeline.place(ms(999)), None);
        assert_eq!(timeline.place(ms(1_000)), Some(ms(100)));
        assert_eq!(timeline.length_at(ms(1_020)), ms(120));
        assert_eq!(timeline.length_at(ms(150)), ms(50));
    }

    #[test]
    fn what_is_paused_does_not_begin() {
        let mut timeline = Timeline::default();
        timeline.pause(ms(10));
        timeline.begin(ms(20));
        assert!(!timeline.has_begun());
        timeline.resume(ms(30));
        timeline.begin(ms(40));
        assert_eq!(timeline.place(ms(50)), Some(ms(10)));
    }

    #[test]
    fn what_ends_has_begun() {
        let mut timeline = Timeline::default();
        timeline.pause(ms(10));
        timeline.end(ms(20));
        assert!(timeline.has_begun());
        assert_eq!(timeline.length_at(ms(30)), ms(0));
        assert_eq!(timeline.place(ms(20)), None);
    }

    #[test]
    fn many_pauses_take_no_memory() {
        let mut timeline = Timeline::default();
        timeline.begin(ms(0));
        for number in 0..1_000 {
            timeline.pause(ms(number * 10 + 5));
            timeline.resume(ms(number * 10 + 10));
        }
        assert_eq!(timeline.length_at(ms(10_000)), ms(5_000));
        assert!(timeline.spans.len() <= KEPT);
    }
}
