/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Where the pictures go.

use std::sync::Arc;

use gstreamer::prelude::*;
use gstreamer::{Caps, ClockTime, EventType, FlowError, FlowSuccess, Pad, PadProbeData};
use gstreamer::{PadProbeReturn, PadProbeType, Sample};
use gstreamer_app::{AppSink, AppSinkCallbacks};
use parking_lot::Mutex;

use crate::frame::{VideoFrame, VideoRenderer};
use crate::player::{Listener, PlayerEvent};

/// A renderer that outlives the sinks that call it, one at a time.
pub(crate) type SharedRenderer = Arc<Mutex<Box<dyn VideoRenderer>>>;

/// A sink that hands each frame to `renderer` when it is due, and the first one after a flush when
/// it is there.
pub(crate) fn build(renderer: SharedRenderer, listener: Arc<Listener>) -> AppSink {
    let sink = AppSink::builder()
        .caps(&Caps::builder("video/x-raw").field("format", "BGRA").build())
        .sync(true)
        .max_buffers(1)
        .enable_last_sample(false)
        .build();
    let presenter = Arc::new(Presenter {
        renderer,
        listener,
        turn: Mutex::new(Turn::FirstAfterFlush),
    });
    if let Some(pad) = sink.static_pad("sink") {
        show_first_after_flush(&pad, presenter.clone());
    }
    let prerolling = presenter.clone();
    let callbacks = AppSinkCallbacks::builder()
        .new_preroll(move |sink| {
            prerolling.handle_preroll(&sink.pull_preroll().map_err(|_| FlowError::Flushing)?);
            Ok(FlowSuccess::Ok)
        })
        .new_sample(move |sink| {
            presenter.handle_sample(&sink.pull_sample().map_err(|_| FlowError::Flushing)?);
            Ok(FlowSuccess::Ok)
        });
    sink.set_callbacks(callbacks.build());
    sink
}

fn show_first_after_flush(pad: &Pad, presenter: Arc<Presenter>) {
    pad.add_probe(PadProbeType::EVENT_FLUSH, move |_, information| {
        let is_stop = matches!(&information.data,
            Some(PadProbeData::Event(event)) if event.type_() == EventType::FlushStop);
        if is_stop {
            *presenter.turn.lock() = Turn::FirstAfterFlush;
        }
        PadProbeReturn::Ok
    });
}

struct Presenter {
    renderer: SharedRenderer,
    listener: Arc<Listener>,
    turn: Mutex<Turn>,
}

/// What the next frame is.
enum Turn {
    /// The first one since a flush: it is shown though the clock stands.
    FirstAfterFlush,
    /// Perhaps the one of this time again: it was shown while the clock stood.
    ShownAhead(Option<ClockTime>),
    /// One that is shown when it is due.
    Due,
}

impl Presenter {
    /// A frame has reached the sink while the clock stands. After a pause that is the frame which
    /// comes next, and not shown.
    fn handle_preroll(&self, sample: &Sample) {
        let is_first = {
            let mut turn = self.turn.lock();
            let is_first = matches!(*turn, Turn::FirstAfterFlush);
            if is_first {
                *turn = Turn::ShownAhead(sample.buffer().and_then(|buffer| buffer.pts()));
            }
            is_first
        };
        if is_first {
            self.show(sample);
        }
    }

    /// A frame is due.
    fn handle_sample(&self, sample: &Sample) {
        let turn = std::mem::replace(&mut *self.turn.lock(), Turn::Due);
        let time = sample.buffer().and_then(|buffer| buffer.pts());
        if !matches!(turn, Turn::ShownAhead(shown) if shown == time) {
            self.show(sample);
        }
    }

    fn show(&self, sample: &Sample) {
        if let Some(frame) = VideoFrame::from_sample(sample) {
            self.renderer.lock().render(frame);
            (self.listener)(PlayerEvent::VideoFrameUpdated);
        }
    }
}
