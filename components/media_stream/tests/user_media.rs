/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Requests for devices.

use std::collections::BTreeSet;

use media_stream::{
    CaptureError, Constraint, Constraints, Effect, Kind, OpenError, PageState, PermissionState,
    Property, SourceEvent, Value,
};

use crate::fake::{Page, devices, visible};

/// The reason why the request was rejected, which is the one thing that happened.
fn rejection(page: &mut Page) -> CaptureError {
    match &page.effects()[..] {
        [Effect::Reject(_, error)] => error.clone(),
        other => panic!("{other:?} is no rejection"),
    }
}

fn exact(property: Property, value: &str) -> Constraints {
    let constraint = Constraint::Choice {
        exact: vec![Value::Text(value.to_owned())],
        ideal: Vec::new(),
    };
    Constraints {
        basic: [(property, constraint)].into(),
        ..Default::default()
    }
}

#[test]
fn a_stream_has_a_track_of_each_kind_from_the_default_devices() {
    let mut page = Page::new();
    let id = page.request(&[Kind::Video, Kind::Audio]);
    assert_eq!(page.opened(), ["microphone", "front"]);
    let sources = page.sources.lock().clone();
    page.capture
        .handle_source_event(sources[1], SourceEvent::Opened);
    page.capture
        .handle_source_event(sources[1], SourceEvent::Muted(true));
    assert_eq!(page.effects(), []);
    page.capture
        .handle_source_event(sources[0], SourceEvent::Opened);
    let effects = page.effects();
    let Some(Effect::ResolveStream(resolved, tracks)) = effects.last() else {
        panic!("{effects:?} resolves nothing");
    };
    assert_eq!(*resolved, id);
    let tracks: Vec<_> = tracks.iter().map(|id| page.capture.track(*id)).collect();
    assert_eq!(tracks[0].label, "The microphone");
    assert_eq!(tracks[1].label, "The front");
    assert!(!tracks[0].is_muted && tracks[1].is_muted);
}

#[test]
fn what_asks_for_nothing_or_too_early_is_rejected_at_once() {
    let mut page = Page::new();
    page.request(&[]);
    assert_eq!(rejection(&mut page), CaptureError::NothingRequested);
    page.capture.handle_page_state(PageState {
        is_fully_active: false,
        ..visible()
    });
    page.request(&[Kind::Audio]);
    assert_eq!(rejection(&mut page), CaptureError::NotFullyActive);
    page.capture.handle_page_state(PageState {
        allowed_to_use: BTreeSet::from([Kind::Audio]),
        ..visible()
    });
    page.request(&[Kind::Video, Kind::Audio]);
    assert!(matches!(rejection(&mut page), CaptureError::NotAllowed(_)));
}

#[test]
fn the_user_is_asked_once_for_what_is_not_decided() {
    let mut page = Page::new();
    page.capture
        .handle_permission_state(Kind::Video, PermissionState::Prompt);
    let id = page.request(&[Kind::Video, Kind::Audio]);
    let asked = BTreeSet::from([Kind::Video]);
    assert_eq!(page.effects(), [Effect::AskPermission(id, asked)]);
    assert_eq!(page.opened(), [""; 0]);
    page.capture.handle_permission(id, Kind::Video, true);
    assert_eq!(page.opened(), ["microphone", "front"]);
}

#[test]
fn a_denied_request_opens_nothing_and_tells_nothing() {
    let mut page = Page::new();
    page.capture
        .handle_permission_state(Kind::Video, PermissionState::Prompt);
    let id = page.request(&[Kind::Video, Kind::Audio]);
    page.effects();
    page.capture.handle_permission(id, Kind::Video, false);
    assert!(matches!(rejection(&mut page), CaptureError::NotAllowed(_)));
    assert_eq!(page.opened(), [""; 0]);
    // Neither that there is no such device, nor what it cannot do.
    let wanted = exact(Property::FacingMode, "left");
    page.capture.get_user_media([(Kind::Video, wanted)].into());
    assert!(matches!(rejection(&mut page), CaptureError::NotAllowed(_)));
    page.capture.handle_devices(Vec::new());
    page.effects();
    page.request(&[Kind::Video]);
    assert!(matches!(rejection(&mut page), CaptureError::NotAllowed(_)));
}

#[test]
fn a_device_in_use_needs_no_other_answer() {
    let mut page = Page::new();
    page.create_track();
    page.capture
        .handle_permission_state(Kind::Video, PermissionState::Prompt);
    page.request(&[Kind::Video]);
    assert_eq!(page.opened(), ["front", "front"]);
}

#[test]
fn without_a_device_there_is_none_to_be_found() {
    let mut page = Page::new();
    page.capture.handle_devices(Vec::new());
    page.effects();
    page.request(&[Kind::Audio]);
    let message = "there is no microphone".to_owned();
    assert_eq!(rejection(&mut page), CaptureError::NotFound(message));
}

#[test]
fn constraints_choose_among_the_devices() {
    let mut page = Page::new();
    // What is only defined for sound does not count.
    let mut wanted = exact(Property::FacingMode, "environment");
    let rate = exact(Property::SampleRate, "none");
    wanted.basic.extend(rate.basic);
    page.capture.get_user_media([(Kind::Video, wanted)].into());
    assert_eq!(page.opened(), ["back"]);
    let wanted = exact(Property::DeviceId, "id of front");
    page.capture.get_user_media([(Kind::Video, wanted)].into());
    assert_eq!(page.opened(), ["back", "front"]);
}

#[test]
fn only_a_document_that_may_capture_is_told_which_constraint_failed() {
    let mut page = Page::new();
    // The user will be asked.
    page.capture
        .handle_permission_state(Kind::Video, PermissionState::Prompt);
    let constraint = |page: &mut Page| {
        let wanted = exact(Property::FacingMode, "left");
        page.capture.get_user_media([(Kind::Video, wanted)].into());
        match rejection(page) {
            CaptureError::Overconstrained(error) => error.constraint,
            other => panic!("{other:?} is about no constraint"),
        }
    };
    assert_eq!(constraint(&mut page), None);
    page.capture
        .handle_permission_state(Kind::Video, PermissionState::Granted);
    assert_eq!(constraint(&mut page), Some(Property::FacingMode));
    page.create_track();
    page.capture
        .handle_permission_state(Kind::Video, PermissionState::Prompt);
    assert_eq!(constraint(&mut page), Some(Property::FacingMode));
}

#[test]
fn another_device_is_tried_where_one_does_not_open() {
    let mut page = Page::new();
    page.request(&[Kind::Video]);
    let busy = OpenError::NotReadable("the camera is busy".to_owned());
    page.tell(SourceEvent::Failed(busy.clone()));
    assert_eq!(page.opened(), ["front", "back"]);
    assert_eq!(page.source_count(), 1);
    page.tell(SourceEvent::Failed(busy));
    let message = "the camera is busy".to_owned();
    assert_eq!(rejection(&mut page), CaptureError::NotReadable(message));
    assert_eq!(page.source_count(), 0);
}

#[test]
fn a_device_that_fails_closes_the_others() {
    let mut page = Page::new();
    page.request(&[Kind::Video, Kind::Audio]);
    let sources = page.sources.lock().clone();
    let missing = OpenError::Other("an element is missing".to_owned());
    page.capture
        .handle_source_event(sources[0], SourceEvent::Failed(missing));
    let message = "an element is missing".to_owned();
    assert_eq!(rejection(&mut page), CaptureError::Abort(message));
    assert_eq!(page.source_count(), 0);
}

#[test]
fn a_request_waits_until_its_document_is_seen() {
    let mut page = Page::unknown();
    page.capture.handle_page_state(PageState {
        is_in_view: false,
        has_system_focus: false,
        ..visible()
    });
    page.capture
        .handle_permission_state(Kind::Video, PermissionState::Prompt);
    let enumeration = page.capture.enumerate_devices();
    let id = page.request(&[Kind::Video]);
    page.capture.handle_devices(devices());
    assert_eq!(page.effects(), []);
    page.capture.handle_page_state(PageState {
        has_system_focus: false,
        ..visible()
    });
    let effects = page.effects();
    let [
        Effect::ResolveDevices(resolved, infos),
        Effect::AskPermission(asked, _),
    ] = &effects[..]
    else {
        panic!("{effects:?} are others");
    };
    assert_eq!((*resolved, *asked), (enumeration, id));
    assert_eq!(infos.len(), 2);
    page.capture.handle_permission(id, Kind::Video, true);
    assert_eq!(page.opened(), [""; 0]);
    page.capture.handle_page_state(visible());
    assert_eq!(page.opened(), ["front"]);
}

#[test]
fn a_document_is_told_of_changes_that_it_may_know() {
    let mut page = Page::new();
    page.capture.enumerate_devices();
    page.effects();
    let change = |page: &mut Page, count| {
        page.capture
            .handle_devices(devices().into_iter().take(count).collect());
        let effects = page.effects();
        effects
            .iter()
            .map(|effect| match effect {
                Effect::FireDeviceChange { devices, inserted } => (devices.len(), inserted.len()),
                other => panic!("{other:?} is no change of devices"),
            })
            .collect::<Vec<_>>()
    };
    // It knows that there is a camera and a microphone, and no more.
    assert_eq!(change(&mut page, 3), []);
    assert_eq!(change(&mut page, 2), [(1, 0)]);
    assert_eq!(change(&mut page, 1), []);
    page.create_track();
    assert_eq!(change(&mut page, 2), [(2, 1)]);
    // It is told later of what changes behind its back.
    page.capture.handle_page_state(PageState {
        is_in_view: false,
        ..visible()
    });
    assert_eq!(change(&mut page, 3), [(3, 1)]);
}
