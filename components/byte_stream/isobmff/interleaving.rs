/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Gives the samples of several tracks in the order of their bytes.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::fragment::TrackFragment;
use super::movie::Movie;
use super::sample_table::SampleTable;
use super::samples::Sample;
use crate::error::StreamError;
use crate::memory::allocated;

/// The samples of a `moof` box or a `moov` box, in the order of their bytes. Only the next sample
/// of each track is read, because a table of a few bytes can describe very many samples.
#[derive(Default)]
pub(super) struct Interleaving {
    sources: BinaryHeap<WaitingSource>,
}

/// A source of the samples of a track, in decode order.
pub(super) enum Source {
    Fragment(Box<TrackFragment>),
    Table(Box<SampleTable>),
}

/// A source and the sample that was read from it, which waits for its bytes.
struct WaitingSource {
    next: Sample,
    /// The number of the source. Of samples that begin at the same byte, the one with the lowest
    /// number comes first.
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

    /// Returns the next sample without taking it.
    pub(super) fn peek(&self) -> Option<&Sample> {
        self.sources.peek().map(|waiting| &waiting.next)
    }

    /// Takes the next sample, and reads the one after it.
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

    /// Returns the memory in bytes that this takes beside the boxes, which are chunks.
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
    /// Returns the rank in the heap, which gives the greatest first.
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
