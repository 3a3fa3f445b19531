/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tells the PermissionStatus objects of a page that a permission has changed.
//! <https://w3c.github.io/permissions/#dfn-permissionstatus-update-steps>
#![warn(unused)]

use std::cell::RefCell;

use script_bindings::codegen::GenericBindings::PermissionStatusBinding::PermissionStatusMethods;
use script_bindings::weakref::WeakRef;

use crate::dom::bindings::codegen::Bindings::PermissionStatusBinding::{
    PermissionName, PermissionState,
};
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::refcounted::Trusted;
use crate::dom::bindings::reflector::DomGlobal;
use crate::dom::eventtarget::EventTarget;
use crate::dom::globalscope::GlobalScope;
use crate::dom::permissions::descriptor_permission_state;
use crate::dom::permissionstatus::PermissionStatus;

thread_local! {
    /// The objects of this thread.
    static ALL: RefCell<Vec<WeakRef<PermissionStatus>>> = const { RefCell::new(Vec::new()) };
}

/// Remembers a new object.
pub(crate) fn remember(status: &PermissionStatus) {
    ALL.with_borrow_mut(|all| {
        all.retain(WeakRef::is_alive);
        all.push(WeakRef::new(status));
    });
}

/// Sets the permission of a page, and queues the events of the objects that have another state.
pub(crate) fn set_state(global: &GlobalScope, name: PermissionName, state: PermissionState) {
    let states = global.permission_state_invocation_results();
    states.borrow_mut().insert(name, state);
    let state = descriptor_permission_state(name, Some(global));
    let all: Vec<_> = ALL.with_borrow(|all| all.iter().filter_map(WeakRef::root).collect());
    for status in all {
        let is_concerned = *status.global() == *global && status.get_query() == name;
        if !is_concerned || status.State() == state {
            continue;
        }
        status.set_state(state);
        let tasks = global.task_manager();
        let target = Trusted::new(status.upcast::<EventTarget>());
        tasks
            .user_interaction_task_source()
            .queue(task!(permission_change: move |cx| {
                target.root().fire_event(cx, atom!("change"));
            }));
    }
}
