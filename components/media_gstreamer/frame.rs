/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Decoded pictures and who takes them.

use gstreamer::Sample;
use gstreamer_video::prelude::*;
use gstreamer_video::video_frame::Readable;
use gstreamer_video::{VideoFrame as MappedFrame, VideoInfo};
use track_buffer::time::PresentationTime;

use crate::timeline;

const BYTES_PER_PIXEL: usize = 4;

/// Takes the pictures of a player.
pub trait VideoRenderer: Send {
    /// Shows `frame` from now on. Called when it is due, on a thread of GStreamer's, which waits:
    /// the next frame comes after the return.
    fn render(&mut self, frame: VideoFrame);
}

/// A decoded picture. As bytes it is rows of BGRA pixels, top row first, each row exactly
/// `4 * width` bytes, with every alpha 255.
pub struct VideoFrame {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// From when on it is shown; for the first one after a seek into the middle of a frame, the
    /// target of the seek.
    pub start: PresentationTime,
    pixels: Pixels,
}

enum Pixels {
    /// The decoder's memory, whose first bytes are the rows without padding.
    Mapped(Box<MappedFrame<Readable>>),
    /// The rows, copied out of memory that has padding between them.
    Packed(Vec<u8>),
}

impl VideoFrame {
    /// The frame in a sample of BGRA video; `None` if it is anything else or has no time.
    pub(crate) fn from_sample(sample: &Sample) -> Option<Self> {
        let info = VideoInfo::from_caps(sample.caps()?).ok()?;
        let buffer = sample.buffer_owned()?;
        let start = timeline::from_clock_time(buffer.pts()?);
        let frame = MappedFrame::from_buffer_readable(buffer, &info).ok()?;
        Some(Self {
            width: info.width(),
            height: info.height(),
            start,
            pixels: Pixels::from_frame(frame)?,
        })
    }
}

impl AsRef<[u8]> for VideoFrame {
    fn as_ref(&self) -> &[u8] {
        match &self.pixels {
            Pixels::Mapped(frame) => {
                let size = self.width as usize * self.height as usize * BYTES_PER_PIXEL;
                frame
                    .plane_data(0)
                    .ok()
                    .and_then(|plane| plane.get(..size))
                    .unwrap_or_default()
            }
            Pixels::Packed(rows) => rows,
        }
    }
}

impl Pixels {
    fn from_frame(frame: MappedFrame<Readable>) -> Option<Self> {
        let row = frame.width() as usize * BYTES_PER_PIXEL;
        let height = frame.height() as usize;
        let stride = usize::try_from(*frame.plane_stride().first()?).ok()?;
        let plane = frame.plane_data(0).ok()?;
        if stride == row {
            return (plane.len() >= row * height).then(|| Self::Mapped(Box::new(frame)));
        }
        let rows = plane.chunks(stride).take(height);
        Some(Self::Packed(
            rows.flat_map(|bytes| bytes.iter().take(row))
                .copied()
                .collect(),
        ))
    }
}
