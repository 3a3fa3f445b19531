/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Why nothing is played, or not to the end.

use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;

/// A sentence for the user, and whose fault it is.
#[derive(Debug)]
pub enum Failure {
    /// The media cannot be played here.
    Media(String),
    /// The command line asks for something that cannot be.
    Usage(String),
}

impl Failure {
    /// A file that the command line names cannot be read.
    pub fn cannot_read(file: &Path, reason: impl Display) -> Self {
        Self::Usage(format!("{} cannot be read: {reason}", file.display()))
    }

    /// A file or folder that the command line names cannot be written.
    pub fn cannot_write(file: &Path, reason: impl Display) -> Self {
        Self::Usage(format!("{} cannot be written: {reason}", file.display()))
    }

    /// The sentence.
    pub fn message(&self) -> &str {
        match self {
            Self::Media(message) | Self::Usage(message) => message,
        }
    }
}

impl From<&Failure> for ExitCode {
    fn from(failure: &Failure) -> Self {
        match failure {
            Failure::Media(_) => Self::from(1),
            Failure::Usage(_) => Self::from(2),
        }
    }
}
