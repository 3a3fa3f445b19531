/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the media element derives from its MediaSource: `buffered`, `seekable`, `readyState`.

use track_buffer::gap_policy;
use track_buffer::ranges::TimeRanges;
use track_buffer::time::{PresentationTime, TimeDelta};

use super::view::ElementView;
use crate::media_source::ReadyState;

/// How far ahead of the playback position data must reach for uninterrupted playback to be
/// expected: what a decoder chain takes to start. More only delays low-latency streams.
/// <https://w3c.github.io/media-source/#enough-data>
const ENOUGH_DATA: TimeDelta = TimeDelta::from_milliseconds(500);

/// <https://html.spec.whatwg.org/multipage/#ready-states>
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum ElementReadyState {
    /// `HAVE_NOTHING`
    HaveNothing,
    /// `HAVE_METADATA`
    HaveMetadata,
    /// `HAVE_CURRENT_DATA`
    HaveCurrentData,
    /// `HAVE_FUTURE_DATA`
    HaveFutureData,
    /// `HAVE_ENOUGH_DATA`
    HaveEnoughData,
}

impl ElementView {
    /// The element's `buffered`: what all active SourceBuffers have.
    /// <https://w3c.github.io/media-source/#htmlmediaelement-extensions-buffered>
    pub fn buffered(&self) -> TimeRanges {
        // Step 2. If the MediaSource was constructed in a Window:
        // Step 2.1. Let recent intersection ranges equal an empty TimeRanges object.
        // Step 2.2. If activeSourceBuffers.length does not equal 0 then:
        // Step 2.2.1. Let active ranges be the ranges returned by buffered for each SourceBuffer
        // object in activeSourceBuffers.
        let source = self.source();
        let is_ended = source.ready_state == ReadyState::Ended;
        let mut active_ranges = source.active_ranges();
        drop(source);
        // Step 2.2.2. Let highest end time be the largest range end time in the active ranges.
        let Some(highest_end) = active_ranges
            .iter()
            .filter_map(TimeRanges::highest_end)
            .max()
        else {
            return TimeRanges::new();
        };
        // Step 2.2.3. Let recent intersection ranges equal a TimeRange object containing a single
        // range from 0 to highest end time.
        let mut intersection = TimeRanges::new();
        intersection.add(PresentationTime::ZERO, highest_end);
        // Step 2.2.4. For each SourceBuffer object in activeSourceBuffers:
        for ranges in &mut active_ranges {
            // Step 2.2.4.2. If readyState is "ended", then set the end time on the last range in
            // source ranges to highest end time.
            if let (true, Some(end)) = (is_ended, ranges.highest_end()) {
                ranges.add(end, highest_end);
            }
            // Step 2.2.4.3. Let new intersection ranges equal the intersection between the recent
            // intersection ranges and the source ranges.
            intersection = intersection.intersection(ranges);
        }
        intersection
    }

    /// The element's `seekable`, in seconds.
    /// <https://w3c.github.io/media-source/#htmlmediaelement-extensions-seekable>
    pub fn seekable(&self) -> Option<(f64, f64)> {
        let duration = self.duration();
        // If duration equals NaN: return an empty TimeRanges object.
        if duration.is_nan() {
            return None;
        }
        // If duration does not equal positive Infinity: return a single range with a start time
        // of 0 and an end time equal to duration.
        if duration.is_finite() {
            return Some((0.0, duration));
        }
        let live_seekable_range = self.source().live_seekable_range;
        let buffered = self.buffered();
        let buffered_end = buffered.highest_end().map(PresentationTime::seconds);
        match (live_seekable_range, buffered_end) {
            // If the live seekable range is not empty: the single range that covers it and the
            // element's buffered attribute.
            (Some((start, end)), Some(buffered_end)) => {
                let buffered_start = buffered
                    .iter()
                    .next()
                    .map_or(start, |(first, _)| first.seconds());
                Some((start.min(buffered_start), end.max(buffered_end)))
            }
            (Some(range), None) => Some(range),
            // Otherwise, from 0 to the highest end time in the element's buffered attribute.
            (None, buffered_end) => buffered_end.map(|end| (0.0, end)),
        }
    }

    /// The readyState that the buffered data allow at the playback position. The element reaches
    /// more than `HAVE_METADATA` only once the first frame is decoded as well.
    /// <https://w3c.github.io/media-source/#buffer-monitoring>
    pub fn ready_state(&self, position: PresentationTime) -> ElementReadyState {
        if !self.source().has_metadata {
            return ElementReadyState::HaveNothing;
        }
        // If buffered does not contain a TimeRanges for the current playback position:
        let buffered = self.buffered();
        let Some(end) = end_of_playable_range(&buffered, position) else {
            return ElementReadyState::HaveMetadata;
        };
        // If it ends at the current playback position:
        if end <= position {
            return ElementReadyState::HaveCurrentData;
        }
        // If it includes the current playback position and enough data to ensure uninterrupted
        // playback:
        let is_ended = self.source_ready_state() == ReadyState::Ended;
        let reaches_the_end =
            (is_ended && buffered.highest_end() == Some(end)) || end.seconds() >= self.duration();
        if reaches_the_end || end >= position.offset_by(ENOUGH_DATA) {
            return ElementReadyState::HaveEnoughData;
        }
        // If it includes the current playback position and some time beyond it:
        ElementReadyState::HaveFutureData
    }
}

/// Until when playback goes on from `position` without a stall, by the [gap policy](gap_policy).
fn end_of_playable_range(
    buffered: &TimeRanges,
    position: PresentationTime,
) -> Option<PresentationTime> {
    let (first_start, _) = buffered.iter().next()?;
    let starts_late =
        position < first_start && first_start.since(PresentationTime::ZERO) <= gap_policy::START;
    let mut reached = if starts_late { first_start } else { position };
    let mut playable_end = None;
    for (start, end) in buffered.iter().skip_while(|(_, end)| *end < position) {
        if start.since(reached) > gap_policy::MID_STREAM {
            break;
        }
        reached = end;
        playable_end = Some(end);
    }
    playable_end
}
