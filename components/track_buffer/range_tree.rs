/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A sorted set of ranges that do not overlap, whose clones share all of it that does not change.
//!
//! It is a tree with a fixed number of entries in each node at most. A change copies the nodes on the
//! way to it if a clone has them too, so that it costs the logarithm of the number of ranges. Nodes are
//! not joined when ranges go: a node that has none left goes as well, and none is deeper than it was.

use std::cmp::Ordering;
use std::mem::take;
use std::slice;
use std::sync::Arc;

use crate::time::PresentationTime;
use crate::work;

/// A range, from its start until its end.
pub(crate) type Span = (PresentationTime, PresentationTime);

/// The most entries of a node.
const MOST: usize = 16;

/// What a range takes, in bytes: most nodes are between half full and full.
pub(crate) const RANGE_BYTES: usize = 3 * size_of::<Entry>() / 2;

/// A range; or all ranges of a node, as one.
#[derive(Clone, Debug)]
struct Entry {
    start: PresentationTime,
    end: PresentationTime,
    /// How many ranges it stands for.
    ranges: usize,
    /// The entries of the node; of a range nothing.
    node: Option<Arc<Vec<Entry>>>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct RangeTree {
    root: Arc<Vec<Entry>>,
}

impl RangeTree {
    pub(crate) fn len(&self) -> usize {
        self.root.iter().map(|entry| entry.ranges).sum()
    }

    /// From the start of the first range until the end of the last one.
    pub(crate) fn extent(&self) -> Option<Span> {
        Some((self.root.first()?.start, self.root.last()?.end))
    }

    /// The first range whose end is not too early.
    pub(crate) fn first(&self, is_early: impl Fn(PresentationTime) -> bool) -> Option<Span> {
        let mut entries = &self.root;
        loop {
            let index = entries.partition_point(|entry| is_early(entry.end));
            let entry = entries.get(index)?;
            match &entry.node {
                Some(node) => entries = node,
                None => return Some((entry.start, entry.end)),
            }
        }
    }

    /// Puts one range, or none, in the place of all that overlap or touch the span.
    pub(crate) fn replace(&mut self, span: Span, range: Option<Span>) {
        let root = Arc::make_mut(&mut self.root);
        replace(root, span, range);
        if root.len() > MOST {
            *root = cut(take(root)).collect();
        }
        while let [
            Entry {
                node: Some(node), ..
            },
        ] = &self.root[..]
        {
            self.root = Arc::clone(node);
        }
    }

    pub(crate) fn iter(&self) -> Iter<'_> {
        Iter {
            unread: vec![self.root.iter()],
        }
    }

    /// Whether one is an unchanged clone of the other.
    pub(crate) fn is_shared_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.root, &other.root)
    }

    /// Finds the time that is in one of the trees and not in the other, in order. Nodes that both share
    /// are not looked at.
    pub(crate) fn differences(&self, other: &Self, mut found: impl FnMut(Difference)) {
        if self.is_shared_with(other) {
            return;
        }
        let (mut ours, mut theirs) = (Walk::new(self), Walk::new(other));
        loop {
            work::count(1);
            match ours.height.cmp(&theirs.height) {
                Ordering::Less => theirs.enter(),
                Ordering::Greater => ours.enter(),
                Ordering::Equal if ours.height == 0 => {
                    let Some((difference, end)) = next_difference(ours.range(), theirs.range())
                    else {
                        return;
                    };
                    difference.map(&mut found);
                    ours.pass_until(end);
                    theirs.pass_until(end);
                }
                Ordering::Equal if ours.is_at_node_of(&theirs) => {
                    ours.pass();
                    theirs.pass();
                }
                Ordering::Equal => {
                    ours.enter();
                    theirs.enter();
                }
            }
        }
    }
}

/// The time that is in one set and not in another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Difference {
    OnlyInFirst(Span),
    OnlyInSecond(Span),
}

/// What is in one of two ranges and not in the other, from the earlier start until one of them starts or
/// ends, and that time.
fn next_difference(first: Span, second: Span) -> Option<(Option<Difference>, PresentationTime)> {
    match first.0.cmp(&second.0) {
        Ordering::Equal if first.0 == PresentationTime::MAX => None,
        Ordering::Equal => Some((None, first.1.min(second.1))),
        Ordering::Less => {
            let end = first.1.min(second.0);
            Some((Some(Difference::OnlyInFirst((first.0, end))), end))
        }
        Ordering::Greater => {
            let end = second.1.min(first.0);
            Some((Some(Difference::OnlyInSecond((second.0, end))), end))
        }
    }
}

/// A place in a tree: before a node, or in a range.
struct Walk<'a> {
    /// What is left of the node.
    entries: &'a [Entry],
    /// What is left of the nodes above.
    above: Vec<&'a [Entry]>,
    /// How many levels there are below what comes next: none below a range or the end.
    height: usize,
    /// Until when the next range was passed.
    passed: PresentationTime,
}

impl<'a> Walk<'a> {
    fn new(tree: &'a RangeTree) -> Self {
        let below = |entries: &&'a Arc<Vec<Entry>>| entries.first()?.node.as_ref();
        Self {
            entries: &tree.root,
            above: Vec::new(),
            height: std::iter::successors(Some(&tree.root), below).count() - 1,
            passed: PresentationTime::MIN,
        }
    }

    fn node(&self) -> Option<&'a Arc<Vec<Entry>>> {
        self.entries.first()?.node.as_ref()
    }

    fn is_at_node_of(&self, other: &Self) -> bool {
        let nodes = self.node().zip(other.node());
        nodes.is_some_and(|(one, other)| Arc::ptr_eq(one, other))
    }

    /// Goes into the node that comes next.
    fn enter(&mut self) {
        if let Some(node) = self.node() {
            self.above.push(self.entries);
            self.entries = node;
            self.height -= 1;
        }
    }

    /// Goes on behind what comes next.
    fn pass(&mut self) {
        self.entries = self.entries.get(1..).unwrap_or_default();
        while self.entries.is_empty() {
            let Some(above) = self.above.pop() else {
                self.height = 0;
                return;
            };
            self.entries = above.get(1..).unwrap_or_default();
            self.height += 1;
        }
    }

    /// What is left of the next range; at the end, what comes after all time.
    fn range(&self) -> Span {
        match self.entries.first() {
            Some(range) => (range.start.max(self.passed), range.end),
            None => (PresentationTime::MAX, PresentationTime::MAX),
        }
    }

    fn pass_until(&mut self, time: PresentationTime) {
        self.passed = time;
        if self.range().1 <= time {
            self.pass();
        }
    }
}

impl Entry {
    fn range((start, end): Span) -> Self {
        Self {
            start,
            end,
            ranges: 1,
            node: None,
        }
    }

    /// The entries are one at least.
    fn node(entries: Vec<Self>) -> Self {
        Self {
            start: entries[0].start,
            end: entries[entries.len() - 1].end,
            ranges: entries.iter().map(|entry| entry.ranges).sum(),
            node: Some(Arc::new(entries)),
        }
    }

    /// [`RangeTree::replace`] in a node, which stays one if that is possible. Returns whether it was.
    fn replace_within(&mut self, span: Span, range: Option<Span>) -> bool {
        let Some(node) = &mut self.node else {
            return false;
        };
        let entries = Arc::make_mut(node);
        replace(entries, span, range);
        let is_node = (1..=MOST).contains(&entries.len());
        if is_node {
            self.start = entries[0].start;
            self.end = entries[entries.len() - 1].end;
            self.ranges = entries.iter().map(|entry| entry.ranges).sum();
        }
        is_node
    }

    /// What a node becomes: none if no range is left in it, two if there are too many for one.
    fn replaced(self, span: Span, range: Option<Span>) -> impl Iterator<Item = Self> {
        let mut entries = self.node.map(Arc::unwrap_or_clone).unwrap_or_default();
        replace(&mut entries, span, range);
        cut(entries)
    }
}

/// [`RangeTree::replace`] in the entries of a node.
fn replace(entries: &mut Vec<Entry>, span: Span, range: Option<Span>) {
    work::count(entries.len());
    let first = entries.partition_point(|entry| entry.end < span.0);
    let after = entries.partition_point(|entry| entry.start <= span.1);
    if entries.first().is_none_or(|entry| entry.node.is_none()) {
        entries.splice(first..after, range.map(Entry::range));
        return;
    }
    // What lies between two nodes goes into the second one; what comes last, into the last one.
    let first = first.min(entries.len() - 1);
    let after = after.max(first + 1);
    // (Where that fails, it may be done again: it changes nothing more.)
    if after == first + 1 && entries[first].replace_within(span, range) {
        return;
    }
    // The nodes in the middle go as they are.
    let mut touched = entries.drain(first..after);
    let ends = [(touched.next(), range), (touched.next_back(), None)];
    drop(touched);
    let changed = ends
        .into_iter()
        .filter_map(|(node, range)| Some(node?.replaced(span, range)));
    entries.splice(first..first, changed.flatten());
}

/// The entries as nodes, none of which has too many.
fn cut(mut entries: Vec<Entry>) -> impl Iterator<Item = Entry> {
    let mut rest = Vec::new();
    if entries.len() > MOST {
        rest = entries.split_off(entries.len() / 2);
        entries.shrink_to_fit();
    }
    [entries, rest]
        .into_iter()
        .filter(|entries| !entries.is_empty())
        .map(Entry::node)
}

/// The ranges in order.
pub(crate) struct Iter<'a> {
    /// What is left of each node on the way to the next range.
    unread: Vec<slice::Iter<'a, Entry>>,
}

impl Iterator for Iter<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        loop {
            let Some(entry) = self.unread.last_mut()?.next() else {
                self.unread.pop();
                continue;
            };
            match &entry.node {
                Some(node) => self.unread.push(node.iter()),
                None => return Some((entry.start, entry.end)),
            }
        }
    }
}
