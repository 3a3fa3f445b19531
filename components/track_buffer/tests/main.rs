/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tests of the crate through its public interface.

mod buffered;
mod coded_frame_groups;
mod cursors;
mod eviction;
mod generated_timestamps;
mod initialization;
mod overlaps;
mod processing;
mod ranges;
mod readers;
mod removal;
mod sound;

use test_support::{notation, tracks};
