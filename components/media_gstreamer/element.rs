/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The GStreamer elements that pipelines are built of, and their errors.

use gstreamer::message::Error;
use gstreamer::{Element, ElementFactory};
use media_source::PlayerError;

/// Returns a new element of the factory called `name`.
pub(crate) fn element(name: &'static str) -> Result<Element, PlayerError> {
    ElementFactory::make(name)
        .build()
        .map_err(|_| missing_element(name))
}

/// Returns the error for an element that is not installed.
pub(crate) fn missing_element(name: &str) -> PlayerError {
    PlayerError::Initialization(format!(
        "the GStreamer element {name} is missing: install the base, good and libav plugin sets"
    ))
}

/// Returns what an element says of its error.
pub(crate) fn words(message: &Error) -> String {
    let details = message.debug().map(|debug| format!(" ({debug})"));
    format!("{}{}", message.error(), details.unwrap_or_default())
}
