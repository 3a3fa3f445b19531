/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What was found in elementary streams and is not handed out yet.

use std::collections::VecDeque;

use crate::frame::CodedFrame;
use crate::memory::{ALLOCATION_BYTES, allocated};
use crate::track::{CodecConfiguration, TrackId};

/// What was found in elementary streams.
pub(super) enum Event {
    /// The frames of the track after it are coded so.
    Configuration(TrackId, CodecConfiguration),
    Frame(CodedFrame),
}

/// What was found and is not out yet, in order.
#[derive(Default)]
pub(super) struct Events {
    queue: VecDeque<Event>,
    /// Bytes of the frames among them.
    payload_bytes: usize,
}

impl Events {
    pub(super) fn push(&mut self, event: Event) {
        const FEW: usize = 64;
        if self.queue.len() == self.queue.capacity() {
            // Little at once, as the quota is looked at only after a turn.
            self.queue.reserve_exact(FEW.max(self.queue.len() / 16));
        }
        self.payload_bytes += event.payload_bytes();
        self.queue.push_back(event);
    }

    /// The first one, if it is of that kind.
    pub(super) fn pop_if(&mut self, is_wanted: impl Fn(&Event) -> bool) -> Option<Event> {
        let event = self.queue.pop_front_if(|event| is_wanted(event))?;
        self.payload_bytes -= event.payload_bytes();
        Some(event)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Takes the first configuration of that track out of the order.
    pub(super) fn take_configuration(&mut self, track: TrackId) -> Option<CodecConfiguration> {
        let is_of_track =
            |event: &Event| matches!(event, Event::Configuration(of, _) if *of == track);
        let index = self.queue.iter().position(is_of_track)?;
        match self.queue.remove(index)? {
            Event::Configuration(_, configuration) => Some(configuration),
            Event::Frame(_) => None,
        }
    }

    /// The memory that they take, with an allocation for each payload.
    pub(super) fn held_bytes(&self) -> usize {
        let queue = allocated(self.queue.capacity() * size_of::<Event>());
        queue + self.queue.len() * ALLOCATION_BYTES + self.payload_bytes
    }
}

impl Event {
    fn payload_bytes(&self) -> usize {
        match self {
            Self::Configuration(..) => 0,
            Self::Frame(frame) => frame.payload.len(),
        }
    }
}
