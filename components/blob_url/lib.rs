/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The blob URL store of the File API: <https://w3c.github.io/FileAPI/#BlobURLStore>.
//!
//! An engine keeps one [`BlobUrlStore`] for each agent cluster, or one for all. Three types are the
//! engine's:
//!
//! - `Object` is what a URL stands for and keeps alive: a handle of a Blob, of a MediaSource object,
//!   or an enum of both. Who resolves a URL gets a clone of the handle, and keeps the object alive
//!   by it.
//! - `Environment` names the environment settings object that made a URL, and whose end is the URL's.
//! - `Origin` is equal to another if both are the same origin; an opaque one equals only itself.
//!
//! URLs are given as they are serialized, not as a script wrote them. The store may be used from
//! several threads. It never drops an object while it is locked, and what is revoked leaves no
//! memory behind.

mod store;

pub use store::BlobUrlStore;
