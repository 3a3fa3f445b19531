/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What a MediaSource must know of its media element.

use track_buffer::time::PresentationTime;

/// The media element as a command finds it. Beside the element a host reads it off the element; in
/// a worker it is what the element's thread told last, and the default until it told something.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ElementState {
    /// Whether its `error` attribute is not null.
    pub has_error: bool,
    /// Its current playback position; where it is to go, while it seeks.
    pub position: PresentationTime,
}
