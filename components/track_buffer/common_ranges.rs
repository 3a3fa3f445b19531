/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What is buffered of all of several tracks.

use std::sync::Arc;

use crate::range_tree::{Difference, Span};
use crate::ranges::TimeRanges;
use crate::time::PresentationTime;
use crate::work;

/// The time that is in all of some sets. A clone is the same snapshot.
#[derive(Clone, Debug)]
pub struct CommonRanges(Arc<Common>);

#[derive(Debug)]
struct Common {
    sets: Vec<TimeRanges>,
    all: TimeRanges,
}

impl CommonRanges {
    /// Returns what other sets have in common. What it costs does not grow with the ranges that are the
    /// same as in the sets before.
    pub fn updated(&self, sets: Vec<TimeRanges>) -> Self {
        // What a single set has is shared with it.
        if let [only] = &sets[..] {
            let all = only.clone();
            return Self(Arc::new(Common { sets, all }));
        }
        let no_set = Self::default();
        let is_as_many = self.sets().len() == sets.len();
        let before = if is_as_many { self } else { &no_set };
        let mut all = before.all().clone();
        let none = TimeRanges::new();
        for (index, set) in sets.iter().enumerate() {
            let set_before = before.sets().get(index).unwrap_or(&none);
            set_before.differences(set, |difference| {
                let (mut time, end) = match difference {
                    Difference::OnlyInFirst(gone) => all.remove_touched(gone),
                    Difference::OnlyInSecond(new) => new,
                };
                while let Some(common) = first_common_after(&sets, time, end) {
                    all.add(common.0, common.1);
                    time = common.1;
                }
            });
        }
        Self(Arc::new(Common { sets, all }))
    }

    /// The sets.
    pub fn sets(&self) -> &[TimeRanges] {
        &self.0.sets
    }

    /// All ranges.
    pub fn all(&self) -> &TimeRanges {
        &self.0.all
    }

    /// The first range that ends after `time`, if it starts at `until` or before.
    pub fn first_after(
        &self,
        time: PresentationTime,
        until: PresentationTime,
    ) -> Option<(PresentationTime, PresentationTime)> {
        let first = self.all().first_after(time);
        first.filter(|(start, _)| *start <= until)
    }

    /// Where the first of the sets ends. No common time is later.
    pub fn lowest_end(&self) -> Option<PresentationTime> {
        self.sets().iter().map(TimeRanges::highest_end).min()?
    }

    /// Returns the common ranges where the last range of each set is made longer, until `end`.
    pub fn extended_to(&self, end: PresentationTime) -> Self {
        let mut sets = self.sets().to_vec();
        sets.iter_mut().for_each(|set| set.extend_last_range(end));
        self.updated(sets)
    }

    /// Whether one is a clone of the other.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// No time.
impl Default for CommonRanges {
    fn default() -> Self {
        let none = TimeRanges::new();
        Self(Arc::new(Common {
            sets: vec![none.clone()],
            all: none,
        }))
    }
}

/// Returns the first time after `time` that is in all sets, if it starts at `until` or before.
fn first_common_after(
    sets: &[TimeRanges],
    mut time: PresentationTime,
    until: PresentationTime,
) -> Option<Span> {
    loop {
        work::count(sets.len());
        let mut common = (PresentationTime::MIN, PresentationTime::MAX);
        for set in sets {
            let (start, end) = set.first_after(time)?;
            common = (common.0.max(start), common.1.min(end));
        }
        let (start, end) = common;
        if start > until {
            return None;
        }
        if start < end {
            return Some(common);
        }
        // The set of the range that ends first goes on to its next one.
        time = start;
    }
}

#[cfg(test)]
mod tests {
    use test_support::random_bytes;

    use super::*;

    fn time(number: i64) -> PresentationTime {
        PresentationTime::from_nanoseconds(number)
    }

    /// Ranges of a length of up to 15, with holes of up to 15 between them.
    fn random_set(seed: u64) -> TimeRanges {
        let mut now = 0;
        let bytes = random_bytes(seed, 400);
        let ranges = bytes.chunks(2).map(|pair| {
            let start = now + i64::from(pair[0] % 16);
            now = start + i64::from(pair[1] % 16);
            (time(start), time(now))
        });
        ranges.collect()
    }

    fn common(sets: &[TimeRanges]) -> CommonRanges {
        CommonRanges::default().updated(sets.to_vec())
    }

    /// Checks each instant, and what a search from there finds.
    fn check(common: &CommonRanges) {
        let all: Vec<_> = common.all().iter().collect();
        for number in -1..=3500 {
            let is_in_all = common.sets().iter().all(|set| set.contains(time(number)));
            assert_eq!(common.all().contains(time(number)), is_in_all, "{number}");
            let first = all.iter().find(|(_, end)| *end > time(number)).copied();
            let found = common.first_after(time(number), PresentationTime::MAX);
            assert_eq!(found, first);
            let soon = first.filter(|(start, _)| *start <= time(number + 5));
            assert_eq!(common.first_after(time(number), time(number + 5)), soon);
        }
    }

    #[test]
    fn what_is_common_is_in_each_of_the_sets() {
        for count in 1..=4 {
            let sets: Vec<_> = (1..=count).map(random_set).collect();
            let common = common(&sets);
            assert!(common.all().len() > 10, "{}", common.all().len());
            check(&common);
        }
    }

    #[test]
    fn it_follows_every_change_of_the_sets() {
        let mut sets: Vec<_> = (1..=3).map(random_set).collect();
        let mut common = common(&sets);
        for (step, bytes) in random_bytes(7, 400).chunks(4).enumerate() {
            // Some change together.
            for set in sets.iter_mut().skip(step % 3) {
                let start = i64::from(bytes[0]) * 12 + i64::from(bytes[1] % 12);
                let span = (time(start), time(start + i64::from(bytes[2] % 64)));
                if bytes[3] % 2 == 0 {
                    set.remove_touched(span);
                } else {
                    set.add(span.0, span.1);
                }
            }
            common = common.updated(sets.clone());
            check(&common);
            // One set more, and one less again.
            if step % 10 == 0 {
                let more = [sets.clone(), vec![random_set(9)]].concat();
                check(&common.updated(more.clone()));
                assert_eq!(
                    common.updated(more).updated(sets.clone()).all(),
                    common.all()
                );
            }
        }
    }

    #[test]
    fn sets_end_together_that_are_extended() {
        let sets = [(0, 10), (5, 20)].map(|(start, end)| (time(start), time(end)));
        let common = common(&sets.map(|range| [range].into_iter().collect()));
        assert_eq!(common.lowest_end(), Some(time(10)));
        let extended = common.extended_to(time(30));
        assert_eq!(extended.lowest_end(), Some(time(30)));
        let range = [(time(5), time(30))].into_iter().collect();
        assert_eq!(extended.all(), &range);
    }

    #[test]
    fn where_one_set_is_empty_nothing_is_common() {
        let common = common(&[random_set(1), TimeRanges::new()]);
        for common in [common.extended_to(time(5)), common, CommonRanges::default()] {
            assert!(common.all().is_empty());
            assert_eq!(common.lowest_end(), None);
            let found = common.first_after(PresentationTime::MIN, PresentationTime::MAX);
            assert_eq!(found, None);
        }
    }
}
