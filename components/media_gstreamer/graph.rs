/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The pipeline of a player and its chains.

use crossbeam_channel::Sender;
use gstreamer::message::Error;
use gstreamer::prelude::*;
use gstreamer::{
    BusSyncReply, ClockTime, CoreError, MessageView, Pipeline, State, StateChangeSuccess,
};
use track_buffer::time::PresentationTime;

use crate::chain::{Chain, Kind, Outputs, Track};
use crate::control::Message;
use crate::error::PlayerError;
use crate::feed::Supply;
use crate::timeline;

/// Tells the messages of a pipeline from those of the one before it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Generation(pub(crate) u64);

/// A pipeline with at most one chain of each kind. Dropping it tears the pipeline down, which
/// waits for GStreamer's threads.
pub(crate) struct Graph {
    generation: Generation,
    pipeline: Pipeline,
    chains: Vec<Chain>,
}

impl Graph {
    /// A pipeline that gets ready to play `tracks` from `position`.
    pub(crate) fn start(
        generation: Generation,
        tracks: Vec<Track>,
        position: PresentationTime,
        rate: f64,
        outputs: &Outputs,
        messages: &Sender<Message>,
    ) -> Result<Self, PlayerError> {
        let pipeline = Pipeline::new();
        forward_messages(&pipeline, generation, messages.clone());
        let mut graph = Self {
            generation,
            pipeline,
            chains: Vec::new(),
        };
        for track in tracks {
            let mut chain = Chain::build(track, outputs, messages)?;
            let added = graph.pipeline.add(chain.bin());
            added.map_err(|error| PlayerError::Initialization(error.to_string()))?;
            chain.start_at(position, rate);
            graph.chains.push(chain);
        }
        graph.set_state(State::Paused);
        Ok(graph)
    }

    pub(crate) fn generation(&self) -> Generation {
        self.generation
    }

    pub(crate) fn chains(&self) -> &[Chain] {
        &self.chains
    }

    pub(crate) fn chains_mut(&mut self) -> &mut [Chain] {
        &mut self.chains
    }

    /// Tears the pipeline down and gives the tracks back.
    pub(crate) fn into_tracks(mut self) -> Vec<Track> {
        let chains = std::mem::take(&mut self.chains);
        drop(self);
        chains.into_iter().map(Chain::into_track).collect()
    }

    /// Starts or stops the clock. It starts when every sink has something to play.
    pub(crate) fn set_running(&self, is_running: bool) {
        self.set_state(if is_running {
            State::Playing
        } else {
            State::Paused
        });
    }

    /// Throws away what is under way and gets ready to play from `target`. The clock must stand.
    pub(crate) fn restart_at(&mut self, target: PresentationTime, rate: f64) {
        for chain in &mut self.chains {
            chain.restart_at(target, rate);
        }
    }

    /// Whether the clock stands and every sink has its first frame or the end of its stream.
    pub(crate) fn is_prerolled(&self) -> bool {
        let (change, state, pending) = self.pipeline.state(ClockTime::ZERO);
        let is_settled = matches!(
            change,
            Ok(StateChangeSuccess::Success | StateChangeSuccess::NoPreroll)
        );
        is_settled && state == State::Paused && pending == State::VoidPending
    }

    /// Where the sinks are.
    pub(crate) fn position(&self) -> Option<PresentationTime> {
        self.pipeline
            .query_position::<ClockTime>()
            .map(timeline::from_clock_time)
    }

    /// Where playback cannot go on without more frames, or ends.
    pub(crate) fn limit(&self) -> Option<PresentationTime> {
        let open = self
            .chains
            .iter()
            .filter(|chain| *chain.feed().supply() != Supply::Ended);
        let first_to_wait = open.map(|chain| chain.feed().end()).min();
        first_to_wait.or_else(|| self.chains.iter().map(|chain| chain.feed().end()).max())
    }

    /// Whether a chain has nothing to hand over at the moment, and this is not its end.
    pub(crate) fn is_waiting(&self) -> bool {
        self.chains.iter().any(|chain| chain.feed().is_waiting())
    }

    /// Whether a decoder may hold back frames that could be shown.
    pub(crate) fn is_holding_back(&self) -> bool {
        self.chains
            .iter()
            .any(|chain| chain.feed().is_holding_back())
    }

    /// Whether frames wait for a restart.
    pub(crate) fn is_resumable(&self) -> bool {
        self.chains
            .iter()
            .any(|chain| *chain.feed().supply() == Supply::Resumable)
    }

    /// When the frame is shown that wants another decoder at `position`.
    pub(crate) fn codec_change_at(&self, position: PresentationTime) -> Option<PresentationTime> {
        let feeds = self
            .chains
            .iter()
            .map(Chain::feed)
            .filter(|feed| feed.end() <= position);
        let starts = feeds.filter_map(|feed| match feed.supply() {
            Supply::CodecChanged { start, .. } => Some(*start),
            _ => None,
        });
        starts.max()
    }

    /// Whether the end of the stream was handed over on every chain.
    pub(crate) fn is_ended(&self) -> bool {
        self.chains
            .iter()
            .all(|chain| *chain.feed().supply() == Supply::Ended)
    }

    /// Makes the decoders of starved chains give what they hold back, where it is for before
    /// `horizon`.
    pub(crate) fn drain_before(&mut self, horizon: PresentationTime) {
        for chain in self
            .chains
            .iter_mut()
            .filter(|chain| chain.feed().end() <= horizon)
        {
            chain.drain();
        }
    }

    pub(crate) fn chain_of(&mut self, kind: Kind) -> Option<&mut Chain> {
        self.chains.iter_mut().find(|chain| chain.kind() == kind)
    }

    /// Lets the sinks agree anew on how far they are behind the clock.
    pub(crate) fn recalculate_latency(&self) {
        // A failure is a pipeline that cannot answer yet and will ask again.
        let _ = self.pipeline.recalculate_latency();
    }

    /// What `message`, an error, says happened at `position`.
    pub(crate) fn error(&self, message: &Error, position: PresentationTime) -> PlayerError {
        let is_source = |chain: &&Chain| {
            message
                .src()
                .is_some_and(|source| source.has_as_ancestor(chain.bin()))
        };
        let track = self
            .chains
            .iter()
            .find(is_source)
            .map(|chain| chain.name().to_owned());
        let details = message
            .debug()
            .map(|debug| format!(" ({debug})"))
            .unwrap_or_default();
        let message = format!("{}{details}", message.error());
        PlayerError::Pipeline {
            track,
            position,
            message,
        }
    }

    fn set_state(&self, state: State) {
        if self.pipeline.set_state(state).is_err() {
            // The element that failed has posted an error that says more. If not, this one counts.
            let text = format!("the pipeline cannot go to {state:?}");
            let _ = self
                .pipeline
                .post_message(Error::new(CoreError::StateChange, &text));
        }
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        self.set_state(State::Null);
        if let Some(bus) = self.pipeline.bus() {
            bus.unset_sync_handler();
        }
    }
}

/// Posts the messages that matter, on whichever thread they come up.
fn forward_messages(pipeline: &Pipeline, generation: Generation, messages: Sender<Message>) {
    let Some(bus) = pipeline.bus() else { return };
    bus.set_sync_handler(move |_, message| {
        let matters = matches!(
            message.view(),
            MessageView::AsyncDone(_)
                | MessageView::ClockLost(_)
                | MessageView::Eos(_)
                | MessageView::Error(_)
                | MessageView::Latency(_)
        );
        if matters {
            // Nobody listens to a pipeline that is being torn down.
            let _ = messages.send(Message::Bus(generation, message.clone()));
        }
        BusSyncReply::Drop
    });
}
