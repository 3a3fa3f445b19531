/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How a run of the browser ends.

use std::process::ExitCode;

/// What the process tells whoever started it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ExitStatus {
    /// Everything asked for was done.
    Success = 0,
    /// The page failed, or the browser cannot run here.
    Failure = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The time that the command line allows is over.
    TimedOut = 3,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status as u8)
    }
}

/// Why a browser could not be started.
#[derive(Debug)]
pub struct Refusal {
    /// How the process ends for it.
    pub status: ExitStatus,
    /// A sentence for the user.
    pub message: String,
}

impl Refusal {
    /// The command line asks for something that cannot be.
    pub fn usage(message: String) -> Self {
        Self {
            status: ExitStatus::Usage,
            message,
        }
    }

    /// Something that the browser needs is not to be had here.
    pub fn failure(message: String) -> Self {
        Self {
            status: ExitStatus::Failure,
            message,
        }
    }
}
