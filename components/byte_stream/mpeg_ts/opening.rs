/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Reads from the first bytes of a NAL unit whether a picture begins there.

use super::video_syntax::VideoSyntax;

/// The kinds of NAL units, by their first bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Opening {
    /// A NAL unit before the first slice of a picture, and after the last slice of the picture
    /// before.
    BeforePicture,
    /// The first slice of a picture.
    Picture,
    /// Another slice.
    Slice,
    Other,
}

impl Opening {
    /// Reads the bytes from the NAL unit's header on. It is `None` if there are too few.
    pub(super) fn read(syntax: VideoSyntax, nal_unit: &[u8]) -> Option<Self> {
        match syntax {
            VideoSyntax::H264 => Self::read_h264(nal_unit),
            VideoSyntax::Hevc => Self::read_hevc(nal_unit),
        }
    }

    /// Reads a NAL unit of H.264. Delimiters, supplemental information, parameter sets and reserved
    /// types begin an access unit (ITU-T H.264, 7.4.1.2.3). The first slice of a picture is the one
    /// with the first macroblock.
    fn read_h264(nal_unit: &[u8]) -> Option<Self> {
        let opening = match nal_unit.first()? & 0x1f {
            // first_mb_in_slice is 0 if its first bit is set.
            1 | 2 | 5 if nal_unit.get(1)? & 0x80 != 0 => Self::Picture,
            1..=5 => Self::Slice,
            6..=9 | 14..=18 => Self::BeforePicture,
            _ => Self::Other,
        };
        Some(opening)
    }

    /// Reads a NAL unit of HEVC (ITU-T H.265, 7.4.2.4.4). A unit of another layer than the base
    /// layer belongs to the picture before it.
    fn read_hevc(nal_unit: &[u8]) -> Option<Self> {
        let header: &[u8; 2] = nal_unit.first_chunk()?;
        let layer = (header[0] & 1) << 5 | header[1] >> 3;
        let opening = match header[0] >> 1 & 0x3f {
            _ if layer > 0 => Self::Other,
            // first_slice_segment_in_pic_flag
            0..=31 if nal_unit.get(2)? & 0x80 != 0 => Self::Picture,
            0..=31 => Self::Slice,
            32..=35 | 39 | 41..=44 | 48..=55 => Self::BeforePicture,
            _ => Self::Other,
        };
        Some(opening)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nal_units_of_h264_tell_where_pictures_begin() {
        let read = |bytes: &[u8]| Opening::read(VideoSyntax::H264, bytes);
        for (first, second, expected) in [
            (0x65, 0x88, Opening::Picture),
            (0x65, 0x44, Opening::Slice),
            (0x41, 0x9a, Opening::Picture),
            (0x01, 0x1a, Opening::Slice),
            (0x09, 0xf0, Opening::BeforePicture),
            (0x67, 0x64, Opening::BeforePicture),
            (0x06, 0x05, Opening::BeforePicture),
            (0x0a, 0x80, Opening::Other),
        ] {
            assert_eq!(read(&[first, second]), Some(expected), "{first:x}");
        }
        assert_eq!(read(&[0x65]), None);
        assert_eq!(read(&[]), None);
    }

    #[test]
    fn nal_units_of_hevc_tell_where_pictures_begin() {
        let read = |bytes: &[u8]| Opening::read(VideoSyntax::Hevc, bytes);
        for (kind, second, third, expected) in [
            (19, 1, 0xa0, Opening::Picture),
            (19, 1, 0x20, Opening::Slice),
            (1, 2, 0xd0, Opening::Picture),
            (35, 1, 0x50, Opening::BeforePicture),
            (39, 1, 1, Opening::BeforePicture),
            (40, 1, 1, Opening::Other),
            (19, 9, 0xa0, Opening::Other),
        ] {
            assert_eq!(read(&[kind << 1, second, third]), Some(expected), "{kind}");
        }
        assert_eq!(read(&[19 << 1, 1]), None);
        assert_eq!(read(&[35 << 1]), None);
    }
}
