/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The ranges of a track: where each starts, and what all of them covered when that was settled last.
//!
//! Many changes may come before anybody asks what is buffered, so they are only written down at first.

use std::collections::BTreeSet;

use crate::range_tree::Span;
use crate::ranges::TimeRanges;
use crate::time::PresentationTime;

/// How many changes memory is kept for.
const FEW: usize = 8;

#[derive(Debug, Default)]
pub(crate) struct RangeStarts {
    /// The keys of the groups with which the ranges start.
    starts: BTreeSet<PresentationTime>,
    /// Those that came, went, or may cover something else since what they cover was settled.
    changed: Vec<PresentationTime>,
    settled: TimeRanges,
}

impl RangeStarts {
    /// How many ranges there are.
    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether a range starts with the group of that key.
    pub(crate) fn contains(&self, key: PresentationTime) -> bool {
        self.starts.contains(&key)
    }

    /// The key of the group with which the range of the group of that key starts.
    pub(crate) fn at_or_before(&self, key: PresentationTime) -> Option<PresentationTime> {
        self.starts.range(..=key).next_back().copied()
    }

    /// Says whether a range starts with the group of that key, which changed.
    pub(crate) fn set(&mut self, key: PresentationTime, starts_range: bool) {
        let is_or_was = if starts_range {
            self.starts.insert(key);
            true
        } else {
            self.starts.remove(&key)
        };
        if is_or_was {
            self.note(key);
        }
    }

    /// The range of the group of that key may cover something else than before.
    pub(crate) fn forget(&mut self, key: PresentationTime) {
        if let Some(start) = self.at_or_before(key) {
            self.note(start);
        }
    }

    fn note(&mut self, start: PresentationTime) {
        // (Mostly one grows and grows.)
        if self.changed.last() != Some(&start) {
            self.changed.push(start);
        }
    }

    /// Brings up to date what the ranges cover. `find` finds it out by the key of the first group of a
    /// range, and that of the next range. Returns whether anything may have changed.
    pub(crate) fn settle(
        &mut self,
        find: impl Fn(PresentationTime, Option<PresentationTime>) -> Option<Span>,
    ) -> bool {
        if self.changed.is_empty() {
            return false;
        }
        self.changed.sort_unstable();
        self.changed.dedup();
        // What the starts covered before must be gone when what they cover now comes: a range may
        // begin in what was another.
        for start in &self.changed {
            self.settled.remove_range_containing(*start);
        }
        for start in &self.changed {
            let mut from_here = self.starts.range(start..);
            if from_here.next() == Some(start)
                && let Some((start, end)) = find(*start, from_here.next().copied())
            {
                self.settled.add(start, end);
            }
        }
        self.changed.clear();
        self.changed.shrink_to(FEW);
        true
    }

    /// What the ranges cover, as it was settled last.
    pub(crate) fn settled(&self) -> &TimeRanges {
        &self.settled
    }
}
