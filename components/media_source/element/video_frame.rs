/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Decoded video frames, and who shows them.

use track_buffer::time::PresentationTime;

/// Shows the video frames of a player.
pub trait VideoRenderer: Send {
    /// Shows `frame` from now on. A player calls this when the frame is due, on a thread of its own,
    /// and gives the next frame only after the call has returned.
    fn render(&mut self, frame: VideoFrame);
}

/// A decoded video frame, the right way up and in its natural size.
///
/// <https://html.spec.whatwg.org/multipage/media.html#concept-video-intrinsic-width>
#[derive(Clone, Debug)]
pub struct VideoFrame {
    /// The width in pixels. Scripts see it as `videoWidth`.
    pub width: u32,
    /// The height in pixels. Scripts see it as `videoHeight`.
    pub height: u32,
    /// The width and the height in [media pixels](https://wicg.github.io/video-rvfc/#media-pixels): of
    /// the frame as it was coded, before it was scaled and turned.
    pub media_size: (u32, u32),
    /// The time from which it is shown. For the first frame after a seek into the middle of a frame,
    /// that is the target of the seek.
    pub start: PresentationTime,
    /// The pixels: rows of BGRA with 8 bits per channel, the top row first, each row exactly
    /// `4 * width` bytes, every alpha 255.
    pub pixels: Vec<u8>,
}
