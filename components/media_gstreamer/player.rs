/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The handle of a player.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use media_source::reader::TrackReader;
use parking_lot::Mutex;
use track_buffer::time::PresentationTime;

use crate::control::{self, Command, Message};
use crate::error::PlayerError;
use crate::frame::VideoRenderer;

/// How long a pipeline may take to be torn down.
const TEARDOWN: Duration = Duration::from_secs(5);

/// Is told what happens in a player.
pub(crate) type Listener = Box<dyn Fn(PlayerEvent) + Send + Sync>;

/// Plays the tracks of a media source. Every method returns at once; what comes of it is told to
/// the listener. Dropping it tears the pipeline down on another thread.
pub struct Player {
    messages: Sender<Message>,
    shared: Arc<Shared>,
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
}

struct Playhead {
    position: PresentationTime,
    newest_seek: SeekId,
}

impl Player {
    /// A paused player without tracks, at the start of the presentation.
    ///
    /// `listener` is called on the player's own threads and must not block them; it may call the
    /// player. GStreamer is started if that has not happened yet.
    pub fn new(
        renderer: Box<dyn VideoRenderer>,
        listener: Box<dyn Fn(PlayerEvent) + Send + Sync>,
    ) -> Result<Self, PlayerError> {
        gstreamer::init().map_err(|error| PlayerError::Initialization(error.to_string()))?;
        let shared = Arc::new(Shared::new());
        let (messages, receiver) = crossbeam_channel::unbounded();
        let (finish, finished) = crossbeam_channel::bounded(0);
        let control = control::Control::new(
            renderer,
            listener,
            shared.clone(),
            messages.clone(),
            receiver,
        );
        let run = move || {
            control.run();
            drop(finish);
        };
        let thread = thread::Builder::new()
            .name("PlayerControl".to_owned())
            .spawn(run);
        thread.map_err(|error| PlayerError::Initialization(error.to_string()))?;
        Ok(Self {
            messages,
            shared,
            finished,
        })
    }

    /// Plays the first audio and the first video track of `tracks` from now on.
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
        self.shared.is_paused.load(Ordering::Acquire)
    }

    /// Goes to `target` exactly. Where nothing is buffered there, waits for it.
    pub fn seek(&self, target: PresentationTime) -> SeekId {
        let id = self.shared.begin_seek(target);
        self.send(Command::Seek(id, target));
        id
    }

    /// Plays that many seconds of media in a second, with the pitch kept. At 0 and below playback
    /// stands still.
    pub fn set_rate(&self, rate: f64) {
        self.send(Command::SetRate(rate));
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
        self.shared.playhead.lock().position
    }

    fn set_paused(&self, is_paused: bool) {
        self.shared.is_paused.store(is_paused, Ordering::Release);
        self.send(Command::SetPaused(is_paused));
    }

    fn send(&self, command: Command) {
        // After an error nobody listens any more.
        let _ = self.messages.send(Message::Command(command));
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.send(Command::ShutDown);
        let finished = self.finished.clone();
        let watch = move || {
            if finished.recv_timeout(TEARDOWN) == Err(RecvTimeoutError::Timeout) {
                control::log_abandoned(TEARDOWN);
            }
        };
        // Without a thread for it, nobody watches.
        let _ = thread::Builder::new()
            .name("PlayerTeardown".to_owned())
            .spawn(watch);
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
        }
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
