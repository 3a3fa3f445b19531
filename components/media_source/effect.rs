/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the host does after a call.

use std::fmt;

use track_buffer::removed::RemovedFrames;

use crate::element::PlayerError;
use crate::job::Job;
use crate::memory::Held;
use crate::source_buffer::SourceBufferState;
use crate::source_buffer::attributes::Attributes;
use crate::tracks::MediaTrack;

/// Identifies a SourceBuffer within its [`MediaSource`](crate::MediaSource). No id is used twice.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SourceBufferId(pub(crate) u32);

/// A thing that the host does. The host does them in the order in which it gets them.
#[derive(Debug)]
#[non_exhaustive]
pub enum Effect {
    /// Queue a task to fire an event.
    Fire {
        /// The object to fire it at.
        target: EventTarget,
        /// Which event.
        event: Event,
    },
    /// Run this append or range removal on any thread, this one included. Then hand its outcome to
    /// [`handle_job_outcome`](crate::MediaSource::handle_job_outcome) in a task of its own.
    RunJob(Job),
    /// Tell the attached media element.
    Element(ElementEffect),
    /// Drop this, preferably on another thread than the script's.
    Discard(Discarded),
}

/// What remains of a removed SourceBuffer, or many frames that a SourceBuffer evicted. Dropping the frames
/// of some hours takes so long that a script would notice it.
pub struct Discarded {
    id: SourceBufferId,
    attributes: Attributes,
    _contents: DiscardedContents,
}

/// These exist only to be dropped.
enum DiscardedContents {
    SourceBuffer {
        _dropped: SourceBufferState,
    },
    /// The payloads count themselves in the account. What is allocated beside them is counted here.
    Frames {
        _dropped: RemovedFrames,
        _structures: Held,
    },
}

impl Discarded {
    pub(crate) fn new(source_buffer: SourceBufferState) -> Self {
        // An append that still runs stops now, and not only when this is dropped.
        source_buffer.cancel_append();
        Self {
            id: source_buffer.id,
            attributes: source_buffer.attributes,
            _contents: DiscardedContents::SourceBuffer {
                _dropped: source_buffer,
            },
        }
    }

    /// Returns frames of a SourceBuffer that stays. They count in its account until they are dropped.
    pub(crate) fn frames(source_buffer: &SourceBufferState, frames: RemovedFrames) -> Self {
        Self {
            id: source_buffer.id,
            attributes: source_buffer.attributes,
            _contents: DiscardedContents::Frames {
                _structures: Held::new(&source_buffer.memory, frames.overhead_bytes()),
                _dropped: frames,
            },
        }
    }

    /// Returns the SourceBuffer to which it belonged.
    pub fn id(&self) -> SourceBufferId {
        self.id
    }

    /// Returns the attributes of the SourceBuffer at that time. Scripts may still read those of a removed
    /// SourceBuffer.
    pub fn attributes(&self) -> Attributes {
        self.attributes
    }
}

impl fmt::Debug for Discarded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Discarded")
    }
}

/// A thing that the media element does. [`MediaElement::handle_effect`](crate::MediaElement::handle_effect)
/// takes it.
#[derive(Debug)]
#[non_exhaustive]
pub enum ElementEffect {
    /// Update the element's duration, in seconds (infinity: unbounded), and run HTML's duration
    /// change steps.
    DurationChanged(f64),
    /// Make a track object and add it to its SourceBuffer's list, then to the element's list, which
    /// fire `addtrack`.
    TrackAdded(MediaTrack),
    /// Set the track object's `sourceBuffer` to null and remove it from its SourceBuffer's list, then
    /// from the element's list, which fire `removetrack`, and `change` if it was enabled.
    TrackRemoved(MediaTrack),
    /// The set of tracks to play changed: give the player the new
    /// [`track_readers`](crate::ElementView::track_readers).
    PlayableTracksChanged,
    /// Frames may have been added or removed, or the source ended or opened again. The player looks
    /// again, and the element monitors its readyState.
    BufferedChanged,
    /// The element fails.
    Failed(ElementError),
}

/// Objects at which events are fired.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EventTarget {
    /// The `activeSourceBuffers` list.
    ActiveSourceBuffers,
    /// The MediaSource object.
    MediaSource,
    /// A SourceBuffer.
    SourceBuffer(SourceBufferId),
    /// The `sourceBuffers` list.
    SourceBuffers,
}

/// The events of the specification.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Event {
    /// `abort` at a SourceBuffer.
    Abort,
    /// `addsourcebuffer` at a SourceBufferList.
    AddSourceBuffer,
    /// `error` at a SourceBuffer.
    Error,
    /// `removesourcebuffer` at a SourceBufferList.
    RemoveSourceBuffer,
    /// `sourceclose` at the MediaSource.
    SourceClose,
    /// `sourceended` at the MediaSource.
    SourceEnded,
    /// `sourceopen` at the MediaSource.
    SourceOpen,
    /// `update` at a SourceBuffer.
    Update,
    /// `updateend` at a SourceBuffer.
    UpdateEnd,
    /// `updatestart` at a SourceBuffer.
    UpdateStart,
}

impl Event {
    /// Returns the event's type, as scripts spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Abort => "abort",
            Self::AddSourceBuffer => "addsourcebuffer",
            Self::Error => "error",
            Self::RemoveSourceBuffer => "removesourcebuffer",
            Self::SourceClose => "sourceclose",
            Self::SourceEnded => "sourceended",
            Self::SourceOpen => "sourceopen",
            Self::Update => "update",
            Self::UpdateEnd => "updateend",
            Self::UpdateStart => "updatestart",
        }
    }
}

/// Why the media element fails.
/// <https://w3c.github.io/media-source/#end-of-stream-algorithm>
#[derive(Clone, Debug, PartialEq)]
pub enum ElementError {
    /// The page said that the network failed.
    Network,
    /// The media cannot be decoded.
    Decode {
        /// Who is at fault.
        blame: Blame,
        /// What is wrong, as a sentence for a developer: the `message` of the `MediaError`.
        message: String,
    },
}

/// Who is at fault where media cannot be decoded.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Blame {
    /// The page said itself that the media are broken.
    Page,
    /// The bytes break their format, or the rules for the segments of a SourceBuffer.
    Malformed,
    /// The bytes ask for more than is allowed.
    LimitReached,
    /// The platform does not decode the codec with this codec string. A user may install a decoder.
    UnsupportedCodec(String),
    /// The media may be right, but use something else that is not supported.
    Unsupported,
    /// The media are encrypted.
    Encrypted,
    /// The player has failed.
    Player(PlayerError),
    /// This crate is at fault.
    Bug,
}
