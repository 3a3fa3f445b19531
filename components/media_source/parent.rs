/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The part of a MediaSource that the algorithms of its SourceBuffers use.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use byte_stream::format::ByteStreamFormat;
use byte_stream::mime::{self, MimeType};

use crate::effect::{Effect, ElementEffect, ElementError, Event, EventTarget};
use crate::element::ElementView;
use crate::exception::Exception;
use crate::media_source::ReadyState;
use crate::memory::MemoryAccount;
use crate::platform::Page;
use crate::quota::Quota;
use crate::tracks::MediaTrackId;

/// A MediaSource without its SourceBuffers.
///
/// <https://w3c.github.io/media-source/#dfn-parent-media-source>
pub(crate) struct Parent {
    pub(crate) page: Page,
    pub(crate) quota: Quota,
    /// The account of what the MediaSource holds.
    pub(crate) memory: MemoryAccount,
    /// The state that the media element sees as well.
    pub(crate) view: ElementView,
    next_track: u32,
    pub(crate) effects: VecDeque<Effect>,
}

impl Parent {
    pub(crate) fn new(page: &Page, closing: Arc<AtomicBool>) -> Self {
        Self {
            quota: page.quota,
            memory: page.memory.part(),
            view: ElementView::new(closing),
            next_track: 0,
            effects: VecDeque::new(),
            page: page.clone(),
        }
    }

    pub(crate) fn ready_state(&self) -> ReadyState {
        self.view.source_ready_state()
    }

    /// <https://w3c.github.io/media-source/#dom-mediasource-duration>
    pub(crate) fn duration(&self) -> f64 {
        // Step 1. If the readyState attribute is "closed" then return NaN. (It is NaN then.)
        self.view.duration()
    }

    pub(crate) fn check_is_open(&self) -> Result<(), Exception> {
        if self.ready_state() == ReadyState::Open {
            return Ok(());
        }
        Err(Exception::InvalidState(
            "the MediaSource is not open: wait for sourceopen",
        ))
    }

    /// Returns the byte stream format for the type that `addSourceBuffer()` or `changeType()` was given.
    pub(crate) fn accepted_format(&self, mime_type: &str) -> Result<ByteStreamFormat, Exception> {
        let can_decode = |codec| self.page.backend.can_decode(codec);
        MimeType::parse(mime_type)
            .filter(|_| mime::is_type_accepted(mime_type, &can_decode))
            .and_then(|parsed| parsed.format())
            .ok_or_else(|| Exception::NotSupported(format!("cannot play \"{mime_type}\"")))
    }

    /// Opens an "ended" MediaSource again, which is a step of most commands on a SourceBuffer.
    pub(crate) fn reopen(&mut self) {
        if self.ready_state() == ReadyState::Ended {
            self.set_ready_state(ReadyState::Open);
            self.fire(EventTarget::MediaSource, Event::SourceOpen);
            // The ranges do not reach to the end any more.
            self.push(Effect::Element(ElementEffect::BufferedChanged));
        }
    }

    /// Runs the duration change algorithm when it cannot fail. Nothing that scripts know to be buffered ends
    /// after the new duration, so steps 2 to 4 do nothing.
    /// <https://w3c.github.io/media-source/#duration-change-algorithm>
    pub(crate) fn update_duration(&mut self, new_duration: f64) {
        // Step 1. If the current value of duration is equal to new duration, then return.
        if self.duration() == new_duration {
            return;
        }
        // Step 5. Update duration to new duration.
        self.view.source().duration = new_duration;
        // Step 6. Update the media element's duration and run the HTMLMediaElement duration change
        // algorithm.
        self.push(Effect::Element(ElementEffect::DurationChanged(
            new_duration,
        )));
    }

    /// Runs the first steps of the end of stream algorithm.
    /// <https://w3c.github.io/media-source/#end-of-stream-algorithm>
    pub(crate) fn end_stream(&mut self) {
        // Step 1. Change the readyState attribute value to "ended".
        self.set_ready_state(ReadyState::Ended);
        // Step 2. Queue a task to fire an event named sourceended at the MediaSource.
        self.fire(EventTarget::MediaSource, Event::SourceEnded);
    }

    /// Runs the end of stream algorithm with the error parameter set to "network" or "decode".
    /// <https://w3c.github.io/media-source/#end-of-stream-algorithm>
    pub(crate) fn end_stream_with_error(&mut self, error: ElementError) {
        // Steps 1-2. Change the readyState attribute value to "ended", and queue a task to fire
        // sourceended.
        self.end_stream();
        // Step 3. If error is set to "network" or "decode": fail the media element.
        self.push(Effect::Element(ElementEffect::Failed(error)));
    }

    /// Tells the player that the tracks have changed, as soon as every SourceBuffer knows its tracks.
    pub(crate) fn update_playable_tracks(&mut self) {
        let mut source = self.view.source();
        let mut buffers = source.source_buffers.iter();
        let know_tracks = buffers.all(|buffer| buffer.lock().has_first_initialization_segment);
        source.has_metadata |= know_tracks && !source.source_buffers.is_empty();
        let has_metadata = source.has_metadata;
        drop(source);
        if has_metadata {
            self.push(Effect::Element(ElementEffect::PlayableTracksChanged));
        }
    }

    pub(crate) fn new_track_id(&mut self) -> MediaTrackId {
        self.next_track += 1;
        MediaTrackId(self.next_track)
    }

    pub(crate) fn set_ready_state(&mut self, ready_state: ReadyState) {
        self.view.source().ready_state = ready_state;
    }

    pub(crate) fn fire(&mut self, target: EventTarget, event: Event) {
        self.push(Effect::Fire { target, event });
    }

    pub(crate) fn push(&mut self, effect: Effect) {
        self.effects.push_back(effect);
    }
}
