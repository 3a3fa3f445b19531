/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The exceptions that the specification's methods throw.

use std::error::Error;
use std::fmt;

/// An exception that the host throws at the script that called. Its text says what to do.
///
/// A call that returns one has changed nothing, with two exceptions: an "ended" MediaSource may be "open"
/// again, because the specification makes some checks after that step, and frames may have been evicted
/// in vain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Exception {
    /// `InvalidStateError`
    InvalidState(&'static str),
    /// `NotFoundError`
    NotFound(&'static str),
    /// `NotSupportedError`
    NotSupported(String),
    /// `QuotaExceededError`
    QuotaExceeded(&'static str),
    /// `TypeError`
    Type(&'static str),
}

impl fmt::Display for Exception {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, text) = match self {
            Self::InvalidState(text) => ("InvalidStateError", *text),
            Self::NotFound(text) => ("NotFoundError", *text),
            Self::NotSupported(text) => ("NotSupportedError", text.as_str()),
            Self::QuotaExceeded(text) => ("QuotaExceededError", *text),
            Self::Type(text) => ("TypeError", *text),
        };
        write!(formatter, "{name}: {text}")
    }
}

impl Error for Exception {}
