/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Video frames from decoded samples.

use std::sync::Arc;

use byte_stream::picture::Orientation;
use gstreamer::Sample;
use gstreamer_video::video_frame::Readable;
use gstreamer_video::{VideoFrame as MappedFrame, VideoInfo};
use media_source::{DecodedPixels, Picture, VideoFrame};

use crate::timeline;
use crate::{conversion, picture_form};

const BYTES_PER_PIXEL: usize = 4;
/// The side of a square of pixels that fits into the cache of a processor while it is read and written.
const SQUARE: usize = 16;

/// Returns the video frame in a sample of one of the formats that are converted; `None` if it is
/// anything else, has no time or lacks pixels.
pub(crate) fn from_sample(sample: &Sample) -> Option<VideoFrame> {
    let caps = sample.caps()?;
    let info = VideoInfo::from_caps(caps).ok()?;
    let buffer = sample.buffer_owned()?;
    let start = timeline::from_clock_time(buffer.pts()?);
    let frame = MappedFrame::from_buffer_readable(buffer, &info).ok()?;
    conversion::source(&frame, &info)?;
    let orientation = picture_form::orientation(caps);
    let size = (info.width(), info.height());
    let (width, height) = orientation.apply_to(size);
    Some(VideoFrame {
        width,
        height,
        media_size: picture_form::media_size(caps).unwrap_or(size),
        start,
        capture_age: None,
        pixels: Arc::new(DecodedFrame {
            frame,
            info,
            orientation,
        }),
    })
}

/// A frame in the memory of a decoder.
struct DecodedFrame {
    frame: MappedFrame<Readable>,
    info: VideoInfo,
    orientation: Orientation,
}

impl DecodedPixels for DecodedFrame {
    fn to_bgra(&self, least: (u32, u32)) -> Option<Picture> {
        // (Twice turned by a quarter, a size is the same again.)
        let least = self.orientation.apply_to(least);
        let picture = conversion::to_bgra(&self.frame, &self.info, least)?;
        if self.orientation == Orientation::default() {
            return Some(picture);
        }
        let size = (picture.width, picture.height);
        let (width, height) = self.orientation.apply_to(size);
        Some(Picture {
            width,
            height,
            pixels: turn(&picture.pixels, size, self.orientation),
        })
    }
}

/// Returns the pixels of a frame of that width and height, mirrored and turned. A row of the source goes
/// to a row or a column of the target, forwards or backwards.
fn turn(pixels: &[u8], (width, height): (u32, u32), orientation: Orientation) -> Vec<u8> {
    let (width, height) = (width as usize, height as usize);
    let mut turned = vec![0; pixels.len()];
    let (last_x, last_y) = (width.saturating_sub(1), height.saturating_sub(1));
    let (first, per_x, per_y) = match orientation.quarter_turns % 4 {
        0 => (0, 1, width as isize),
        1 => (last_y, height as isize, -1),
        2 => (width * height - 1, -1, -(width as isize)),
        _ => (last_x * height, -(height as isize), 1),
    };
    let (first, per_x) = if orientation.is_mirrored {
        (first.wrapping_add_signed(per_x * last_x as isize), -per_x)
    } else {
        (first, per_x)
    };
    // It goes square by square, so that the pixels that are read and written stay in the cache.
    for top in (0..height).step_by(SQUARE) {
        for left in (0..width).step_by(SQUARE) {
            for y in top..height.min(top + SQUARE) {
                let start = (y * width + left) * BYTES_PER_PIXEL;
                let count = SQUARE.min(width - left);
                let source = &pixels[start..start + count * BYTES_PER_PIXEL];
                let offset = per_x * left as isize + per_y * y as isize;
                let mut place = first.wrapping_add_signed(offset);
                for pixel in source.as_chunks::<BYTES_PER_PIXEL>().0 {
                    turned[place * BYTES_PER_PIXEL..][..BYTES_PER_PIXEL].copy_from_slice(pixel);
                    place = place.wrapping_add_signed(per_x);
                }
            }
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three pixels wide, two high.
    const PICTURE: [[u8; 12]; 2] = [
        [0, 0, 0, 255, 1, 1, 1, 255, 2, 2, 2, 255],
        [3, 3, 3, 255, 4, 4, 4, 255, 5, 5, 5, 255],
    ];

    #[test]
    fn pictures_are_mirrored_and_then_turned_clockwise() {
        for (quarter_turns, is_mirrored, expected) in [
            (0, false, [0, 1, 2, 3, 4, 5]),
            (1, false, [3, 0, 4, 1, 5, 2]),
            (2, false, [5, 4, 3, 2, 1, 0]),
            (3, false, [2, 5, 1, 4, 0, 3]),
            (0, true, [2, 1, 0, 5, 4, 3]),
            (1, true, [5, 2, 4, 1, 3, 0]),
            (2, true, [3, 4, 5, 0, 1, 2]),
            (3, true, [0, 3, 1, 4, 2, 5]),
        ] {
            let orientation = Orientation {
                quarter_turns,
                is_mirrored,
            };
            let turned = turn(PICTURE.as_flattened(), (3, 2), orientation);
            let numbers: Vec<_> = turned.iter().copied().step_by(4).collect();
            assert_eq!(numbers, expected, "{orientation:?}");
        }
    }

    #[test]
    fn large_pictures_are_turned_whole() {
        let (width, height) = (SQUARE * 2 + 1, SQUARE + 3);
        let number = |x: usize, y: usize| ((y * width + x) as u32).to_le_bytes();
        let pixels = (0..height).flat_map(|y| (0..width).flat_map(move |x| number(x, y)));
        let pixels: Vec<_> = pixels.collect();
        let quarter = Orientation {
            quarter_turns: 1,
            is_mirrored: false,
        };
        let turned = turn(&pixels, (width as u32, height as u32), quarter);
        for (x, y) in [
            (0, 0),
            (width - 1, 0),
            (17, SQUARE),
            (width - 1, height - 1),
        ] {
            let place = x * height + height - 1 - y;
            assert_eq!(turned[place * 4..][..4], number(x, y));
        }
    }
}
