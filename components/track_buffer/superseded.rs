/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Overlap at the playhead: pictures that others took the place of while they were being read.
//!
//! A reader in the middle of a group of pictures cannot go on with pictures of another group, as
//! they do not decode from what it has read. It goes on with the old ones until a new random access
//! point comes. So the old group is kept as long as a cursor stands in it: one group for each cursor
//! at most.

use std::ops::Range;

use crate::group::{GroupIdentity, GroupOfPictures};
use crate::time::PresentationTime;

/// The groups of a track as they were before frames of them were replaced.
#[derive(Debug, Default)]
pub(crate) struct SupersededGroups(Vec<GroupOfPictures>);

impl SupersededGroups {
    /// Keeps a group for the cursors that stand in it.
    pub(crate) fn keep(&mut self, group: GroupOfPictures) {
        self.0.push(group);
    }

    /// The group of that identity, if frames of it were replaced.
    pub(crate) fn find(&self, identity: &GroupIdentity) -> Option<&GroupOfPictures> {
        self.0.iter().find(|group| group.identity == *identity)
    }

    /// Removes the frames that start in the window, and those that depend on them.
    pub(crate) fn remove(&mut self, window: &Range<PresentationTime>) {
        self.0.retain_mut(|group| {
            let removed = group.removed_by(window);
            removed.is_empty() || group.truncate(removed.start)
        });
    }

    /// Drops the groups in which no cursor stands any more.
    pub(crate) fn drop_unread(&mut self) {
        self.0.retain(|group| group.identity.is_shared());
    }

    /// What the frames cost to keep, in bytes.
    pub(crate) fn byte_size(&self) -> usize {
        self.0.iter().map(GroupOfPictures::byte_size).sum()
    }
}
