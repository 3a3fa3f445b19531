/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How many players have a pipeline at once.
//!
//! A pipeline is ten threads and a decoder's pictures, and a page may make thousands of players. So
//! the players of a page share a number of pipelines. A player that can do without its own for now
//! gives it back when another one wants it; as long as none can, who wants one waits.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use crossbeam_channel::Sender;
use parking_lot::Mutex;

use crate::message::{Command, Message};

/// More than anybody watches at once.
const LIMIT: NonZeroUsize = NonZeroUsize::new(32).expect("it is not zero");

/// The pipelines that some players share, such as those of a page. Clones are the same ones.
#[derive(Clone)]
pub struct Pipelines(Arc<Shared>);

struct Shared {
    limit: usize,
    turns: Mutex<Turns>,
}

#[derive(Default)]
struct Turns {
    /// Counts what happens, so that it has an order.
    count: u64,
    /// At most as many as the limit is.
    holders: BTreeMap<u64, Holder>,
    /// Who comes first is served first.
    waiting: BTreeMap<u64, Waiter>,
}

struct Holder {
    messages: Sender<Message>,
    /// Since when it can do without; `None` if it cannot.
    idle_since: Option<u64>,
    is_asked: bool,
}

/// What a player does when its turn has come.
type Begin = Box<dyn FnOnce(Permit) + Send>;

struct Waiter {
    begin: Begin,
    messages: Sender<Message>,
}

/// The right to have a pipeline. Dropping it gives the right to who waits longest.
pub(crate) struct Permit {
    pipelines: Pipelines,
    number: u64,
}

/// A place among those who wait.
pub(crate) struct Ticket(u64);

impl Default for Pipelines {
    fn default() -> Self {
        Self::new(LIMIT)
    }
}

impl Pipelines {
    /// At most `limit` pipelines at once; 32 by default.
    pub fn new(limit: NonZeroUsize) -> Self {
        Self(Arc::new(Shared {
            limit: limit.get(),
            turns: Mutex::default(),
        }))
    }

    /// Lets the player that receives `messages` have a pipeline, or else wait: `begin` is called when
    /// its turn has come.
    pub(crate) fn request(
        &self,
        messages: Sender<Message>,
        begin: impl FnOnce(Permit) + Send + 'static,
    ) -> Result<Permit, Ticket> {
        let mut turns = self.0.turns.lock();
        if turns.holders.len() < self.0.limit {
            return Ok(self.admit(&mut turns, messages));
        }
        let begin = Box::new(begin);
        let number = turns.next_number();
        turns.waiting.insert(number, Waiter { begin, messages });
        turns.ask_for_pipelines();
        Err(Ticket(number))
    }

    /// Who waited does not any more.
    pub(crate) fn withdraw(&self, ticket: Ticket) {
        self.0.turns.lock().waiting.remove(&ticket.0);
    }

    fn admit(&self, turns: &mut Turns, messages: Sender<Message>) -> Permit {
        let number = turns.next_number();
        let holder = Holder {
            messages,
            idle_since: None,
            is_asked: false,
        };
        turns.holders.insert(number, holder);
        Permit {
            pipelines: self.clone(),
            number,
        }
    }
}

impl Turns {
    fn next_number(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// Asks as many holders as others wait, those first who have been idle longest.
    fn ask_for_pipelines(&mut self) {
        let asked_count = self.holders.values().filter(|holder| holder.is_asked);
        for _ in asked_count.count()..self.waiting.len() {
            let idle = self.holders.values_mut();
            let idle = idle.filter(|holder| holder.idle_since.is_some() && !holder.is_asked);
            let Some(holder) = idle.min_by_key(|holder| holder.idle_since) else {
                return;
            };
            holder.is_asked = true;
            // Its thread may have ended: then it gives the pipeline back in any case.
            let _ = holder
                .messages
                .send(Message::Command(Command::GiveBackPipeline));
        }
    }
}

impl Permit {
    /// Says whether the player can do without its pipeline for now. Whether it is asked to.
    pub(crate) fn set_idle(&self, is_idle: bool) -> bool {
        let mut turns = self.pipelines.0.turns.lock();
        let number = turns.next_number();
        let Some(holder) = turns.holders.get_mut(&self.number) else {
            return false;
        };
        if is_idle != holder.idle_since.is_some() {
            holder.idle_since = is_idle.then_some(number);
            holder.is_asked = false;
            turns.ask_for_pipelines();
        }
        let holder = turns.holders.get(&self.number);
        holder.is_some_and(|holder| holder.is_asked)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let pipelines = self.pipelines.clone();
        let next = {
            let mut turns = pipelines.0.turns.lock();
            turns.holders.remove(&self.number);
            let next = turns.waiting.pop_first();
            next.map(|(_, waiter)| {
                let permit = pipelines.admit(&mut turns, waiter.messages);
                (waiter.begin, permit)
            })
        };
        // Not under the lock: a player that does not want the permit any more drops it.
        if let Some((begin, permit)) = next {
            begin(permit);
        }
    }
}
