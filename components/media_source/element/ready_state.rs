/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the media element derives from its MediaSource: `buffered`, `seekable`, `readyState`.

use track_buffer::common_ranges::CommonRanges;
use track_buffer::gap_policy;
use track_buffer::ranges::TimeRanges;
use track_buffer::time::{PresentationTime, TimeDelta};

use super::view::ElementView;
use crate::media_source::ReadyState;

/// How far data must reach ahead of the playback position so that uninterrupted playback can be expected.
/// It is as much as a chain of decoders takes to start. More would only delay low-latency streams.
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
    /// Returns the `buffered` attribute of the element, which is what all active SourceBuffers have.
    /// <https://w3c.github.io/media-source/#htmlmediaelement-extensions-buffered>
    pub fn buffered(&self) -> TimeRanges {
        self.element_ranges().all().clone()
    }

    /// Returns what [`Self::buffered`] is computed from. It stays the same as long as that of each
    /// SourceBuffer does.
    /// <https://w3c.github.io/media-source/#htmlmediaelement-extensions-buffered>
    fn element_ranges(&self) -> CommonRanges {
        // Step 1. If the MediaSource was constructed in a DedicatedWorkerGlobalScope that is terminated
        // or is closing, then return an empty TimeRanges object.
        if self.is_closing() {
            return CommonRanges::default();
        }
        // Step 2. Otherwise, the most recent ranges. (They are read of the state that both threads
        // share, for a worker as for a window.)
        // Step 2.1. Let recent intersection ranges equal an empty TimeRanges object.
        // Step 2.2. If activeSourceBuffers.length does not equal 0 then:
        // Step 2.2.1. Let active ranges be the ranges returned by buffered for each SourceBuffer
        // object in activeSourceBuffers.
        let mut source = self.source();
        let is_ended = source.ready_state == ReadyState::Ended;
        let active_ranges = source.active_ranges();
        if let [ranges] = &active_ranges[..] {
            return ranges.clone();
        }
        let known = &mut source.element_ranges;
        if !known.is_of(&active_ranges) {
            *known = known.updated(active_ranges, is_ended);
        }
        known.ranges.clone()
    }

    /// Returns the `seekable` attribute of the element, from and until in seconds; `None` if it is empty.
    /// <https://w3c.github.io/media-source/#htmlmediaelement-extensions-seekable>
    pub fn seekable(&self) -> Option<(f64, f64)> {
        let duration = self.duration();
        // If the MediaSource was constructed in a DedicatedWorkerGlobalScope that is terminated or is
        // closing, or if duration equals NaN: return an empty TimeRanges object.
        if self.is_closing() || duration.is_nan() {
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

    /// Returns the readyState that the buffered data allow at the playback position. The element goes
    /// beyond `HAVE_METADATA` only when the first frame is decoded as well.
    /// <https://w3c.github.io/media-source/#buffer-monitoring>
    pub fn ready_state(&self, position: PresentationTime) -> ElementReadyState {
        if !self.source().has_metadata {
            return ElementReadyState::HaveNothing;
        }
        // If buffered does not contain a TimeRanges for the current playback position:
        let buffered = self.element_ranges();
        let Some(end) = end_of_playable_range(&buffered, position) else {
            return ElementReadyState::HaveMetadata;
        };
        // If it ends at the current playback position:
        if end <= position {
            return ElementReadyState::HaveCurrentData;
        }
        // If it includes the current playback position and enough data to ensure uninterrupted
        // playback:
        // (All tracks of an "ended" MediaSource end together.)
        let is_ended = self.source_ready_state() == ReadyState::Ended;
        let reaches_the_end =
            (is_ended && buffered.lowest_end() == Some(end)) || end.seconds() >= self.duration();
        if reaches_the_end || end >= position.offset_by(ENOUGH_DATA) {
            return ElementReadyState::HaveEnoughData;
        }
        // If it includes the current playback position and some time beyond it:
        ElementReadyState::HaveFutureData
    }
}

/// Returns the time until which playback goes on from `position` without a stall, by the
/// [gap policy](gap_policy). It looks no further ahead than [enough data](ENOUGH_DATA).
fn end_of_playable_range(
    buffered: &CommonRanges,
    position: PresentationTime,
) -> Option<PresentationTime> {
    let latest_start = PresentationTime::ZERO.offset_by(gap_policy::START);
    let mut reached = buffered
        .first_after(PresentationTime::MIN, latest_start)
        .map_or(position, |(first_start, _)| first_start.max(position));
    // A range that ends at the position counts. It is the first that ends after the instant before.
    let mut after = position.offset_by(TimeDelta::from_nanoseconds(-1));
    let enough = position.offset_by(ENOUGH_DATA);
    let mut playable_end = None;
    while let Some((_, end)) =
        buffered.first_after(after, reached.offset_by(gap_policy::MID_STREAM))
    {
        (reached, after, playable_end) = (end, end, Some(end));
        if end >= enough {
            break;
        }
    }
    playable_end
}

/// What several SourceBuffers have buffered in common.
#[derive(Default)]
pub(crate) struct ElementRanges {
    /// The ranges of each SourceBuffer.
    active_ranges: Vec<CommonRanges>,
    /// The ranges that all have.
    ranges: CommonRanges,
}

impl ElementRanges {
    /// <https://w3c.github.io/media-source/#htmlmediaelement-extensions-buffered>
    fn updated(&self, active_ranges: Vec<CommonRanges>, is_ended: bool) -> Self {
        let sets = active_ranges.iter().flat_map(CommonRanges::sets);
        // Step 2.2.2. Let highest end time be the largest range end time in the active ranges.
        let highest_end = sets.clone().filter_map(TimeRanges::highest_end).max();
        // Step 2.2.3. Let recent intersection ranges equal a TimeRange object containing a single
        // range from 0 to highest end time. (Those of each SourceBuffer lie in it already.)
        // Step 2.2.4. For each SourceBuffer object in activeSourceBuffers:
        // Step 2.2.4.3. Let new intersection ranges equal the intersection between the recent
        // intersection ranges and the source ranges. (It is that of all tracks.)
        let mut ranges = self.ranges.updated(sets.cloned().collect());
        // Step 2.2.4.2. If readyState is "ended", then set the end time on the last range in source
        // ranges to highest end time. (It comes to the same to do so with all tracks, which end
        // together in each SourceBuffer.)
        if let (true, Some(highest_end)) = (is_ended, highest_end) {
            ranges = ranges.extended_to(highest_end);
        }
        Self {
            active_ranges,
            ranges,
        }
    }

    /// Whether it was computed from these.
    fn is_of(&self, active_ranges: &[CommonRanges]) -> bool {
        let same = |(ours, theirs): (&CommonRanges, _)| ours.is_same(theirs);
        self.active_ranges.len() == active_ranges.len()
            && self.active_ranges.iter().zip(active_ranges).all(same)
    }
}
