/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How a decoded video frame is to be shown: the shape of its pixels, which way up it is, and what
//! its numbers mean as colours.

use crate::limits;

/// The width of a pixel in relation to its height. By default pixels are square.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct PixelAspectRatio {
    horizontal: u32,
    vertical: u32,
}

impl Default for PixelAspectRatio {
    fn default() -> Self {
        Self {
            horizontal: 1,
            vertical: 1,
        }
    }
}

impl PixelAspectRatio {
    /// Makes the ratio of two numbers. It is `None` if one of them is zero, which containers and
    /// codecs use for "unknown".
    pub fn new(horizontal: u32, vertical: u32) -> Option<Self> {
        let divisor = greatest_common_divisor(horizontal.into(), vertical.into());
        // The divisor divides both numbers, so it fits where they do.
        (horizontal != 0 && vertical != 0).then(|| Self {
            horizontal: horizontal / divisor as u32,
            vertical: vertical / divisor as u32,
        })
    }

    /// Returns the shape of the pixels of a frame of the size `coded` that is to be shown in the
    /// shape of `shown`. It is `None` if there is no such shape.
    pub(crate) fn of_picture(shown: (u32, u32), coded: (u32, u32)) -> Option<Self> {
        let horizontal = u64::from(shown.0) * u64::from(coded.1);
        let vertical = u64::from(shown.1) * u64::from(coded.0);
        let divisor = greatest_common_divisor(horizontal, vertical).max(1);
        let reduce = |length: u64| u32::try_from(length / divisor).ok();
        Self::new(reduce(horizontal)?, reduce(vertical)?)
    }

    /// Returns the first number of the reduced ratio, which is at least 1.
    pub fn horizontal(self) -> u32 {
        self.horizontal
    }

    /// Returns the second number of the reduced ratio, which is at least 1.
    pub fn vertical(self) -> u32 {
        self.vertical
    }

    /// Returns the width and the height of a frame in square pixels, at least 1 each. Pixels that
    /// are wider than high widen the frame, and pixels that are higher than wide heighten it, so
    /// that no line is lost. The ratio is ignored where it would make the frame larger than frames
    /// may be ([`limits::PICTURE_SIDE`], [`limits::PICTURE_PIXELS`]).
    pub fn apply_to(self, (width, height): (u32, u32)) -> (u32, u32) {
        let coded = (width.max(1), height.max(1));
        let square = if self.horizontal > self.vertical {
            (scale(width, self.horizontal, self.vertical), coded.1)
        } else {
            (coded.0, scale(height, self.vertical, self.horizontal))
        };
        let is_within_limits = square.0.max(square.1) <= limits::PICTURE_SIDE
            && u64::from(square.0) * u64::from(square.1) <= limits::PICTURE_PIXELS;
        if is_within_limits { square } else { coded }
    }
}

/// What is done with a decoded video frame before it is shown: first it is mirrored, then it is
/// turned.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Orientation {
    /// How often the frame is turned by 90 degrees clockwise: 0 to 3.
    pub quarter_turns: u8,
    /// Whether left and right are exchanged before the frame is turned.
    pub is_mirrored: bool,
}

impl Orientation {
    /// Whether the width and the height change places.
    pub fn is_sideways(self) -> bool {
        self.quarter_turns % 2 == 1
    }

    /// Returns the width and the height of a frame after it is turned.
    pub fn apply_to(self, (width, height): (u32, u32)) -> (u32, u32) {
        if self.is_sideways() {
            (height, width)
        } else {
            (width, height)
        }
    }
}

/// What the numbers of a video frame mean as colours: the code points of ISO/IEC 23091-2, which the
/// bit stream or else the container states.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ColorDescription {
    /// The code point of ColourPrimaries. It is 2 if they are unspecified.
    pub primaries: u8,
    /// The code point of TransferCharacteristics. It is 2 if they are unspecified.
    pub transfer: u8,
    /// The code point of MatrixCoefficients. It is 2 if they are unspecified.
    pub matrix: u8,
    /// The VideoFullRangeFlag. It is `None` if nothing states it.
    pub full_range: Option<bool>,
}

impl ColorDescription {
    /// The code point for "unspecified", which is the same in all three tables.
    pub const UNSPECIFIED: u8 = 2;

    /// Returns this description, in which the fields of `other` replace those that are unspecified.
    pub fn or(self, other: Self) -> Self {
        let choose = |one, other| if one == Self::UNSPECIFIED { other } else { one };
        Self {
            primaries: choose(self.primaries, other.primaries),
            transfer: choose(self.transfer, other.transfer),
            matrix: choose(self.matrix, other.matrix),
            full_range: self.full_range.or(other.full_range),
        }
    }
}

impl Default for ColorDescription {
    fn default() -> Self {
        Self {
            primaries: Self::UNSPECIFIED,
            transfer: Self::UNSPECIFIED,
            matrix: Self::UNSPECIFIED,
            full_range: None,
        }
    }
}

fn greatest_common_divisor(mut one: u64, mut other: u64) -> u64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

/// Returns `length * numerator / denominator`, rounded to the nearest whole number, at least 1.
fn scale(length: u32, numerator: u32, denominator: u32) -> u32 {
    let (numerator, denominator) = (u64::from(numerator), u64::from(denominator));
    let scaled = (u64::from(length) * numerator + denominator / 2) / denominator;
    u32::try_from(scaled).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::track::{VideoCodec, VideoConfiguration};

    fn natural_size(size: (u32, u32), ratio: (u32, u32), quarter_turns: u8) -> (u32, u32) {
        VideoConfiguration {
            codec: VideoCodec::Vp8,
            codec_string: "vp8".to_owned(),
            extra_data: Bytes::new(),
            width: size.0,
            height: size.1,
            pixel_aspect_ratio: PixelAspectRatio::new(ratio.0, ratio.1).unwrap_or_default(),
            orientation: Orientation {
                quarter_turns,
                is_mirrored: false,
            },
            color: ColorDescription::default(),
        }
        .natural_size()
    }

    #[test]
    fn natural_sizes_follow_pixels_and_turns() {
        assert_eq!(natural_size((320, 180), (1, 1), 0), (320, 180));
        assert_eq!(natural_size((320, 180), (2, 1), 0), (640, 180));
        assert_eq!(natural_size((320, 180), (4, 3), 0), (427, 180));
        assert_eq!(natural_size((320, 180), (3, 4), 0), (320, 240));
        assert_eq!(natural_size((320, 180), (0, 1), 3), (180, 320));
        assert_eq!(natural_size((320, 180), (4, 2), 1), (180, 640));
    }

    #[test]
    fn ratios_that_make_pictures_too_large_are_ignored() {
        assert_eq!(natural_size((16, 16), (1024, 1), 0), (16_384, 16));
        assert_eq!(natural_size((16, 16), (1025, 1), 0), (16, 16));
        assert_eq!(natural_size((4096, 4096), (1, 2), 0), (4096, 8192));
        assert_eq!(natural_size((4096, 4096), (1, 3), 1), (4096, 4096));
        let vast = natural_size((u32::MAX, 1), (u32::MAX, 1), 0);
        assert_eq!(vast, (u32::MAX, 1));
        assert_eq!(natural_size((1, 1), (1, u32::MAX), 0), (1, 1));
    }

    #[test]
    fn ratios_are_reduced() {
        assert_eq!(
            PixelAspectRatio::new(128, 90),
            PixelAspectRatio::new(64, 45)
        );
        assert_eq!(
            PixelAspectRatio::new(7, 7),
            Some(PixelAspectRatio::default())
        );
        assert_eq!(PixelAspectRatio::new(0, 7), None);
        assert_eq!(PixelAspectRatio::new(7, 0), None);
    }
}
