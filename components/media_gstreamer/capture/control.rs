/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The thread that controls an open device.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use gstreamer::{MessageView, ResourceError};
use media_stream::{OpenError, Settings, SourceEvent, SourceListener};
use parking_lot::Mutex;

use super::device::{self, Device};
use super::hub::Hub;
use super::mode::Mode;
use super::registry::Registry;
use super::source::{SourcePipeline, stand_in};
use crate::watchdog::{Watchdog, Watched};

/// How long a device may take for its first media.
const OPENING_LIMIT: f64 = 10.;
/// How long an open device may give no media before that is told, besides two periods of its frames.
const SILENCE_LIMIT: f64 = 1.;

/// Names a source among all of the process.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct SourceId(pub(crate) u64);

/// The number of a pipeline among those that a device has had.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Generation(u64);

/// A message to the thread of a device.
pub(crate) enum Message {
    Open(SourceId, Settings, SourceListener),
    Close(SourceId),
    /// A feed was made or dropped, or wants something else.
    FeedsChanged,
    /// The first media have come, or the first ones after a while.
    MediaCame(Generation),
    Bus(Generation, gstreamer::Message),
    /// The device is not plugged in any more.
    Gone,
}

/// Those who listen to a device.
#[derive(Default)]
pub(crate) struct Listeners(Mutex<BTreeMap<SourceId, Listening>>);

#[derive(Clone)]
struct Listening {
    listener: Arc<SourceListener>,
    is_open: bool,
}

impl Listeners {
    fn add(&self, id: SourceId, listener: SourceListener) {
        let listening = Listening {
            listener: Arc::new(listener),
            is_open: false,
        };
        self.0.lock().insert(id, listening);
    }

    fn remove(&self, id: SourceId) {
        let removed = self.0.lock().remove(&id);
        // This is not under the lock, since the listener may own anything.
        drop(removed);
    }

    fn ids(&self) -> Vec<SourceId> {
        self.0.lock().keys().copied().collect()
    }

    /// Tells `event` to those whose sources are open.
    fn tell(&self, event: &SourceEvent) {
        let listening = self.0.lock().clone();
        for open in listening.values().filter(|listening| listening.is_open) {
            (open.listener)(event.clone());
        }
    }

    /// Tells those who wait for it that the device is open, and maybe that it is muted.
    fn open(&self, is_muted: bool) {
        let mut waiting = Vec::new();
        for listening in self.0.lock().values_mut() {
            if !listening.is_open {
                listening.is_open = true;
                waiting.push(listening.listener.clone());
            }
        }
        for listener in waiting {
            listener(SourceEvent::Opened);
            if is_muted {
                listener(SourceEvent::Muted(true));
            }
        }
    }

    /// Tells all that the device cannot be opened, or gives no more, and forgets them.
    fn fail(&self, error: &OpenError) {
        let listening = std::mem::take(&mut *self.0.lock());
        for listening in listening.into_values() {
            (listening.listener)(if listening.is_open {
                SourceEvent::Ended(error.to_string())
            } else {
                SourceEvent::Failed(error.clone())
            });
        }
    }
}

/// What the watchdog ends if the device hangs.
struct Hanging {
    key: String,
    registry: Arc<Registry>,
    listeners: Arc<Listeners>,
    messages: Sender<Message>,
}

impl Watched for Hanging {
    fn abandon(&self) {
        // Whoever wants the device next gets another thread.
        self.registry.forget(&self.key, &self.messages);
        let device = self.registry.find(&self.key);
        let name = device.map_or_else(|| "The device".to_owned(), |device| device.name());
        let message = format!("{name} does not answer: unplug it, plug it in again and try again");
        self.listeners.fail(&OpenError::NotReadable(message));
    }
}

/// The state of a device, on its thread.
pub(crate) struct Control {
    key: String,
    registry: Arc<Registry>,
    messages: Receiver<Message>,
    sender: Sender<Message>,
    hub: Arc<Hub>,
    listeners: Arc<Listeners>,
    watchdog: Option<Watchdog>,
    /// The settings of sources that had no feed yet.
    opening: BTreeMap<SourceId, Settings>,
    device: Option<Device>,
    generation: Generation,
    pipeline: Option<SourcePipeline>,
    /// What the pipeline gives; `None` if it gives stand-ins.
    mode: Option<Mode>,
    /// Whether media have come from this pipeline.
    has_media: bool,
    is_muted: bool,
}

/// What the sources of a device need.
enum Wanted {
    Nothing,
    StandIns,
    Media(Vec<Settings>),
}

impl Control {
    pub(crate) fn new(
        key: &str,
        registry: Arc<Registry>,
        (sender, messages): (Sender<Message>, Receiver<Message>),
        hub: Arc<Hub>,
    ) -> Self {
        let listeners = Arc::<Listeners>::default();
        let hanging = Hanging {
            key: key.to_owned(),
            registry: registry.clone(),
            listeners: listeners.clone(),
            messages: sender.clone(),
        };
        Self {
            key: key.to_owned(),
            registry,
            messages,
            sender,
            hub,
            listeners,
            watchdog: Watchdog::new(Arc::new(hanging)).ok(),
            opening: BTreeMap::new(),
            device: None,
            generation: Generation::default(),
            pipeline: None,
            mode: None,
            has_media: false,
            is_muted: false,
        }
    }

    /// Runs until nobody needs the device.
    pub(crate) fn run(mut self) {
        loop {
            match self.next_look() {
                Some(due) => {
                    if let Ok(message) = self.messages.recv_deadline(due) {
                        self.handle(message);
                    }
                }
                None => match self.messages.recv() {
                    Ok(message) => self.handle(message),
                    // The control thread holds a sender itself.
                    Err(_) => return,
                },
            }
            self.look_for_media();
            if let Err(error) = self.settle() {
                self.fail(&error);
            }
            let is_idle = self.pipeline.is_none() && self.listeners.ids().is_empty();
            if is_idle
                && self
                    .registry
                    .retire(&self.key, &self.sender, &self.messages)
            {
                return;
            }
        }
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Open(id, settings, listener) => {
                self.listeners.add(id, listener);
                self.opening.insert(id, settings);
                if self.has_media {
                    self.listeners.open(self.is_muted);
                }
            }
            Message::Close(id) => {
                self.listeners.remove(id);
                self.opening.remove(&id);
            }
            Message::FeedsChanged => {}
            Message::MediaCame(generation) if generation == self.generation => {
                self.has_media = true;
                if std::mem::take(&mut self.is_muted) {
                    self.listeners.tell(&SourceEvent::Muted(false));
                }
                self.listeners.open(false);
            }
            Message::Bus(generation, message) if generation == self.generation => {
                let error = self.explain(&message);
                self.fail(&error);
            }
            Message::MediaCame(_) | Message::Bus(..) => {}
            Message::Gone => {
                let message = format!("{} was unplugged", self.name());
                self.fail(&OpenError::Gone(message));
            }
        }
    }

    /// Makes the pipeline what the sources need.
    fn settle(&mut self) -> Result<(), OpenError> {
        match self.wanted() {
            Wanted::Nothing => self.close(),
            Wanted::StandIns if self.pipeline.is_some() && self.mode.is_none() => {}
            Wanted::StandIns => {
                self.close();
                let device = self.find()?;
                self.start(stand_in(device.description.kind), None)?;
            }
            Wanted::Media(settings) => {
                let device = self.find()?;
                let mode = device.modes.choose(&settings, self.mode);
                let no_media = || OpenError::Other(format!("{} gives no media", device.name()));
                let mode = mode.ok_or_else(no_media)?;
                if self.pipeline.is_none() || self.mode != Some(mode) {
                    // A device is not open twice.
                    self.close();
                    self.start(device.open(mode)?, Some(mode))?;
                }
            }
        }
        Ok(())
    }

    fn wanted(&mut self) -> Wanted {
        let feeds = self.hub.feeds();
        let ids = self.listeners.ids();
        self.opening.retain(|id, _| {
            let has_feed = feeds.iter().any(|feed| feed.source() == *id);
            ids.contains(id) && !has_feed
        });
        if ids.is_empty() {
            return Wanted::Nothing;
        }
        let feeds = feeds.iter().filter(|feed| ids.contains(&feed.source()));
        let mut wanted: Vec<_> = feeds.filter_map(|feed| feed.wanted()).collect();
        wanted.extend(self.opening.values().cloned());
        if wanted.is_empty() {
            return Wanted::StandIns;
        }
        Wanted::Media(wanted)
    }

    fn start(&mut self, head: device::Head, mode: Option<Mode>) -> Result<(), OpenError> {
        let no_thread = || OpenError::Other(format!("{} has no watchdog", self.name()));
        let watchdog = self.watchdog.clone().ok_or_else(no_thread)?;
        let hub = self.hub.clone();
        self.generation.0 += 1;
        self.mode = mode;
        self.hub.note_media();
        let pipeline = SourcePipeline::start(head, self.generation, hub, &self.sender, watchdog);
        self.pipeline = Some(pipeline);
        Ok(())
    }

    fn close(&mut self) {
        self.generation.0 += 1;
        self.pipeline = None;
        self.hub.forget_last_picture();
        self.mode = None;
        self.has_media = false;
    }

    fn fail(&mut self, error: &OpenError) {
        self.close();
        self.is_muted = false;
        self.opening.clear();
        self.listeners.fail(error);
    }

    /// Returns how long the pipeline may give no media, in seconds; `None` if nothing follows from that.
    fn patience(&self) -> Option<f64> {
        self.pipeline.as_ref()?;
        if self.has_media && self.is_muted {
            return None;
        }
        let period = match self.mode? {
            Mode::Camera(mode) => 1. / mode.frame_rate,
            Mode::Microphone(mode) => mode.latency,
        };
        Some(if self.has_media {
            SILENCE_LIMIT + 2. * period
        } else {
            OPENING_LIMIT
        })
    }

    /// Returns when it is time to look whether media come.
    fn next_look(&self) -> Option<Instant> {
        let patience = self.patience()?;
        let rest = (patience - self.hub.silence()).max(0.001);
        Some(Instant::now() + Duration::from_secs_f64(rest))
    }

    fn look_for_media(&mut self) {
        let is_late = |patience| self.hub.silence() >= patience;
        if !self.patience().is_some_and(is_late) {
            return;
        }
        if !self.has_media {
            let message = format!("{} gives no media: plug it in again", self.name());
            self.fail(&OpenError::NotReadable(message));
        } else if let Some(pipeline) = &self.pipeline {
            pipeline.await_media();
            self.hub.forget_last_picture();
            self.is_muted = true;
            self.listeners.tell(&SourceEvent::Muted(true));
        }
    }

    /// Returns the device, which may have been plugged in again.
    fn find(&mut self) -> Result<Device, OpenError> {
        let found = self.registry.find(&self.key);
        if found.is_some() {
            self.device = found.clone();
        }
        found.ok_or_else(|| OpenError::Gone(format!("{} is not plugged in", self.name())))
    }

    fn name(&self) -> String {
        let device = self.device.as_ref();
        device.map_or_else(|| "The device".to_owned(), Device::name)
    }

    /// Returns why the pipeline has ended.
    fn explain(&self, message: &gstreamer::Message) -> OpenError {
        let name = self.name();
        let MessageView::Error(error) = message.view() else {
            return OpenError::NotReadable(format!("{name} gives no more media"));
        };
        let error = error.error();
        match error.kind::<ResourceError>() {
            Some(ResourceError::NotFound) => {
                OpenError::Gone(format!("{name} is not there any more"))
            }
            Some(ResourceError::Busy) => OpenError::NotReadable(device::busy(&name)),
            Some(ResourceError::NotAuthorized) => {
                let message = format!("{name} may not be used: allow it in the system's settings");
                OpenError::NotReadable(message)
            }
            _ => OpenError::NotReadable(format!("{name} cannot be read: {}", error.message())),
        }
    }
}
