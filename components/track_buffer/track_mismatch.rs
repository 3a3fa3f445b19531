/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The reasons why an initialization segment does not continue the first one of its SourceBuffer.

use std::error::Error;
use std::fmt;

use byte_stream::track::{Medium, TrackId};

/// The ways to break the rules of the initialization segment received algorithm.
///
/// <https://w3c.github.io/media-source/#sourcebuffer-init-segment-received>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TrackMismatch {
    /// There are more or fewer tracks of a kind than in the first initialization segment.
    Count {
        /// What the tracks carry.
        medium: Medium,
        /// The number of tracks in the first initialization segment.
        first: usize,
        /// The number of tracks in this initialization segment.
        now: usize,
    },
    /// Two tracks have the same number.
    Duplicate(TrackId),
    /// There are several tracks of a kind, and the first initialization segment has none of this
    /// number.
    Unknown(TrackId),
}

impl fmt::Display for TrackMismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { medium, first, now } => write!(
                formatter,
                "the initialization segment has {now} {medium} track(s), the first one had {first}"
            ),
            Self::Duplicate(TrackId(id)) => {
                write!(
                    formatter,
                    "the initialization segment has two tracks with the number {id}"
                )
            }
            Self::Unknown(TrackId(id)) => write!(
                formatter,
                "the first initialization segment had several tracks of the kind of track {id}, \
                 but none with that number"
            ),
        }
    }
}

impl Error for TrackMismatch {}
