/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The error of a byte stream.

use std::error::Error;
use std::fmt;

/// The bytes break their format or one of the [limits](crate::limits). The parser cannot continue
/// after this error.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct StreamError {
    /// What is at fault.
    pub kind: StreamErrorKind,
    /// The box or element in which the error was found, such as `moof/traf/trun` or
    /// `Cluster/SimpleBlock`.
    pub place: &'static str,
    /// Where that box or element starts, in bytes since the last reset of the parser.
    pub offset: u64,
    /// What is wrong, as a sentence for a developer.
    pub cause: &'static str,
}

/// What is at fault where appended bytes cannot be parsed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum StreamErrorKind {
    /// The bytes break their format.
    Malformed,
    /// The bytes ask for more than [`limits`](crate::limits) allows.
    LimitReached,
    /// The bytes may be right, but use what is not supported, such as an unknown codec.
    Unsupported,
}

impl StreamError {
    /// Returns the error for bytes that break their format.
    pub(crate) fn new(place: &'static str, offset: u64, cause: &'static str) -> Self {
        Self {
            kind: StreamErrorKind::Malformed,
            place,
            offset,
            cause,
        }
    }

    /// Says that a limit of ours is at fault.
    pub(crate) fn over_limit(mut self) -> Self {
        self.kind = StreamErrorKind::LimitReached;
        self
    }

    /// Says that something is at fault that is not supported.
    pub(crate) fn unsupported(mut self) -> Self {
        self.kind = StreamErrorKind::Unsupported;
        self
    }
}

impl fmt::Display for StreamError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} at byte {}: {}",
            self.place, self.offset, self.cause
        )
    }
}

impl Error for StreamError {}
