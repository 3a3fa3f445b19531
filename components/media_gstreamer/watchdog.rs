/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What happens when GStreamer does not answer.
//!
//! Changing the state of a pipeline, and flushing it, waits for its threads. One that is stuck, in a
//! decoder, a driver or a renderer, would keep the control thread forever. Nobody can end it; but
//! the user is told, and the player counts as closed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use crate::error::PlayerError;
use crate::log::CATEGORY;
use crate::player::{Listener, PlayerEvent, Shared};

/// How long a pipeline may take to answer.
pub(crate) const LIMIT: Duration = Duration::from_secs(5);

/// How many pipelines of this process were given up.
static ABANDONED: AtomicUsize = AtomicUsize::new(0);

/// Tells when what may not return begins and ends. The watch is over when the last clone is gone.
#[derive(Clone)]
pub(crate) struct Watchdog(Sender<Turn>);

#[derive(Debug, Eq, PartialEq)]
enum Turn {
    Begins,
    Ends,
}

impl Watchdog {
    /// Starts a watch, whose end is that of the thread.
    pub(crate) fn start(
        shared: Arc<Shared>,
        listener: Arc<Listener>,
    ) -> Result<(Self, JoinHandle<()>), PlayerError> {
        let (sender, turns) = crossbeam_channel::unbounded();
        let watch = move || {
            while turns.recv().is_ok() {
                if !ends_in_time(&turns) {
                    return abandon(&shared, &listener);
                }
            }
        };
        let thread = thread::Builder::new()
            .name("PlayerWatchdog".to_owned())
            .spawn(watch);
        let thread = thread.map_err(|error| PlayerError::Initialization(error.to_string()))?;
        Ok((Self(sender), thread))
    }

    /// Does `work`, which waits for GStreamer's threads.
    pub(crate) fn watch<R>(&self, work: impl FnOnce() -> R) -> R {
        // Nobody listens any more when there was no answer once.
        let _ = self.0.send(Turn::Begins);
        let result = work();
        let _ = self.0.send(Turn::Ends);
        result
    }
}

fn ends_in_time(turns: &Receiver<Turn>) -> bool {
    turns.recv_timeout(LIMIT) != Err(RecvTimeoutError::Timeout)
}

fn abandon(shared: &Shared, listener: &Listener) {
    let count = ABANDONED.fetch_add(1, Ordering::Relaxed) + 1;
    gstreamer::error!(
        CATEGORY,
        "a pipeline did not answer for {LIMIT:?} and is abandoned, number {count} in this process"
    );
    let error = PlayerError::Unresponsive {
        position: shared.position(),
    };
    if shared.fail() {
        listener(PlayerEvent::Error(error));
    }
}
