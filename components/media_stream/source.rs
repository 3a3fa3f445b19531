/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The source of tracks: a device, or whatever else has media.

use crate::property::Kind;

/// Names a source of a [`Capture`](crate::Capture).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SourceId(pub(crate) u64);

/// What a host is to do with a source.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SourceCommand {
    /// No track wants its media: let go of the device until one does, so that its light goes off.
    Pause,
    /// A track wants its media again.
    Resume,
    /// No track will ever want its media again.
    Close,
}

/// The state of a source.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) kind: Kind,
    pub(crate) label: String,
    pub(crate) is_muted: bool,
    pub(crate) is_closed: bool,
    is_paused: bool,
}

impl Source {
    pub(crate) fn new(kind: Kind, label: String) -> Self {
        Self {
            kind,
            label,
            is_muted: false,
            is_closed: false,
            is_paused: false,
        }
    }

    /// Handles whether a track is live, and whether a live one is enabled. Returns what is to be done.
    /// <https://w3c.github.io/mediacapture-main/#source-stopped>
    pub(crate) fn update(&mut self, is_needed: bool, is_wanted: bool) -> Option<SourceCommand> {
        if self.is_closed {
            return None;
        }
        if !is_needed {
            self.is_closed = true;
            return Some(SourceCommand::Close);
        }
        let was_paused = std::mem::replace(&mut self.is_paused, !is_wanted);
        match (was_paused, self.is_paused) {
            (false, true) => Some(SourceCommand::Pause),
            (true, false) => Some(SourceCommand::Resume),
            _ => None,
        }
    }
}
