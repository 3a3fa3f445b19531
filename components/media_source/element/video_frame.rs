/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Decoded video frames, and who shows them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use track_buffer::time::PresentationTime;

/// Shows the video frames of a player.
pub trait VideoRenderer: Send {
    /// Shows `frame` from now on. A player calls this when the frame is due, on a thread of its own,
    /// and gives the next frame only after the call has returned. A frame that nobody sees need not be
    /// converted.
    fn render(&mut self, frame: VideoFrame);
}

/// A decoded video frame, the right way up and in its natural size.
///
/// <https://html.spec.whatwg.org/multipage/media.html#concept-video-intrinsic-width>
#[derive(Clone)]
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
    /// How long ago a device of this machine captured it when it is rendered; `None` if it comes from elsewhere.
    /// <https://wicg.github.io/video-rvfc/#dom-videoframecallbackmetadata-capturetime>
    pub capture_age: Option<Duration>,
    /// The pixels, as the decoder left them. They keep its memory.
    pub pixels: Arc<dyn DecodedPixels>,
}

impl VideoFrame {
    /// Returns the pixels in the frame's own size: rows of BGRA as in a [`Picture`]. `None` if the decoder's
    /// memory has no such pixels.
    pub fn to_bgra(&self) -> Option<Vec<u8>> {
        let picture = self.pixels.to_bgra((self.width, self.height))?;
        Some(picture.pixels)
    }
}

impl fmt::Debug for VideoFrame {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("VideoFrame")
            .field("width", &self.width)
            .field("height", &self.height)
            .field("media_size", &self.media_size)
            .field("start", &self.start)
            .field("capture_age", &self.capture_age)
            .finish_non_exhaustive()
    }
}

/// The pixels of a video frame in the memory of its decoder. Most frames are converted once, and those
/// that nobody sees are not.
pub trait DecodedPixels: Send + Sync {
    /// Returns the frame as a picture that has at least that width and height, or the frame's where they
    /// are less. A frame that is shown at half its size or less may be halved for that, which is quicker.
    /// `None` if the decoder's memory has no such pixels.
    fn to_bgra(&self, least: (u32, u32)) -> Option<Picture>;
}

/// A picture that can be shown.
#[derive(Clone)]
pub struct Picture {
    /// The width in pixels.
    pub width: u32,
    /// The height in pixels.
    pub height: u32,
    /// Rows of BGRA with 8 bits per channel, the top row first, each row exactly `4 * width` bytes, every
    /// alpha 255.
    pub pixels: Vec<u8>,
}
