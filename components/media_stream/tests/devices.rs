/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Which devices a page is told of.

use media_stream::{
    Capabilities, Device, DeviceDescription, DeviceInfo, DeviceKind, Exposure, Exposures,
    device_infos,
};

const NOTHING: Exposure = Exposure {
    is_allowed_to_use: false,
    can_be_exposed: false,
};
const EXISTENCE: Exposure = Exposure {
    is_allowed_to_use: true,
    can_be_exposed: false,
};
const ALL: Exposure = Exposure {
    is_allowed_to_use: true,
    can_be_exposed: true,
};

fn devices() -> Vec<Device> {
    let device = |kind, name: &str, group: &str, is_default| {
        let description = DeviceDescription {
            key: format!("usb:{name}"),
            kind,
            label: format!("The {name}"),
            group: format!("usb:{group}"),
            is_default,
            spaces: Vec::new(),
        };
        Device::new(description, name.to_owned(), group.to_owned())
    };
    vec![
        device(DeviceKind::VideoInput, "camera", "headset", false),
        device(DeviceKind::AudioOutput, "speaker", "desk", false),
        device(DeviceKind::AudioInput, "microphone", "desk", false),
        device(
            DeviceKind::AudioInput,
            "headset microphone",
            "headset",
            true,
        ),
        device(DeviceKind::AudioOutput, "headphones", "headset", true),
    ]
}

/// The kinds and the identifiers, in the order in which they are told.
fn told(microphone: Exposure, camera: Exposure) -> Vec<(&'static str, String)> {
    let infos = device_infos(&devices(), Exposures { microphone, camera }).into_iter();
    infos
        .map(|info| (info.kind.name(), info.device_id))
        .collect()
}

fn named(names: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    names
        .iter()
        .map(|(kind, id)| (*kind, (*id).to_owned()))
        .collect()
}

#[test]
fn before_a_capture_a_page_knows_that_there_are_some() {
    let some = named(&[("audioinput", ""), ("videoinput", "")]);
    assert_eq!(told(EXISTENCE, EXISTENCE), some);
    let exposures = Exposures {
        microphone: NOTHING,
        camera: EXISTENCE,
    };
    let camera = device_infos(&devices(), exposures);
    let nameless = DeviceInfo {
        kind: DeviceKind::VideoInput,
        label: String::new(),
        device_id: String::new(),
        group_id: String::new(),
        capabilities: Capabilities::new(),
    };
    assert_eq!(camera, [nameless]);
}

#[test]
fn after_a_capture_the_default_comes_first() {
    let all = [
        ("audioinput", "headset microphone"),
        ("audioinput", "microphone"),
        ("videoinput", "camera"),
        ("audiooutput", "default"),
        ("audiooutput", "speaker"),
        ("audiooutput", "headphones"),
    ];
    assert_eq!(told(ALL, ALL), named(&all));
    let exposures = Exposures {
        microphone: ALL,
        camera: ALL,
    };
    let infos = device_infos(&devices(), exposures);
    assert_eq!(infos[0].label, "The headset microphone");
    assert_eq!(infos[0].group_id, infos[3].group_id);
}

#[test]
fn a_capture_of_one_kind_tells_nothing_of_the_other() {
    let camera = named(&[("audioinput", ""), ("videoinput", "camera")]);
    assert_eq!(told(EXISTENCE, ALL), camera);
}

#[test]
fn what_a_document_may_not_use_it_is_not_told_of() {
    assert_eq!(told(NOTHING, ALL), named(&[("videoinput", "camera")]));
    assert_eq!(told(NOTHING, NOTHING), []);
}
