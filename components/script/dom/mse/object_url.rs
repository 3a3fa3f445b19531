/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! MediaSource object URLs.
//! <https://w3c.github.io/media-source/#dfn-mediasource-object-url>

use blob_url::BlobUrlStore;
use servo_base::id::PipelineId;
use servo_url::ImmutableOrigin;

use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::refcounted::Trusted;
use crate::dom::bindings::root::DomRoot;
use crate::dom::globalscope::GlobalScope;
use crate::dom::mse::mediasource::MediaSource;
use crate::dom::window::Window;

thread_local! {
    /// A MediaSource never leaves its thread, so neither does what its URLs stand for.
    static STORE: BlobUrlStore<Trusted<MediaSource>, PipelineId, ImmutableOrigin> = BlobUrlStore::new();
}

/// Returns a new URL for `media_source`. The URL keeps it alive until it is revoked or one of the two pages
/// is gone. If one is gone already, the URL stands for nothing, because nobody would remove its entry. A URL
/// that a worker made stands for nothing either: no media element can load it.
pub(crate) fn create(global: &GlobalScope, media_source: &MediaSource) -> String {
    let origin = global.origin().immutable().clone();
    let serialized_origin = origin.ascii_serialization().to_string();
    let object = Trusted::new(media_source);
    let url = STORE
        .with(|store| store.add_an_entry(global.pipeline_id(), origin, &serialized_origin, object));
    let may_load = global
        .downcast::<Window>()
        .is_some_and(|window| window.is_alive());
    if !may_load || media_source.is_abandoned() {
        revoke(global, &url);
    }
    url
}

/// Returns the MediaSource that `url` stands for in `global`.
pub(crate) fn resolve(global: &GlobalScope, url: &str) -> Option<DomRoot<MediaSource>> {
    let origin = global.origin();
    STORE
        .with(|store| store.resolve(url, origin.immutable()))
        .map(|object| object.root())
}

/// Forgets `url`. Returns `false` if it is not the URL of a MediaSource.
pub(crate) fn revoke(global: &GlobalScope, url: &str) -> bool {
    let origin = global.origin();
    STORE.with(|store| store.revoke(url, origin.immutable()))
}

/// Forgets the URLs of a page that is unloaded.
pub(crate) fn remove_environment(page: PipelineId) {
    STORE.with(|store| store.remove_environment(&page));
}

/// Forgets all URLs for the MediaSources of a page that is gone for good, whoever made them.
pub(crate) fn remove_media_sources_of(page: PipelineId) {
    STORE.with(|store| store.remove_objects(|object| object.root().is_of(page)));
}
