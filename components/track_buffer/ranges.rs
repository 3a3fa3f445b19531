/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Sets of presentation time, as `buffered` reports them.

use std::fmt;

use crate::range_tree::{Difference, RangeTree, Span};
use crate::time::PresentationTime;

/// <https://html.spec.whatwg.org/multipage/#normalised-timeranges-object>
///
/// Half-open ranges, sorted, none of them empty, no two of them overlapping or touching. A clone is a
/// snapshot: it shares them, and does not change with the original. What changes afterwards is copied,
/// and little beside it.
#[derive(Clone, Default)]
pub struct TimeRanges {
    ranges: RangeTree,
}

impl TimeRanges {
    /// No range.
    pub fn new() -> Self {
        Self::default()
    }

    /// The ranges, as start and end, in order.
    pub fn iter(&self) -> impl Iterator<Item = (PresentationTime, PresentationTime)> {
        self.ranges.iter()
    }

    /// How many ranges there are.
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Whether there is no range.
    pub fn is_empty(&self) -> bool {
        self.ranges.extent().is_none()
    }

    /// The start of the first range.
    pub fn lowest_start(&self) -> Option<PresentationTime> {
        self.ranges.extent().map(|(start, _)| start)
    }

    /// The end of the last range.
    pub fn highest_end(&self) -> Option<PresentationTime> {
        self.ranges.extent().map(|(_, end)| end)
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
        self.first_after(time).filter(|(start, _)| *start <= time)
    }

    /// The first range that ends after the instant.
    pub(crate) fn first_after(&self, time: PresentationTime) -> Option<Span> {
        self.ranges.first(|end| end <= time)
    }

    /// Adds the time from `start` until `end`; nothing if that is empty.
    pub fn add(&mut self, start: PresentationTime, end: PresentationTime) {
        if start >= end {
            return;
        }
        let joined = self.joined((start, end));
        self.ranges.replace((start, end), Some(joined));
    }

    /// Removes the ranges that overlap or touch the span. Returns the span, made longer by them.
    pub(crate) fn remove_touched(&mut self, span: Span) -> Span {
        let joined = self.joined(span);
        self.ranges.replace(span, None);
        joined
    }

    /// Returns the span and the ranges that it overlaps or touches as one.
    fn joined(&self, (start, end): Span) -> Span {
        let range_at = |time| self.ranges.first(|range_end| range_end < time);
        let joined_start = range_at(start).map_or(start, |range| start.min(range.0));
        let last = range_at(end).filter(|range| range.0 <= end);
        let joined_end = last.map_or(end, |range| range.1);
        (joined_start, joined_end)
    }

    /// Finds the time that is in one of both only, in order. What it costs grows with what differs.
    pub(crate) fn differences(&self, other: &Self, found: impl FnMut(Difference)) {
        self.ranges.differences(&other.ranges, found);
    }

    /// Removes the range that contains the instant.
    pub(crate) fn remove_range_containing(&mut self, time: PresentationTime) {
        if let Some(range) = self.range_containing(time) {
            self.ranges.replace(range, None);
        }
    }

    /// Moves the end of the last range to `end`, unless it is there or later.
    pub(crate) fn extend_last_range(&mut self, end: PresentationTime) {
        if let Some(last_end) = self.highest_end() {
            self.add(last_end, end);
        }
    }
}

/// Snapshots that share their ranges are not compared one by one.
impl PartialEq for TimeRanges {
    fn eq(&self, other: &Self) -> bool {
        self.ranges.is_shared_with(&other.ranges) || self.iter().eq(other.iter())
    }
}

impl Eq for TimeRanges {}

impl fmt::Debug for TimeRanges {
    /// Writes the ranges in seconds.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ranges = self
            .iter()
            .map(|(start, end)| start.seconds()..end.seconds());
        formatter.debug_list().entries(ranges).finish()
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

#[cfg(test)]
mod tests {
    use test_support::random_bytes;

    use super::*;

    /// Ranges as they are written down without any thought.
    type Model = Vec<(i64, i64)>;

    fn time(number: i64) -> PresentationTime {
        PresentationTime::from_nanoseconds(number)
    }

    fn model_of(ranges: &TimeRanges) -> Model {
        let numbers = |(start, end): Span| (start.nanoseconds(), end.nanoseconds());
        ranges.iter().map(numbers).collect()
    }

    fn add(model: &mut Model, mut start: i64, mut end: i64) {
        if start >= end {
            return;
        }
        model.retain(|range| {
            let is_apart = range.1 < start || end < range.0;
            if !is_apart {
                (start, end) = (start.min(range.0), end.max(range.1));
            }
            is_apart
        });
        let place = model.partition_point(|range| range.0 < start);
        model.insert(place, (start, end));
    }

    fn check(ranges: &TimeRanges, model: &Model) {
        assert_eq!(&model_of(ranges), model);
        assert_eq!(ranges.len(), model.len());
        assert_eq!(ranges.is_empty(), model.is_empty());
        let end = model.last().map(|range| time(range.1));
        assert_eq!(ranges.highest_end(), end);
    }

    fn check_lookup(ranges: &TimeRanges, model: &Model, at: i64) {
        let times = |range: &(i64, i64)| (time(range.0), time(range.1));
        let after = model.iter().find(|range| range.1 > at).map(times);
        assert_eq!(ranges.first_after(time(at)), after);
        let containing = model.iter().find(|range| range.0 <= at && at < range.1);
        assert_eq!(ranges.range_containing(time(at)), containing.map(times));
        assert_eq!(ranges.contains(time(at)), containing.is_some());
    }

    /// Pairs of numbers below 65 536.
    fn random_pairs(seed: u64, count: usize) -> impl Iterator<Item = [i64; 2]> {
        let bytes = random_bytes(seed, 4 * count);
        (0..count).map(move |index| {
            [0, 2].map(|offset| {
                let at = 4 * index + offset;
                i64::from(bytes[at]) << 8 | i64::from(bytes[at + 1])
            })
        })
    }

    /// Short ranges at random, so many that the tree has several levels.
    fn random_ranges(seed: u64) -> (TimeRanges, Model) {
        let (mut ranges, mut model) = (TimeRanges::new(), Model::new());
        for [start, length] in random_pairs(seed, 2000) {
            let end = start + length % 20;
            ranges.add(time(start), time(end));
            add(&mut model, start, end);
        }
        (ranges, model)
    }

    #[test]
    fn what_is_added_and_removed_is_what_a_list_has() {
        for seed in 1..=3 {
            let (mut ranges, mut model) = random_ranges(seed);
            assert!(model.len() > 1024, "it takes three levels");
            check(&ranges, &model);
            let (full, full_model) = (ranges.clone(), model.clone());
            for [at, length] in random_pairs(seed + 100, 500) {
                check_lookup(&ranges, &model, at);
                ranges.remove_range_containing(time(at));
                model.retain(|range| at < range.0 || range.1 <= at);
                // Now and then a long one, which joins those of many nodes.
                if length % 100 == 0 {
                    let end = at + length % 4000;
                    ranges.add(time(at), time(end));
                    add(&mut model, at, end);
                }
            }
            check(&ranges, &model);
            check(&full, &full_model);
            for (start, _) in model_of(&ranges) {
                ranges.remove_range_containing(time(start));
            }
            check(&ranges, &Model::new());
            ranges.add(time(3), time(4));
            check(&ranges, &vec![(3, 4)]);
        }
    }

    #[test]
    fn ranges_are_in_order_from_whichever_side_they_come() {
        let in_order: Model = (0..5000)
            .map(|number| (3 * number, 3 * number + 1))
            .collect();
        let add = |mut ranges: TimeRanges, &(start, end): &(i64, i64)| {
            ranges.add(time(start), time(end));
            ranges
        };
        let model = in_order.iter();
        check(&model.clone().fold(TimeRanges::new(), add), &in_order);
        check(&model.rev().fold(TimeRanges::new(), add), &in_order);
    }

    #[test]
    fn the_last_range_is_made_longer_only() {
        let (mut ranges, mut model) = random_ranges(1);
        let end = model.last().expect("there are some").1;
        ranges.extend_last_range(time(end - 1));
        check(&ranges, &model);
        ranges.extend_last_range(time(end + 7));
        model.last_mut().expect("there are some").1 = end + 7;
        check(&ranges, &model);
        let mut none = TimeRanges::new();
        none.extend_last_range(time(end));
        assert!(none.is_empty());
    }

    /// The sets share most of their nodes or none, and some nodes were split or are gone.
    #[test]
    fn differences_are_what_one_of_both_has() {
        for seed in 1..=3 {
            let (mut ranges, _) = random_ranges(seed);
            let full = ranges.clone();
            for [at, length] in random_pairs(seed + 100, 300) {
                let before = ranges.clone();
                match length % 3 {
                    0 => ranges.remove_range_containing(time(at)),
                    1 => ranges.add(time(at), time(at + length % 2000)),
                    _ => _ = ranges.remove_touched((time(at), time(at + length % 2000))),
                }
                check_differences(&before, &ranges);
            }
            check_differences(&full, &ranges);
            check_differences(&full, &random_ranges(seed + 200).0);
            check_differences(&full, &TimeRanges::new());
        }
    }

    fn check_differences(one: &TimeRanges, other: &TimeRanges) {
        let mut differences = Vec::new();
        one.differences(other, |difference| {
            let (span, first, second) = match difference {
                Difference::OnlyInFirst(span) => (span, one, other),
                Difference::OnlyInSecond(span) => (span, other, one),
            };
            assert!(first.contains(span.0) && !second.contains(span.0));
            differences.push(span);
        });
        let ends = |ranges: &TimeRanges| -> Vec<_> {
            let ends = ranges.iter().flat_map(|(start, end)| [start, end]);
            ends.collect()
        };
        // A time is in a set if an odd number of its starts and ends come before it.
        let mut expected = [ends(one), ends(other)].concat();
        expected.sort_unstable();
        let found = differences.iter().flat_map(|(start, end)| [*start, *end]);
        assert_eq!(without_pairs(found.collect()), without_pairs(expected));
    }

    /// Without those that come twice in a row, which change nothing.
    fn without_pairs(times: Vec<PresentationTime>) -> Vec<PresentationTime> {
        let mut left = Vec::new();
        for time in times {
            if left.last() == Some(&time) {
                left.pop();
            } else {
                left.push(time);
            }
        }
        left
    }

    #[test]
    fn equality_is_that_of_the_ranges_however_they_came_about() {
        let (ranges, model) = random_ranges(1);
        let times = model
            .iter()
            .rev()
            .map(|range| (time(range.0), time(range.1)));
        assert_eq!(ranges, times.collect());
        let mut other = ranges.clone();
        assert_eq!(ranges, other);
        other.remove_range_containing(time(model[700].0));
        assert_ne!(ranges, other);
    }
}
