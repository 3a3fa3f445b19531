/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What a document's captures tell their host to do.

use std::collections::BTreeSet;

use crate::capture::TrackId;
use crate::device::DeviceInfo;
use crate::property::{Kind, Property};

/// Names a call of a script that waits for its answer.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RequestId(pub(crate) u64);

/// What the host is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Fire an event at a track.
    FireAtTrack(TrackId, TrackEvent),
    /// Fire `devicechange` at the document's MediaDevices.
    FireDeviceChange {
        /// All devices.
        devices: Vec<DeviceInfo>,
        /// Those of them that were plugged in since the document was told of devices last.
        inserted: Vec<DeviceInfo>,
    },
    /// Ask the user whether the document may use devices of these kinds, and answer each with
    /// [`Capture::handle_permission`](crate::Capture::handle_permission).
    AskPermission(RequestId, BTreeSet<Kind>),
    /// Resolve the promise of `enumerateDevices()`.
    ResolveDevices(RequestId, Vec<DeviceInfo>),
    /// Resolve the promise of `getUserMedia()` with a stream of these tracks.
    ResolveStream(RequestId, Vec<TrackId>),
    /// Reject a promise.
    Reject(RequestId, CaptureError),
    /// The document begins or ceases to capture: these are the kinds of devices from which a track gets media
    /// at the moment. The user is to be shown that.
    /// <https://w3c.github.io/mediacapture-main/#privacy-indicator-requirements>
    ShowLive(BTreeSet<Kind>),
}

/// An event of a track.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TrackEvent {
    /// `ended`
    Ended,
    /// `mute`
    Mute,
    /// `unmute`
    Unmute,
}

/// The reason why a promise is rejected.
/// <https://w3c.github.io/mediacapture-main/#dom-mediadevices-getusermedia>
#[derive(Clone, Debug, PartialEq)]
pub enum CaptureError {
    /// A `TypeError`: the script asks for nothing.
    NothingRequested,
    /// An `InvalidStateError`: the document is not fully active.
    NotFullyActive,
    /// A `NotAllowedError`: the user, the system or a policy denies it.
    NotAllowed(String),
    /// A `NotFoundError`: there is no such device.
    NotFound(String),
    /// A `NotReadableError`: the device is there, but cannot be opened.
    NotReadable(String),
    /// An `AbortError`: something else is wrong with the device.
    Abort(String),
    /// An `OverconstrainedError`.
    Overconstrained(Overconstrained),
}

/// What an `OverconstrainedError` says.
/// <https://w3c.github.io/mediacapture-main/#overconstrainederror-interface>
#[derive(Clone, Debug, PartialEq)]
pub struct Overconstrained {
    /// The constraint that nothing can meet; `None` if it takes several, or if the page must not know.
    pub constraint: Option<Property>,
    /// What is wrong, for a developer.
    pub message: String,
}

impl Overconstrained {
    pub(crate) fn new(constraint: Option<Property>) -> Self {
        let message = match constraint {
            Some(property) => format!(
                "no device or setting meets the constraint {}",
                property.name()
            ),
            None => "no device or setting meets all constraints together".to_owned(),
        };
        Self {
            constraint,
            message,
        }
    }
}
