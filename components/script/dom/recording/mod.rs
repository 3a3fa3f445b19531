/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The DOM objects of MediaStream Recording: they convert, forward to the `media_recorder` crate and dispatch what it
//! says.
#![warn(unused)]

pub(crate) mod blobevent;
pub(crate) mod mediarecorder;
pub(crate) mod recordings;
