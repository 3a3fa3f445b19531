/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The media of one track.

use std::any::Any;
use std::sync::{Arc, Weak};

use crossbeam_channel::Sender;
use gstreamer::Sample;
use media_stream::{Feed, Settings};
use parking_lot::Mutex;

use super::adapter::{VideoAdapter, VideoShape};
use super::control::{Message, SourceId};
use super::last_picture::LastPicture;
use super::sound_adapter::{SoundAdapter, SoundShape};

/// The media of one track: the frames of the device, shaped as the settings of the track say.
pub(crate) struct TrackFeed {
    source: SourceId,
    state: Mutex<State>,
    /// What shapes the frames. The streaming thread takes it out meanwhile.
    adapter: Mutex<Option<Adapter>>,
    taps: Mutex<Taps>,
    /// The last picture of the source, with which each consumer begins.
    last_picture: Arc<LastPicture>,
    device: Sender<Message>,
}

type Taps = Arc<[Arc<TapFunction>]>;
type TapFunction = dyn Fn(&Sample) + Send + Sync;

struct State {
    settings: Settings,
    is_enabled: bool,
}

enum Adapter {
    Video(VideoAdapter),
    Sound(SoundAdapter),
}

/// Receives the media of a feed until it is dropped.
pub(crate) struct Tap {
    feed: Weak<TrackFeed>,
    function: Arc<TapFunction>,
}

impl TrackFeed {
    /// Returns the feed, if it is one of this backend.
    pub(crate) fn of(feed: Arc<dyn Feed>) -> Option<Arc<Self>> {
        let feed: Arc<dyn Any + Send + Sync> = feed;
        feed.downcast().ok()
    }

    /// Returns a feed of a source, whose device is told what becomes of it.
    pub(crate) fn new(
        source: SourceId,
        settings: &Settings,
        last_picture: Arc<LastPicture>,
        device: Sender<Message>,
    ) -> Self {
        Self {
            source,
            state: Mutex::new(State {
                settings: settings.clone(),
                is_enabled: true,
            }),
            adapter: Mutex::default(),
            taps: Mutex::new(Arc::from([])),
            last_picture,
            device,
        }
    }

    /// Returns the source that it is a feed of.
    pub(crate) fn source(&self) -> SourceId {
        self.source
    }

    /// Returns what the track is to be like; `None` while it is disabled.
    pub(crate) fn wanted(&self) -> Option<Settings> {
        let state = self.state.lock();
        state.is_enabled.then(|| state.settings.clone())
    }

    /// Calls `function` with the last picture, if there is one, and then with each frame, on the thread of
    /// the device, which it must not block.
    pub(crate) fn tap(self: &Arc<Self>, function: impl Fn(&Sample) + Send + Sync + 'static) -> Tap {
        let function: Arc<TapFunction> = Arc::new(function);
        let mut taps = self.taps.lock();
        *taps = taps.iter().cloned().chain([function.clone()]).collect();
        drop(taps);
        let last = self.last_picture.get();
        let last = last.and_then(|last| self.shape(&last, true));
        if let Some(last) = last {
            function(&last);
        }
        Tap {
            feed: Arc::downgrade(self),
            function,
        }
    }

    /// Handles a frame of the device, or a stand-in, which says when a frame would be there.
    pub(crate) fn handle(&self, sample: &Sample, is_media: bool) {
        let taps = self.taps.lock().clone();
        if taps.is_empty() {
            return;
        }
        if let Some(sample) = self.shape(sample, is_media) {
            for tap in taps.iter() {
                tap(&sample);
            }
        }
    }

    fn shape(&self, sample: &Sample, is_media: bool) -> Option<Sample> {
        let (is_enabled, video, sound) = {
            let state = self.state.lock();
            let settings = &state.settings;
            let shapes = (VideoShape::of(settings), SoundShape::of(settings));
            (state.is_enabled, shapes.0, shapes.1)
        };
        if is_enabled && !is_media {
            return None;
        }
        let caps = sample.caps()?;
        let is_sound = caps.structure(0)?.name() == "audio/x-raw";
        let adapter = self.adapter.lock().take();
        let mut adapter = adapter.unwrap_or_else(|| match is_sound {
            true => Adapter::Sound(SoundAdapter::default()),
            false => Adapter::Video(VideoAdapter::default()),
        });
        let shaped = match &mut adapter {
            Adapter::Video(adapter) => adapter.adapt(sample, video, is_enabled),
            Adapter::Sound(adapter) => adapter.adapt(sample, sound, is_enabled),
        };
        *self.adapter.lock() = Some(adapter);
        shaped
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock());
        if let Some(last) = self.last_picture.get() {
            self.handle(&last, true);
        }
        self.tell_device();
    }

    fn tell_device(&self) {
        // The device may be closed.
        let _ = self.device.send(Message::FeedsChanged);
    }
}

impl Feed for TrackFeed {
    fn set_settings(&self, settings: &Settings) {
        self.change(|state| state.settings = settings.clone());
    }

    fn set_enabled(&self, is_enabled: bool) {
        self.change(|state| state.is_enabled = is_enabled);
    }
}

impl Drop for TrackFeed {
    fn drop(&mut self) {
        self.tell_device();
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        if let Some(feed) = self.feed.upgrade() {
            let mut taps = feed.taps.lock();
            let others = taps.iter().filter(|tap| !Arc::ptr_eq(tap, &self.function));
            let others = others.cloned().collect();
            let removed = std::mem::replace(&mut *taps, others);
            // What the function owns is not dropped under the lock.
            drop(taps);
            drop(removed);
        }
    }
}
