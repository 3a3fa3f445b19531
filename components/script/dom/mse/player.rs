/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The player of a MediaSource.

use std::sync::{Arc, Mutex, MutexGuard};

use media_source::{ElementView, MediaElement, PlayerEvent, PresentationTime};

use crate::dom::html::htmlmediaelement::element_player::{ElementPlayer, Playback};
use crate::dom::html::htmlmediaelement::media_resource::MediaResourceRenderer;
use crate::dom::mse::mediasourcetestutils::Counted;
use crate::dom::mse::platform;

/// A [`MediaElement`], which plays what it is attached to.
pub(crate) struct MediaSourcePlayback {
    element: Mutex<MediaElement>,
    _counted: Counted,
}

pub(crate) type MediaSourcePlayer = ElementPlayer<MediaSourcePlayback>;

impl MediaSourcePlayback {
    /// Returns a player that shows frames with `renderer`. An audio element has none.
    pub(crate) fn new_player(
        view: ElementView,
        renderer: Option<Arc<Mutex<MediaResourceRenderer>>>,
        listener: impl Fn(PlayerEvent) + Send + Sync + 'static,
    ) -> Result<MediaSourcePlayer, String> {
        ElementPlayer::new(renderer, |renderer| {
            let player = platform::create_player(Box::new(renderer), Box::new(listener))
                .map_err(|error| error.to_string())?;
            Ok(Self {
                element: Mutex::new(MediaElement::new(view, player)),
                _counted: Counted::player(),
            })
        })
    }

    /// Locks the element's state for a moment.
    pub(crate) fn element(&self) -> MutexGuard<'_, MediaElement> {
        self.element.lock().unwrap()
    }
}

impl Playback for MediaSourcePlayback {
    fn play(&self) {
        self.element().play();
    }

    fn pause(&self) {
        self.element().pause();
    }

    fn is_playing(&self) -> bool {
        self.element().is_playing()
    }

    fn seek(&self, time: f64) {
        self.element().seek(PresentationTime::from_seconds(time));
    }

    fn set_muted(&self, is_muted: bool) {
        self.element().player().set_muted(is_muted);
    }

    fn set_volume(&self, volume: f64) {
        self.element().player().set_volume(volume);
    }

    fn set_rate(&self, rate: f64) {
        self.element().player().set_rate(rate);
    }

    fn suspend(&self) {
        self.element().suspend();
    }

    fn resume(&self) {
        self.element().resume();
    }
}
