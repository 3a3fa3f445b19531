/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The objects of Media Source Extensions, for any engine: [`MediaSource`] holds the state of a
//! `MediaSource` object, of its `SourceBuffer`s and of its `SourceBufferList`s, and runs the
//! algorithms of <https://w3c.github.io/media-source/>.
//!
//! # The contract
//! Nothing here fires an event, starts a thread or reads a clock. A host (a browser engine's
//! DOM objects, or a player without any engine) calls methods of four kinds:
//! getters; commands, which are a script's calls and return the exception to throw; `handle_*`,
//! which tell that something happened; and [`MediaSource::poll_effect`], which hands out what is to
//! be done. **After every command (whatever it returned) and every `handle_*` call the host drains
//! `poll_effect` and does each [`effect::Effect`] in order.** Calls that need the playback position
//! are given it. [`host`] has the effects as a trait, and a whole host as an example.
//!
//! A MediaSource lives on its script's thread, window or worker. What passes to the thread of the
//! media element are values that may be sent: effects, [`tracks::MediaTrack`]s and
//! [`reader::TrackReader`]s there, an [`element::ElementState`] back.
//!
//! Appended bytes are parsed, and ranges removed, by a [`job::Job`], which the host runs on a thread
//! of its choice. The player reads the coded frames through a [`reader::TrackReader`] of each track.

mod append;
pub mod attributes;
pub mod decoding_info;
pub mod effect;
pub mod element;
pub mod exception;
pub mod executor;
mod generation_lock;
pub mod host;
pub mod job;
mod media_source;
pub mod memory;
mod monitoring;
pub mod playback_quality;
mod published;
pub mod quota;
mod range_removal;
pub mod reader;
mod segment_parser;
mod source_buffer;
pub mod tracks;

/// What [`generation_lock`] needs of threads.
mod sync {
    pub(crate) use std::sync::atomic::{AtomicU64, Ordering};

    pub(crate) use parking_lot::{Mutex, MutexGuard};
}

pub use media_source::{EndOfStreamError, MediaSource, ReadyState};
pub use monitoring::ElementReadyState;
