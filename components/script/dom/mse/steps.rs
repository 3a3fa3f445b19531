/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The tasks of a MediaSource. A task costs more than a little append does, so what follows upon one another
//! is done in one task: `updatestart` and the outcome of a short append, then `update` and `updateend`.

use js::context::JSContext;
use media_source::{Event, JobOutcome};
use stylo_atoms::Atom;

use crate::dom::bindings::refcounted::Trusted;
use crate::dom::eventtarget::EventTarget;
use crate::dom::mse::mediasource::MediaSource;

/// A part of a task.
pub(super) enum Step {
    Fire(Trusted<EventTarget>, Event),
    HandleOutcome(JobOutcome),
}

impl MediaSource {
    /// Queues a task that does the steps, if there are any.
    pub(super) fn queue_steps(&self, steps: Vec<Step>) {
        if steps.is_empty() {
            return;
        }
        let this = Trusted::new(self);
        self.queue_task(task!(media_source_steps: move |cx| {
            let this = this.root();
            for step in steps {
                match step {
                    Step::Fire(target, event) => fire(cx, &target.root(), event),
                    Step::HandleOutcome(outcome) => this.handle_job_outcome(cx, outcome),
                }
            }
        }));
    }
}

/// Fires an event, unless nobody would notice: these targets have no parents.
fn fire(cx: &mut JSContext, target: &EventTarget, event: Event) {
    let name = Atom::from(event.name());
    if target.has_listeners_for(&name) {
        target.fire_event(cx, name);
    }
}
