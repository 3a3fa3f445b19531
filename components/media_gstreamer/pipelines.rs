/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The pipelines that players share, and who has one.
//!
//! A pipeline has ten threads and a decoder's frames, and a page may make thousands of players. So the
//! players of a page share a number of pipelines. A player that can do without its own for now gives it
//! back when another one wants it. As long as none can, the other one waits.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use crossbeam_channel::Sender;
use parking_lot::Mutex;

use crate::hardware::DecoderPreference;
use crate::message::{Command, Message};

/// The default number of pipelines, which is more than anybody watches at once.
const LIMIT: NonZeroUsize = NonZeroUsize::new(32).expect("it is not zero");

/// The pipelines that some players share, such as those of a page, and which decoders are in them. Clones
/// share them too.
#[derive(Clone)]
pub struct Pipelines {
    shared: Arc<Shared>,
    preference: DecoderPreference,
}

struct Shared {
    limit: usize,
    turns: Mutex<Turns>,
}

#[derive(Default)]
struct Turns {
    /// The number of requests and changes so far, which gives them an order.
    count: u64,
    /// The players that have a pipeline. There are no more of them than the limit.
    holders: BTreeMap<u64, Holder>,
    /// The players that wait for a pipeline. The first to come is the first to get one.
    waiting: BTreeMap<u64, Waiter>,
}

struct Holder {
    messages: Sender<Message>,
    /// Since when the player can do without its pipeline; `None` if it cannot.
    idle_since: Option<u64>,
    /// Whether it was asked to give its pipeline back.
    is_asked: bool,
}

/// What to do when the turn of a player has come.
type Begin = Box<dyn FnOnce(Permit) + Send>;

struct Waiter {
    begin: Begin,
    messages: Sender<Message>,
}

/// The right to have a pipeline. Dropping it gives the right to the player that has waited longest.
pub(crate) struct Permit {
    pipelines: Pipelines,
    number: u64,
}

/// A place among the players that wait.
pub(crate) struct Ticket(u64);

impl Default for Pipelines {
    fn default() -> Self {
        Self::new(LIMIT)
    }
}

impl Pipelines {
    /// Returns pipelines of which at most `limit` exist at once. The default is 32.
    pub fn new(limit: NonZeroUsize) -> Self {
        Self {
            shared: Arc::new(Shared {
                limit: limit.get(),
                turns: Mutex::default(),
            }),
            preference: DecoderPreference::default(),
        }
    }

    /// Returns the same pipelines for players that choose their decoders by `preference`.
    #[must_use]
    pub fn with_decoder_preference(self, preference: DecoderPreference) -> Self {
        Self { preference, ..self }
    }

    pub(crate) fn decoder_preference(&self) -> DecoderPreference {
        self.preference
    }

    /// Lets the player that receives `messages` have a pipeline, or else wait: `begin` is called when
    /// its turn has come.
    pub(crate) fn request(
        &self,
        messages: Sender<Message>,
        begin: impl FnOnce(Permit) + Send + 'static,
    ) -> Result<Permit, Ticket> {
        let mut turns = self.shared.turns.lock();
        if turns.holders.len() < self.shared.limit {
            return Ok(self.admit(&mut turns, messages));
        }
        let begin = Box::new(begin);
        let number = turns.next_number();
        turns.waiting.insert(number, Waiter { begin, messages });
        turns.ask_for_pipelines();
        Err(Ticket(number))
    }

    /// Ends the wait of a player.
    pub(crate) fn withdraw(&self, ticket: Ticket) {
        self.shared.turns.lock().waiting.remove(&ticket.0);
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

    /// Asks as many holders to give their pipelines back as players wait. Those that have been idle
    /// longest are asked first.
    fn ask_for_pipelines(&mut self) {
        let asked_count = self.holders.values().filter(|holder| holder.is_asked);
        for _ in asked_count.count()..self.waiting.len() {
            let idle = self.holders.values_mut();
            let idle = idle.filter(|holder| holder.idle_since.is_some() && !holder.is_asked);
            let Some(holder) = idle.min_by_key(|holder| holder.idle_since) else {
                return;
            };
            holder.is_asked = true;
            // If its thread has ended, it gives the pipeline back in any case.
            let _ = holder
                .messages
                .send(Message::Command(Command::GiveBackPipeline));
        }
    }
}

impl Permit {
    /// Tells whether the player can do without its pipeline for now. Returns whether it is asked to give
    /// the pipeline back.
    pub(crate) fn set_idle(&self, is_idle: bool) -> bool {
        let mut turns = self.pipelines.shared.turns.lock();
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
            let mut turns = pipelines.shared.turns.lock();
            turns.holders.remove(&self.number);
            let next = turns.waiting.pop_first();
            next.map(|(_, waiter)| {
                let permit = pipelines.admit(&mut turns, waiter.messages);
                (waiter.begin, permit)
            })
        };
        // This is not under the lock, since a player that does not want the permit any more drops it.
        if let Some((begin, permit)) = next {
            begin(permit);
        }
    }
}
