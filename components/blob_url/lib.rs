/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The blob URL store of the File API: <https://w3c.github.io/FileAPI/#BlobURLStore>.
//!
//! This crate is for a browser engine that implements `URL.createObjectURL()`. It needs no other crate
//! of this repository, and does not know what a URL stands for. An engine keeps one [`BlobUrlStore`]
//! for each agent cluster, or one for all. The engine chooses three types:
//!
//! - `Object` is what a URL stands for and keeps alive: a handle of a Blob, of a MediaSource object,
//!   or an enum of both. Resolving a URL gives a clone of the handle, which keeps the object alive
//!   as well.
//! - `Environment` names the environment settings object that made a URL. Its URLs end with it.
//! - `Origin` equals another one if both are the same origin; an opaque origin equals only itself.
//!
//! URLs are passed in their serialized form, not as a script wrote them. The store may be used from
//! several threads. It never drops an object while it is locked, and a revoked URL leaves no memory
//! behind.

mod store;

pub use store::BlobUrlStore;
