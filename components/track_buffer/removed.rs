/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The frames that were taken out of track buffers, to be dropped where nobody waits for it.

use byte_stream::memory::allocated;

use crate::frame_run::FrameRun;
use crate::group::GroupOfPictures;

/// Coded frames that are not stored any more. Dropping many of them takes a while, so it is best
/// done on another thread, or at least without a lock.
#[derive(Debug, Default)]
pub struct RemovedFrames(Vec<FrameRun>);

impl RemovedFrames {
    /// Whether there are no frames.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the number of frames.
    pub fn len(&self) -> usize {
        self.0.iter().map(FrameRun::len).sum()
    }

    /// Returns the memory in bytes that the frames take beside their payloads.
    pub fn overhead_bytes(&self) -> usize {
        let runs = allocated(self.0.capacity() * size_of::<FrameRun>());
        runs + self.0.iter().map(FrameRun::overhead_bytes).sum::<usize>()
    }

    pub(crate) fn add(&mut self, part: GroupOfPictures) {
        self.0.push(part.into_frames());
    }

    pub(crate) fn append(&mut self, other: &mut Self) {
        if self.is_empty() {
            std::mem::swap(self, other);
        } else {
            self.0.append(&mut other.0);
        }
    }
}
