/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the embedder chose for captures.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock};

use media_recorder::{RecorderBackend, WithoutEncoders};
use media_stream::{CaptureBackend, Kind, WithoutDevices};
use servo_base::id::PipelineId;

static BACKEND: OnceLock<Arc<dyn CaptureBackend>> = OnceLock::new();

static RECORDER: OnceLock<Arc<dyn RecorderBackend>> = OnceLock::new();

static INDICATOR: OnceLock<Box<dyn Fn(LiveCaptures) + Send + Sync>> = OnceLock::new();

/// The kinds of devices from which each document gets media at the moment. It has no empty sets.
static LIVE: Mutex<BTreeMap<PipelineId, BTreeSet<Kind>>> = Mutex::new(BTreeMap::new());

/// From which devices pages get media at the moment.
/// <https://w3c.github.io/mediacapture-main/#privacy-indicator-requirements>
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LiveCaptures {
    /// From a camera.
    pub camera: bool,
    /// From a microphone.
    pub microphone: bool,
}

/// Chooses what captures for all pages of this process. An embedder calls this once, before it starts the
/// engine. Without it, pages see that there are no devices. Returns `false` if something was chosen before.
pub fn set_capture_backend(backend: Arc<dyn CaptureBackend>) -> bool {
    BACKEND.set(backend).is_ok()
}

pub(crate) fn backend() -> Arc<dyn CaptureBackend> {
    let backend = BACKEND.get().cloned();
    backend.unwrap_or_else(|| Arc::new(WithoutDevices))
}

/// Chooses what records for all pages of this process. An embedder calls this once, before it starts the engine.
/// Without it, no type can be recorded. Returns `false` if something was chosen before.
pub fn set_recorder_backend(backend: Arc<dyn RecorderBackend>) -> bool {
    RECORDER.set(backend).is_ok()
}

pub(crate) fn recorder_backend() -> Arc<dyn RecorderBackend> {
    let backend = RECORDER.get().cloned();
    backend.unwrap_or_else(|| Arc::new(WithoutEncoders))
}

/// Sets what shows the user whether pages capture. It is called on any thread whenever that has changed. Returns
/// `false` if something was set before.
pub fn set_capture_indicator(indicator: impl Fn(LiveCaptures) + Send + Sync + 'static) -> bool {
    INDICATOR.set(Box::new(indicator)).is_ok()
}

/// Shows the user from which kinds of devices a document gets media now.
pub(crate) fn show_live(page: PipelineId, kinds: BTreeSet<Kind>) {
    let Some(indicator) = INDICATOR.get() else {
        return;
    };
    let mut live = LIVE.lock().unwrap();
    if kinds.is_empty() {
        live.remove(&page);
    } else {
        live.insert(page, kinds);
    }
    let has = |kind| live.values().any(|kinds| kinds.contains(&kind));
    let captures = LiveCaptures {
        camera: has(Kind::Video),
        microphone: has(Kind::Audio),
    };
    drop(live);
    indicator(captures);
}
