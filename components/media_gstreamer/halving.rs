/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Pictures of half the width and half the height. A video is often shown much smaller than it is, and four
//! pixels are averaged in less time than they are converted and sent to the screen.

use std::borrow::Cow;

use bytemuck::Pod;

use crate::planes::{Channel, Source, numbers};

impl Source<'_> {
    /// Returns a picture in which each pixel is the average of four; `None` where the channels are not in
    /// planes of their own, or have a row or a column without a partner.
    pub(crate) fn halved(&self) -> Option<Source<'static>> {
        // Where two pixels share a colour, two of those colours become one, too.
        if !self.width.is_multiple_of(4) || !self.height.is_multiple_of(4) {
            return None;
        }
        let channels = self
            .channels
            .iter()
            .map(|channel| channel.halved(self.height));
        Some(Source {
            width: self.width / 2,
            height: self.height / 2,
            is_full_range: self.is_full_range,
            model: self.model,
            channels: channels.collect::<Option<_>>()?,
        })
    }
}

impl Channel<'_> {
    fn halved(&self, height: usize) -> Option<Channel<'static>> {
        let rows = height >> self.height_shift;
        let plane = match (self.depth, self.step) {
            (..=8, 1) => self.averages::<u8>(rows),
            (9.., 2) => self.averages::<u16>(rows),
            _ => return None,
        };
        let row = self.row / 2;
        Some(Channel {
            plane: Cow::Owned(plane),
            row,
            stride: row,
            ..*self
        })
    }

    fn averages<T: Pod + Number>(&self, rows: usize) -> Vec<u8> {
        let mut halved = vec![T::zeroed(); rows / 2 * (self.row / 2 / size_of::<T>())];
        let count = self.row / 2 / size_of::<T>();
        for (pair, halved) in halved.chunks_exact_mut(count).enumerate() {
            let [top, bottom] = [2 * pair, 2 * pair + 1].map(|row| self.row_of_plane(row));
            let (top, bottom) = (numbers::<T>(top), numbers::<T>(bottom));
            let pairs = top.as_chunks::<2>().0.iter().zip(bottom.as_chunks().0);
            for (halved, (&[a, b], &[c, d])) in halved.iter_mut().zip(pairs) {
                *halved = T::average([a, b, c, d]);
            }
        }
        bytemuck::pod_collect_to_vec(&halved)
    }
}

/// A number of a channel.
trait Number: Copy {
    fn average(numbers: [Self; 4]) -> Self;
}

impl Number for u8 {
    fn average(numbers: [Self; 4]) -> Self {
        (numbers.map(u16::from).iter().sum::<u16>().wrapping_add(2) >> 2) as Self
    }
}

impl Number for u16 {
    fn average(numbers: [Self; 4]) -> Self {
        (numbers.map(u32::from).iter().sum::<u32>().wrapping_add(2) >> 2) as Self
    }
}
