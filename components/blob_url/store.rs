/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The blob URL store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parking_lot::RwLock;
use uuid::Uuid;

/// <https://w3c.github.io/FileAPI/#BlobURLStore>
#[derive(Debug)]
pub struct BlobUrlStore<Object, Environment, Origin> {
    state: RwLock<State<Object, Environment, Origin>>,
}

/// The entries. Both collections are trees, because these give back the memory of what is removed.
#[derive(Debug)]
struct State<Object, Environment, Origin> {
    /// The entries by their URL.
    entries: BTreeMap<Arc<str>, BlobUrlEntry<Object, Environment, Origin>>,
    /// The URLs of each environment.
    by_environment: BTreeSet<(Environment, Arc<str>)>,
}

/// <https://w3c.github.io/FileAPI/#blob-url-entry>
#[derive(Debug)]
struct BlobUrlEntry<Object, Environment, Origin> {
    object: Object,
    environment: Environment,
    /// The origin of the environment when the entry was made.
    origin: Origin,
}

impl<Object, Environment, Origin> Default for BlobUrlStore<Object, Environment, Origin> {
    fn default() -> Self {
        Self {
            state: RwLock::new(State {
                entries: BTreeMap::new(),
                by_environment: BTreeSet::new(),
            }),
        }
    }
}

impl<Object, Environment, Origin> BlobUrlStore<Object, Environment, Origin> {
    /// Makes a store without any entry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.state.read().entries.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<Object: Clone, Environment, Origin: PartialEq> BlobUrlStore<Object, Environment, Origin> {
    /// Returns the object that a blob URL stands for, whatever its fragment is, for an environment
    /// of the origin `resolver`. It is `None` if there is no entry, or if it belongs to another
    /// origin.
    ///
    /// <https://w3c.github.io/FileAPI/#blob-url-resolve>
    pub fn resolve(&self, url: &str, resolver: &Origin) -> Option<Object> {
        let state = self.state.read();
        // Step 1. Let store be the user agent's blob URL store.
        // Step 2. Let url string be the result of serializing url with the exclude fragment flag
        // set.
        let url_string = url.split_once('#').map_or(url, |(before, _)| before);
        // Steps 3-4. If store[url string] exists, return it; otherwise return failure.
        let entry = state.entries.get(url_string)?;
        // (Every caller of this algorithm checks then that the environment of the entry has its own
        // origin.)
        (entry.origin == *resolver).then(|| entry.object.clone())
    }
}

impl<Object, Environment: Clone + Ord, Origin: PartialEq>
    BlobUrlStore<Object, Environment, Origin>
{
    /// Adds an entry for an object of `environment`, and returns its URL. `origin` is the origin of
    /// the environment, and `serialized_origin` is how it is written.
    ///
    /// <https://w3c.github.io/FileAPI/#add-an-entry>
    pub fn add_an_entry(
        &self,
        environment: Environment,
        origin: Origin,
        serialized_origin: &str,
        object: Object,
    ) -> String {
        // Step 1. Let store be the user agent's blob URL store.
        // Step 2. Let url be the result of generating a new blob URL.
        let url = generate_a_new_blob_url(serialized_origin);
        // Steps 3-5. Let entry be a new blob URL entry consisting of object and the current
        // settings object.
        let entry = BlobUrlEntry {
            object,
            environment: environment.clone(),
            origin,
        };
        // Steps 6-7. Set store[url] to entry, and return url.
        let key: Arc<str> = Arc::from(url.as_str());
        let mut state = self.state.write();
        state.by_environment.insert((environment, key.clone()));
        state.entries.insert(key, entry);
        url
    }

    /// Removes the entry of a blob URL for an environment of the origin `revoker`. It returns
    /// `false` if there is no entry, or if it belongs to another origin. A URL with a fragment has
    /// no entry.
    ///
    /// <https://w3c.github.io/FileAPI/#dfn-revokeObjectURL>
    pub fn revoke(&self, url: &str, revoker: &Origin) -> bool {
        let mut state = self.state.write();
        // Steps 1-4. Let entry be the URL's blob URL entry. If there is none, then return.
        // Step 5. If it is not of the same origin, then return.
        let is_authorized = state
            .entries
            .get(url)
            .is_some_and(|entry| entry.origin == *revoker);
        if !is_authorized {
            return false;
        }
        // Step 6. Remove an entry from the blob URL store for url.
        let removed = state.remove_an_entry(url);
        // The object may be dropped now, which may call the store.
        drop(state);
        removed.is_some()
    }

    /// Removes the entries of all environments whose object is gone. Such an object was lent by
    /// another environment, and ended with that.
    pub fn remove_objects(&self, is_gone: impl Fn(&Object) -> bool) {
        let mut state = self.state.write();
        let urls: Vec<Arc<str>> = state
            .entries
            .iter()
            .filter(|(_, entry)| is_gone(&entry.object))
            .map(|(url, _)| url.clone())
            .collect();
        let removed = state.remove_entries(urls);
        // The objects may be dropped now, which may call the store.
        drop(state);
        drop(removed);
    }

    /// Removes all entries of an environment, when it goes away.
    ///
    /// <https://w3c.github.io/FileAPI/#lifeTime>
    pub fn remove_environment(&self, environment: &Environment) {
        let mut state = self.state.write();
        let urls: Vec<Arc<str>> = state
            .by_environment
            .range((environment.clone(), Arc::from(""))..)
            .take_while(|(owner, _)| owner == environment)
            .map(|(_, url)| url.clone())
            .collect();
        // Remove from the blob URL store any entries whose environment is that one.
        let removed = state.remove_entries(urls);
        // The objects may be dropped now, which may call the store.
        drop(state);
        drop(removed);
    }
}

impl<Object, Environment: Ord, Origin> State<Object, Environment, Origin> {
    /// Removes entries, and returns their objects.
    fn remove_entries(&mut self, urls: Vec<Arc<str>>) -> Vec<Object> {
        urls.into_iter()
            .filter_map(|url| self.remove_an_entry(&url))
            .collect()
    }

    /// <https://w3c.github.io/FileAPI/#removeTheEntry>
    fn remove_an_entry(&mut self, url: &str) -> Option<Object> {
        // Steps 1-2. Let store be the user agent's blob URL store, and url string be the result of
        // serializing url.
        // Step 3. Remove store[url string].
        let (url, entry) = self.entries.remove_entry(url)?;
        self.by_environment.remove(&(entry.environment, url));
        Some(entry.object)
    }
}

/// <https://w3c.github.io/FileAPI/#unicodeBlobURL>
fn generate_a_new_blob_url(serialized_origin: &str) -> String {
    // Steps 1-2. Let result be the empty string. Append the string "blob:" to result.
    // Steps 3-6. Append the serialization of the settings object's origin to result; an opaque
    // origin serializes as "null".
    // Steps 7-9. Append U+002F SOLIDUS (/) and a new UUID to result. (It is random: nobody guesses
    // another's URL.)
    format!("blob:{serialized_origin}/{}", Uuid::new_v4())
}
