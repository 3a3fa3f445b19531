/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The conversion of decoded frames to packed rows of BGRA, which renderers take.
//!
//! GStreamer's own conversion is either fast and off by several steps, or fifteen times as slow. Each
//! colour of this conversion is off by 2 at most. Limited range has numbers of Y below black, which are
//! taken for black.

use std::fmt::Debug;

use bytemuck::Pod;
use gstreamer_video::video_frame::Readable;
use gstreamer_video::{VideoFormat, VideoFormatInfo, VideoFrame, VideoInfo};
use media_source::Picture;
use yuv::{
    YuvBiPlanarImage, YuvConversionMode, YuvError, YuvGrayImage, YuvPlanarImage, YuvRange,
    YuvStandardMatrix, i010_to_bgra, i012_to_bgra, i210_to_bgra, i212_to_bgra, i410_to_rgba,
    i412_to_rgba, p010_to_bgra, yuv_nv12_to_bgra, yuv400_to_bgra, yuv420_to_bgra, yuv422_to_bgra,
    yuv444_to_bgra,
};

use crate::gamut;
use crate::planes::{Model, Source, numbers};

const BYTES_PER_PIXEL: usize = 4;

/// The formats that are converted here.
pub(crate) const FORMATS: [VideoFormat; 13] = [
    VideoFormat::I420,
    VideoFormat::Nv12,
    VideoFormat::Y42b,
    VideoFormat::Y444,
    VideoFormat::Gray8,
    VideoFormat::I42010le,
    VideoFormat::P01010le,
    VideoFormat::I42210le,
    VideoFormat::Y44410le,
    VideoFormat::I42012le,
    VideoFormat::I42212le,
    VideoFormat::Y44412le,
    VideoFormat::Bgrx,
];

/// Returns the format of [`FORMATS`] that frames like `info` have already, or else the one in which they
/// lose the least.
pub(crate) fn format_for(info: &VideoInfo) -> VideoFormat {
    let format = info.format_info();
    if info.is_rgb() || info.colorimetry().matrix().kr_kb().is_err() {
        return VideoFormat::Bgrx;
    }
    if FORMATS.contains(&info.format()) {
        return info.format();
    }
    let [i420, i422, y444] = match format.depth().iter().max() {
        Some(..=8) | None => [VideoFormat::I420, VideoFormat::Y42b, VideoFormat::Y444],
        Some(..=10) => [
            VideoFormat::I42010le,
            VideoFormat::I42210le,
            VideoFormat::Y44410le,
        ],
        Some(_) => [
            VideoFormat::I42012le,
            VideoFormat::I42212le,
            VideoFormat::Y44412le,
        ],
    };
    match chroma_shifts(&format) {
        // Grey has no colour to lose.
        None | Some((1, 1)) => i420,
        Some((1, 0)) => i422,
        Some(_) => y444,
    }
}

/// Returns how many pixels share a colour in a row and in a column, as powers of 2.
fn chroma_shifts(format: &VideoFormatInfo) -> Option<(u32, u32)> {
    format
        .w_sub()
        .get(1)
        .copied()
        .zip(format.h_sub().get(1).copied())
}

/// Returns what is converted of `frame`, whose capabilities are `info`; `None` if the frame is not what its
/// capabilities say, or is in none of [`FORMATS`].
pub(crate) fn source<'a>(frame: &'a VideoFrame<Readable>, info: &VideoInfo) -> Option<Source<'a>> {
    FORMATS
        .contains(&info.format())
        .then(|| Source::of(frame, info))?
}

/// Returns `frame`, whose capabilities are `info`, as a picture that has at least that width and height, or
/// the frame's where they are less; `None` if it has no [`source`].
pub(crate) fn to_bgra(
    frame: &VideoFrame<Readable>,
    info: &VideoInfo,
    least: (u32, u32),
) -> Option<Picture> {
    let mut source = source(frame, info)?;
    let (width, height) = (least.0 as usize, least.1 as usize);
    while source.width >= 2 * width.max(1)
        && source.height >= 2 * height.max(1)
        && let Some(halved) = source.halved()
    {
        source = halved;
    }
    let (width, height) = (source.width as u32, source.height as u32);
    let size = source.width.checked_mul(source.height)?;
    let mut pixels = vec![0; size.checked_mul(BYTES_PER_PIXEL)?];
    let primaries = info.colorimetry().primaries();
    if gamut::is_wide(primaries) {
        gamut::convert(&source, primaries, &mut pixels)?;
    } else {
        convert(source, info.format(), &mut pixels)?;
    }
    Some(Picture {
        width,
        height,
        pixels,
    })
}

fn convert(source: Source, format: VideoFormat, pixels: &mut [u8]) -> Option<()> {
    match format {
        VideoFormat::Bgrx => source.copy_opaque(pixels),
        VideoFormat::Gray8 => source.convert_grey(pixels),
        VideoFormat::Nv12 => source.convert_pairs(yuv_nv12_to_bgra, pixels),
        VideoFormat::P01010le => source.convert_pairs(p010_to_bgra, pixels),
        VideoFormat::I420 => source.convert_planes(yuv420_to_bgra, pixels),
        VideoFormat::Y42b => source.convert_planes(yuv422_to_bgra, pixels),
        VideoFormat::Y444 => source.convert_planes(yuv444_to_bgra, pixels),
        VideoFormat::I42010le => source.convert_planes(i010_to_bgra, pixels),
        VideoFormat::I42210le => source.convert_planes(i210_to_bgra, pixels),
        VideoFormat::I42012le => source.convert_planes(i012_to_bgra, pixels),
        VideoFormat::I42212le => source.convert_planes(i212_to_bgra, pixels),
        // `yuv` has no function from these two formats to BGRA.
        VideoFormat::Y44410le => source
            .with_red_for_blue()
            .convert_planes(i410_to_rgba, pixels),
        VideoFormat::Y44412le => source
            .with_red_for_blue()
            .convert_planes(i412_to_rgba, pixels),
        _ => None,
    }
}

/// A function of `yuv` that converts frames with a plane for each channel.
type ConvertPlanes<T> =
    fn(&YuvPlanarImage<T>, &mut [u8], u32, YuvRange, YuvStandardMatrix) -> Result<(), YuvError>;

/// A function of `yuv` that converts frames with a plane for Y and one for pairs of Cb and Cr.
type ConvertPairs<T> = fn(
    &YuvBiPlanarImage<T>,
    &mut [u8],
    u32,
    YuvRange,
    YuvStandardMatrix,
    YuvConversionMode,
) -> Result<(), YuvError>;

/// The conversions. Each row is converted as an image of its own, since `yuv` would want padding after the
/// last one of several rows as well, which decoders need not have.
impl Source<'_> {
    fn convert_planes<T: Pod + Debug>(
        &self,
        convert: ConvertPlanes<T>,
        pixels: &mut [u8],
    ) -> Option<()> {
        let [y, cb, cr] = self.channels.as_slice() else {
            return None;
        };
        self.convert_rows(pixels, |row, range, matrix, pixels| {
            let [y, cb, cr] = [y, cb, cr].map(|channel| numbers::<T>(channel.row(row)));
            let image = YuvPlanarImage {
                y_plane: &y,
                y_stride: y.len() as u32,
                u_plane: &cb,
                u_stride: cb.len() as u32,
                v_plane: &cr,
                v_stride: cr.len() as u32,
                width: self.width as u32,
                height: 1,
            };
            convert(&image, pixels, pixels.len() as u32, range, matrix)
        })
    }

    fn convert_pairs<T: Pod + Debug>(
        &self,
        convert: ConvertPairs<T>,
        pixels: &mut [u8],
    ) -> Option<()> {
        let [y, cb, _] = self.channels.as_slice() else {
            return None;
        };
        let mode = YuvConversionMode::Balanced;
        self.convert_rows(pixels, |row, range, matrix, pixels| {
            let [y, pairs] = [y, cb].map(|channel| numbers::<T>(channel.row(row)));
            let image = YuvBiPlanarImage {
                y_plane: &y,
                y_stride: y.len() as u32,
                uv_plane: &pairs,
                uv_stride: pairs.len() as u32,
                width: self.width as u32,
                height: 1,
            };
            convert(&image, pixels, pixels.len() as u32, range, matrix, mode)
        })
    }

    fn convert_grey(&self, pixels: &mut [u8]) -> Option<()> {
        let y = self.channels.first()?;
        self.convert_rows(pixels, |row, range, matrix, pixels| {
            let image = YuvGrayImage {
                y_plane: y.row(row),
                y_stride: self.width as u32,
                width: self.width as u32,
                height: 1,
            };
            yuv400_to_bgra(&image, pixels, pixels.len() as u32, range, matrix)
        })
    }

    fn convert_rows(
        &self,
        pixels: &mut [u8],
        convert: impl Fn(usize, YuvRange, YuvStandardMatrix, &mut [u8]) -> Result<(), YuvError>,
    ) -> Option<()> {
        let Model::Yuv { kr, kb } = self.model else {
            return None;
        };
        let range = if self.is_full_range {
            YuvRange::Full
        } else {
            YuvRange::Limited
        };
        let matrix = YuvStandardMatrix::Custom(kr, kb);
        let rows = pixels.chunks_exact_mut(self.width * BYTES_PER_PIXEL);
        for (row, pixels) in rows.enumerate() {
            convert(row, range, matrix, pixels).ok()?;
        }
        Some(())
    }

    /// Copies rows of BGRx, with every alpha 255.
    fn copy_opaque(&self, pixels: &mut [u8]) -> Option<()> {
        let source = self.channels.first()?;
        let rows = pixels.chunks_exact_mut(self.width * BYTES_PER_PIXEL);
        for (row, pixels) in rows.enumerate() {
            pixels.copy_from_slice(source.row(row));
            for pixel in pixels.as_chunks_mut::<BYTES_PER_PIXEL>().0 {
                pixel[3] = 255;
            }
        }
        Some(())
    }
}
