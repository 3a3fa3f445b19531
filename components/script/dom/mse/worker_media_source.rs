/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The MediaSources of a dedicated worker, for the threads that play them.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, Weak};

use js::context::JSContext;
use media_source::ElementView;
use servo_base::id::{PipelineId, ScriptEventLoopId};

use crate::dom::bindings::refcounted::Trusted;
use crate::dom::bindings::reflector::DomGlobal;
use crate::dom::mse::handle_transfer;
use crate::dom::mse::mediasource::MediaSource;
use crate::tasks::task_source::SendableTaskSource;

thread_local! {
    /// The MediaSources of this worker whose handle was transferred. No other one can be attached.
    static TRANSFERRED: RefCell<Vec<Weak<Shared>>> = const { RefCell::new(Vec::new()) };
}

/// A MediaSource that was made in a dedicated worker, as any thread may hold it. Clones stand for the same
/// one. They keep it alive until the worker ends.
#[derive(Clone)]
pub(crate) struct WorkerMediaSource(Arc<Shared>);

struct Shared {
    view: ElementView,
    agent_cluster: Option<ScriptEventLoopId>,
    page: PipelineId,
    /// It is `None` after the worker has ended.
    object: Mutex<Option<Object>>,
}

/// The object in the worker, and the way to it.
struct Object {
    media_source: Trusted<MediaSource>,
    task_source: SendableTaskSource,
}

impl WorkerMediaSource {
    /// Must be called while the worker runs a task.
    pub(crate) fn new(media_source: &MediaSource) -> Self {
        let global = media_source.global();
        let object = Object {
            media_source: Trusted::new(media_source),
            task_source: global
                .task_manager()
                .media_element_task_source()
                .to_sendable(),
        };
        let shared = Arc::new(Shared {
            view: media_source.core().element_view(),
            agent_cluster: ScriptEventLoopId::installed(),
            page: global.pipeline_id(),
            object: Mutex::new(Some(object)),
        });
        TRANSFERRED.with_borrow_mut(|transferred| {
            transferred.retain(|other| other.strong_count() > 0);
            transferred.push(Arc::downgrade(&shared));
        });
        Self(shared)
    }

    pub(crate) fn view(&self) -> &ElementView {
        &self.0.view
    }

    /// Whether the worker is one of that page.
    pub(crate) fn is_of(&self, page: PipelineId) -> bool {
        self.0.page == page
    }

    /// Whether this thread belongs to the agent cluster of the worker. A script thread and its dedicated
    /// workers do.
    /// <https://tc39.es/ecma262/#sec-agent-clusters>
    pub(crate) fn is_of_this_agent_cluster(&self) -> bool {
        self.0.agent_cluster == ScriptEventLoopId::installed()
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.0.object.lock().unwrap().is_none()
    }

    /// Queues a task in the worker. None runs after the worker was closed.
    pub(crate) fn queue(&self, steps: impl FnOnce(&MediaSource, &mut JSContext) + Send + 'static) {
        let object = self.0.object.lock().unwrap();
        let Some(object) = &*object else { return };
        let media_source = object.media_source.clone();
        object
            .task_source
            .queue(task!(worker_media_source: move |cx| {
                steps(&media_source.root(), cx);
            }));
    }
}

/// Handles that the worker of this thread has run its last task. Its media sources give back what they hold
/// now, and not when the thread's objects are collected.
pub(crate) fn end_worker() {
    for shared in TRANSFERRED.take() {
        let object = shared
            .upgrade()
            .and_then(|shared| shared.object.lock().unwrap().take());
        if let Some(object) = object {
            object.media_source.root().end_of_worker();
        }
    }
    handle_transfer::forget_old();
}
