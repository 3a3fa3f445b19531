/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The choice of a width and a height. They are whole numbers, and the aspect ratio ties them together.

use crate::fitness::relative;
use crate::space::SizeRange;

/// The size of pictures where a page wants none, which suits most uses and costs little.
pub(crate) const DEFAULT: (f64, f64) = (640., 480.);

/// Leaves out of `range` what is not from `least` to `greatest`. Returns whether a number is left.
pub(crate) fn narrow(range: &mut (u32, u32), least: f64, greatest: f64) -> bool {
    // A number beyond the type becomes the last one of the type.
    let least = least.ceil() as u32;
    let is_possible = greatest >= 0.;
    let greatest = greatest.floor() as u32;
    *range = (range.0.max(least), range.1.min(greatest));
    is_possible && range.0 <= range.1
}

/// Returns whether there is a size in `range`.
pub(crate) fn exists(range: &SizeRange) -> bool {
    heights(range).any(|height| widths(range, height).is_some())
}

/// Returns the size in `range`, which is not empty, that is the nearest one to the width, the height and the
/// aspect ratio that are wanted. Where several are as near, it is the one that is cropped least, and then
/// the one that is the nearest to 640x480.
pub(crate) fn nearest(range: &SizeRange, wanted: [Option<f64>; 3]) -> (u32, u32) {
    let sizes = heights(range).flat_map(|height| {
        let widths = widths(range, height);
        let widths = widths.into_iter().flat_map(move |bounds| {
            // The distance is made of a falling and a rising part for each of the two that depend on the
            // width, and none of them has its least value between two of these.
            let native = f64::from(range.native.0) / f64::from(range.native.1);
            let turns = [wanted[0], wanted[2].map(|ratio| ratio * f64::from(height))];
            let ties = [Some(native * f64::from(height)), Some(DEFAULT.0)];
            let turns = turns.into_iter().chain(ties).flatten();
            let near = turns.flat_map(|turn| [turn.floor(), turn.ceil()]);
            let inside = near.map(move |width| (width as u32).clamp(bounds.0, bounds.1));
            inside.chain([bounds.0, bounds.1])
        });
        widths.map(move |width| (width, height))
    });
    let rank = |size: &(u32, u32)| {
        let (width, height) = (f64::from(size.0), f64::from(size.1));
        let ratio = width / height;
        let distances = [width, height, ratio].into_iter().zip(wanted);
        let distance =
            distances.map(|(actual, ideal)| ideal.map_or(0., |ideal| relative(actual, ideal)));
        let native = f64::from(range.native.0) / f64::from(range.native.1);
        let from_default = relative(width, DEFAULT.0) + relative(height, DEFAULT.1);
        [distance.sum(), relative(ratio, native), from_default]
    };
    let best = sizes
        .map(|size| (rank(&size), size))
        .min_by(|(one, _), (other, _)| {
            let mut orders = one
                .iter()
                .zip(other)
                .map(|(one, other)| one.total_cmp(other));
            orders
                .find(|order| order.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
    best.map_or((range.width.0, range.height.0), |(_, size)| size)
}

fn heights(range: &SizeRange) -> impl Iterator<Item = u32> + use<> {
    range.height.0..=range.height.1
}

/// Returns the least and the greatest width of pictures of that height; `None` if there are none.
fn widths(range: &SizeRange, height: u32) -> Option<(u32, u32)> {
    let (least, greatest) = range.aspect_ratio;
    let fits = |width: u32| {
        let ratio = f64::from(width) / f64::from(height);
        least <= ratio && ratio <= greatest
    };
    let height = f64::from(height);
    let (mut from, mut to) = range.width;
    from = from.max((least * height).floor() as u32);
    to = to.min((greatest * height).ceil() as u32);
    // A product may be rounded to the other side of a whole number.
    while from <= to && !fits(from) {
        from += 1;
    }
    while from <= to && !fits(to) {
        to -= 1;
    }
    (from <= to).then_some((from, to))
}
