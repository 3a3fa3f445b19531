/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What is done when a decoder fails: another one takes over if it never worked; if it did, playback
//! goes on behind what it could not decode.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use gstreamer::prelude::*;
use gstreamer::{Buffer, ClockTime, Pad, PadProbeData, PadProbeReturn, PadProbeType};
use track_buffer::time::PresentationTime;

use crate::quality::Ledger;
use crate::timeline;
use media_source::PlayerError;

/// The number of failures after which playback goes on, with less than [`GOOD_STRETCH`] played
/// between them.
const FAILURES: u32 = 5;

/// A decoder that has given so much works again.
const GOOD_STRETCH: ClockTime = ClockTime::SECOND;

/// A decoder that has nothing to give for so many frames has failed. One may do for most, but some
/// begin with frames that only others need, and some hold back several.
pub(crate) const ENOUGH_FRAMES: usize = 30;

/// A decoder that is late leaves out what would be late in twice the time; at the highest rates of
/// pictures there are no more of them than this in a second.
const PICTURES_LEFT_OUT: f64 = 3. * 120.;

/// What goes into a decoder and what comes out.
#[derive(Default)]
pub(crate) struct Progress {
    /// When the last frame that went in is shown, in nanoseconds of GStreamer's; 0 if none did.
    last_in: AtomicU64,
    /// How many frames went in, ever.
    count_in: AtomicU64,
    /// How many frames to be shown were handed over since one came out. Below zero, if it may leave
    /// some out.
    without_output: AtomicI64,
    has_output: AtomicBool,
    /// How much has come out, in nanoseconds.
    output: AtomicU64,
}

/// What is remembered of a track's decoders while it is played.
#[derive(Debug, Default)]
pub(crate) struct Recovery {
    /// Which of the codec's decoders is used.
    decoder: usize,
    /// Whether it has ever given anything.
    has_worked: bool,
    /// Why the first decoder that failed did.
    first_failure: Option<PlayerError>,
    /// How often it failed without a good stretch in between.
    failures: u32,
    /// Frames up to the first random access point after this time are left out.
    skip_after: Option<PresentationTime>,
}

impl Progress {
    /// Watches what goes into `first`, a pad of the first decoding element, and what comes out of
    /// `last`, one of the last. Pictures are told to `ledger`.
    pub(crate) fn watch(first: &Pad, last: &Pad, ledger: Option<Arc<Ledger>>) -> Arc<Self> {
        let progress = Arc::new(Self::default());
        let incoming = progress.clone();
        watch_buffers(first, move |buffer| {
            let time = buffer.pts().map_or(0, ClockTime::nseconds);
            incoming.last_in.store(time, Ordering::Relaxed);
            incoming.count_in.fetch_add(1, Ordering::Relaxed);
        });
        let outgoing = progress.clone();
        watch_buffers(last, move |buffer| {
            outgoing.without_output.store(0, Ordering::Relaxed);
            outgoing.has_output.store(true, Ordering::Relaxed);
            let duration = buffer.duration().map_or(0, ClockTime::nseconds);
            outgoing.output.fetch_add(duration, Ordering::Relaxed);
            if let Some((ledger, time)) = ledger.as_ref().zip(buffer.pts()) {
                ledger.handle_decoded(time);
            }
        });
        progress
    }

    /// A frame is handed over that is to be shown or heard.
    pub(crate) fn expect_output(&self) {
        self.without_output.fetch_add(1, Ordering::Relaxed);
    }

    /// Pictures are late by that many seconds, and the decoder is told.
    pub(crate) fn handle_delay(&self, seconds: f64) {
        let left_out = (seconds * PICTURES_LEFT_OUT) as i64;
        self.without_output.store(-left_out, Ordering::Relaxed);
    }

    /// What was under way is thrown away.
    pub(crate) fn clear(&self) {
        self.last_in.store(0, Ordering::Relaxed);
        self.without_output.store(0, Ordering::Relaxed);
    }

    /// Whether frames go in and nothing comes out. Only known when all that were handed over have
    /// gone in.
    pub(crate) fn is_stuck(&self) -> bool {
        self.without_output.load(Ordering::Relaxed) >= ENOUGH_FRAMES as i64
    }

    /// How many frames went in, ever.
    pub(crate) fn count_in(&self) -> u64 {
        self.count_in.load(Ordering::Relaxed)
    }

    fn last_in(&self) -> Option<PresentationTime> {
        let time = self.last_in.load(Ordering::Relaxed);
        (time > 0).then(|| timeline::from_clock_time(ClockTime::from_nseconds(time)))
    }
}

fn watch_buffers(pad: &Pad, handle: impl Fn(&Buffer) + Send + Sync + 'static) {
    pad.add_probe(PadProbeType::BUFFER, move |_, probe| {
        if let Some(PadProbeData::Buffer(buffer)) = &probe.data {
            handle(buffer);
        }
        PadProbeReturn::Ok
    });
}

impl Recovery {
    /// Which of the codec's decoders, by rank, is to be used.
    pub(crate) fn decoder(&self) -> usize {
        self.decoder
    }

    /// Frames up to the first random access point after this time are to be left out.
    pub(crate) fn skip_after(&self) -> Option<PresentationTime> {
        self.skip_after
    }

    /// Another place is played: what could not be decoded is tried again where it is met.
    pub(crate) fn forget_place(&mut self) {
        self.skip_after = None;
    }

    /// Decides what to do after `failure` of the decoder in use, one of `count`. An error is the one
    /// that playback ends with.
    pub(crate) fn handle_failure(
        &mut self,
        failure: PlayerError,
        progress: &Progress,
        count: usize,
    ) -> Result<(), PlayerError> {
        self.has_worked |= progress.has_output.load(Ordering::Relaxed);
        if !self.has_worked {
            return self.use_next_decoder(failure, count);
        }
        if progress.output.load(Ordering::Relaxed) >= GOOD_STRETCH.nseconds() {
            self.failures = 0;
        }
        self.failures += 1;
        if self.failures > FAILURES {
            return Err(failure);
        }
        self.skip_after = self.skip_after.max(progress.last_in());
        Ok(())
    }

    /// Tries the next of `count` decoders. If there is none, what the first failed with is an error.
    pub(crate) fn use_next_decoder(
        &mut self,
        failure: PlayerError,
        count: usize,
    ) -> Result<(), PlayerError> {
        let first = self.first_failure.get_or_insert(failure);
        self.decoder += 1;
        if self.decoder < count {
            Ok(())
        } else {
            Err(first.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(number: usize) -> PlayerError {
        PlayerError::Initialization(number.to_string())
    }

    fn progress(output: ClockTime, last_in: PresentationTime) -> Progress {
        let last_in = timeline::to_clock_time(last_in).nseconds();
        Progress {
            last_in: AtomicU64::new(last_in),
            count_in: AtomicU64::new(1),
            without_output: AtomicI64::new(0),
            has_output: AtomicBool::new(output > ClockTime::ZERO),
            output: AtomicU64::new(output.nseconds()),
        }
    }

    #[test]
    fn test_the_error_of_the_first_decoder_counts() {
        let mut recovery = Recovery::default();
        let nothing = Progress::default();
        assert_eq!(recovery.handle_failure(failure(0), &nothing, 3), Ok(()));
        assert_eq!(recovery.decoder(), 1);
        assert_eq!(recovery.handle_failure(failure(1), &nothing, 3), Ok(()));
        assert_eq!(recovery.decoder(), 2);
        let last = recovery.handle_failure(failure(2), &nothing, 3);
        assert_eq!(last, Err(failure(0)));
    }

    #[test]
    fn test_a_decoder_that_works_now_and_then_goes_on() {
        let mut recovery = Recovery::default();
        for second in 0..20_u32 {
            let time = PresentationTime::from_seconds(f64::from(second));
            let good = progress(GOOD_STRETCH, time);
            assert_eq!(recovery.handle_failure(failure(0), &good, 3), Ok(()));
            assert_eq!(recovery.skip_after(), Some(time));
            assert_eq!(recovery.decoder(), 0);
        }
        let nothing = Progress::default();
        for _ in 1..FAILURES {
            assert_eq!(recovery.handle_failure(failure(1), &nothing, 3), Ok(()));
        }
        let last = recovery.handle_failure(failure(2), &nothing, 3);
        assert_eq!(last, Err(failure(2)));
    }
}
