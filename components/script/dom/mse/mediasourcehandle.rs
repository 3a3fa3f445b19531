/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

use std::cell::Cell;
use std::mem;

use dom_struct::dom_struct;
use js::context::JSContext;
use script_bindings::cell::DomRefCell;
use script_bindings::reflector::{Reflector, reflect_dom_object};

use crate::dom::bindings::root::{Dom, DomRoot};
use crate::dom::globalscope::GlobalScope;
use crate::dom::mse::mediasource::MediaSource;
use crate::dom::mse::worker_media_source::WorkerMediaSource;

/// The object that a worker gives to the window which plays its MediaSource.
///
/// <https://w3c.github.io/media-source/#mediasourcehandle>
#[dom_struct]
pub(crate) struct MediaSourceHandle {
    reflector_: Reflector,
    source: DomRefCell<HandleSource>,
    /// <https://w3c.github.io/media-source/#dfn-has-ever-been-assigned-as-srcobject>
    has_ever_been_assigned_as_srcobject: Cell<bool>,
}

/// What a handle stands for.
#[derive(JSTraceable, MallocSizeOf)]
#[cfg_attr(crown, crown::unrooted_must_root_lint::must_root)]
enum HandleSource {
    /// The MediaSource whose `handle` attribute it is. (This holds no root of its own, because the two
    /// objects reach each other.)
    Own(Dom<MediaSource>),
    /// The MediaSource of a worker that has transferred its handle.
    Received(
        #[no_trace]
        #[ignore_malloc_size_of = "Shared with the worker"]
        WorkerMediaSource,
    ),
    /// It was transferred.
    /// <https://html.spec.whatwg.org/multipage/#detached>
    Detached,
}

impl MediaSourceHandle {
    fn new(cx: &mut JSContext, global: &GlobalScope, source: HandleSource) -> DomRoot<Self> {
        let this = Self {
            reflector_: Reflector::new(),
            source: DomRefCell::new(source),
            has_ever_been_assigned_as_srcobject: Cell::new(false),
        };
        reflect_dom_object(cx, Box::new(this), global)
    }

    /// Makes the `handle` attribute of a MediaSource.
    pub(crate) fn of(
        cx: &mut JSContext,
        global: &GlobalScope,
        media_source: &MediaSource,
    ) -> DomRoot<Self> {
        Self::new(cx, global, HandleSource::Own(Dom::from_ref(media_source)))
    }

    /// Makes the handle that a message brings.
    pub(crate) fn received(
        cx: &mut JSContext,
        global: &GlobalScope,
        source: WorkerMediaSource,
    ) -> DomRoot<Self> {
        Self::new(cx, global, HandleSource::Received(source))
    }

    /// Handles that it was set as the `srcObject` of a media element.
    pub(crate) fn set_assigned_as_srcobject(&self) {
        self.has_ever_been_assigned_as_srcobject.set(true);
    }

    /// Returns the MediaSource that a media element of this window attaches to now. Returns `None` if the
    /// resource cannot be fetched.
    /// <https://w3c.github.io/media-source/#mediasource-attach>
    pub(crate) fn source_to_attach(&self) -> Option<WorkerMediaSource> {
        // If the media provider object is a MediaSourceHandle whose [[Detached]] is true, run the "If
        // the media data cannot be fetched at all" steps.
        let HandleSource::Received(source) = &*self.source.borrow() else {
            return None;
        };
        // (A MediaSource whose worker ends never opens.)
        // If its [[has ever been attached]] is true, run these steps as well. Otherwise set it.
        let view = source.view();
        let may_attach = !view.is_closing() && !view.set_has_ever_been_attached();
        may_attach.then(|| source.clone())
    }

    /// Whether the transfer steps do not throw a DataCloneError.
    /// <https://w3c.github.io/media-source/#transfer>
    pub(crate) fn can_transfer(&self) -> bool {
        let is_detached = matches!(*self.source.borrow(), HandleSource::Detached);
        !is_detached && !self.has_ever_been_assigned_as_srcobject.get()
    }

    /// Returns what a message takes along, and detaches the handle.
    /// <https://w3c.github.io/media-source/#transfer>
    pub(crate) fn transfer(&self) -> Option<WorkerMediaSource> {
        if !self.can_transfer() {
            return None;
        }
        match mem::replace(&mut *self.source.borrow_mut(), HandleSource::Detached) {
            HandleSource::Own(media_source) => Some(WorkerMediaSource::new(&media_source)),
            HandleSource::Received(source) => Some(source),
            HandleSource::Detached => None,
        }
    }
}
