/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The byte stream formats.

/// <https://www.w3.org/TR/mse-byte-stream-format-registry/>
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ByteStreamFormat {
    /// Fragmented MP4: <https://w3c.github.io/mse-byte-stream-format-isobmff/>
    IsoBmff,
    /// WebM: <https://w3c.github.io/mse-byte-stream-format-webm/>
    WebM,
}
