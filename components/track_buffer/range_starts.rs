/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The ranges of a track: where each starts, and what it covers as long as its groups do not change.
//!
//! Most ranges are as they were when it was last asked for all of them. To find out again what one
//! covers takes some hundred times as long as to copy it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

use crate::time::PresentationTime;

/// A range, from its start until its end.
pub(crate) type Span = (PresentationTime, PresentationTime);

/// By the keys of the groups with which the ranges start.
#[derive(Debug, Default)]
pub(crate) struct RangeStarts(BTreeMap<PresentationTime, Cell<Option<Span>>>);

impl RangeStarts {
    /// How many ranges there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether a range starts with the group of that key.
    pub(crate) fn contains(&self, key: PresentationTime) -> bool {
        self.0.contains_key(&key)
    }

    /// The key of the group with which the range of the group of that key starts.
    pub(crate) fn at_or_before(&self, key: PresentationTime) -> Option<PresentationTime> {
        self.0.range(..=key).next_back().map(|(start, _)| *start)
    }

    /// Says whether a range starts with the group of that key, which changed.
    pub(crate) fn set(&mut self, key: PresentationTime, starts_range: bool) {
        if starts_range {
            self.0.insert(key, Cell::default());
        } else {
            self.0.remove(&key);
        }
    }

    /// The range of the group of that key may cover something else than before.
    pub(crate) fn forget(&self, key: PresentationTime) {
        if let Some((_, span)) = self.0.range(..=key).next_back() {
            span.set(None);
        }
    }

    /// What the ranges cover, in order. Of those of which it is not known, `find` finds it out by the key
    /// of the first group, and that of the first group of the next range.
    pub(crate) fn spans(
        &self,
        find: impl Fn(PresentationTime, Option<PresentationTime>) -> Option<Span>,
    ) -> impl Iterator<Item = Span> {
        self.0.iter().filter_map(move |(start, span)| {
            if span.get().is_none() {
                let mut later = self.0.range((Excluded(start), Unbounded));
                span.set(find(*start, later.next().map(|(next, _)| *next)));
            }
            span.get()
        })
    }
}
