/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How long the captures of a document last: until it is left.
//! <https://w3c.github.io/mediacapture-main/#dfn-stop-all-sources>

use std::cell::RefCell;

use js::context::JSContext;
use script_bindings::root::DomRoot;
use script_bindings::weakref::WeakRef;
use servo_base::id::PipelineId;

use super::pruned;
use crate::dom::bindings::reflector::DomGlobal;
use crate::dom::html::htmlmediaelement::stream;
use crate::dom::mediadevices::MediaDevices;
use crate::dom::recording::recordings;

thread_local! {
    /// The MediaDevices of this thread, one for each document that has some.
    static ALL: RefCell<Vec<WeakRef<MediaDevices>>> = const { RefCell::new(Vec::new()) };
}

/// Remembers a new MediaDevices.
pub(crate) fn remember(media_devices: &MediaDevices) {
    ALL.with_borrow_mut(|all| pruned::push(all, WeakRef::new(media_devices), WeakRef::is_alive));
}

/// Handles that tracks of this thread may have come, gone or ended.
pub(crate) fn handle_change(cx: &mut JSContext) {
    stream::handle_change(cx);
    recordings::handle_change();
}

/// Handles that the visibility of a document has changed.
pub(crate) fn handle_visibility(cx: &mut JSContext, page: PipelineId) {
    if let Some(media_devices) = of_page(page) {
        media_devices.handle_visibility(cx);
    }
}

/// Handles that a document is left.
pub(crate) fn unload(page: PipelineId) {
    recordings::end(page);
    if let Some(media_devices) = of_page(page) {
        media_devices.stop_all_sources();
    }
}

/// Handles that a document is gone for good. (One that was removed with its frame has not been unloaded before.)
pub(crate) fn end(page: PipelineId) {
    unload(page);
    stream::end(page);
}

fn of_page(page: PipelineId) -> Option<DomRoot<MediaDevices>> {
    ALL.with_borrow(|all| {
        let mut all = all.iter().filter_map(WeakRef::root);
        all.find(|media_devices| media_devices.global().pipeline_id() == page)
    })
}
