/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The coded frames of a SourceBuffer: how they get in, how they go, what is buffered, and how a
//! player reads them. No thread, lock or clock; whoever needs the playback position passes it.
//!
//! [`TrackBuffers`] holds the track buffers of one SourceBuffer and the state that coded frame
//! processing shares between them. Commands change it ([`TrackBuffers::append`],
//! [`TrackBuffers::remove`], ...), getters look at it, and a [`Cursor`] reads from it: a cursor is
//! a plain value that survives every change.
//!
//! # How frames are stored
//!
//! A [`TrackBuffer`] is an ordered index of groups of pictures. Its key is the presentation time of
//! the random access point that a group begins with; the group's frames follow in decode order.
//! Sound has no pictures to group, each frame decodes alone, so a group of sound is just a run of
//! frames. Four invariants make every search touch one or two groups:
//!
//! 1. The frames of a group start and end no later than the next group's key.
//! 2. The leading pictures of a group, those presented before its key, start after the key of the
//!    group before.
//! 3. What a group covers, from its earliest start to its highest end, is buffered without a hole.
//!    The time before its random access point may be covered by other tracks' frames
//!    ([`gap_policy::COVERED`]), but not by another group of the track.
//! 4. Only the group that was opened last grows, and only while its last frame is stored.
//!
//! Ranges are a function of the stored groups alone: one joins the next unless the gap between
//! them is too large ([`gap_policy::coalescing_tolerance`]).

mod append_window;
mod byte_size;
mod coded_frame_group;
mod configurations;
pub mod cursor;
mod eviction;
mod frame_run;
pub mod gap_policy;
mod generated_timestamps;
mod group;
mod incoming;
mod last_dropped;
mod processing;
mod range_starts;
pub mod ranges;
pub mod read;
pub mod removal;
pub mod removed;
mod superseded;
pub mod time;
pub mod track_buffer;
pub mod track_buffers;
pub mod track_mismatch;
pub mod work;

pub use cursor::Cursor;
pub use ranges::TimeRanges;
pub use read::{Preroll, Read, ReadFrame};
pub use removal::Removal;
pub use removed::RemovedFrames;
pub use time::{DecodeTime, PresentationTime, TimeDelta};
pub use track_buffer::TrackBuffer;
pub use track_buffers::{AppendMode, TrackBuffers};
pub use track_mismatch::TrackMismatch;
