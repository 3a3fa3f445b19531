/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The sink that hands decoded frames to the renderer.

use std::sync::Arc;

use gstreamer::prelude::*;
use gstreamer::{
    BufferFlags, ClockTime, EventType, EventView, FlowError, FlowSuccess, Pad, PadProbeData,
};
use gstreamer::{PadProbeReturn, PadProbeType, Sample};
use gstreamer_app::{AppSink, AppSinkCallbacks};
use media_source::PlayerEvent;
use parking_lot::Mutex;

use crate::frame;
use crate::output_check::Refusals;
use crate::outputs::{Outputs, SharedRenderer};
use crate::quality::Ledger;
use crate::recovery::Progress;
use crate::shared::Shared;

/// Frames that are later than this, in nanoseconds, are not shown, and decoders may skip those that
/// would be. Sinks show one frame a second in any case.
const LATENESS: i64 = 100_000_000;

/// Returns a sink that hands each frame to the renderer when it is due. It hands over the first frame
/// after a flush as soon as that is there, and the very first frame too unless it `keeps_picture`: then
/// the frame on the screen stays until the next one is due. Frames that cannot be shown are told to
/// `refusals`.
pub(crate) fn build(
    outputs: &Outputs,
    keeps_picture: bool,
    progress: Arc<Progress>,
    refusals: Option<Refusals>,
) -> AppSink {
    let sink = AppSink::builder()
        .sync(true)
        .max_buffers(1)
        .max_lateness(LATENESS)
        .qos(true)
        .enable_last_sample(false)
        .build();
    let presenter = Arc::new(Presenter {
        renderer: outputs.renderer.clone(),
        shared: outputs.shared.clone(),
        ledger: outputs.ledger.clone(),
        progress: progress.clone(),
        refusals,
        turn: Mutex::new(if keeps_picture {
            Turn::Due
        } else {
            Turn::FirstAfterFlush
        }),
    });
    if let Some(pad) = sink.static_pad("sink") {
        show_first_after_flush(&pad, presenter.clone());
        forgive_small_delays(&pad, outputs.ledger.clone(), progress);
    }
    let (prerolling, ending) = (presenter.clone(), presenter.clone());
    let callbacks = AppSinkCallbacks::builder()
        .new_preroll(move |sink| {
            prerolling.handle_preroll(&sink.pull_preroll().map_err(|_| FlowError::Flushing)?);
            Ok(FlowSuccess::Ok)
        })
        .new_sample(move |sink| {
            presenter.handle_sample(&sink.pull_sample().map_err(|_| FlowError::Flushing)?);
            Ok(FlowSuccess::Ok)
        })
        .eos(move |_| ending.handle_end());
    sink.set_callbacks(callbacks.build());
    sink
}

/// Hides from the decoder that a frame was late if it was shown all the same. Otherwise the decoder would
/// skip frames that are in time. If it is told of a longer delay, it may skip some.
fn forgive_small_delays(pad: &Pad, ledger: Arc<Ledger>, progress: Arc<Progress>) {
    pad.add_probe(PadProbeType::EVENT_UPSTREAM, move |_, probe| {
        if let Some(PadProbeData::Event(event)) = &probe.data
            && let EventView::Qos(qos) = event.view()
        {
            let (_, _, delay, _) = qos.get();
            match delay {
                0..LATENESS => return PadProbeReturn::Handled,
                LATENESS.. => {
                    ledger.handle_lateness(true);
                    progress.handle_delay(delay as f64 / 1e9);
                }
                _ => ledger.handle_lateness(false),
            }
        }
        PadProbeReturn::Ok
    });
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
    shared: Arc<Shared>,
    ledger: Arc<Ledger>,
    progress: Arc<Progress>,
    /// Set for a hardware decoder, which is replaced if its frames cannot be shown.
    refusals: Option<Refusals>,
    turn: Mutex<Turn>,
}

/// What to do with the next frame.
enum Turn {
    /// It is the first one since a flush, and is shown though the clock stands.
    FirstAfterFlush,
    /// The frame of this time was shown while the clock stood, and may come again.
    ShownAhead(Option<ClockTime>),
    /// It is shown when it is due.
    Due,
}

impl Presenter {
    /// Handles a frame that has reached the sink while the clock stands. After a pause that is the next
    /// frame, which is not shown yet.
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

    /// Handles a frame that is due.
    fn handle_sample(&self, sample: &Sample) {
        let turn = std::mem::replace(&mut *self.turn.lock(), Turn::Due);
        let time = sample.buffer().and_then(|buffer| buffer.pts());
        if !matches!(turn, Turn::ShownAhead(shown) if shown == time) {
            self.show(sample);
        }
    }

    fn handle_end(&self) {
        // What a hardware decoder has not output another one will.
        if self.refusals.is_none() || !self.progress.is_behind() {
            self.ledger.handle_end();
        }
    }

    fn show(&self, sample: &Sample) {
        let Some(buffer) = sample.buffer() else {
            return;
        };
        let is_old = |time| self.ledger.goes_back(time);
        let Some(time) = buffer.pts().filter(|time| !is_old(*time)) else {
            return;
        };
        if let Some(frame) = frame::from_sample(sample) {
            self.renderer.lock().render(frame);
            let is_corrupted = buffer.flags().contains(BufferFlags::CORRUPTED);
            self.ledger.handle_shown(time, is_corrupted);
            self.shared.tell(PlayerEvent::VideoFrameUpdated);
        } else if let Some(refusals) = &self.refusals {
            refusals.tell("its decoded pictures cannot be read");
        }
    }
}
