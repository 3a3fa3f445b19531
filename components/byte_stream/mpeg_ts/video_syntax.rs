/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the syntax of a video stream asks of its readers.

/// How the NAL units of a stream are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum VideoSyntax {
    H264,
    Hevc,
}

/// The last parameter sets of each kind, with their NAL unit headers.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct ParameterSets {
    /// The video parameter sets, which only HEVC has.
    pub(super) video: Vec<Vec<u8>>,
    pub(super) sequence: Vec<Vec<u8>>,
    pub(super) picture: Vec<Vec<u8>>,
}
