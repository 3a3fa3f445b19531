/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The attributes and the events of a media element without controls. The element is `autoplay`.

use media_gstreamer::GStreamerPlayer;
use media_source::{
    ElementEffect, ElementError, ElementReadyState, ElementUpdate, ElementView, MediaElement,
    PlayerEvent, PresentationTime,
};

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

/// A media element whose source is a MediaSource.
pub struct Element {
    media: MediaElement<GStreamerPlayer>,
    has_begun: bool,
    /// Whether the readyState that was told last lets it play.
    was_ready: bool,
    /// To be fired.
    events: Vec<ElementEvent>,
}

/// What the script reads.
impl Element {
    /// An element that plays a MediaSource with `player`.
    pub fn new(view: ElementView, player: GStreamerPlayer) -> Self {
        Self {
            media: MediaElement::new(view, Box::new(player)),
            has_begun: false,
            was_ready: false,
            events: Vec::new(),
        }
    }

    /// What the MediaSource shares with the element.
    pub fn view(&self) -> &ElementView {
        self.media.view()
    }

    /// Where playback stands, or is to go.
    pub fn position(&self) -> PresentationTime {
        self.media.position()
    }

    /// Whether playback is stopped.
    pub fn is_paused(&self) -> bool {
        !self.media.is_playing()
    }

    /// Whether playback was begun, by `autoplay` or by [`Element::play`].
    pub fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Whether there is something to play next.
    pub fn is_ready(&self) -> bool {
        self.media.ready_state() >= ElementReadyState::HaveFutureData
    }

    /// Whether playback stands at the end of the media.
    pub fn is_at_end(&self) -> bool {
        self.media.is_at_end()
    }

    /// The events that are to be fired since the last call, in order.
    pub fn take_events(&mut self) -> Vec<ElementEvent> {
        std::mem::take(&mut self.events)
    }

    /// The player, to close it.
    pub fn into_player(self) -> GStreamerPlayer {
        *self.media.into_player()
    }
}

/// What the script calls, and what happens.
impl Element {
    /// <https://html.spec.whatwg.org/multipage/#dom-media-play>
    pub fn play(&mut self) {
        self.has_begun = true;
        self.media.play();
        if self.is_ready() {
            self.events.push(ElementEvent::Playing);
        }
    }

    /// <https://html.spec.whatwg.org/multipage/#dom-media-pause>
    pub fn pause(&mut self) {
        self.media.pause();
        self.events.push(ElementEvent::Pause);
    }

    /// Goes to `target`, or to the end if that is earlier. If nothing is buffered there, it arrives once
    /// something is.
    ///
    /// <https://html.spec.whatwg.org/multipage/#dom-media-seek>
    pub fn seek(&mut self, target: PresentationTime) {
        let duration = self.view().duration();
        let target = if duration.is_finite() {
            target.min(PresentationTime::from_seconds(duration))
        } else {
            target
        };
        self.media.seek(target);
        self.events.push(ElementEvent::Seeking(target));
        self.apply_updates();
    }

    /// The MediaSource tells the element something.
    pub fn handle_effect(&mut self, effect: ElementEffect) {
        self.media.handle_effect(effect);
        self.apply_updates();
    }

    /// Something happened in the player.
    pub fn handle_player_event(&mut self, event: PlayerEvent) {
        self.media.handle_player_event(event);
        self.apply_updates();
    }

    fn apply_updates(&mut self) {
        while let Some(update) = self.media.poll_update() {
            match update {
                ElementUpdate::ReadyState(state) => self.ready_state_changed(state),
                ElementUpdate::Position(position) => {
                    self.events.push(ElementEvent::TimeUpdate(position));
                }
                ElementUpdate::Seek(seconds) => self.seek(PresentationTime::from_seconds(seconds)),
                ElementUpdate::Seeked(position) => self.events.push(ElementEvent::Seeked(position)),
                ElementUpdate::Ended => self.events.push(ElementEvent::Ended),
                ElementUpdate::Failed(error) => {
                    self.events.push(ElementEvent::Error(match error {
                        ElementError::Network => "a file is missing".to_owned(),
                        ElementError::Decode { message, .. } => message,
                    }));
                }
                // Nobody here listens to these.
                _ => {}
            }
        }
    }

    /// <https://html.spec.whatwg.org/multipage/#ready-states>
    fn ready_state_changed(&mut self, state: ElementReadyState) {
        let is_ready = self.is_ready();
        if state == ElementReadyState::HaveEnoughData && !self.has_begun {
            self.play();
        } else if !self.is_paused() && is_ready != self.was_ready {
            // At the end nothing is missing.
            if is_ready {
                self.events.push(ElementEvent::Playing);
            } else if !self.media.is_at_end() {
                self.events.push(ElementEvent::Waiting);
            }
        }
        self.was_ready = is_ready;
    }
}
