/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The attributes of a SourceBuffer. Times are in seconds, as the script set them.

use track_buffer::ranges::TimeRanges;
use track_buffer::time::{PresentationTime, TimeDelta};
pub use track_buffer::track_buffers::AppendMode;

use super::{SourceBuffer, SourceBufferState};
use crate::effect::SourceBufferId;
use crate::exception::Exception;
use crate::media_source::{MediaSource, ReadyState};

/// The attributes that a script reads back as it has set them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attributes {
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-mode>
    pub mode: AppendMode,
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-timestampoffset>
    pub timestamp_offset: f64,
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-appendwindowstart>
    pub append_window_start: f64,
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-appendwindowend>
    pub append_window_end: f64,
}

impl Default for Attributes {
    fn default() -> Self {
        Self {
            mode: AppendMode::Segments,
            timestamp_offset: 0.0,
            append_window_start: 0.0,
            append_window_end: f64::INFINITY,
        }
    }
}

impl SourceBufferState {
    /// Runs the last steps of setting the attribute.
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-mode>
    pub(crate) fn set_mode(&mut self, mode: AppendMode) {
        // Step 7. If the new mode equals "sequence", then set the group start timestamp to the
        // group end timestamp.
        // Step 8. Update the attribute to new mode.
        self.contents.track_buffers.lock().set_mode(mode);
        self.attributes.mode = mode;
    }

    pub(crate) fn reset_append_window(&mut self) {
        self.attributes.append_window_start = 0.0;
        self.attributes.append_window_end = f64::INFINITY;
        self.update_append_window();
    }

    pub(crate) fn update_append_window(&self) {
        self.contents.track_buffers.lock().set_append_window(
            PresentationTime::from_seconds(self.attributes.append_window_start),
            PresentationTime::from_seconds(self.attributes.append_window_end),
        );
    }

    /// Takes over the `timestampOffset` that coded frame processing changes in sequence mode.
    pub(crate) fn refresh_timestamp_offset(&mut self) {
        let processed = self.view().published.timestamp_offset;
        if processed != TimeDelta::from_seconds(self.attributes.timestamp_offset) {
            self.attributes.timestamp_offset = processed.seconds();
        }
    }

    fn check_is_between_segments(&self) -> Result<(), Exception> {
        let segment_parser = self.contents.segment_parser.lock();
        if segment_parser.parser.is_in_media_segment() {
            return Err(Exception::InvalidState(
                "a media segment is half appended: append the rest of it, or abort()",
            ));
        }
        Ok(())
    }
}

impl MediaSource {
    /// Returns the attributes of a SourceBuffer; `None` if it has been removed, in which case
    /// [`Discarded`](crate::Discarded) has them.
    pub fn attributes(&self, id: SourceBufferId) -> Option<Attributes> {
        self.state_of(id).ok().map(|buffer| buffer.attributes)
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-updating>
    pub fn is_updating(&self, id: SourceBufferId) -> bool {
        self.state_of(id).is_ok_and(|buffer| buffer.is_updating)
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-buffered>
    pub fn buffered(&self, id: SourceBufferId) -> Result<TimeRanges, Exception> {
        // Step 1. If this object has been removed then throw an InvalidStateError exception.
        let buffer = self.state_of(id)?;
        // Steps 2-5. The intersection of the track buffer ranges.
        let is_ended = self.ready_state() == ReadyState::Ended;
        let ranges = buffer.view().published.buffered(is_ended).clone();
        Ok(ranges.all().clone())
    }
}

impl SourceBuffer<'_> {
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-mode>
    pub fn set_mode(&mut self, mode: AppendMode) -> Result<(), Exception> {
        // Steps 1-2. If this object has been removed, or updating equals true, then throw an
        // InvalidStateError exception.
        self.check_is_idle()?;
        // Steps 3-4. If the generate timestamps flag equals true and the new mode is "segments",
        // then throw a TypeError exception.
        if self.state.generates_timestamps && mode == AppendMode::Segments {
            return Err(Exception::Type(
                "frames of this format have no timestamps of their own: the mode stays sequence",
            ));
        }
        // Step 5. If the readyState is "ended": set it to "open" and fire sourceopen.
        self.parent.reopen();
        // Step 6. If the append state equals PARSING_MEDIA_SEGMENT, then throw an
        // InvalidStateError exception.
        self.state.check_is_between_segments()?;
        self.finish_media_segment();
        // Steps 7-8. Set the group start timestamp, and update the attribute to new mode.
        self.state.set_mode(mode);
        Ok(())
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-timestampoffset>
    pub fn set_timestamp_offset(&mut self, timestamp_offset: f64) -> Result<(), Exception> {
        // Step 1. Let new timestamp offset equal the new value being assigned.
        // Steps 2-3. If this object has been removed, or updating equals true, then throw an
        // InvalidStateError exception.
        self.check_is_idle()?;
        // Step 4. If the readyState is "ended": set it to "open" and fire sourceopen.
        self.parent.reopen();
        // Step 5. If the append state equals PARSING_MEDIA_SEGMENT, then throw an
        // InvalidStateError exception.
        self.state.check_is_between_segments()?;
        self.finish_media_segment();
        let buffer = &mut *self.state;
        // Step 6. If the mode attribute equals "sequence", then set the group start timestamp to
        // new timestamp offset.
        // Step 7. Update the attribute to new timestamp offset.
        let distance = TimeDelta::from_seconds(timestamp_offset);
        let mut track_buffers = buffer.contents.track_buffers.lock();
        track_buffers.set_timestamp_offset(distance);
        drop(track_buffers);
        buffer.attributes.timestamp_offset = timestamp_offset;
        // (An offset that the byte stream format has itself ends here.)
        let mut segment_parser = buffer.contents.segment_parser.lock();
        segment_parser.parser.handle_timestamp_offset_set();
        Ok(())
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-appendwindowstart>
    pub fn set_append_window_start(&mut self, start: f64) -> Result<(), Exception> {
        // Steps 1-2. If this object has been removed, or updating equals true, then throw an
        // InvalidStateError exception.
        self.check_is_idle()?;
        let buffer = &mut *self.state;
        // Step 3. If the new value is less than 0 or greater than or equal to appendWindowEnd
        // then throw a TypeError exception.
        if !(0.0..buffer.attributes.append_window_end).contains(&start) {
            return Err(Exception::Type(
                "appendWindowStart must lie in 0..appendWindowEnd",
            ));
        }
        // Step 4. Update the attribute to the new value.
        buffer.attributes.append_window_start = start;
        buffer.update_append_window();
        Ok(())
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-appendwindowend>
    pub fn set_append_window_end(&mut self, end: f64) -> Result<(), Exception> {
        // Steps 1-2. If this object has been removed, or updating equals true, then throw an
        // InvalidStateError exception.
        self.check_is_idle()?;
        let buffer = &mut *self.state;
        // Step 3. If the new value equals NaN, then throw a TypeError.
        // Step 4. If the new value is less than or equal to appendWindowStart then throw a
        // TypeError exception.
        if end.is_nan() || end <= buffer.attributes.append_window_start {
            return Err(Exception::Type(
                "appendWindowEnd must be greater than appendWindowStart",
            ));
        }
        // Step 5. Update the attribute to the new value.
        buffer.attributes.append_window_end = end;
        buffer.update_append_window();
        Ok(())
    }
}
