/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The blob URL store of the File API, for objects that live beside the script which made their
//! URL: <https://w3c.github.io/FileAPI/#BlobURLStore>.
//!
//! An engine keeps one store for each agent. `Object` is what a URL stands for and keeps alive
//! (a MediaSource object, say); `Environment` names the environment settings object that made it.
#![deny(missing_docs)]

use std::collections::HashMap;

use uuid::Uuid;

/// The blob URL store. <https://w3c.github.io/FileAPI/#BlobURLStore>
pub struct BlobUrlStore<Object, Environment> {
    /// By the URL without a fragment.
    entries: HashMap<String, BlobUrlEntry<Object, Environment>>,
}

/// <https://w3c.github.io/FileAPI/#blob-url-entry>
struct BlobUrlEntry<Object, Environment> {
    object: Object,
    environment: Environment,
}

impl<Object, Environment> Default for BlobUrlStore<Object, Environment> {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
        }
    }
}

impl<Object, Environment: PartialEq> BlobUrlStore<Object, Environment> {
    /// Adds an entry and returns its URL. `origin` is the environment's origin, serialized.
    /// <https://w3c.github.io/FileAPI/#add-an-entry>
    pub fn add_an_entry(
        &mut self,
        origin: &str,
        environment: Environment,
        object: Object,
    ) -> String {
        let url = generate_a_new_blob_url(origin);
        self.entries.insert(
            url.clone(),
            BlobUrlEntry {
                object,
                environment,
            },
        );
        url
    }

    /// The object that a blob URL stands for; a fragment does not matter.
    /// <https://w3c.github.io/FileAPI/#blob-url-resolve>
    pub fn resolve(&self, url: &str) -> Option<&Object> {
        let without_fragment = url
            .split('#')
            .next()
            .expect("split gives at least one part");
        self.entries
            .get(without_fragment)
            .map(|entry| &entry.object)
    }

    /// Removes the entry of a blob URL; `false` if there is none. A URL with a fragment has none.
    /// <https://w3c.github.io/FileAPI/#removeTheEntry>
    pub fn remove_an_entry(&mut self, url: &str) -> bool {
        self.entries.remove(url).is_some()
    }

    /// Removes what an environment added, when it goes away.
    /// <https://w3c.github.io/FileAPI/#lifeTime>
    pub fn remove_environment(&mut self, environment: &Environment) {
        self.entries
            .retain(|_, entry| entry.environment != *environment);
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// <https://w3c.github.io/FileAPI/#unicodeBlobURL>
fn generate_a_new_blob_url(origin: &str) -> String {
    // Steps 1-2. Let result be the empty string. Append the string "blob:" to result.
    // Steps 3-6. Append the serialization of the settings object's origin to result; an opaque
    // origin serializes as "null".
    // Steps 7-9. Append U+002F SOLIDUS (/) and a new UUID to result.
    format!("blob:{origin}/{}", Uuid::new_v4())
}

#[cfg(test)]
mod tests {
    use super::BlobUrlStore;

    const ORIGIN: &str = "https://example.org";

    #[test]
    fn a_url_names_its_origin_and_resolves_with_any_fragment() {
        let mut store = BlobUrlStore::default();
        let url = store.add_an_entry(ORIGIN, 1, "first");
        let other = store.add_an_entry(ORIGIN, 1, "second");
        assert!(url.starts_with("blob:https://example.org/"), "{url}");
        assert_ne!(url, other);
        assert_eq!(store.resolve(&url), Some(&"first"));
        assert_eq!(store.resolve(&format!("{url}#t=1")), Some(&"first"));
        assert_eq!(store.resolve(&format!("{url}?query")), None);
    }

    #[test]
    fn a_revoked_url_resolves_no_more() {
        let mut store = BlobUrlStore::default();
        let url = store.add_an_entry(ORIGIN, 1, ());
        assert!(!store.remove_an_entry(&format!("{url}#t=1")));
        assert!(store.remove_an_entry(&url));
        assert!(!store.remove_an_entry(&url));
        assert_eq!(store.resolve(&url), None);
    }

    #[test]
    fn an_environment_takes_its_own_entries_with_it() {
        let mut store = BlobUrlStore::default();
        let closed = store.add_an_entry(ORIGIN, 1, ());
        let kept = store.add_an_entry(ORIGIN, 2, ());
        store.remove_environment(&1);
        assert_eq!(store.resolve(&closed), None);
        assert_eq!(store.resolve(&kept), Some(&()));
        assert_eq!(store.len(), 1);
    }
}
