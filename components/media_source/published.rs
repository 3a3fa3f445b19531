/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What scripts see of the coded frames of a SourceBuffer. It changes in the tasks that fire events at
//! scripts and not while an append runs. Reading it waits for nothing.

use std::cell::OnceCell;
use std::sync::Arc;

use byte_stream::track::{CodecConfiguration, TrackId};
use track_buffer::common_ranges::CommonRanges;
use track_buffer::time::{PresentationTime, TimeDelta};
use track_buffer::track_buffers::TrackBuffers;

/// A snapshot of what follows from the stored coded frames.
#[derive(Debug, Default)]
pub(crate) struct Published {
    /// The `buffered` attribute while the MediaSource is not "ended".
    buffered: CommonRanges,
    buffered_if_ended: OnceCell<CommonRanges>,
    /// The largest track buffer ranges end time.
    pub(crate) highest_end: Option<PresentationTime>,
    pub(crate) highest_presentation_timestamp: Option<PresentationTime>,
    /// The `timestampOffset` attribute, which coded frame processing changes in sequence mode.
    pub(crate) timestamp_offset: TimeDelta,
    /// The track buffers and the configuration of each.
    pub(crate) tracks: Vec<(TrackId, Arc<CodecConfiguration>)>,
}

impl Published {
    pub(crate) fn of(track_buffers: &TrackBuffers) -> Self {
        Self {
            buffered: track_buffers.common_ranges().clone(),
            buffered_if_ended: OnceCell::new(),
            highest_end: track_buffers.highest_end(),
            highest_presentation_timestamp: track_buffers.highest_presentation_timestamp(),
            timestamp_offset: track_buffers.timestamp_offset(),
            tracks: track_buffers
                .tracks()
                .map(|track| (track.id(), track.configuration().clone()))
                .collect(),
        }
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-buffered>
    pub(crate) fn buffered(&self, is_ended: bool) -> &CommonRanges {
        match self.highest_end {
            // If readyState is "ended", then set the end time on the last range in track ranges to
            // highest end time.
            Some(highest_end) if is_ended => self
                .buffered_if_ended
                .get_or_init(|| self.buffered.extended_to(highest_end)),
            _ => &self.buffered,
        }
    }
}
