/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The playback rates that are supported.

use media_source::PLAYBACK_RATES;

/// Returns the rate of the pipeline when `rate` is asked for; `None` if playback stands still.
pub(crate) fn played(rate: f64) -> Option<f64> {
    // No comparison holds for NaN.
    (rate > 0.).then(|| rate.clamp(*PLAYBACK_RATES.start(), *PLAYBACK_RATES.end()))
}

#[cfg(test)]
mod tests {
    use media_source::is_playback_rate;

    use super::*;

    #[test]
    fn what_is_played_is_within_the_bounds() {
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
