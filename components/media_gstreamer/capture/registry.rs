/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The devices of this machine, and those that are open.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use media_stream::{
    DeviceDescription, DevicesListener, OpenError, Settings, SourceEvent, SourceListener,
};
use parking_lot::{Condvar, Mutex};

use super::backend::DeviceChoice;
use super::control::{Control, Message, SourceId};
use super::device::Device;
use super::hub::Hub;
use super::system::SystemDevices;

/// How long an opening waits for the first list of devices.
const PATIENCE: Duration = Duration::from_secs(10);

/// A message to the thread that knows the devices.
pub(crate) enum DevicesMessage {
    Watch(u64, DevicesListener),
    Unwatch(u64),
    /// Devices may have been plugged in or out.
    Changed,
    End,
}

/// The devices of this machine, and those that are open.
pub(crate) struct Registry {
    /// `None` until they are known.
    devices: Mutex<Option<Arc<[Device]>>>,
    are_known: Condvar,
    open: Mutex<BTreeMap<String, Open>>,
    id_count: AtomicU64,
}

/// An open device.
#[derive(Clone)]
struct Open {
    messages: Sender<Message>,
    hub: Arc<Hub>,
}

/// A source of an open device, from which its feeds are made.
pub(crate) struct Opened {
    pub(crate) id: SourceId,
    pub(crate) messages: Sender<Message>,
    pub(crate) hub: Arc<Hub>,
}

impl Registry {
    pub(crate) fn new() -> Self {
        Self {
            devices: Mutex::default(),
            are_known: Condvar::new(),
            open: Mutex::default(),
            id_count: AtomicU64::new(0),
        }
    }

    /// Returns a number that was not returned before.
    pub(crate) fn new_id(&self) -> u64 {
        self.id_count.fetch_add(1, Ordering::Relaxed)
    }

    /// Returns the device of that key as soon as the devices are known.
    pub(crate) fn find(&self, key: &str) -> Option<Device> {
        let mut devices = self.devices.lock();
        if devices.is_none() {
            self.are_known.wait_for(&mut devices, PATIENCE);
        }
        let devices = devices.clone()?;
        let mut devices = devices.iter();
        devices
            .find(|device| device.description.key == key)
            .cloned()
    }

    /// Opens the device of that key, if it is not open yet, for one more source.
    pub(crate) fn open(
        self: &Arc<Self>,
        key: &str,
        settings: &Settings,
        listener: SourceListener,
    ) -> Opened {
        let id = SourceId(self.new_id());
        let mut open = self.open.lock();
        let device = open.get(key).cloned();
        let device = device.unwrap_or_else(|| {
            let device = self.start(key);
            open.insert(key.to_owned(), device.clone());
            device
        });
        let sent = device
            .messages
            .send(Message::Open(id, settings.clone(), listener));
        if sent.is_err() {
            open.remove(key);
        }
        drop(open);
        if let Err(error) = sent
            && let Message::Open(_, _, listener) = error.into_inner()
        {
            let message = "the system gives no more threads: close other pages";
            listener(SourceEvent::Failed(OpenError::Other(message.to_owned())));
        }
        Opened {
            id,
            messages: device.messages,
            hub: device.hub,
        }
    }

    /// Starts the thread of a device. If there is none, messages are not received.
    fn start(self: &Arc<Self>, key: &str) -> Open {
        let (sender, receiver) = crossbeam_channel::unbounded();
        let hub = Arc::<Hub>::default();
        let open = Open {
            messages: sender.clone(),
            hub: hub.clone(),
        };
        let (key, registry) = (key.to_owned(), self.clone());
        let run = move || Control::new(&key, registry, (sender, receiver), hub).run();
        // It may fail, and then drops the receiver.
        let _ = thread::Builder::new()
            .name("CaptureDevice".to_owned())
            .spawn(run);
        open
    }

    /// Forgets a device that is closed, unless a message has come since. Returns whether it is forgotten.
    pub(crate) fn retire(
        &self,
        key: &str,
        sender: &Sender<Message>,
        messages: &Receiver<Message>,
    ) -> bool {
        let mut open = self.open.lock();
        if !messages.is_empty() {
            return false;
        }
        if open
            .get(key)
            .is_some_and(|device| device.messages.same_channel(sender))
        {
            open.remove(key);
        }
        true
    }

    /// Forgets a device whose thread hangs.
    pub(crate) fn forget(&self, key: &str, sender: &Sender<Message>) {
        let mut open = self.open.lock();
        if open
            .get(key)
            .is_some_and(|device| device.messages.same_channel(sender))
        {
            open.remove(key);
        }
    }

    /// Notes the devices that there are now. Returns whether they are others than before.
    fn set_devices(&self, devices: Vec<Device>) -> bool {
        let descriptions = |devices: &[Device]| -> Vec<DeviceDescription> {
            let descriptions = devices.iter().map(|device| device.description.clone());
            descriptions.collect()
        };
        let new = descriptions(&devices);
        let old = self.devices.lock().replace(devices.into());
        self.are_known.notify_all();
        let open = self.open.lock().clone();
        for (key, device) in open {
            let is_it = |device: &DeviceDescription| device.key == key;
            let was_there = old
                .as_deref()
                .is_some_and(|old| descriptions(old).iter().any(is_it));
            if was_there && !new.iter().any(is_it) {
                // The device may just have been closed.
                let _ = device.messages.send(Message::Gone);
            }
        }
        old.is_none_or(|old| descriptions(&old) != new)
    }

    /// Keeps the list of devices up to date, and tells it, until the end.
    pub(crate) fn watch(
        &self,
        choice: &DeviceChoice,
        changes: Sender<DevicesMessage>,
        messages: &Receiver<DevicesMessage>,
    ) {
        let mut watchers = BTreeMap::new();
        let changed = move || changes.send(DevicesMessage::Changed).is_ok();
        let list: Box<dyn Fn() -> Vec<Device>> = match choice {
            DeviceChoice::System => {
                let devices = SystemDevices::watch(move || {
                    changed();
                });
                Box::new(move || devices.list())
            }
            DeviceChoice::Fake(fakes) => {
                fakes.watch(changed);
                Box::new(|| fakes.list())
            }
        };
        self.set_devices(list());
        for message in messages {
            let devices = || {
                let devices = self.devices.lock().clone();
                let devices = devices.iter().flat_map(|devices| devices.iter());
                let descriptions = devices.map(|device| device.description.clone());
                descriptions.collect::<Vec<_>>()
            };
            match message {
                DevicesMessage::Watch(id, listener) => {
                    listener(devices());
                    watchers.insert(id, listener);
                }
                DevicesMessage::Unwatch(id) => {
                    watchers.remove(&id);
                }
                DevicesMessage::Changed => {
                    if self.set_devices(list()) {
                        watchers.values().for_each(|listener| listener(devices()));
                    }
                }
                DevicesMessage::End => return,
            }
        }
    }
}
