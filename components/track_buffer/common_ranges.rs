/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What is buffered of all of several tracks: an intersection that is found out only where somebody
//! asks for it.

#![allow(
    clippy::disallowed_types,
    reason = "threads share a snapshot, and the first that asks finds out its ranges"
)]

use std::sync::{Arc, OnceLock};

use crate::ranges::TimeRanges;
use crate::time::PresentationTime;
use crate::work;

/// The time that is in all of some sets. A clone is the same snapshot.
#[derive(Clone, Debug)]
pub struct CommonRanges(Arc<Common>);

#[derive(Debug)]
struct Common {
    sets: Vec<TimeRanges>,
    all: OnceLock<TimeRanges>,
}

impl CommonRanges {
    /// What is in all of the sets, which are one at least.
    pub fn new(sets: Vec<TimeRanges>) -> Self {
        let all = OnceLock::new();
        Self(Arc::new(Common { sets, all }))
    }

    /// The sets.
    pub fn sets(&self) -> &[TimeRanges] {
        &self.0.sets
    }

    /// All ranges. This goes through those of all sets the first time that it is called.
    pub fn all(&self) -> &TimeRanges {
        self.0.all.get_or_init(|| {
            let sets = self.sets().iter().cloned();
            sets.reduce(|common, set| common.intersection(&set))
                .unwrap_or_default()
        })
    }

    /// The first range that ends after `time`, if it starts at `until` or before. What it costs does not
    /// grow with the ranges elsewhere.
    pub fn first_after(
        &self,
        mut time: PresentationTime,
        until: PresentationTime,
    ) -> Option<(PresentationTime, PresentationTime)> {
        loop {
            work::count(self.sets().len());
            let mut common = (PresentationTime::MIN, PresentationTime::MAX);
            for set in self.sets() {
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

    /// Where the first of the sets ends. No common time is later.
    pub fn lowest_end(&self) -> Option<PresentationTime> {
        self.sets().iter().map(TimeRanges::highest_end).min()?
    }

    /// Returns the common ranges where the last range of each set is made longer, until `end`.
    pub fn extended_to(&self, end: PresentationTime) -> Self {
        let mut sets = self.sets().to_vec();
        sets.iter_mut().for_each(|set| set.extend_last_range(end));
        Self::new(sets)
    }

    /// Whether one is a clone of the other.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// No time.
impl Default for CommonRanges {
    fn default() -> Self {
        Self::new(vec![TimeRanges::new()])
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

    #[test]
    fn a_search_finds_what_is_in_the_whole_intersection() {
        for count in 1..=4 {
            let sets: Vec<_> = (1..=count).map(random_set).collect();
            let common = CommonRanges::new(sets.clone());
            let all: Vec<_> = common.all().iter().collect();
            assert!(all.len() > 10, "{}", all.len());
            for number in -1..=3000 {
                let is_in_all = sets.iter().all(|set| set.contains(time(number)));
                assert_eq!(common.all().contains(time(number)), is_in_all);
                let first = all.iter().find(|(_, end)| *end > time(number)).copied();
                let found = common.first_after(time(number), PresentationTime::MAX);
                assert_eq!(found, first);
                let soon = first.filter(|(start, _)| *start <= time(number + 5));
                assert_eq!(common.first_after(time(number), time(number + 5)), soon);
            }
        }
    }

    #[test]
    fn sets_end_together_that_are_extended() {
        let sets = [(0, 10), (5, 20)].map(|(start, end)| (time(start), time(end)));
        let common = CommonRanges::new(sets.map(|range| [range].into_iter().collect()).to_vec());
        assert_eq!(common.lowest_end(), Some(time(10)));
        let extended = common.extended_to(time(30));
        assert_eq!(extended.lowest_end(), Some(time(30)));
        let range = [(time(5), time(30))].into_iter().collect();
        assert_eq!(extended.all(), &range);
    }

    #[test]
    fn where_one_set_is_empty_nothing_is_common() {
        let common = CommonRanges::new(vec![random_set(1), TimeRanges::new()]);
        for common in [common.extended_to(time(5)), common, CommonRanges::default()] {
            assert!(common.all().is_empty());
            assert_eq!(common.lowest_end(), None);
            let found = common.first_after(PresentationTime::MIN, PresentationTime::MAX);
            assert_eq!(found, None);
        }
    }
}
