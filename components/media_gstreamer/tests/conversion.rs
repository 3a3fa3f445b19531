/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Pictures of every format whose pixels all differ, compared with what plain arithmetic says of them.

use std::sync::Arc;

use byte_stream::track::CodecConfiguration;
use gstreamer::prelude::*;
use gstreamer::{Buffer, Caps, ClockTime, Element, Pipeline, Sample, State};
use gstreamer_app::{AppSink, AppSrc};
use gstreamer_video::{
    VideoColorMatrix, VideoColorPrimaries, VideoColorRange, VideoColorimetry, VideoFormat,
    VideoFormatInfo, VideoFrameFlags, VideoInfo, VideoMeta, VideoTransferFunction,
};

use super::color_model::Color;
use super::picture_forms::configuration;
use crate::conversion::FORMATS;
use crate::frame;
use crate::picture_form::{self, PictureForms};
use media_source::VideoFrame;

/// How far off a channel may be.
const TOLERANCE: u8 = 2;
/// What lies where no pixel is.
const GARBAGE: u8 = 0xa5;
/// Not even a processor with wide registers takes all pixels of a row at once.
const SIZE: (u32, u32) = (75, 21);

const MATRICES: [VideoColorMatrix; 5] = [
    VideoColorMatrix::Bt601,
    VideoColorMatrix::Bt709,
    VideoColorMatrix::Bt2020,
    VideoColorMatrix::Smpte240m,
    VideoColorMatrix::Fcc,
];

/// The formats with a plane for each channel.
const PLANAR: [VideoFormat; 10] = [
    VideoFormat::I420,
    VideoFormat::Y42b,
    VideoFormat::Y444,
    VideoFormat::Gray8,
    VideoFormat::I42010le,
    VideoFormat::I42210le,
    VideoFormat::Y44410le,
    VideoFormat::I42012le,
    VideoFormat::I42212le,
    VideoFormat::Y44412le,
];

/// A way to lay a picture out in memory.
#[derive(Clone)]
struct Layout {
    info: VideoInfo,
    offsets: Vec<usize>,
    strides: Vec<usize>,
    size: usize,
}

impl Layout {
    fn packed(info: &VideoInfo) -> Self {
        Self {
            info: info.clone(),
            offsets: info.offset().to_vec(),
            strides: info
                .stride()
                .iter()
                .map(|stride| *stride as usize)
                .collect(),
            size: info.size(),
        }
    }

    /// With other rows between the rows, and planes that start at any address.
    fn padded(info: &VideoInfo, start: usize) -> Self {
        let mut layout = Self::packed(info);
        layout.size = start;
        for plane in 0..layout.strides.len() {
            layout.strides[plane] += 34;
            layout.offsets[plane] = layout.size;
            layout.size += layout.strides[plane] * info.height() as usize;
        }
        layout
    }

    /// A picture with such numbers: channel by channel, each told of the pixel where it counts first.
    fn buffer(&self, number: impl Fn(usize, usize, usize) -> u32) -> Buffer {
        let mut bytes = vec![GARBAGE; self.size];
        let format = self.info.format_info();
        for channel in 0..format.n_components() as usize {
            let plane = format.plane()[channel] as usize;
            let step = format.pixel_stride()[channel] as usize;
            let is_wide = format.depth()[channel] > 8;
            // What GStreamer 1.22 says of P010 is 1, where it has 2 itself.
            let offset = format.poffset()[channel] as usize;
            let offset = offset.next_multiple_of(if is_wide { 2 } else { 1 });
            let is_big_endian = is_wide && !format.is_le();
            for y in 0..format.scale_height(channel as u8, self.info.height()) as usize {
                for x in 0..format.scale_width(channel as u8, self.info.width()) as usize {
                    let row = self.offsets[plane] + self.strides[plane] * y;
                    let place = row + offset + x * step;
                    let (x, y) = (x << format.w_sub()[channel], y << format.h_sub()[channel]);
                    let number = (number(channel, x, y) << format.shift()[channel]) as u16;
                    let pair = if is_big_endian {
                        number.to_be_bytes()
                    } else {
                        number.to_le_bytes()
                    };
                    let count = if is_wide { 2 } else { 1 };
                    bytes[place..place + count].copy_from_slice(&pair[..count]);
                }
            }
        }
        let mut buffer = Buffer::from_mut_slice(bytes);
        let writable = buffer.get_mut().expect("it is new");
        writable.set_pts(ClockTime::ZERO);
        let strides: Vec<_> = self.strides.iter().map(|stride| *stride as i32).collect();
        describe(writable, &self.info, &self.offsets, &strides);
        buffer
    }
}

fn describe(
    buffer: &mut gstreamer::BufferRef,
    info: &VideoInfo,
    offsets: &[usize],
    strides: &[i32],
) {
    let (format, width, height) = (info.format(), info.width(), info.height());
    let flags = VideoFrameFlags::empty();
    VideoMeta::add_full(buffer, flags, format, width, height, offsets, strides)
        .expect("there is memory");
}

fn info(format: VideoFormat, size: (u32, u32), color: VideoColorimetry) -> VideoInfo {
    gstreamer::init().expect("GStreamer is installed");
    let info = VideoInfo::builder(format, size.0, size.1).colorimetry(&color);
    info.build().expect("it is whole")
}

fn color(range: VideoColorRange, matrix: VideoColorMatrix) -> VideoColorimetry {
    let (transfer, primaries) = (VideoTransferFunction::Srgb, VideoColorPrimaries::Bt709);
    VideoColorimetry::new(range, matrix, transfer, primaries)
}

fn limited() -> VideoColorimetry {
    color(VideoColorRange::Range16_235, VideoColorMatrix::Bt709)
}

fn shown(buffer: &Buffer, info: &VideoInfo) -> Option<VideoFrame> {
    let caps = info.to_caps().expect("it is whole");
    frame::from_sample(&Sample::builder().buffer(buffer).caps(&caps).build())
}

/// Numbers of that many bits that differ from pixel to pixel and from channel to channel. Y of limited
/// range is never below black.
fn number(depth: u32, color: &VideoColorimetry, channel: usize, x: usize, y: usize) -> u32 {
    let is_limited_luma = channel == 0 && color.range() == VideoColorRange::Range16_235;
    let first = if is_limited_luma {
        16 << (depth - 8)
    } else {
        0
    };
    let factors = [(37, 101), (59, 13), (83, 29), (7, 3)][channel];
    let seed = ((x + 1) * factors.0 + y * factors.1) as u32 * 131;
    first + seed % ((1 << depth) - first)
}

/// The numbers that belong to a pixel, whatever it shares with its neighbours.
fn numbers_at(info: &VideoInfo, x: usize, y: usize) -> Vec<u32> {
    let format: VideoFormatInfo = info.format_info();
    let channels = 0..format.n_components().min(3) as usize;
    let at = |channel: usize| {
        let (across, down) = (format.w_sub()[channel], format.h_sub()[channel]);
        let (x, y) = (x >> across << across, y >> down << down);
        number(format.depth()[channel], &info.colorimetry(), channel, x, y)
    };
    channels.map(at).collect()
}

fn check(layout: &Layout) {
    let info = &layout.info;
    let depths: Vec<_> = info.format_info().depth().to_vec();
    let color = info.colorimetry();
    let buffer = layout.buffer(|channel, x, y| number(depths[channel], &color, channel, x, y));
    let frame = shown(&buffer, info).expect("it is whole");
    assert_eq!((frame.width, frame.height), (info.width(), info.height()));
    compare(&frame, info);
}

fn pixels(frame: &VideoFrame) -> Vec<u8> {
    frame.to_bgra().expect("it is converted")
}

fn compare(frame: &VideoFrame, info: &VideoInfo) {
    let width = frame.width as usize;
    let bytes = pixels(frame);
    let pixels = bytes.as_chunks::<4>().0;
    assert_eq!(pixels.len(), width * frame.height as usize);
    for (place, found) in pixels.iter().enumerate() {
        let (x, y) = (place % width, place / width);
        let numbers = numbers_at(info, x, y);
        let [red, green, blue] = Color::of(&numbers, info).on_screen(info);
        let near = found.iter().zip([blue, green, red]);
        assert!(
            near.clone()
                .all(|(found, expected)| found.abs_diff(expected) <= TOLERANCE)
                && found[3] == 255,
            "{}, {}: {numbers:?} at {x}, {y}: {found:?}, not {:?}",
            info.format(),
            info.colorimetry(),
            [blue, green, red, 255],
        );
    }
}

#[test]
fn every_format_with_every_matrix_and_range() {
    for format in FORMATS {
        for range in [VideoColorRange::Range16_235, VideoColorRange::Range0_255] {
            for matrix in MATRICES {
                let is_rgb = format == VideoFormat::Bgrx;
                let matrix = if is_rgb {
                    VideoColorMatrix::Rgb
                } else {
                    matrix
                };
                let range = if is_rgb {
                    VideoColorRange::Range0_255
                } else {
                    range
                };
                let info = info(format, SIZE, color(range, matrix));
                check(&Layout::packed(&info));
            }
        }
    }
}

#[test]
fn pictures_of_any_size_and_with_padding() {
    for format in FORMATS {
        for size in [(1, 1), (2, 1), (1, 2), (3, 3), (33, 5), (64, 2)] {
            let color = if format == VideoFormat::Bgrx {
                color(VideoColorRange::Range0_255, VideoColorMatrix::Rgb)
            } else {
                limited()
            };
            let info = info(format, size, color);
            check(&Layout::packed(&info));
            check(&Layout::padded(&info, 0));
            // Numbers of two bytes lie at odd addresses.
            check(&Layout::padded(&info, 1));
        }
    }
}

#[test]
fn a_picture_at_half_the_size_has_the_averages_of_four_pixels() {
    for format in FORMATS {
        let is_rgb = format == VideoFormat::Bgrx;
        let color = if is_rgb {
            color(VideoColorRange::Range0_255, VideoColorMatrix::Rgb)
        } else {
            limited()
        };
        let info = info(format, (72, 20), color);
        let details = info.format_info();
        let buffer = Layout::padded(&info, 1)
            .buffer(|channel, x, y| number(details.depth()[channel], &color, channel, x, y));
        let frame = shown(&buffer, &info).expect("it is whole");
        let size_for = |least| {
            let picture = frame.pixels.to_bgra(least).expect("it is converted");
            assert_eq!(
                picture.pixels.len() as u32,
                picture.width * picture.height * 4
            );
            (picture.width, picture.height)
        };
        assert_eq!(size_for((37, 10)), (72, 20), "it would be too narrow");
        assert_eq!(size_for((36, 11)), (72, 20), "it would be too low");
        if !PLANAR.contains(&format) {
            assert_eq!(size_for((1, 1)), (72, 20));
            continue;
        }
        assert_eq!(size_for((1, 1)), (36, 10), "half of a row is left");
        let picture = frame.pixels.to_bgra((36, 10)).expect("it is converted");
        for (place, found) in picture.pixels.as_chunks::<4>().0.iter().enumerate() {
            let (x, y) = (place % 36, place / 36);
            let average = |channel: usize| {
                let (across, down) = (details.w_sub()[channel], details.h_sub()[channel]);
                let (x, y) = ((x >> across) * 2, (y >> down) * 2);
                let at = |x: usize, y: usize| {
                    let depth = details.depth()[channel];
                    number(depth, &color, channel, x << across, y << down)
                };
                (at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1) + 2) / 4
            };
            let channels = 0..info.n_components().min(3) as usize;
            let numbers: Vec<_> = channels.map(average).collect();
            let [red, green, blue] = Color::of(&numbers, &info).on_screen(&info);
            let mut near = found.iter().zip([blue, green, red, 255]);
            assert!(
                near.all(|(found, expected)| found.abs_diff(expected) <= TOLERANCE),
                "{format}: {numbers:?} at {x}, {y}: {found:?}, not {:?}",
                [blue, green, red, 255]
            );
        }
    }
}

#[test]
fn wide_primaries_become_those_of_the_screen() {
    for primaries in [
        VideoColorPrimaries::Bt2020,
        VideoColorPrimaries::Smpterp431,
        VideoColorPrimaries::Smpteeg432,
    ] {
        for format in FORMATS {
            for range in [VideoColorRange::Range16_235, VideoColorRange::Range0_255] {
                let is_rgb = format == VideoFormat::Bgrx;
                let matrix = if is_rgb {
                    VideoColorMatrix::Rgb
                } else {
                    VideoColorMatrix::Bt2020
                };
                let range = if is_rgb {
                    VideoColorRange::Range0_255
                } else {
                    range
                };
                let transfer = VideoTransferFunction::Srgb;
                let color = VideoColorimetry::new(range, matrix, transfer, primaries);
                check(&Layout::padded(&info(format, SIZE, color), 1));
            }
        }
    }
}

#[test]
fn white_stays_white() {
    for primaries in [VideoColorPrimaries::Bt2020, VideoColorPrimaries::Smpterp431] {
        let (range, matrix) = (VideoColorRange::Range16_235, VideoColorMatrix::Bt2020);
        let color = VideoColorimetry::new(range, matrix, VideoTransferFunction::Srgb, primaries);
        let info = info(VideoFormat::P01010le, SIZE, color);
        let white = |channel, _, _| if channel == 0 { 940 } else { 512 };
        let frame = shown(&Layout::packed(&info).buffer(white), &info).expect("it is whole");
        assert!(pixels(&frame).iter().all(|byte| *byte == 255));
    }
}

#[test]
fn what_lies_beyond_the_edges_is_not_shown() {
    for format in FORMATS
        .into_iter()
        .filter(|format| *format != VideoFormat::Bgrx)
    {
        let whole = info(format, SIZE, limited());
        let depths: Vec<_> = whole.format_info().depth().to_vec();
        let buffer = Layout::packed(&whole)
            .buffer(|channel, x, y| number(depths[channel], &limited(), channel, x, y));
        let part = info(format, (SIZE.0 - 10, SIZE.1 - 4), limited());
        let frame = shown(&buffer, &part).expect("it has more than it must");
        assert_eq!((frame.width, frame.height), (SIZE.0 - 10, SIZE.1 - 4));
        compare(&frame, &part);
        let more = info(format, (SIZE.0 + 2, SIZE.1), limited());
        assert!(shown(&buffer, &more).is_none());
        let more = info(format, (SIZE.0, SIZE.1 + 2), limited());
        assert!(shown(&buffer, &more).is_none());
    }
}

#[test]
fn what_is_not_what_it_says_is_no_picture() {
    for format in FORMATS {
        let color = if format == VideoFormat::Bgrx {
            color(VideoColorRange::Range0_255, VideoColorMatrix::Rgb)
        } else {
            limited()
        };
        let info = info(format, SIZE, color);
        let layout = Layout::packed(&info);
        let whole = layout.buffer(|_, _, _| 100);
        assert!(shown(&whole, &info).is_some());
        // Too little memory: with and without a description of it.
        for size in [
            0,
            1,
            layout.offsets.last().copied().unwrap_or(0),
            whole.size() / 2,
        ] {
            let mut short = whole.clone();
            short.make_mut().set_size(size);
            assert!(shown(&short, &info).is_none(), "{format}, {size}");
            let mut bare = Buffer::from_slice(vec![0_u8; size]);
            bare.make_mut().set_pts(ClockTime::ZERO);
            assert!(shown(&bare, &info).is_none(), "{format}, {size}");
        }
        let strides: Vec<_> = info.stride().to_vec();
        let described = |offsets: &[usize], strides: &[i32]| {
            let mut buffer = Buffer::from_slice(vec![0_u8; info.size()]);
            let writable = buffer.get_mut().expect("it is new");
            writable.set_pts(ClockTime::ZERO);
            describe(writable, &info, offsets, strides);
            shown(&buffer, &info)
        };
        for factor in [-1, 0, 3, 10_000] {
            let strides: Vec<_> = strides.iter().map(|stride| stride * factor).collect();
            assert!(
                described(info.offset(), &strides).is_none(),
                "{format}, {factor}"
            );
        }
        let narrow: Vec<_> = strides.iter().map(|stride| stride / 2).collect();
        assert!(described(info.offset(), &narrow).is_none(), "{format}");
        let late: Vec<_> = info.offset().iter().map(|offset| offset + 80).collect();
        assert!(described(&late, &strides).is_none(), "{format}");
    }
    // A format that is never asked for.
    let info = info(VideoFormat::Yuy2, SIZE, limited());
    let mut buffer = Buffer::from_slice(vec![0_u8; info.size()]);
    buffer.make_mut().set_pts(ClockTime::ZERO);
    assert!(shown(&buffer, &info).is_none());
}

/// The first picture that the sink takes of what the converter makes of `buffer`.
fn pass(buffer: &Buffer, caps: &Caps) -> Sample {
    let source = AppSrc::builder().caps(caps).format(gstreamer::Format::Time);
    let (source, pipeline) = (source.build(), Pipeline::new());
    let forms = PictureForms::default();
    let configuration = CodecConfiguration::Video(configuration(SIZE));
    forms.expect(ClockTime::ZERO, Arc::new(configuration));
    let sink = AppSink::builder().sync(false).build();
    let converter = picture_form::converter(&forms, &sink).expect("it is installed");
    let elements: [&Element; 3] = [source.upcast_ref(), &converter, sink.upcast_ref()];
    pipeline.add_many(elements).expect("they are new");
    Element::link_many(elements).expect("they fit");
    source.push_buffer(buffer.clone()).expect("it is open");
    pipeline.set_state(State::Playing).expect("it starts");
    let sample = sink.pull_sample().expect("it is converted");
    pipeline.set_state(State::Null).expect("it stops");
    sample
}

#[test]
fn what_is_converted_when_it_is_shown_passes_as_it_is() {
    for format in FORMATS
        .into_iter()
        .filter(|format| *format != VideoFormat::Bgrx)
    {
        let info = info(format, SIZE, limited());
        let buffer = Layout::padded(&info, 0).buffer(|_, _, _| 90);
        let passed = pass(&buffer, &info.to_caps().expect("it is whole"));
        let address = |buffer: &gstreamer::BufferRef| {
            buffer.map_readable().expect("it is plain memory").as_ptr()
        };
        let passed = passed.buffer().expect("a sample has one");
        assert_eq!(address(&buffer), address(passed), "{format}");
    }
}

/// The other formats become one of those first, in a size and with pixels of a shape that no format likes.
#[test]
fn other_formats_are_right_too() {
    gstreamer::init().expect("GStreamer is installed");
    for format in [
        VideoFormat::Yv12,
        VideoFormat::Nv21,
        VideoFormat::Nv16,
        VideoFormat::Nv24,
        VideoFormat::Y41b,
        VideoFormat::Ayuv,
        VideoFormat::A420,
        VideoFormat::I42010be,
        VideoFormat::P012Le,
        VideoFormat::P016Le,
        VideoFormat::Y44416le,
        VideoFormat::A44410le,
        VideoFormat::Gray16Le,
        VideoFormat::Gbr,
        VideoFormat::Gbr10le,
        VideoFormat::Gbr12le,
        VideoFormat::Gbra,
        VideoFormat::Rgb,
        // These need nothing but other pixels.
        VideoFormat::I420,
        VideoFormat::P01010le,
        VideoFormat::Y44412le,
        VideoFormat::Bgrx,
    ] {
        let plain = VideoInfo::builder(format, 3, 5).build();
        let is_rgb = plain.expect("it is whole").is_rgb();
        let color = if is_rgb {
            color(VideoColorRange::Range0_255, VideoColorMatrix::Rgb)
        } else {
            limited()
        };
        let info = info(format, SIZE, color);
        let depth = info.comp_depth(0);
        let numbers = [150_u32, 90, 180, 255].map(|number| number << (depth - 8));
        let buffer = Layout::packed(&info).buffer(|channel, _, _| numbers[channel]);
        let expected = Color::of(&numbers[..info.n_components().min(3) as usize], &info);
        let [red, green, blue] = expected.on_screen(&info);
        for (ratio, width) in [((1, 1), SIZE.0), ((3, 2), 113)] {
            let mut caps = info.to_caps().expect("it is whole");
            let fraction = gstreamer::Fraction::new(ratio.0, ratio.1);
            caps.make_mut().set("pixel-aspect-ratio", fraction);
            let sample = pass(&buffer, &caps);
            let frame = frame::from_sample(&sample).expect("it is converted");
            assert_eq!((frame.width, frame.height), (width, SIZE.1));
            for pixel in pixels(&frame).as_chunks::<4>().0 {
                let pairs = pixel.iter().zip([blue, green, red, 255]);
                assert!(
                    pairs
                        .clone()
                        .all(|(one, other)| one.abs_diff(other) <= TOLERANCE),
                    "{format}: {pixel:?}, not {:?}",
                    [blue, green, red, 255]
                );
            }
        }
    }
}

#[test]
fn decoders_need_not_pack_rows() {
    gstreamer::init().expect("GStreamer is installed");
    let sink = AppSink::builder().build();
    picture_form::converter(&PictureForms::default(), &sink).expect("it is installed");
    let caps = info(VideoFormat::I420, SIZE, limited())
        .to_caps()
        .expect("it is whole");
    let mut query = gstreamer::query::Allocation::new(Some(&caps), true);
    let pad = sink.static_pad("sink").expect("it has one input");
    assert!(pad.query(&mut query));
    assert!(query.find_allocation_meta::<VideoMeta>().is_some());
}

/// GStreamer takes grey for full range when nothing is said, which codecs do not.
#[test]
fn grey_has_the_range_of_codecs() {
    let plain = VideoColorimetry::new(
        VideoColorRange::Range0_255,
        VideoColorMatrix::Bt601,
        VideoTransferFunction::Unknown,
        VideoColorPrimaries::Unknown,
    );
    let info = info(VideoFormat::Gray8, SIZE, plain);
    let buffer = Layout::packed(&info).buffer(|_, _, _| 126);
    let sample = pass(&buffer, &info.to_caps().expect("it is whole"));
    let frame = frame::from_sample(&sample).expect("it is whole");
    assert_eq!(pixels(&frame)[..4], [128, 128, 128, 255]);
}
