/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How decoded frames are to be shown: what their numbers mean as colours, the shape of their pixels,
//! and which way up they are.
//!
//! The byte stream says all of it. Decoders tell a part, and some of it is wrong. So what the byte
//! stream says is put into the capabilities of the decoded frames, with which it goes on to the sink.

use std::collections::VecDeque;
use std::sync::Arc;

use byte_stream::picture::{ColorDescription, Orientation, PixelAspectRatio};
use byte_stream::track::{CodecConfiguration, VideoConfiguration};
use gstreamer::event::Caps as CapsEvent;
use gstreamer::prelude::*;
use gstreamer::{
    Caps, CapsRef, ClockTime, Element, EventView, Fraction, List, Pad, PadProbeData,
    PadProbeReturn, PadProbeType, QueryViewMut,
};
use gstreamer_app::AppSink;
use gstreamer_video::{
    VideoColorMatrix, VideoColorPrimaries, VideoColorRange, VideoColorimetry, VideoFormat,
    VideoInfo, VideoMeta, VideoTransferFunction,
};
use parking_lot::Mutex;

use crate::conversion::{FORMATS, format_for};
use crate::element::element;
use crate::gamut::is_wide;
use media_source::PlayerError;

/// The field of capabilities with the orientation: quarter turns, and 4 more if it is mirrored.
const ORIENTATION: &str = "picture-orientation";
/// The fields of capabilities with the size as it was coded.
const MEDIA_WIDTH: &str = "media-width";
const MEDIA_HEIGHT: &str = "media-height";

/// Returns an element that converts decoded frames to what `sink` takes: square pixels in a format that
/// is converted to BGRA when the frame is shown. Most decoded frames have that form already, and pass.
pub(crate) fn converter(forms: &PictureForms, sink: &AppSink) -> Result<Element, PlayerError> {
    let converter = element("videoconvertscale")?;
    // Sizes are rounded, which would otherwise give a black line at an edge.
    converter.set_property("add-borders", false);
    let formats = FORMATS.map(VideoFormat::to_str);
    let pixels = Caps::builder("video/x-raw").field("format", List::new(formats));
    sink.set_caps(Some(&pixels.build()));
    if let Some(pad) = sink.static_pad("sink") {
        take_padding(&pad);
    }
    forms.install(&converter, sink);
    Ok(converter)
}

/// Tells decoders that the rows that reach `pad` may have padding. Otherwise they would copy each
/// frame.
fn take_padding(pad: &Pad) {
    pad.add_probe(PadProbeType::QUERY_DOWNSTREAM, |_, probe| {
        if let Some(PadProbeData::Query(query)) = &mut probe.data
            && let QueryViewMut::Allocation(allocation) = query.view_mut()
        {
            allocation.add_allocation_meta::<VideoMeta>(None);
            return PadProbeReturn::Handled;
        }
        PadProbeReturn::Ok
    });
}

/// How far parsers and decoders may round times.
const TOLERANCE: ClockTime = ClockTime::from_useconds(10);

/// The configurations of the frames under way.
#[derive(Clone, Default)]
pub(crate) struct PictureForms(Arc<Mutex<VecDeque<Form>>>);

/// A configuration, and the time from which on frames have it.
type Form = (ClockTime, Arc<CodecConfiguration>);

/// What was told about the frames that pass a pad.
#[derive(Default)]
struct Told {
    /// The capabilities from the decoder.
    decoder: Option<Caps>,
    /// The configuration from the byte stream.
    configuration: Option<Arc<CodecConfiguration>>,
}

impl PictureForms {
    /// Notes that frames of that configuration follow, the first of which is presented at `start`.
    pub(crate) fn expect(&self, start: ClockTime, configuration: Arc<CodecConfiguration>) {
        self.0.lock().push_back((start, configuration));
    }

    /// Forgets the frames under way.
    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }

    /// Returns the configuration of the frame that is presented at `time`.
    fn at(&self, time: ClockTime) -> Option<Arc<CodecConfiguration>> {
        let mut forms = self.0.lock();
        while forms
            .get(1)
            .is_some_and(|(start, _)| *start <= time + TOLERANCE)
        {
            forms.pop_front();
        }
        forms
            .front()
            .map(|(_, configuration)| configuration.clone())
    }

    /// Puts how frames are to be shown into the capabilities that go through `converter`, and sets what
    /// `sink` takes.
    fn install(&self, converter: &Element, sink: &AppSink) {
        let Some(pad) = converter.static_pad("sink") else {
            return;
        };
        let forms = self.clone();
        let sink = sink.downgrade();
        let told = Mutex::new(Told::default());
        let kinds = PadProbeType::BUFFER | PadProbeType::EVENT_DOWNSTREAM;
        pad.add_probe(kinds, move |pad, probe| {
            let Some(sink) = sink.upgrade() else {
                return PadProbeReturn::Ok;
            };
            match &mut probe.data {
                Some(PadProbeData::Event(event)) => {
                    if let EventView::Caps(caps) = event.view()
                        && let Some(caps) = forms.describe(caps.caps(), &told)
                    {
                        take(&caps, &sink);
                        *event = CapsEvent::new(&caps);
                    }
                }
                Some(PadProbeData::Buffer(buffer)) => {
                    let time = buffer.pts().unwrap_or(ClockTime::ZERO);
                    if let Some(caps) = forms.describe_again(time, &told) {
                        take(&caps, &sink);
                        pad.send_event(CapsEvent::new(&caps));
                    }
                }
                _ => {}
            }
            PadProbeReturn::Ok
        });
    }

    /// Returns the decoder's `caps` with what the byte stream says; `None` if that is in them already.
    fn describe(&self, caps: &CapsRef, told: &Mutex<Told>) -> Option<Caps> {
        if caps.structure(0)?.has_field(ORIENTATION) {
            return None;
        }
        let mut told = told.lock();
        told.decoder = Some(caps.to_owned());
        told.configuration = told
            .configuration
            .take()
            .or_else(|| self.at(ClockTime::ZERO));
        told.describe()
    }

    /// Returns new capabilities if the configuration of the frame presented at `time` is another one than
    /// that of the frame before.
    fn describe_again(&self, time: ClockTime, told: &Mutex<Told>) -> Option<Caps> {
        let configuration = self.at(time)?;
        let mut told = told.lock();
        let last = told.configuration.replace(configuration.clone());
        if last.is_some_and(|last| last == configuration) {
            return None;
        }
        told.describe()
    }
}

impl Told {
    fn describe(&self) -> Option<Caps> {
        let CodecConfiguration::Video(video) = self.configuration.as_deref()? else {
            return None;
        };
        let mut caps = self.decoder.clone()?;
        let info = VideoInfo::from_caps(&caps).ok()?;
        let fields = caps.make_mut();
        let orientation = video.orientation;
        let is_mirrored = i32::from(orientation.is_mirrored);
        let code = i32::from(orientation.quarter_turns) + 4 * is_mirrored;
        fields.set(ORIENTATION, code);
        fields.set(MEDIA_WIDTH, info.width());
        fields.set(MEDIA_HEIGHT, info.height());
        if let Some(ratio) = ratio_of(video) {
            fields.set("pixel-aspect-ratio", ratio);
        }
        if !info.is_rgb() {
            let colorimetry = colorimetry(video, &self.decoder, &info);
            fields.set("colorimetry", colorimetry.to_string());
        }
        Some(caps)
    }
}

/// Sets what `sink` takes: frames of those capabilities in their natural size, with the colours that they
/// have.
fn take(caps: &Caps, sink: &AppSink) {
    let Ok(info) = VideoInfo::from_caps(caps) else {
        return;
    };
    let format = format_for(&info);
    let mut color = info.colorimetry();
    if format == VideoFormat::Bgrx {
        let (transfer, primaries) = (color.transfer(), color.primaries());
        let (range, matrix) = (VideoColorRange::Range0_255, VideoColorMatrix::Rgb);
        color = VideoColorimetry::new(range, matrix, transfer, primaries);
    }
    let (width, height) = pixel_aspect_ratio(&info).apply_to((info.width(), info.height()));
    let pixels = Caps::builder("video/x-raw")
        .field("format", format.to_str())
        .field("colorimetry", color.to_string())
        .field("width", width as i32)
        .field("height", height as i32)
        .field("pixel-aspect-ratio", Fraction::new(1, 1));
    sink.set_caps(Some(&pixels.build()));
}

/// Returns the pixel aspect ratio of the byte stream; `None` if that is square, since the decoder may
/// know better then.
fn ratio_of(video: &VideoConfiguration) -> Option<Fraction> {
    let ratio = video.pixel_aspect_ratio;
    let horizontal = i32::try_from(ratio.horizontal()).ok()?;
    let vertical = i32::try_from(ratio.vertical()).ok()?;
    (ratio != PixelAspectRatio::default()).then(|| Fraction::new(horizontal, vertical))
}

/// Returns the colours that the byte stream says, or else the decoder, or else those that are usual for
/// the size.
fn colorimetry(
    video: &VideoConfiguration,
    decoder: &Option<Caps>,
    info: &VideoInfo,
) -> VideoColorimetry {
    let color = video.color;
    let usual = usual_colorimetry(info);
    let decoder = decoder.as_ref().and_then(|caps| told_colorimetry(caps));
    // GStreamer takes grey for full range by default, which is not what codecs mean.
    let decoder = decoder.filter(|told| !(info.is_gray() && *told == usual));
    let is_full = color.full_range.unwrap_or_else(|| {
        let range = decoder.as_ref().map(VideoColorimetry::range);
        range == Some(VideoColorRange::Range0_255)
    });
    let matrix = specified(color.matrix)
        .map(VideoColorMatrix::from_iso)
        .filter(|matrix| !matches!(matrix, VideoColorMatrix::Unknown | VideoColorMatrix::Rgb))
        .or_else(|| decoder.as_ref().map(VideoColorimetry::matrix))
        .filter(|matrix| *matrix != VideoColorMatrix::Unknown);
    let primaries = specified(color.primaries)
        .map(VideoColorPrimaries::from_iso)
        .or_else(|| decoder.as_ref().map(VideoColorimetry::primaries))
        .filter(|primaries| is_wide(*primaries));
    VideoColorimetry::new(
        if is_full {
            VideoColorRange::Range0_255
        } else {
            VideoColorRange::Range16_235
        },
        // Cameras that use the full range and say no more mean the matrix of JPEG.
        matrix.unwrap_or(if is_full {
            VideoColorMatrix::Bt601
        } else {
            usual.matrix()
        }),
        // The transfer function of the screen is used, so that dark colours stay as dark as coded.
        VideoTransferFunction::Srgb,
        primaries.unwrap_or(VideoColorPrimaries::Bt709),
    )
}

fn specified(code: u8) -> Option<u32> {
    (code != ColorDescription::UNSPECIFIED).then_some(u32::from(code))
}

/// Returns the colours that the decoder says, of which parts may be unknown.
fn told_colorimetry(caps: &CapsRef) -> Option<VideoColorimetry> {
    let text = caps.structure(0)?.get::<String>("colorimetry").ok()?;
    text.parse().ok()
}

/// Returns the colours that GStreamer assumes if nothing is said.
fn usual_colorimetry(info: &VideoInfo) -> VideoColorimetry {
    let plain = VideoInfo::builder(info.format(), info.width(), info.height()).build();
    plain.map_or_else(|_| info.colorimetry(), |plain| plain.colorimetry())
}

/// Returns the orientation of frames of those capabilities.
pub(crate) fn orientation(caps: &CapsRef) -> Orientation {
    let fields = caps.structure(0);
    let code = fields.and_then(|fields| fields.get::<i32>(ORIENTATION).ok());
    let code = code.unwrap_or(0);
    Orientation {
        quarter_turns: (code & 3) as u8,
        is_mirrored: code & 4 != 0,
    }
}

/// Returns the width and height that frames of those capabilities had before they were converted.
pub(crate) fn media_size(caps: &CapsRef) -> Option<(u32, u32)> {
    let fields = caps.structure(0)?;
    Some((
        fields.get(MEDIA_WIDTH).ok()?,
        fields.get(MEDIA_HEIGHT).ok()?,
    ))
}

/// Returns the shape of the pixels of those frames.
fn pixel_aspect_ratio(info: &VideoInfo) -> PixelAspectRatio {
    let ratio = info.par();
    let horizontal = u32::try_from(ratio.numer()).unwrap_or(0);
    let vertical = u32::try_from(ratio.denom()).unwrap_or(0);
    PixelAspectRatio::new(horizontal, vertical).unwrap_or_default()
}
