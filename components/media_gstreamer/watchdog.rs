/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The watchdog, for when GStreamer does not answer.
//!
//! Changing the state of a pipeline, and flushing it, waits for its threads. A thread that is stuck in a
//! decoder, a driver or a renderer would block the control thread forever, and cannot be ended. But the
//! user is told, and the player counts as closed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::log::CATEGORY;
use crate::shared::Shared;
use media_source::PlayerError;

/// How long a pipeline may take to answer.
pub(crate) const LIMIT: Duration = Duration::from_secs(5);

/// How many pipelines of this process were given up.
static ABANDONED: AtomicUsize = AtomicUsize::new(0);

/// The calls that may not return, of all players and devices. One thread watches them.
static WATCH: Watch = Watch {
    turns: Mutex::new(Turns {
        is_watched: false,
        count: 0,
        open: BTreeMap::new(),
    }),
    has_begun: Condvar::new(),
};

/// Tells the watching thread when a call begins that may not return, and when it ends.
#[derive(Clone)]
pub(crate) struct Watchdog {
    watched: Arc<dyn Watched>,
}

/// What has calls that may not return, such as a player.
pub(crate) trait Watched: Send + Sync {
    /// Ends it, because GStreamer did not answer.
    fn abandon(&self);
}

struct Watch {
    turns: Mutex<Turns>,
    has_begun: Condvar,
}

struct Turns {
    /// Whether the thread was started.
    is_watched: bool,
    /// How many calls were watched so far.
    count: u64,
    /// The calls that have not returned, by their numbers, and so by when they are due.
    open: BTreeMap<u64, Turn>,
}

struct Turn {
    due: Instant,
    player: Watchdog,
}

impl Watchdog {
    /// Returns the watchdog of a player or a device. The thread is started if there is none yet, and stays.
    pub(crate) fn new(watched: Arc<dyn Watched>) -> Result<Self, PlayerError> {
        let mut turns = WATCH.turns.lock();
        if !turns.is_watched {
            let thread = thread::Builder::new()
                .name("PlayerWatchdog".to_owned())
                .spawn(|| WATCH.run());
            thread.map_err(|error| PlayerError::Initialization(error.to_string()))?;
            turns.is_watched = true;
        }
        Ok(Self { watched })
    }

    /// Calls `work`, which waits for GStreamer's threads.
    pub(crate) fn watch<R>(&self, work: impl FnOnce() -> R) -> R {
        let turn = WATCH.begin(self.clone());
        let result = work();
        WATCH.end(turn);
        result
    }

    /// Ends what GStreamer did not answer.
    fn abandon(&self) {
        let count = ABANDONED.fetch_add(1, Ordering::Relaxed) + 1;
        gstreamer::error!(
            CATEGORY,
            "a pipeline did not answer for {LIMIT:?} and is abandoned, number {count} in this process"
        );
        self.watched.abandon();
    }
}

impl Watched for Shared {
    fn abandon(&self) {
        self.fail(PlayerError::Unresponsive {
            position: self.position(),
        });
    }
}

impl Watch {
    fn begin(&self, player: Watchdog) -> u64 {
        let mut turns = self.turns.lock();
        turns.count += 1;
        let number = turns.count;
        if turns.open.is_empty() {
            // Otherwise the thread waits until an earlier call is due.
            self.has_begun.notify_one();
        }
        let due = Instant::now() + LIMIT;
        turns.open.insert(number, Turn { due, player });
        number
    }

    fn end(&self, number: u64) {
        let turn = self.turns.lock().open.remove(&number);
        // This is not under the lock, since it may be the last owner of the listener.
        drop(turn);
    }

    fn run(&self) {
        let mut turns = self.turns.lock();
        loop {
            let Some(first) = turns.open.first_entry() else {
                self.has_begun.wait(&mut turns);
                continue;
            };
            let due = first.get().due;
            if due > Instant::now() {
                self.has_begun.wait_until(&mut turns, due);
                continue;
            }
            let turn = first.remove();
            MutexGuard::unlocked(&mut turns, || {
                turn.player.abandon();
                drop(turn);
            });
        }
    }
}
