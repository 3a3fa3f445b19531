/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the embedder chose for media sources, and what the media sources of a script thread share.

use std::sync::OnceLock;

use media_source::{Codec, Page, Platform, Player, PlayerError, PlayerListener, VideoRenderer};

/// What the embedder chose.
static PLATFORM: OnceLock<Platform> = OnceLock::new();

thread_local! {
    /// What the media sources of this thread share.
    static PAGE: Page = PLATFORM.get().cloned().unwrap_or_default().new_page();
}

/// Chooses the platform for all media sources of this process. An embedder calls this once, before it
/// starts the engine. Without it, pages see that no type is supported. Returns `false` if a platform
/// was chosen before.
pub fn set_media_platform(platform: Platform) -> bool {
    PLATFORM.set(platform).is_ok()
}

pub(crate) fn page() -> Page {
    PAGE.with(Page::clone)
}

pub(crate) fn can_decode(codec: Codec) -> bool {
    PAGE.with(|page| page.backend().can_decode(codec))
}

pub(crate) fn is_smooth(pixels_per_second: f64) -> bool {
    PAGE.with(|page| page.backend().is_smooth(pixels_per_second))
}

pub(crate) fn create_player(
    renderer: Box<dyn VideoRenderer>,
    listener: PlayerListener,
) -> Result<Box<dyn Player>, PlayerError> {
    PAGE.with(|page| page.backend().create_player(renderer, listener))
}
