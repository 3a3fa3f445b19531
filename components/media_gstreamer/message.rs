/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The messages to the control thread.

use byte_stream::configuration_check::Cause;
use byte_stream::track::Medium;
use media_source::{SeekId, TrackReader};
use track_buffer::time::PresentationTime;

/// The number of a pipeline among those that a player has had one after the other. It tells the
/// messages of a pipeline from those of the one before it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Generation(pub(crate) u64);

/// A message to the control thread.
pub(crate) enum Message {
    Command(Command),
    Bus(Generation, gstreamer::Message),
    /// A decoder outputs frames that no element can take.
    OutputRefused(Generation, Medium, Cause),
    SourceHasRunEmpty(Medium),
}

/// A command of the handle.
pub(crate) enum Command {
    DataChanged,
    /// Another player wants a pipeline.
    GiveBackPipeline,
    Seek(SeekId, PresentationTime),
    SetMuted(bool),
    SetPaused(bool),
    SetPreservesPitch(bool),
    SetRate(f64),
    SetTracks(Vec<TrackReader>),
    SetVolume(f64),
    ShutDown,
}
