/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Recovery from the failure of a decoder: if it never worked, another decoder takes over. If it did,
//! playback goes on after the frames that it could not decode. For a hardware decoder another one always
//! takes over, from the current position on: the cause may be the driver, or a lack of sessions, and not
//! the frames.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Instant;

use gstreamer::prelude::*;
use gstreamer::{Buffer, ClockTime, Pad, PadProbeData, PadProbeReturn, PadProbeType};
use track_buffer::time::PresentationTime;

use crate::decoder::Decoder;
use crate::quality::Ledger;
use crate::timeline;
use media_source::PlayerError;

/// The number of failures after which playback goes on, with less than [`GOOD_STRETCH`] played
/// between them.
const FAILURES: u32 = 5;

/// A decoder works again when it has output so much media.
const GOOD_STRETCH: ClockTime = ClockTime::SECOND;

/// A decoder has failed if it outputs nothing for so many frames. For most streams one would do, but
/// some begin with frames that only others need, and some decoders hold back several.
pub(crate) const ENOUGH_FRAMES: usize = 30;

/// How many frames a decoder may skip for each second that it is late. It skips those that would be late
/// in twice the time, at 120 frames a second or less.
const FRAMES_SKIPPED: f64 = 3. * 120.;

/// Counts of the frames that go into a decoder and come out.
#[derive(Default)]
pub(crate) struct Progress {
    /// When the last frame that went in is presented, in nanoseconds of GStreamer's time; 0 if none did.
    last_in: AtomicU64,
    /// How many frames have gone in.
    count_in: AtomicU64,
    /// How many frames to be shown were handed over since one came out. It is below zero if the decoder
    /// may skip some.
    without_output: AtomicI64,
    has_output: AtomicBool,
    /// The duration of the media that has come out, in nanoseconds.
    output: AtomicU64,
}

/// What the player remembers about the decoders of a track.
#[derive(Debug)]
pub(crate) struct Recovery {
    /// The decoder in use, and those that are tried after it.
    decoders: VecDeque<&'static Decoder>,
    /// Whether that decoder, or one before it, has ever output anything.
    has_worked: bool,
    /// The failure of the first decoder that failed.
    first_failure: Option<PlayerError>,
    /// How often the decoder failed without a good stretch in between.
    failures: u32,
    /// Frames up to the first random access point after this time are skipped.
    skip_after: Option<PresentationTime>,
}

impl Progress {
    /// Watches what goes into `first`, a pad of the first decoding element, and what comes out of
    /// `last`, a pad of the last one. Decoded video frames are told to `ledger`.
    pub(crate) fn watch(first: &Pad, last: &Pad, ledger: Option<Arc<Ledger>>) -> Arc<Self> {
        let progress = Arc::new(Self::default());
        let incoming = progress.clone();
        watch_buffers(first, move |buffer| {
            let time = buffer.pts().map_or(0, ClockTime::nseconds);
            // The first frame may go in twice.
            if incoming.last_in.swap(time, Ordering::Relaxed) != time {
                incoming.count_in.fetch_add(1, Ordering::Relaxed);
            }
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

    /// Notes that a frame is handed over that is to be shown or heard.
    pub(crate) fn expect_output(&self) {
        self.without_output.fetch_add(1, Ordering::Relaxed);
    }

    /// Handles that frames are late by so many seconds, which the decoder is told.
    pub(crate) fn handle_delay(&self, seconds: f64) {
        let skipped = (seconds * FRAMES_SKIPPED) as i64;
        self.without_output.store(-skipped, Ordering::Relaxed);
    }

    /// Forgets the frames under way.
    pub(crate) fn clear(&self) {
        self.last_in.store(0, Ordering::Relaxed);
        self.without_output.store(0, Ordering::Relaxed);
    }

    /// Returns whether frames go in and nothing comes out. That is known only when all frames that were
    /// handed over have gone in.
    pub(crate) fn is_stuck(&self) -> bool {
        self.without_output.load(Ordering::Relaxed) >= ENOUGH_FRAMES as i64
    }

    /// Returns whether frames have gone in since one came out. At the end of the stream there are none.
    pub(crate) fn is_behind(&self) -> bool {
        self.without_output.load(Ordering::Relaxed) > 0
    }

    /// Returns how many frames have gone in.
    pub(crate) fn count_in(&self) -> u64 {
        self.count_in.load(Ordering::Relaxed)
    }

    /// Returns when the last frame that went in is presented.
    pub(crate) fn last_in(&self) -> Option<PresentationTime> {
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
    /// Returns what there is to remember about `decoders` before the first one is used.
    pub(crate) fn new(decoders: impl IntoIterator<Item = &'static Decoder>) -> Self {
        Self {
            decoders: decoders.into_iter().collect(),
            has_worked: false,
            first_failure: None,
            failures: 0,
            skip_after: None,
        }
    }

    /// Returns the decoder to use; `None` if there never was one.
    pub(crate) fn decoder(&self) -> Option<&'static Decoder> {
        self.decoders.front().copied()
    }

    /// Returns whether that is a hardware decoder.
    pub(crate) fn uses_hardware(&self) -> bool {
        self.decoder().is_some_and(|decoder| decoder.is_hardware)
    }

    /// Returns the time after which the first random access point is where playback goes on.
    pub(crate) fn skip_after(&self) -> Option<PresentationTime> {
        self.skip_after
    }

    /// Forgets which frames to skip, because another place is played. They are tried again there.
    pub(crate) fn forget_place(&mut self) {
        self.skip_after = None;
    }

    /// Decides how to go on after a failure of the decoder in use, of which `progress` tells how far it
    /// came. Returns an error if it does not go on.
    pub(crate) fn handle_failure(
        &mut self,
        failure: PlayerError,
        progress: &Progress,
    ) -> Result<(), PlayerError> {
        self.has_worked |= progress.has_output.load(Ordering::Relaxed);
        if let Some(decoder) = self.decoder().filter(|_| self.uses_hardware()) {
            decoder.failures.note(Instant::now());
        }
        if self.uses_hardware() || !self.has_worked {
            return self.use_next_decoder(failure);
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

    /// Goes on to the next decoder. Returns the failure of the first one if there is none.
    pub(crate) fn use_next_decoder(&mut self, failure: PlayerError) -> Result<(), PlayerError> {
        let first = self.first_failure.get_or_insert(failure);
        self.decoders.pop_front();
        if self.decoders.is_empty() {
            Err(first.clone())
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hardware::tests::decoder;

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

    /// What is remembered about decoders of which these are hardware.
    fn recovery<const N: usize>(are_hardware: [bool; N]) -> Recovery {
        let decoders = Box::leak(Box::new(are_hardware.map(decoder)));
        Recovery::new(decoders.iter())
    }

    #[test]
    fn the_error_of_the_first_decoder_counts() {
        let mut recovery = recovery([false; 3]);
        let nothing = Progress::default();
        assert_eq!(recovery.handle_failure(failure(0), &nothing), Ok(()));
        assert_eq!(recovery.decoders.len(), 2);
        assert_eq!(recovery.handle_failure(failure(1), &nothing), Ok(()));
        assert_eq!(recovery.decoders.len(), 1);
        let last = recovery.handle_failure(failure(2), &nothing);
        assert_eq!(last, Err(failure(0)));
    }

    #[test]
    fn a_decoder_that_works_now_and_then_goes_on() {
        let mut recovery = recovery([false; 3]);
        for second in 0..20_u32 {
            let time = PresentationTime::from_seconds(f64::from(second));
            let good = progress(GOOD_STRETCH, time);
            assert_eq!(recovery.handle_failure(failure(0), &good), Ok(()));
            assert_eq!(recovery.skip_after(), Some(time));
            assert_eq!(recovery.decoders.len(), 3);
        }
        let nothing = Progress::default();
        for _ in 1..FAILURES {
            assert_eq!(recovery.handle_failure(failure(1), &nothing), Ok(()));
        }
        let last = recovery.handle_failure(failure(2), &nothing);
        assert_eq!(last, Err(failure(2)));
    }

    #[test]
    fn hardware_that_fails_is_replaced_and_no_frame_skipped() {
        let mut recovery = recovery([true, true, false]);
        let time = PresentationTime::from_seconds(7.);
        let good = progress(GOOD_STRETCH, time);
        assert!(recovery.uses_hardware());
        assert_eq!(recovery.handle_failure(failure(0), &good), Ok(()));
        assert_eq!(recovery.handle_failure(failure(1), &good), Ok(()));
        assert_eq!(recovery.skip_after(), None);
        assert!(!recovery.uses_hardware());
        // What the hardware has shown can be decoded, so that software that fails at once goes on.
        let nothing = progress(ClockTime::ZERO, time);
        assert_eq!(recovery.handle_failure(failure(2), &nothing), Ok(()));
        assert_eq!(recovery.skip_after(), Some(time));
        assert_eq!(recovery.decoders.len(), 1);
    }
}
