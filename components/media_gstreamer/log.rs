/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The player's category of GStreamer's log: `GST_DEBUG=sprocketplayer:4` shows it.

use std::sync::LazyLock;

use gstreamer::{DebugCategory, DebugColorFlags};

pub(crate) static CATEGORY: LazyLock<DebugCategory> = LazyLock::new(|| {
    DebugCategory::new(
        "sprocketplayer",
        DebugColorFlags::empty(),
        Some("Sprocket's player"),
    )
});
