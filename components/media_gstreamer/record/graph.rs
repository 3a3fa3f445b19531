/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The pipeline of a recording: a chain for each track, and a multiplexer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use byte_stream::track::{AudioCodec, VideoCodec};
use gstreamer::prelude::*;
use gstreamer::{
    BusSyncReply, Caps, ClockTime, Element, ElementFactory, Format, MessageView, Pad, PadProbeData,
    PadProbeInfo, PadProbeReturn, PadProbeType, Pipeline, State,
};
use gstreamer_app::AppSrc;
use gstreamer_video::UpstreamForceKeyUnitEvent;
use media_recorder::{KeyFrameInterval, Part, RecordingPlan};
use media_stream::Kind;
use parking_lot::Mutex;

use super::file::{self, File};
use super::parts::{self, Maker};
use crate::element::words;
use crate::watchdog::Watchdog;

/// How much sound and its times may disagree before samples are left out or added.
const DRIFT: u64 = 20_000_000;

/// The pipeline of a recording. Dropping it tears it down, which waits for GStreamer's threads.
pub(super) struct Graph {
    pipeline: Pipeline,
    pub(super) file: Arc<Mutex<File>>,
    watchdog: Watchdog,
}

/// What encodes a track.
pub(super) struct Chain {
    /// Where its frames enter.
    pub(super) source: AppSrc,
    /// What all frames are made like. Its capabilities are set before the first frame comes.
    pub(super) filter: Element,
    /// The format of samples that the encoder takes; empty for video.
    pub(super) sample_format: &'static str,
    /// Whether it is video that is handed over in pieces.
    pub(super) is_streamed: bool,
    /// The time of the newest frame on its way to the encoder, in nanoseconds.
    pub(super) passed: Arc<AtomicU64>,
}

/// What a pipeline tells.
pub(super) enum Outcome {
    /// The file is complete.
    Finished,
    /// Something is wrong.
    Failed(String),
}

impl Graph {
    /// Returns the pipeline and its chains, one for each track of the plan.
    pub(super) fn new(
        plan: &RecordingPlan,
        watchdog: Watchdog,
        tell: impl Fn(Outcome) + Clone + Send + Sync + 'static,
    ) -> Result<(Self, Vec<Chain>), String> {
        let pipeline = Pipeline::new();
        let maker = Maker::of(Part::Container(plan.container))?;
        let multiplexer = maker.make()?.remove(0);
        parts::set_up_container(&multiplexer, plan.container, plan.timeslice);
        let sink = element("fakesink")?;
        sink.set_property("async", false);
        sink.set_property("sync", false);
        sink.set_property("enable-last-sample", false);
        pipeline
            .add_many([&multiplexer, &sink])
            .map_err(|error| error.to_string())?;
        multiplexer.link(&sink).map_err(|error| error.to_string())?;
        let output = multiplexer.static_pad("src").ok_or("there is no output")?;
        let full = tell.clone();
        let handle_full = move || full(Outcome::Failed("there is no memory left".to_owned()));
        let file = file::write(&output, plan.timeslice.is_none(), handle_full);
        let chain = |kind| match kind {
            Kind::Audio => audio_chain(plan, &pipeline, &multiplexer),
            Kind::Video => video_chain(plan, &pipeline, &multiplexer),
        };
        let chains = plan.tracks.iter().map(|track| chain(track.kind));
        let chains = chains.collect::<Result<_, String>>()?;
        forward_messages(&pipeline, tell);
        let graph = Self {
            pipeline,
            file,
            watchdog,
        };
        Ok((graph, chains))
    }

    pub(super) fn start(&self) -> Result<(), String> {
        let started = self
            .watchdog
            .watch(|| self.pipeline.set_state(State::Playing));
        started.map(drop).map_err(|error| error.to_string())
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        if let Some(bus) = self.pipeline.bus() {
            bus.unset_sync_handler();
        }
        let _ = self.watchdog.watch(|| self.pipeline.set_state(State::Null));
    }
}

fn element(name: &str) -> Result<Element, String> {
    let made = ElementFactory::make(name).build();
    made.map_err(|_| {
        format!("the GStreamer element {name} is missing: install the base and good plugin sets")
    })
}

fn video_chain(
    plan: &RecordingPlan,
    pipeline: &Pipeline,
    multiplexer: &Element,
) -> Result<Chain, String> {
    let video = plan.video.as_ref().ok_or("there is no plan of video")?;
    let maker = Maker::of(Part::Video(video.codec))?;
    let mut encoders = maker.make()?;
    parts::set_up_video(&encoders[0], video);
    if video.codec == VideoCodec::H264 {
        let form = match video.has_parameter_sets_in_band {
            true => "avc3",
            false => "avc",
        };
        let filter = element("capsfilter")?;
        let caps = Caps::builder("video/x-h264").field("stream-format", form);
        filter.set_property("caps", caps.build());
        encoders.push(filter);
    }
    ask_for_key_frames(&encoders[0], video.key_frame_interval)?;
    let scale = element("videoscale")?;
    scale.set_property("add-borders", true);
    let elements = [element("videoconvert")?, scale];
    let chain = link(pipeline, &elements, maker, encoders, multiplexer)?;
    Ok(Chain {
        is_streamed: plan.timeslice.is_some(),
        ..chain
    })
}

fn audio_chain(
    plan: &RecordingPlan,
    pipeline: &Pipeline,
    multiplexer: &Element,
) -> Result<Chain, String> {
    let audio = plan.audio.as_ref().ok_or("there is no plan of audio")?;
    let maker = Maker::of(Part::Audio(audio.codec))?;
    let mut encoders = maker.make()?;
    parts::set_up_audio(&encoders[0], audio);
    if audio.codec == AudioCodec::Aac {
        leave_out_priming(&encoders[0])?;
    }
    // This one fills gaps with silence, also that before the first sound.
    let rate = element("audiorate")?;
    rate.set_property("tolerance", DRIFT);
    encoders.insert(0, rate);
    let elements = [element("audioconvert")?, element("audioresample")?];
    link(pipeline, &elements, maker, encoders, multiplexer)
}

/// Links a source, `before`, a filter, `after` and the multiplexer.
fn link(
    pipeline: &Pipeline,
    before: &[Element],
    maker: &Maker,
    after: Vec<Element>,
    multiplexer: &Element,
) -> Result<Chain, String> {
    let source = AppSrc::builder().format(Format::Time).max_bytes(0).build();
    let filter = element("capsfilter")?;
    let first = [source.clone().upcast::<Element>()];
    let elements = Vec::from_iter(first.iter().chain(before).chain([&filter]).chain(&after));
    let linked = pipeline.add_many(elements.iter().copied());
    linked
        .and_then(|()| Element::link_many(elements.iter().copied()))
        .map_err(|error| error.to_string())?;
    let kind = match maker.is_of_video() {
        true => "video_%u",
        false => "audio_%u",
    };
    let last = elements.last().ok_or("there is no encoder")?;
    let output = last.static_pad("src").ok_or("there is no output")?;
    let input = multiplexer.request_pad_simple(kind);
    let input = input.ok_or("the container does not hold such tracks")?;
    output.link(&input).map_err(|error| error.to_string())?;
    let passed = Arc::<AtomicU64>::default();
    let exit = source.static_pad("src").ok_or("there is no output")?;
    note_times(&exit, passed.clone());
    Ok(Chain {
        source,
        filter,
        sample_format: maker.sample_format,
        is_streamed: false,
        passed,
    })
}

/// Notes the times of what passes a pad.
fn note_times(pad: &Pad, passed: Arc<AtomicU64>) {
    let note = move |_: &Pad, info: &mut PadProbeInfo<'_>| {
        if let Some(time) = buffer_time(info) {
            passed.fetch_max(time.nseconds(), Ordering::AcqRel);
        }
        PadProbeReturn::Ok
    };
    // A probe of this kind can always be added.
    let _ = pad.add_probe(PadProbeType::BUFFER, note);
}

fn buffer_time(info: &PadProbeInfo<'_>) -> Option<ClockTime> {
    match &info.data {
        Some(PadProbeData::Buffer(buffer)) => buffer.pts(),
        _ => None,
    }
}

/// Leaves out the first packet of an AAC encoder, which holds what is before the sound: it would be as much later than
/// the pictures.
fn leave_out_priming(encoder: &Element) -> Result<(), String> {
    let output = encoder.static_pad("src").ok_or("there is no output")?;
    let length = Mutex::new(None);
    let leave_out = move |_: &Pad, info: &mut PadProbeInfo<'_>| {
        let Some(PadProbeData::Buffer(buffer)) = &mut info.data else {
            return PadProbeReturn::Ok;
        };
        let mut length = length.lock();
        let Some(length) = *length else {
            *length = Some(buffer.duration().unwrap_or(ClockTime::ZERO));
            return PadProbeReturn::Drop;
        };
        let earlier = |time: ClockTime| time.saturating_sub(length);
        let (presentation, decode) = (buffer.pts(), buffer.dts());
        let fields = buffer.make_mut();
        fields.set_pts(presentation.map(earlier));
        fields.set_dts(decode.map(earlier));
        PadProbeReturn::Ok
    };
    // A probe of this kind can always be added.
    let _ = output.add_probe(PadProbeType::BUFFER, leave_out);
    Ok(())
}

/// Asks the encoder for a key frame whenever one is due.
fn ask_for_key_frames(encoder: &Element, interval: KeyFrameInterval) -> Result<(), String> {
    let input = encoder.static_pad("sink").ok_or("there is no input")?;
    let output = encoder.static_pad("src").ok_or("there is no output")?;
    let last = Mutex::new((ClockTime::ZERO, 0_u32));
    let ask = move |_: &Pad, info: &mut PadProbeInfo<'_>| {
        let Some(time) = buffer_time(info) else {
            return PadProbeReturn::Ok;
        };
        let is_due = {
            let mut last = last.lock();
            let (last_time, count) = *last;
            let is_due = match interval {
                KeyFrameInterval::Time(interval) => {
                    Duration::from(time.saturating_sub(last_time)) >= interval
                }
                KeyFrameInterval::Frames(frames) => count >= frames,
            };
            *last = match is_due {
                true => (time, 1),
                false => (last_time, count + 1),
            };
            is_due
        };
        if is_due {
            let event = UpstreamForceKeyUnitEvent::builder().running_time(time);
            output.send_event(event.build());
        }
        PadProbeReturn::Ok
    };
    // A probe of this kind can always be added.
    let _ = input.add_probe(PadProbeType::BUFFER, ask);
    Ok(())
}

fn forward_messages(pipeline: &Pipeline, tell: impl Fn(Outcome) + Send + Sync + 'static) {
    let Some(bus) = pipeline.bus() else { return };
    bus.set_sync_handler(move |_, message| {
        match message.view() {
            MessageView::Error(error) => tell(Outcome::Failed(words(error))),
            MessageView::Eos(_) => tell(Outcome::Finished),
            _ => {}
        }
        BusSyncReply::Drop
    });
}
