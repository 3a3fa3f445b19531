/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How a command stops an append that runs on another thread. The test `generations` tries every order
//! of the steps, with another `sync` module beside this file.

use super::sync::{AtomicU64, Mutex, MutexGuard, Ordering};

/// A value on which the appends of one generation after the other work, turn by turn. When a command has
/// ended a generation and then held the lock once, the appends of that generation do nothing any more.
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

    /// Returns the generation of an append that starts now.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Makes the appends that have started so far stop at their next turn. This does not wait for a turn.
    pub(crate) fn end_generation(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// Locks the value for a turn of an append; `None` if the generation of the append has ended.
    pub(crate) fn lock_for(&self, generation: u64) -> Option<MutexGuard<'_, T>> {
        // The generation may end while this waits for the lock, so it is read under the lock.
        let value = self.value.lock();
        (self.generation() == generation).then_some(value)
    }

    /// Locks the value for a command, whatever the generation is. This waits for a turn that runs.
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.value.lock()
    }
}
