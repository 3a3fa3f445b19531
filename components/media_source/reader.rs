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
    /// Where the cursor stood before it read the last random access point.
    before_group: Option<Cursor>,
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
            before_group: None,
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
        self.before_group = None;
    }

    /// Returns the next frame in decode order, or the reason why there is none.
    pub fn read(&mut self) -> Read {
        let before = self.cursor.clone();
        let read = self.track_buffers.lock().read(&mut self.cursor);
        if matches!(&read, Read::Frame(frame) if frame.is_random_access_point) {
            self.before_group = Some(before);
        }
        read
    }

    /// Returns the start of the random access point that a seek to `target` would begin with, if it is one of
    /// the last two that were read, and the frames from there to the target were read or come next: none of
    /// them was replaced since.
    pub fn start_of_way(&self, target: PresentationTime) -> Option<PresentationTime> {
        let track_buffers = self.track_buffers.lock();
        let mut cursors = [Some(&self.cursor), self.before_group.as_ref()].into_iter();
        cursors.find_map(|cursor| track_buffers.start_of_way(cursor?, target))
    }

    /// Whether the MediaSource is "ended". [`Read::End`] is the end of the stream in that case.
    pub fn is_ended(&self) -> bool {
        self.view.source_ready_state() == ReadyState::Ended
    }
}
