/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The thread of a player of tracks: it shows the newest picture, and plays the sound of each audio track
//! through a [`Voice`].

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use gstreamer::Sample;
use media_source::{PlayerError, PresentationTime, VideoFrame, VideoFrameCounter, VideoRenderer};
use media_stream::StreamPlayerEvent;
use parking_lot::Mutex;

use super::clock;
use super::feed::{Tap, TrackFeed};
use super::player::Shared;
use super::voice::{Voice, VoiceId};
use crate::frame;
use crate::watchdog::Watchdog;

/// How far the positions that are told are apart.
const POSITION_PERIOD: Duration = Duration::from_millis(25);

/// A message to the thread of a player.
pub(crate) enum Command {
    SetTracks(Option<Arc<TrackFeed>>, Vec<Arc<TrackFeed>>),
    SetPaused(bool),
    SetVolume(f64),
    SetMuted(bool),
    /// There is a picture to show.
    PictureCame,
    /// The first sound of a track has come.
    SoundCame(VoiceId),
    /// The output of the sound of a track has failed.
    VoiceFailed(VoiceId, String),
    /// The output of the sound of a track holds another amount of it.
    LatencyChanged(VoiceId),
    End,
}

/// How sound is heard.
#[derive(Clone, Copy)]
pub(crate) struct Loudness {
    /// From 0 (silence) to 1.
    pub(crate) volume: f64,
    pub(crate) is_muted: bool,
}

/// The state of a player, on its thread.
pub(crate) struct PlayerControl {
    commands: Receiver<Command>,
    sender: Sender<Command>,
    shared: Arc<Shared>,
    watchdog: Watchdog,
    renderer: Option<Box<dyn VideoRenderer>>,
    video: Option<Video>,
    voices: Vec<Voice>,
    voice_count: u64,
    loudness: Loudness,
    is_paused: bool,
    /// Whether tracks were set whose first media have not all come.
    is_waiting: bool,
    /// Whether the first media of the first tracks have come, so that there is something to play.
    has_begun: bool,
    playhead: Playhead,
    position_due: Instant,
}

/// The video track.
struct Video {
    feed: Arc<TrackFeed>,
    newest: Arc<Newest>,
    _tap: Tap,
}

/// The newest picture of a track, and when it came. One that is not shown in time gives way to the next
/// one.
struct Newest {
    picture: Mutex<Option<(Sample, Instant)>>,
    /// Whether no picture has been shown, so that one is wanted even in a pause.
    is_first: AtomicBool,
    is_playing: AtomicBool,
}

impl Newest {
    fn handle(&self, sample: &Sample, counter: &VideoFrameCounter, player: &Sender<Command>) {
        let is_playing = self.is_playing.load(Ordering::Acquire);
        if !is_playing && !self.is_first.load(Ordering::Acquire) {
            return;
        }
        let picture = (sample.clone(), Instant::now());
        let last = self.picture.lock().replace(picture);
        if last.is_none() {
            // There is no receiver if the player has ended.
            let _ = player.send(Command::PictureCame);
        } else if is_playing {
            counter.count_dropped();
        }
    }
}

/// How long it has been playing.
#[derive(Default)]
struct Playhead {
    /// Before the last pause.
    before: Duration,
    /// Since when it plays; `None` if it does not.
    start: Option<Instant>,
}

impl Playhead {
    fn at(&self, time: Instant) -> PresentationTime {
        let since = self
            .start
            .map(|start| time.saturating_duration_since(start));
        let whole = self.before + since.unwrap_or_default();
        PresentationTime::from_nanoseconds(i64::try_from(whole.as_nanos()).unwrap_or(i64::MAX))
    }

    /// Returns whether that is a change.
    fn set_running(&mut self, is_running: bool, now: Instant) -> bool {
        if is_running == self.start.is_some() {
            return false;
        }
        match self.start.take() {
            Some(start) => self.before += now.saturating_duration_since(start),
            None => self.start = Some(now),
        }
        true
    }
}

impl PlayerControl {
    /// Returns a paused player without tracks, and what takes its commands.
    pub(crate) fn new(
        renderer: Option<Box<dyn VideoRenderer>>,
        shared: Arc<Shared>,
    ) -> Result<(Sender<Command>, Self), PlayerError> {
        let (sender, commands) = crossbeam_channel::unbounded();
        let control = Self {
            commands,
            sender: sender.clone(),
            watchdog: Watchdog::new(shared.clone())?,
            shared,
            renderer,
            video: None,
            voices: Vec::new(),
            voice_count: 0,
            loudness: Loudness {
                volume: 1.,
                is_muted: false,
            },
            is_paused: true,
            is_waiting: false,
            has_begun: false,
            playhead: Playhead::default(),
            position_due: Instant::now(),
        };
        Ok((sender, control))
    }

    /// Runs until the handle is dropped or the player fails.
    pub(crate) fn run(mut self) {
        // The watchdog may end the player too.
        while !self.shared.is_over() {
            let is_playing = self.playhead.start.is_some();
            let received = match is_playing {
                true => self.commands.recv_deadline(self.position_due),
                false => self.commands.recv().map_err(RecvTimeoutError::from),
            };
            let done = match received {
                Ok(Command::End) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(command) => self.handle(command),
                Err(RecvTimeoutError::Timeout) => Ok(()),
            };
            if let Err(error) = done.and_then(|()| self.settle()) {
                self.shared.fail(error);
            }
        }
    }

    fn handle(&mut self, command: Command) -> Result<(), PlayerError> {
        match command {
            Command::SetTracks(video, audio) => self.set_tracks(video, audio),
            Command::SetPaused(is_paused) => self.is_paused = is_paused,
            Command::SetVolume(volume) => {
                self.loudness.volume = volume;
                self.apply_loudness();
            }
            Command::SetMuted(is_muted) => {
                self.loudness.is_muted = is_muted;
                self.apply_loudness();
            }
            Command::PictureCame => self.show_newest(),
            Command::SoundCame(id) => {
                if let Some(voice) = self.voice(id) {
                    voice.has_come = true;
                }
            }
            Command::LatencyChanged(id) => {
                if let Some(voice) = self.voice(id) {
                    voice.handle_latency_change();
                }
            }
            Command::VoiceFailed(id, message) => {
                if self.voice(id).is_some() {
                    return Err(PlayerError::Playback {
                        track: Some("the output of sound".to_owned()),
                        position: self.playhead.at(Instant::now()),
                        message,
                    });
                }
            }
            Command::End => {}
        }
        Ok(())
    }

    /// Returns a voice that is still there.
    fn voice(&mut self, id: VoiceId) -> Option<&mut Voice> {
        self.voices.iter_mut().find(|voice| voice.id() == id)
    }

    fn set_tracks(&mut self, video: Option<Arc<TrackFeed>>, audio: Vec<Arc<TrackFeed>>) {
        let is_same = |current: &Video, feed: &Arc<TrackFeed>| Arc::ptr_eq(&current.feed, feed);
        let current = self.video.take();
        self.video = video.map(|feed| match current {
            Some(current) if is_same(&current, &feed) => current,
            _ => self.watch(feed),
        });
        let mut voices = mem::take(&mut self.voices);
        for feed in audio {
            let place = voices.iter().position(|voice| voice.plays(&feed));
            let voice = match place {
                Some(place) => voices.swap_remove(place),
                None => {
                    self.voice_count += 1;
                    let id = VoiceId(self.voice_count);
                    Voice::new(id, feed, self.sender.clone(), self.watchdog.clone())
                }
            };
            self.voices.push(voice);
        }
        self.is_waiting = true;
    }

    fn watch(&self, feed: Arc<TrackFeed>) -> Video {
        let newest = Arc::new(Newest {
            picture: Mutex::default(),
            is_first: AtomicBool::new(true),
            is_playing: AtomicBool::new(self.playhead.start.is_some()),
        });
        let (slot, player) = (newest.clone(), self.sender.clone());
        let counter = self.shared.frame_counter.clone();
        let tap = feed.tap(move |sample| slot.handle(sample, &counter, &player));
        Video {
            feed,
            newest,
            _tap: tap,
        }
    }

    /// Does what has become due.
    fn settle(&mut self) -> Result<(), PlayerError> {
        let has_all = self.voices.iter().all(|voice| voice.has_come)
            && self
                .video
                .as_ref()
                .is_none_or(|video| !video.newest.is_first.load(Ordering::Acquire));
        if has_all && mem::take(&mut self.is_waiting) {
            self.has_begun = true;
            self.shared.tell(StreamPlayerEvent::Ready);
        }
        let is_playing = self.has_begun && !self.is_paused;
        let now = Instant::now();
        let has_changed = self.playhead.set_running(is_playing, now);
        if let Some(video) = &self.video {
            let newest = &video.newest;
            newest.is_playing.store(is_playing, Ordering::Release);
        }
        for voice in &mut self.voices {
            voice.set_playing(is_playing, self.loudness)?;
        }
        if has_changed || is_playing && now >= self.position_due {
            self.position_due = now + POSITION_PERIOD;
            self.shared.tell_position(self.playhead.at(now));
        }
        Ok(())
    }

    fn show_newest(&mut self) {
        let Some(video) = &self.video else { return };
        let Some((sample, time)) = video.newest.picture.lock().take() else {
            return;
        };
        let is_first = video.newest.is_first.swap(false, Ordering::AcqRel);
        if !is_first && self.playhead.start.is_none() {
            return;
        }
        let (Some(renderer), Some(frame)) = (&mut self.renderer, frame::from_sample(&sample))
        else {
            return;
        };
        renderer.render(VideoFrame {
            start: self.playhead.at(time),
            capture_age: sample
                .buffer()
                .and_then(|buffer| Some(clock::age_of(buffer.pts()?))),
            ..frame
        });
        self.shared.frame_counter.count_displayed();
        self.shared.tell(StreamPlayerEvent::VideoFrameUpdated);
    }

    fn apply_loudness(&self) {
        for voice in &self.voices {
            voice.set_loudness(self.loudness);
        }
    }
}
