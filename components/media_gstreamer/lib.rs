/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Plays the coded frames of a media source through GStreamer: each track's frames go through a
//! chain of elements built by hand, pictures to a [`VideoRenderer`] and sound to the platform.
//!
//! # Threads
//! A [`Player`] is a handle: its methods post a command and return. One control thread per player
//! owns the pipeline; it alone changes its state, flushes it and feeds it, and it never waits for
//! data. GStreamer's threads only post to it what happened. A listener and a renderer are called on
//! those threads, with no lock of the player held that its methods take.
//!
//! # Times
//! Positions are [`PresentationTime`](track_buffer::time::PresentationTime)s throughout; the module
//! `timeline` alone knows how GStreamer counts.

#[cfg(test)]
extern crate self as media_gstreamer;

mod audio_sink;
pub mod capabilities;
mod caps;
mod chain;
mod control;
mod decoder;
mod error;
mod feed;
mod frame;
mod graph;
mod player;
mod timeline;
mod video_sink;

#[cfg(test)]
mod decoding_tests;
#[cfg(test)]
#[path = "tests/support/media.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod media;

pub use error::PlayerError;
pub use frame::{VideoFrame, VideoRenderer};
pub use player::{Player, PlayerEvent, SeekId};
