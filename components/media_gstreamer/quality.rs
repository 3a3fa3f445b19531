/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Which pictures were shown, and which should have been.

use std::collections::BTreeMap;

use gstreamer::ClockTime;
use media_source::VideoFrameCounter;
use parking_lot::Mutex;

use crate::timeline;
use track_buffer::time::PresentationTime;

/// How far parsers and decoders may round times.
const TOLERANCE: ClockTime = ClockTime::from_useconds(10);

/// The pictures that are under way from a track to the screen. Whether a decoder skips one or the
/// sink finds it late, it is missing when a later one is shown.
pub(crate) struct Ledger {
    counter: VideoFrameCounter,
    pictures: Mutex<Pictures>,
}

#[derive(Default)]
struct Pictures {
    /// The frames by their starts.
    expected: BTreeMap<ClockTime, Stage>,
    /// Since the last seek, up to where pictures are counted. They may come again.
    counted: Option<ClockTime>,
    /// Since the last seek.
    newest_shown: Option<ClockTime>,
    /// The last of those that were lost, if none was shown since.
    newest_lost: Option<ClockTime>,
    /// Whether the decoder was told that pictures are late.
    is_late: bool,
}

/// How far a picture has come.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Stage {
    Coded,
    Decoded,
}

impl Pictures {
    /// Whether the picture is not counted yet; from now on it is.
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

    /// A picture to be shown at `start` is under way.
    pub(crate) fn expect(&self, start: PresentationTime) {
        let mut pictures = self.pictures.lock();
        let start = timeline::to_clock_time(start);
        pictures.expected.insert(start, Stage::Coded);
    }

    /// A picture was decoded, and starts there or, if a seek led into the middle of it, earlier.
    pub(crate) fn handle_decoded(&self, time: ClockTime) {
        let mut pictures = self.pictures.lock();
        let until_then = pictures.expected.range_mut(..time + TOLERANCE);
        if let Some((_, stage)) = until_then.last() {
            *stage = Stage::Decoded;
        }
    }

    /// Whether pictures are late, in which case the decoder was told and may leave some out.
    pub(crate) fn handle_lateness(&self, is_late: bool) {
        self.pictures.lock().is_late = is_late;
    }

    /// A picture was shown, at its start or, if a seek led into the middle of it, later.
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

    /// Whether the picture that starts there, or earlier, is older than one that was shown. One is
    /// shown a little before the position says so, and playback may start anew from the position.
    pub(crate) fn goes_back(&self, time: ClockTime) -> bool {
        let pictures = self.pictures.lock();
        let until_then = pictures.expected.range(..time + TOLERANCE);
        let start = until_then.last().map(|(start, _)| *start);
        start.is_some_and(|start| Some(start) < pictures.newest_shown)
    }

    /// Nothing more comes of what is under way.
    pub(crate) fn handle_end(&self) {
        let mut pictures = self.pictures.lock();
        let lost = std::mem::take(&mut pictures.expected);
        self.count_lost(&mut pictures, &lost);
        pictures.newest_lost = lost.last_key_value().map(|(start, _)| *start);
    }

    /// What the decoder gave nothing for is broken, unless it was to leave something out.
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

    /// Playback goes on anew at `time`: what was to be shown before is missed, what comes then is met
    /// again.
    pub(crate) fn handle_restart(&self, time: PresentationTime) {
        let mut pictures = self.pictures.lock();
        let end = timeline::to_clock_time(time) + TOLERANCE;
        let later = pictures.expected.split_off(&end);
        let mut due = std::mem::replace(&mut pictures.expected, later);
        // The one that is to be shown at the time.
        due.pop_last();
        self.count_lost(&mut pictures, &due);
    }

    /// The decoder failed at one of the pictures under way.
    pub(crate) fn handle_failed(&self) {
        self.counter.count_corrupted();
    }

    /// A picture is not decoded, because one that it depends on could not be.
    pub(crate) fn handle_skipped(&self) {
        self.counter.count_dropped();
    }

    /// A seek: what is under way is not missed, and what is shown then counts anew.
    pub(crate) fn handle_seek(&self) {
        self.clear();
        let mut pictures = self.pictures.lock();
        pictures.counted = None;
        pictures.newest_shown = None;
    }

    /// What is under way is thrown away.
    pub(crate) fn clear(&self) {
        let mut pictures = self.pictures.lock();
        pictures.expected.clear();
        pictures.newest_lost = None;
        pictures.is_late = false;
    }

    /// Whether all pictures that were to be shown before `time` were, or are lost.
    pub(crate) fn is_settled_before(&self, time: PresentationTime) -> bool {
        let pictures = self.pictures.lock();
        let next = pictures.expected.first_key_value();
        next.is_none_or(|(next, _)| *next >= timeline::to_clock_time(time))
    }

    /// Whether the picture on the screen is older than the one of `time`, which was lost.
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

    /// How many in all, how many dropped.
    fn counts(counter: &VideoFrameCounter) -> (u32, u32) {
        let quality = counter.quality();
        (quality.total_video_frames, quality.dropped_video_frames)
    }

    #[test]
    fn test_pictures_that_are_passed_over_are_dropped() {
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
    fn test_what_is_not_decoded_in_spite_of_enough_time_is_corrupted() {
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
    fn test_a_picture_shown_again_counts_once() {
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
        ledger.handle_seek();
        ledger.expect(time(0));
        assert!(!ledger.goes_back(timeline::to_clock_time(time(39))));
    }

    #[test]
    fn test_what_a_restart_passes_over_is_dropped() {
        let counter = VideoFrameCounter::new();
        let ledger = Ledger::new(counter.clone());
        for start in [0, 40, 80, 120] {
            ledger.expect(time(start));
        }
        ledger.handle_restart(time(90));
        assert_eq!(counts(&counter), (2, 2));
    }
}
