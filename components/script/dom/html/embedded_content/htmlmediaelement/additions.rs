/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What a media element keeps besides Servo's own fields.
#![warn(unused)]

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Instant;

use media_source::VideoFrameCounter;
use webrender_api::ImageKey;

use super::frame_callbacks::FrameCallbacks;
use super::mse::MediaSourceState;
use super::player_tasks::PlayerTasks;
use super::stream::StreamState;
use crate::dom::bindings::root::MutNullableDom;
use crate::dom::element::Element;

/// The state of the modules beside this one.
#[derive(Default, JSTraceable, MallocSizeOf)]
#[cfg_attr(crown, crown::unrooted_must_root_lint::must_root)]
pub(super) struct ElementAdditions {
    /// Media Source Extensions.
    pub(super) mse: MediaSourceState,
    /// A stream.
    pub(super) stream: StreamState,
    /// Where the events of the element's player are handled.
    #[no_trace]
    #[ignore_malloc_size_of = "Shared with the element's player"]
    pub(super) player_tasks: RefCell<Option<PlayerTasks>>,
    /// The position at which `timeupdate` was fired last during playback.
    pub(super) timeupdate_position: Cell<f64>,
    /// Whether the steps of reaching the end of a file have run since the last seek.
    pub(super) has_reached_the_end: Cell<bool>,
    /// Whether `preservesPitch` is false.
    pub(super) lets_pitch_change: Cell<bool>,
    /// Whether the element has controls.
    pub(super) has_controls: Cell<bool>,
    /// The element that shows the cues of the text tracks.
    pub(super) cues: MutNullableDom<Element>,
    /// The callbacks of `requestVideoFrameCallback()`.
    pub(super) frame_callbacks: FrameCallbacks,
    /// Whether a `progress` event waits until it is due.
    pub(super) is_progress_pending: Cell<bool>,
    /// How many `progress` events were fired without a frame to show or to play.
    pub(super) fruitless_progress_count: Cell<u32>,
    /// The position that the player of a file told last, and when it told it or began to play.
    #[ignore_malloc_size_of = "Defined in std::time"]
    pub(super) position_told: Cell<Option<(f64, Instant)>>,
    /// Whether a timer runs for the next position in between.
    pub(super) is_estimating: Cell<bool>,
    /// The `message` of the next MediaError.
    pub(super) error_message: RefCell<String>,
    /// The frames of this media resource, if it is no MediaSource.
    #[no_trace]
    #[ignore_malloc_size_of = "Three numbers"]
    pub(super) frames: RefCell<VideoFrameCounter>,
    /// The image that the page was laid out with last.
    #[no_trace]
    #[ignore_malloc_size_of = "Two numbers"]
    pub(super) image_in_layout: Cell<Option<ImageKey>>,
    /// Lives as long as the media resource is the element's.
    #[no_trace]
    #[ignore_malloc_size_of = "Nothing is in it"]
    pub(super) media_resource: RefCell<Arc<()>>,
    /// Whether some of the media resource's data are CORS-cross-origin.
    pub(super) is_tainted: Cell<bool>,
}
