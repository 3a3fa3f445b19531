/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A coded frame, as it stands in the byte stream.

use std::sync::Arc;

use bytes::Bytes;

use crate::encryption::FrameEncryption;
use crate::time::MediaTicks;
use crate::track::TrackId;

/// <https://w3c.github.io/media-source/#coded-frame>
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CodedFrame {
    /// The track that the frame belongs to.
    pub track: TrackId,
    /// The presentation timestamp, in the track's timescale. For audio it is where all samples that
    /// the frame decodes to would start, even if the first of them are discarded.
    pub presentation: MediaTicks,
    /// The decode timestamp, in the track's timescale.
    pub decode: MediaTicks,
    /// How long the frame is presented, in the track's timescale. It is never negative. For audio
    /// it includes [`FrameDetails::discard_start`], but not [`FrameDetails::discard_end`].
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
    /// Details that few frames have.
    pub details: Option<Arc<FrameDetails>>,
}

/// The details that only few frames have.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FrameDetails {
    /// How much is discarded at the start of the decoded audio, in the track's timescale. The
    /// frame's presentation time and its duration include it, so the audible part begins this much
    /// later. If it is as long as the duration or longer, nothing of the frame is audible.
    pub discard_start: MediaTicks,
    /// How much is discarded at the end of the decoded audio, in the track's timescale. The
    /// duration does not include it, so the audible part ends where the frame does.
    pub discard_end: MediaTicks,
    /// How the frame is encrypted. It is `None` if the frame is in the clear.
    pub encryption: Option<FrameEncryption>,
}
