/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A coded frame as the byte stream has it.

use std::sync::Arc;

use bytes::Bytes;

use crate::encryption::FrameEncryption;
use crate::time::MediaTicks;
use crate::track::TrackId;

/// <https://w3c.github.io/media-source/#coded-frame>
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CodedFrame {
    /// The track it belongs to.
    pub track: TrackId,
    /// When it is shown, in the track's timescale. Of sound it is where all that decoding the frame
    /// gives would start, also if the first of it is not to be heard.
    pub presentation: MediaTicks,
    /// Its place in decode order, in the track's timescale.
    pub decode: MediaTicks,
    /// How long it is shown, in the track's timescale; never negative. Of sound it includes
    /// [`FrameDetails::discard_start`], but not [`FrameDetails::discard_end`].
    pub duration: MediaTicks,
    /// Whether the duration is a guess, because the byte stream does not say.
    pub duration_is_estimated: bool,
    /// <https://w3c.github.io/media-source/#random-access-point>
    pub is_random_access_point: bool,
    /// Whether no other frame depends on it, as far as the byte stream says. Nothing reads it yet: it
    /// is for a player that is late, which may leave such frames out before they are decoded.
    pub is_discardable: bool,
    /// The coded bytes, a slice of the appended chunk where they lie in one.
    pub payload: Bytes,
    /// What few frames have.
    pub details: Option<Arc<FrameDetails>>,
}

/// What is said of few frames.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FrameDetails {
    /// How much at the start of the decoded sound is not to be heard, in the track's timescale.
    /// The frame's presentation time is that of the start, and its duration includes it: what is
    /// heard begins so much later. At least the duration: nothing of the frame is heard.
    pub discard_start: MediaTicks,
    /// How much at the end of the decoded sound is not to be heard, in the track's timescale. The
    /// duration does not include it: what is heard ends where the frame does.
    pub discard_end: MediaTicks,
    /// How it is encrypted; `None` if it is in the clear.
    pub encryption: Option<FrameEncryption>,
}
