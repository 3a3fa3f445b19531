/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! `requestVideoFrameCallback()`: <https://wicg.github.io/video-rvfc/>
#![warn(unused)]

use std::cell::Cell;
use std::time::Instant;

use js::context::JSContext;
use script_bindings::cell::DomRefCell;
use script_bindings::codegen::GenericBindings::PerformanceBinding::PerformanceMethods;
use script_bindings::codegen::GenericBindings::WindowBinding::WindowMethods;

use super::HTMLMediaElement;
use crate::dom::bindings::callback::{ExceptionHandling, RootedCallback, TracedCallback};
use crate::dom::bindings::codegen::Bindings::VideoFrameRequestCallbackBinding::{
    VideoFrameCallbackMetadata, VideoFrameRequestCallback,
};
use crate::dom::bindings::num::Finite;
use crate::dom::bindings::root::{Dom, MutNullableDom};
use crate::dom::bindings::trace::HashMapTracedValues;
use crate::dom::document::{AnimationFrameCallback, Document};
use crate::dom::node::NodeTraits;

/// The callbacks that a media element keeps.
#[derive(Default, JSTraceable, MallocSizeOf)]
pub(super) struct FrameCallbacks {
    /// The callbacks by their handles. The handles count up, so this is the order of the calls.
    /// <https://wicg.github.io/video-rvfc/#list-of-video-frame-request-callbacks>
    requested: DomRefCell<HashMapTracedValues<u32, TracedCallback<VideoFrameRequestCallback>>>,
    /// <https://wicg.github.io/video-rvfc/#last-frame-request-callback-identifier>
    last_handle: Cell<u32>,
    /// Callbacks with this handle or a lower one were called or cancelled.
    last_called: Cell<u32>,
    presented_count: Cell<u32>,
    /// The document whose next animation frame runs them. Before that it may go away, or another document
    /// may adopt the element.
    due_in: MutNullableDom<Document>,
}

impl HTMLMediaElement {
    /// <https://wicg.github.io/video-rvfc/#dom-htmlvideoelement-requestvideoframecallback>
    pub(crate) fn request_video_frame_callback(
        &self,
        callback: RootedCallback<VideoFrameRequestCallback>,
    ) -> u32 {
        let callbacks = &self.additions.frame_callbacks;
        // Steps 1-3. Increment the last frame request callback identifier, register the callback in
        // the list of video frame request callbacks with it, return it.
        let handle = callbacks.last_handle.get() + 1;
        callbacks.last_handle.set(handle);
        let mut requested = callbacks.requested.borrow_mut();
        requested.insert(handle, callback.to_traced());
        handle
    }

    /// <https://wicg.github.io/video-rvfc/#dom-htmlvideoelement-cancelvideoframecallback>
    pub(crate) fn cancel_video_frame_callback(&self, handle: u32) {
        let mut requested = self.additions.frame_callbacks.requested.borrow_mut();
        requested.remove(&handle);
    }

    /// Handles that a frame is on its way to the screen.
    pub(super) fn handle_presented_frame(&self) {
        let callbacks = &self.additions.frame_callbacks;
        callbacks.presented_count.update(|count| count + 1);
        let document = self.owner_document();
        let is_due = callbacks
            .due_in
            .get()
            .is_some_and(|due_in| due_in == document);
        if !callbacks.requested.borrow().is_empty() && !is_due {
            callbacks.due_in.set(Some(&document));
            let element = Dom::from_ref(self);
            document.request_animation_frame(AnimationFrameCallback::VideoFrame { element });
        }
    }

    /// <https://wicg.github.io/video-rvfc/#run-the-video-frame-request-callbacks>
    pub(crate) fn run_the_video_frame_request_callbacks(&self, cx: &mut JSContext, now: f64) {
        let callbacks = &self.additions.frame_callbacks;
        callbacks.due_in.set(None);
        let size = self.video_renderer.lock().unwrap().natural_size();
        let Some((width, height)) = size else { return };
        // The players of files do not tell the rest. A frame is taken to be presented when it is due, and
        // to be as it is coded.
        let shown = self
            .mse_with_player(|player| player.shown_frame())
            .flatten()
            .or_else(|| self.stream_shown_frame());
        let (width, height) = shown.map_or((width as u32, height as u32), |shown| shown.media_size);
        let time = shown.map_or_else(|| self.estimated_position(), |shown| shown.time.seconds());
        let capture_time = shown.and_then(|shown| shown.capture_time);
        // Step 3. Let metadata be the metadata of the frame that was presented last. It is presented
        // in this rendering opportunity.
        let metadata = VideoFrameCallbackMetadata {
            presentationTime: Finite::wrap(now),
            expectedDisplayTime: Finite::wrap(now),
            width,
            height,
            mediaTime: Finite::wrap(time),
            presentedFrames: callbacks.presented_count.get(),
            captureTime: capture_time.map(|time| self.time_stamp_of(cx, time)),
        };
        // Steps 4-6. Those that are requested meanwhile wait for the next frame; one that is
        // cancelled meanwhile is not called.
        let last_handle = callbacks.last_handle.get();
        while let Some(callback) = self.next_frame_callback(cx, last_handle) {
            let _ = callback.Call__(cx, Finite::wrap(now), &metadata, ExceptionHandling::Report);
        }
    }

    fn time_stamp_of(&self, cx: &mut JSContext, time: Instant) -> Finite<f64> {
        let now = self.owner_window().Performance(cx).Now();
        Finite::wrap(*now - time.elapsed().as_secs_f64() * 1000.0)
    }

    /// Takes the first callback with at most that handle.
    fn next_frame_callback(
        &self,
        cx: &JSContext,
        last_handle: u32,
    ) -> Option<RootedCallback<VideoFrameRequestCallback>> {
        let callbacks = &self.additions.frame_callbacks;
        let mut requested = callbacks.requested.borrow_mut();
        for handle in callbacks.last_called.get() + 1..=last_handle {
            callbacks.last_called.set(handle);
            if let Some(callback) = requested.get(&handle) {
                let callback = callback.root(cx);
                requested.remove(&handle);
                return Some(callback);
            }
        }
        None
    }
}
