/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A backend whose answers the tests give, and a page with a recorder.

use std::sync::Arc;
use std::time::Duration;

use byte_stream::track::{AudioCodec, VideoCodec};
use media_recorder::{
    Container, Encoders, Part, RecordedData, Recorder, RecorderBackend, RecorderEvent,
    RecorderOptions, Recording, RecordingEvent, RecordingId, RecordingListener, RecordingPlan,
};
use media_stream::{
    Capture, CaptureSource, Kind, Property, Settings, Track, TrackId, Value, WithoutDevices,
};
use parking_lot::Mutex;

/// What the backend was asked for, as words.
pub type Requests = Arc<Mutex<Vec<String>>>;

pub struct FakeBackend {
    pub encoders: Encoders,
    pub requests: Requests,
    pub plans: Mutex<Vec<RecordingPlan>>,
}

struct FakeRecording(Requests);

/// Encoders of all that this backend can record.
pub fn all_encoders() -> Encoders {
    encoders(
        &Container::ALL,
        &[AudioCodec::Opus, AudioCodec::Aac, AudioCodec::Vorbis],
        &[VideoCodec::Vp8, VideoCodec::Vp9, VideoCodec::H264],
    )
}

pub fn encoders(containers: &[Container], audio: &[AudioCodec], video: &[VideoCodec]) -> Encoders {
    let mut encoders = Encoders::default();
    let containers = containers
        .iter()
        .map(|container| Part::Container(*container));
    let audio = audio.iter().map(|codec| Part::Audio(*codec));
    let video = video.iter().map(|codec| Part::Video(*codec));
    containers
        .chain(audio)
        .chain(video)
        .for_each(|part| encoders.add(part));
    encoders
}

impl RecorderBackend for FakeBackend {
    fn encoders(&self) -> Encoders {
        self.encoders.clone()
    }

    fn start(&self, plan: RecordingPlan, _: RecordingListener) -> Box<dyn Recording> {
        self.requests.lock().push("start".to_owned());
        self.plans.lock().push(plan);
        Box::new(FakeRecording(self.requests.clone()))
    }
}

impl FakeRecording {
    fn note(&self, request: &str) {
        self.0.lock().push(request.to_owned());
    }
}

impl Recording for FakeRecording {
    fn pause(&self) {
        self.note("pause");
    }

    fn resume(&self) {
        self.note("resume");
    }

    fn request_data(&self) {
        self.note("data");
    }

    fn end_track(&self, place: usize) {
        self.note(&format!("end track {place}"));
    }

    fn stop(&self) {
        self.note("stop");
    }
}

impl Drop for FakeRecording {
    fn drop(&mut self) {
        self.note("drop");
    }
}

/// A page whose stream has some tracks, and its recorder.
pub struct Page {
    pub backend: Arc<FakeBackend>,
    pub recorder: Recorder,
    pub tracks: Vec<(TrackId, Track)>,
    /// The names of the recordings that were started.
    pub ids: Arc<Mutex<Vec<RecordingId>>>,
    pub timeslice: Option<u32>,
}

impl Page {
    pub fn new(kinds: &[Kind]) -> Self {
        Self::with_options(kinds, &RecorderOptions::default())
    }

    pub fn with_options(kinds: &[Kind], options: &RecorderOptions) -> Self {
        let backend = Arc::new(FakeBackend {
            encoders: all_encoders(),
            requests: Requests::default(),
            plans: Mutex::default(),
        });
        let ids = Arc::<Mutex<Vec<RecordingId>>>::default();
        let started = ids.clone();
        let new_listener = move |id| {
            started.lock().push(id);
            let listener: RecordingListener = Box::new(drop);
            listener
        };
        let recorder = Recorder::new(backend.clone(), Box::new(new_listener), options, None);
        Self {
            backend,
            recorder: recorder.expect("the type can be recorded"),
            tracks: kinds.iter().map(|kind| track(*kind)).collect(),
            ids,
            timeslice: None,
        }
    }

    pub fn start(&mut self) {
        let started = self.recorder.start(&self.tracks, false, self.timeslice);
        started.expect("it can be recorded");
    }

    /// Returns and forgets what the backend was asked for.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.backend.requests.lock())
    }

    /// Lets an event of the recording of that number come, and returns what is fired then.
    pub fn tell(&mut self, recording: usize, event: RecordingEvent) -> Vec<String> {
        let id = self.ids.lock()[recording];
        self.recorder.handle_recording_event(id, event);
        let events = std::iter::from_fn(|| self.recorder.poll_event());
        events.map(words).collect()
    }
}

/// Returns data that were there so many milliseconds after the beginning.
pub fn data(text: &str, milliseconds: u64) -> RecordedData {
    RecordedData {
        bytes: text.as_bytes().to_vec(),
        created: Duration::from_millis(milliseconds),
    }
}

fn words(event: RecorderEvent) -> String {
    match event {
        RecorderEvent::Start => "start".to_owned(),
        RecorderEvent::Pause => "pause".to_owned(),
        RecorderEvent::Resume => "resume".to_owned(),
        RecorderEvent::DataAvailable {
            bytes, timecode, ..
        } => format!("data {:?} at {timecode}", String::from_utf8_lossy(&bytes)),
        RecorderEvent::Error(error) => error.name().to_owned(),
        RecorderEvent::Stop => "stop".to_owned(),
    }
}

/// Returns a track that has media.
pub fn track(kind: Kind) -> (TrackId, Track) {
    thread_local! {
        static CAPTURE: std::cell::RefCell<Capture> = {
            let new_listener = |_| -> media_stream::SourceListener { Box::new(drop) };
            Capture::new(Arc::new(WithoutDevices), Box::new(new_listener)).into()
        };
    }
    CAPTURE.with_borrow_mut(|capture| {
        let media = Some(Box::new(WithoutDevices) as Box<dyn CaptureSource>);
        let (_, id) = capture.add_source(kind, "source".to_owned(), media);
        let settings = Settings::from([(Property::Width, Value::Number(640.))]);
        let track = capture.track(id).clone();
        (id, Track { settings, ..track })
    })
}
