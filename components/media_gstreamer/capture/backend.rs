/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! GStreamer as the backend that captures.

use std::sync::{Arc, OnceLock};
use std::thread;

use crossbeam_channel::{Receiver, Sender};
use media_source::{PlayerError, VideoRenderer};
use media_stream::{
    CaptureBackend, CaptureSource, DeviceWatch, DevicesListener, Feed, PictureSink, Settings,
    SoundReader, SoundSink, SourceListener, StreamPlayer, StreamPlayerListener, WithoutDevices,
};

use super::control::Message;
use super::fake::FakeDevices;
use super::feed::TrackFeed;
use super::host_pictures;
use super::host_sound;
use super::player::GStreamerStreamPlayer;
use super::registry::{DevicesMessage, Opened, Registry};
use super::sound_reader;

/// The devices from which pages may capture.
#[derive(Clone)]
pub enum DeviceChoice {
    /// Those of this machine.
    System,
    /// Devices that do not exist, for tests.
    Fake(FakeDevices),
}

/// Captures with GStreamer, and plays what is captured. It starts GStreamer, and a thread, when a page
/// wants to know of devices.
pub struct GStreamerCapture {
    choice: DeviceChoice,
    registry: Arc<Registry>,
    messages: (Sender<DevicesMessage>, Receiver<DevicesMessage>),
    start: OnceLock<()>,
}

impl GStreamerCapture {
    /// Returns a backend that captures from these devices.
    pub fn new(choice: DeviceChoice) -> Self {
        Self {
            choice,
            registry: Arc::new(Registry::new()),
            messages: crossbeam_channel::unbounded(),
            start: OnceLock::new(),
        }
    }

    /// Starts the thread that knows the devices, unless it runs.
    fn start(&self) {
        self.start.get_or_init(|| {
            let (registry, choice) = (self.registry.clone(), self.choice.clone());
            let (changes, messages) = self.messages.clone();
            let run = move || {
                // Without GStreamer there are no devices.
                if gstreamer::init().is_ok() {
                    registry.watch(&choice, changes, &messages);
                }
            };
            // Without a thread there are no devices either.
            let _ = thread::Builder::new()
                .name("CaptureDevices".to_owned())
                .spawn(run);
        });
    }

    fn send(&self, message: DevicesMessage) {
        self.start();
        let _ = self.messages.0.send(message);
    }
}

impl CaptureBackend for GStreamerCapture {
    fn watch_devices(&self, listener: DevicesListener) -> Box<dyn DeviceWatch> {
        let id = self.registry.new_id();
        self.send(DevicesMessage::Watch(id, listener));
        Box::new(Watch(id, self.messages.0.clone()))
    }

    fn open(
        &self,
        device_key: &str,
        settings: &Settings,
        listener: SourceListener,
    ) -> Box<dyn CaptureSource> {
        self.start();
        let opened = self.registry.open(device_key, settings, listener);
        Box::new(Source(opened))
    }

    fn create_picture_source(&self) -> (Box<dyn CaptureSource>, Arc<dyn PictureSink>) {
        host_pictures::create()
    }

    fn create_sound_source(
        &self,
        sample_rate: u32,
    ) -> (Box<dyn CaptureSource>, Arc<dyn SoundSink>) {
        host_sound::create(sample_rate)
    }

    fn create_sound_reader(&self, feed: Arc<dyn Feed>, sample_rate: u32) -> Box<dyn SoundReader> {
        match TrackFeed::of(feed) {
            Some(feed) => sound_reader::create(&feed, sample_rate),
            // A feed of another backend has no sound here.
            None => Box::new(WithoutDevices),
        }
    }

    fn create_player(
        &self,
        renderer: Option<Box<dyn VideoRenderer>>,
        listener: StreamPlayerListener,
    ) -> Result<Box<dyn StreamPlayer>, PlayerError> {
        Ok(Box::new(GStreamerStreamPlayer::new(renderer, listener)?))
    }
}

impl Drop for GStreamerCapture {
    fn drop(&mut self) {
        let _ = self.messages.0.send(DevicesMessage::End);
    }
}

struct Watch(u64, Sender<DevicesMessage>);

impl DeviceWatch for Watch {}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.1.send(DevicesMessage::Unwatch(self.0));
    }
}

struct Source(Opened);

impl CaptureSource for Source {
    fn create_feed(&self, settings: &Settings) -> Arc<dyn Feed> {
        let Opened { id, hub, messages } = &self.0;
        let feed = hub.create_feed(*id, settings, messages.clone());
        // The device may be gone.
        let _ = messages.send(Message::FeedsChanged);
        feed
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        let _ = self.0.messages.send(Message::Close(self.0.id));
    }
}
