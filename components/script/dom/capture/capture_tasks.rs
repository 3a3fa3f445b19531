/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The tasks of other threads for the MediaDevices of a document.

use std::sync::{Arc, Mutex};

use js::context::JSContext;
use script_bindings::codegen::GenericBindings::NavigatorBinding::NavigatorMethods;
use script_bindings::codegen::GenericBindings::WindowBinding::WindowMethods;

use crate::dom::globalscope::GlobalScope;
use crate::dom::mediadevices::MediaDevices;
use crate::event_loop::script_thread::ScriptThread;
use crate::tasks::task_source::SendableTaskSource;

/// Queues tasks for the MediaDevices of a document from any thread, and does not keep it alive.
#[derive(Clone)]
pub(crate) struct CaptureTasks(Arc<Mutex<SendableTaskSource>>);

impl CaptureTasks {
    pub(crate) fn new(global: &GlobalScope) -> Self {
        let tasks = global.task_manager();
        let source = tasks.user_interaction_task_source().to_sendable();
        Self(Arc::new(Mutex::new(source)))
    }

    /// Queues a task, which is dropped if the document is gone.
    pub(crate) fn queue(&self, steps: impl FnOnce(&MediaDevices, &mut JSContext) + Send + 'static) {
        let source = self.0.lock().unwrap();
        let pipeline = source.pipeline_id;
        source.queue(task!(capture_steps: move |cx| {
            if let Some(window) = ScriptThread::find_window(pipeline) {
                let media_devices = window.Navigator(cx).MediaDevices(cx);
                steps(&media_devices, cx);
            }
        }));
    }
}
