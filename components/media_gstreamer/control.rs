/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The thread that owns a player's pipeline.

mod failure;
mod playhead;
mod rest;
mod standstill;
mod waiting;

use std::sync::Arc;
use std::time::{Duration, Instant};

use byte_stream::track::Medium;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use gstreamer::MessageView;
use media_source::{PlayerError, PlayerEvent, SeekId, TrackReader};
use track_buffer::time::{PresentationTime, TimeDelta};

use crate::chain::Track;
use crate::graph::Graph;
use crate::message::{Command, Generation, Message};
use crate::outputs::Outputs;
use crate::pipelines::Permit;
use crate::rate;
use crate::shared::Shared;
use crate::watchdog::Watchdog;

use self::playhead::Playhead;
use self::rest::Rest;
use self::standstill::Standstill;

/// How long before the last frame a starved decoder is made to output the frames that it holds back.
/// It would output them otherwise only when more frames come.
const DRAIN_AHEAD: TimeDelta = TimeDelta::from_milliseconds(400);
/// How long the clock goes on at the end of the available frames for those still being decoded.
const CATCHING_UP: Duration = Duration::from_millis(500);

/// The wait for the first frames at a position.
enum Preroll {
    /// The listener is told when they are there, of the seek too if there was one.
    Announced(Option<SeekId>),
    /// Nobody is told. Playback goes on.
    Silent,
}

/// The state of a player, on its thread.
///
/// The player is in the first of these states whose condition holds. [`Control::settle`] is called
/// after each message and does what the last column says.
///
/// | state | condition | what `settle` does |
/// |---|---|---|
/// | empty | neither `graph` nor `rest` | nothing |
/// | at rest | `rest` | nothing: the thread has ended, or is about to; see `rest.rs` |
/// | prerolling | `preroll` | tells that the first frames are there; restarts if frames came after the source was closed |
/// | stalled | `is_stalled` | lets the clock run when frames have come |
/// | ended | `has_told_end` | restarts when frames have come |
/// | paused | `is_paused` | stops the clock |
/// | still | `is_still` | stops the clock |
/// | running | none of these | lets the clock run; stops it where frames are missing, at another decoder, and tells the end |
///
/// While there is a `graph`, these hold after `settle`:
/// - `is_running` is true in the states running and ended only.
/// - During a preroll neither `is_stalled` nor `has_told_end` is true. (At rest they may be from
///   before, and the next pipeline resets them.)
/// - `is_stalled` and `has_told_end` are both true only if the stream was opened again at its end.
/// - `is_paused` and `is_still` go with every state: they say what the user wants.
pub(crate) struct Control {
    messages: Receiver<Message>,
    sender: Sender<Message>,
    shared: Arc<Shared>,
    watchdog: Watchdog,
    outputs: Outputs,
    graph: Option<Graph>,
    /// The right to have the pipeline. It is given back after the pipeline is gone.
    permit: Option<Permit>,
    /// Set while there is no pipeline for the tracks to be played.
    rest: Option<Rest>,
    generation: Generation,
    /// The playback rate of the pipeline, within the supported bounds.
    rate: f64,
    /// Whether the rate asked for is 0 or below, so that playback stands still.
    is_still: bool,
    is_paused: bool,
    /// Set from a restart until the first frames are there.
    preroll: Option<Preroll>,
    /// Whether the pipeline was told to run.
    is_running: bool,
    /// Whether the clock stands because frames are missing, which was told.
    is_stalled: bool,
    /// Whether the end of the stream was told.
    has_told_end: bool,
    playhead: Playhead,
    standstill: Standstill,
    /// The last position at which a lost frame was to be shown after all.
    caught_up: Option<PresentationTime>,
}

impl Control {
    pub(crate) fn new(outputs: Outputs, shared: Arc<Shared>, watchdog: Watchdog) -> Self {
        let (sender, messages) = crossbeam_channel::unbounded();
        let now = Instant::now();
        Self {
            messages,
            sender,
            shared,
            watchdog,
            outputs,
            graph: None,
            permit: None,
            rest: None,
            generation: Generation(0),
            rate: 1.,
            is_still: false,
            is_paused: true,
            preroll: None,
            is_running: false,
            is_stalled: false,
            has_told_end: false,
            playhead: Playhead::new(now),
            standstill: Standstill::new(now),
            caught_up: None,
        }
    }

    /// Runs until the handle is dropped or playback fails, and then returns `None`. Returns the player
    /// if it has given its pipeline back to another one.
    pub(crate) fn run(mut self: Box<Self>) -> Option<Box<Self>> {
        let mut done = self.end_rest();
        // The watchdog, or the handle, may end playback too.
        while !self.shared.is_over() {
            if let Err(error) = done.and_then(|()| self.settle()) {
                // This comes before the teardown of the pipeline, which may not answer.
                self.shared.fail(error);
                return None;
            }
            let is_idle = self.is_idle();
            if self
                .permit
                .as_ref()
                .is_some_and(|permit| permit.set_idle(is_idle))
            {
                self.give_back_pipeline();
                return Some(self);
            }
            done = match self.receive() {
                Some(Message::Command(Command::ShutDown)) => return None,
                Some(Message::Command(command)) => self.handle_command(command),
                Some(Message::Bus(generation, message)) => self.handle_bus(generation, &message),
                Some(Message::OutputRefused(generation, medium, cause)) => {
                    self.refuse_output(generation, medium, cause)
                }
                Some(Message::SourceHasRunEmpty(medium)) => self.feed(medium),
                None => self.handle_time(),
            };
        }
        None
    }

    /// Returns the next message; `None` if it is time to look at the pipeline first.
    fn receive(&self) -> Option<Message> {
        let received = match self.time_to_look() {
            Some(due) => self.messages.recv_deadline(due),
            None => self
                .messages
                .recv()
                .map_err(|_| RecvTimeoutError::Disconnected),
        };
        match received {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Timeout) => None,
            // The control thread holds a sender itself.
            Err(RecvTimeoutError::Disconnected) => Some(Message::Command(Command::ShutDown)),
        }
    }

    /// Returns a sender of messages to this player.
    pub(crate) fn sender(&self) -> Sender<Message> {
        self.sender.clone()
    }

    /// Does what a command asks for. A player without a pipeline remembers it.
    pub(crate) fn handle_command(&mut self, command: Command) -> Result<(), PlayerError> {
        match command {
            Command::DataChanged => self.handle_data_change()?,
            Command::Seek(id, target) => self.handle_seek(id, target),
            Command::SetMuted(is_muted) => {
                self.outputs.is_muted = is_muted;
                self.apply_volume();
            }
            Command::SetPaused(is_paused) => {
                self.is_paused = is_paused;
                self.disturb_rest();
                if is_paused {
                    self.set_running(false);
                    self.catch_up();
                }
            }
            Command::SetPreservesPitch(preserves_pitch) => {
                self.set_preserves_pitch(preserves_pitch)?;
            }
            Command::SetRate(rate) => self.set_rate(rate),
            Command::SetTracks(readers) => self.set_tracks(readers)?,
            Command::SetVolume(volume) => {
                self.outputs.volume = volume;
                self.apply_volume();
            }
            // The permit and the message loop look at these themselves.
            Command::GiveBackPipeline | Command::ShutDown => {}
        }
        Ok(())
    }

    fn set_tracks(&mut self, readers: Vec<TrackReader>) -> Result<(), PlayerError> {
        let is_start = self.graph.is_none() && self.rest.is_none();
        let mut tracks: Vec<Track> = Vec::new();
        for reader in readers {
            let configuration = reader.configuration();
            let medium = configuration.medium();
            let is_first = tracks
                .iter()
                .all(|track| track.configuration.medium() != medium);
            if medium != Medium::Text && is_first {
                tracks.push(Track {
                    reader,
                    configuration,
                    recovery: None,
                });
            }
        }
        if self.plays(&tracks) {
            return self.handle_data_change();
        }
        let preroll = if is_start {
            Preroll::Announced(None)
        } else {
            Preroll::Silent
        };
        self.rebuild(tracks, preroll, false)
    }

    fn handle_seek(&mut self, id: SeekId, target: PresentationTime) {
        // A newer seek has overtaken this one, and its command follows.
        if !self.shared.is_newest(id) {
            return;
        }
        // Stopping takes the old position from the pipeline, so it comes before the move.
        self.set_running(false);
        self.playhead.handle_seek(id, target);
        // A pipeline that is started later goes there too.
        self.preroll = Some(Preroll::Announced(Some(id)));
        self.outputs.ledger.handle_seek(target);
        self.disturb_rest();
        if self.graph.is_some() {
            self.begin_preroll(Preroll::Silent);
        }
        if let Some(graph) = &mut self.graph {
            graph.forget_place();
            graph.seek_to(target, self.rate);
        }
    }

    fn set_rate(&mut self, rate: f64) {
        let played = rate::played(rate);
        // While playback stands still, the rate of the pipeline stays as it was.
        self.is_still = played.is_none();
        self.disturb_rest();
        if let Some(rate) = played.filter(|rate| *rate != self.rate) {
            self.rate = rate;
            self.restart(Preroll::Silent);
        }
    }

    fn set_preserves_pitch(&mut self, preserves_pitch: bool) -> Result<(), PlayerError> {
        if preserves_pitch == self.outputs.preserves_pitch {
            return Ok(());
        }
        self.outputs.preserves_pitch = preserves_pitch;
        self.replace_graph(self.shows_position())
    }

    fn apply_volume(&self) {
        for chain in self.graph.iter().flat_map(Graph::chains) {
            chain.set_volume(&self.outputs);
        }
    }

    fn handle_data_change(&mut self) -> Result<(), PlayerError> {
        self.disturb_rest();
        let rate = self.rate;
        let mut chains = self.graph.iter_mut().flat_map(Graph::chains_mut);
        chains.try_for_each(|chain| chain.handle_data_change(rate))
    }

    fn feed(&mut self, medium: Medium) -> Result<(), PlayerError> {
        let rate = self.rate;
        let Some(chain) = self.graph.as_mut().and_then(|graph| graph.chain_of(medium)) else {
            return Ok(());
        };
        if !chain.is_stuck() {
            return chain.source_has_run_empty(rate);
        }
        self.recover_from_silence(medium)
    }

    /// Returns whether the frame on the screen is that of the current position.
    fn shows_position(&self) -> bool {
        !matches!(self.preroll, Some(Preroll::Announced(_)))
    }

    /// Goes on from the current position with the same tracks and a new pipeline. If it
    /// `keeps_picture`, the frame on the screen stays until the next one is due.
    fn replace_graph(&mut self, keeps_picture: bool) -> Result<(), PlayerError> {
        self.set_running(false);
        match self.graph.take().map(Graph::into_tracks) {
            Some(tracks) => self.rebuild(tracks, Preroll::Silent, keeps_picture),
            None => Ok(()),
        }
    }

    fn handle_bus(
        &mut self,
        generation: Generation,
        message: &gstreamer::Message,
    ) -> Result<(), PlayerError> {
        let Some(graph) = &mut self.graph else {
            return Ok(());
        };
        if graph.generation() != generation {
            return Ok(());
        }
        match message.view() {
            MessageView::Error(error) => {
                return match graph.failure(error, self.playhead.position()) {
                    None => Ok(()),
                    Some((error, Some(medium))) => self.recover(medium, error),
                    Some((error, None)) => Err(error),
                };
            }
            MessageView::Element(element) => {
                if let Some(medium) = graph.handle_forwarded(element) {
                    return self.recover_from_silence(medium);
                }
            }
            MessageView::Latency(_) => graph.recalculate_latency(),
            // The pipeline chooses a clock when it starts to run.
            MessageView::ClockLost(_) => self.set_running(false),
            // The others say that the state changed, which `settle` looks at.
            _ => {}
        }
        Ok(())
    }

    /// Starts anew from the current position, if there is a pipeline.
    fn restart(&mut self, preroll: Preroll) {
        if self.graph.is_some() {
            self.begin_preroll(preroll);
            self.outputs.ledger.handle_restart(self.playhead.position());
        }
        if let Some(graph) = &mut self.graph {
            graph.restart_at(self.playhead.position(), self.rate);
        }
    }

    /// Shows the frame of the position where playback stops, if it was dropped because it was late.
    /// Returns whether that is under way.
    fn catch_up(&mut self) -> bool {
        let position = self.playhead.position();
        let is_tried = self.caught_up == Some(position);
        if is_tried || !self.outputs.ledger.has_lost(position) {
            return false;
        }
        self.caught_up = Some(position);
        self.begin_preroll(Preroll::Silent);
        if let Some(graph) = &mut self.graph {
            let instant = TimeDelta::from_nanoseconds(-1);
            graph.restart_at(position.offset_by(instant), self.rate);
        }
        true
    }

    /// Starts anew from the current position, with a new pipeline. If it `keeps_picture`, the frame on
    /// the screen stays until the next one is due.
    fn rebuild(
        &mut self,
        tracks: Vec<Track>,
        preroll: Preroll,
        keeps_picture: bool,
    ) -> Result<(), PlayerError> {
        self.set_running(false);
        self.graph = None;
        self.rest = None;
        let position = self.playhead.position();
        self.outputs.ledger.handle_restart(position);
        self.outputs.ledger.clear();
        if tracks.is_empty() {
            return Ok(());
        }
        self.begin_preroll(preroll);
        if self.permit.is_none() {
            self.wait_for_pipeline(tracks, keeps_picture);
            return Ok(());
        }
        self.generation = Generation(self.generation.0 + 1);
        let mut graph = Graph::new(self.generation, self.sender.clone(), self.watchdog.clone());
        graph.start(tracks, position, self.rate, keeps_picture, &self.outputs)?;
        self.graph = Some(graph);
        Ok(())
    }

    /// Stops the clock until the frames at the position are there. A preroll that is under way already
    /// stays as it is announced.
    fn begin_preroll(&mut self, preroll: Preroll) {
        self.set_running(false);
        self.preroll.get_or_insert(preroll);
        self.standstill.handle_restart(Instant::now());
        self.is_stalled = false;
        self.has_told_end = false;
    }

    /// Does what follows from the state after a message. The table above [`Control`] says what.
    fn settle(&mut self) -> Result<(), PlayerError> {
        self.finish_preroll();
        self.advance_to_the_end();
        self.watch_supply()?;
        self.finish_stream();
        let can_run = self.graph.is_some() && self.preroll.is_none() && !self.is_stalled;
        self.set_running(can_run && !self.is_paused && !self.is_still);
        Ok(())
    }

    fn finish_preroll(&mut self) {
        if !self.graph.as_ref().is_some_and(Graph::is_prerolled) {
            return;
        }
        match self.preroll.take() {
            None | Some(Preroll::Silent) => {}
            Some(Preroll::Announced(seek)) => {
                self.shared.tell(PlayerEvent::Prerolled);
                if let Some(id) = seek {
                    self.shared.tell(PlayerEvent::SeekDone {
                        id,
                        position: self.playhead.position(),
                    });
                }
            }
        }
    }

    /// Returns whether everything handed over was played, the end of each stream included.
    fn is_drained(&self) -> bool {
        self.preroll.is_none() && self.graph.as_ref().is_some_and(Graph::is_drained)
    }

    fn advance_to_the_end(&mut self) {
        let end = self.graph.as_ref().and_then(Graph::limit);
        if let Some(end) = end.filter(|_| self.is_drained()) {
            self.advance_to(end);
        }
    }

    /// Stops the clock where frames are missing, and lets it go on when they have come.
    fn watch_supply(&mut self) -> Result<(), PlayerError> {
        let is_drained = self.is_drained();
        let position = self.playhead.position();
        let Some(graph) = &mut self.graph else {
            return Ok(());
        };
        if let Some(start) = graph.decoder_change_at(position) {
            return self.change_decoder(start);
        }
        if self.preroll.is_some() {
            // A source that was closed is opened again for frames that have come since.
            if graph.is_resumable() {
                self.restart(Preroll::Silent);
            }
            return Ok(());
        }
        let is_at_limit = graph.limit().is_some_and(|limit| position >= limit);
        let is_behind = self.is_running
            && !is_drained
            && !self.outputs.ledger.is_settled_before(position)
            && self.standstill.duration(Instant::now()) < CATCHING_UP;
        let is_stalled = is_at_limit && graph.is_waiting() && !is_behind;
        let starts = !self.is_running && !self.is_paused;
        if (is_stalled || starts) && graph.is_resumable() {
            self.restart(Preroll::Silent);
            return Ok(());
        }
        graph.drain_before(position.offset_by(DRAIN_AHEAD));
        if is_stalled && !self.is_stalled {
            if self.catch_up() {
                return Ok(());
            }
            self.shared.tell(PlayerEvent::Starved);
        }
        self.is_stalled = is_stalled;
        Ok(())
    }

    /// Goes on with decoders for another codec, or for large pictures, from `start` if the position is not
    /// there yet.
    fn change_decoder(&mut self, start: PresentationTime) -> Result<(), PlayerError> {
        self.set_running(false);
        self.advance_to(start);
        self.replace_graph(false)
    }

    fn finish_stream(&mut self) {
        let is_ended = self.is_drained() && self.graph.as_ref().is_some_and(Graph::is_ended);
        if is_ended && !self.has_told_end && !self.catch_up() {
            self.has_told_end = true;
            self.shared.tell(PlayerEvent::EndOfStream);
        }
    }

    fn set_running(&mut self, is_running: bool) {
        if self.is_running == is_running {
            return;
        }
        if !is_running {
            self.update_position();
        }
        self.is_running = is_running;
        let now = Instant::now();
        self.playhead.handle_taken(now);
        self.standstill.handle_restart(now);
        if let Some(graph) = &self.graph {
            graph.set_running(is_running);
        }
    }

    /// Takes the position from the pipeline, if playback moves.
    fn update_position(&mut self) {
        if !self.is_running || self.is_drained() {
            return;
        }
        self.playhead.handle_taken(Instant::now());
        let Some(graph) = &self.graph else { return };
        let (Some(position), Some(limit)) = (graph.position(), graph.limit()) else {
            return;
        };
        self.advance_to(position.min(limit));
    }

    /// Moves the position forwards and tells it.
    fn advance_to(&mut self, position: PresentationTime) {
        if !self.playhead.advance_to(position) {
            return;
        }
        self.standstill.handle_advance(Instant::now());
        if self.shared.publish(position, self.playhead.seek()) {
            self.shared.tell(PlayerEvent::Position(position));
        }
    }
}
