/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tests of the crate through its public interface, as a host uses it.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests may have threads and channels"
)]

mod appending;
mod between_segments;
mod decoding_info;
mod duration;
mod element;
mod encryption;
mod errors;
mod events;
mod exceptions;
mod generations;
mod jobs;
mod media_element;
mod memory;
mod playback_quality;
mod quota;
mod threads;
mod tracks;
mod workers;

use test_support::{host, media};
