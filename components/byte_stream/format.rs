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
    /// MP3, and AAC in ADTS: <https://w3c.github.io/mse-byte-stream-format-mpeg-audio/>
    MpegAudio,
    /// MPEG-2 transport streams: <https://w3c.github.io/mse-byte-stream-format-mp2t/>
    MpegTs,
}

impl ByteStreamFormat {
    /// Whether the "Generate Timestamps Flag" of the registry is set. Frames of such a format have
    /// no times of their own: they start at zero and follow each other.
    pub fn generates_timestamps(self) -> bool {
        self == Self::MpegAudio
    }
}
