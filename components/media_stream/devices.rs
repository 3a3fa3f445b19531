/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What a document has been told of the devices, and what it is told when they change.

use std::mem;

use crate::capture::Capture;
use crate::device::{Device, DeviceInfo, device_infos};
use crate::effect::{Effect, RequestId};

/// The devices of this machine.
#[derive(Debug, Default)]
pub(crate) struct Devices {
    /// Those that are there; `None` while nobody knows yet.
    pub(crate) available: Option<Vec<Device>>,
    /// Those that the document was told of last, as far as it may know them.
    /// <https://w3c.github.io/mediacapture-main/#dom-mediadevices-storeddevicelist-slot>
    stored: Option<Vec<Device>>,
    /// The calls of `enumerateDevices()` that wait.
    pub(crate) enumerations: Vec<RequestId>,
}

impl Capture {
    /// <https://w3c.github.io/mediacapture-main/#dom-mediadevices-enumeratedevices>
    pub fn enumerate_devices(&mut self) -> RequestId {
        let id = RequestId(self.new_id());
        self.devices.enumerations.push(id);
        self.tell_devices();
        id
    }

    /// Handles which devices are there now. The host also calls it when the document is new.
    pub fn handle_devices(&mut self, devices: Vec<Device>) {
        self.devices.available = Some(devices);
        self.tell_devices();
        self.advance_requests();
    }

    /// Tells the document of its devices as soon as it is in view.
    pub(crate) fn tell_devices(&mut self) {
        // The device enumeration can proceed check.
        let can_proceed = self.page.is_in_view || self.exposures.any_can_be_exposed();
        if !can_proceed || self.devices.available.is_none() {
            return;
        }
        if self.devices.stored != self.devices.available {
            let available = self.devices.available.clone();
            let last = mem::replace(&mut self.devices.stored, available);
            self.notify_device_change(last);
        }
        if self.devices.enumerations.is_empty() {
            return;
        }
        let infos = self.device_infos();
        for id in mem::take(&mut self.devices.enumerations) {
            self.effects
                .push_back(Effect::ResolveDevices(id, infos.clone()));
        }
    }

    /// <https://w3c.github.io/mediacapture-main/#dfn-device-change-notification-steps>
    fn notify_device_change(&mut self, last: Option<Vec<Device>>) {
        // The first devices are those that were there when the MediaDevices object was made.
        let Some(last) = last else {
            return;
        };
        let last = device_infos(&last, self.exposures);
        let devices = self.device_infos();
        if devices == last {
            return;
        }
        let is_new = |device: &&DeviceInfo| !last.contains(device);
        let inserted = devices.iter().filter(is_new).cloned().collect();
        let event = Effect::FireDeviceChange { devices, inserted };
        self.effects.push_back(event);
    }

    fn device_infos(&self) -> Vec<DeviceInfo> {
        let devices = self.devices.stored.as_deref().unwrap_or_default();
        device_infos(devices, self.exposures)
    }
}
