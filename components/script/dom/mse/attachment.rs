/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A MediaSource and its media element, as each has the other. Both are on one thread, or the MediaSource is
//! in a dedicated worker. Neither thread waits for the other.
//! <https://w3c.github.io/media-source/#mediasource-attach>

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use js::context::JSContext;
use media_source::{ElementView, MediaTrackId};
use servo_base::id::PipelineId;

use crate::dom::bindings::root::{Dom, DomRoot};
use crate::dom::html::htmlmediaelement::HTMLMediaElement;
use crate::dom::html::htmlmediaelement::element_tasks::ElementTasks;
use crate::dom::mse::mediasource::MediaSource;
use crate::dom::mse::worker_media_source::WorkerMediaSource;

/// The MediaSource that an element is attached to.
#[derive(JSTraceable, MallocSizeOf)]
#[cfg_attr(crown, crown::unrooted_must_root_lint::must_root)]
pub(crate) enum AttachedSource {
    InWindow(Dom<MediaSource>),
    InWorker(
        #[no_trace]
        #[ignore_malloc_size_of = "Shared with the worker"]
        AttachedWorkerSource,
    ),
}

impl AttachedSource {
    pub(crate) fn view(&self) -> ElementView {
        match self {
            Self::InWindow(media_source) => media_source.core().element_view(),
            Self::InWorker(attached) => attached.0.view().clone(),
        }
    }

    /// The object, if it is one of this thread.
    pub(crate) fn in_window(&self) -> Option<DomRoot<MediaSource>> {
        match self {
            Self::InWindow(media_source) => Some(media_source.as_rooted()),
            Self::InWorker(_) => None,
        }
    }

    /// Whether the page that made it is this one.
    pub(crate) fn is_of(&self, page: PipelineId) -> bool {
        match self {
            Self::InWindow(media_source) => media_source.is_of(page),
            Self::InWorker(attached) => attached.0.is_of(page),
        }
    }

    /// Tells developers if playback waits for a track of which nothing was appended.
    pub(crate) fn tell_missing_frames(&self, cx: &mut JSContext) {
        match self {
            Self::InWindow(media_source) => media_source.as_rooted().tell_missing_frames(cx),
            Self::InWorker(attached) => attached.0.queue(MediaSource::tell_missing_frames),
        }
    }

    /// Handles that the page has enabled or disabled a track.
    pub(crate) fn handle_track_change(&self, track: MediaTrackId, is_enabled: bool) {
        match self {
            Self::InWindow(media_source) => media_source
                .as_rooted()
                .handle_track_change(track, is_enabled),
            Self::InWorker(attached) => attached.0.queue(move |media_source, _cx| {
                media_source.handle_track_change(track, is_enabled);
            }),
        }
    }
}

/// It detaches the MediaSource when it is dropped: whether the element loads something else, is collected,
/// or ends with its page.
pub(crate) struct AttachedWorkerSource(WorkerMediaSource);

impl AttachedWorkerSource {
    pub(crate) fn new(media_source: WorkerMediaSource) -> Self {
        Self(media_source)
    }

    /// Opens the MediaSource. The element has its player already.
    pub(crate) fn attach(&self, element: ElementTasks) {
        self.0.queue(|media_source, cx| {
            media_source.attach_from_window(cx, element);
        });
    }
}

impl Drop for AttachedWorkerSource {
    /// <https://w3c.github.io/media-source/#mediasource-detach>
    fn drop(&mut self) {
        self.0.queue(MediaSource::detach);
    }
}

/// The media element that a MediaSource is attached to.
#[derive(JSTraceable, MallocSizeOf)]
#[cfg_attr(crown, crown::unrooted_must_root_lint::must_root)]
pub(crate) enum AttachedElement {
    OfThisWindow(Dom<HTMLMediaElement>),
    OfAnotherThread(
        #[no_trace]
        #[ignore_malloc_size_of = "Shared with the element"]
        RemoteElement,
    ),
}

/// A media element on another thread.
pub(crate) struct RemoteElement {
    tasks: ElementTasks,
    waiting: [Arc<AtomicBool>; 2],
}

/// A change that the element looks at itself, however often it is told.
#[derive(Clone, Copy)]
pub(crate) enum Change {
    /// Bytes were appended.
    Bytes,
    /// What is buffered has changed.
    Buffered,
}

impl RemoteElement {
    pub(crate) fn new(tasks: ElementTasks) -> Self {
        let waiting = Default::default();
        Self { tasks, waiting }
    }

    pub(crate) fn queue(
        &self,
        steps: impl FnOnce(&HTMLMediaElement, &mut JSContext) + Send + 'static,
    ) {
        self.tasks.queue(steps);
    }

    /// Queues a task for a change, unless one waits already. A window that is busy gets no more tasks the
    /// more a worker appends.
    pub(crate) fn queue_change(
        &self,
        change: Change,
        steps: impl FnOnce(&HTMLMediaElement, &mut JSContext) + Send + 'static,
    ) {
        let waiting = &self.waiting[change as usize];
        if waiting.swap(true, Ordering::AcqRel) {
            return;
        }
        let waits_no_more = waiting.clone();
        let is_queued = self.tasks.queue(move |element, cx| {
            waits_no_more.store(false, Ordering::Release);
            steps(element, cx);
        });
        // (The element may move to another page, where tasks run again.)
        waiting.fetch_and(is_queued, Ordering::AcqRel);
    }
}
