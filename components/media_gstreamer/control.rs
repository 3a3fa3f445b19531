/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The thread that owns a player's pipeline.

mod rest;
mod waiting;

use std::sync::Arc;
use std::time::{Duration, Instant};

use byte_stream::configuration_check::Cause;
use byte_stream::track::Medium;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use gstreamer::MessageView;
use media_source::{PlayerError, PlayerEvent, SeekId, TrackReader};
use track_buffer::time::{PresentationTime, TimeDelta};

use crate::chain::Track;
use crate::graph::Graph;
use crate::log::CATEGORY;
use crate::message::{Command, Generation, Message};
use crate::outputs::Outputs;
use crate::pipelines::Permit;
use crate::rate;
use crate::recovery::{ENOUGH_FRAMES, Recovery};
use crate::shared::Shared;
use crate::watchdog::Watchdog;

use self::rest::Rest;

/// How long before the last frame a starved decoder is made to give what it holds back: a few
/// frames, which it otherwise gives when more frames come.
const DRAIN_AHEAD: TimeDelta = TimeDelta::from_milliseconds(400);
/// How long the clock goes on at the end of what there is, for pictures that are still being decoded.
const CATCHING_UP: Duration = Duration::from_millis(500);

/// Who waits for the first frame at a position.
enum Preroll {
    /// The listener, and the seek if it is one.
    Announced(Option<SeekId>),
    /// Nobody: playback goes on after it.
    Silent,
}

/// The state of a player, on its thread.
pub(crate) struct Control {
    messages: Receiver<Message>,
    sender: Sender<Message>,
    shared: Arc<Shared>,
    watchdog: Watchdog,
    outputs: Outputs,
    graph: Option<Graph>,
    /// Given back after the pipeline is gone.
    permit: Option<Permit>,
    /// Set while there is no pipeline for what is to be played.
    rest: Option<Rest>,
    generation: Generation,
    /// How fast it plays when it does; one of the rates that are played.
    rate: f64,
    /// Whether the rate asked for is 0 or below.
    is_still: bool,
    is_paused: bool,
    /// Set from a restart until the first frames are there.
    preroll: Option<Preroll>,
    /// Whether the pipeline was told to run.
    is_running: bool,
    is_stalled: bool,
    has_told_end: bool,
    position: PresentationTime,
    /// When the position was last looked at.
    position_taken: Instant,
    /// When it last moved, or playback started anew.
    advanced: Instant,
    /// How many frames had gone into decoders when it was last found not to move.
    decoded_count: u64,
    /// How often a new pipeline was tried since it moved.
    standstills: u32,
    seek: SeekId,
    /// Where a lost picture was shown, or tried to be, after all.
    caught_up: Option<PresentationTime>,
}

impl Control {
    pub(crate) fn new(outputs: Outputs, shared: Arc<Shared>, watchdog: Watchdog) -> Self {
        let (sender, messages) = crossbeam_channel::unbounded();
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
            position: PresentationTime::ZERO,
            position_taken: Instant::now(),
            advanced: Instant::now(),
            decoded_count: 0,
            standstills: 0,
            seek: SeekId::default(),
            caught_up: None,
        }
    }

    /// Runs until the handle is dropped or playback fails, which gives `None`; or until another player
    /// needs the pipeline more.
    pub(crate) fn run(mut self: Box<Self>) -> Option<Box<Self>> {
        let mut done = self.take_up();
        // The watchdog, or the handle, may end it too.
        while !self.shared.is_over() {
            if let Err(error) = done.and_then(|()| self.settle()) {
                // Before the pipeline is torn down, which it may not answer to.
                if self.shared.fail() {
                    (self.outputs.listener)(PlayerEvent::Failed(error));
                }
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
                Some(Message::Command(command)) => self.obey(command),
                Some(Message::Bus(generation, message)) => self.handle_bus(generation, &message),
                Some(Message::OutputRefused(medium, cause)) => self.refuse_output(medium, cause),
                Some(Message::SourceHasRunEmpty(medium)) => self.feed(medium),
                None => self.handle_time(),
            };
        }
        None
    }

    /// The next message; `None` if it is time to look at the pipeline first.
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
            // The sources hold senders, and so do we.
            Err(RecvTimeoutError::Disconnected) => Some(Message::Command(Command::ShutDown)),
        }
    }

    /// What sends it messages.
    pub(crate) fn sender(&self) -> Sender<Message> {
        self.sender.clone()
    }

    /// Does what a command asks for. Without a pipeline that is to remember it.
    pub(crate) fn obey(&mut self, command: Command) -> Result<(), PlayerError> {
        match command {
            Command::DataChanged => self.handle_data_change()?,
            Command::Seek(id, target) => self.handle_seek(id, target),
            Command::SetMuted(is_muted) => {
                self.outputs.is_muted = is_muted;
                self.apply_volume();
            }
            Command::SetPaused(is_paused) => {
                self.is_paused = is_paused;
                self.stir();
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
            // Whether it is, is looked at after each message.
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
                    recovery: Recovery::default(),
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
        // A newer one has overtaken it and follows.
        if !self.shared.is_newest(id) {
            return;
        }
        // While the position still is the old one.
        self.set_running(false);
        self.seek = id;
        self.position = target;
        // Also where there is no pipeline yet: one that is started later goes there.
        self.preroll = Some(Preroll::Announced(Some(id)));
        self.outputs.ledger.handle_seek();
        self.stir();
        if let Some(graph) = &mut self.graph {
            graph.forget_place();
        }
        self.restart(Preroll::Silent);
    }

    fn set_rate(&mut self, rate: f64) {
        let played = rate::played(rate);
        // The rate of the pipeline stays as it was while playback stands still.
        self.is_still = played.is_none();
        self.stir();
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
        self.replace_graph(self.shows_picture())
    }

    fn apply_volume(&self) {
        for chain in self.graph.iter().flat_map(Graph::chains) {
            chain.set_volume(&self.outputs);
        }
    }

    fn handle_data_change(&mut self) -> Result<(), PlayerError> {
        self.stir();
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
        let error = PlayerError::Playback {
            track: Some(chain.name().to_owned()),
            position: self.position,
            message: format!("the decoder gives nothing for {ENOUGH_FRAMES} frames"),
        };
        self.recover(medium, error)
    }

    /// Whatever decodes it, the track asks for more than can be played.
    fn refuse_output(&mut self, medium: Medium, cause: Cause) -> Result<(), PlayerError> {
        let chain = self.graph.as_mut().and_then(|graph| graph.chain_of(medium));
        // It may be of the pipeline before this one, which failed.
        chain.map_or(Ok(()), |chain| Err(chain.refusal(cause)))
    }

    /// Goes on after a failure of a decoder, if that is possible.
    fn recover(&mut self, medium: Medium, error: PlayerError) -> Result<(), PlayerError> {
        gstreamer::warning!(CATEGORY, "{error}");
        let Some(graph) = &mut self.graph else {
            return Ok(());
        };
        if let Some(chain) = graph.chain_of(medium) {
            chain.recover(error)?;
            gstreamer::info!(CATEGORY, "goes on with {:?}", chain.recovery());
        }
        if medium == Medium::Video {
            // The picture at which it failed; those behind it are thrown away, and met again.
            self.outputs.ledger.handle_failed();
        }
        self.replace_graph(self.shows_picture())
    }

    /// Whether the picture on the screen is that of the current position.
    fn shows_picture(&self) -> bool {
        !matches!(self.preroll, Some(Preroll::Announced(_)))
    }

    /// Goes on from the current position with the same tracks and a new pipeline.
    fn replace_graph(&mut self, goes_on: bool) -> Result<(), PlayerError> {
        self.set_running(false);
        match self.graph.take().map(Graph::into_tracks) {
            Some(tracks) => self.rebuild(tracks, Preroll::Silent, goes_on),
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
                return match graph.failure(error, self.position) {
                    None => Ok(()),
                    Some((error, Some(medium))) => self.recover(medium, error),
                    Some((error, None)) => Err(error),
                };
            }
            MessageView::Element(element) => graph.handle_forwarded(element),
            MessageView::Latency(_) => graph.recalculate_latency(),
            // The pipeline chooses a clock when it starts to run.
            MessageView::ClockLost(_) => self.set_running(false),
            // All that it says is that the state changed, which is looked at in any case.
            _ => {}
        }
        Ok(())
    }

    /// Starts anew from the current position, if there is anything to play.
    fn restart(&mut self, preroll: Preroll) {
        if self.graph.is_some() {
            self.stand_still(preroll);
            self.outputs.ledger.handle_restart(self.position);
        }
        if let Some(graph) = &mut self.graph {
            graph.restart_at(self.position, self.rate);
        }
    }

    /// Where playback stops, shows the picture of that place if it was lost, as late ones may be.
    /// Whether that is under way.
    fn catch_up(&mut self) -> bool {
        let is_tried = self.caught_up == Some(self.position);
        if is_tried || !self.outputs.ledger.has_lost(self.position) {
            return false;
        }
        self.caught_up = Some(self.position);
        self.stand_still(Preroll::Silent);
        if let Some(graph) = &mut self.graph {
            let instant = TimeDelta::from_nanoseconds(-1);
            graph.restart_at(self.position.offset_by(instant), self.rate);
        }
        true
    }

    /// Starts anew from the current position, with a new pipeline. If it `goes_on`, the picture on
    /// the screen is the right one until the next is due.
    fn rebuild(
        &mut self,
        tracks: Vec<Track>,
        preroll: Preroll,
        goes_on: bool,
    ) -> Result<(), PlayerError> {
        self.set_running(false);
        self.graph = None;
        self.rest = None;
        self.outputs.ledger.handle_restart(self.position);
        self.outputs.ledger.clear();
        if tracks.is_empty() {
            return Ok(());
        }
        self.stand_still(preroll);
        if self.permit.is_none() {
            self.wait_for_pipeline(tracks, goes_on);
            return Ok(());
        }
        self.generation = Generation(self.generation.0 + 1);
        let mut graph = Graph::new(self.generation, self.sender.clone(), self.watchdog.clone());
        graph.start(tracks, self.position, self.rate, goes_on, &self.outputs)?;
        self.graph = Some(graph);
        Ok(())
    }

    /// Stops the clock until the frames at the position are there. Who waits already goes on waiting.
    fn stand_still(&mut self, preroll: Preroll) {
        self.set_running(false);
        self.preroll.get_or_insert(preroll);
        self.advanced = Instant::now();
        self.is_stalled = false;
        self.has_told_end = false;
    }

    /// Does what follows from the state that a message has changed.
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
                self.tell(PlayerEvent::Prerolled);
                if let Some(id) = seek {
                    self.tell(PlayerEvent::SeekDone {
                        id,
                        position: self.position,
                    });
                }
            }
        }
    }

    /// Whether everything handed over was played, the end of each stream included.
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
        let Some(graph) = &mut self.graph else {
            return Ok(());
        };
        if let Some(start) = graph.codec_change_at(self.position) {
            return self.change_codec(start);
        }
        if self.preroll.is_some() {
            // A source that was closed has to be opened again for frames that came since.
            if graph.is_resumable() {
                self.restart(Preroll::Silent);
            }
            return Ok(());
        }
        let is_at_limit = graph.limit().is_some_and(|limit| self.position >= limit);
        let is_behind = self.is_running
            && !is_drained
            && !self.outputs.ledger.is_settled_before(self.position)
            && self.advanced.elapsed() < CATCHING_UP;
        let is_stalled = is_at_limit && graph.is_waiting() && !is_behind;
        let starts = !self.is_running && !self.is_paused;
        if (is_stalled || starts) && graph.is_resumable() {
            self.restart(Preroll::Silent);
            return Ok(());
        }
        graph.drain_before(self.position.offset_by(DRAIN_AHEAD));
        if is_stalled && !self.is_stalled {
            if self.catch_up() {
                return Ok(());
            }
            self.tell(PlayerEvent::Starved);
        }
        self.is_stalled = is_stalled;
        Ok(())
    }

    /// Goes on with other decoders, from `start` if that is later.
    fn change_codec(&mut self, start: PresentationTime) -> Result<(), PlayerError> {
        self.set_running(false);
        self.advance_to(start);
        self.replace_graph(false)
    }

    fn finish_stream(&mut self) {
        let is_ended = self.is_drained() && self.graph.as_ref().is_some_and(Graph::is_ended);
        if is_ended && !self.has_told_end && !self.catch_up() {
            self.has_told_end = true;
            self.tell(PlayerEvent::EndOfStream);
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
        self.position_taken = Instant::now();
        self.advanced = self.position_taken;
        if let Some(graph) = &self.graph {
            graph.set_running(is_running);
        }
    }

    /// Takes the position from the pipeline, if it moves.
    fn update_position(&mut self) {
        if !self.is_running || self.is_drained() {
            return;
        }
        self.position_taken = Instant::now();
        let Some(graph) = &self.graph else { return };
        let (Some(position), Some(limit)) = (graph.position(), graph.limit()) else {
            return;
        };
        self.advance_to(position.min(limit));
    }

    /// The position moves forwards only, but for seeks.
    fn advance_to(&mut self, position: PresentationTime) {
        if position <= self.position {
            return;
        }
        self.position = position;
        self.advanced = Instant::now();
        self.standstills = 0;
        if self.shared.publish(position, self.seek) {
            self.tell(PlayerEvent::Position(position));
        }
    }

    fn tell(&self, event: PlayerEvent) {
        if !self.shared.is_over() {
            (self.outputs.listener)(event);
        }
    }
}
