/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The handle of a player of tracks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread;

use crossbeam_channel::Sender;
use media_source::{
    PlayerError, PresentationTime, VideoFrameCounter, VideoPlaybackQuality, VideoRenderer,
};
use media_stream::{Feed, StreamPlayer, StreamPlayerEvent, StreamPlayerListener};

use super::feed::TrackFeed;
use super::player_control::{Command, PlayerControl};
use crate::watchdog::Watched;

/// Plays tracks. Every method returns at once, and a thread of the player does what is asked for.
pub(crate) struct GStreamerStreamPlayer {
    commands: Sender<Command>,
    shared: Arc<Shared>,
}

/// What the handle and the thread of a player share.
pub(crate) struct Shared {
    listener: StreamPlayerListener,
    /// Whether the player has ended: an error was told, or the handle is gone.
    is_over: AtomicBool,
    /// How long it has been playing, in nanoseconds.
    position: AtomicI64,
    pub(crate) frame_counter: VideoFrameCounter,
}

impl GStreamerStreamPlayer {
    pub(crate) fn new(
        renderer: Option<Box<dyn VideoRenderer>>,
        listener: StreamPlayerListener,
    ) -> Result<Self, PlayerError> {
        let failed = |text: String| PlayerError::Initialization(text);
        gstreamer::init().map_err(|error| failed(error.to_string()))?;
        let shared = Arc::new(Shared {
            listener,
            is_over: AtomicBool::new(false),
            position: AtomicI64::new(0),
            frame_counter: VideoFrameCounter::new(),
        });
        let (commands, control) = PlayerControl::new(renderer, shared.clone())?;
        thread::Builder::new()
            .name("StreamPlayer".to_owned())
            .spawn(move || control.run())
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self { commands, shared })
    }

    fn send(&self, command: Command) {
        // The thread has ended if the player has failed.
        let _ = self.commands.send(command);
    }
}

impl StreamPlayer for GStreamerStreamPlayer {
    fn set_tracks(&self, video: Option<Arc<dyn Feed>>, audio: Vec<Arc<dyn Feed>>) {
        let video = video.and_then(TrackFeed::of);
        let audio = audio.into_iter().filter_map(TrackFeed::of);
        self.send(Command::SetTracks(video, audio.collect()));
    }

    fn play(&self) {
        self.send(Command::SetPaused(false));
    }

    fn pause(&self) {
        self.send(Command::SetPaused(true));
    }

    fn set_volume(&self, volume: f64) {
        self.send(Command::SetVolume(volume.clamp(0., 1.)));
    }

    fn set_muted(&self, is_muted: bool) {
        self.send(Command::SetMuted(is_muted));
    }

    fn frame_counts(&self) -> VideoPlaybackQuality {
        self.shared.frame_counter.quality()
    }
}

impl Drop for GStreamerStreamPlayer {
    fn drop(&mut self) {
        // From here on the listener is told nothing.
        self.shared.end();
        self.send(Command::End);
    }
}

impl Shared {
    /// Tells the listener what happened, unless the player has ended.
    pub(crate) fn tell(&self, event: StreamPlayerEvent) {
        if !self.is_over() {
            (self.listener)(event);
        }
    }

    /// Tells the position.
    pub(crate) fn tell_position(&self, position: PresentationTime) {
        let nanoseconds = position.nanoseconds();
        self.position.store(nanoseconds, Ordering::Release);
        self.tell(StreamPlayerEvent::Position(position));
    }

    /// Returns the position that was told last.
    pub(crate) fn position(&self) -> PresentationTime {
        PresentationTime::from_nanoseconds(self.position.load(Ordering::Acquire))
    }

    /// Ends the player and tells the listener why, unless the player had ended before.
    pub(crate) fn fail(&self, error: PlayerError) {
        if !self.end() {
            (self.listener)(StreamPlayerEvent::Failed(error));
        }
    }

    /// Ends the player. Returns whether it had ended before.
    fn end(&self) -> bool {
        self.is_over.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }
}

impl Watched for Shared {
    fn abandon(&self) {
        self.fail(PlayerError::Unresponsive {
            position: self.position(),
        });
    }
}
