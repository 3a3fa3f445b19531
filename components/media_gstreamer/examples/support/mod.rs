/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the examples count.

use std::fs;
use std::thread;
use std::time::Duration;

/// What the process uses of the system.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    threads: usize,
    files: usize,
}

impl Usage {
    fn now() -> Self {
        let count = |folder| fs::read_dir(folder).map_or(0, Iterator::count);
        Self {
            threads: count("/proc/self/task"),
            files: count("/proc/self/fd"),
        }
    }

    /// Returns what is used when no thread is on its way to its end any more, or when it is no more than
    /// before.
    pub(crate) fn settled(before: &Self) -> Self {
        let mut last = Self::now();
        for _ in 0..50 {
            if !last.exceeds(before) {
                break;
            }
            // Nothing tells that a thread has ended.
            thread::sleep(Duration::from_millis(20));
            last = Self::now();
        }
        last
    }

    pub(crate) fn exceeds(&self, other: &Self) -> bool {
        self.threads > other.threads || self.files > other.files
    }
}
