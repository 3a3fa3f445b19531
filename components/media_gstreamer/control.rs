/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The thread that owns a player's pipeline.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use gstreamer::{DebugCategory, DebugColorFlags, MessageView};
use media_source::reader::TrackReader;
use parking_lot::Mutex;
use track_buffer::time::{PresentationTime, TimeDelta};

use crate::chain::{Kind, Outputs, Track};
use crate::error::PlayerError;
use crate::frame::VideoRenderer;
use crate::graph::{Generation, Graph};
use crate::player::{Listener, PlayerEvent, SeekId, Shared};

/// How long before the last frame a starved decoder is made to give what it holds back: a few
/// frames, which it otherwise gives when more frames come.
const DRAIN_AHEAD: TimeDelta = TimeDelta::from_milliseconds(400);
/// How far apart the positions are that are told while playback moves.
const POSITION_INTERVAL: Duration = Duration::from_millis(40);
/// How far apart they are at least, so that a limit that is nearly reached costs no busy waiting.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(1);
/// How long playback may stand, or a first picture be missing, before starved decoders are made to
/// give what they hold back.
const PATIENCE: Duration = Duration::from_millis(80);

static CATEGORY: LazyLock<DebugCategory> = LazyLock::new(|| {
    DebugCategory::new(
        "sprocketplayer",
        DebugColorFlags::empty(),
        Some("Sprocket's player"),
    )
});

/// Writes to GStreamer's log that a pipeline did not come to an end.
pub(crate) fn log_abandoned(limit: Duration) {
    gstreamer::error!(
        CATEGORY,
        "a pipeline did not answer for {limit:?} and is abandoned"
    );
}

/// What the control thread reacts to.
pub(crate) enum Message {
    Command(Command),
    Bus(Generation, gstreamer::Message),
    SourceHasRunEmpty(Kind),
}

/// What the handle asks for.
pub(crate) enum Command {
    DataChanged,
    Seek(SeekId, PresentationTime),
    SetMuted(bool),
    SetPaused(bool),
    SetRate(f64),
    SetTracks(Vec<TrackReader>),
    SetVolume(f64),
    ShutDown,
}

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
    outputs: Outputs,
    graph: Option<Graph>,
    generation: Generation,
    /// How fast it plays when it does; above 0.
    rate: f64,
    /// Whether the rate asked for is 0 or below.
    is_still: bool,
    is_paused: bool,
    /// Set from a restart until the first frames are there.
    preroll: Option<Preroll>,
    /// Whether the pipeline was told to run.
    is_running: bool,
    is_stalled: bool,
    /// Whether everything handed over was played, the end of each stream included.
    is_drained: bool,
    has_told_end: bool,
    position: PresentationTime,
    /// When the position was last looked at.
    position_taken: Instant,
    /// When it last moved.
    advanced: Instant,
    seek: SeekId,
}

impl Control {
    pub(crate) fn new(
        renderer: Box<dyn VideoRenderer>,
        listener: Listener,
        shared: Arc<Shared>,
        sender: Sender<Message>,
        messages: Receiver<Message>,
    ) -> Self {
        let outputs = Outputs {
            renderer: Arc::new(Mutex::new(renderer)),
            listener: Arc::new(listener),
            volume: 1.,
            is_muted: false,
        };
        Self {
            messages,
            sender,
            shared,
            outputs,
            graph: None,
            generation: Generation(0),
            rate: 1.,
            is_still: false,
            is_paused: true,
            preroll: None,
            is_running: false,
            is_stalled: false,
            is_drained: false,
            has_told_end: false,
            position: PresentationTime::ZERO,
            position_taken: Instant::now(),
            advanced: Instant::now(),
            seek: SeekId::default(),
        }
    }

    /// Runs until the handle is dropped or playback fails.
    pub(crate) fn run(mut self) {
        loop {
            let done = match self.receive() {
                Some(Message::Command(Command::ShutDown)) => return,
                Some(Message::Command(command)) => self.obey(command),
                Some(Message::Bus(generation, message)) => self.handle_bus(generation, &message),
                Some(Message::SourceHasRunEmpty(kind)) => self.feed(kind),
                None => {
                    self.handle_time();
                    Ok(())
                }
            };
            if let Err(error) = done.and_then(|()| self.settle()) {
                // Before the pipeline is torn down, which it may not answer to.
                self.tell(PlayerEvent::Error(error));
                return;
            }
        }
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

    fn obey(&mut self, command: Command) -> Result<(), PlayerError> {
        match command {
            Command::DataChanged => self.handle_data_change()?,
            Command::Seek(id, target) => self.handle_seek(id, target),
            Command::SetMuted(is_muted) => {
                self.outputs.is_muted = is_muted;
                self.apply_volume();
            }
            Command::SetPaused(is_paused) => self.is_paused = is_paused,
            Command::SetRate(rate) => self.set_rate(rate),
            Command::SetTracks(readers) => self.set_tracks(readers)?,
            Command::SetVolume(volume) => {
                self.outputs.volume = volume;
                self.apply_volume();
            }
            Command::ShutDown => {}
        }
        Ok(())
    }

    fn set_tracks(&mut self, readers: Vec<TrackReader>) -> Result<(), PlayerError> {
        let is_start = self.graph.is_none();
        let mut tracks: Vec<Track> = Vec::new();
        for reader in readers {
            let configuration = reader.configuration();
            let kind = Kind::of(configuration.codec());
            let is_first = tracks
                .iter()
                .all(|track| Kind::of(track.configuration.codec()) != kind);
            if kind.is_some() && is_first {
                tracks.push(Track {
                    reader,
                    configuration,
                });
            }
        }
        let preroll = if is_start {
            Preroll::Announced(None)
        } else {
            Preroll::Silent
        };
        self.rebuild(tracks, preroll)
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
        self.restart(Preroll::Silent);
    }

    fn set_rate(&mut self, rate: f64) {
        let is_moving = rate > 0.;
        let is_new = is_moving && rate != self.rate;
        // The rate of the pipeline stays as it was while playback stands still.
        self.is_still = !is_moving;
        if is_new {
            self.rate = rate;
            self.restart(Preroll::Silent);
        }
    }

    fn apply_volume(&self) {
        for chain in self.graph.iter().flat_map(Graph::chains) {
            chain.set_volume(&self.outputs);
        }
    }

    fn handle_data_change(&mut self) -> Result<(), PlayerError> {
        let rate = self.rate;
        let mut chains = self.graph.iter_mut().flat_map(Graph::chains_mut);
        chains.try_for_each(|chain| chain.handle_data_change(rate))
    }

    fn feed(&mut self, kind: Kind) -> Result<(), PlayerError> {
        let rate = self.rate;
        match self.graph.as_mut().and_then(|graph| graph.chain_of(kind)) {
            Some(chain) => chain.source_has_run_empty(rate),
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
                return graph.failure(error, self.position).map_or(Ok(()), Err);
            }
            MessageView::Eos(_) if self.preroll.is_none() => {
                self.is_drained = true;
                let end = graph.limit();
                self.advance_to(end.unwrap_or(self.position));
            }
            MessageView::Latency(_) => graph.recalculate_latency(),
            // The pipeline chooses a clock when it starts to run.
            MessageView::ClockLost(_) => self.set_running(false),
            // All that it says is that the state changed, which is looked at in any case.
            _ => {}
        }
        Ok(())
    }

    /// Starts anew from the current position.
    fn restart(&mut self, preroll: Preroll) {
        self.stand_still(preroll);
        if let Some(graph) = &mut self.graph {
            graph.restart_at(self.position, self.rate);
        }
    }

    /// Starts anew from the current position, with a new pipeline.
    fn rebuild(&mut self, tracks: Vec<Track>, preroll: Preroll) -> Result<(), PlayerError> {
        self.set_running(false);
        self.graph = None;
        if tracks.is_empty() {
            return Ok(());
        }
        self.stand_still(preroll);
        self.generation = Generation(self.generation.0 + 1);
        let graph = Graph::start(
            self.generation,
            tracks,
            self.position,
            self.rate,
            &self.outputs,
            &self.sender,
        )?;
        self.graph = Some(graph);
        Ok(())
    }

    /// Stops the clock until the frames at the position are there. Who waits already goes on waiting.
    fn stand_still(&mut self, preroll: Preroll) {
        self.set_running(false);
        self.preroll.get_or_insert(preroll);
        self.is_stalled = false;
        self.is_drained = false;
        self.has_told_end = false;
    }

    /// Does what follows from the state that a message has changed.
    fn settle(&mut self) -> Result<(), PlayerError> {
        self.finish_preroll();
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

    /// Stops the clock where frames are missing, and lets it go on when they have come.
    fn watch_supply(&mut self) -> Result<(), PlayerError> {
        let Some(graph) = &mut self.graph else {
            return Ok(());
        };
        if let Some(start) = graph.codec_change_at(self.position) {
            return self.change_codec(start);
        }
        if self.preroll.is_some() {
            return Ok(());
        }
        let is_at_limit = graph.limit().is_some_and(|limit| self.position >= limit);
        let is_stalled = is_at_limit && graph.is_waiting();
        let starts = !self.is_running && !self.is_paused;
        if (is_stalled || starts) && graph.is_resumable() {
            self.restart(Preroll::Silent);
            return Ok(());
        }
        graph.drain_before(self.position.offset_by(DRAIN_AHEAD));
        if is_stalled && !self.is_stalled {
            self.tell(PlayerEvent::Starved);
        }
        self.is_stalled = is_stalled;
        Ok(())
    }

    /// Goes on with other decoders, from `start` if that is later.
    fn change_codec(&mut self, start: PresentationTime) -> Result<(), PlayerError> {
        self.set_running(false);
        self.advance_to(start);
        let tracks = self
            .graph
            .take()
            .map(Graph::into_tracks)
            .unwrap_or_default();
        self.rebuild(tracks, Preroll::Silent)
    }

    fn finish_stream(&mut self) {
        let is_ended = self.is_drained && self.graph.as_ref().is_some_and(Graph::is_ended);
        if is_ended && !self.has_told_end {
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

    /// When the pipeline is to be looked at, if no message comes before: while it runs regularly and
    /// when frames will be missing; before that, when a first picture is missing.
    fn time_to_look(&self) -> Option<Instant> {
        let graph = self.graph.as_ref()?;
        if self.preroll.is_some() {
            return graph.is_holding_back().then(|| Instant::now() + PATIENCE);
        }
        if !self.is_running || self.is_drained {
            return None;
        }
        if !graph.is_waiting() {
            return Some(self.position_taken + POSITION_INTERVAL);
        }
        let remaining = graph.limit()?.since(self.position).nanoseconds().max(0) as f64 / self.rate;
        let until_limit = Duration::from_nanos(remaining as u64);
        Some(self.position_taken + until_limit.clamp(SHORTEST_INTERVAL, POSITION_INTERVAL))
    }

    /// Nothing has happened for a while.
    fn handle_time(&mut self) {
        self.update_position();
        let is_stuck = self.preroll.is_some() || self.advanced.elapsed() > PATIENCE;
        if is_stuck && let Some(graph) = &mut self.graph {
            graph.drain_before(PresentationTime::MAX);
        }
    }

    /// Takes the position from the pipeline, if it moves.
    fn update_position(&mut self) {
        if !self.is_running || self.is_drained {
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
        if self.shared.publish(position, self.seek) {
            self.tell(PlayerEvent::Position(position));
        }
    }

    fn tell(&self, event: PlayerEvent) {
        (self.outputs.listener)(event);
    }
}
