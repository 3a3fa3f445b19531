/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Records what is captured.
//!
//! Each track of a recording has a tap on its feed, which hands the frames to the thread of the recording
//! (`control`). That gives them times of the recording (`timeline`), makes up for those that do not come (`track`),
//! and pushes them into a pipeline (`graph`): an encoder for each track, whose settings `parts` has, and a
//! multiplexer, which writes into memory (`file`).
//!
//! # Threads
//! A recording has a control thread, which alone has its state, changes the state of its pipeline and pushes frames.
//! It waits for no encoder. Each track is encoded on a thread of its pipeline. If encoders are too slow, pictures
//! are left out (`track`), and the device does not wait.
//!
//! # Locks
//! One is around the file in memory, held while bytes are written to it or taken from it.
//!
//! # Times
//! A recording begins with the first frame of any track. The frames of devices have times of one clock, so those of
//! all tracks stay together; sound whose clock differs is kept in step by an element that drops samples or adds
//! silence. Where no picture comes, the last one is repeated now and then, or a black one; a recording that is stopped
//! before anything has come has one black picture, and a little silence.
//!
//! # Files
//! Without a timeslice the multiplexer goes back in the file to write what it knows only at the end: WebM and
//! Matroska get a duration and cues, MP4 gets its index. If a page asks for data meanwhile, WebM and Matroska are
//! handed over as they are, and lack the duration. MP4 would be broken by that: nothing of it is handed over before
//! the end. With a timeslice the multiplexer writes what can be played as it comes: clusters of unknown size, or
//! fragments.

mod backend;
mod control;
#[cfg(test)]
mod drift_tests;
mod file;
mod graph;
mod parts;
mod timeline;
mod track;

pub use backend::GStreamerRecorder;
