/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The source of tracks: a device, or whatever else has media.

use crate::backend::CaptureSource;
use crate::property::Kind;
use crate::space::Space;

/// Names a source of a [`Capture`](crate::Capture).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SourceId(pub(crate) u64);

/// The state of a source, which has ended when it has no device any more.
/// <https://w3c.github.io/mediacapture-main/#source-stopped>
pub(crate) struct Source {
    pub(crate) kind: Kind,
    pub(crate) label: String,
    pub(crate) is_muted: bool,
    /// The settings that its tracks can have.
    pub(crate) spaces: Vec<Space>,
    /// Whether it is a camera or a microphone, whose use the user is shown.
    pub(crate) is_device: bool,
    /// How many tracks it has, and how many of them have not ended.
    pub(crate) track_count: usize,
    pub(crate) live_count: usize,
    /// The open device, or what stands in its place.
    pub(crate) device: Option<Box<dyn CaptureSource>>,
}
