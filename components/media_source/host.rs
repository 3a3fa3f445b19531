/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What an engine must give: [`Host`], and a whole one in the example below.
//!
//! A host owns a [`MediaSource`], calls its methods, and after each of them does the effects
//! ([`MediaSource::tell`]). Three things are asked of it, and one rule: **whatever is queued runs
//! later, in the order in which it was queued**, never from within the call. (A job itself may
//! run within it, as a short one does in the [`JobExecutor`](crate::executor::JobExecutor):
//! scripts see what it did only by the task that hands over the outcome.)
//!
//! | the host | is asked to |
//! |---|---|
//! | has a task source | queue a task that fires an event |
//! | has threads | run a job, which appends or removes, then queue a task that hands over the outcome |
//! | has a media element | tell it |
//!
//! # A host without an engine
//! ```
//! use std::collections::VecDeque;
//!
//! use media_source::MediaSource;
//! use media_source::effect::{ElementEffect, Event, EventTarget};
//! use media_source::element::ElementState;
//! use media_source::executor::SteppedExecutor;
//! use media_source::host::Host;
//! use media_source::job::Job;
//!
//! /// Its task source.
//! #[derive(Default)]
//! struct Player {
//!     tasks: VecDeque<(EventTarget, Event)>,
//!     executor: SteppedExecutor,
//! }
//!
//! impl Host for Player {
//!     fn queue_event(&mut self, target: EventTarget, event: Event) {
//!         self.tasks.push_back((target, event));
//!     }
//!
//!     fn run_job(&mut self, job: Job) {
//!         self.executor.execute(job);
//!     }
//!
//!     fn tell_element(&mut self, effect: ElementEffect, _source: &MediaSource) {
//!         if let ElementEffect::DurationChanged(seconds) = effect {
//!             println!("the media lasts {seconds} s");
//!         }
//!     }
//! }
//!
//! impl Player {
//!     /// Its event loop, until nothing is left to do.
//!     fn run(&mut self, source: &mut MediaSource) {
//!         loop {
//!             if let Some((target, event)) = self.tasks.pop_front() {
//!                 println!("{} at {target:?}", event.name());
//!             } else if let Some(outcome) = self.executor.run() {
//!                 source.handle_job_outcome(outcome);
//!             } else {
//!                 return;
//!             }
//!             source.tell(self);
//!         }
//!     }
//! }
//!
//! let media = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/media/h264.mp4"));
//! let mut player = Player::default();
//! let mut source = MediaSource::new(|_codec| true);
//! source.attach();
//! source.tell(&mut player);
//! let buffer = source.add_source_buffer("video/mp4; codecs=\"avc1.64000C\"").unwrap();
//! source.tell(&mut player);
//! let element = ElementState::default();
//! source.append_buffer(buffer, media, element).unwrap();
//! source.tell(&mut player);
//! player.run(&mut source);
//!
//! assert!(!source.is_updating(buffer));
//! let mut reader = source.track_readers().remove(0);
//! assert!(matches!(reader.read(), track_buffer::Read::Frame(_)));
//! ```

use crate::effect::{Discarded, Effect, ElementEffect, Event, EventTarget};
use crate::job::Job;
use crate::media_source::MediaSource;

/// What does the [effects](Effect) of a [`MediaSource`]. A host that would rather match on them
/// drains [`MediaSource::poll_effect`] itself.
pub trait Host {
    /// Queue a task to fire an event.
    fn queue_event(&mut self, target: EventTarget, event: Event);

    /// Run the job on any thread, this one included, then queue a task that hands its outcome to
    /// [`MediaSource::handle_job_outcome`].
    fn run_job(&mut self, job: Job);

    /// Tell the attached media element, if there is one. It is done before this returns, and may
    /// ask `media_source`, such as for its [`track_readers`](MediaSource::track_readers).
    fn tell_element(&mut self, effect: ElementEffect, media_source: &MediaSource);

    /// Drop what is left of a SourceBuffer, or what it evicted. A host whose thread must not be held
    /// up drops it on another, such as that of the [`JobExecutor`](crate::executor::JobExecutor).
    fn discard(&mut self, discarded: Discarded) {
        drop(discarded);
    }
}

impl MediaSource {
    /// Lets the host do all that is to be done, in its order. To be called after every command
    /// (whatever it returned) and every `handle_*` call.
    pub fn tell(&mut self, host: &mut impl Host) {
        while let Some(effect) = self.poll_effect() {
            match effect {
                Effect::Fire { target, event } => host.queue_event(target, event),
                Effect::RunJob(job) => host.run_job(job),
                Effect::Element(effect) => host.tell_element(effect, self),
                Effect::Discard(discarded) => host.discard(discarded),
            }
        }
    }
}
