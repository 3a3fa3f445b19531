/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What a demuxer tells the parser that runs it.

use crate::track::{CodecConfiguration, InitializationSegment, TrackId};

/// What a demuxer did with the input.
pub(crate) enum Step {
    /// Nothing: the next thing is not complete.
    NeedMore,
    /// It used bytes, and perhaps added frames.
    Advanced,
    /// Nothing: an initialization segment begins, and the frames before it must be out first.
    HandOut,
    /// An initialization segment is complete.
    InitializationSegment(InitializationSegment),
    /// The frames of a track after it are coded in another way.
    ConfigurationChanged(TrackId, CodecConfiguration),
}
