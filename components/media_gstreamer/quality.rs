/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The count of the video frames that were shown, and of those that should have been.

use std::collections::BTreeMap;

use gstreamer::ClockTime;
use media_source::VideoFrameCounter;
use parking_lot::Mutex;

use crate::timeline;
use track_buffer::time::PresentationTime;

/// How far parsers and decoders may round times.
const TOLERANCE: ClockTime = ClockTime::from_useconds(10);

/// The video frames under way from a track to the screen. Whether a decoder skips one or the sink finds
/// it late, a frame is lost if a later one is shown first.
pub(crate) struct Ledger {
    counter: VideoFrameCounter,
    pictures: Mutex<Pictures>,
}

#[derive(Default)]
struct Pictures {
    /// The frames by their starts.
    expected: BTreeMap<ClockTime, Stage>,
    /// The start of the last frame that was counted since the last seek. Frames may come again.
    counted: Option<ClockTime>,
    /// The start of the newest frame that was shown since the last seek.
    newest_shown: Option<ClockTime>,
    /// The start of the last frame that was lost, if none was shown since.
    newest_lost: Option<ClockTime>,
    /// Whether the decoder was told that frames are late.
    is_late: bool,
}

/// How far a frame has come.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Stage {
    Coded,
    Decoded,
}

impl Pictures {
    /// Marks the frame at `start` as counted. Returns whether it was not counted before.
    fn is_new(&mut self, start: ClockTime) -> bool {
        let is_new = self.counted.is_none_or(|counted| start > counted);
        self.counted = self.counted.max(Some(start));
        is_new
    }
}

impl Ledger {
    pub(crate) fn new(counter: VideoFrameCounter) -> Self {
        Self {
            counter,
            pictures: Mutex::default(),
        }
    }

    /// Notes that a frame is under way that is to be shown at `start`.
    pub(crate) fn expect(&self, start: PresentationTime) {
        let mut pictures = self.pictures.lock();
        let start = timeline::to_clock_time(start);
        pictures.expected.insert(start, Stage::Coded);
    }

    /// Handles that a frame was decoded. It starts at `time`, or earlier if a seek led into its middle.
    pub(crate) fn handle_decoded(&self, time: ClockTime) {
        let mut pictures = self.pictures.lock();
        let until_then = pictures.expected.range_mut(..time + TOLERANCE);
        if let Some((_, stage)) = until_then.last() {
            *stage = Stage::Decoded;
        }
    }

    /// Handles whether frames are late. If so, the decoder was told, and may skip some.
    pub(crate) fn handle_lateness(&self, is_late: bool) {
        self.pictures.lock().is_late = is_late;
    }

    /// Handles that a frame was shown. It starts at `time`, or earlier if a seek led into its middle.
    pub(crate) fn handle_shown(&self, time: ClockTime, is_corrupted: bool) {
        let mut pictures = self.pictures.lock();
        let later = pictures.expected.split_off(&(time + TOLERANCE));
        let mut due = std::mem::replace(&mut pictures.expected, later);
        let Some((shown, _)) = due.pop_last() else {
            return;
        };
        self.count_lost(&mut pictures, &due);
        if pictures.is_new(shown) {
            self.counter.count_displayed();
            if is_corrupted {
                self.counter.count_corrupted();
            }
        }
        pictures.newest_shown = pictures.newest_shown.max(Some(shown));
        pictures.newest_lost = None;
    }

    /// Returns whether the frame at `time` is older than one that was shown. Frames are shown a little
    /// before the position comes to them, and playback may start anew from the position.
    pub(crate) fn goes_back(&self, time: ClockTime) -> bool {
        let pictures = self.pictures.lock();
        let until_then = pictures.expected.range(..time + TOLERANCE);
        let start = until_then.last().map(|(start, _)| *start);
        start.is_some_and(|start| Some(start) < pictures.newest_shown)
    }

    /// Handles the end of the stream: the frames that are still under way are lost.
    pub(crate) fn handle_end(&self) {
        let mut pictures = self.pictures.lock();
        let lost = std::mem::take(&mut pictures.expected);
        self.count_lost(&mut pictures, &lost);
        pictures.newest_lost = lost.last_key_value().map(|(start, _)| *start);
    }

    /// Counts frames as dropped. One that was not decoded is corrupted, unless frames are late and the
    /// decoder may have skipped it.
    fn count_lost(&self, pictures: &mut Pictures, lost: &BTreeMap<ClockTime, Stage>) {
        for (start, stage) in lost {
            if !pictures.is_new(*start) {
                continue;
            }
            self.counter.count_dropped();
            if *stage == Stage::Coded && !pictures.is_late {
                self.counter.count_corrupted();
            }
        }
    }

    /// Handles a restart at `time`: the frames that were to be shown before are lost, and those after it
    /// come again.
    pub(crate) fn handle_restart(&self, time: PresentationTime) {
        let mut pictures = self.pictures.lock();
        let end = timeline::to_clock_time(time) + TOLERANCE;
        let later = pictures.expected.split_off(&end);
        let mut due = std::mem::replace(&mut pictures.expected, later);
        // The last one is the frame of `time` itself.
        due.pop_last();
        self.count_lost(&mut pictures, &due);
    }

    /// Counts the frame at which the decoder failed.
    pub(crate) fn handle_failed(&self) {
        self.counter.count_corrupted();
    }

    /// Counts a frame that is skipped, because one that it depends on could not be decoded.
    pub(crate) fn handle_skipped(&self) {
        self.counter.count_dropped();
    }

    /// Handles a seek to `target`: the frames under way are not lost, and those after the seek count anew.
    pub(crate) fn handle_seek(&self, target: PresentationTime) {
        let mut pictures = self.pictures.lock();
        let end = timeline::to_clock_time(target) + TOLERANCE;
        let later = pictures.expected.split_off(&end);
        let earlier = std::mem::replace(&mut pictures.expected, later);
        // The last one is the frame of the target itself.
        pictures.expected.extend(earlier.into_iter().next_back());
        pictures.counted = None;
        pictures.newest_shown = None;
        pictures.newest_lost = None;
        pictures.is_late = false;
    }

    /// Forgets the frames under way.
    pub(crate) fn clear(&self) {
        let mut pictures = self.pictures.lock();
        pictures.expected.clear();
        pictures.newest_lost = None;
        pictures.is_late = false;
    }

    /// Returns whether all frames that were to be shown before `time` were shown, or are lost.
    pub(crate) fn is_settled_before(&self, time: PresentationTime) -> bool {
        let pictures = self.pictures.lock();
        let next = pictures.expected.first_key_value();
        next.is_none_or(|(next, _)| *next >= timeline::to_clock_time(time))
    }

    /// Returns whether the frame of `time` was lost, so that an older one is on the screen.
    pub(crate) fn has_lost(&self, time: PresentationTime) -> bool {
        let newest = self.pictures.lock().newest_lost;
        newest.is_some_and(|lost| lost <= timeline::to_clock_time(time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(milliseconds: i64) -> PresentationTime {
        PresentationTime::from_nanoseconds(milliseconds * 1_000_000)
    }

    fn show(ledger: &Ledger, milliseconds: i64) {
        ledger.handle_shown(timeline::to_clock_time(time(milliseconds)), false);
    }

    fn decode(ledger: &Ledger, milliseconds: i64) {
        ledger.handle_decoded(timeline::to_clock_time(time(milliseconds)));
    }

    /// Returns how many in all, how many dropped.
    fn counts(counter: &VideoFrameCounter) -> (u32, u32) {
        let quality = counter.quality();
        (quality.total_video_frames, quality.dropped_video_frames)
    }

    #[test]
    fn pictures_that_are_passed_over_are_dropped() {
        let counter = VideoFrameCounter::new();
        let ledger = Ledger::new(counter.clone());
        // In decode order.
        for start in [0, 120, 40, 80, 200, 160] {
            ledger.expect(time(start));
        }
        // In the middle of the first.
        show(&ledger, 20);
        assert_eq!(counts(&counter), (1, 0));
        show(&ledger, 80);
        assert_eq!(counts(&counter), (3, 1));
        assert!(ledger.is_settled_before(time(120)));
        assert!(!ledger.is_settled_before(time(121)));
        ledger.handle_end();
        assert_eq!(counts(&counter), (6, 4));
        assert!(ledger.has_lost(time(200)));
        assert!(!ledger.has_lost(time(190)));
        assert!(ledger.is_settled_before(time(1_000)));
    }

    #[test]
    fn what_is_not_decoded_in_spite_of_enough_time_is_corrupted() {
        let counter = VideoFrameCounter::new();
        let ledger = Ledger::new(counter.clone());
        for start in [0, 40, 80, 120, 160] {
            ledger.expect(time(start));
        }
        decode(&ledger, 10);
        decode(&ledger, 80);
        decode(&ledger, 120);
        // Two were decoded and came late, one was not decoded.
        show(&ledger, 120);
        assert_eq!(counter.quality().corrupted_video_frames, 1);
        ledger.handle_lateness(true);
        ledger.handle_end();
        assert_eq!(counter.quality().corrupted_video_frames, 1);
        assert_eq!(counts(&counter), (5, 4));
    }

    #[test]
    fn a_picture_shown_again_counts_once() {
        let counter = VideoFrameCounter::new();
        let ledger = Ledger::new(counter.clone());
        ledger.expect(time(0));
        ledger.expect(time(40));
        show(&ledger, 0);
        ledger.handle_restart(time(10));
        ledger.clear();
        ledger.expect(time(0));
        ledger.expect(time(40));
        show(&ledger, 10);
        show(&ledger, 40);
        assert_eq!(counts(&counter), (2, 0));
        // The position was not there yet.
        ledger.handle_restart(time(39));
        ledger.clear();
        ledger.expect(time(0));
        ledger.expect(time(40));
        assert!(ledger.goes_back(timeline::to_clock_time(time(39))));
        assert!(!ledger.goes_back(timeline::to_clock_time(time(40))));
        ledger.handle_seek(time(0));
        ledger.expect(time(0));
        assert!(!ledger.goes_back(timeline::to_clock_time(time(39))));
    }

    #[test]
    fn what_a_restart_passes_over_is_dropped() {
        let counter = VideoFrameCounter::new();
        let ledger = Ledger::new(counter.clone());
        for start in [0, 40, 80, 120] {
            ledger.expect(time(start));
        }
        ledger.handle_restart(time(90));
        assert_eq!(counts(&counter), (2, 2));
    }
}
