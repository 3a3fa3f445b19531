/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Pictures as a track has them: cropped, scaled, fewer, or black.

use gstreamer::{Buffer, BufferRef, Caps, CapsRef, ClockTime, Sample};
use gstreamer_video::{
    VideoColorRange, VideoConverter, VideoConverterConfig, VideoFormat, VideoFrame, VideoFrameRef,
    VideoInfo, VideoResamplerMethod,
};
use media_stream::{Property, Settings, number};

use super::frame_pool::FramePool;

/// How much higher a frame rate is before pictures are left out.
const RATE_TOLERANCE: f64 = 1.01;

/// What the settings of a track say of its pictures, as far as they do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct VideoShape {
    width: Option<u32>,
    height: Option<u32>,
    frame_rate: Option<f64>,
}

impl VideoShape {
    pub(crate) fn of(settings: &Settings) -> Self {
        let pixels = |property| number(settings, property).map(|pixels| pixels.round() as u32);
        Self {
            width: pixels(Property::Width),
            height: pixels(Property::Height),
            frame_rate: number(settings, Property::FrameRate).filter(|rate| *rate > 0.),
        }
    }
}

/// Shapes the pictures of one track.
#[derive(Default)]
pub(crate) struct VideoAdapter(Option<Box<Plan>>);

/// What is done with pictures of these capabilities.
struct Plan {
    caps: Caps,
    shape: VideoShape,
    is_enabled: bool,
    /// `None` if all pictures are kept.
    rhythm: Option<Rhythm>,
    action: Action,
}

/// Which pictures are kept of those that come.
struct Rhythm {
    period: ClockTime,
    /// How much earlier than it is due a picture may come.
    earliness: ClockTime,
    /// When the next picture is due.
    due: Option<ClockTime>,
}

enum Action {
    Pass,
    Scale(Box<Scaler>),
    /// They are replaced by this one.
    Black(Buffer, Caps),
}

/// Scales pictures like `source`.
struct Scaler {
    converter: VideoConverter,
    source: VideoInfo,
    pool: FramePool,
}

impl VideoAdapter {
    /// Returns the picture as a track of that shape has it; `None` if it has none at that time.
    pub(crate) fn adapt(
        &mut self,
        sample: &Sample,
        shape: VideoShape,
        is_enabled: bool,
    ) -> Option<Sample> {
        let caps = sample.caps()?;
        let buffer = sample.buffer()?;
        let is_same = |plan: &Plan| {
            plan.shape == shape && plan.is_enabled == is_enabled && *plan.caps == *caps
        };
        if !self.0.as_deref().is_some_and(is_same) {
            self.0 = Some(Box::new(Plan::new(caps, shape, is_enabled)?));
        }
        let plan = self.0.as_mut()?;
        let time = buffer.pts()?;
        if plan
            .rhythm
            .as_mut()
            .is_some_and(|rhythm| !rhythm.keeps(time))
        {
            return None;
        }
        let (mut adapted, caps) = match &plan.action {
            Action::Pass => return Some(sample.clone()),
            Action::Scale(scaler) => (scaler.scale(buffer)?, scaler.pool.caps()),
            Action::Black(black, caps) => (black.copy(), caps),
        };
        let fields = adapted.make_mut();
        fields.set_pts(time);
        let period = plan.rhythm.as_ref().map(|rhythm| rhythm.period);
        fields.set_duration(period.or(buffer.duration()));
        Some(Sample::builder().buffer(&adapted).caps(caps).build())
    }
}

impl Rhythm {
    /// Returns the rhythm of so many pictures a second; `None` if pictures like `info` are no more than
    /// that.
    fn new(info: &VideoInfo, frame_rate: Option<f64>) -> Option<Self> {
        let native = f64::from(info.fps().numer()) / f64::from(info.fps().denom());
        // A native rate of 0 is one that varies.
        let is_less = |rate: &f64| native == 0. || native > rate * RATE_TOLERANCE;
        let period = 1. / frame_rate.filter(is_less)?;
        let native_period = if native > 0. { 1. / native } else { 0. };
        Some(Self {
            period: ClockTime::from_seconds_f64(period),
            earliness: ClockTime::from_seconds_f64((native_period / 2.).min(period / 8.)),
            due: None,
        })
    }

    /// Returns whether a picture at `time` is kept.
    fn keeps(&mut self, time: ClockTime) -> bool {
        let due = self.due.unwrap_or(time);
        if time < due.saturating_sub(self.earliness) {
            return false;
        }
        // Those that follow are not hurried after a pause.
        let next = due + self.period;
        self.due = Some(if next < time {
            time + self.period
        } else {
            next
        });
        true
    }
}

impl Plan {
    fn new(caps: &CapsRef, shape: VideoShape, is_enabled: bool) -> Option<Self> {
        let info = VideoInfo::from_caps(caps).ok()?;
        let size = (
            shape.width.unwrap_or(info.width()).max(1),
            shape.height.unwrap_or(info.height()).max(1),
        );
        let action = if !is_enabled {
            let (black, caps) = black(size)?;
            Action::Black(black, caps)
        } else if size == (info.width(), info.height()) {
            Action::Pass
        } else {
            Action::Scale(Box::new(Scaler::new(&info, size)?))
        };
        Some(Self {
            caps: caps.to_owned(),
            shape,
            is_enabled,
            rhythm: Rhythm::new(&info, shape.frame_rate),
            action,
        })
    }
}

impl Scaler {
    /// Returns what makes pictures of that size of those like `source`: of the largest part in the middle
    /// that has the right shape.
    fn new(source: &VideoInfo, size: (u32, u32)) -> Option<Self> {
        let target = VideoInfo::builder(source.format(), size.0, size.1)
            // Otherwise the colours would be converted to those that are usual for the size.
            .colorimetry(&source.colorimetry())
            .fps(source.fps());
        let target = target.build().ok()?;
        let [x, y, width, height] = crop((source.width(), source.height()), size);
        let mut config = VideoConverterConfig::new();
        // The default takes twice the time, for a difference that nobody sees in moving pictures.
        config.set_resampler_method(VideoResamplerMethod::Linear);
        config.set_src_x(x);
        config.set_src_y(y);
        config.set_src_width(Some(width));
        config.set_src_height(Some(height));
        Some(Self {
            converter: VideoConverter::new(source, &target, Some(config)).ok()?,
            source: source.clone(),
            pool: FramePool::new(target)?,
        })
    }

    fn scale(&self, buffer: &BufferRef) -> Option<Buffer> {
        let source = VideoFrameRef::from_buffer_ref_readable(buffer, &self.source).ok()?;
        let target = self.pool.acquire()?;
        let mut target = VideoFrame::from_buffer_writable(target, self.pool.info()).ok()?;
        self.converter
            .frame_ref(&source, &mut target.as_mut_video_frame_ref());
        Some(target.into_buffer())
    }
}

/// Returns the left and top edges, the width and the height of the largest part in the middle of `size`
/// that has the shape of `target`. The edges are even, as pairs of pixels share their colours.
fn crop(size: (u32, u32), target: (u32, u32)) -> [i32; 4] {
    let [width, height, target_width, target_height] =
        [size.0, size.1, target.0, target.1].map(u64::from);
    let cropped_width = width.min((height * target_width).div_ceil(target_height));
    let cropped_height = height.min((width * target_height).div_ceil(target_width));
    let edge = |whole: u64, part: u64| (whole - part) / 2 / 2 * 2;
    let (x, y) = (edge(width, cropped_width), edge(height, cropped_height));
    [x, y, cropped_width, cropped_height].map(|pixels| pixels as i32)
}

/// Returns a black picture of that size, and its capabilities.
pub(crate) fn black((width, height): (u32, u32)) -> Option<(Buffer, Caps)> {
    let info = VideoInfo::builder(VideoFormat::I420, width, height);
    let info = info.build().ok()?;
    let is_full = info.colorimetry().range() == VideoColorRange::Range0_255;
    let buffer = Buffer::with_size(info.size()).ok()?;
    let mut frame = VideoFrame::from_buffer_writable(buffer, &info).ok()?;
    let luma = if is_full { 0 } else { 16 };
    for (plane, value) in [(0, luma), (1, 128), (2, 128)] {
        frame.plane_data_mut(plane).ok()?.fill(value);
    }
    Some((frame.into_buffer(), info.to_caps().ok()?))
}

#[cfg(test)]
mod tests {
    use gstreamer::Fraction;

    use super::*;

    #[test]
    fn the_middle_is_kept() {
        for (size, target, expected) in [
            ((640, 480), (320, 240), [0, 0, 640, 480]),
            ((1280, 720), (640, 480), [160, 0, 960, 720]),
            ((640, 480), (640, 360), [0, 60, 640, 360]),
            ((640, 480), (1, 480), [318, 0, 1, 480]),
            ((640, 480), (480, 1), [0, 238, 640, 2]),
        ] {
            assert_eq!(crop(size, target), expected, "{size:?} to {target:?}");
        }
    }

    fn kept(times: impl Iterator<Item = u64>, rate: f64) -> usize {
        gstreamer::init().expect("GStreamer is installed");
        let native = VideoInfo::builder(VideoFormat::I420, 2, 2).fps(Fraction::new(30, 1));
        let native = native.build().expect("it is a common format");
        let mut rhythm = Rhythm::new(&native, Some(rate)).expect("it is a lower rate");
        let times = times.map(ClockTime::from_mseconds);
        times.filter(|time| rhythm.keeps(*time)).count()
    }

    #[test]
    fn as_many_pictures_are_kept_as_the_rate_says() {
        let native = || (0..300).map(|number| 7 + number * 1_000 / 30);
        assert_eq!(kept(native(), 5.), 50);
        assert_eq!(kept(native(), 20.), 200);
        assert_eq!(kept(native(), 1.), 10);
        // Those that are a little early are kept, and none is made up for after a pause.
        let uneven = [0, 199, 401, 590, 5_000, 5_100, 5_199].into_iter();
        assert_eq!(kept(uneven, 5.), 6);
    }
}
