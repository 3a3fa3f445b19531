/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A player whose pictures and events are kept, and media that is appended a second at a time.

mod media;

use std::ops::Range;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TryRecvError};
use media_gstreamer::{GStreamerPlayer, Pipelines};
use media_source::{Player, PlayerEvent, SeekId, TrackReader, VideoFrame, VideoRenderer};
use track_buffer::time::PresentationTime;

pub use media::{Media, find_all, is_decoded, read};

/// Numbers that look random, the same for the same seed.
pub fn random_numbers(seed: u64, count: usize) -> impl Iterator<Item = u64> {
    let bytes = test_support::random_bytes(seed, count * 8);
    (0..count).map(move |index| {
        let bytes = bytes[index * 8..][..8].try_into();
        u64::from_le_bytes(bytes.expect("they are eight"))
    })
}

/// Pictures a second in all test media.
pub const RATE: i64 = 24;
/// Pictures in all test media.
pub const PICTURES: i64 = 144;

/// Much longer than anything takes; a test that waits as long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whether the other end is gone, after what is still to be received.
fn is_closed<T>(channel: &Receiver<T>) -> bool {
    channel.try_iter().for_each(drop);
    matches!(channel.try_recv(), Err(TryRecvError::Disconnected))
}

/// The start of a picture, where the media's times are that fine.
pub fn start_of(picture: i64) -> PresentationTime {
    PresentationTime::from_nanoseconds(divide(picture * 1_000_000_000, RATE))
}

/// The start of a picture in media whose times are whole milliseconds, as WebM's are.
pub fn millisecond_start_of(picture: i64) -> PresentationTime {
    PresentationTime::from_nanoseconds(divide(picture * 1_000, RATE) * 1_000_000)
}

/// Rounds to the nearest.
fn divide(dividend: i64, divisor: i64) -> i64 {
    (dividend * 2 + divisor) / (2 * divisor)
}

/// A picture that was rendered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shown {
    /// The number painted into it.
    pub number: i64,
    pub start: PresentationTime,
}

struct Screen(Sender<Shown>);

impl VideoRenderer for Screen {
    fn render(&mut self, frame: VideoFrame) {
        let bytes = frame.to_bgra().expect("it is converted");
        assert_eq!(
            bytes.len(),
            frame.width as usize * frame.height as usize * 4
        );
        assert!(
            bytes.iter().skip(3).step_by(4).all(|alpha| *alpha == 255),
            "every picture is opaque"
        );
        let width = frame.width as usize;
        let is_white = |square: usize| {
            // The places of a picture that is 320 pixels wide.
            let (x, y) = ((28 + 24 * square) * width / 320, 20 * width / 320);
            bytes[(y * width + x) * 4] > 127
        };
        let number = (0..12).fold(0, |number, square| number * 2 + i64::from(is_white(square)));
        // A test that has seen enough does not listen any more.
        let _ = self.0.send(Shown {
            number,
            start: frame.start,
        });
    }
}

/// A player under test.
pub struct Session {
    pub player: GStreamerPlayer,
    pub events: Receiver<PlayerEvent>,
    pub pictures: Receiver<Shown>,
}

impl Session {
    /// A player without tracks.
    pub fn new() -> Self {
        Self::sharing(&Pipelines::default())
    }

    /// A player without tracks that shares pipelines with others.
    pub fn sharing(pipelines: &Pipelines) -> Self {
        let (event, events) = crossbeam_channel::unbounded();
        let (picture, pictures) = crossbeam_channel::unbounded();
        let listener = move |told| {
            let _ = event.send(told);
        };
        let player = GStreamerPlayer::new(pipelines, Box::new(Screen(picture)), Box::new(listener))
            .expect("GStreamer is installed");
        Self {
            player,
            events,
            pictures,
        }
    }

    /// A player of `media`.
    pub fn of(media: &Media) -> Self {
        Self::of_readers(media.readers())
    }

    /// A player of these tracks.
    pub fn of_readers(readers: Vec<TrackReader>) -> Self {
        let session = Self::new();
        session.player.set_tracks(readers);
        session
    }

    /// Waits for an event, and gives it and those before it.
    pub fn wait_until(&self, is_it: impl Fn(&PlayerEvent) -> bool) -> Vec<PlayerEvent> {
        let deadline = Instant::now() + PATIENCE;
        let mut events = Vec::new();
        loop {
            match self.events.recv_deadline(deadline) {
                Ok(PlayerEvent::Failed(error)) if !is_it(&PlayerEvent::Failed(error.clone())) => {
                    panic!("{error}, after {events:?}")
                }
                Ok(event) => {
                    let is_last = is_it(&event);
                    events.push(event);
                    if is_last {
                        return events;
                    }
                }
                Err(_) => panic!("waited in vain, after {events:?}"),
            }
        }
    }

    pub fn wait_for(&self, event: PlayerEvent) -> Vec<PlayerEvent> {
        self.wait_until(|told| *told == event)
    }

    /// Waits for the end of a seek and gives where playback stands.
    pub fn wait_for_seek(&self, seek: SeekId) -> PresentationTime {
        let is_done =
            |event: &PlayerEvent| matches!(event, PlayerEvent::SeekDone { id, .. } if *id == seek);
        match self.wait_until(is_done).pop() {
            Some(PlayerEvent::SeekDone { position, .. }) => position,
            other => panic!("{other:?} is not the end of a seek"),
        }
    }

    /// Compares all that was rendered with the pictures that there are. On a machine that is busy
    /// some may come too late and be dropped; these are counted. Gives those that were shown.
    pub fn assert_played(&self, expected: &[Shown]) -> Vec<Shown> {
        let shown = self.take_pictures();
        let mut further = expected.iter();
        let last = expected.last().map(|last| last.number);
        // The last one is shown however late it is, then as if by a seek.
        let is_shown = |shown: &Shown, expected: &Shown| {
            shown == expected
                || Some(shown.number) == last
                    && expected.number == shown.number
                    && expected.start < shown.start
        };
        let are_expected = shown
            .iter()
            .all(|shown| further.any(|next| is_shown(shown, next)));
        assert!(are_expected, "{shown:?}");
        let quality = self.player.frame_counts();
        assert_eq!(quality.total_video_frames as usize, expected.len());
        // Which counts as dropped all the same.
        let is_late = shown.last().is_some_and(|last| !expected.contains(last));
        let dropped = expected.len() - shown.len() + usize::from(is_late);
        assert_eq!(quality.dropped_video_frames as usize, dropped, "{shown:?}");
        shown
    }

    /// Asserts which frames were shown where playback restarts on its way. Then the frame at which
    /// it stood may be shown again.
    pub fn assert_went_on(&self, expected: Range<i64>) {
        let mut numbers: Vec<_> = self
            .take_pictures()
            .iter()
            .map(|shown| shown.number)
            .collect();
        numbers.dedup();
        let is_expected = |number: &i64| expected.contains(number);
        assert!(
            numbers.is_sorted() && numbers.iter().all(is_expected),
            "{numbers:?}"
        );
        let missing = expected.clone().count() - numbers.len();
        let dropped = self.player.frame_counts().dropped_video_frames as usize;
        assert!(missing <= dropped, "{dropped} were dropped: {numbers:?}");
    }

    /// The pictures rendered since the last call.
    pub fn take_pictures(&self) -> Vec<Shown> {
        self.pictures.try_iter().collect()
    }

    /// Drops the player and waits until nothing of it is left: the listener is owned by the control
    /// thread and the pipeline, the renderer by the pipeline.
    pub fn close(self) {
        let Self {
            player,
            events,
            pictures,
        } = self;
        assert!(player.close().wait(), "the player does not come to its end");
        assert!(is_closed(&events), "the listener is still there");
        assert!(is_closed(&pictures), "the renderer is still there");
    }
}
