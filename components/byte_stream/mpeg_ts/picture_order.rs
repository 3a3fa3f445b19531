/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Finds the order in which pictures are shown, which need not be the order in which they are
//! decoded.

use super::video_syntax::{ParameterSets, VideoSyntax};
use crate::codecs::{
    AvcOrderSyntax, AvcSequenceParameterSet, HevcOrderSyntax, HevcSequenceParameterSet, OrderCount,
};

/// The place of a picture in decode order and in the order of output, since the last refresh.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Place {
    /// The number of pictures that were decoded before it.
    pub(super) decoded: i64,
    /// The picture order count minus that of the refresh. It is `None` where the two orders are the
    /// same.
    pub(super) count: Option<i64>,
}

/// The largest number of pictures that a decoder holds back.
const MOST_REORDERED: i64 = 16;

impl Place {
    /// Returns by how many frames this picture is shown later than in decode order, counted from
    /// `other`. It is 0 if the picture order count is impossible. The count rises by
    /// `count_of_frame` from one frame to the next.
    pub(super) fn frames_later(self, other: Self, count_of_frame: i64) -> i64 {
        let delay = |place: Self| Some(place.count?.div_euclid(count_of_frame) - place.decoded);
        let later = delay(self)
            .zip(delay(other))
            .map(|(delay, other)| delay - other);
        later
            .filter(|frames| frames.abs() <= MOST_REORDERED)
            .unwrap_or(0)
    }
}

/// Finds the place of each picture.
#[derive(Default)]
pub(super) struct PictureOrder {
    syntax: Option<OrderSyntax>,
    /// The number of pictures that were decoded since the last refresh.
    decoded: i64,
    /// The picture order count of the last refresh.
    first: i64,
    /// The picture order count of the last picture that others refer to.
    reference: i64,
}

enum OrderSyntax {
    H264(AvcOrderSyntax),
    Hevc(HevcOrderSyntax),
}

impl PictureOrder {
    /// Sets the parameter sets of the pictures from now on.
    pub(super) fn set_parameters(&mut self, syntax: VideoSyntax, sets: &ParameterSets) {
        let Some(sequence) = sets.sequence.first() else {
            return;
        };
        self.syntax = match syntax {
            VideoSyntax::H264 => AvcSequenceParameterSet::read(sequence)
                .and_then(|sequence| sequence.order)
                .map(OrderSyntax::H264),
            VideoSyntax::Hevc => HevcSequenceParameterSet::read(sequence)
                .map(|sequence| HevcOrderSyntax::new(&sequence, &sets.picture))
                .map(OrderSyntax::Hevc),
        };
    }

    /// Returns the place of the next picture, which begins with `slice`.
    pub(super) fn next(&mut self, slice: &[u8]) -> Place {
        let order = match &self.syntax {
            Some(OrderSyntax::H264(syntax)) => syntax.read(slice),
            Some(OrderSyntax::Hevc(syntax)) => syntax.read(slice),
            None => None,
        };
        let count = order.map(|order| self.count(order));
        let place = Place {
            decoded: self.decoded,
            count,
        };
        self.decoded += 1;
        place
    }

    /// Returns the complete picture order count. The highest bits are those with which it is
    /// nearest to the last picture that others refer to (ITU-T H.264, 8.2.1.1, and H.265, 8.3.1).
    fn count(&mut self, order: OrderCount) -> i64 {
        if order.is_refresh {
            self.decoded = 0;
            self.reference = 0;
        }
        let range = 1 << order.bits;
        let distance = (i64::from(order.lowest_bits) - self.reference).rem_euclid(range);
        let distance = if distance <= range / 2 {
            distance
        } else {
            distance - range
        };
        let count = self.reference + distance;
        if order.is_refresh {
            self.first = count;
        }
        if order.is_reference {
            self.reference = count;
        }
        count - self.first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_go_on_beyond_their_lowest_bits() {
        let mut order = PictureOrder::default();
        let mut count = |lowest_bits: u32, is_refresh: bool, is_reference: bool| {
            order.count(OrderCount {
                lowest_bits,
                bits: 4,
                is_refresh,
                is_reference,
            })
        };
        assert_eq!(count(3, true, true), 0);
        assert_eq!(count(9, false, true), 6);
        assert_eq!(count(5, false, false), 2);
        assert_eq!(count(1, false, true), 14);
        assert_eq!(count(14, false, false), 11);
        assert_eq!(count(9, false, true), 22);
        // This picture is shown before the refresh.
        assert_eq!(count(0, true, true), 0);
        assert_eq!(count(14, false, false), -2);
    }

    #[test]
    fn what_cannot_be_is_not_believed() {
        let place = |decoded: i64, count: i64| Place {
            decoded,
            count: Some(count),
        };
        let first = place(5, 10);
        assert_eq!(place(6, 18).frames_later(first, 2), 3);
        assert_eq!(place(6, 9).frames_later(first, 1), -2);
        assert_eq!(place(7, -7).frames_later(first, 2), -11);
        for count in [1 << 40, -(1 << 40), 60] {
            assert_eq!(place(6, count).frames_later(first, 2), 0);
        }
        assert_eq!(place(6, 18).frames_later(Place::default(), 2), 0);
        assert_eq!(Place::default().frames_later(first, 2), 0);
    }
}
