/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Memory for pictures, which is used again when nobody has the picture any more.

use gstreamer::prelude::*;
use gstreamer::{Buffer, BufferPool, Caps};
use gstreamer_video::VideoInfo;

/// Memory for pictures of one size and format.
pub(crate) struct FramePool {
    pool: BufferPool,
    caps: Caps,
    info: VideoInfo,
}

impl FramePool {
    /// Returns memory for pictures like `info`; `None` if there is none.
    pub(crate) fn new(info: VideoInfo) -> Option<Self> {
        let pool = BufferPool::new();
        let caps = info.to_caps().ok()?;
        let mut config = pool.config();
        config.set_params(Some(&caps), u32::try_from(info.size()).ok()?, 0, 0);
        pool.set_config(config).ok()?;
        pool.set_active(true).ok()?;
        Some(Self { pool, caps, info })
    }

    /// Returns what the pictures are like.
    pub(crate) fn info(&self) -> &VideoInfo {
        &self.info
    }

    /// Returns the same as capabilities.
    pub(crate) fn caps(&self) -> &Caps {
        &self.caps
    }

    /// Returns memory that nobody else has; `None` if there is none.
    pub(crate) fn acquire(&self) -> Option<Buffer> {
        self.pool.acquire_buffer(None).ok()
    }
}

impl Drop for FramePool {
    fn drop(&mut self) {
        // Pictures that are still in use are freed later.
        let _ = self.pool.set_active(false);
    }
}
