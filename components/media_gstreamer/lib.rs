/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Plays the coded frames of a media source through GStreamer: each track's frames go through a
//! chain of elements built by hand, pictures to a [`VideoRenderer`](media_source::VideoRenderer) and sound to the platform.
//!
//! # Threads
//! A [`GStreamerPlayer`] is a handle: its methods post a command and return. While it has one of the
//! [`Pipelines`] that players share, one control thread per player owns it; that thread alone changes
//! its state, flushes it and feeds it, and it never waits for data. If it waits for GStreamer in vain, a watchdog, one thread for all
//! players, ends the player. GStreamer's threads only post to it what happened. A listener and a
//! renderer are called on those threads, with no lock of the player held that its methods take.
//!
//! # Failures
//! A decoder that never gives anything is replaced by the next one of the registry; one that fails
//! later is started again behind what it could not decode (`recovery`). Only when that does not help
//! does playback fail, with one [`PlayerEvent::Failed`](media_source::PlayerEvent::Failed).
//!
//! # Times
//! Positions are [`PresentationTime`](track_buffer::time::PresentationTime)s throughout; the module
//! `timeline` alone knows how GStreamer counts.

#[cfg(test)]
extern crate self as media_gstreamer;

mod audio_sink;
mod backend;
pub mod capabilities;
mod caps;
mod chain;
mod clipping;
mod codec;
mod control;
mod conversion;
mod decoder;
mod element;
mod feed;
mod frame;
mod gamut;
mod graph;
mod log;
mod message;
mod output_check;
mod outputs;
mod picture_form;
mod pipelines;
mod planes;
mod player;
mod quality;
mod rate;
mod recovery;
mod shared;
mod timeline;
mod video_sink;
mod watchdog;

#[cfg(test)]
mod configuration_tests;
#[cfg(test)]
mod decoding_tests;
#[cfg(test)]
#[path = "tests/support/media.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod media;

pub use backend::GStreamerBackend;
pub use pipelines::Pipelines;
pub use player::{Closing, GStreamerPlayer};
