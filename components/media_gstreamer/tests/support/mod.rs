/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A player whose pictures and events are kept, and media that is appended a second at a time.

mod media;

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use media_gstreamer::{Player, PlayerEvent, SeekId, VideoFrame, VideoRenderer};
use track_buffer::time::PresentationTime;

pub use media::{Media, find_all};

/// Pictures a second in all test media.
pub const RATE: i64 = 24;
/// Pictures in all test media.
pub const PICTURES: i64 = 144;

/// Much longer than anything takes; a test that waits as long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

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
        let bytes = frame.as_ref();
        assert_eq!(
            bytes.len(),
            frame.width as usize * frame.height as usize * 4
        );
        assert!(
            bytes.chunks(4).all(|pixel| pixel[3] == 255),
            "every picture is opaque"
        );
        let is_white = |square: usize| {
            let (x, y) = (28 + 24 * square, 20);
            bytes[(y * frame.width as usize + x) * 4] > 127
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
    pub player: Player,
    pub events: Receiver<PlayerEvent>,
    pub pictures: Receiver<Shown>,
}

impl Session {
    /// A player without tracks.
    pub fn new() -> Self {
        let (event, events) = crossbeam_channel::unbounded();
        let (picture, pictures) = crossbeam_channel::unbounded();
        let listener = move |told| {
            let _ = event.send(told);
        };
        let player = Player::new(Box::new(Screen(picture)), Box::new(listener))
            .expect("GStreamer is installed");
        Self {
            player,
            events,
            pictures,
        }
    }

    /// A player of `media`.
    pub fn of(media: &Media) -> Self {
        let session = Self::new();
        session.player.set_tracks(media.readers());
        session
    }

    /// Waits for an event, and gives it and those before it.
    pub fn wait_until(&self, is_it: impl Fn(&PlayerEvent) -> bool) -> Vec<PlayerEvent> {
        let deadline = Instant::now() + PATIENCE;
        let mut events = Vec::new();
        loop {
            match self.events.recv_deadline(deadline) {
                Ok(PlayerEvent::Error(error)) if !is_it(&PlayerEvent::Error(error.clone())) => {
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
        drop(player);
        let deadline = Instant::now() + PATIENCE;
        while events.recv_deadline(deadline).is_ok() {}
        while pictures.recv_deadline(deadline).is_ok() {}
        assert!(Instant::now() < deadline, "the player is still there");
    }
}
