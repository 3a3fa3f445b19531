/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How the frames of a video track are to be shown: the boxes `tkhd`, and `pasp` and `colr` in a
//! sample entry.

use super::boxes::BoxReader;
use crate::error::StreamError;
use crate::picture::{ColorDescription, Orientation, PixelAspectRatio};

/// The fields of a `tkhd` box.
pub(super) struct TrackHeader {
    pub(super) id: u32,
    /// How the frames are mirrored and turned.
    pub(super) orientation: Orientation,
    /// The width and the height of the presentation in units of 1/65536 pixel, before the matrix is
    /// applied.
    size: (u32, u32),
}

impl TrackHeader {
    /// Reads a `tkhd` box in a movie that turns all tracks by `of_movie`.
    pub(super) fn read(mut tkhd: BoxReader, of_movie: &Matrix) -> Result<Self, StreamError> {
        let (version, _) = tkhd.version_and_flags()?;
        // creation_time, modification_time
        tkhd.skip(if version == 0 { 8 } else { 16 })?;
        let id = tkhd.u32()?;
        tkhd.skip(4)?; // reserved
        tkhd.u32_or_u64(version)?; // duration
        // reserved, layer, alternate_group, volume, reserved
        tkhd.skip(8 + 2 + 2 + 2 + 2)?;
        Ok(Self {
            id,
            orientation: read_matrix(&mut tkhd)?.then(of_movie).orientation(),
            size: (tkhd.u32()?, tkhd.u32()?),
        })
    }

    /// Returns the shape of the pixels of frames of the size `coded`, where nothing else states it.
    /// Differences below a fiftieth are ignored, because writers round sizes to whole macroblocks
    /// (1088 lines).
    pub(super) fn pixel_aspect_ratio(&self, coded: (u32, u32)) -> Option<PixelAspectRatio> {
        let ratio = PixelAspectRatio::of_picture(self.size, coded)?;
        let (horizontal, vertical) = (u64::from(ratio.horizontal()), u64::from(ratio.vertical()));
        let is_square = horizontal.abs_diff(vertical) * 50 < horizontal.max(vertical);
        (!is_square).then_some(ratio)
    }
}

/// The part of a transformation matrix (ISO/IEC 14496-12, 6.2.2) that turns and mirrors: `a`, `b`,
/// `c` and `d`, where a point (x, y) goes to (ax + cy, bx + dy) and y points down.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Matrix([i8; 4]);

/// Reads the nine numbers of a matrix.
pub(super) fn read_matrix(reader: &mut BoxReader) -> Result<Matrix, StreamError> {
    let mut signs = [0; 4];
    for row in signs.as_chunks_mut::<2>().0 {
        for sign in row {
            *sign = reader.i32()?.signum() as i8;
        }
        reader.skip(4)?; // u, v
    }
    reader.skip(3 * 4)?; // x, y, w
    Ok(Matrix(signs))
}

impl Matrix {
    /// Returns the matrix that does what this one does, and then what the other one does.
    fn then(self, other: &Self) -> Self {
        let [a, b, c, d] = self.0;
        let [e, f, g, h] = other.0;
        Self([a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h])
    }

    /// Returns the orientation. Scaling is ignored, and so are matrices that do something else than
    /// quarter turns, as in other players.
    fn orientation(self) -> Orientation {
        let (quarter_turns, is_mirrored) = match self.0 {
            [0, 1, -1, 0] => (1, false),
            [-1, 0, 0, -1] => (2, false),
            [0, -1, 1, 0] => (3, false),
            [-1, 0, 0, 1] => (0, true),
            [0, -1, -1, 0] => (1, true),
            [1, 0, 0, -1] => (2, true),
            [0, 1, 1, 0] => (3, true),
            _ => (0, false),
        };
        Orientation {
            quarter_turns,
            is_mirrored,
        }
    }
}

/// Reads the `pasp` box of a sample entry.
pub(super) fn read_pixel_aspect_ratio(
    entry: &BoxReader,
) -> Result<Option<PixelAspectRatio>, StreamError> {
    let Some(pasp) = entry.find(b"pasp")? else {
        return Ok(None);
    };
    let mut pasp = pasp.reader("moov/trak/mdia/minf/stbl/stsd/(video)/pasp");
    Ok(PixelAspectRatio::new(pasp.u32()?, pasp.u32()?))
}

/// Reads the `colr` boxes of a sample entry that give code points. Others hold a colour profile.
pub(super) fn read_color(entry: &BoxReader) -> Result<ColorDescription, StreamError> {
    let mut color = ColorDescription::default();
    let mut children = entry.clone();
    while let Some(child) = children.child()? {
        if child.kind != *b"colr" {
            continue;
        }
        let mut colr = child.reader("moov/trak/mdia/minf/stbl/stsd/(video)/colr");
        let kind: [u8; 4] = colr.array()?;
        if !matches!(&kind, b"nclx" | b"nclc") {
            continue;
        }
        let mut code_point = || -> Result<u8, StreamError> {
            let wide = colr.u16()?;
            Ok(u8::try_from(wide).unwrap_or(ColorDescription::UNSPECIFIED))
        };
        color.primaries = code_point()?;
        color.transfer = code_point()?;
        color.matrix = code_point()?;
        if kind == *b"nclx" {
            color.full_range = Some(colr.u8()? & 0x80 != 0);
        }
    }
    Ok(color)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const IDENTITY: [i32; 4] = [1, 0, 0, 1];

    fn matrix([a, b, c, d]: [i32; 4]) -> Vec<u8> {
        let fields = [a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 0x4000_0000];
        fields
            .iter()
            .flat_map(|field| field.to_be_bytes())
            .collect()
    }

    fn header(fields: [i32; 4], of_movie: [i32; 4], size: (u32, u32)) -> TrackHeader {
        let mut tkhd = vec![0; 4 + 8];
        tkhd.extend(7_u32.to_be_bytes());
        tkhd.resize(40, 0);
        tkhd.extend(matrix(fields));
        tkhd.extend((size.0 << 16).to_be_bytes());
        tkhd.extend((size.1 << 16).to_be_bytes());
        let (tkhd, of_movie) = (Bytes::from(tkhd), Bytes::from(matrix(of_movie)));
        let of_movie = read_matrix(&mut BoxReader::new("mvhd", 0, &of_movie, 0));
        let tkhd = BoxReader::new("tkhd", 0, &tkhd, 0);
        TrackHeader::read(tkhd, &of_movie.expect("well-formed")).expect("well-formed")
    }

    fn orientation(of_track: [i32; 4], of_movie: [i32; 4]) -> (u8, bool) {
        let orientation = header(of_track, of_movie, (320, 180)).orientation;
        (orientation.quarter_turns, orientation.is_mirrored)
    }

    #[test]
    fn matrices_turn_and_mirror() {
        let turn = [0, 1, -1, 0];
        let mirror = [-1, 0, 0, 1];
        assert_eq!(orientation(IDENTITY, IDENTITY), (0, false));
        assert_eq!(orientation(turn, IDENTITY), (1, false));
        assert_eq!(orientation(IDENTITY, turn), (1, false));
        assert_eq!(orientation(turn, turn), (2, false));
        assert_eq!(orientation([0, -1, 1, 0], IDENTITY), (3, false));
        assert_eq!(orientation([0, -1, 1, 0], turn), (0, false));
        assert_eq!(orientation(mirror, IDENTITY), (0, true));
        // The frame is first mirrored, then turned. In the other order it would be the opposite
        // turn.
        assert_eq!(orientation(mirror, turn), (1, true));
        assert_eq!(orientation(turn, mirror), (3, true));
        assert_eq!(orientation([1, 0, 0, -1], IDENTITY), (2, true));
        // These matrices scale, shear, and do nothing at all.
        assert_eq!(orientation([0, 2, -3, 0], IDENTITY), (1, false));
        assert_eq!(orientation([1, 1, 0, 1], IDENTITY), (0, false));
        assert_eq!(orientation([0; 4], IDENTITY), (0, false));
    }

    #[test]
    fn sizes_give_the_shape_of_pixels() {
        let shape = |size, coded| header(IDENTITY, IDENTITY, size).pixel_aspect_ratio(coded);
        assert_eq!(shape((640, 180), (320, 180)), PixelAspectRatio::new(2, 1));
        assert_eq!(
            shape((1024, 576), (720, 576)),
            PixelAspectRatio::new(64, 45)
        );
        assert_eq!(shape((1280, 720), (320, 180)), None);
        assert_eq!(shape((1920, 1080), (1920, 1088)), None);
        assert_eq!(shape((0, 0), (1920, 1088)), None);
    }

    #[test]
    fn colors_of_both_kinds_are_read() {
        let full_box = |kind: &[u8; 4], fields: &[u8]| {
            let size = (8 + fields.len() as u32).to_be_bytes();
            [&size, &kind[..], fields].concat()
        };
        let read = |boxes: &[Vec<u8>]| {
            let entry = Bytes::from(boxes.concat());
            read_color(&BoxReader::new("stsd", 0, &entry, 0))
        };
        let nclx = full_box(b"colr", b"nclx\0\x01\0\x0d\0\x06\x80");
        let nclc = full_box(b"colr", b"nclc\0\x09\x01\x0d\0\x09");
        let profile = full_box(b"colr", b"prof\0\0");
        let color = read(&[profile, nclx]).expect("well-formed");
        let expected = ColorDescription {
            primaries: 1,
            transfer: 13,
            matrix: 6,
            full_range: Some(true),
        };
        assert_eq!(color, expected);
        let color = read(&[nclc]).expect("well-formed");
        assert_eq!((color.primaries, color.transfer, color.matrix), (9, 2, 9));
        assert_eq!(color.full_range, None);
        assert!(read(&[full_box(b"colr", b"nclx\0")]).is_err());
    }
}
