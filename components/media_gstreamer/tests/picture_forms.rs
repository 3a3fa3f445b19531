/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What becomes of the numbers 110, 70 and 180 (Y, Cb, Cr) under each description of colours, and of
//! the shape of pixels and the orientation.

use std::sync::Arc;

use byte_stream::picture::{ColorDescription, Orientation, PixelAspectRatio};
use byte_stream::track::{CodecConfiguration, VideoCodec, VideoConfiguration};
use bytes::Bytes;
use gstreamer::prelude::*;
use gstreamer::{Buffer, Caps, ClockTime, Element, Pipeline, State};
use gstreamer_app::{AppSink, AppSrc};

use crate::frame;
use crate::picture_form::{self, PictureForms};
use media_source::VideoFrame;

const SD: (u32, u32) = (320, 180);
const HD: (u32, u32) = (1280, 720);

pub(super) fn configuration(size: (u32, u32)) -> VideoConfiguration {
    VideoConfiguration {
        codec: VideoCodec::Vp8,
        codec_string: "vp8".to_owned(),
        extra_data: Bytes::new(),
        width: size.0,
        height: size.1,
        pixel_aspect_ratio: PixelAspectRatio::default(),
        orientation: Orientation::default(),
        color: ColorDescription::default(),
    }
}

fn color(primaries: u8, transfer: u8, matrix: u8, full_range: Option<bool>) -> ColorDescription {
    ColorDescription {
        primaries,
        transfer,
        matrix,
        full_range,
    }
}

/// Shows a picture of each configuration, all of one size, after each other. The decoder says the
/// same of all.
fn show(configurations: Vec<VideoConfiguration>, colorimetry: Option<&str>) -> Vec<VideoFrame> {
    gstreamer::init().expect("GStreamer is installed");
    let (width, height) = (configurations[0].width, configurations[0].height);
    let mut caps = Caps::builder("video/x-raw")
        .field("format", "I420")
        .field("width", width as i32)
        .field("height", height as i32)
        .field("framerate", gstreamer::Fraction::new(25, 1))
        .build();
    if let Some(colorimetry) = colorimetry {
        caps.make_mut().set("colorimetry", colorimetry);
    }
    let source = AppSrc::builder()
        .caps(&caps)
        .format(gstreamer::Format::Time);
    let (source, pipeline) = (source.build(), Pipeline::new());
    let forms = PictureForms::default();
    let sink = AppSink::builder().sync(false).build();
    let converter = picture_form::converter(&forms, &sink).expect("it is installed");
    let elements: [&Element; 3] = [source.upcast_ref(), &converter, sink.upcast_ref()];
    pipeline.add_many(elements).expect("they are new");
    Element::link_many(elements).expect("they fit");
    let size = (width * height) as usize;
    let count = configurations.len();
    for (index, configuration) in configurations.into_iter().enumerate() {
        let time = ClockTime::SECOND * index as u64;
        forms.expect(time, Arc::new(CodecConfiguration::Video(configuration)));
        let planes = [vec![110; size], vec![70; size / 4], vec![180; size / 4]];
        let mut buffer = Buffer::from_slice(planes.concat());
        buffer.get_mut().expect("it is new").set_pts(time);
        source.push_buffer(buffer).expect("it is open");
    }
    pipeline.set_state(State::Playing).expect("it starts");
    let frames = (0..count).map(|_| {
        let sample = sink.pull_sample().expect("each is converted");
        frame::from_sample(&sample).expect("it is whole")
    });
    let frames = frames.collect();
    pipeline.set_state(State::Null).expect("it stops");
    frames
}

/// How far off a colour may be.
const TOLERANCE: u8 = 1;
const WIDE: [u8; 3] = [239, 54, 0];

fn is_near(found: [u8; 3], expected: [u8; 3]) -> bool {
    let mut pairs = found.iter().zip(expected);
    pairs.all(|(one, other)| one.abs_diff(other) <= TOLERANCE)
}

fn pixels(frame: &VideoFrame) -> Vec<u8> {
    frame.to_bgra().expect("it is converted")
}

/// Red, green and blue of the first pixel.
fn rgb(frame: &VideoFrame) -> [u8; 3] {
    let bytes = pixels(frame);
    [bytes[2], bytes[1], bytes[0]]
}

fn check(size: (u32, u32), color: ColorDescription, decoder: Option<&str>, expected: [u8; 3]) {
    let described = VideoConfiguration {
        color,
        ..configuration(size)
    };
    let found = rgb(&show(vec![described], decoder)[0]);
    assert!(
        is_near(found, expected),
        "{color:?}, {decoder:?}: {found:?}, not {expected:?}"
    );
}

#[test]
fn colors_are_what_the_byte_stream_says() {
    let full = Some(true);
    for size in [SD, HD] {
        check(size, color(2, 2, 2, full), None, [183, 93, 8]);
        check(size, color(1, 1, 1, full), None, [192, 96, 2]);
        check(size, color(6, 6, 6, full), None, [183, 93, 8]);
        check(size, color(1, 1, 1, None), None, [203, 94, 0]);
        check(size, color(5, 6, 5, Some(false)), None, [192, 90, 0]);
        check(size, color(9, 14, 9, None), None, WIDE);
    }
}

/// What it leaves open is what the decoder says, or else what is usual for the size.
#[test]
fn what_the_byte_stream_leaves_open() {
    let open = ColorDescription::default();
    check(SD, open, None, [192, 90, 0]);
    check(HD, open, None, [203, 94, 0]);
    check(SD, open, Some("bt709"), [203, 94, 0]);
    check(HD, open, Some("1:4:0:0"), [183, 93, 8]);
    check(SD, open, Some("1:0:0:0"), [183, 93, 8]);
    check(SD, open, Some("bt2020"), WIDE);
    check(SD, color(2, 2, 1, None), Some("1:4:0:0"), [192, 96, 2]);
    check(
        HD,
        color(2, 2, 2, Some(false)),
        Some("1:1:0:0"),
        [203, 94, 0],
    );
}

#[test]
fn colors_change_between_pictures() {
    let colors = [
        color(1, 1, 1, Some(true)),
        color(9, 14, 9, None),
        color(2, 2, 2, Some(true)),
    ];
    let described = colors.map(|color| VideoConfiguration {
        color,
        ..configuration(SD)
    });
    let found: Vec<_> = show(described.to_vec(), None).iter().map(rgb).collect();
    for (found, expected) in found.iter().zip([[192, 96, 2], WIDE, [183, 93, 8]]) {
        assert!(is_near(*found, expected), "{found:?}, not {expected:?}");
    }
}

#[test]
fn pictures_are_made_in_their_natural_size() {
    let ratio = |horizontal, vertical| {
        PixelAspectRatio::new(horizontal, vertical).expect("neither of them is zero")
    };
    let orientation = |quarter_turns, is_mirrored| Orientation {
        quarter_turns,
        is_mirrored,
    };
    let form = |pixel_aspect_ratio, orientation| VideoConfiguration {
        pixel_aspect_ratio,
        orientation,
        ..configuration(SD)
    };
    let frames = show(
        vec![
            form(ratio(1, 1), orientation(0, false)),
            form(ratio(2, 1), orientation(0, false)),
            form(ratio(4, 3), orientation(1, false)),
            form(ratio(3, 4), orientation(2, true)),
            form(ratio(1, 1), orientation(3, false)),
            // No memory is for a picture of that width.
            form(ratio(1000, 1), orientation(0, false)),
        ],
        None,
    );
    let sizes = frames.iter().map(|frame| (frame.width, frame.height));
    assert_eq!(
        sizes.collect::<Vec<_>>(),
        [
            (320, 180),
            (640, 180),
            (180, 427),
            (320, 240),
            (180, 320),
            (320, 180)
        ]
    );
    // No line is left black at an edge.
    for frame in &frames {
        assert_eq!(frame.media_size, SD);
        let size = frame.width as usize * frame.height as usize;
        let bytes = pixels(frame);
        let pixels = bytes.as_chunks::<4>().0;
        assert_eq!(pixels.len(), size);
        assert!(pixels.iter().all(|pixel| *pixel == pixels[0]));
    }
}
