/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The handle of a player.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use media_source::playback_quality::{VideoFrameCounter, VideoPlaybackQuality};
use media_source::reader::TrackReader;
use parking_lot::Mutex;
use track_buffer::time::PresentationTime;

use crate::chain::Outputs;
use crate::control::Control;
use crate::error::PlayerError;
use crate::frame::VideoRenderer;
use crate::message::{Command, Message};
use crate::pipelines::{Permit, Pipelines, Ticket};
use crate::watchdog::{self, Watchdog};

/// Is told what happens in a player.
pub(crate) type Listener = Box<dyn Fn(PlayerEvent) + Send + Sync>;

/// Plays the tracks of a media source. Every method returns at once; what comes of it is told to
/// the listener. Dropping it tears the pipeline down on another thread.
pub struct Player(Arc<Core>);

/// What the handle, the end of the control thread, and those who share pipelines see.
pub(crate) struct Core {
    control: Mutex<State>,
    shared: Arc<Shared>,
    listener: Arc<Listener>,
    pipelines: Pipelines,
}

/// Where the pipeline is controlled.
enum State {
    /// Nowhere: there is nothing to play yet, or it is not this player's turn to have a pipeline. What
    /// is commanded is remembered.
    AtRest(Box<Control>, Option<Ticket>),
    /// On a thread.
    Running(Sender<Message>, Closing),
    /// The player is closed.
    Closed,
}

/// The end of a player, to be waited for by who wants to.
pub struct Closing {
    /// `None` if the player never had one.
    thread: Option<JoinHandle<()>>,
    /// Closed when the control thread has ended.
    finished: Receiver<()>,
}

/// What happens in a player.
#[derive(Clone, Debug, PartialEq)]
pub enum PlayerEvent {
    /// What can be played at the initial or sought position is decoded, and its picture is shown.
    Prerolled,
    /// Playback stands here now. At most 40 ms apart while it moves.
    Position(PresentationTime),
    /// A seek is done, after [`PlayerEvent::Prerolled`]. A seek that a newer one overtook is never
    /// done.
    SeekDone {
        /// Which one.
        id: SeekId,
        /// Where playback stands.
        position: PresentationTime,
    },
    /// The renderer was given a frame. Sent on one of GStreamer's threads.
    VideoFrameUpdated,
    /// Everything up to the end of the stream was played.
    EndOfStream,
    /// Playback waits at the end of what there is, for frames to be appended.
    Starved,
    /// The player has failed and plays nothing more.
    Error(PlayerError),
}

/// Which seek of a player's. A later one is greater.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SeekId(u64);

/// What the handle and the control thread both see.
pub(crate) struct Shared {
    playhead: Mutex<Playhead>,
    is_paused: AtomicBool,
    /// Set at the end of it all: an error was told, or the handle is gone.
    is_over: AtomicBool,
    pub(crate) frame_counter: VideoFrameCounter,
}

struct Playhead {
    position: PresentationTime,
    newest_seek: SeekId,
}

impl Player {
    /// A paused player without tracks, at the start of the presentation.
    ///
    /// `listener` is called on the player's own threads and must not block them; it may call the
    /// player. GStreamer is started if that has not happened yet. There is no thread and no pipeline
    /// before there are tracks and it is the player's turn to have one of `pipelines`. It keeps that
    /// one until another player needs one while this one stands or lacks data; then it waits, with its
    /// picture on the screen, until it has something to do again and its turn has come.
    pub fn new(
        pipelines: &Pipelines,
        renderer: Box<dyn VideoRenderer>,
        listener: Box<dyn Fn(PlayerEvent) + Send + Sync>,
    ) -> Result<Self, PlayerError> {
        gstreamer::init().map_err(|error| PlayerError::Initialization(error.to_string()))?;
        let shared = Arc::new(Shared::new());
        let listener = Arc::new(listener);
        let control = Control::new(
            Outputs::new(renderer, listener.clone(), shared.frame_counter.clone()),
            shared.clone(),
            Watchdog::new(shared.clone(), listener.clone())?,
        );
        Ok(Self(Arc::new(Core {
            control: Mutex::new(State::AtRest(Box::new(control), None)),
            shared,
            listener,
            pipelines: pipelines.clone(),
        })))
    }

    /// Plays the first audio and the first video track of `tracks` from now on, at the position that
    /// is reached. If they are those that are played already, nothing is disturbed; without any,
    /// playback waits.
    pub fn set_tracks(&self, tracks: Vec<TrackReader>) {
        self.send(Command::SetTracks(tracks));
    }

    /// Tells that frames were appended or removed, or that the media source ended or opened again.
    pub fn data_changed(&self) {
        self.send(Command::DataChanged);
    }

    /// Plays, as soon as there is something to play.
    pub fn play(&self) {
        self.set_paused(false);
    }

    /// Stops at the current position.
    pub fn pause(&self) {
        self.set_paused(true);
    }

    /// Whether the last of [`Player::play`] and [`Player::pause`] was the latter, or neither was
    /// called.
    pub fn is_paused(&self) -> bool {
        self.0.shared.is_paused.load(Ordering::Acquire)
    }

    /// Goes to `target` exactly. Where nothing is buffered there, waits for it.
    pub fn seek(&self, target: PresentationTime) -> SeekId {
        let id = self.0.shared.begin_seek(target);
        self.send(Command::Seek(id, target));
        id
    }

    /// Plays that many seconds of media in a second. At 0 and below, and if it is no number, playback
    /// stands still; other rates are brought within [`PLAYBACK_RATES`](crate::PLAYBACK_RATES).
    pub fn set_rate(&self, rate: f64) {
        self.send(Command::SetRate(rate));
    }

    /// Whether sound keeps its pitch at other rates than 1. It does until this is called.
    pub fn set_preserves_pitch(&self, preserves_pitch: bool) {
        self.send(Command::SetPreservesPitch(preserves_pitch));
    }

    /// Sets how loud it is, from 0 (silence) to 1.
    pub fn set_volume(&self, volume: f64) {
        self.send(Command::SetVolume(volume.clamp(0., 1.)));
    }

    /// Silences it, whatever the volume.
    pub fn set_muted(&self, is_muted: bool) {
        self.send(Command::SetMuted(is_muted));
    }

    /// Where playback stands; from the call of [`Player::seek`] on, the target.
    pub fn position(&self) -> PresentationTime {
        self.0.shared.position()
    }

    /// The counts of `getVideoPlaybackQuality()`, since the player was made.
    pub fn frame_counts(&self) -> VideoPlaybackQuality {
        self.0.shared.frame_counter.quality()
    }

    /// Tears the pipeline down, as dropping the player does. What this gives may be waited for.
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

impl Core {
    fn send(self: &Arc<Self>, command: Command) {
        let mut state = self.control.lock();
        let sent = match &mut *state {
            State::AtRest(control, _) => {
                let obeyed = control.obey(command);
                obeyed.and_then(|()| self.request_pipeline(&mut state))
            }
            State::Running(messages, _) => messages
                .send(Message::Command(command))
                // The thread has told why it ended, unless it could not.
                .map_err(|_| PlayerError::ended_unexpectedly(self.shared.position())),
            State::Closed => Ok(()),
        };
        drop(state);
        self.tell_failure(sent);
    }

    fn tell_failure(&self, done: Result<(), PlayerError>) {
        if let Err(error) = done
            && self.shared.fail()
        {
            (self.listener)(PlayerEvent::Error(error));
        }
    }

    /// Has a player at rest wait for a pipeline just as long as it wants one.
    fn request_pipeline(self: &Arc<Self>, state: &mut State) -> Result<(), PlayerError> {
        let State::AtRest(control, ticket) = state else {
            return Ok(());
        };
        let wants_pipeline = control.wants_pipeline() && !self.shared.is_over();
        match ticket.take() {
            None if wants_pipeline => match self.pipelines.request(self, control.sender()) {
                Ok(permit) => return self.start(state, permit),
                Err(turn) => *ticket = Some(turn),
            },
            Some(turn) if !wants_pipeline => self.pipelines.withdraw(turn),
            unchanged => *ticket = unchanged,
        }
        Ok(())
    }

    /// The turn has come of a player that waited for a pipeline.
    pub(crate) fn begin(self: &Arc<Self>, permit: Permit) {
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
        let (shared, listener) = (self.shared.clone(), self.listener.clone());
        let run = move || {
            match panic::catch_unwind(AssertUnwindSafe(|| control.run())) {
                Ok(Some(control)) => {
                    if let Some(core) = core.upgrade() {
                        core.rest(control);
                    }
                }
                Ok(None) => {}
                Err(_) => {
                    if shared.fail() {
                        let error = PlayerError::ended_unexpectedly(shared.position());
                        listener(PlayerEvent::Error(error));
                    }
                }
            }
            drop(listener);
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

    /// The thread has given its pipeline back and ends.
    fn rest(self: &Arc<Self>, mut control: Box<Control>) {
        let mut state = self.control.lock();
        if !matches!(*state, State::Running(..)) {
            return;
        }
        let obeyed = control.obey_the_rest();
        *state = State::AtRest(control, None);
        let requested = obeyed.and_then(|()| self.request_pipeline(&mut state));
        drop(state);
        self.tell_failure(requested);
    }

    /// Ends it all. `None` if nothing is left to end.
    fn end(&self) -> Option<Closing> {
        // A pipeline that does not come to an end has nobody left to tell.
        self.shared.fail();
        let state = std::mem::replace(&mut *self.control.lock(), State::Closed);
        match state {
            State::AtRest(_, ticket) => {
                if let Some(ticket) = ticket {
                    self.pipelines.withdraw(ticket);
                }
                None
            }
            State::Running(messages, closing) => {
                // It may have ended after an error.
                let _ = messages.send(Message::Command(Command::ShutDown));
                Some(closing)
            }
            State::Closed => None,
        }
    }
}

impl Drop for Player {
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

    /// Waits until the thread and the pipeline of the player are gone, for 5 s at most. Whether
    /// they are: a pipeline that does not answer is abandoned.
    pub fn wait(self) -> bool {
        if self.finished.recv_timeout(watchdog::LIMIT) == Err(RecvTimeoutError::Timeout) {
            return false;
        }
        // The thread is at its end.
        self.thread.is_none_or(|thread| thread.join().is_ok())
    }
}

impl Shared {
    fn new() -> Self {
        let position = PresentationTime::ZERO;
        let playhead = Playhead {
            position,
            newest_seek: SeekId::default(),
        };
        Self {
            playhead: Mutex::new(playhead),
            is_paused: AtomicBool::new(true),
            is_over: AtomicBool::new(false),
            frame_counter: VideoFrameCounter::new(),
        }
    }

    pub(crate) fn position(&self) -> PresentationTime {
        self.playhead.lock().position
    }

    /// Ends it all. Whether that is new.
    pub(crate) fn fail(&self) -> bool {
        !self.is_over.swap(true, Ordering::AcqRel)
    }

    /// Whether nothing is to be told any more.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    fn begin_seek(&self, target: PresentationTime) -> SeekId {
        let mut playhead = self.playhead.lock();
        playhead.newest_seek.0 += 1;
        playhead.position = target;
        playhead.newest_seek
    }

    /// Whether no seek has begun since `seek`.
    pub(crate) fn is_newest(&self, seek: SeekId) -> bool {
        self.playhead.lock().newest_seek == seek
    }

    /// Sets where playback stands, unless a seek has begun since `seek`. Whether it did.
    pub(crate) fn publish(&self, position: PresentationTime, seek: SeekId) -> bool {
        let mut playhead = self.playhead.lock();
        let is_newest = playhead.newest_seek == seek;
        if is_newest {
            playhead.position = position;
        }
        is_newest
    }
}
