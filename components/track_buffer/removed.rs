/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What was taken out of track buffers, to be dropped where nobody waits for it.

use crate::frame_run::FrameRun;
use crate::group::GroupOfPictures;

/// Coded frames that are not stored any more. To drop many of them takes a while, which holds up
/// nobody on another thread, or at least without a lock.
#[derive(Debug, Default)]
pub struct RemovedFrames(Vec<FrameRun>);

impl RemovedFrames {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
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
