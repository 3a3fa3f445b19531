/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The permission to use cameras and microphones.

use std::collections::BTreeSet;
use std::thread;

use embedder_traits::{AllowOrDeny, EmbedderMsg, PermissionFeature};
use media_stream::{Kind, PermissionState};
use servo_base::generic_channel;

use crate::dom::bindings::codegen::Bindings::PermissionStatusBinding::{
    PermissionName, PermissionState as PermissionStateName,
};
use crate::dom::document::Document;
use crate::dom::globalscope::GlobalScope;
use crate::dom::permissions::descriptor_permission_state;
use crate::dom::status_changes;

/// Returns the state of the permission to use the devices of a kind.
pub(crate) fn state(global: &GlobalScope, kind: Kind) -> PermissionState {
    match descriptor_permission_state(name(kind), Some(global)) {
        PermissionStateName::Granted => PermissionState::Granted,
        PermissionStateName::Denied => PermissionState::Denied,
        PermissionStateName::Prompt => PermissionState::Prompt,
    }
}

/// Returns the kinds of devices that a document may use if the user allows it.
/// <https://html.spec.whatwg.org/multipage/#allowed-to-use>
pub(crate) fn allowed_kinds(document: &Document) -> BTreeSet<Kind> {
    let is_allowed = |kind: &Kind| document.allowed_to_use_feature(name(*kind));
    [Kind::Audio, Kind::Video]
        .into_iter()
        .filter(is_allowed)
        .collect()
}

/// Remembers the answer of the user for the document.
pub(crate) fn set_state(global: &GlobalScope, kind: Kind, is_granted: bool) {
    let state = if is_granted {
        PermissionStateName::Granted
    } else {
        PermissionStateName::Denied
    };
    status_changes::set_state(global, name(kind), state);
}

/// Asks the user, through the embedder. `answer` is called on another thread, when the user has answered.
/// <https://w3c.github.io/permissions/#request-permission-to-use>
pub(crate) fn ask(global: &GlobalScope, kind: Kind, answer: impl FnOnce(bool) + Send + 'static) {
    let feature = match kind {
        Kind::Audio => PermissionFeature::Microphone,
        Kind::Video => PermissionFeature::Camera,
    };
    let (Some(webview), Some((sender, receiver))) =
        (global.webview_id(), generic_channel::channel())
    else {
        return answer(false);
    };
    global.send_to_embedder(EmbedderMsg::PromptPermission(webview, feature, sender));
    // Servo waits for such answers on the script thread. The user may take a minute, though.
    let wait = move || answer(matches!(receiver.recv(), Ok(AllowOrDeny::Allow)));
    let thread = thread::Builder::new().name("Permission".to_owned());
    if let Err(error) = thread.spawn(wait) {
        error!("Could not wait for the answer of the user: {error}");
    }
}

fn name(kind: Kind) -> PermissionName {
    match kind {
        Kind::Audio => PermissionName::Microphone,
        Kind::Video => PermissionName::Camera,
    }
}
