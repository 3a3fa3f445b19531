/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Where the numbers of a decoded frame are in memory, and what they stand for.

use std::borrow::Cow;

use bytemuck::Pod;
use gstreamer_video::prelude::*;
use gstreamer_video::video_frame::Readable;
use gstreamer_video::{VideoColorRange, VideoFrame, VideoInfo};

/// A frame in the memory of a decoder, or a smaller one that was made of it. No part of it is outside of its
/// memory.
pub(crate) struct Source<'a> {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) is_full_range: bool,
    pub(crate) model: Model,
    /// The channels: Y, Cb and Cr, or red, green and blue, or grey alone.
    pub(crate) channels: Vec<Channel<'a>>,
}

/// What the channels stand for.
#[derive(Clone, Copy)]
pub(crate) enum Model {
    Rgb,
    /// Y, Cb and Cr, where Y has these parts of red and of blue.
    Yuv {
        kr: f32,
        kb: f32,
    },
}

/// One number for each pixel, or for each group of pixels.
pub(crate) struct Channel<'a> {
    /// The rows with the channel, which may have other channels, too.
    pub(crate) plane: Cow<'a, [u8]>,
    /// The length of a row, and the distance from its start to that of the next one, in bytes.
    pub(crate) row: usize,
    pub(crate) stride: usize,
    /// The place of the first number in a row, and the distance from there to the next one, in bytes.
    pub(crate) offset: usize,
    pub(crate) step: usize,
    /// How many bits a number has, and how many there are below them.
    pub(crate) depth: u32,
    pub(crate) shift: u32,
    /// How many pixels share a number, as powers of 2.
    pub(crate) width_shift: u32,
    pub(crate) height_shift: u32,
}

impl<'a> Source<'a> {
    /// Returns the pixels of `frame`, whose capabilities are `info`; `None` if it has none, or if some would
    /// be outside of its memory.
    pub(crate) fn of(frame: &'a VideoFrame<Readable>, info: &VideoInfo) -> Option<Self> {
        let size = (info.width(), info.height());
        // The memory of a decoder may have more pixels at the edges than are shown, but not fewer.
        if size.0 == 0 || size.1 == 0 || size.0 > frame.width() || size.1 > frame.height() {
            return None;
        }
        let color = info.colorimetry();
        let model = if info.is_rgb() {
            Model::Rgb
        } else {
            let (kr, kb) = color.matrix().kr_kb().ok()?;
            let (kr, kb) = (kr as f32, kb as f32);
            Model::Yuv { kr, kb }
        };
        let count = info.n_components().min(3);
        let channels = (0..count).map(|index| Channel::of(frame, index, size));
        Some(Self {
            width: size.0 as usize,
            height: size.1 as usize,
            is_full_range: color.range() == VideoColorRange::Range0_255,
            model,
            channels: channels.collect::<Option<_>>()?,
        })
    }

    /// Reads row `y` as fractions of 1: red, green, blue and Y are from 0 on, Cb and Cr are around 0. The
    /// row has room for an even number of pixels, since two may share a number.
    pub(crate) fn read_row(&self, y: usize, row: &mut [Vec<f32>; 3]) {
        for (index, parts) in row.iter_mut().enumerate() {
            let is_difference = index > 0 && matches!(self.model, Model::Yuv { .. });
            match self.channels.get(index) {
                Some(channel) => channel.read_row(y, self.is_full_range, is_difference, parts),
                // Grey has no colour.
                None => parts.fill(0.),
            }
        }
    }

    /// Returns the source with the names of red and blue exchanged.
    pub(crate) fn with_red_for_blue(mut self) -> Self {
        self.channels.swap(1, 2);
        if let Model::Yuv { kr, kb } = &mut self.model {
            std::mem::swap(kr, kb);
        }
        self
    }
}

impl<'a> Channel<'a> {
    fn of(frame: &'a VideoFrame<Readable>, index: u32, size: (u32, u32)) -> Option<Self> {
        let format = frame.format_info();
        let [depth, shift, offset, plane] = [
            format.depth(),
            format.shift(),
            format.poffset(),
            format.plane(),
        ]
        .map(|values| values[index as usize]);
        let step = usize::try_from(format.pixel_stride()[index as usize]).ok()?;
        // A frame that is upside down has a negative stride.
        let stride = usize::try_from(*frame.plane_stride().get(plane as usize)?).ok()?;
        let start = *frame.plane_offset().get(plane as usize)?;
        let columns = format.scale_width(index as u8, size.0) as usize;
        let rows = format.scale_height(index as u8, size.1) as usize;
        // GStreamer 1.22 says that Cr of P010 starts in the middle of a Cb.
        let bytes = if depth > 8 { 2 } else { 1 };
        let offset = (offset as usize).next_multiple_of(bytes);
        // This includes the other channels of the plane.
        let row = columns.checked_mul(step)?;
        let end = stride.checked_mul(rows.checked_sub(1)?)?.checked_add(row)?;
        // The mapping of a frame does not check where the memory ends.
        let rest = frame.buffer().size().checked_sub(start)?;
        if row > stride || end > rest {
            return None;
        }
        Some(Self {
            plane: Cow::Borrowed(frame.plane_data(plane).ok()?.get(..end)?),
            row,
            stride,
            offset,
            step,
            depth,
            shift,
            width_shift: format.w_sub()[index as usize],
            height_shift: format.h_sub()[index as usize],
        })
    }

    /// Returns the bytes with the numbers for row `y` of the frame.
    pub(crate) fn row(&self, y: usize) -> &[u8] {
        self.row_of_plane(y >> self.height_shift)
    }

    /// Returns the bytes of a row, counted from the top of the plane.
    pub(crate) fn row_of_plane(&self, row: usize) -> &[u8] {
        &self.plane[row * self.stride..][..self.row]
    }

    /// Reads the number of each pixel in row `y` as a fraction of 1.
    fn read_row(&self, y: usize, is_full_range: bool, is_difference: bool, parts: &mut [f32]) {
        let (zero, range) = self.scale(is_full_range, is_difference);
        let share = range.recip();
        let part = |number: u16| (f32::from(number) - zero) * share;
        let wide = |low, high| part(u16::from_le_bytes([low, high]) >> self.shift);
        let row = &self.row(y)[self.offset..];
        // With constants for the usual distances the compiler can process several numbers at once.
        match (self.step, self.depth) {
            (1, _) => self.spread(row.iter().map(|number| part(u16::from(*number))), parts),
            (2, 9..) => {
                let numbers = row.as_chunks::<2>().0.iter();
                self.spread(numbers.map(|[low, high]| wide(*low, *high)), parts);
            }
            (step, 9..) => {
                let numbers = row.chunks(step);
                self.spread(numbers.map(|number| wide(number[0], number[1])), parts);
            }
            (step, _) => {
                let numbers = row.iter().step_by(step);
                self.spread(numbers.map(|number| part(u16::from(*number))), parts);
            }
        }
    }

    /// Gives each pixel the number that it has of its own or shares with one neighbour.
    fn spread(&self, shared: impl Iterator<Item = f32>, parts: &mut [f32]) {
        if self.width_shift == 0 {
            for (part, value) in parts.iter_mut().zip(shared) {
                *part = value;
            }
        } else {
            for (pair, value) in parts.as_chunks_mut().0.iter_mut().zip(shared) {
                *pair = [value; 2];
            }
        }
    }

    /// Returns the number that stands for 0, and the difference from there to 1.
    fn scale(&self, is_full_range: bool, is_difference: bool) -> (f32, f32) {
        let unit = (1_u32 << (self.depth - 8)) as f32;
        let full = 256. * unit - 1.;
        match (is_full_range, is_difference) {
            (false, false) => (16. * unit, 219. * unit),
            (false, true) => (128. * unit, 224. * unit),
            (true, false) => (0., full),
            (true, true) => (128. * unit, full),
        }
    }
}

/// Returns the numbers in a row. They are copied if they are not aligned in memory.
pub(crate) fn numbers<T: Pod>(row: &[u8]) -> Cow<'_, [T]> {
    bytemuck::try_cast_slice(row).map_or_else(
        |_| Cow::Owned(bytemuck::pod_collect_to_vec(row)),
        Cow::Borrowed,
    )
}
