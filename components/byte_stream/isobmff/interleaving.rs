/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The samples of several tracks in the order of their bytes.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::fragment::TrackFragment;
use super::movie::Movie;
use super::sample_table::SampleTable;
use super::samples::Sample;
use crate::error::StreamError;
use crate::memory::allocated;

/// The samples that a `moof` box or a `moov` box says of, in the order of their bytes. Only the
/// next one of each track is read: a table of a few bytes can say of very many samples.
#[derive(Default)]
pub(super) struct Interleaving {
    sources: BinaryHeap<WaitingSource>,
}

/// Where the samples of a track come from, in decode order.
pub(super) enum Source {
    Fragment(Box<TrackFragment>),
    Table(Box<SampleTable>),
}

/// A source and the sample that was read from it, which waits for its bytes.
struct WaitingSource {
    next: Sample,
    /// Of samples that begin at the same byte, the one of the first source comes first.
    number: usize,
    source: Source,
}

impl Interleaving {
    pub(super) fn new(
        sources: impl IntoIterator<Item = Source>,
        movie: &Movie,
    ) -> Result<Self, StreamError> {
        let mut waiting = Vec::new();
        for (number, mut source) in sources.into_iter().enumerate() {
            if let Some(next) = source.next(movie)? {
                waiting.push(WaitingSource {
                    next,
                    number,
                    source,
                });
            }
        }
        Ok(Self {
            sources: BinaryHeap::from(waiting),
        })
    }

    /// The next sample, which stays.
    pub(super) fn peek(&self) -> Option<&Sample> {
        self.sources.peek().map(|waiting| &waiting.next)
    }

    /// Passes on to the sample after the next one.
    pub(super) fn advance(&mut self, movie: &Movie) -> Result<(), StreamError> {
        let Some(mut first) = self.sources.peek_mut() else {
            return Ok(());
        };
        match first.source.next(movie)? {
            Some(next) => first.next = next,
            None => drop(PeekMut::pop(first)),
        }
        Ok(())
    }

    /// What it takes in memory beside the boxes, which are chunks.
    pub(super) fn held_bytes(&self) -> usize {
        let sources = self
            .sources
            .iter()
            .map(|waiting| waiting.source.held_bytes());
        let waiting = allocated(self.sources.capacity() * size_of::<WaitingSource>());
        waiting + sources.sum::<usize>()
    }
}

impl Source {
    fn next(&mut self, movie: &Movie) -> Result<Option<Sample>, StreamError> {
        match self {
            Self::Fragment(fragment) => fragment.next(movie),
            Self::Table(table) => table.next(movie),
        }
    }

    fn held_bytes(&self) -> usize {
        match self {
            Self::Fragment(fragment) => fragment.held_bytes(),
            Self::Table(_) => allocated(size_of::<SampleTable>()),
        }
    }
}

impl WaitingSource {
    /// The heap gives the greatest first.
    fn rank(&self) -> impl Ord {
        std::cmp::Reverse((self.next.offset, self.number))
    }
}

impl Ord for WaitingSource {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for WaitingSource {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for WaitingSource {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for WaitingSource {}
