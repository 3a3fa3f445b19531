/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Recordings of fake devices: whether they are whole, can be sought in and are played as they come.

#[path = "record/decoded.rs"]
mod decoded;
#[path = "record/files.rs"]
mod files;
#[path = "record/studio.rs"]
mod studio;
#[path = "record/times.rs"]
mod times;
