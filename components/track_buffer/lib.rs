/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The coded frames of a SourceBuffer: this crate processes and stores them, removes and evicts them,
//! says what is buffered, and lets a player read them.
//!
//! It is for a media source that has frames from `byte_stream`; `media_source` uses it for the one that
//! scripts see. It needs no engine and no platform, and has no thread, lock or clock: where the
//! playback position matters, the caller passes it.
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
//! Audio frames decode alone, so a group of audio is just a run of frames. Four invariants make every
//! search touch one or two groups:
//!
//! 1. The frames of a group start and end no later than the next group's key.
//! 2. The leading frames of a group, which are presented before its key, start after the key of the
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
pub mod common_ranges;
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
mod range_tree;
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

pub use common_ranges::CommonRanges;
pub use cursor::Cursor;
pub use ranges::TimeRanges;
pub use read::{Preroll, Read, ReadFrame};
pub use removal::Removal;
pub use removed::RemovedFrames;
pub use time::{DecodeTime, PresentationTime, TimeDelta};
pub use track_buffer::TrackBuffer;
pub use track_buffers::{AppendMode, TrackBuffers};
pub use track_mismatch::TrackMismatch;
