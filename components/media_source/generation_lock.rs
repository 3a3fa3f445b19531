/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How a command stops an append that runs on another thread. (The test `generations` has every
//! order of its steps tried, with another `sync` beside this file.)

use super::sync::{AtomicU64, Mutex, MutexGuard, Ordering};

/// A value on which the appends of one generation after the other work, turn by turn. Whoever ends
/// a generation and then has the lock once knows that its appends do nothing any more.
pub(crate) struct GenerationLock<T> {
    generation: AtomicU64,
    value: Mutex<T>,
}

impl<T> GenerationLock<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            generation: AtomicU64::new(0),
            value: Mutex::new(value),
        }
    }

    /// Of an append that starts now.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Makes the appends that were started so far stop at their next turn. Does not wait for one.
    pub(crate) fn end_generation(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// The value for a turn of an append, as long as its generation has not ended.
    pub(crate) fn lock_for(&self, generation: u64) -> Option<MutexGuard<'_, T>> {
        // The generation is looked at under the lock: it may end while this waits for it.
        let value = self.value.lock();
        (self.generation() == generation).then_some(value)
    }

    /// The value for a command, whatever the generation is. Waits for a turn that runs.
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.value.lock()
    }
}
