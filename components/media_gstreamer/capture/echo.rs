/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the loudspeakers play, so that its echo can be taken out of what a microphone hears.
//!
//! A sound server gives what it plays, of all programs, as one more source: the monitor of the loudspeaker
//! that is the default. This knows the sound of other programs too, and no player has to do anything for it.

use std::sync::Arc;
use std::time::Duration;

use gstreamer::prelude::*;
use gstreamer::{
    BufferRef, BusSyncReply, Caps, ClockTime, Element, ElementFactory, MessageView, Pad,
    PadProbeData, PadProbeReturn, PadProbeType, Pipeline,
};
use parking_lot::{Condvar, Mutex};

use super::clock;
use crate::audio_sink;

/// How long a piece of what is played is.
const PERIOD: ClockTime = ClockTime::from_mseconds(10);
/// How much of what is played after the sound of a microphone webrtcdsp compares it with.
const AHEAD: ClockTime = ClockTime::from_mseconds(20);
/// How long after its time the sound of a microphone waits at most for what was played.
const LONGEST_WAIT: ClockTime = ClockTime::from_mseconds(100);

/// Returns whether the echo of a microphone can be cancelled on this machine.
pub(crate) fn can_be_cancelled() -> bool {
    let is_installed = |name| ElementFactory::find(name).is_some();
    audio_sink::has_sound_server()
        && ["webrtcdsp", "webrtcechoprobe", "pulsesrc"]
            .into_iter()
            .all(is_installed)
}

/// What hears the loudspeakers.
pub(crate) struct EchoReference {
    /// It is to run as long as the microphone is open. If it fails, no echo is cancelled.
    pub(crate) pipeline: Pipeline,
    probe: Element,
    played: Arc<Played>,
}

/// How far it is known what was played.
#[derive(Default)]
struct Played {
    end: Mutex<ClockTime>,
    has_grown: Condvar,
}

impl EchoReference {
    /// Returns what hears the loudspeakers at that sample rate; `None` if a part of GStreamer is missing.
    pub(crate) fn new(rate: i32) -> Option<Self> {
        let make = ElementFactory::make;
        let source = make("pulsesrc")
            .property("device", "@DEFAULT_MONITOR@")
            .property("latency-time", PERIOD.useconds() as i64);
        let form = Caps::builder("audio/x-raw")
            .field("format", "S16LE")
            .field("layout", "interleaved")
            .field("rate", rate)
            .field("channels", 1);
        let probe = make("webrtcechoprobe").build().ok()?;
        let sink = make("fakesink")
            .property("async", false)
            .property("enable-last-sample", false);
        let elements = [
            source.build().ok()?,
            make("audioconvert").build().ok()?,
            make("audioresample").build().ok()?,
            make("capsfilter")
                .property("caps", form.build())
                .build()
                .ok()?,
            probe.clone(),
            sink.build().ok()?,
        ];
        let pipeline = Pipeline::new();
        pipeline.add_many(&elements).ok()?;
        Element::link_many(&elements).ok()?;
        handle_messages(&pipeline);
        let played = Arc::<Played>::default();
        let told = played.clone();
        watch(&probe.static_pad("src")?, move |_, end| told.grow_to(end));
        Some(Self {
            pipeline,
            probe,
            played,
        })
    }

    /// Makes `processor`, a webrtcdsp, take the echo out of the sound that comes to it.
    pub(crate) fn attach(&self, processor: &Element) {
        processor.set_property("probe", self.probe.name());
        let played = self.played.clone();
        if let Some(pad) = processor.static_pad("sink") {
            // It would take what is not known yet for silence, and cancel nothing.
            watch(&pad, move |start, end| {
                played.wait_until(end + AHEAD, start + LONGEST_WAIT)
            });
        }
    }
}

impl Played {
    fn grow_to(&self, end: ClockTime) {
        *self.end.lock() = end;
        self.has_grown.notify_all();
    }

    /// Waits until it is known what was played until `end`, but not longer than until it is `limit`.
    fn wait_until(&self, end: ClockTime, limit: ClockTime) {
        let rest = Duration::from(limit.saturating_sub(clock::now()));
        let mut known = self.end.lock();
        self.has_grown
            .wait_while_for(&mut known, |known| *known < end, rest);
    }
}

/// Calls `function` with the start and the end of each piece of sound that comes to a pad.
fn watch(pad: &Pad, function: impl Fn(ClockTime, ClockTime) + Send + Sync + 'static) {
    pad.add_probe(PadProbeType::BUFFER, move |_, probe| {
        if let Some(PadProbeData::Buffer(buffer)) = &probe.data {
            let buffer: &BufferRef = buffer;
            let times = buffer.pts().zip(buffer.duration());
            if let Some((start, duration)) = times {
                function(start, start + duration);
            }
        }
        PadProbeReturn::Ok
    });
}

/// Tells the elements how much sound they hold together, as soon as that is known: webrtcdsp needs it.
fn handle_messages(pipeline: &Pipeline) {
    let Some(bus) = pipeline.bus() else { return };
    let weak = pipeline.downgrade();
    bus.set_sync_handler(move |_, message| {
        if let MessageView::Latency(_) = message.view()
            && let Some(pipeline) = weak.upgrade()
        {
            pipeline.call_async(|pipeline| {
                // If it fails, it is not known yet, and is told again.
                let _ = pipeline.recalculate_latency();
            });
        }
        BusSyncReply::Drop
    });
}
