/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What a media element decides about playback of a MediaSource.

use std::collections::VecDeque;

use track_buffer::time::PresentationTime;

use super::player::{Player, PlayerEvent, SeekId};
use super::ready_state::ElementReadyState;
use super::view::ElementView;
use crate::effect::{Blame, ElementEffect, ElementError};
use crate::media_source::ReadyState;

/// The state of an `HTMLMediaElement` that depends on its MediaSource and on its player.
///
/// It does no input or output. The host calls it with commands of the page ([`MediaElement::play`],
/// [`MediaElement::seek`] and others), with effects of the MediaSource
/// ([`MediaElement::handle_effect`]) and with events of the player
/// ([`MediaElement::handle_player_event`]). **After each of these calls the host drains
/// [`MediaElement::poll_update`]** and applies the updates in their order.
///
/// A new resource needs a new `MediaElement`. When the host detaches the MediaSource, it drops this
/// first.
pub struct MediaElement<P: Player + ?Sized = dyn Player> {
    player: Box<P>,
    view: ElementView,
    ready_state: ElementReadyState,
    /// The seek that is under way.
    seek: Option<SeekId>,
    /// Whether the frame at the position is decoded.
    has_first_frame: bool,
    /// Whether the end was reached since the last seek.
    has_ended: bool,
    /// Whether the page wants playback.
    is_playing: bool,
    /// Whether the page itself rests.
    is_suspended: bool,
    updates: VecDeque<ElementUpdate>,
}

/// A change that the host applies to its media element.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ElementUpdate {
    /// Set the duration, in seconds (infinity: unbounded), and queue a task to fire `durationchange`.
    Duration(f64),
    /// Run the steps for metadata that were just fetched. They set the readyState to `HAVE_METADATA`,
    /// and the natural size to this one.
    /// <https://html.spec.whatwg.org/multipage/#getting-media-metadata>
    Metadata {
        /// The natural width of the video in CSS pixels; 0 without video.
        width: u32,
        /// The natural height of the video in CSS pixels; 0 without video.
        height: u32,
    },
    /// Set the readyState and queue tasks to fire the events that belong to the change.
    /// <https://html.spec.whatwg.org/multipage/#ready-states>
    ReadyState(ElementReadyState),
    /// Playback has reached this position: run the "time marches on" steps.
    Position(PresentationTime),
    /// Run the seek algorithm of HTML to this position, in seconds, which calls
    /// [`MediaElement::seek`].
    /// <https://html.spec.whatwg.org/multipage/#dom-media-seek>
    Seek(f64),
    /// Await a stable state and run the last steps of the seek algorithm, which queue a task to fire
    /// `seeked`. Apply the following updates after these steps.
    /// <https://html.spec.whatwg.org/multipage/#dom-media-seek>
    Seeked(PresentationTime),
    /// Show the new video frame, and fire `resize` if its size differs.
    VideoFrame,
    /// Playback has reached the end: run the steps for that.
    /// <https://html.spec.whatwg.org/multipage/#reaches-the-end>
    Ended,
    /// Run the steps for media data that cannot be fetched or decoded.
    /// <https://html.spec.whatwg.org/multipage/#media-data-processing-steps-list>
    Failed(ElementError),
}

/// What the page calls.
impl<P: Player + ?Sized> MediaElement<P> {
    /// Returns the state of an element whose MediaSource has just been attached. `view` is the
    /// MediaSource's, and `player` is new.
    pub fn new(view: ElementView, player: Box<P>) -> Self {
        Self {
            player,
            view,
            ready_state: ElementReadyState::HaveNothing,
            seek: None,
            has_first_frame: false,
            has_ended: false,
            is_playing: false,
            is_suspended: false,
            updates: VecDeque::new(),
        }
    }

    /// Lets the player play.
    pub fn play(&mut self) {
        self.is_playing = true;
        if !self.is_suspended {
            self.player.play();
        }
    }

    /// Pauses the player.
    pub fn pause(&mut self) {
        self.is_playing = false;
        self.player.pause();
    }

    /// Pauses the player until [`MediaElement::resume`], because the page of the element is not shown
    /// any more.
    pub fn suspend(&mut self) {
        self.is_suspended = true;
        self.player.pause();
    }

    /// Lets the player go on after [`MediaElement::suspend`], if the page wants it to play.
    pub fn resume(&mut self) {
        self.is_suspended = false;
        if self.is_playing {
            self.player.play();
        }
    }

    /// Begins to seek to `target`, which lies within `seekable`. The readyState falls to
    /// `HAVE_METADATA` at once, and the host sets it so. It rises again after
    /// [`ElementUpdate::Seeked`].
    ///
    /// <https://html.spec.whatwg.org/multipage/#dom-media-seek>
    pub fn seek(&mut self, target: PresentationTime) {
        self.seek = Some(self.player.seek(target));
        self.view.set_position(target);
        self.has_first_frame = false;
        self.has_ended = false;
        self.ready_state = self.ready_state.min(ElementReadyState::HaveMetadata);
        // (What was said of the old position holds no longer.)
        self.updates.retain(|update| {
            !matches!(
                update,
                ElementUpdate::ReadyState(_)
                    | ElementUpdate::Position(_)
                    | ElementUpdate::Seeked(_)
                    | ElementUpdate::Ended
            )
        });
    }
}

/// What the host reads.
impl<P: Player + ?Sized> MediaElement<P> {
    /// Returns the player, for what this type does not decide: rate, volume, pitch, frame counts.
    pub fn player(&self) -> &P {
        &self.player
    }

    /// Ends, and returns the player.
    pub fn into_player(self) -> Box<P> {
        self.player
    }

    /// Returns what the MediaSource shares with the element.
    pub fn view(&self) -> &ElementView {
        &self.view
    }

    /// Returns the current playback position. While the element seeks, that is the target.
    /// <https://html.spec.whatwg.org/multipage/#current-playback-position>
    pub fn position(&self) -> PresentationTime {
        self.view.position()
    }

    /// Returns the readyState.
    pub fn ready_state(&self) -> ElementReadyState {
        self.ready_state
    }

    /// Whether a seek is under way.
    pub fn is_seeking(&self) -> bool {
        self.seek.is_some()
    }

    /// Whether the page wants playback.
    pub fn is_playing(&self) -> bool {
        self.is_playing
    }

    /// Whether playback has reached the end of a stream that is ended.
    pub fn is_at_end(&self) -> bool {
        self.view.source_ready_state() == ReadyState::Ended
            && self.position().seconds() >= self.view.duration()
    }
}

/// What happened, and what follows from it.
impl<P: Player + ?Sized> MediaElement<P> {
    /// Returns the next update; `None` if all were returned.
    pub fn poll_update(&mut self) -> Option<ElementUpdate> {
        self.updates.pop_front()
    }

    /// Handles what the MediaSource tells the element. Track objects are the host's: it handles
    /// [`ElementEffect::TrackAdded`] and [`ElementEffect::TrackRemoved`] itself.
    pub fn handle_effect(&mut self, effect: ElementEffect) {
        match effect {
            ElementEffect::DurationChanged(duration) => {
                self.updates.push_back(ElementUpdate::Duration(duration));
                if self.position().seconds() > duration {
                    self.updates.push_back(ElementUpdate::Seek(duration));
                }
            }
            ElementEffect::TrackAdded(_) | ElementEffect::TrackRemoved(_) => return,
            ElementEffect::PlayableTracksChanged => {
                self.player.set_tracks(self.view.track_readers());
            }
            ElementEffect::BufferedChanged => self.player.data_changed(),
            ElementEffect::Failed(error) => self.fail(error),
        }
        self.monitor_buffers();
    }

    /// Handles what happened in the player.
    pub fn handle_player_event(&mut self, event: PlayerEvent) {
        match event {
            PlayerEvent::Prerolled => self.has_first_frame |= !self.is_seeking(),
            PlayerEvent::Position(position) => self.handle_position(position),
            PlayerEvent::SeekDone { id, position } => {
                if self.seek == Some(id) {
                    return self.end_seek(position);
                }
            }
            PlayerEvent::VideoFrameUpdated => {
                return self.updates.push_back(ElementUpdate::VideoFrame);
            }
            PlayerEvent::EndOfStream if !self.is_seeking() => self.reach_end(),
            PlayerEvent::EndOfStream | PlayerEvent::Starved => {}
            PlayerEvent::Failed(error) => self.fail(ElementError::Decode {
                message: error.to_string(),
                blame: Blame::Player(error),
            }),
        }
        self.monitor_buffers();
    }

    /// Handles that the worker in which the MediaSource was made has ended, and the MediaSource with it.
    /// Nothing is buffered any more. That is no error.
    ///
    /// <https://w3c.github.io/media-source/#htmlmediaelement-extensions-buffered>
    pub fn handle_source_gone(&mut self) {
        self.player.set_tracks(Vec::new());
        self.set_ready_state(self.ready_state.min(ElementReadyState::HaveMetadata));
    }

    fn handle_position(&mut self, position: PresentationTime) {
        // While it seeks, the element stands at the target. And the end is reached when the player
        // says so: a position at or beyond the duration alone may be a rounding error.
        if self.is_seeking() || position.seconds() >= self.view.duration() {
            return;
        }
        self.has_ended = false;
        self.view.set_position(position);
        self.updates.push_back(ElementUpdate::Position(position));
    }

    fn end_seek(&mut self, position: PresentationTime) {
        self.seek = None;
        self.has_first_frame = true;
        self.view.set_position(position);
        self.updates.push_back(ElementUpdate::Seeked(position));
        self.monitor_buffers();
        // A seek to the end reaches it without anything left to play.
        if self.is_at_end() {
            self.reach_end();
        }
    }

    fn reach_end(&mut self) {
        if self.has_ended {
            return;
        }
        self.has_ended = true;
        // Players end some microseconds before or after the duration. That is the end all the same.
        let duration = self.view.duration();
        if duration.is_finite() {
            let end = PresentationTime::from_seconds(duration);
            self.view.set_position(end);
            self.updates.push_back(ElementUpdate::Position(end));
        }
        self.updates.push_back(ElementUpdate::Ended);
    }

    fn fail(&mut self, error: ElementError) {
        if !self.view.set_error() {
            self.updates.push_back(ElementUpdate::Failed(error));
        }
    }

    /// <https://w3c.github.io/media-source/#buffer-monitoring>
    fn monitor_buffers(&mut self) {
        if self.view.source_ready_state() == ReadyState::Closed {
            return;
        }
        let allowed = self.allowed_ready_state();
        if allowed >= ElementReadyState::HaveMetadata
            && self.ready_state == ElementReadyState::HaveNothing
        {
            self.ready_state = ElementReadyState::HaveMetadata;
            let (width, height) = self.view.natural_size().unwrap_or_default();
            let metadata = ElementUpdate::Metadata { width, height };
            self.updates.push_back(metadata);
        }
        // Buffered data alone cannot be shown or heard: the readyState rises only when the frame at
        // the playback position is decoded as well.
        let may_rise = self.has_first_frame && !self.is_seeking();
        let allowed = if may_rise {
            allowed
        } else {
            allowed.min(self.ready_state)
        };
        self.set_ready_state(allowed);
    }

    fn set_ready_state(&mut self, ready_state: ElementReadyState) {
        if ready_state != self.ready_state {
            self.ready_state = ready_state;
            let update = ElementUpdate::ReadyState(ready_state);
            self.updates.push_back(update);
        }
    }

    fn allowed_ready_state(&self) -> ElementReadyState {
        let position = self.position();
        let allowed = self.view.ready_state(position);
        // There is no future data at the end of the media resource.
        if position.seconds() >= self.view.duration() {
            return allowed.min(ElementReadyState::HaveCurrentData);
        }
        allowed
    }
}
