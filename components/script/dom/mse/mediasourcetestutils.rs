/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Lets tests ask what is alive in this process, and what was done in it.

use std::sync::atomic::{AtomicU32, Ordering};

use dom_struct::dom_struct;
use js::context::JSContext;
use js::jsapi::{GCReason, JS_GC};
use script_bindings::reflector::Reflector;

use crate::dom::RootedPromise;
use crate::dom::bindings::codegen::Bindings::MediaSourceTestUtilsBinding::MediaSourceTestUtilsMethods;
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::refcounted::TrustedPromise;
use crate::dom::globalscope::GlobalScope;
use crate::dom::html::htmlmediaelement::painting::CONVERTED_FRAMES;
use crate::dom::promise::Promise;
use crate::dom::window::Window;

static MEDIA_SOURCES: AtomicU32 = AtomicU32::new(0);
static SOURCE_BUFFERS: AtomicU32 = AtomicU32::new(0);
static PLAYERS: AtomicU32 = AtomicU32::new(0);

/// Counts one object for as long as it is kept in it.
pub(crate) struct Counted(&'static AtomicU32);

impl Counted {
    pub(crate) fn media_source() -> Self {
        Self::new(&MEDIA_SOURCES)
    }

    pub(crate) fn source_buffer() -> Self {
        Self::new(&SOURCE_BUFFERS)
    }

    pub(crate) fn player() -> Self {
        Self::new(&PLAYERS)
    }

    fn new(count: &'static AtomicU32) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An interface for tests, which no specification has.
#[dom_struct]
pub(crate) struct MediaSourceTestUtils {
    reflector_: Reflector,
}

impl MediaSourceTestUtilsMethods<crate::DomTypeHolder> for MediaSourceTestUtils {
    fn CountMediaSources(_: &Window) -> u32 {
        MEDIA_SOURCES.load(Ordering::Relaxed)
    }

    fn CountSourceBuffers(_: &Window) -> u32 {
        SOURCE_BUFFERS.load(Ordering::Relaxed)
    }

    fn CountPlayers(_: &Window) -> u32 {
        PLAYERS.load(Ordering::Relaxed)
    }

    fn CountConvertedFrames(_: &Window) -> u32 {
        CONVERTED_FRAMES.load(Ordering::Relaxed)
    }

    /// Collects what is not reachable. It does so in a task of its own, so that nothing on the stack of the
    /// caller keeps objects alive.
    #[expect(unsafe_code)]
    fn CollectGarbage(cx: &mut JSContext, window: &Window) -> RootedPromise {
        let global = window.upcast::<GlobalScope>();
        let promise = Promise::new(cx, global);
        let trusted = TrustedPromise::from(&promise);
        let collect = task!(collect_garbage: move |cx| {
            unsafe { JS_GC(cx.raw_cx(), GCReason::DOM_TESTUTILS) };
            trusted.root(cx).resolve_native(cx, &());
        });
        let tasks = global.task_manager();
        tasks.dom_manipulation_task_source().queue(collect);
        promise
    }
}
