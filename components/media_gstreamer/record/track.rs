/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The frames of one track, on their way to its encoder.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use byte_stream::track::VideoCodec;
use crossbeam_channel::Sender;
use gstreamer::prelude::*;
use gstreamer::{Buffer, Caps, CapsRef, ClockTime, Fraction, Sample};
use gstreamer_audio::{AudioFormat, AudioInfo};
use gstreamer_video::VideoInfo;
use media_recorder::PlannedTrack;
use media_stream::{Kind, Property, Settings, number};

use super::control::Command;
use super::graph::Chain;
use crate::capture::adapter::black;
use crate::capture::feed::{Tap, TrackFeed};
use crate::log::CATEGORY;

/// How many pictures and pieces of sound may wait for the thread of the recording: a few seconds of them.
const MOST_WAITING: [usize; 2] = [90, 1_000];
/// How much may wait for the encoder before pictures or sound are left out.
const MOST_PICTURES: ClockTime = ClockTime::from_seconds(1);
const MOST_SOUND: ClockTime = ClockTime::from_seconds(10);
/// How far pictures are apart while no new ones come.
const PICTURE_PERIOD: ClockTime = ClockTime::from_seconds(1);
/// How far pictures are apart at least: the unit of time of WebM.
const LEAST_PERIOD: ClockTime = ClockTime::from_mseconds(1);
/// How much sound may be missing before it counts as silence.
const SOUND_TOLERANCE: ClockTime = ClockTime::from_mseconds(200);
/// How much sound a file has at least: a packet of each codec.
const LEAST_SOUND: ClockTime = ClockTime::from_mseconds(40);
/// What sound is recorded as.
const SAMPLE_RATE: u32 = 48_000;
const MOST_CHANNELS: u32 = 2;
/// The frame rate and the size of pictures that do not tell theirs.
const FRAME_RATE: i32 = 30;
const SIZE: (u32, u32) = (640, 480);
/// The least size of pictures in files, and the greatest of H.264.
const LEAST_SIZE: u32 = 16;
const GREATEST_H264: (u32, u32) = (3840, 2160);

/// A track of a recording.
pub(super) struct Track {
    kind: Kind,
    codec: Option<VideoCodec>,
    settings: Settings,
    /// `None` if it has ended.
    media: Option<Media>,
    chain: Chain,
    /// The last frame.
    last: Option<Sample>,
    /// The time in the recording of the last picture, or of the end of the sound.
    reached: Option<ClockTime>,
    /// The time of the last frame that was pushed.
    pushed: ClockTime,
    /// The capabilities of the pictures that come, and those that the encoder is told.
    caps: Option<(Caps, Caps)>,
    frame_rate: Fraction,
    left_out: u64,
    is_complete: bool,
}

/// The frames of a track, on their way to the thread of the recording.
pub(super) struct Media {
    waiting: Arc<AtomicUsize>,
    _tap: Tap,
    _feed: Arc<TrackFeed>,
}

impl Media {
    /// Begins to send the frames of the track at that place to the thread of the recording; `None` if they are of
    /// another backend.
    pub(super) fn tap(
        planned: &PlannedTrack,
        place: usize,
        recorder: Sender<Command>,
    ) -> Option<Self> {
        let feed = TrackFeed::of(planned.feed.clone())?;
        let waiting = Arc::<AtomicUsize>::default();
        let count = waiting.clone();
        let most = MOST_WAITING[usize::from(planned.kind == Kind::Audio)];
        let tap = feed.tap(move |sample| {
            // It does not wait, and nothing piles up, if that thread hangs.
            if count.load(Ordering::Acquire) < most {
                count.fetch_add(1, Ordering::AcqRel);
                // There is no receiver if the recording has ended.
                let _ = recorder.send(Command::Media(place, sample.clone()));
            }
        });
        Some(Self {
            waiting,
            _tap: tap,
            _feed: feed,
        })
    }
}

impl Track {
    pub(super) fn new(
        planned: &PlannedTrack,
        codec: Option<VideoCodec>,
        media: Media,
        chain: Chain,
    ) -> Self {
        let frame_rate = number(&planned.settings, Property::FrameRate)
            .map(|rate| rate.round() as i32)
            .filter(|rate| *rate > 0)
            .unwrap_or(FRAME_RATE);
        Self {
            kind: planned.kind,
            codec,
            settings: planned.settings.clone(),
            media: Some(media),
            chain,
            last: None,
            reached: None,
            pushed: ClockTime::ZERO,
            caps: None,
            frame_rate: Fraction::new(frame_rate, 1),
            left_out: 0,
            is_complete: false,
        }
    }

    /// Notes that a frame has come to the thread of the recording.
    pub(super) fn note_arrival(&self) {
        if let Some(media) = &self.media {
            media.waiting.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// Takes a frame that belongs at `time` in the recording, or is not recorded but may be the last one.
    pub(super) fn take(&mut self, sample: Sample, time: Option<ClockTime>) {
        if self.is_complete {
            return;
        }
        if let Some(time) = time {
            self.record(&sample, time);
        }
        self.last = Some(sample);
    }

    fn record(&mut self, sample: &Sample, time: ClockTime) {
        let most = match self.kind {
            Kind::Audio => MOST_SOUND,
            Kind::Video => MOST_PICTURES,
        };
        let is_after = |reached: ClockTime| time >= reached + LEAST_PERIOD;
        if self.is_behind(time, most) {
            self.left_out += 1;
        } else if self.kind == Kind::Audio {
            self.add_sound(sample, time);
        } else if self.reached.is_none_or(is_after) {
            self.bridge(time);
            self.add_picture(sample, time);
        }
    }

    /// Makes up for what has not come until `time` in the recording.
    pub(super) fn fill(&mut self, time: ClockTime) {
        if self.is_complete {
            return;
        }
        match self.kind {
            Kind::Audio => {
                let reached = self.reached.unwrap_or(ClockTime::ZERO);
                if time > reached + SOUND_TOLERANCE {
                    self.add_silence(reached, time);
                }
            }
            Kind::Video => {
                self.bridge(time);
                match self.reached {
                    None => self.repeat_picture(ClockTime::ZERO),
                    Some(reached) if time >= reached + PICTURE_PERIOD => self.repeat_picture(time),
                    Some(_) => {}
                }
            }
        }
        if self.media.is_none() {
            self.complete(time);
        }
    }

    /// Handles that the track has ended: no more frames come. The file still needs one.
    pub(super) fn end(&mut self, time: Option<ClockTime>) {
        self.media = None;
        if let Some(time) = time {
            self.complete(time);
        }
    }

    /// Ends the track in the file, at `time` in the recording.
    pub(super) fn complete(&mut self, time: ClockTime) {
        if self.is_complete {
            return;
        }
        self.bridge(time);
        let period = self.period();
        match (self.kind, self.reached) {
            (Kind::Audio, _) => self.fill_sound_to(time),
            (Kind::Video, None) => self.repeat_picture(ClockTime::ZERO),
            (Kind::Video, Some(reached)) if time > reached + period + period => {
                // The last picture lasts until the end.
                self.repeat_picture(time.saturating_sub(period));
            }
            (Kind::Video, Some(_)) => {}
        }
        self.is_complete = true;
        self.media = None;
        let _ = self.chain.source.end_of_stream();
        if self.left_out > 0 {
            let count = self.left_out;
            gstreamer::warning!(
                CATEGORY,
                "{count} frames were left out of a recording: the encoder is too slow"
            );
        }
    }

    fn fill_sound_to(&mut self, time: ClockTime) {
        match self.reached {
            None => self.add_silence(ClockTime::ZERO, time.max(LEAST_SOUND)),
            Some(reached) if time > reached + SOUND_TOLERANCE => self.add_silence(reached, time),
            Some(_) => {}
        }
    }

    fn period(&self) -> ClockTime {
        let (count, seconds) = (self.frame_rate.numer(), self.frame_rate.denom());
        ClockTime::from_seconds_f64(f64::from(seconds) / f64::from(count))
    }

    /// Returns whether so much waits for the encoder that nothing is to be added.
    fn is_behind(&self, time: ClockTime, most: ClockTime) -> bool {
        let passed = ClockTime::from_nseconds(self.chain.passed.load(Ordering::Acquire));
        passed < self.pushed && time > passed + most
    }

    fn add_picture(&mut self, sample: &Sample, time: ClockTime) {
        let (Some(caps), Some(mut buffer)) = (sample.caps(), sample.buffer_owned()) else {
            return;
        };
        let Some(caps) = self.picture_caps(caps) else {
            return;
        };
        // All tracks begin at 0: fragments of MP4 cannot tell that one begins later.
        let time = self.reached.map_or(ClockTime::ZERO, |_| time);
        let period = self.period();
        let fields = buffer.make_mut();
        fields.set_pts(time);
        fields.set_dts(ClockTime::NONE);
        if fields.duration().is_none() {
            fields.set_duration(period);
        }
        self.reached = Some(time);
        self.push(&buffer, &caps);
    }

    /// Returns the capabilities of a picture as the encoder is told them. They differ only where the picture does.
    fn picture_caps(&mut self, caps: &CapsRef) -> Option<Caps> {
        if let Some((_, told)) = self.caps.as_ref().filter(|(given, _)| **given == *caps) {
            return Some(told.clone());
        }
        let info = VideoInfo::from_caps(caps).ok()?;
        if self.caps.is_none() {
            let size = recorded_size((info.width(), info.height()), self.codec);
            let recorded = recorded_pictures(size, self.codec);
            self.chain.filter.set_property("caps", &recorded);
        }
        let told = VideoInfo::builder(info.format(), info.width(), info.height())
            .par(info.par())
            .colorimetry(&info.colorimetry())
            .fps(self.frame_rate);
        let told = told.build().ok()?.to_caps().ok()?;
        self.caps = Some((caps.to_owned(), told.clone()));
        Some(told)
    }

    /// Repeats the last picture until `time`, where the recording is played as it comes. WebM tells no durations: a
    /// SourceBuffer would take a picture that lasts for more than two of the usual ones for a gap, and drop what
    /// follows until the next key frame.
    fn bridge(&mut self, time: ClockTime) {
        let longest = self.period() * 3 / 2;
        let Some(reached) = self.reached.filter(|_| self.chain.is_streamed) else {
            return;
        };
        let mut next = reached + longest;
        // The next picture needs a time of its own, also where times are rounded.
        while next + LEAST_PERIOD * 2 <= time {
            self.repeat_picture(next);
            next += longest;
        }
    }

    /// Adds the last picture once more, or a black one if there is none.
    fn repeat_picture(&mut self, time: ClockTime) {
        let sample = self.last.clone().or_else(|| {
            let pixels = |property| number(&self.settings, property).map(|count| count as u32);
            let size = pixels(Property::Width).zip(pixels(Property::Height));
            let (width, height) = size.unwrap_or(SIZE);
            let (buffer, caps) = black((width.max(1), height.max(1)))?;
            Some(Sample::builder().buffer(&buffer).caps(&caps).build())
        });
        if let Some(sample) = sample {
            self.add_picture(&sample, time);
        }
    }

    fn add_sound(&mut self, sample: &Sample, time: ClockTime) {
        let Some(mut buffer) = sample.buffer_owned() else {
            return;
        };
        let Some(info) = sample
            .caps()
            .and_then(|caps| AudioInfo::from_caps(caps).ok())
        else {
            return;
        };
        let samples = buffer.size() as u64 / u64::from(info.bpf()).max(1);
        let duration = ClockTime::SECOND
            .mul_div_round(samples, info.rate().into())
            .unwrap_or(ClockTime::ZERO);
        let fields = buffer.make_mut();
        fields.set_pts(time);
        fields.set_dts(ClockTime::NONE);
        fields.set_duration(duration);
        let end = time + duration;
        self.push_sound(&buffer, &info, end);
    }

    fn add_silence(&mut self, start: ClockTime, end: ClockTime) {
        let last = self.last.as_ref().and_then(|sample| sample.caps());
        let info = last.and_then(|caps| AudioInfo::from_caps(caps).ok());
        let Some(info) = info.or_else(|| self.usual_sound()) else {
            return;
        };
        // A gap of more than that is left to the next piece.
        let end = end.min(start + MOST_SOUND);
        let seconds = (end - start).seconds_f64();
        let samples = (seconds * f64::from(info.rate())) as usize;
        let size = samples * info.bpf() as usize;
        let mut bytes = vec![0; size];
        info.format_info().fill_silence(&mut bytes);
        let mut buffer = Buffer::from_mut_slice(bytes);
        let fields = buffer.make_mut();
        fields.set_pts(start);
        fields.set_duration(end - start);
        self.push_sound(&buffer, &info, end);
    }

    fn usual_sound(&self) -> Option<AudioInfo> {
        let channels = number(&self.settings, Property::ChannelCount).map(|count| count as u32);
        let channels = channels.unwrap_or(MOST_CHANNELS).clamp(1, MOST_CHANNELS);
        let info = AudioInfo::builder(AudioFormat::S16le, SAMPLE_RATE, channels);
        info.build().ok()
    }

    fn push_sound(&mut self, buffer: &Buffer, info: &AudioInfo, end: ClockTime) {
        let Ok(caps) = info.to_caps() else { return };
        if self.reached.is_none() {
            let recorded = recorded_sound(self.chain.sample_format, info.channels());
            self.chain.filter.set_property("caps", &recorded);
        }
        self.reached = Some(self.reached.map_or(end, |reached| reached.max(end)));
        self.push(buffer, &caps);
    }

    fn push(&mut self, buffer: &Buffer, caps: &Caps) {
        self.pushed = buffer.pts().unwrap_or(self.pushed);
        let sample = Sample::builder().buffer(buffer).caps(caps).build();
        // It refuses frames after an error, which is told otherwise.
        let _ = self.chain.source.push_sample(&sample);
    }
}

/// Returns the size of recorded pictures, which all have that of the first one.
fn recorded_size((width, height): (u32, u32), codec: Option<VideoCodec>) -> (u32, u32) {
    let (width, height) = (width.max(LEAST_SIZE), height.max(LEAST_SIZE));
    if codec != Some(VideoCodec::H264) {
        return (width, height);
    }
    let (most_width, most_height) = GREATEST_H264;
    let scale = |most: u32, size: u32| f64::from(most) / f64::from(size);
    let scale = scale(most_width, width)
        .min(scale(most_height, height))
        .min(1.);
    // H.264 shares the colours among two rows and two columns.
    let scaled = |size: u32| ((f64::from(size) * scale) as u32).next_multiple_of(2);
    (scaled(width), scaled(height))
}

fn recorded_pictures((width, height): (u32, u32), codec: Option<VideoCodec>) -> Caps {
    // VP8 has no other colours than those of standard definition.
    let is_standard = codec == Some(VideoCodec::Vp8) || height < 720;
    let colorimetry = if is_standard { "bt601" } else { "bt709" };
    Caps::builder("video/x-raw")
        .field("format", "I420")
        .field("width", width as i32)
        .field("height", height as i32)
        .field("pixel-aspect-ratio", Fraction::new(1, 1))
        .field("colorimetry", colorimetry)
        .field("chroma-site", "mpeg2")
        .build()
}

fn recorded_sound(format: &str, channels: u32) -> Caps {
    Caps::builder("audio/x-raw")
        .field("format", format)
        .field("layout", "interleaved")
        .field("rate", SAMPLE_RATE as i32)
        .field("channels", channels.clamp(1, MOST_CHANNELS) as i32)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_have_a_size_that_the_codec_can_have() {
        let h264 = Some(VideoCodec::H264);
        assert_eq!(recorded_size((640, 480), h264), (640, 480));
        assert_eq!(recorded_size((333, 111), h264), (334, 112));
        assert_eq!(recorded_size((7680, 4320), h264), (3840, 2160));
        assert_eq!(recorded_size((1, 1), h264), (16, 16));
        assert_eq!(recorded_size((333, 1), Some(VideoCodec::Vp8)), (333, 16));
    }
}
