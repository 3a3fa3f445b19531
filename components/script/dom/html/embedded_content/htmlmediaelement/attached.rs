/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How long an attached MediaSource and its player last. They rest while the page of the element rests, and
//! end with that page or with the page of the MediaSource. An element that plays is not collected.
#![warn(unused)]

use script_bindings::root::DomRoot;
use servo_base::id::PipelineId;

use super::element_list::ElementList;
use super::{HTMLMediaElement, MEDIA_ERR_NETWORK};
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::refcounted::Trusted;
use crate::dom::mse::attachment::AttachedSource;
use crate::dom::mse::object_url;
use crate::dom::node::{Node, NodeTraits};

thread_local! {
    /// The elements of this thread that were attached to a MediaSource.
    static ATTACHED: ElementList = const { ElementList::new() };
}

/// Pauses the players of a page that is not fully active any more.
pub(crate) fn suspend(page: PipelineId) {
    for element in elements_of(page) {
        element.mse_with_player(|player| player.element().suspend());
    }
}

/// Lets the players of a page go on that is fully active again.
pub(crate) fn resume(page: PipelineId) {
    for element in elements_of(page) {
        element.mse_with_player(|player| player.element().resume());
    }
}

/// Handles that the page is left. It may come back, but it appends nothing meanwhile, so the elements of
/// other pages lose its MediaSources.
pub(crate) fn unload(page: PipelineId) {
    object_url::remove_environment(page);
    for element in ATTACHED.with(ElementList::elements) {
        let is_lost = match &*element.additions.mse.attached.borrow() {
            Some(attached) => attached.is_of(page),
            None => false,
        };
        if is_lost && element.owner_window().pipeline_id() != page {
            element.mse_lose_source();
        }
    }
}

/// Handles that the page is gone for good. The memory of its media is given back now, and not when its
/// objects are collected. (A page that was removed with its frame has not been unloaded before.)
pub(crate) fn end(page: PipelineId) {
    unload(page);
    object_url::remove_media_sources_of(page);
    for element in elements_of(page) {
        element.mse_end();
    }
}

fn elements_of(page: PipelineId) -> impl Iterator<Item = DomRoot<HTMLMediaElement>> {
    ATTACHED
        .with(ElementList::elements)
        .into_iter()
        .filter(move |element| element.owner_window().pipeline_id() == page)
}

impl HTMLMediaElement {
    /// Follows the page of the element, which is about to be attached.
    pub(super) fn mse_follow_page(&self) {
        ATTACHED.with(|attached| attached.add(self, Self::mse_is_attached));
    }

    /// Keeps an element alive that plays a MediaSource without being in a document.
    pub(super) fn mse_keep_alive(&self) {
        let is_attached = self.mse_is_attached();
        *self.additions.mse.alive.borrow_mut() = self.root_while_playing_alone(is_attached);
    }

    /// Returns a root of the element if only that keeps it, and it plays what has a player of ours. Media
    /// elements must not stop playing just because all references to them have been removed.
    /// <https://html.spec.whatwg.org/multipage/#playing-the-media-resource:media-element-83>
    pub(super) fn root_while_playing_alone(&self, has_player: bool) -> Option<Trusted<Self>> {
        let is_alone = !self.upcast::<Node>().is_connected();
        let is_playing = has_player && self.is_potentially_playing();
        (is_alone && is_playing).then(|| Trusted::new(self))
    }

    fn mse_end(&self) {
        *self.additions.mse.alive.borrow_mut() = None;
        *self.additions.mse.player.borrow_mut() = None;
        *self.player.borrow_mut() = None;
        self.seeking.set(false);
        // A frame holds the memory of all frames that were decoded with it.
        self.forget_frames();
        // (A worker's MediaSource is detached when this is dropped.)
        if let Some(AttachedSource::InWindow(media_source)) = self.additions.mse.attached.take() {
            media_source.end();
        }
    }

    /// Fails the element because the page of its MediaSource is gone. The element belongs to another page,
    /// and nobody appends what it would play next.
    fn mse_lose_source(&self) {
        self.mse_end();
        self.mse_queue_task(|this, cx| {
            this.mse_fail_with(cx, MEDIA_ERR_NETWORK, "the page of the MediaSource is gone");
        });
    }
}
