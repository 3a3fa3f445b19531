/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How fast playback can be.

use std::ops::RangeInclusive;

/// The rates that are played, in seconds of media a second. Beyond them nobody understands sound,
/// and the elements that stretch it make sizes of buffers from the rate that do not fit their types.
pub const PLAYBACK_RATES: RangeInclusive<f64> = 0.0625..=16.;

/// Whether a player does what `rate` asks for: it is one of [`PLAYBACK_RATES`], or 0, at which
/// playback stands still. A media element refuses any other:
/// <https://html.spec.whatwg.org/multipage/#dom-media-playbackrate>
pub fn is_playback_rate(rate: f64) -> bool {
    rate == 0. || PLAYBACK_RATES.contains(&rate)
}

/// What is played when `rate` is asked for; `None` if playback stands still.
pub(crate) fn played(rate: f64) -> Option<f64> {
    // No comparison holds for what is no number.
    (rate > 0.).then(|| rate.clamp(*PLAYBACK_RATES.start(), *PLAYBACK_RATES.end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_what_is_played_is_within_the_bounds() {
        for (asked, expected) in [
            (f64::NEG_INFINITY, None),
            (-1., None),
            (-0., None),
            (0., None),
            (f64::NAN, None),
            (f64::from_bits(1), Some(0.0625)),
            (1e-300, Some(0.0625)),
            (0.0624, Some(0.0625)),
            (0.0625, Some(0.0625)),
            (1., Some(1.)),
            (16., Some(16.)),
            (16.1, Some(16.)),
            (f64::MAX, Some(16.)),
            (f64::INFINITY, Some(16.)),
        ] {
            assert_eq!(played(asked), expected, "{asked}");
            let is_as_asked = expected == Some(asked) || asked == 0.;
            assert_eq!(is_playback_rate(asked), is_as_asked, "{asked}");
        }
    }
}
