/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A device of this machine.

use std::any::Any;
use std::sync::Arc;

use gstreamer::{Element, Pipeline};
use media_stream::{DeviceDescription, DeviceKind, OpenError};

use super::fake::FakeDevice;
use super::mode::{Mode, Modes};
use super::system;

/// A device, and what it can give.
#[derive(Clone)]
pub(crate) struct Device {
    pub(crate) description: DeviceDescription,
    pub(crate) modes: Modes,
    pub(crate) origin: Origin,
}

/// Where the media of a device come from.
#[derive(Clone)]
pub(crate) enum Origin {
    Fake(Arc<FakeDevice>),
    System(gstreamer::Device),
}

/// The elements that give the media of an open device, linked in this order.
pub(crate) struct Head {
    pub(crate) elements: Vec<Element>,
    /// Whether the media are made ahead, and each piece is to wait until it is due.
    pub(crate) is_ahead: bool,
    /// What the loudspeakers play, if its echo is taken out of the media.
    pub(crate) echo_reference: Option<Pipeline>,
    /// What is dropped when the device is closed.
    pub(crate) opening: Option<Box<dyn Any + Send>>,
}

impl Device {
    /// Returns the elements that give the media of this device.
    pub(crate) fn open(&self, mode: Mode) -> Result<Head, OpenError> {
        match &self.origin {
            Origin::Fake(device) => device.open(self, mode),
            Origin::System(device) => system::open(self, device, mode),
        }
    }

    /// Returns the device as messages name it, such as `The camera "Front"`.
    pub(crate) fn name(&self) -> String {
        let kind = match self.description.kind {
            DeviceKind::AudioInput => "microphone",
            DeviceKind::VideoInput => "camera",
            DeviceKind::AudioOutput => "loudspeaker",
        };
        format!("The {kind} \"{}\"", self.description.label)
    }
}

/// Returns the message for a device of that name that another program uses.
pub(crate) fn busy(name: &str) -> String {
    format!("{name} is used by another program: close it and try again")
}
