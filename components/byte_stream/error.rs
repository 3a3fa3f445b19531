/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What is wrong with appended bytes.

use std::error::Error;
use std::fmt;

/// The bytes break their format or a limit of ours. The parser cannot go on after it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StreamError {
    /// The box or element in which it showed, such as `moof/traf/trun` or `Cluster/SimpleBlock`.
    pub place: &'static str,
    /// Where it starts, in bytes since the last reset of the parser.
    pub offset: u64,
    /// What is wrong, as a sentence for a developer.
    pub cause: &'static str,
}

impl StreamError {
    pub(crate) fn new(place: &'static str, offset: u64, cause: &'static str) -> Self {
        Self {
            place,
            offset,
            cause,
        }
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
