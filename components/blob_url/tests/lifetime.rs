/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tests of how long objects live, and of what is left of entries.

use std::sync::{Arc, OnceLock, Weak};

use blob_url::BlobUrlStore;

const EXAMPLE: &str = "https://example.org";

/// <https://w3c.github.io/FileAPI/#lifeTime>
#[test]
fn an_environment_takes_its_own_entries_with_it() {
    let store = BlobUrlStore::new();
    for environment in 1..=3 {
        for _ in 0..10 {
            store.add_an_entry(environment, EXAMPLE, EXAMPLE, environment);
        }
    }
    let kept = store.add_an_entry(1, EXAMPLE, EXAMPLE, 1);
    store.remove_environment(&2);
    store.remove_environment(&4);
    assert_eq!(store.len(), 21);
    assert_eq!(store.resolve(&kept, &EXAMPLE), Some(1));
    store.remove_environment(&1);
    assert_eq!(store.resolve(&kept, &EXAMPLE), None);
    assert_eq!(store.len(), 10);
}

/// <https://w3c.github.io/FileAPI/#blob-url-resolve>
#[test]
fn an_entry_keeps_its_object_alive_and_then_who_resolved_it_does() {
    let store = BlobUrlStore::new();
    let object = Arc::new("media");
    let observer = Arc::downgrade(&object);
    let url = store.add_an_entry(1, EXAMPLE, EXAMPLE, object);
    let resolved = store.resolve(&url, &EXAMPLE).expect("it has an entry");
    assert!(store.revoke(&url, &EXAMPLE));
    assert_eq!(observer.upgrade().as_deref(), Some(&"media"));
    drop(resolved);
    assert!(observer.upgrade().is_none());
}

/// An object that calls the store when it is dropped. A Blob that holds URLs of its own may do so.
struct Caller {
    store: Weak<Store>,
    own_url: Arc<OnceLock<String>>,
}

type Store = BlobUrlStore<Arc<Caller>, u32, &'static str>;

impl Drop for Caller {
    fn drop(&mut self) {
        if let (Some(store), Some(url)) = (self.store.upgrade(), self.own_url.get()) {
            assert!(store.resolve(url, &EXAMPLE).is_none());
            assert!(!store.revoke(url, &EXAMPLE));
        }
    }
}

/// <https://w3c.github.io/FileAPI/#removeTheEntry>
#[test]
fn an_object_may_call_the_store_when_it_is_dropped() {
    let store = Arc::new(Store::new());
    let add = || {
        let own_url = Arc::new(OnceLock::new());
        let caller = Arc::new(Caller {
            store: Arc::downgrade(&store),
            own_url: own_url.clone(),
        });
        let url = store.add_an_entry(1, EXAMPLE, EXAMPLE, caller);
        own_url.get_or_init(|| url).clone()
    };
    let url = add();
    assert!(store.revoke(&url, &EXAMPLE));
    add();
    store.remove_environment(&1);
    assert!(store.is_empty());
}

/// A million entries are created, resolved and revoked, of which up to a hundred thousand live at
/// the same time. Afterwards neither entries nor objects are left, nor does memory grow.
///
/// <https://w3c.github.io/FileAPI/#BlobURLStore>
#[test]
fn a_million_entries_leave_nothing_behind() {
    const ENTRIES: usize = 1_000_000;
    const ALIVE: usize = 100_000;
    let store = BlobUrlStore::new();
    let object = Arc::new(());
    let round = |entries: usize| {
        let mut urls = Vec::new();
        for environment in 0..entries / ALIVE {
            for _ in 0..ALIVE {
                urls.push(store.add_an_entry(environment, EXAMPLE, EXAMPLE, object.clone()));
            }
            // Half are revoked one by one, the others go with their environment.
            for url in urls.drain(..).step_by(2) {
                assert!(store.resolve(&url, &EXAMPLE).is_some());
                assert!(store.revoke(&url, &EXAMPLE));
            }
            store.remove_environment(&environment);
            assert!(store.is_empty());
            assert_eq!(Arc::strong_count(&object), 1);
        }
    };
    // The most memory that the process ever had is what the first hundred thousand needed.
    round(ALIVE);
    let before = peak_kilobytes();
    round(ENTRIES);
    if let (Some(before), Some(after)) = (before, peak_kilobytes()) {
        // A million entries take 200 MB and more.
        assert!(after < before + 16 * 1024, "{before} kB grew to {after} kB");
    }
}

/// Returns the most memory that this process took, in kB. It is `None` where the system does not
/// tell.
fn peak_kilobytes() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
