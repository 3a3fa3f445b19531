/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the embedder chose for captures.

use std::sync::{Arc, OnceLock};

use media_stream::{CaptureBackend, WithoutDevices};

static BACKEND: OnceLock<Arc<dyn CaptureBackend>> = OnceLock::new();

/// Chooses what captures for all pages of this process. An embedder calls this once, before it starts the
/// engine. Without it, pages see that there are no devices. Returns `false` if something was chosen before.
pub fn set_capture_backend(backend: Arc<dyn CaptureBackend>) -> bool {
    BACKEND.set(backend).is_ok()
}

pub(crate) fn backend() -> Arc<dyn CaptureBackend> {
    let backend = BACKEND.get().cloned();
    backend.unwrap_or_else(|| Arc::new(WithoutDevices))
}
