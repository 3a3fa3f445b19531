/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Overlap at the playhead: keeps frames that others took the place of while they were being read.
//!
//! A reader in the middle of a group of pictures cannot go on with frames of another group, as they
//! do not decode from what it has read. It goes on with the old ones until a new random access
//! point comes. So what is taken out of a group is kept as long as a cursor stands in that group.
//! It is moved here, not copied: of each frame of a group there is one.

use std::ops::Range;

use crate::byte_size::ByteSize;
use crate::group::{GroupIdentity, GroupOfPictures, GroupReference};
use crate::removed::RemovedFrames;
use crate::time::PresentationTime;

/// The frames of a track that were replaced, and may still be read.
#[derive(Debug, Default)]
pub(crate) struct SupersededGroups(Vec<SupersededGroup>);

#[derive(Debug)]
struct SupersededGroup {
    identity: GroupIdentity,
    /// The parts that were taken out of the group, the last frames first.
    parts: Vec<GroupOfPictures>,
    /// The index from which on frames were removed since.
    removed_from: usize,
    byte_size: ByteSize,
}

impl SupersededGroups {
    /// Keeps the last frames of a group for the cursors that stand in it.
    pub(crate) fn keep(&mut self, part: GroupOfPictures) {
        let groups = &mut self.0;
        let place = groups
            .iter()
            .position(|group| group.identity.is_same(&part.identity));
        let place = place.unwrap_or_else(|| {
            groups.push(SupersededGroup {
                identity: part.identity.clone(),
                parts: Vec::new(),
                removed_from: usize::MAX,
                byte_size: ByteSize::default(),
            });
            groups.len() - 1
        });
        groups[place].byte_size += part.byte_size();
        groups[place].parts.push(part);
    }

    /// Returns the part with the frame at that index of a group, if that frame was replaced since
    /// the group had so many parts kept.
    pub(crate) fn find(
        &self,
        identity: &GroupReference,
        parts_kept: usize,
        index: usize,
    ) -> Option<&GroupOfPictures> {
        let group = self.0.iter().find(|group| group.identity.is(identity))?;
        let later_parts = group
            .parts
            .partition_point(|part| index < part.first_index());
        let part = group.parts.get(later_parts)?;
        let was_stored = parts_kept <= part.parts_kept;
        (was_stored && index < group.removed_from && index < part.len()).then_some(part)
    }

    /// Removes the frames that start in the window, and those that depend on them.
    pub(crate) fn remove(&mut self, window: &Range<PresentationTime>) {
        for group in &mut self.0 {
            let mut parts = group.parts.iter().rev();
            if let Some(first) = parts.find_map(|part| part.first_in(window)) {
                group.removed_from = group.removed_from.min(first);
            }
        }
    }

    /// Removes all parts of a group, of which frames were removed on which the parts depend.
    pub(crate) fn remove_all_of(&mut self, identity: &GroupIdentity) {
        let mut groups = self.0.iter_mut();
        if let Some(group) = groups.find(|group| group.identity.is_same(identity)) {
            group.removed_from = 0;
        }
    }

    /// Takes out the groups in which no cursor stands any more.
    pub(crate) fn take_unread(&mut self, removed: &mut RemovedFrames) {
        let is_unread = |group: &mut SupersededGroup| !group.identity.is_read();
        for group in self.0.extract_if(.., is_unread) {
            group.parts.into_iter().for_each(|part| removed.add(part));
        }
    }

    /// Returns what the frames cost in memory.
    pub(crate) fn byte_size(&self) -> ByteSize {
        self.0.iter().map(|group| group.byte_size).sum()
    }
}
