/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The DOM objects of Media Source Extensions: they convert, forward to the `media_source` crate
//! and dispatch what it says.
#![warn(unused)]

pub(crate) mod attachment;
pub(crate) mod buffered;
pub(crate) mod handle_transfer;
pub(crate) mod mediacapabilities;
pub(crate) mod mediasource;
pub(crate) mod mediasourcehandle;
pub(crate) mod mediasourcetestutils;
pub(crate) mod object_url;
pub(crate) mod platform;
pub(crate) mod player;
pub(crate) mod sourcebuffer;
pub(crate) mod sourcebufferlist;
mod steps;
pub(crate) mod tracks;
pub(crate) mod videoplaybackquality;
pub(crate) mod worker_media_source;
