/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the embedder chose for media sources, and what the media sources of a page share: those of a script
//! thread and of its dedicated workers.

use std::sync::{Arc, Mutex, OnceLock, Weak};

use media_source::{Codec, Page, Platform, Player, PlayerError, PlayerListener, VideoRenderer};
use servo_base::id::ScriptEventLoopId;

/// What the embedder chose.
static PLATFORM: OnceLock<Platform> = OnceLock::new();

/// The pages of all agent clusters. Each lasts as long as a thread of its agent cluster.
static PAGES: Mutex<Vec<(ScriptEventLoopId, Weak<Page>)>> = Mutex::new(Vec::new());

thread_local! {
    /// What the media sources of this thread share.
    static PAGE: Arc<Page> = page_of_thread();
}

fn page_of_thread() -> Arc<Page> {
    let new_page = || Arc::new(PLATFORM.get().cloned().unwrap_or_default().new_page());
    // A script thread's dedicated workers have its id. Other workers have none, and no MediaSource.
    let Some(agent_cluster) = ScriptEventLoopId::installed() else {
        return new_page();
    };
    let mut pages = PAGES.lock().unwrap();
    pages.retain(|(_, page)| page.strong_count() > 0);
    let ours = pages.iter().find(|(id, _)| *id == agent_cluster);
    if let Some(page) = ours.and_then(|(_, page)| page.upgrade()) {
        return page;
    }
    let page = new_page();
    pages.push((agent_cluster, Arc::downgrade(&page)));
    page
}

/// Chooses the platform for all media sources of this process. An embedder calls this once, before it
/// starts the engine. Without it, pages see that no type is supported. Returns `false` if a platform
/// was chosen before.
pub fn set_media_platform(platform: Platform) -> bool {
    PLATFORM.set(platform).is_ok()
}

pub(crate) fn page() -> Page {
    PAGE.with(|page| Page::clone(page))
}

/// Begins to load what plays media. A page with a media element is likely to play something.
pub(crate) fn prepare() {
    PAGE.with(|page| page.backend().prepare());
}

pub(crate) fn can_decode(codec: Codec) -> bool {
    PAGE.with(|page| page.backend().can_decode(codec))
}

pub(crate) fn is_smooth(pixels_per_second: f64) -> bool {
    PAGE.with(|page| page.backend().is_smooth(pixels_per_second))
}

pub(crate) fn is_power_efficient(codec: Codec, size: (u32, u32)) -> bool {
    PAGE.with(|page| page.backend().is_power_efficient(codec, size))
}

pub(crate) fn create_player(
    renderer: Box<dyn VideoRenderer>,
    listener: PlayerListener,
) -> Result<Box<dyn Player>, PlayerError> {
    PAGE.with(|page| page.backend().create_player(renderer, listener))
}
