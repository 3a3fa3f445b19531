/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Keeps what the headers of PES packets say about the access units that begin in them.
//!
//! "The presentation time refers to the first access unit that commences in the PES packet", whether
//! or not it ends in it (ISO/IEC 13818-1, 2.4.3.7).

use std::collections::VecDeque;

use crate::memory::allocated;

/// The headers of PES packets, by the position at which their payload begins in the current bytes.
pub(super) struct Marks<T> {
    marks: VecDeque<(usize, T)>,
}

impl<T> Default for Marks<T> {
    fn default() -> Self {
        Self {
            marks: VecDeque::new(),
        }
    }
}

impl<T> Marks<T> {
    /// Adds the header of a PES packet that begins at `position`. Nothing began between `unused`
    /// and there, so what was said about that is forgotten.
    pub(super) fn add(&mut self, position: usize, unused: usize, said: T) {
        while self.marks.pop_back_if(|mark| mark.0 >= unused).is_some() {}
        self.marks.push_back((position, said));
    }

    /// Takes what was said about the access unit that begins at `position`, which is what the last
    /// PES packet before it says. It is `None` if another access unit has begun in that packet
    /// already.
    pub(super) fn take(&mut self, position: usize) -> Option<T> {
        let mut said = None;
        while let Some((_, next)) = self.marks.pop_front_if(|mark| mark.0 <= position) {
            said = Some(next);
        }
        said
    }

    /// Moves all positions by `count` bytes that were dropped.
    pub(super) fn advance(&mut self, count: usize) {
        for (position, _) in &mut self.marks {
            *position = position.saturating_sub(count);
        }
    }

    pub(super) fn clear(&mut self) {
        self.marks.clear();
    }

    /// Returns the memory in bytes that the marks take.
    pub(super) fn held_bytes(&self) -> usize {
        allocated(self.marks.capacity() * size_of::<(usize, T)>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_unit_of_each_packet() {
        let mut marks = Marks::default();
        marks.add(0, 0, 'a');
        marks.add(100, 100, 'b');
        assert_eq!(marks.take(10), Some('a'));
        assert_eq!(marks.take(60), None);
        marks.advance(60);
        assert_eq!(marks.take(39), None);
        assert_eq!(marks.take(40), Some('b'));
    }

    #[test]
    fn packets_in_which_none_begins() {
        let mut marks = Marks::default();
        for (position, said) in (0..100).zip("abcdefgh".chars().cycle()) {
            marks.add(position, 0, said);
        }
        assert!(marks.held_bytes() < 1000);
        assert_eq!(marks.take(200), Some('d'));
        marks.add(300, 300, 'x');
        marks.add(310, 305, 'y');
        assert_eq!(marks.take(320), Some('y'));
    }
}
