/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The devices that a page is told of.

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
}

/// A device of this machine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Device {
    /// What it is.
    pub kind: DeviceKind,
    /// What the user calls it.
    pub label: String,
    /// The identifier, which pages of one origin know it by, and no others.
    pub device_id: String,
    /// The identifier of the thing that it is a part of, which one document knows it by.
    pub group_id: String,
    /// Whether the system uses it where the user says nothing.
    pub is_default: bool,
}

/// What a page is told of a device. The strings are empty if it may not be told.
/// <https://w3c.github.io/mediacapture-main/#enumerating-devices>
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeviceInfo {
    /// What it is.
    pub kind: DeviceKind,
    /// What the user calls it.
    pub label: String,
    /// The identifier of the device.
    pub device_id: String,
    /// The identifier of the thing that it is a part of.
    pub group_id: String,
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

/// Returns what a page is told of `devices`, in the order in which it is told.
/// <https://w3c.github.io/mediacapture-main/#creating-a-list-of-device-info-objects>
pub fn device_infos(devices: &[Device], microphone: Exposure, camera: Exposure) -> Vec<DeviceInfo> {
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
    }
}
