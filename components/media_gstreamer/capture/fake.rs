/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Devices that do not exist, for tests: two cameras, two microphones and a loudspeaker.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use gstreamer::BufferFlags;
use gstreamer::prelude::*;
use media_stream::{CameraMode, DeviceDescription, DeviceKind, OpenError, Property, Value};
use parking_lot::{Condvar, Mutex};

use super::device::{Device, Head, Origin};
use super::fake_picture::Painter;
use super::fake_sound::Tone;
use super::mode::{Mode, Modes, Processing};
use super::paced;

/// The devices that are plugged in, and whoever is told when they have changed. Clones are the same
/// devices.
///
/// Their keys are `camera-1`, `camera-2`, `microphone-1`, `microphone-2` and `loudspeaker`. The first
/// camera and the first microphone are parts of the same thing. Methods do nothing if there is no such
/// device.
#[derive(Clone)]
pub struct FakeDevices(Arc<Shelf>);

struct Shelf {
    devices: Vec<(Device, Arc<FakeDevice>)>,
    watchers: Mutex<Vec<Watcher>>,
}

/// Returns whether it still listens.
type Watcher = Arc<dyn Fn() -> bool + Send + Sync>;

/// The state of a device that does not exist.
pub(crate) struct FakeDevice {
    appearance: Appearance,
    is_busy: AtomicBool,
    is_silent: AtomicBool,
    is_plugged: AtomicBool,
    /// How often it was opened, and how many openings have not ended.
    open_count: AtomicUsize,
    openings: Mutex<usize>,
    has_closed: Condvar,
}

/// What tells the media of a device from those of others.
#[derive(Clone, Copy)]
enum Appearance {
    /// Cb and Cr of a camera's pictures.
    Hue([u8; 2]),
    /// The frequency of a microphone's tone.
    Frequency(f64),
    None,
}

/// Counts as an opening of the device until it is dropped.
struct Opening(Arc<FakeDevice>);

impl Drop for Opening {
    fn drop(&mut self) {
        *self.0.openings.lock() -= 1;
        self.0.has_closed.notify_all();
    }
}

impl Default for FakeDevices {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeDevices {
    /// Returns devices all of which are plugged in.
    pub fn new() -> Self {
        let microphone = |sample_rate, channel_count| Modes::Microphone {
            sample_rate,
            channel_count,
            processing: Processing::Pretended,
        };
        let first_modes = [
            (320, 240, 30.),
            (640, 480, 30.),
            (640, 480, 60.),
            (1280, 720, 30.),
            (1920, 1080, 30.),
        ];
        let devices = vec![
            device(
                ("camera-1", "Fake camera 1", "headset"),
                (camera(&first_modes), Some("user")),
                Appearance::Hue([160, 110]),
            ),
            device(
                ("camera-2", "Fake camera 2", "camera-2"),
                (
                    camera(&[(640, 480, 30.), (1280, 720, 30.)]),
                    Some("environment"),
                ),
                Appearance::Hue([110, 160]),
            ),
            device(
                ("microphone-1", "Fake microphone 1", "headset"),
                (microphone((48_000, 48_000), 2), None),
                Appearance::Frequency(440.),
            ),
            device(
                ("microphone-2", "Fake microphone 2", "microphone-2"),
                (microphone((8_000, 48_000), 1), None),
                Appearance::Frequency(550.),
            ),
            device(
                ("loudspeaker", "Fake loudspeaker", "loudspeaker"),
                (Modes::Loudspeaker, None),
                Appearance::None,
            ),
        ];
        Self(Arc::new(Shelf {
            devices,
            watchers: Mutex::default(),
        }))
    }

    /// Makes another program use a device, or give it back. It cannot be opened meanwhile.
    pub fn set_busy(&self, key: &str, is_busy: bool) {
        if let Some(device) = self.find(key) {
            device.is_busy.store(is_busy, Ordering::Release);
        }
    }

    /// Makes a device give no media, or give some again.
    pub fn set_silent(&self, key: &str, is_silent: bool) {
        if let Some(device) = self.find(key) {
            device.is_silent.store(is_silent, Ordering::Release);
        }
    }

    /// Plugs a device in or out.
    pub fn set_plugged(&self, key: &str, is_plugged: bool) {
        if let Some(device) = self.find(key) {
            device.is_plugged.store(is_plugged, Ordering::Release);
        }
        let watchers = self.0.watchers.lock().clone();
        let gone: Vec<_> = watchers.iter().filter(|watcher| !watcher()).collect();
        let is_gone = |watcher: &Watcher| gone.iter().any(|gone| Arc::ptr_eq(gone, watcher));
        self.0.watchers.lock().retain(|watcher| !is_gone(watcher));
    }

    /// Returns how often a device was opened so far.
    pub fn open_count(&self, key: &str) -> usize {
        self.find(key)
            .map_or(0, |device| device.open_count.load(Ordering::Acquire))
    }

    /// Returns whether a device is open.
    pub fn is_open(&self, key: &str) -> bool {
        self.find(key)
            .is_some_and(|device| *device.openings.lock() > 0)
    }

    /// Waits until a device is closed, for so long at most. Returns whether it is.
    pub fn is_closed_within(&self, key: &str, limit: Duration) -> bool {
        let Some(device) = self.find(key) else {
            return true;
        };
        let mut openings = device.openings.lock();
        let is_open = |openings: &mut usize| *openings > 0;
        let waited = device
            .has_closed
            .wait_while_for(&mut openings, is_open, limit);
        !waited.timed_out()
    }

    /// Returns the devices that are plugged in. The first one of each kind is its default.
    pub(crate) fn list(&self) -> Vec<Device> {
        let is_plugged = |fake: &FakeDevice| fake.is_plugged.load(Ordering::Acquire);
        let mut plugged: Vec<Device> = Vec::new();
        for (device, fake) in &self.0.devices {
            if is_plugged(fake) {
                let kind = device.description.kind;
                let is_of_kind = |other: &Device| other.description.kind == kind;
                let mut device = device.clone();
                device.description.is_default = !plugged.iter().any(is_of_kind);
                plugged.push(device);
            }
        }
        plugged
    }

    /// Tells `watcher` whenever devices were plugged in or out, as long as it returns true.
    pub(crate) fn watch(&self, watcher: impl Fn() -> bool + Send + Sync + 'static) {
        self.0.watchers.lock().push(Arc::new(watcher));
    }

    fn find(&self, key: &str) -> Option<&Arc<FakeDevice>> {
        let mut devices = self.0.devices.iter();
        devices
            .find(|(device, _)| device.description.key == key)
            .map(|(_, fake)| fake)
    }
}

fn camera(modes: &[(u32, u32, f64)]) -> Modes {
    let modes = modes.iter().map(|(width, height, frame_rate)| CameraMode {
        width: *width,
        height: *height,
        frame_rate: *frame_rate,
    });
    Modes::Camera(modes.collect())
}

fn device(
    (key, label, group): (&str, &str, &str),
    (modes, facing_mode): (Modes, Option<&str>),
    appearance: Appearance,
) -> (Device, Arc<FakeDevice>) {
    let facing_modes = facing_mode.map(|mode| vec![Value::Text(mode.to_owned())]);
    let choices: BTreeMap<_, _> = facing_modes
        .map(|modes| (Property::FacingMode, modes))
        .into_iter()
        .collect();
    let fake = Arc::new(FakeDevice {
        appearance,
        is_busy: AtomicBool::new(false),
        is_silent: AtomicBool::new(false),
        is_plugged: AtomicBool::new(true),
        open_count: AtomicUsize::new(0),
        openings: Mutex::new(0),
        has_closed: Condvar::new(),
    });
    let description = DeviceDescription {
        key: key.to_owned(),
        kind: match modes {
            Modes::Camera(_) => DeviceKind::VideoInput,
            Modes::Microphone { .. } => DeviceKind::AudioInput,
            Modes::Loudspeaker => DeviceKind::AudioOutput,
        },
        label: label.to_owned(),
        group: group.to_owned(),
        is_default: false,
        spaces: modes.spaces(&choices),
    };
    let device = Device {
        description,
        modes,
        origin: Origin::Fake(fake.clone()),
    };
    (device, fake)
}

impl FakeDevice {
    /// Opens it, unless it is told to be in use.
    pub(crate) fn open(self: &Arc<Self>, device: &Device, mode: Mode) -> Result<Head, OpenError> {
        if self.is_busy.load(Ordering::Acquire) {
            return Err(OpenError::NotReadable(super::device::busy(&device.name())));
        }
        let no_memory = || OpenError::Other(format!("{} has no memory", device.name()));
        let source = self.source(mode).ok_or_else(no_memory)?;
        self.open_count.fetch_add(1, Ordering::AcqRel);
        *self.openings.lock() += 1;
        let opening: Box<dyn Any + Send> = Box::new(Opening(self.clone()));
        Ok(Head {
            elements: vec![source.upcast()],
            is_ahead: true,
            echo_reference: None,
            opening: Some(opening),
        })
    }

    fn source(self: &Arc<Self>, mode: Mode) -> Option<gstreamer_app::AppSrc> {
        let fake = self.clone();
        // Media that are marked so count as none.
        let mark = move |mut buffer: gstreamer::Buffer| {
            if fake.is_silent.load(Ordering::Acquire) {
                buffer.make_mut().set_flags(BufferFlags::GAP);
            }
            buffer
        };
        match (mode, self.appearance) {
            (Mode::Camera(mode), Appearance::Hue(hue)) => {
                let painter = Painter::new(&mode, hue)?;
                let caps = painter.pool().caps().clone();
                let make = move |number| painter.paint(number).map(&mark);
                Some(paced::source(&caps, mode.frame_rate, make))
            }
            (Mode::Microphone(mode), Appearance::Frequency(frequency)) => {
                let tone = Tone { mode, frequency };
                let (caps, rate) = (tone.caps()?, tone.rate());
                let make = move |number| Some(mark(tone.make(number)));
                Some(paced::source(&caps, rate, make))
            }
            _ => None,
        }
    }
}
