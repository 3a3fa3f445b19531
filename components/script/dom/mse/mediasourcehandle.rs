/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

use dom_struct::dom_struct;
use script_bindings::reflector::Reflector;

/// The object that a worker gives to the window which plays its MediaSource. No page has one yet, because
/// there is no MediaSource in workers.
///
/// <https://w3c.github.io/media-source/#mediasourcehandle>
#[dom_struct]
#[expect(dead_code, reason = "no worker makes one")]
pub(crate) struct MediaSourceHandle {
    reflector_: Reflector,
}
