/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! GStreamer as the backend that records.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossbeam_channel::Sender;
use media_recorder::{
    Encoders, RecordedData, RecorderBackend, Recording, RecordingEvent, RecordingFailure,
    RecordingListener, RecordingPlan,
};

use super::control::{self, Command};
use super::parts;
use crate::capture::clock;
use crate::watchdog::Watched;

/// Records with GStreamer what [`GStreamerCapture`](crate::capture::GStreamerCapture) captures. Each recording has a
/// thread.
#[derive(Clone, Copy, Debug, Default)]
pub struct GStreamerRecorder;

/// The handle of a recording. Every method returns at once, and the thread of the recording does what is asked for.
struct Handle {
    commands: Sender<Command>,
    shared: Arc<Shared>,
}

/// What the handle and the thread of a recording share.
pub(super) struct Shared {
    listener: RecordingListener,
    /// Whether it has ended: its last event was told, or the handle is gone.
    is_over: AtomicBool,
}

impl RecorderBackend for GStreamerRecorder {
    fn encoders(&self) -> Encoders {
        match gstreamer::init() {
            Ok(()) => parts::encoders(),
            Err(_) => Encoders::default(),
        }
    }

    fn start(&self, plan: RecordingPlan, listener: RecordingListener) -> Box<dyn Recording> {
        let (sender, commands) = crossbeam_channel::unbounded();
        let shared = Arc::new(Shared {
            listener,
            is_over: AtomicBool::new(false),
        });
        let (sent, told) = (sender.clone(), shared.clone());
        let run = move || control::run(plan, sent, commands, told);
        let thread = gstreamer::init().map_err(|error| error.to_string());
        let thread = thread.and_then(|()| {
            let thread = thread::Builder::new().name("Recorder".to_owned());
            thread.spawn(run).map_err(|error| error.to_string())
        });
        if let Err(message) = thread {
            shared.end_by(RecordingEvent::Failed(RecordingFailure::NotSupported(
                message,
            )));
        }
        Box::new(Handle {
            commands: sender,
            shared,
        })
    }
}

impl Handle {
    fn send(&self, command: Command) {
        // The thread has ended if the recording has.
        let _ = self.commands.send(command);
    }
}

impl Recording for Handle {
    fn pause(&self) {
        self.send(Command::Pause(clock::now()));
    }

    fn resume(&self) {
        self.send(Command::Resume(clock::now()));
    }

    fn request_data(&self) {
        self.send(Command::RequestData);
    }

    fn end_track(&self, place: usize) {
        self.send(Command::EndTrack(place));
    }

    fn stop(&self) {
        self.send(Command::Stop(clock::now()));
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // From here on the listener is told nothing.
        self.shared.end();
        self.send(Command::End);
    }
}

impl Shared {
    /// Tells the listener what happened, unless the recording has ended.
    pub(super) fn tell(&self, event: RecordingEvent) {
        if !self.is_over() {
            (self.listener)(event);
        }
    }

    /// Ends the recording and tells the listener how, unless it had ended before.
    pub(super) fn end_by(&self, event: RecordingEvent) {
        if !self.end() {
            (self.listener)(event);
        }
    }

    /// Ends the recording. Returns whether it had ended before.
    fn end(&self) -> bool {
        self.is_over.swap(true, Ordering::AcqRel)
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }
}

impl Watched for Shared {
    fn abandon(&self) {
        let message = "GStreamer does not answer".to_owned();
        let failure = RecordingFailure::Broken(message, RecordedData::default());
        self.end_by(RecordingEvent::Failed(failure));
    }
}
