/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The pipeline of an open device.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::Sender;
use gstreamer::message::Error;
use gstreamer::prelude::*;
use gstreamer::{
    Buffer, BufferFlags, BusSyncReply, Caps, ClockTime, CoreError, Element, FlowError, FlowSuccess,
    MessageView, Pipeline, State,
};
use gstreamer_app::{AppSink, AppSinkCallbacks};
use media_stream::DeviceKind;

use super::control::{Generation, Message};
use super::device::Head;
use super::hub::Hub;
use super::{clock, paced};
use crate::watchdog::Watchdog;

/// How often a second a stand-in of pictures comes, and one of sound.
const PICTURE_RATE: f64 = 30.;
const SOUND_RATE: f64 = 50.;

/// A running pipeline, which gives frames to a hub. Dropping it closes the device, which waits for
/// GStreamer's threads.
pub(crate) struct SourcePipeline {
    pipeline: Pipeline,
    /// Hears what the loudspeakers play.
    echo_reference: Option<Pipeline>,
    watchdog: Watchdog,
    /// Whether it is to be told when media come.
    is_awaited: Arc<AtomicBool>,
    /// It is dropped when the device is closed.
    _opening: Option<Box<dyn Any + Send>>,
}

impl SourcePipeline {
    /// Starts a pipeline. If something prevents it, a message of the bus says so.
    pub(crate) fn start(
        head: Head,
        generation: Generation,
        hub: Arc<Hub>,
        messages: &Sender<Message>,
        watchdog: Watchdog,
    ) -> Self {
        let pipeline = Pipeline::new();
        clock::install(&pipeline);
        let is_awaited = Arc::new(AtomicBool::new(true));
        let sink = sink(&head, generation, hub, messages.clone(), is_awaited.clone());
        forward_messages(&pipeline, generation, messages.clone());
        let mut elements = head.elements;
        elements.push(sink.upcast());
        let is_built =
            pipeline.add_many(&elements).is_ok() && Element::link_many(&elements).is_ok();
        if let Some(reference) = &head.echo_reference {
            clock::install(reference);
        }
        let source = Self {
            pipeline,
            echo_reference: head.echo_reference,
            watchdog,
            is_awaited,
            _opening: head.opening,
        };
        if !is_built || source.set_state(State::Playing).is_err() {
            // An element has posted an error that says more. If not, this one counts.
            let error = Error::builder(CoreError::StateChange, "it does not start").build();
            let _ = source.pipeline.post_message(error);
        }
        source
    }

    /// Has it told when media come the next time.
    pub(crate) fn await_media(&self) {
        self.is_awaited.store(true, Ordering::Release);
    }

    fn set_state(&self, state: State) -> Result<(), ()> {
        self.watchdog.watch(|| {
            if let Some(reference) = &self.echo_reference {
                // If it fails, sound is captured with its echo.
                let _ = reference.set_state(state);
            }
            self.pipeline.set_state(state).map(drop).map_err(drop)
        })
    }
}

impl Drop for SourcePipeline {
    fn drop(&mut self) {
        let _ = self.set_state(State::Null);
        let pipelines = [Some(&self.pipeline), self.echo_reference.as_ref()];
        let buses = pipelines.into_iter().flatten().filter_map(Pipeline::bus);
        buses.for_each(|bus| bus.unset_sync_handler());
    }
}

/// Returns a head that gives no media but stand-ins of them, for a device that is let go of.
pub(crate) fn stand_in(kind: DeviceKind) -> Head {
    let (caps, rate) = match kind {
        DeviceKind::VideoInput => (
            Caps::builder("video/x-raw")
                .field("format", "I420")
                .field("width", 2)
                .field("height", 2)
                .field(
                    "framerate",
                    gstreamer::Fraction::new(PICTURE_RATE as i32, 1),
                ),
            PICTURE_RATE,
        ),
        DeviceKind::AudioInput | DeviceKind::AudioOutput => (
            Caps::builder("audio/x-raw")
                .field("format", "S16LE")
                .field("layout", "interleaved")
                .field("rate", 48_000)
                .field("channels", 1),
            SOUND_RATE,
        ),
    };
    let make = |_| {
        let mut buffer = Buffer::new();
        buffer.make_mut().set_flags(BufferFlags::GAP);
        Some(buffer)
    };
    Head {
        elements: vec![paced::source(&caps.build(), rate, make).upcast()],
        is_ahead: true,
        echo_reference: None,
        opening: None,
    }
}

/// Returns a sink that hands frames to `hub`, and says when the first ones come.
fn sink(
    head: &Head,
    generation: Generation,
    hub: Arc<Hub>,
    messages: Sender<Message>,
    is_awaited: Arc<AtomicBool>,
) -> AppSink {
    let sink = AppSink::builder()
        .sync(head.is_ahead)
        .async_(false)
        .qos(false)
        .max_buffers(1)
        .processing_deadline(ClockTime::ZERO)
        .enable_last_sample(false)
        .build();
    let new_sample = move |sink: &AppSink| {
        let sample = sink.pull_sample().map_err(|_| FlowError::Flushing)?;
        let is_media = hub.handle(&sample);
        if is_media && is_awaited.swap(false, Ordering::AcqRel) {
            // There is no receiver while the pipeline is being torn down.
            let _ = messages.send(Message::MediaCame(generation));
        }
        Ok(FlowSuccess::Ok)
    };
    sink.set_callbacks(AppSinkCallbacks::builder().new_sample(new_sample).build());
    sink
}

/// Sends the messages that matter to the control thread, from the thread on which they are posted.
fn forward_messages(pipeline: &Pipeline, generation: Generation, messages: Sender<Message>) {
    let Some(bus) = pipeline.bus() else { return };
    bus.set_sync_handler(move |_, message| {
        if matches!(message.view(), MessageView::Error(_) | MessageView::Eos(_)) {
            // There is no receiver while the pipeline is being torn down.
            let _ = messages.send(Message::Bus(generation, message.clone()));
        }
        BusSyncReply::Drop
    });
}
