/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Where the player's pictures go: to files, to the window, or nowhere.

use media_source::{VideoFrame, VideoRenderer};

use crate::frames::FrameSender;
use crate::window::Display;

/// Takes each picture when it is due.
pub struct Screen {
    /// The window, if there is one.
    pub display: Option<Display>,
    /// Where every nth picture goes, and n.
    pub frames: Option<(FrameSender, u32)>,
    /// How many pictures were shown.
    pub shown: u32,
}

impl VideoRenderer for Screen {
    fn render(&mut self, frame: VideoFrame) {
        if let Some(display) = &self.display {
            display.show(&frame);
        }
        if let Some((sender, every)) = &self.frames
            && self.shown.is_multiple_of(*every)
        {
            sender.send(frame);
        }
        self.shown = self.shown.wrapping_add(1);
    }
}
