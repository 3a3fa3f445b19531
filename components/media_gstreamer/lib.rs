/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Plays the coded frames of a media source through GStreamer: each track's frames go through a
//! chain of elements built by hand, video to a [`VideoRenderer`](media_source::VideoRenderer) and
//! audio to the platform. The module [`capture`] captures from devices, and [`record`] records that.
//!
//! # Threads
//! A [`GStreamerPlayer`] is a handle: its methods post a command and return. While it has one of the
//! [`Pipelines`] that players share, one control thread per player owns the pipeline. That thread
//! alone changes the state of the pipeline, flushes it and feeds it, and it never waits for data. If
//! it waits for GStreamer in vain, a watchdog, one thread for all players, ends the player.
//! GStreamer's threads only post to it what happened. A listener and a renderer are called on those
//! threads, with no lock of the player held that its methods take.
//!
//! # Locks
//! A thread that holds one of these locks takes only locks that come after it:
//! 1. the state of a handle (`player`),
//! 2. the turns of the pipelines that players share (`pipelines`),
//! 3. what the handle and the control thread share (`shared`).
//!
//! On GStreamer's threads a pad probe holds what it remembers of its own pad while it locks the cuts
//! (`clipping`) or the forms (`picture_form`) of the frames under way. The turn of the presenter, the
//! renderer (`video_sink`) and the frames in the ledger (`quality`) are locked one after the other,
//! each while no other lock is held. So are the state of a gate, that of the first picture
//! (`first_picture`), the failures of a decoder (`hardware`) and the list of the watchdog.
//!
//! # Failures
//! A decoder that never outputs anything is replaced by the next one, as is a hardware decoder that fails
//! at any time: playback goes on from the current position. A software decoder that fails later is started
//! again after the frames that it could not decode (`recovery`, `hardware`). Playback fails only when that
//! does not help, with one [`PlayerEvent::Failed`](media_source::PlayerEvent::Failed).
//!
//! # Times
//! Positions are [`PresentationTime`](track_buffer::time::PresentationTime)s throughout; the module
//! `timeline` alone knows how GStreamer counts.

#[cfg(test)]
extern crate self as media_gstreamer;

mod audio_preroll;
mod audio_sink;
mod backend;
pub mod capabilities;
mod caps;
pub mod capture;
mod chain;
mod clipping;
mod codec;
mod control;
mod conversion;
mod decoder;
mod download;
mod element;
mod feed;
mod first_picture;
mod frame;
mod gamut;
mod gate;
mod graph;
mod halving;
mod hardware;
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
pub mod record;
mod recovery;
mod shared;
mod timeline;
mod video_sink;
mod warm_up;
mod watchdog;

#[cfg(test)]
#[path = "tests/capture.rs"]
mod capture_tests;
#[cfg(test)]
mod configuration_tests;
#[cfg(test)]
mod decoding_tests;
#[cfg(test)]
#[path = "tests/support/media.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod media;

pub use backend::GStreamerBackend;
pub use hardware::DecoderPreference;
pub use pipelines::Pipelines;
pub use player::{Closing, GStreamerPlayer};
