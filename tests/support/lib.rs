/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the tests of the crates share. It is not for other users. There is a [`notation`] in which
//! a test of coded frames is a few lines of text, a recording [`host`], the [`media`] of the
//! repository cut into segments, [`mp4`], [`webm`] and [`transport`] streams of made-up frames, and
//! random [`operations`] that compare track buffers with a naive model.

pub mod calls;
mod choices;
mod element;
pub mod host;
pub mod media;
mod model;
mod model_track;
pub mod mp4;
mod mux;
pub mod notation;
pub mod operations;
mod readers;
mod script;
mod source_script;
pub mod tracks;
pub mod transport;
pub mod webm;

pub use choices::{Choices, random_bytes};
