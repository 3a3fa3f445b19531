/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The media element's half of Media Source Extensions: what an `HTMLMediaElement` does with a
//! MediaSource that it is attached to.
//!
//! ```text
//!                  effects                     commands
//! MediaSource ----------------> MediaElement ----------------> a Player of the backend
//!      ^                          |   ^                           |
//!      |       ElementView        |   |       PlayerEvents        |
//!      +--------------------------+   +---------------------------+
//! ```
//!
//! A [`MediaElement`] decides what the readyState is, when a seek and when playback has ended, and what
//! an event of the player means. Its host, an engine's `HTMLMediaElement`, converts its
//! [`ElementUpdate`]s to attributes and events. Both sides share one [`ElementView`], which they may
//! use on different threads.

mod media_element;
mod player;
mod player_error;
mod ready_state;
mod video_frame;
mod view;

pub use media_element::{ElementUpdate, MediaElement};
pub use player::{PLAYBACK_RATES, Player, PlayerEvent, PlayerListener, SeekId, is_playback_rate};
pub use player_error::PlayerError;
pub use ready_state::ElementReadyState;
pub use video_frame::{DecodedPixels, Picture, VideoFrame, VideoRenderer};
pub use view::ElementView;
pub(crate) use view::SourceBufferView;
