/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Captures from cameras and microphones, and plays what is captured.
//!
//! A device is opened once, however many sources pages have of it: its pipeline ends in a hub (`hub`),
//! which hands each frame, by reference, to the feeds of the tracks. A feed (`feed`) shapes the frames as
//! its track has them, if they differ at all, and hands them to its taps, such as that of a player
//! (`player`).
//!
//! # Threads
//! One thread knows the devices (`registry`). Each open device has a control thread (`control`), which
//! alone changes the state of the pipeline: a device that hangs stops no other one. Frames go from the
//! streaming thread of the pipeline through the hub and the feeds to the taps, which must not wait. A
//! player has a control thread of its own, which shows the pictures.
//!
//! # Locks
//! No lock is held while a frame is handed on or a listener is called. A feed has one around what shapes
//! its frames, which the streaming thread takes out meanwhile, one around its settings and one around the
//! list of its taps. The registry has one around the list of devices and one around those that are open.
//! None of them is held while another one is taken.
//!
//! # Times
//! The frames of all devices have times of one clock, from one base time of the process on.

pub(crate) mod adapter;
mod backend;
mod camera_modes;
pub(crate) mod clock;
mod control;
mod device;
mod echo;
mod fake;
mod fake_picture;
mod fake_sound;
pub(crate) mod feed;
mod frame_pool;
mod host_pictures;
mod host_sound;
mod hub;
mod last_picture;
mod mode;
mod paced;
mod player;
mod player_control;
mod registry;
mod sound_adapter;
mod sound_reader;
mod source;
mod system;
mod voice;

pub use backend::{DeviceChoice, GStreamerCapture};
pub use fake::FakeDevices;
