/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The tasks of other threads for a media element: those of its player, and those of a worker whose
//! MediaSource it plays.
#![warn(unused)]

use std::sync::{Arc, Mutex, Weak};

use js::context::JSContext;

use super::player_tasks::PlayerTasks;
use super::{HTMLMediaElement, HTMLMediaElementEventHandler};

/// Queues tasks for an element from any thread, and does not keep the element alive. It ends with the
/// element's player: nothing that an earlier media resource queued reaches the next one.
#[derive(Clone)]
pub(crate) struct ElementTasks {
    /// The handler of the player's events. Only tasks of the element's own thread may take it out.
    handler: Weak<Mutex<HTMLMediaElementEventHandler>>,
    tasks: PlayerTasks,
}

impl ElementTasks {
    /// Queues a task. Returns `false` if the page of the element is gone, where no task runs.
    pub(crate) fn queue(
        &self,
        steps: impl FnOnce(&HTMLMediaElement, &mut JSContext) + Send + 'static,
    ) -> bool {
        let handler = self.handler.clone();
        self.tasks.queue(move |cx| {
            let handler = handler.upgrade();
            let element = handler.and_then(|handler| handler.lock().unwrap().element.root());
            if let Some(element) = element {
                steps(&element, cx);
            }
        })
    }
}

impl HTMLMediaElement {
    /// Returns the queue for the tasks of the present player and its MediaSource; `None` without a player.
    pub(super) fn element_tasks(&self) -> Option<ElementTasks> {
        let handler = self.event_handler.borrow();
        let tasks = self.additions.player_tasks.borrow();
        Some(ElementTasks {
            handler: Arc::downgrade(handler.as_ref()?),
            tasks: tasks.clone()?,
        })
    }
}
