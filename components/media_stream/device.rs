/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The devices that a page is told of.

use crate::backend::DeviceDescription;
use crate::capabilities::{Capabilities, capabilities};
use crate::property::{Kind, Property, Value};
use crate::space::Space;

/// What a device is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum DeviceKind {
    /// A microphone.
    AudioInput,
    /// A camera.
    VideoInput,
    /// A loudspeaker.
    AudioOutput,
}

impl DeviceKind {
    /// Returns the name that scripts see.
    /// <https://w3c.github.io/mediacapture-main/#dom-mediadevicekind>
    pub fn name(self) -> &'static str {
        match self {
            Self::AudioInput => "audioinput",
            Self::VideoInput => "videoinput",
            Self::AudioOutput => "audiooutput",
        }
    }

    /// Returns the kind of the tracks that it gives.
    pub fn track_kind(self) -> Option<Kind> {
        match self {
            Self::AudioInput => Some(Kind::Audio),
            Self::VideoInput => Some(Kind::Video),
            Self::AudioOutput => None,
        }
    }
}

/// A device of this machine, as a document knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// What tells it from all others of this machine.
    pub(crate) key: String,
    pub(crate) kind: DeviceKind,
    pub(crate) label: String,
    pub(crate) device_id: String,
    pub(crate) group_id: String,
    pub(crate) is_default: bool,
    /// The settings that it can have, with its identifiers.
    pub(crate) spaces: Vec<Space>,
}

impl Device {
    /// Returns a device. Pages of one origin know it by `device_id` and no others do; one document knows the
    /// thing that it is a part of by `group_id`. Neither tells anything about the device.
    /// <https://w3c.github.io/mediacapture-main/#dom-mediadeviceinfo-deviceid>
    pub fn new(description: DeviceDescription, device_id: String, group_id: String) -> Self {
        let mut spaces = description.spaces;
        for space in &mut spaces {
            let ids = [
                (Property::DeviceId, &device_id),
                (Property::GroupId, &group_id),
            ];
            let ids = ids.map(|(property, id)| (property, vec![Value::Text(id.clone())]));
            space.choices.extend(ids);
        }
        Self {
            key: description.key,
            kind: description.kind,
            label: description.label,
            device_id,
            group_id,
            is_default: description.is_default,
            spaces,
        }
    }
}

/// What a page is told of a device. The strings are empty if it may not be told.
/// <https://w3c.github.io/mediacapture-main/#enumerating-devices>
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceInfo {
    /// What it is.
    pub kind: DeviceKind,
    /// What the user calls it.
    pub label: String,
    /// The identifier of the device.
    pub device_id: String,
    /// The identifier of the thing that it is a part of.
    pub group_id: String,
    /// What a camera or a microphone can do. Nothing if the page may not be told.
    pub capabilities: Capabilities,
}

/// What a document may know of the devices of a kind.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Exposure {
    /// Whether the document is allowed to use the feature.
    /// <https://html.spec.whatwg.org/multipage/#allowed-to-use>
    pub is_allowed_to_use: bool,
    /// Whether information about these devices can be exposed: the document has captured from one of them.
    /// <https://w3c.github.io/mediacapture-main/#set-device-information-exposure>
    pub can_be_exposed: bool,
}

/// What a document may know of all devices.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Exposures {
    /// What it may know of microphones.
    pub microphone: Exposure,
    /// What it may know of cameras.
    pub camera: Exposure,
}

impl Exposures {
    /// <https://w3c.github.io/mediacapture-main/#device-information-can-be-exposed>
    pub(crate) fn any_can_be_exposed(&self) -> bool {
        self.microphone.can_be_exposed || self.camera.can_be_exposed
    }

    /// Returns that of the devices that give tracks of a kind.
    pub(crate) fn of_kind(&mut self, kind: Kind) -> &mut Exposure {
        match kind {
            Kind::Audio => &mut self.microphone,
            Kind::Video => &mut self.camera,
        }
    }
}

/// Returns what a page is told of `devices`, in the order in which it is told.
/// <https://w3c.github.io/mediacapture-main/#creating-a-list-of-device-info-objects>
pub fn device_infos(devices: &[Device], exposures: Exposures) -> Vec<DeviceInfo> {
    let Exposures { microphone, camera } = exposures;
    let microphones = inputs(devices, DeviceKind::AudioInput, microphone);
    let cameras = inputs(devices, DeviceKind::VideoInput, camera);
    // The exposure decision algorithm for devices other than camera and microphone: a document that knows
    // the microphones is told of the loudspeakers.
    let knows_microphones = microphone.is_allowed_to_use && microphone.can_be_exposed;
    let outputs = devices
        .iter()
        .filter(|device| device.kind == DeviceKind::AudioOutput && knows_microphones);
    let mut others: Vec<_> = outputs.clone().map(|device| info(device, true)).collect();
    // If device is the system default audio output, set defaultAudioOutputInfo's deviceId to "default", and
    // prepend defaultAudioOutputInfo to otherDeviceList.
    if let Some(default) = outputs.clone().find(|device| device.is_default) {
        let default = DeviceInfo {
            device_id: "default".to_owned(),
            label: format!("Default ({})", default.label),
            ..info(default, true)
        };
        others.insert(0, default);
    }
    [microphones, cameras, others].concat()
}

/// Returns what a page is told of the devices of a kind from which it may capture, the default one first.
fn inputs(devices: &[Device], kind: DeviceKind, exposure: Exposure) -> Vec<DeviceInfo> {
    if !exposure.is_allowed_to_use {
        return Vec::new();
    }
    let of_kind = devices.iter().filter(|device| device.kind == kind);
    let (mut list, others): (Vec<_>, Vec<_>) = of_kind.partition(|device| device.is_default);
    list.extend(others);
    // If information cannot be exposed, truncate the list to its first item.
    if !exposure.can_be_exposed {
        list.truncate(1);
    }
    let infos = list.into_iter();
    infos
        .map(|device| info(device, exposure.can_be_exposed))
        .collect()
}

/// <https://w3c.github.io/mediacapture-main/#creating-a-device-info-object>
fn info(device: &Device, can_be_exposed: bool) -> DeviceInfo {
    let told = |text: &str| {
        if can_be_exposed {
            text.to_owned()
        } else {
            String::new()
        }
    };
    DeviceInfo {
        kind: device.kind,
        label: told(&device.label),
        device_id: told(&device.device_id),
        group_id: told(&device.group_id),
        capabilities: if can_be_exposed {
            capabilities(&device.spaces)
        } else {
            Capabilities::new()
        },
    }
}
