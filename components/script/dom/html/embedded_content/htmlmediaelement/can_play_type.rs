/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What `canPlayType()` answers.
#![warn(unused)]

use byte_stream::mime::{self, FileSupport};
use servo_media::{ServoMedia, SupportsMediaType};

use super::HTMLMediaElement;
use crate::dom::bindings::codegen::Bindings::HTMLMediaElementBinding::CanPlayTypeResult;
use crate::dom::mse::platform;

impl HTMLMediaElement {
    /// Returns whether a file of that type can be played. The backend would look at the codecs without the
    /// container, so it is not asked about the containers that Sprocket parses.
    ///
    /// <https://html.spec.whatwg.org/multipage/#dom-navigator-canplaytype>
    pub(crate) fn can_play(type_: &str) -> CanPlayTypeResult {
        match mime::file_support(type_, &platform::can_decode) {
            Some(FileSupport::No) => CanPlayTypeResult::_empty,
            Some(FileSupport::Maybe) => CanPlayTypeResult::Maybe,
            Some(FileSupport::Probably) => CanPlayTypeResult::Probably,
            None => match ServoMedia::get().can_play_type(type_) {
                SupportsMediaType::No => CanPlayTypeResult::_empty,
                SupportsMediaType::Maybe => CanPlayTypeResult::Maybe,
                SupportsMediaType::Probably => CanPlayTypeResult::Probably,
            },
        }
    }
}
