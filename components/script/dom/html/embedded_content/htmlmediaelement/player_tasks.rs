/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The tasks of a player's threads, for an element that may move to another document.
//! <https://dom.spec.whatwg.org/#concept-node-adopt>
#![warn(unused)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use js::context::JSContext;

use super::HTMLMediaElement;
use crate::dom::node::NodeTraits;
use crate::tasks::task_source::SendableTaskSource;

type Steps = Box<dyn FnOnce(&mut JSContext) + Send>;

/// Queues tasks on the media element task source of the document that the element is in.
#[derive(Clone)]
pub(super) struct PlayerTasks(Arc<Mutex<State>>);

struct State {
    task_source: SendableTaskSource,
    /// The work of the queued tasks, in their order. The tasks themselves go with the document in which they
    /// were queued.
    waiting: VecDeque<Steps>,
}

impl PlayerTasks {
    fn new(task_source: SendableTaskSource) -> Self {
        let waiting = VecDeque::new();
        Self(Arc::new(Mutex::new(State {
            task_source,
            waiting,
        })))
    }

    /// Queues a task, from any thread. Returns `false` if the document is gone, where no task runs.
    pub(super) fn queue(&self, steps: impl FnOnce(&mut JSContext) + Send + 'static) -> bool {
        let mut state = self.0.lock().unwrap();
        if state.task_source.canceller.cancelled() {
            return false;
        }
        state.waiting.push_back(Box::new(steps));
        self.queue_next(&state);
        true
    }

    fn queue_next(&self, state: &State) {
        let this = self.clone();
        state.task_source.queue(task!(player_task: move |cx| {
            let steps = this.0.lock().unwrap().waiting.pop_front();
            if let Some(steps) = steps {
                steps(cx);
            }
        }));
    }

    /// Goes on in another document with the work that has not run yet. Returns whether some may be lost,
    /// because the document before was gone already.
    fn move_to(&self, task_source: SendableTaskSource) -> bool {
        let mut state = self.0.lock().unwrap();
        let is_incomplete = state.task_source.canceller.cancelled();
        state.task_source = task_source;
        for _ in 0..state.waiting.len() {
            self.queue_next(&state);
        }
        is_incomplete
    }
}

impl HTMLMediaElement {
    /// Returns the queue for the tasks of a new player.
    pub(super) fn new_player_tasks(&self) -> PlayerTasks {
        let tasks = PlayerTasks::new(self.task_source_of_document());
        *self.additions.player_tasks.borrow_mut() = Some(tasks.clone());
        tasks
    }

    /// Handles that another document has adopted the element.
    pub(super) fn move_player_tasks(&self) {
        let tasks = self.additions.player_tasks.borrow().clone();
        let Some(tasks) = tasks else { return };
        let is_incomplete = tasks.move_to(self.task_source_of_document());
        // The end of a seek may be among what is lost.
        if is_incomplete && self.seeking.get() {
            self.seek(self.current_playback_position.get(), false);
        }
    }

    fn task_source_of_document(&self) -> SendableTaskSource {
        self.owner_global()
            .task_manager()
            .media_element_task_source()
            .to_sendable()
    }
}
