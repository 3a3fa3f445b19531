/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The state that the handle of a player and its threads share.

use std::sync::atomic::{AtomicBool, Ordering};

use media_source::{
    PlayerError, PlayerEvent, PlayerListener, PresentationTime, SeekId, VideoFrameCounter,
};
use parking_lot::Mutex;

/// The state that the handle and the threads of a player share.
pub(crate) struct Shared {
    listener: PlayerListener,
    playhead: Mutex<Playhead>,
    pub(crate) is_paused: AtomicBool,
    /// Whether the player has ended: an error was told, or the handle is gone.
    is_over: AtomicBool,
    pub(crate) frame_counter: VideoFrameCounter,
}

struct Playhead {
    position: PresentationTime,
    newest_seek: SeekId,
}

impl Shared {
    pub(crate) fn new(listener: PlayerListener) -> Self {
        let position = PresentationTime::ZERO;
        let playhead = Playhead {
            position,
            newest_seek: SeekId::default(),
        };
        Self {
            listener,
            playhead: Mutex::new(playhead),
            is_paused: AtomicBool::new(true),
            is_over: AtomicBool::new(false),
            frame_counter: VideoFrameCounter::new(),
        }
    }

    pub(crate) fn position(&self) -> PresentationTime {
        self.playhead.lock().position
    }

    /// Tells the listener what happened, unless the player has ended.
    pub(crate) fn tell(&self, event: PlayerEvent) {
        if !self.is_over() {
            (self.listener)(event);
        }
    }

    /// Ends the player and tells the listener why, unless the player had ended before.
    pub(crate) fn fail(&self, error: PlayerError) {
        if !self.end() {
            (self.listener)(PlayerEvent::Failed(error));
        }
    }

    /// Ends the player. Returns whether it had ended before.
    pub(crate) fn end(&self) -> bool {
        self.is_over.swap(true, Ordering::AcqRel)
    }

    /// Returns whether the player has ended, after which the listener is told nothing.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    pub(crate) fn begin_seek(&self, target: PresentationTime) -> SeekId {
        let mut playhead = self.playhead.lock();
        playhead.newest_seek = playhead.newest_seek.next();
        playhead.position = target;
        playhead.newest_seek
    }

    /// Returns whether no seek has begun since `seek`.
    pub(crate) fn is_newest(&self, seek: SeekId) -> bool {
        self.playhead.lock().newest_seek == seek
    }

    /// Sets the position, unless a seek has begun since `seek`. Returns whether it was set.
    pub(crate) fn publish(&self, position: PresentationTime, seek: SeekId) -> bool {
        let mut playhead = self.playhead.lock();
        let is_newest = playhead.newest_seek == seek;
        if is_newest {
            playhead.position = position;
        }
        is_newest
    }
}
