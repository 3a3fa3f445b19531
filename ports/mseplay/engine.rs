/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The host of a MediaSource: what a browser engine is to a page. It has the task queue, the thread
//! on which appends and removals run, and the media element.

use std::collections::VecDeque;

use crossbeam_channel::Sender;
use media_gstreamer::GStreamerPlayer;
use media_source::{
    Effect, Event, EventTarget, Exception, JobExecutor, JobOutcome, MediaSource, PlayerEvent,
    PresentationTime, SourceBufferId,
};

use crate::element::{Element, ElementEvent};

/// What other threads tell the engine's.
pub enum Message {
    /// An append or a removal has run.
    JobDone(JobOutcome),
    /// Something happened in the player.
    Player(PlayerEvent),
    /// A key was pressed in the window, or it was closed.
    Key(Key),
}

/// What the keys of the window are for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Key {
    /// Stop playback, or go on.
    Pause,
    /// Seek back.
    Back,
    /// Seek forward.
    Forward,
    /// End.
    Quit,
}

/// An event that the script listens to.
pub enum Fired {
    /// At a MediaSource or what belongs to it.
    Source(EventTarget, Event),
    /// At the media element.
    Element(ElementEvent),
}

/// The MediaSource, the media element, the task queue and the thread for jobs.
pub struct Engine {
    source: MediaSource,
    element: Element,
    /// Each fires an event.
    tasks: VecDeque<Fired>,
    executor: JobExecutor,
    messages: Sender<Message>,
}

/// What the script calls.
impl Engine {
    /// Makes a media element that plays `source` with `player`. Finished jobs and their outcomes are
    /// sent to `messages` by other threads; the program hands them to
    /// [`Engine::handle_job_outcome`].
    pub fn new(source: MediaSource, player: GStreamerPlayer, messages: Sender<Message>) -> Self {
        let mut engine = Self {
            element: Element::new(source.element_view(), player),
            source,
            tasks: VecDeque::new(),
            executor: JobExecutor::new(),
            messages,
        };
        engine.source.attach();
        engine.drain_effects();
        engine
    }

    /// The MediaSource, to read its attributes.
    pub fn source(&self) -> &MediaSource {
        &self.source
    }

    /// The element, to read its attributes.
    pub fn element(&self) -> &Element {
        &self.element
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-addsourcebuffer>
    pub fn add_source_buffer(&mut self, media_type: &str) -> Result<SourceBufferId, Exception> {
        let added = self.source.add_source_buffer(media_type);
        self.drain_effects();
        added
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-appendbuffer>
    pub fn append_buffer(&mut self, id: SourceBufferId, piece: &[u8]) -> Result<(), Exception> {
        let begun = self.source.source_buffer(id)?.append_buffer(piece);
        self.drain_effects();
        begun
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-abort>
    pub fn abort(&mut self, id: SourceBufferId) -> Result<(), Exception> {
        let aborted = self.source.source_buffer(id)?.abort();
        self.drain_effects();
        aborted
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-endofstream>
    pub fn end_of_stream(&mut self) -> Result<(), Exception> {
        let ended = self.source.end_of_stream(None);
        self.drain_effects();
        ended
    }

    /// <https://html.spec.whatwg.org/multipage/#dom-media-currenttime>
    pub fn seek(&mut self, target: PresentationTime) {
        self.element.seek(target);
        self.queue_element_events();
    }

    /// <https://html.spec.whatwg.org/multipage/#dom-media-play>
    pub fn play(&mut self) {
        self.element.play();
        self.queue_element_events();
    }

    /// <https://html.spec.whatwg.org/multipage/#dom-media-pause>
    pub fn pause(&mut self) {
        self.element.pause();
        self.queue_element_events();
    }

    /// Ends, and gives the player back to be closed.
    pub fn into_player(self) -> GStreamerPlayer {
        self.element.into_player()
    }
}

/// What the event loop calls.
impl Engine {
    /// The event of the next task.
    pub fn next_event(&mut self) -> Option<Fired> {
        self.tasks.pop_front()
    }

    /// An append or a removal has run.
    pub fn handle_job_outcome(&mut self, outcome: JobOutcome) {
        self.source.handle_job_outcome(outcome);
        self.drain_effects();
    }

    /// Something happened in the player.
    pub fn handle_player_event(&mut self, event: PlayerEvent) {
        self.element.handle_player_event(event);
        self.queue_element_events();
    }

    /// Does what the MediaSource says. Runs after every command and every `handle_*` call.
    fn drain_effects(&mut self) {
        while let Some(effect) = self.source.poll_effect() {
            match effect {
                Effect::Fire { target, event } => {
                    self.tasks.push_back(Fired::Source(target, event))
                }
                Effect::RunJob(job) => {
                    let messages = self.messages.clone();
                    self.executor.execute(job, move |outcome| {
                        // At the end nobody waits for it any more.
                        let _ = messages.send(Message::JobDone(outcome));
                    });
                }
                Effect::Element(effect) => {
                    self.element.handle_effect(effect);
                    self.queue_element_events();
                }
                Effect::Discard(discarded) => self.executor.discard(discarded),
                _ => unreachable!("these are all"),
            }
        }
    }

    fn queue_element_events(&mut self) {
        let events = self.element.take_events().into_iter();
        self.tasks.extend(events.map(Fired::Element));
    }
}
