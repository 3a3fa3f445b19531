/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! MediaSource object URLs.
//! <https://w3c.github.io/media-source/#dfn-mediasource-object-url>

use std::cell::RefCell;

use blob_url::BlobUrlStore;
use servo_base::id::PipelineId;

use crate::dom::bindings::refcounted::Trusted;
use crate::dom::bindings::root::DomRoot;
use crate::dom::globalscope::GlobalScope;
use crate::dom::mse::mediasource::MediaSource;

thread_local! {
    /// A MediaSource never leaves its thread, so neither does what its URLs stand for: a URL made
    /// in a worker resolves nowhere else, as the specification wants.
    static STORE: RefCell<BlobUrlStore<Trusted<MediaSource>, PipelineId>> = RefCell::default();
}

/// A new URL for `media_source`, which keeps it alive until it is revoked.
pub(crate) fn create(global: &GlobalScope, media_source: &MediaSource) -> String {
    let origin = global
        .origin()
        .immutable()
        .ascii_serialization()
        .to_string();
    let object = Trusted::new(media_source);
    STORE.with_borrow_mut(|store| store.add_an_entry(&origin, global.pipeline_id(), object))
}

/// The MediaSource that `url` stands for.
pub(crate) fn resolve(url: &str) -> Option<DomRoot<MediaSource>> {
    STORE.with_borrow(|store| store.resolve(url).map(Trusted::root))
}

/// Forgets `url`; `false` if it is not one of ours.
pub(crate) fn revoke(url: &str) -> bool {
    STORE.with_borrow_mut(|store| store.remove_an_entry(url))
}

/// Forgets the URLs of a document that is unloaded.
pub(crate) fn remove_environment(global: &GlobalScope) {
    STORE.with_borrow_mut(|store| store.remove_environment(&global.pipeline_id()));
}
