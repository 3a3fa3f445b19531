/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The DOM objects of Media Capture and Streams: they convert, forward to the `media_stream` crate and
//! dispatch what it says.
#![warn(unused)]

pub(crate) mod audio_nodes;
pub(crate) mod canvas_captures;
pub(crate) mod canvascapturemediastreamtrack;
mod capture_tasks;
pub(crate) mod capturetestutils;
mod constraints;
mod device_ids;
pub(crate) mod devicechangeevent;
pub(crate) mod inputdeviceinfo;
pub(crate) mod lifetime;
pub(crate) mod mediadeviceinfo;
pub(crate) mod mediadevices;
pub(crate) mod mediastream;
pub(crate) mod mediastreamtrack;
pub(crate) mod mediastreamtrackevent;
pub(crate) mod overconstrainederror;
mod permission;
pub(crate) mod platform;
pub(crate) mod pruned;
mod track_dictionaries;
