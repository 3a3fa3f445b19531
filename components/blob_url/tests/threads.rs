/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tests of several threads at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use blob_url::BlobUrlStore;

/// Each thread is an environment of an origin of its own, and tries the others' URLs as well.
///
/// <https://w3c.github.io/FileAPI/#BlobURLStore>
#[test]
fn threads_create_resolve_and_revoke_at_once() {
    const THREADS: usize = 4;
    const ENTRIES: usize = 5_000;
    let store = BlobUrlStore::new();
    let object = Arc::new(AtomicUsize::new(0));
    thread::scope(|scope| {
        for environment in 0..THREADS {
            let (store, object) = (&store, &object);
            scope.spawn(move || {
                // Opaque origins.
                let (own, stranger) = (environment, THREADS);
                for entry in 0..ENTRIES {
                    let url = store.add_an_entry(environment, own, "null", Arc::clone(object));
                    let resolved = store.resolve(&url, &own).expect("it is there");
                    resolved.fetch_add(1, Ordering::Relaxed);
                    assert!(store.resolve(&url, &stranger).is_none());
                    if entry % 3 == 0 {
                        assert!(store.revoke(&url, &own));
                    }
                    if entry % 1000 == 999 {
                        store.remove_environment(&environment);
                        assert!(store.resolve(&url, &own).is_none());
                    }
                }
            });
        }
    });
    assert!(store.is_empty());
    assert_eq!(object.load(Ordering::Relaxed), THREADS * ENTRIES);
    assert_eq!(Arc::strong_count(&object), 1);
}
