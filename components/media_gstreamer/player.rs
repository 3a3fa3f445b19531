/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The handle of a player.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use media_source::{
    Player, PlayerError, PlayerListener, PresentationTime, SeekId, TrackReader,
    VideoPlaybackQuality, VideoRenderer,
};
use parking_lot::Mutex;

use crate::control::Control;
use crate::message::{Command, Message};
use crate::outputs::Outputs;
use crate::pipelines::{Permit, Pipelines, Ticket};
use crate::shared::Shared;
use crate::watchdog::{self, Watchdog};

/// Plays the tracks of a media source. Every method returns at once, and the listener is told of the
/// results. Dropping it tears the pipeline down on another thread.
pub struct GStreamerPlayer(Arc<Core>);

/// The part of a player that its handle, its control thread when it ends, and the pipelines see.
struct Core {
    control: Mutex<State>,
    shared: Arc<Shared>,
    pipelines: Pipelines,
}

/// Where the pipeline is controlled.
enum State {
    /// No thread runs: there is nothing to play yet, or it is not the turn of this player to have a
    /// pipeline. Commands are remembered.
    AtRest(Box<Control>, Option<Ticket>),
    /// A thread controls the pipeline.
    Running(Sender<Message>, Closing),
    /// The player is closed.
    Closed,
}

/// The end of a player, for which a host may wait.
pub struct Closing {
    /// `None` if the player never had one.
    thread: Option<JoinHandle<()>>,
    /// Closed when the control thread has ended.
    finished: Receiver<()>,
}

impl GStreamerPlayer {
    /// Returns a paused player without tracks, at the start of the presentation.
    ///
    /// `listener` is called on the player's own threads and must not block them; it may call the
    /// player. GStreamer is started if that has not happened yet. The player has no thread and no pipeline
    /// before it has tracks and it is its turn to have one of `pipelines`. It keeps the pipeline until
    /// another player needs one while this one stands or lacks data. Then it waits, with its frame on the
    /// screen, until it has something to do again and its turn has come.
    pub fn new(
        pipelines: &Pipelines,
        renderer: Box<dyn VideoRenderer>,
        listener: PlayerListener,
    ) -> Result<Self, PlayerError> {
        gstreamer::init().map_err(|error| PlayerError::Initialization(error.to_string()))?;
        let shared = Arc::new(Shared::new(listener));
        let control = Control::new(
            Outputs::new(renderer, shared.clone(), pipelines.decoder_preference()),
            shared.clone(),
            Watchdog::new(shared.clone())?,
        );
        Ok(Self(Arc::new(Core {
            control: Mutex::new(State::AtRest(Box::new(control), None)),
            shared,
            pipelines: pipelines.clone(),
        })))
    }

    /// Returns whether the player is paused: [`Player::pause`] was called after [`Player::play`], or
    /// neither was called.
    pub fn is_paused(&self) -> bool {
        self.0.shared.is_paused.load(Ordering::Acquire)
    }

    /// Returns the current position. From the call of [`Player::seek`] on that is the target.
    pub fn position(&self) -> PresentationTime {
        self.0.shared.position()
    }

    /// Tears the pipeline down, as dropping the player does. The returned value may be waited for.
    pub fn close(self) -> Closing {
        self.0.end().unwrap_or_else(Closing::of_no_thread)
    }

    fn set_paused(&self, is_paused: bool) {
        self.0.shared.is_paused.store(is_paused, Ordering::Release);
        self.send(Command::SetPaused(is_paused));
    }

    fn send(&self, command: Command) {
        self.0.send(command);
    }
}

impl Player for GStreamerPlayer {
    fn set_tracks(&self, tracks: Vec<TrackReader>) {
        self.send(Command::SetTracks(tracks));
    }

    fn data_changed(&self) {
        self.send(Command::DataChanged);
    }

    fn play(&self) {
        self.set_paused(false);
    }

    fn pause(&self) {
        self.set_paused(true);
    }

    fn seek(&self, target: PresentationTime) -> SeekId {
        let id = self.0.shared.begin_seek(target);
        self.send(Command::Seek(id, target));
        id
    }

    fn set_rate(&self, rate: f64) {
        self.send(Command::SetRate(rate));
    }

    fn set_preserves_pitch(&self, preserves_pitch: bool) {
        self.send(Command::SetPreservesPitch(preserves_pitch));
    }

    fn set_volume(&self, volume: f64) {
        self.send(Command::SetVolume(volume.clamp(0., 1.)));
    }

    fn set_muted(&self, is_muted: bool) {
        self.send(Command::SetMuted(is_muted));
    }

    fn frame_counts(&self) -> VideoPlaybackQuality {
        self.0.shared.frame_counter.quality()
    }
}

impl Core {
    fn send(self: &Arc<Self>, command: Command) {
        let mut state = self.control.lock();
        let sent = match &mut *state {
            State::AtRest(control, _) => {
                let handled = control.handle_command(command);
                handled.and_then(|()| self.request_pipeline(&mut state))
            }
            State::Running(messages, _) => messages
                .send(Message::Command(command))
                // The thread has told why it ended, unless it panicked.
                .map_err(|_| PlayerError::EndedUnexpectedly {
                    position: self.shared.position(),
                }),
            State::Closed => Ok(()),
        };
        drop(state);
        self.tell_failure(sent);
    }

    fn tell_failure(&self, done: Result<(), PlayerError>) {
        if let Err(error) = done {
            self.shared.fail(error);
        }
    }

    /// Lets a player at rest wait for a pipeline as long as it wants one.
    fn request_pipeline(self: &Arc<Self>, state: &mut State) -> Result<(), PlayerError> {
        let State::AtRest(control, ticket) = state else {
            return Ok(());
        };
        let wants_pipeline = control.wants_pipeline() && !self.shared.is_over();
        let core = Arc::downgrade(self);
        let begin = move |permit| {
            if let Some(core) = core.upgrade() {
                core.begin(permit);
            }
        };
        match ticket.take() {
            None if wants_pipeline => match self.pipelines.request(control.sender(), begin) {
                Ok(permit) => return self.start(state, permit),
                Err(turn) => *ticket = Some(turn),
            },
            Some(turn) if !wants_pipeline => self.pipelines.withdraw(turn),
            unchanged => *ticket = unchanged,
        }
        Ok(())
    }

    /// Starts a player that waited for a pipeline, because its turn has come.
    fn begin(self: &Arc<Self>, permit: Permit) {
        let mut state = self.control.lock();
        let State::AtRest(control, ticket) = &mut *state else {
            return;
        };
        if let Some(turn) = ticket.take() {
            self.pipelines.withdraw(turn);
        }
        if control.wants_pipeline() {
            let started = self.start(&mut state, permit);
            drop(state);
            self.tell_failure(started);
        }
    }

    /// Starts the thread of a player at rest.
    fn start(self: &Arc<Self>, state: &mut State, permit: Permit) -> Result<(), PlayerError> {
        let State::AtRest(mut control, _) = std::mem::replace(state, State::Closed) else {
            return Ok(());
        };
        control.admit(permit);
        let (finish, finished) = crossbeam_channel::bounded(0);
        let messages = control.sender();
        let core = Arc::downgrade(self);
        let shared = self.shared.clone();
        let run = move || {
            match panic::catch_unwind(AssertUnwindSafe(|| control.run())) {
                Ok(Some(control)) => {
                    if let Some(core) = core.upgrade() {
                        core.rest(control);
                    }
                }
                Ok(None) => {}
                Err(_) => {
                    shared.fail(PlayerError::EndedUnexpectedly {
                        position: shared.position(),
                    });
                }
            }
            drop(shared);
            drop(finish);
        };
        let thread = thread::Builder::new()
            .name("PlayerControl".to_owned())
            .spawn(run)
            .map_err(|error| PlayerError::Initialization(error.to_string()))?;
        let closing = Closing {
            thread: Some(thread),
            finished,
        };
        *state = State::Running(messages, closing);
        Ok(())
    }

    /// Takes the player back from its thread, which has given the pipeline back and ends.
    fn rest(self: &Arc<Self>, mut control: Box<Control>) {
        let mut state = self.control.lock();
        if !matches!(*state, State::Running(..)) {
            return;
        }
        let handled = control.handle_remaining_commands();
        *state = State::AtRest(control, None);
        let requested = handled.and_then(|()| self.request_pipeline(&mut state));
        drop(state);
        self.tell_failure(requested);
    }

    /// Ends the player. Returns `None` if no thread is left to wait for.
    fn end(&self) -> Option<Closing> {
        // From here on the listener is told nothing, even if the pipeline does not come to an end.
        self.shared.end();
        let state = std::mem::replace(&mut *self.control.lock(), State::Closed);
        match state {
            State::AtRest(_, ticket) => {
                if let Some(ticket) = ticket {
                    self.pipelines.withdraw(ticket);
                }
                None
            }
            State::Running(messages, closing) => {
                // The thread may have ended after an error.
                let _ = messages.send(Message::Command(Command::ShutDown));
                Some(closing)
            }
            State::Closed => None,
        }
    }
}

impl Drop for GStreamerPlayer {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Closing {
    fn of_no_thread() -> Self {
        Self {
            thread: None,
            finished: crossbeam_channel::bounded(0).1,
        }
    }

    /// Waits until the thread and the pipeline of the player are gone, for 5 s at most. Returns whether
    /// they are. A pipeline that does not answer is abandoned.
    pub fn wait(self) -> bool {
        if self.finished.recv_timeout(watchdog::LIMIT) == Err(RecvTimeoutError::Timeout) {
            return false;
        }
        // The thread is at its end, so that this returns soon.
        self.thread.is_none_or(|thread| thread.join().is_ok())
    }
}
