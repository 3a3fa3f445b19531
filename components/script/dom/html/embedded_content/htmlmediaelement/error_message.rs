/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The `message` of a `MediaError`.
#![warn(unused)]

use super::HTMLMediaElement;

impl HTMLMediaElement {
    /// Sets the `message` of the next MediaError.
    pub(super) fn set_error_message(&self, message: &str) {
        message.clone_into(&mut self.additions.error_message.borrow_mut());
    }

    pub(super) fn take_error_message(&self) -> String {
        self.additions.error_message.take()
    }
}
