/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How decoded pictures are to be shown: what their numbers mean as colours, the shape of their
//! pixels, and which way up they are.
//!
//! The byte stream knows all of it. Decoders tell a part, and some of it wrong. So what the byte
//! stream says is put into the capabilities of the decoded pictures, with which it goes on to the
//! sink.

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

/// The field of capabilities with an orientation: quarter turns, and 4 more if it is mirrored.
const ORIENTATION: &str = "picture-orientation";
/// Those with the size as it was coded.
const MEDIA_WIDTH: &str = "media-width";
const MEDIA_HEIGHT: &str = "media-height";

/// Makes what `sink` takes of decoded pictures, whatever form they have: square pixels in a format
/// that is made BGRA when it is shown. Most decoded pictures are that already, and pass.
pub(crate) fn converter(forms: &PictureForms, sink: &AppSink) -> Result<Element, PlayerError> {
    let converter = element("videoconvertscale")?;
    // Sizes are rounded. That is no reason for a black line at an edge.
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

/// Tells decoders that there may be anything between the rows that reach `pad`. They would copy each
/// picture otherwise.
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

/// How the frames under way are coded.
#[derive(Clone, Default)]
pub(crate) struct PictureForms(Arc<Mutex<VecDeque<Form>>>);

/// A configuration, and from when on the pictures have it that are coded so.
type Form = (ClockTime, Arc<CodecConfiguration>);

/// What was told of the pictures that pass a pad.
#[derive(Default)]
struct Told {
    /// By the decoder.
    decoder: Option<Caps>,
    /// By the byte stream.
    configuration: Option<Arc<CodecConfiguration>>,
}

impl PictureForms {
    /// Frames of that configuration follow, the first of which is shown at `start`.
    pub(crate) fn expect(&self, start: ClockTime, configuration: Arc<CodecConfiguration>) {
        self.0.lock().push_back((start, configuration));
    }

    /// Nothing is under way any more.
    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }

    /// The configuration of the picture that is shown at `time`.
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

    /// Puts how the pictures are to be shown into what goes through `converter`, and tells `sink` what
    /// to take of it.
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

    /// What the decoder's `caps` are with what the byte stream says; `None` if that is in them.
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

    /// New capabilities where the byte stream says another thing of the picture shown at `time` than
    /// of the one before it.
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

/// Has `sink` take decoded pictures of those capabilities in their natural size, and with the colours
/// that they have.
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

/// What of the byte stream's ratio goes into capabilities; of square pixels the decoder may know
/// better.
fn ratio_of(video: &VideoConfiguration) -> Option<Fraction> {
    let ratio = video.pixel_aspect_ratio;
    let horizontal = i32::try_from(ratio.horizontal()).ok()?;
    let vertical = i32::try_from(ratio.vertical()).ok()?;
    (ratio != PixelAspectRatio::default()).then(|| Fraction::new(horizontal, vertical))
}

/// What the byte stream says of colours, then the decoder, then what is usual for the size.
fn colorimetry(
    video: &VideoConfiguration,
    decoder: &Option<Caps>,
    info: &VideoInfo,
) -> VideoColorimetry {
    let color = video.color;
    let usual = usual_colorimetry(info);
    let decoder = decoder.as_ref().and_then(|caps| told_colorimetry(caps));
    // What GStreamer takes grey for, which is full range, is not what codecs mean.
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
        // Cameras that use the full range without saying more mean what JPEG does.
        matrix.unwrap_or(if is_full {
            VideoColorMatrix::Bt601
        } else {
            usual.matrix()
        }),
        // That of the screen: what is dark stays as dark as it is coded.
        VideoTransferFunction::Srgb,
        primaries.unwrap_or(VideoColorPrimaries::Bt709),
    )
}

fn specified(code: u8) -> Option<u32> {
    (code != ColorDescription::UNSPECIFIED).then_some(u32::from(code))
}

/// What the decoder says, of which parts may be unknown.
fn told_colorimetry(caps: &CapsRef) -> Option<VideoColorimetry> {
    let text = caps.structure(0)?.get::<String>("colorimetry").ok()?;
    text.parse().ok()
}

/// What GStreamer takes colours for if nothing is said.
fn usual_colorimetry(info: &VideoInfo) -> VideoColorimetry {
    let plain = VideoInfo::builder(info.format(), info.width(), info.height()).build();
    plain.map_or_else(|_| info.colorimetry(), |plain| plain.colorimetry())
}

/// Which way up the pictures of those capabilities are.
pub(crate) fn orientation(caps: &CapsRef) -> Orientation {
    let fields = caps.structure(0);
    let code = fields.and_then(|fields| fields.get::<i32>(ORIENTATION).ok());
    let code = code.unwrap_or(0);
    Orientation {
        quarter_turns: (code & 3) as u8,
        is_mirrored: code & 4 != 0,
    }
}

/// Width and height of the pictures of those capabilities before they were converted.
pub(crate) fn media_size(caps: &CapsRef) -> Option<(u32, u32)> {
    let fields = caps.structure(0)?;
    Some((
        fields.get(MEDIA_WIDTH).ok()?,
        fields.get(MEDIA_HEIGHT).ok()?,
    ))
}

/// The shape of the pixels of those pictures.
fn pixel_aspect_ratio(info: &VideoInfo) -> PixelAspectRatio {
    let ratio = info.par();
    let horizontal = u32::try_from(ratio.numer()).unwrap_or(0);
    let vertical = u32::try_from(ratio.denom()).unwrap_or(0);
    PixelAspectRatio::new(horizontal, vertical).unwrap_or_default()
}
