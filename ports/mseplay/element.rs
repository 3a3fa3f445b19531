/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The media element: what `HTMLMediaElement` does around a player, as far as a page without
//! controls needs it. It is `autoplay`.

use media_gstreamer::{Player, PlayerEvent, SeekId};
use media_source::effect::{ElementEffect, ElementError};
use media_source::element::ElementState;
use media_source::{ElementReadyState, MediaSource, ReadyState};
use track_buffer::time::PresentationTime;

/// The events of the element, with what a listener would read off the element then.
#[derive(Clone, Debug, PartialEq)]
pub enum ElementEvent {
    /// `playing`
    Playing,
    /// `waiting`
    Waiting,
    /// `pause`
    Pause,
    /// `seeking`, and the target.
    Seeking(PresentationTime),
    /// `seeked`, and where playback stands.
    Seeked(PresentationTime),
    /// `timeupdate`, and where playback stands.
    TimeUpdate(PresentationTime),
    /// `ended`
    Ended,
    /// `error`, and the message of the `MediaError`.
    Error(String),
}

/// A media element whose source is a [`MediaSource`].
pub struct Element {
    player: Player,
    ready_state: ElementReadyState,
    position: PresentationTime,
    duration: f64,
    is_paused: bool,
    has_begun: bool,
    /// The seek under way.
    seek: Option<SeekId>,
    /// Whether the frame at the position is decoded.
    has_first_frame: bool,
    has_ended: bool,
    has_error: bool,
    /// To be fired.
    events: Vec<ElementEvent>,
}

impl Element {
    /// An element that plays with `player`.
    pub fn new(player: Player) -> Self {
        Self {
            player,
            ready_state: ElementReadyState::HaveNothing,
            position: PresentationTime::ZERO,
            duration: f64::NAN,
            is_paused: true,
            has_begun: false,
            seek: None,
            has_first_frame: false,
            has_ended: false,
            has_error: false,
            events: Vec::new(),
        }
    }

    /// What the MediaSource asks for with each append.
    pub fn state(&self) -> ElementState {
        ElementState {
            has_error: self.has_error,
            position: self.position,
        }
    }

    /// Where playback stands, or is to go.
    pub fn position(&self) -> PresentationTime {
        self.position
    }

    /// In seconds; NaN while unknown, infinite where the media does not tell.
    pub fn duration(&self) -> f64 {
        self.duration
    }

    /// Whether playback is stopped.
    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Whether playback was begun, by `autoplay` or by [`Element::play`].
    pub fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Whether there is something to play next.
    pub fn is_ready(&self) -> bool {
        self.ready_state >= ElementReadyState::HaveFutureData
    }

    /// The events that are to be fired since the last call, in order.
    pub fn take_events(&mut self) -> Vec<ElementEvent> {
        std::mem::take(&mut self.events)
    }

    /// The player, to close it.
    pub fn into_player(self) -> Player {
        self.player
    }

    /// <https://html.spec.whatwg.org/multipage/#dom-media-play>
    pub fn play(&mut self) {
        self.is_paused = false;
        self.has_begun = true;
        self.player.play();
        if self.is_ready() {
            self.fire(ElementEvent::Playing);
        }
    }

    /// <https://html.spec.whatwg.org/multipage/#dom-media-pause>
    pub fn pause(&mut self) {
        self.is_paused = true;
        self.player.pause();
        self.fire(ElementEvent::Pause);
    }

    /// Goes to `target`, or to the end if that is earlier; where nothing is buffered, once something
    /// is.
    ///
    /// <https://html.spec.whatwg.org/multipage/#dom-media-seek>
    pub fn seek(&mut self, target: PresentationTime, source: &MediaSource) {
        let target = if self.duration.is_finite() {
            target.min(PresentationTime::from_seconds(self.duration))
        } else {
            target
        };
        self.seek = Some(self.player.seek(target));
        self.position = target;
        self.has_first_frame = false;
        self.has_ended = false;
        self.fire(ElementEvent::Seeking(target));
        self.monitor(source);
    }

    /// Does what the MediaSource says.
    pub fn apply(&mut self, effect: ElementEffect, source: &MediaSource) {
        match effect {
            ElementEffect::DurationChanged(duration) => {
                self.duration = duration;
                if self.position.seconds() > duration {
                    self.seek(PresentationTime::from_seconds(duration), source);
                }
            }
            // Nobody looks at the lists of tracks here.
            ElementEffect::TrackAdded(_) | ElementEffect::TrackRemoved(_) => {}
            ElementEffect::PlayableTracksChanged => {
                self.player.set_tracks(source.track_readers());
            }
            ElementEffect::BufferedChanged => self.player.data_changed(),
            ElementEffect::Failed(ElementError::Network) => self.fail("a file is missing".into()),
            ElementEffect::Failed(ElementError::Decode(message)) => self.fail(message),
        }
        self.monitor(source);
    }

    /// Something happened in the player.
    pub fn handle_player_event(&mut self, event: PlayerEvent, source: &MediaSource) {
        match event {
            PlayerEvent::Prerolled => self.has_first_frame |= self.seek.is_none(),
            // While it seeks, the element stands at the target.
            PlayerEvent::Position(position) if self.seek.is_none() => {
                self.position = position;
                self.fire(ElementEvent::TimeUpdate(position));
            }
            PlayerEvent::SeekDone { id, position } if self.seek == Some(id) => {
                self.seek = None;
                self.has_first_frame = true;
                self.position = position;
                self.fire(ElementEvent::Seeked(position));
                // A seek to the end reaches it without anything left to play.
                if self.is_at_end(source) {
                    self.end();
                }
            }
            PlayerEvent::EndOfStream if self.seek.is_none() => self.end(),
            PlayerEvent::Error(error) => self.fail(error.to_string()),
            PlayerEvent::Position(_)
            | PlayerEvent::SeekDone { .. }
            | PlayerEvent::EndOfStream
            | PlayerEvent::Starved
            | PlayerEvent::VideoFrameUpdated => {}
        }
        self.monitor(source);
    }

    /// Sets the readyState by what is buffered at the position.
    /// <https://w3c.github.io/media-source/#buffer-monitoring>
    fn monitor(&mut self, source: &MediaSource) {
        let mut allowed = source.element_ready_state(self.position);
        // Buffered data alone let nothing be shown: the frame has to be decoded before it rises.
        if !self.has_first_frame {
            allowed = allowed.min(self.ready_state.max(ElementReadyState::HaveMetadata));
        }
        let was_ready = self.is_ready();
        self.ready_state = allowed;
        if allowed == ElementReadyState::HaveEnoughData && !self.has_begun {
            self.play();
        } else if !self.is_paused && self.is_ready() != was_ready {
            // At the end nothing is missing.
            if self.is_ready() {
                self.fire(ElementEvent::Playing);
            } else if !self.is_at_end(source) {
                self.fire(ElementEvent::Waiting);
            }
        }
    }

    fn is_at_end(&self, source: &MediaSource) -> bool {
        source.ready_state() == ReadyState::Ended
            && self.position >= PresentationTime::from_seconds(self.duration)
    }

    fn end(&mut self) {
        if !self.has_ended {
            self.has_ended = true;
            // Sinks end some microseconds before or after the duration: the end is the end.
            self.position = PresentationTime::from_seconds(self.duration);
            self.fire(ElementEvent::TimeUpdate(self.position));
            self.fire(ElementEvent::Ended);
        }
    }

    fn fail(&mut self, message: String) {
        if !self.has_error {
            self.has_error = true;
            self.fire(ElementEvent::Error(message));
        }
    }

    fn fire(&mut self, event: ElementEvent) {
        self.events.push(event);
    }
}
