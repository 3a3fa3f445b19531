/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How a player reads the coded frames of a track.

use std::sync::Arc;

use byte_stream::track::{CodecConfiguration, TrackId};
use parking_lot::Mutex;
use track_buffer::cursor::Cursor;
use track_buffer::read::Read;
use track_buffer::time::PresentationTime;
use track_buffer::track_buffers::TrackBuffers;

use crate::effect::SourceBufferId;
use crate::element::ElementView;
use crate::media_source::ReadyState;

/// A cursor in one track of a MediaSource. It may be read on any thread. Each call holds the lock of the
/// SourceBuffer only for the look-up of one frame.
pub struct TrackReader {
    track_buffers: Arc<Mutex<TrackBuffers>>,
    view: ElementView,
    source_buffer: SourceBufferId,
    track: TrackId,
    configuration: Arc<CodecConfiguration>,
    cursor: Cursor,
}

impl TrackReader {
    pub(crate) fn new(
        track_buffers: &Arc<Mutex<TrackBuffers>>,
        view: &ElementView,
        (source_buffer, track): (SourceBufferId, TrackId),
        configuration: &Arc<CodecConfiguration>,
    ) -> Self {
        Self {
            track_buffers: track_buffers.clone(),
            view: view.clone(),
            source_buffer,
            track,
            configuration: configuration.clone(),
            cursor: Cursor::new(track, PresentationTime::ZERO),
        }
    }

    /// Returns the track that it reads. The ids stay the same as long as the track is to be played.
    pub fn track(&self) -> (SourceBufferId, TrackId) {
        (self.source_buffer, self.track)
    }

    /// Returns the configuration that the track had when the reader was made.
    pub fn configuration(&self) -> Arc<CodecConfiguration> {
        self.configuration.clone()
    }

    /// Makes the next read give the random access point at or before `target`.
    /// <https://w3c.github.io/media-source/#mediasource-seeking>
    pub fn seek(&mut self, target: PresentationTime) {
        self.cursor = Cursor::new(self.track, target);
    }

    /// Returns the next frame in decode order, or the reason why there is none.
    pub fn read(&mut self) -> Read {
        self.track_buffers.lock().read(&mut self.cursor)
    }

    /// Whether the MediaSource is "ended". [`Read::End`] is the end of the stream in that case.
    pub fn is_ended(&self) -> bool {
        self.view.source_ready_state() == ReadyState::Ended
    }
}
