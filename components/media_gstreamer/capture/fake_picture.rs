/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The pictures of fake cameras.
//!
//! Each has its number along the top, as twelve squares, white for 1 and black for 0, in the way of the
//! pictures in `tests/media`. Below, a bar crosses the picture once a second, and the first picture of
//! each second has a white field. The background tells the camera.

use gstreamer::{Buffer, Fraction};
use gstreamer_video::prelude::*;
use gstreamer_video::{VideoFormat, VideoFrame, VideoInfo};
use media_stream::CameraMode;

use super::frame_pool::FramePool;

/// How many squares there are.
const BITS: u64 = 12;
/// The size that the places below are for.
const SIZE: (usize, usize) = (320, 180);
/// Where the squares are, and how far they are apart.
const SQUARES: (usize, usize) = (16, 8);
const SQUARE: usize = 24;
/// The top of the field and of the bar, their widths and the height of both.
const FIELD_TOP: usize = 80;
const FIELD_WIDTH: usize = 96;
const BAR_TOP: usize = 140;
const BAR_WIDTH: usize = 20;
const HEIGHT: usize = 32;

const BLACK: u8 = 16;
const GREY: u8 = 128;
const WHITE: u8 = 235;

/// Paints the pictures of a camera.
pub(crate) struct Painter {
    pool: FramePool,
    rate: u64,
    /// Cb and Cr.
    hue: [u8; 2],
}

impl Painter {
    /// Returns a painter of pictures of this mode; `None` if there is no memory for them.
    pub(crate) fn new(mode: &CameraMode, hue: [u8; 2]) -> Option<Self> {
        let rate = mode.frame_rate.round();
        let info = VideoInfo::builder(VideoFormat::I420, mode.width, mode.height)
            .fps(Fraction::new(rate as i32, 1));
        Some(Self {
            pool: FramePool::new(info.build().ok()?)?,
            rate: rate as u64,
            hue,
        })
    }

    pub(crate) fn pool(&self) -> &FramePool {
        &self.pool
    }

    /// Returns the picture of this number.
    pub(crate) fn paint(&self, number: u64) -> Option<Buffer> {
        let buffer = self.pool.acquire()?;
        let mut frame = VideoFrame::from_buffer_writable(buffer, self.pool.info()).ok()?;
        for (plane, hue) in (1..).zip(self.hue) {
            frame.plane_data_mut(plane).ok()?.fill(hue);
        }
        let mut canvas = Canvas {
            width: frame.width() as usize,
            height: frame.height() as usize,
            stride: usize::try_from(frame.plane_stride()[0]).ok()?,
            luma: frame.plane_data_mut(0).ok()?,
        };
        canvas.luma.fill(GREY);
        canvas.write(number);
        let step = number % self.rate.max(1);
        if step == 0 {
            canvas.fill((0, FIELD_TOP), (FIELD_WIDTH, HEIGHT), WHITE);
        }
        let way = (SIZE.0 - BAR_WIDTH) as u64;
        let left = (way * step / self.rate.max(1)) as usize;
        canvas.fill((left, BAR_TOP), (BAR_WIDTH, HEIGHT), WHITE);
        Some(frame.into_buffer())
    }
}

/// The grey values of a picture.
struct Canvas<'a> {
    width: usize,
    height: usize,
    stride: usize,
    luma: &'a mut [u8],
}

impl Canvas<'_> {
    fn write(&mut self, number: u64) {
        for bit in 0..BITS {
            let is_white = number >> (BITS - 1 - bit) & 1 == 1;
            let left = SQUARES.0 + SQUARE * bit as usize;
            let value = if is_white { WHITE } else { BLACK };
            self.fill((left, SQUARES.1), (SQUARE, SQUARE), value);
        }
    }

    /// Fills a rectangle of the picture that is [`SIZE`] large. In one of another shape it reaches from
    /// where it would begin to where it would end, whether the picture was stretched or scaled by its
    /// width.
    fn fill(&mut self, (left, top): (usize, usize), (width, height): (usize, usize), value: u8) {
        let across = |x: usize| x * self.width / SIZE.0;
        let scaled = |y: usize| y * self.width / SIZE.0;
        let stretched = |y: usize| y * self.height / SIZE.1;
        let bottom = top + height;
        let top = scaled(top).min(stretched(top));
        let bottom = scaled(bottom).max(stretched(bottom)).min(self.height);
        let columns = across(left)..across(left + width);
        for y in top..bottom {
            let start = y * self.stride;
            if let Some(row) = self.luma.get_mut(start..start + self.width) {
                row[columns.clone()].fill(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_can_be_read_in_each_size() {
        gstreamer::init().expect("GStreamer is installed");
        for (width, height) in [(320, 240), (640, 480), (1280, 720), (1920, 1080)] {
            let mode = CameraMode {
                width,
                height,
                frame_rate: 30.,
            };
            let painter = Painter::new(&mode, [160, 110]).expect("there is memory");
            let picture = painter.paint(0b1010_0110_0101).expect("there is memory");
            let luma = picture.map_readable().expect("it is plain memory");
            for y in [20 * height / 180, 20 * width / 320] {
                let is_white = |bit: u32| {
                    let x = (28 + 24 * bit) * width / 320;
                    luma[(y * width + x) as usize] > 127
                };
                let number = (0..12).fold(0, |number, bit| number * 2 + u32::from(is_white(bit)));
                assert_eq!(number, 0b1010_0110_0101, "{width} x {height}");
            }
        }
    }
}
