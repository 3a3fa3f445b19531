/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

use std::cell::{Ref, RefCell};
use std::ffi::CString;
use std::mem;

use byte_stream::mime;
use dom_struct::dom_struct;
use js::context::JSContext;
use js::rust::HandleObject;
use media_source::{
    Discarded, Effect, ElementEffect, Event, EventTarget as CoreEventTarget, Exception, Job,
    JobExecutor, JobOutcome, MediaTrackId, ReadyState as CoreReadyState, SourceBufferId, Turn,
};
use script_bindings::buffer_source::get_buffer_source_slice;
use script_bindings::cell::DomRefCell;
use script_bindings::codegen::GenericUnionTypes::ArrayBufferViewOrArrayBuffer;
use script_bindings::reflector::reflect_dom_object_with_proto;
use servo_base::id::PipelineId;

use crate::dom::bindings::codegen::Bindings::MediaSourceBinding::{
    EndOfStreamError, MediaSourceMethods, ReadyState,
};
use crate::dom::bindings::codegen::Bindings::WindowBinding::WindowMethods;
use crate::dom::bindings::error::{Error, ErrorResult, Fallible};
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::num::Finite;
use crate::dom::bindings::refcounted::Trusted;
use crate::dom::bindings::reflector::DomGlobal;
use crate::dom::bindings::root::{Dom, DomRoot, MutNullableDom};
use crate::dom::bindings::str::DOMString;
use crate::dom::console::Console;
use crate::dom::eventtarget::EventTarget;
use crate::dom::globalscope::GlobalScope;
use crate::dom::html::htmlmediaelement::HTMLMediaElement;
use crate::dom::html::htmlmediaelement::element_tasks::ElementTasks;
use crate::dom::mse::attachment::{AttachedElement, Change, RemoteElement};
use crate::dom::mse::mediasourcehandle::MediaSourceHandle;
use crate::dom::mse::mediasourcetestutils::Counted;
use crate::dom::mse::platform;
use crate::dom::mse::sourcebuffer::SourceBuffer;
use crate::dom::mse::sourcebufferlist::{SourceBufferList, SourceBufferListKind};
use crate::dom::mse::steps::Step;
use crate::dom::window::Window;
use crate::dom::workerglobalscope::WorkerGlobalScope;

thread_local! {
    /// Runs the jobs of all MediaSources of this thread.
    static EXECUTOR: JobExecutor = JobExecutor::new();
}

/// <https://w3c.github.io/media-source/#mediasource>
#[dom_struct]
pub(crate) struct MediaSource {
    eventtarget: EventTarget,
    #[no_trace]
    #[ignore_malloc_size_of = "Defined in media_source"]
    core: RefCell<media_source::MediaSource>,
    /// The objects of the SourceBuffers that the core has, in the order of their creation.
    source_buffers: DomRefCell<Vec<Dom<SourceBuffer>>>,
    all_list: MutNullableDom<SourceBufferList>,
    active_list: MutNullableDom<SourceBufferList>,
    /// The `handle` attribute, which only workers have.
    handle: MutNullableDom<MediaSourceHandle>,
    /// The media element that it is attached to.
    media_element: DomRefCell<Option<AttachedElement>>,
    #[no_trace]
    #[ignore_malloc_size_of = "For tests"]
    counted: Counted,
}

impl MediaSource {
    fn new_inherited(global: &GlobalScope) -> Self {
        let page = platform::page();
        let core = match global.downcast::<WorkerGlobalScope>() {
            Some(worker) => media_source::MediaSource::new_in_worker(&page, worker.closing()),
            None => media_source::MediaSource::new(&page),
        };
        Self {
            eventtarget: EventTarget::new_inherited(),
            core: RefCell::new(core),
            source_buffers: DomRefCell::default(),
            all_list: MutNullableDom::default(),
            active_list: MutNullableDom::default(),
            handle: MutNullableDom::default(),
            media_element: DomRefCell::default(),
            counted: Counted::media_source(),
        }
    }

    pub(crate) fn core(&self) -> Ref<'_, media_source::MediaSource> {
        self.core.borrow()
    }

    /// Runs a script's call, does what the core says, and throws its exception.
    pub(crate) fn command<T>(
        &self,
        cx: &mut JSContext,
        command: impl FnOnce(&mut media_source::MediaSource) -> Result<T, Exception>,
    ) -> Fallible<T> {
        let result = command(&mut self.core.borrow_mut());
        self.drain_effects(cx);
        result.map_err(convert_exception)
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-appendbuffer>
    pub(crate) fn append_buffer(
        &self,
        cx: &mut JSContext,
        id: SourceBufferId,
        data: &ArrayBufferViewOrArrayBuffer,
    ) -> ErrorResult {
        // The script may change its buffer later: the core makes the one copy of the media data.
        let data = get_buffer_source_slice(data, cx.no_gc());
        let mut core = self.core.borrow_mut();
        let result = core
            .source_buffer(id)
            .and_then(|mut buffer| buffer.append_buffer(data));
        drop(core);
        if result.is_ok() {
            self.tell_change(cx, Change::Bytes, |element, _cx| {
                element.handle_received_bytes();
            });
        }
        self.drain_effects(cx);
        result.map_err(convert_exception)
    }

    /// The media element that it is attached to, if it is one of this thread.
    pub(crate) fn element_of_window(&self) -> Option<DomRoot<HTMLMediaElement>> {
        match &*self.media_element.borrow() {
            Some(AttachedElement::OfThisWindow(element)) => Some(element.as_rooted()),
            _ => None,
        }
    }

    /// Tells developers on the console if playback waits for a track of which nothing was appended.
    pub(crate) fn tell_missing_frames(&self, cx: &mut JSContext) {
        let missing = self.core.borrow().track_without_frames();
        if let Some(message) = missing {
            Console::internal_warn(cx, &self.global(), message);
        }
    }

    /// Attaches a MediaSource of a window.
    /// <https://w3c.github.io/media-source/#mediasource-attach>
    pub(crate) fn attach(&self, cx: &mut JSContext, element: &HTMLMediaElement) -> bool {
        // A MediaSource whose page is left or gone stays closed, because its tasks would not run.
        let page = self.global().as_window().Document();
        if self.is_abandoned() || !page.is_fully_active() || !self.core.borrow_mut().attach() {
            return false;
        }
        let element = AttachedElement::OfThisWindow(Dom::from_ref(element));
        *self.media_element.borrow_mut() = Some(element);
        self.drain_effects(cx);
        true
    }

    /// Attaches a MediaSource of a worker, through its handle.
    /// <https://w3c.github.io/media-source/#mediasource-attach>
    pub(crate) fn attach_from_window(&self, cx: &mut JSContext, element: ElementTasks) {
        if self.core.borrow_mut().attach() {
            let element = AttachedElement::OfAnotherThread(RemoteElement::new(element));
            *self.media_element.borrow_mut() = Some(element);
            self.drain_effects(cx);
        }
    }

    /// <https://w3c.github.io/media-source/#mediasource-detach>
    pub(crate) fn detach(&self, cx: &mut JSContext) {
        self.core.borrow_mut().detach();
        self.drain_effects(cx);
        *self.media_element.borrow_mut() = None;
        self.source_buffers.borrow_mut().clear();
    }

    /// Handles that the page of its media element is gone for good, or its own page. The MediaSource is
    /// closed at once. Its own page is told so in tasks, which do not run if that page is gone.
    pub(crate) fn end(&self) {
        if self.is_abandoned() {
            self.core.borrow_mut().handle_global_gone();
        } else {
            self.core.borrow_mut().detach();
        }
        let events = self.close();
        let this = Trusted::new(self);
        self.queue_task(task!(media_source_ended: move |cx| {
            let this = this.root();
            let mut steps = Vec::new();
            for (target, event) in events {
                steps.extend(this.event_step(cx, target, event));
            }
            this.queue_steps(steps);
        }));
    }

    /// Handles that its worker has ended.
    pub(crate) fn end_of_worker(&self) {
        self.core.borrow_mut().handle_global_gone();
        if let Some(AttachedElement::OfAnotherThread(element)) = self.media_element.take() {
            element.queue(HTMLMediaElement::mse_handle_source_gone);
        }
        // Nobody listens to its events any more.
        self.close();
    }

    /// Gives back what it held before it was detached. The media element hears nothing. Returns the events
    /// that are to be fired.
    fn close(&self) -> Vec<(CoreEventTarget, Event)> {
        *self.media_element.borrow_mut() = None;
        let mut events = Vec::new();
        loop {
            let effect = self.core.borrow_mut().poll_effect();
            match effect {
                None => break,
                Some(Effect::Fire { target, event }) => events.push((target, event)),
                Some(Effect::Discard(discarded)) => self.discard(discarded),
                Some(_) => {},
            }
        }
        self.source_buffers.borrow_mut().clear();
        events
    }

    /// Whether its page is gone for good.
    pub(crate) fn is_abandoned(&self) -> bool {
        let global = self.global();
        global
            .downcast::<Window>()
            .is_some_and(|window| !window.is_alive())
    }

    pub(crate) fn is_of(&self, page: PipelineId) -> bool {
        self.global().pipeline_id() == page
    }

    pub(crate) fn list_length(&self, kind: SourceBufferListKind) -> u32 {
        self.list_ids(kind).len() as u32
    }

    pub(crate) fn list_item(
        &self,
        kind: SourceBufferListKind,
        index: u32,
    ) -> Option<DomRoot<SourceBuffer>> {
        self.source_buffer(*self.list_ids(kind).get(index as usize)?)
    }

    fn list_ids(&self, kind: SourceBufferListKind) -> Vec<SourceBufferId> {
        let core = self.core.borrow();
        match kind {
            SourceBufferListKind::Active => core.active_source_buffer_ids().collect(),
            SourceBufferListKind::All => core.source_buffers().collect(),
        }
    }

    pub(crate) fn source_buffer(&self, id: SourceBufferId) -> Option<DomRoot<SourceBuffer>> {
        let source_buffers = self.source_buffers.borrow();
        source_buffers
            .iter()
            .find(|buffer| buffer.id() == id)
            .map(|buffer| buffer.as_rooted())
    }

    fn list(&self, cx: &mut JSContext, kind: SourceBufferListKind) -> DomRoot<SourceBufferList> {
        let list = match kind {
            SourceBufferListKind::Active => &self.active_list,
            SourceBufferListKind::All => &self.all_list,
        };
        list.or_init(|| SourceBufferList::new(cx, &self.global(), self, kind))
    }

    /// Does all that the core says, in that order.
    fn drain_effects(&self, cx: &mut JSContext) {
        let mut steps = Vec::new();
        loop {
            let effect = self.core.borrow_mut().poll_effect();
            match effect {
                None => return self.queue_steps(steps),
                Some(Effect::Fire { target, event }) => {
                    steps.extend(self.event_step(cx, target, event));
                },
                Some(Effect::RunJob(job)) => match EXECUTOR.with(|executor| executor.begin(job)) {
                    Turn::Finished(outcome) => steps.push(Step::HandleOutcome(outcome)),
                    Turn::Unfinished(rest) => {
                        self.queue_steps(mem::take(&mut steps));
                        self.finish_job(rest);
                    },
                },
                // It may queue events of other objects.
                Some(effect) => {
                    self.queue_steps(mem::take(&mut steps));
                    self.apply(cx, effect);
                },
            }
        }
    }

    fn apply(&self, cx: &mut JSContext, effect: Effect) {
        match effect {
            Effect::Discard(discarded) => self.discard(discarded),
            Effect::Element(effect @ ElementEffect::BufferedChanged) => {
                self.tell_change(cx, Change::Buffered, |element, cx| {
                    element.mse_handle_effect(cx, effect);
                });
            },
            Effect::Element(effect) => self.tell_element(cx, |element, cx| {
                element.mse_handle_effect(cx, effect);
            }),
            _ => unreachable!("these are all"),
        }
    }

    fn discard(&self, discarded: Discarded) {
        if let Some(source_buffer) = self.source_buffer(discarded.id()) {
            source_buffer.set_last_attributes(discarded.attributes());
        }
        EXECUTOR.with(|executor| executor.discard(discarded));
    }

    /// Runs steps of the media element: at once if it is one of this thread, or else in a task of its own.
    fn tell_element(
        &self,
        cx: &mut JSContext,
        steps: impl FnOnce(&HTMLMediaElement, &mut JSContext) + Send + 'static,
    ) {
        let element = match &*self.media_element.borrow() {
            None => return,
            Some(AttachedElement::OfThisWindow(element)) => element.as_rooted(),
            Some(AttachedElement::OfAnotherThread(element)) => return element.queue(steps),
        };
        steps(&element, cx);
    }

    /// Runs steps of the media element for a change that it looks at itself.
    fn tell_change(
        &self,
        cx: &mut JSContext,
        change: Change,
        steps: impl FnOnce(&HTMLMediaElement, &mut JSContext) + Send + 'static,
    ) {
        if let Some(AttachedElement::OfAnotherThread(element)) = &*self.media_element.borrow() {
            return element.queue_change(change, steps);
        }
        self.tell_element(cx, steps);
    }

    fn event_step(
        &self,
        cx: &mut JSContext,
        target: CoreEventTarget,
        event: Event,
    ) -> Option<Step> {
        let target = match target {
            CoreEventTarget::MediaSource => DomRoot::from_ref(self.upcast::<EventTarget>()),
            CoreEventTarget::ActiveSourceBuffers => {
                DomRoot::upcast(self.list(cx, SourceBufferListKind::Active))
            },
            CoreEventTarget::SourceBuffers => {
                DomRoot::upcast(self.list(cx, SourceBufferListKind::All))
            },
            CoreEventTarget::SourceBuffer(id) => DomRoot::upcast(self.source_buffer(id)?),
        };
        Some(Step::Fire(Trusted::new(&*target), event))
    }

    /// Lets another thread run what is left of a job.
    fn finish_job(&self, job: Job) {
        let this = Trusted::new(self);
        let task_source = self
            .global()
            .task_manager()
            .media_element_task_source()
            .to_sendable();
        let done = move |outcome| {
            task_source.queue(task!(job_outcome: move |cx| {
                this.root().handle_job_outcome(cx, outcome);
            }));
        };
        EXECUTOR.with(|executor| executor.finish(job, done));
    }

    /// Tells the core at once that a track began or ceased to play. What the core says is done in a task,
    /// because draining fires events and no `JSContext` is at hand here.
    pub(crate) fn handle_track_change(&self, track: MediaTrackId, is_enabled: bool) {
        self.core
            .borrow_mut()
            .handle_track_change(track, is_enabled);
        let this = Trusted::new(self);
        self.queue_task(task!(track_change: move |cx| {
            this.root().drain_effects(cx);
        }));
    }

    pub(super) fn handle_job_outcome(&self, cx: &mut JSContext, outcome: JobOutcome) {
        self.core.borrow_mut().handle_job_outcome(outcome);
        self.drain_effects(cx);
    }

    pub(super) fn queue_task(&self, task: impl crate::tasks::task::TaskOnce + 'static) {
        self.global()
            .task_manager()
            .media_element_task_source()
            .queue(task);
    }
}

impl MediaSourceMethods<crate::DomTypeHolder> for MediaSource {
    /// <https://w3c.github.io/media-source/#dom-mediasource-constructor>
    fn Constructor(
        cx: &mut JSContext,
        global: &GlobalScope,
        proto: Option<HandleObject>,
    ) -> DomRoot<Self> {
        reflect_dom_object_with_proto(cx, Box::new(Self::new_inherited(global)), global, proto)
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-handle>
    fn Handle(&self, cx: &mut JSContext) -> DomRoot<MediaSourceHandle> {
        self.handle
            .or_init(|| MediaSourceHandle::of(cx, &self.global(), self))
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-sourcebuffers>
    fn SourceBuffers(&self, cx: &mut JSContext) -> DomRoot<SourceBufferList> {
        self.list(cx, SourceBufferListKind::All)
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-activesourcebuffers>
    fn ActiveSourceBuffers(&self, cx: &mut JSContext) -> DomRoot<SourceBufferList> {
        self.list(cx, SourceBufferListKind::Active)
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-readystate>
    fn ReadyState(&self) -> ReadyState {
        match self.core().ready_state() {
            CoreReadyState::Closed => ReadyState::Closed,
            CoreReadyState::Open => ReadyState::Open,
            CoreReadyState::Ended => ReadyState::Ended,
        }
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-duration>
    fn Duration(&self) -> f64 {
        self.core().duration()
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-duration>
    fn SetDuration(&self, cx: &mut JSContext, duration: f64) -> ErrorResult {
        self.command(cx, |core| core.set_duration(duration))
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-addsourcebuffer>
    fn AddSourceBuffer(
        &self,
        cx: &mut JSContext,
        type_: DOMString,
    ) -> Fallible<DomRoot<SourceBuffer>> {
        let added = self.command(cx, |core| core.add_source_buffer(&type_.str()));
        let id = added?;
        let source_buffer = SourceBuffer::new(cx, &self.global(), self, id);
        self.source_buffers
            .borrow_mut()
            .push(Dom::from_ref(&source_buffer));
        Ok(source_buffer)
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-removesourcebuffer>
    fn RemoveSourceBuffer(&self, cx: &mut JSContext, source_buffer: &SourceBuffer) -> ErrorResult {
        // A SourceBuffer of another MediaSource may have the same number.
        let is_ours = self
            .source_buffers
            .borrow()
            .iter()
            .any(|buffer| **buffer == *source_buffer);
        if !is_ours {
            return Err(Error::NotFound(Some(
                "the SourceBuffer is not one of this MediaSource's".to_owned(),
            )));
        }
        self.command(cx, |core| core.remove_source_buffer(source_buffer.id()))?;
        self.source_buffers
            .borrow_mut()
            .retain(|buffer| **buffer != *source_buffer);
        Ok(())
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-endofstream>
    fn EndOfStream(&self, cx: &mut JSContext, error: Option<EndOfStreamError>) -> ErrorResult {
        use media_source::EndOfStreamError as CoreError;
        let error = error.map(|error| match error {
            EndOfStreamError::Network => CoreError::Network,
            EndOfStreamError::Decode => CoreError::Decode,
        });
        self.command(cx, |core| core.end_of_stream(error))?;
        if error.is_none() {
            self.tell_missing_frames(cx);
        }
        Ok(())
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-setliveseekablerange>
    fn SetLiveSeekableRange(
        &self,
        cx: &mut JSContext,
        start: Finite<f64>,
        end: Finite<f64>,
    ) -> ErrorResult {
        self.command(cx, |core| core.set_live_seekable_range(*start, *end))
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-clearliveseekablerange>
    fn ClearLiveSeekableRange(&self, cx: &mut JSContext) -> ErrorResult {
        self.command(cx, media_source::MediaSource::clear_live_seekable_range)
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-canconstructindedicatedworker>
    fn CanConstructInDedicatedWorker(_global: &GlobalScope) -> bool {
        true
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-istypesupported>
    fn IsTypeSupported(_global: &GlobalScope, type_: DOMString) -> bool {
        mime::is_type_supported(&type_.str(), &platform::can_decode)
    }

    // https://w3c.github.io/media-source/#dom-mediasource-onsourceopen
    event_handler!(sourceopen, GetOnsourceopen, SetOnsourceopen);

    // https://w3c.github.io/media-source/#dom-mediasource-onsourceended
    event_handler!(sourceended, GetOnsourceended, SetOnsourceended);

    // https://w3c.github.io/media-source/#dom-mediasource-onsourceclose
    event_handler!(sourceclose, GetOnsourceclose, SetOnsourceclose);
}

pub(crate) fn convert_exception(exception: Exception) -> Error {
    match exception {
        Exception::InvalidState(text) => Error::InvalidState(Some(text.to_owned())),
        Exception::NotFound(text) => Error::NotFound(Some(text.to_owned())),
        Exception::NotSupported(text) => Error::NotSupported(Some(text)),
        Exception::QuotaExceeded(_) => Error::QuotaExceeded {
            quota: None,
            requested: None,
        },
        Exception::Type(text) => {
            Error::Type(CString::new(text).expect("our texts hold no zero byte"))
        },
    }
}
