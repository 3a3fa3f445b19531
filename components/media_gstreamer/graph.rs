/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The pipeline of a player and its chains.

use byte_stream::track::Medium;
use crossbeam_channel::Sender;
use gstreamer::message::{self, Error};
use gstreamer::prelude::*;
use gstreamer::{
    Bus, BusSyncReply, ClockTime, CoreError, MessageType, MessageView, Pipeline, State,
    StateChangeSuccess,
};
use track_buffer::time::PresentationTime;

use crate::chain::{Chain, Track, is_about_frames};
use crate::element;
use crate::feed::Supply;
use crate::message::{Generation, Message};
use crate::outputs::Outputs;
use crate::timeline;
use crate::watchdog::Watchdog;
use media_source::PlayerError;

/// A pipeline with at most one chain for each medium. Dropping it tears the pipeline down, which waits
/// for GStreamer's threads.
pub(crate) struct Graph {
    generation: Generation,
    pipeline: Pipeline,
    chains: Vec<Chain>,
    messages: Sender<Message>,
    watchdog: Watchdog,
}

impl Graph {
    /// Returns an empty pipeline.
    pub(crate) fn new(
        generation: Generation,
        messages: Sender<Message>,
        watchdog: Watchdog,
    ) -> Self {
        let pipeline = Pipeline::new();
        forward_messages(&pipeline, generation, messages.clone());
        Self {
            generation,
            pipeline,
            chains: Vec::new(),
            messages,
            watchdog,
        }
    }

    /// Gets ready to play `tracks` from `position`. If it `keeps_picture`, the frame on the screen stays
    /// until the next one is due.
    pub(crate) fn start(
        &mut self,
        tracks: Vec<Track>,
        position: PresentationTime,
        rate: f64,
        keeps_picture: bool,
        outputs: &Outputs,
    ) -> Result<(), PlayerError> {
        for track in tracks {
            let mut chain = Chain::build(
                track,
                outputs,
                keeps_picture,
                self.generation,
                &self.messages,
            )?;
            let added = self.pipeline.add(chain.bin());
            added.map_err(|error| PlayerError::Initialization(error.to_string()))?;
            forward_complaints(&chain, self.generation, &self.messages);
            chain.start_at(position, rate);
            self.chains.push(chain);
        }
        self.set_state(State::Paused);
        Ok(())
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

    /// Tears the pipeline down and returns the tracks.
    pub(crate) fn into_tracks(mut self) -> Vec<Track> {
        let chains = std::mem::take(&mut self.chains);
        drop(self);
        chains.into_iter().map(Chain::into_track).collect()
    }

    /// Starts or stops the clock. It starts once every sink has something to play.
    pub(crate) fn set_running(&self, is_running: bool) {
        self.set_state(if is_running {
            State::Playing
        } else {
            State::Paused
        });
    }

    /// Gets ready to play from `target`, the place of a seek. The clock must stand.
    pub(crate) fn seek_to(&mut self, target: PresentationTime, rate: f64) {
        let chains = &mut self.chains;
        self.watchdog.watch(|| {
            for chain in chains {
                chain.seek_to(target, rate);
            }
        });
    }

    /// Discards the frames under way and gets ready to play from `target`. The clock must stand.
    pub(crate) fn restart_at(&mut self, target: PresentationTime, rate: f64) {
        let chains = &mut self.chains;
        self.watchdog.watch(|| {
            for chain in chains {
                chain.restart_at(target, rate);
            }
        });
    }

    /// Returns whether the clock stands and every sink has its first frame or the end of its stream.
    pub(crate) fn is_prerolled(&self) -> bool {
        let (change, state, pending) = self.pipeline.state(ClockTime::ZERO);
        let is_settled = matches!(
            change,
            Ok(StateChangeSuccess::Success | StateChangeSuccess::NoPreroll)
        );
        is_settled && state == State::Paused && pending == State::VoidPending
    }

    /// Returns how many frames have gone into the decoders.
    pub(crate) fn decoded_count(&self) -> u64 {
        self.chains.iter().map(Chain::decoded_count).sum()
    }

    /// Returns the state of the pipeline and of its feeds as a text for the log.
    pub(crate) fn describe(&self) -> String {
        let feeds = self.chains.iter().map(|chain| {
            let feed = chain.feed();
            let supply = std::mem::discriminant(feed.supply());
            let is_empty = feed.has_run_empty();
            format!(
                "{} {supply:?} to {:?}, {is_empty}",
                chain.name(),
                feed.end()
            )
        });
        let state = self.pipeline.state(ClockTime::ZERO);
        format!("{state:?}, {}", Vec::from_iter(feeds).join(", "))
    }

    /// Returns the position of the sinks.
    pub(crate) fn position(&self) -> Option<PresentationTime> {
        self.pipeline
            .query_position::<ClockTime>()
            .map(timeline::from_clock_time)
    }

    /// Returns the position where playback cannot go on without more frames, or where it ends.
    pub(crate) fn limit(&self) -> Option<PresentationTime> {
        let open = self
            .chains
            .iter()
            .filter(|chain| *chain.feed().supply() != Supply::Ended);
        let first_to_wait = open.map(|chain| chain.feed().end()).min();
        first_to_wait.or_else(|| self.chains.iter().map(|chain| chain.feed().end()).max())
    }

    /// Returns whether a chain has no frame to hand over at the moment, and is not at its end.
    pub(crate) fn is_waiting(&self) -> bool {
        self.chains.iter().any(|chain| chain.feed().is_waiting())
    }

    /// Returns whether a decoder may hold back frames that could be shown.
    pub(crate) fn is_holding_back(&self) -> bool {
        self.chains
            .iter()
            .any(|chain| chain.feed().is_holding_back())
    }

    /// Returns whether a chain waits for the first frame to show or to play.
    pub(crate) fn lacks_first_frames(&self) -> bool {
        let mut feeds = self.chains.iter().map(Chain::feed);
        feeds.any(|feed| *feed.supply() == Supply::Starved && !feed.is_holding_back())
    }

    /// Returns whether frames wait for a restart.
    pub(crate) fn is_resumable(&self) -> bool {
        self.chains
            .iter()
            .any(|chain| *chain.feed().supply() == Supply::Resumable)
    }

    /// Returns the start of the frame that needs another decoder, if playback at `position` has come to
    /// it.
    pub(crate) fn decoder_change_at(&self, position: PresentationTime) -> Option<PresentationTime> {
        let feeds = self
            .chains
            .iter()
            .map(Chain::feed)
            .filter(|feed| feed.end() <= position);
        let starts = feeds.filter_map(|feed| match feed.supply() {
            Supply::DecoderChanged { start, .. } => Some(*start),
            _ => None,
        });
        starts.max()
    }

    /// Returns whether the end of the stream was handed over on every chain.
    pub(crate) fn is_ended(&self) -> bool {
        self.chains
            .iter()
            .all(|chain| *chain.feed().supply() == Supply::Ended)
    }

    /// Makes the decoders of starved chains output the frames that they hold back, in chains that end
    /// before `horizon`.
    pub(crate) fn drain_before(&mut self, horizon: PresentationTime) {
        for chain in self
            .chains
            .iter_mut()
            .filter(|chain| chain.feed().end() <= horizon)
        {
            chain.drain();
        }
    }

    /// Handles a message of a sink that the bin of a chain forwards. Returns the medium of a chain that has
    /// come to its end without the frames that it was to show.
    pub(crate) fn handle_forwarded(&mut self, message: &message::Element) -> Option<Medium> {
        let forwarded = message
            .structure()
            .and_then(|fields| fields.get::<gstreamer::Message>("message").ok());
        let end = forwarded.filter(|message| message.type_() == MessageType::Eos)?;
        let is_its = |chain: &&mut Chain| message.src() == Some(chain.bin().upcast_ref());
        let chain = self.chains.iter_mut().find(is_its)?;
        chain.handle_end(end.seqnum());
        chain.has_lost_end().then_some(chain.medium())
    }

    /// Returns whether every chain has played all that was handed over, the end included.
    pub(crate) fn is_drained(&self) -> bool {
        self.chains.iter().all(Chain::is_drained)
    }

    /// Returns whether `tracks` are those that the pipeline plays.
    pub(crate) fn plays(&self, tracks: &[Track]) -> bool {
        let playing = self.chains.iter().map(Chain::track);
        playing.eq(tracks.iter().map(|track| track.reader.track()))
    }

    /// Forgets which frames to skip, because playback goes on in another place.
    pub(crate) fn forget_place(&mut self) {
        for chain in &mut self.chains {
            chain.forget_place();
        }
    }

    pub(crate) fn chain_of(&mut self, medium: Medium) -> Option<&mut Chain> {
        self.chains
            .iter_mut()
            .find(|chain| chain.medium() == medium)
    }

    /// Lets the sinks agree anew on the latency.
    pub(crate) fn recalculate_latency(&self) {
        // If it fails, the pipeline cannot answer yet, and will ask again.
        let _ = self.pipeline.recalculate_latency();
    }

    /// Returns the failure at `position` that an error tells, and the medium of the chain if it is a
    /// failure of a decoder; `None` if playback can go on.
    pub(crate) fn failure(
        &mut self,
        message: &Error,
        position: PresentationTime,
    ) -> Option<(PlayerError, Option<Medium>)> {
        let source = message.src();
        let words = element::words(message);
        let is_its =
            |chain: &&mut Chain| source.is_some_and(|source| source.has_as_ancestor(chain.bin()));
        let Some(chain) = self.chains.iter_mut().find(is_its) else {
            let error = PlayerError::Playback {
                track: None,
                position,
                message: words,
            };
            return Some((error, None));
        };
        let failure = chain.failure(message, words)?;
        let error = PlayerError::Playback {
            track: Some(chain.name().to_owned()),
            position,
            message: failure.words,
        };
        Some((error, failure.is_of_decoder.then_some(chain.medium())))
    }

    fn set_state(&self, state: State) {
        if self
            .watchdog
            .watch(|| self.pipeline.set_state(state))
            .is_err()
        {
            // The element that failed has posted an error that says more. If not, this error counts.
            let text = format!("the pipeline cannot go to {state:?}");
            // Most likely a driver has refused.
            let mut suspects = self.chains.iter().filter(|chain| chain.uses_hardware());
            let suspect = suspects.find_map(|chain| chain.decoding().first());
            let error = Error::builder(CoreError::StateChange, &text);
            let _ = self
                .pipeline
                .post_message(error.src_if_some(suspect).build());
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

/// Sends the errors of decoders about frames to the control thread without the pipeline, which would
/// take them for the failure of a state change that is under way. The control thread decides whether
/// they are failures.
fn forward_complaints(chain: &Chain, generation: Generation, messages: &Sender<Message>) {
    for element in chain.decoding() {
        let Some(bus_of_bin) = element.bus() else {
            continue;
        };
        let messages = messages.clone();
        let bus = Bus::new();
        bus.set_sync_handler(move |_, message| {
            match message.view() {
                MessageView::Error(error) if is_about_frames(error) => {
                    // There is no receiver while a pipeline is being torn down.
                    let _ = messages.send(Message::Bus(generation, message.clone()));
                }
                _ => {
                    // Any other message goes to the bus where the element would have posted it.
                    let _ = bus_of_bin.post(message.clone());
                }
            }
            BusSyncReply::Drop
        });
        element.set_bus(Some(&bus));
    }
}

/// Sends the messages that matter to the control thread, from the thread on which they are posted.
fn forward_messages(pipeline: &Pipeline, generation: Generation, messages: Sender<Message>) {
    let Some(bus) = pipeline.bus() else { return };
    bus.set_sync_handler(move |_, message| {
        let matters = matches!(
            message.view(),
            MessageView::AsyncDone(_)
                | MessageView::ClockLost(_)
                | MessageView::Element(_)
                | MessageView::Error(_)
                | MessageView::Latency(_)
        );
        if matters {
            // There is no receiver while a pipeline is being torn down.
            let _ = messages.send(Message::Bus(generation, message.clone()));
        }
        BusSyncReply::Drop
    });
}
