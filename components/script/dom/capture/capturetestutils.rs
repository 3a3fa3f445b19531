/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Lets tests answer in the place of a user.

use dom_struct::dom_struct;
use script_bindings::reflector::Reflector;

use crate::dom::bindings::codegen::Bindings::CaptureTestUtilsBinding::CaptureTestUtilsMethods;
use crate::dom::bindings::codegen::Bindings::PermissionStatusBinding::{
    PermissionName, PermissionState,
};
use crate::dom::bindings::inheritance::Castable;
use crate::dom::globalscope::GlobalScope;
use crate::dom::status_changes;
use crate::dom::window::Window;

/// An interface for tests, which no specification has.
#[dom_struct]
pub(crate) struct CaptureTestUtils {
    reflector_: Reflector,
}

impl CaptureTestUtilsMethods<crate::DomTypeHolder> for CaptureTestUtils {
    fn SetPermission(window: &Window, name: PermissionName, state: PermissionState) {
        let global = window.upcast::<GlobalScope>();
        status_changes::set_state(global, name, state);
    }
}
