/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Sets of presentation time, as `buffered` reports them.

use std::sync::Arc;

use crate::time::PresentationTime;

/// <https://html.spec.whatwg.org/multipage/#normalised-timeranges-object>
///
/// Half-open ranges, sorted, none of them empty, no two of them overlapping or touching. A clone is a
/// snapshot: it shares them, and does not change with the original.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TimeRanges {
    ranges: Arc<Vec<(PresentationTime, PresentationTime)>>,
}

impl TimeRanges {
    /// No range.
    pub fn new() -> Self {
        Self::default()
    }

    /// No range yet, but memory for so many.
    pub(crate) fn with_capacity(ranges: usize) -> Self {
        Self {
            ranges: Arc::new(Vec::with_capacity(ranges)),
        }
    }

    /// The ranges, as start and end, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (PresentationTime, PresentationTime)> {
        self.ranges.iter().copied()
    }

    /// How many ranges there are.
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Whether there is no range.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The end of the last range.
    pub fn highest_end(&self) -> Option<PresentationTime> {
        self.ranges.last().map(|(_, end)| *end)
    }

    /// Whether a range contains the instant.
    pub fn contains(&self, time: PresentationTime) -> bool {
        self.range_containing(time).is_some()
    }

    /// The range that contains the instant.
    pub fn range_containing(
        &self,
        time: PresentationTime,
    ) -> Option<(PresentationTime, PresentationTime)> {
        let index = self.ranges.partition_point(|(_, end)| *end <= time);
        self.ranges
            .get(index)
            .copied()
            .filter(|(start, _)| *start <= time)
    }

    /// Adds the time from `start` until `end`; nothing if that is empty.
    pub fn add(&mut self, start: PresentationTime, end: PresentationTime) {
        if start >= end {
            return;
        }
        // Mostly they come in order.
        if self.highest_end().is_none_or(|highest| highest < start) {
            return Arc::make_mut(&mut self.ranges).push((start, end));
        }
        // The ranges that the new one overlaps or touches become one with it.
        let first = self
            .ranges
            .partition_point(|(_, range_end)| *range_end < start);
        let after = self
            .ranges
            .partition_point(|(range_start, _)| *range_start <= end);
        let joined = &self.ranges[first..after];
        let start = joined
            .first()
            .map_or(start, |(range_start, _)| start.min(*range_start));
        let end = joined
            .last()
            .map_or(end, |(_, range_end)| end.max(*range_end));
        Arc::make_mut(&mut self.ranges).splice(first..after, [(start, end)]);
    }

    /// The time that is in both.
    pub fn intersection(&self, other: &Self) -> Self {
        // What one range covers stays as it is, and is shared instead of copied.
        if self.covers(other) {
            return other.clone();
        }
        if other.covers(self) {
            return self.clone();
        }
        let mut common = Vec::new();
        let (mut ours, mut theirs) = (self.iter().peekable(), other.iter().peekable());
        while let (Some(&(our_start, our_end)), Some(&(their_start, their_end))) =
            (ours.peek(), theirs.peek())
        {
            let (start, end) = (our_start.max(their_start), our_end.min(their_end));
            if start < end {
                common.push((start, end));
            }
            if our_end <= their_end {
                ours.next();
            } else {
                theirs.next();
            }
        }
        common.shrink_to_fit();
        Self {
            ranges: Arc::new(common),
        }
    }

    /// Whether the first range contains all of the other's.
    fn covers(&self, other: &Self) -> bool {
        let bounds = other.ranges.first().zip(other.ranges.last());
        let first = self.ranges.first();
        first
            .zip(bounds)
            .is_some_and(|(first, (start, end))| first.0 <= start.0 && end.1 <= first.1)
    }

    /// Moves the end of the last range to `end`, unless it is there or later.
    pub(crate) fn extend_last_range(&mut self, end: PresentationTime) {
        // (Ranges that are shared are copied only if they change.)
        if self.highest_end().is_some_and(|last_end| last_end < end)
            && let Some((_, last_end)) = Arc::make_mut(&mut self.ranges).last_mut()
        {
            *last_end = end;
        }
    }
}

impl FromIterator<(PresentationTime, PresentationTime)> for TimeRanges {
    fn from_iter<I: IntoIterator<Item = (PresentationTime, PresentationTime)>>(ranges: I) -> Self {
        let mut union = Self::new();
        for (start, end) in ranges {
            union.add(start, end);
        }
        union
    }
}
