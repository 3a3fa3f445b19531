/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Why a recorder refuses what a script asks for, or ends a recording.

use std::fmt;

/// An exception of a recorder, with a message for a developer. A script gets it from a method, or in an `error`
/// event.
/// <https://w3c.github.io/mediacapture-record/#exception-summary>
#[derive(Clone, Debug, PartialEq)]
pub enum RecorderError {
    /// `InvalidModificationError`: the tracks of the stream have changed.
    InvalidModification(String),
    /// `InvalidStateError`: it is not the time for that.
    InvalidState(String),
    /// `NotSupportedError`: the type or the tracks cannot be recorded.
    NotSupported(String),
    /// `SecurityError`: the document must not see the media.
    Security(String),
    /// `UnknownError`: something else is wrong, such as an encoder that has failed.
    Unknown(String),
}

impl RecorderError {
    /// Returns the name of the `DOMException`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::InvalidModification(_) => "InvalidModificationError",
            Self::InvalidState(_) => "InvalidStateError",
            Self::NotSupported(_) => "NotSupportedError",
            Self::Security(_) => "SecurityError",
            Self::Unknown(_) => "UnknownError",
        }
    }
}

impl fmt::Display for RecorderError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::InvalidModification(message)
        | Self::InvalidState(message)
        | Self::NotSupported(message)
        | Self::Security(message)
        | Self::Unknown(message)) = self;
        formatter.write_str(message)
    }
}
