/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Fake devices, and recordings of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use byte_stream::track::{AudioCodec, VideoCodec};
use crossbeam_channel::{Receiver, RecvTimeoutError, unbounded};
use media_gstreamer::capture::{DeviceChoice, FakeDevices, GStreamerCapture};
use media_gstreamer::record::GStreamerRecorder;
use media_recorder::{
    AudioPlan, BitRateMode, Container, KeyFrameInterval, PlannedTrack, RecorderBackend, Recording,
    RecordingEvent, RecordingPlan, VideoPlan,
};
use media_stream::{
    CaptureBackend, CaptureSource, Feed, Kind, Property, Settings, SourceEvent, Value,
};

/// Much longer than anything takes; a test that waits as long has failed.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

pub(super) const PICTURE: (u32, u32) = (320, 240);
pub(super) const FRAME_RATE: f64 = 30.;

/// A camera and a microphone.
pub(super) struct Studio {
    pub(super) backend: GStreamerCapture,
    pub(super) fakes: FakeDevices,
    pub(super) camera: Box<dyn CaptureSource>,
    pub(super) microphone: Box<dyn CaptureSource>,
    /// A device that has no track is let go of, and takes its time to come back.
    _feeds: [Arc<dyn Feed>; 2],
}

/// A recording and what it tells.
pub(super) struct Session {
    pub(super) recording: Box<dyn Recording>,
    pub(super) events: Receiver<RecordingEvent>,
    begun: Instant,
}

/// A file, and for how many seconds it was recorded.
pub(super) struct Recorded {
    pub(super) file: Vec<u8>,
    pub(super) seconds: f64,
}

/// What is recorded.
#[derive(Clone, Copy)]
pub(super) struct Format {
    pub(super) container: Container,
    pub(super) audio: Option<AudioCodec>,
    pub(super) video: Option<VideoCodec>,
}

pub(super) const WEBM: Format = Format {
    container: Container::WebM,
    audio: Some(AudioCodec::Opus),
    video: Some(VideoCodec::Vp8),
};
pub(super) const MP4: Format = Format {
    container: Container::Mp4,
    audio: Some(AudioCodec::Aac),
    video: Some(VideoCodec::H264),
};

pub(super) fn picture_settings((width, height): (u32, u32)) -> Settings {
    Settings::from([
        (Property::Width, Value::Number(width.into())),
        (Property::Height, Value::Number(height.into())),
        (Property::FrameRate, Value::Number(FRAME_RATE)),
    ])
}

impl Studio {
    pub(super) fn new() -> Self {
        let fakes = FakeDevices::new();
        let backend = GStreamerCapture::new(DeviceChoice::Fake(fakes.clone()));
        let open = |key, settings: &Settings| {
            let (teller, events) = unbounded();
            let listener = move |event| {
                let _ = teller.send(event);
            };
            let source = backend.open(key, settings, Box::new(listener));
            let feed = source.create_feed(settings);
            let event = events.recv_timeout(PATIENCE).expect("it is told");
            assert_eq!(event, SourceEvent::Opened);
            (source, feed)
        };
        let (camera, pictures) = open("camera-1", &picture_settings(PICTURE));
        let (microphone, sound) = open("microphone-1", &Settings::new());
        Self {
            camera,
            microphone,
            _feeds: [pictures, sound],
            backend,
            fakes,
        }
    }

    pub(super) fn picture_feed(&self) -> Arc<dyn Feed> {
        self.camera.create_feed(&picture_settings(PICTURE))
    }

    pub(super) fn sound_feed(&self) -> Arc<dyn Feed> {
        self.microphone.create_feed(&Settings::new())
    }

    /// Begins to record what the devices give.
    pub(super) fn start(&self, format: Format, timeslice: Option<Duration>) -> Session {
        let video = format.video.map(|_| (Kind::Video, self.picture_feed()));
        let audio = format.audio.map(|_| (Kind::Audio, self.sound_feed()));
        let feeds = video.into_iter().chain(audio);
        Session::start(format, timeslice, feeds.collect())
    }
}

impl Session {
    /// Begins to record these feeds, and returns when it has begun.
    pub(super) fn start(
        format: Format,
        timeslice: Option<Duration>,
        feeds: Vec<(Kind, Arc<dyn Feed>)>,
    ) -> Self {
        Self::start_plan(plan(format, timeslice, feeds))
    }

    /// Begins to record as planned, and returns when it has begun.
    pub(super) fn start_plan(plan: RecordingPlan) -> Self {
        let (teller, events) = unbounded();
        let listener = move |event| {
            let _ = teller.send(event);
        };
        let begun = Instant::now();
        let session = Self {
            recording: GStreamerRecorder.start(plan, Box::new(listener)),
            events,
            begun,
        };
        assert_eq!(session.next(), RecordingEvent::Started);
        session
    }

    /// Returns for how many seconds it has recorded.
    pub(super) fn seconds(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }

    pub(super) fn next(&self) -> RecordingEvent {
        self.events.recv_timeout(PATIENCE).expect("it is told")
    }

    /// Lets it record for so long, in which nothing is told.
    pub(super) fn go_on_for(&self, time: Duration) {
        let told = self.events.recv_timeout(time);
        assert_eq!(told, Err(RecvTimeoutError::Timeout));
    }

    /// Lets it record until it has recorded for so long, whatever is told.
    pub(super) fn wait_for(&self, time: Duration) {
        let (_never, nothing) = unbounded::<()>();
        let told = nothing.recv_deadline(self.begun + time);
        assert_eq!(told, Err(RecvTimeoutError::Timeout));
    }

    /// Returns what has been handed over.
    pub(super) fn slices(&self) -> Vec<Vec<u8>> {
        self.events.try_iter().map(data).collect()
    }

    /// Ends it, and returns all that is handed over until then, one after the other.
    pub(super) fn stop(self) -> Recorded {
        let seconds = self.seconds();
        let file = self.stop_with_slices().concat();
        Recorded { file, seconds }
    }

    /// Ends it, and returns what is handed over until then.
    pub(super) fn stop_with_slices(self) -> Vec<Vec<u8>> {
        self.recording.stop();
        let mut slices = Vec::new();
        loop {
            let event = self.next();
            let is_last = matches!(event, RecordingEvent::Stopped(_));
            slices.push(data(event));
            if is_last {
                return slices;
            }
        }
    }
}

/// Returns the bytes that an event hands over.
pub(super) fn data(event: RecordingEvent) -> Vec<u8> {
    match event {
        RecordingEvent::Data(data) | RecordingEvent::Stopped(data) => data.bytes,
        event => panic!("{event:?}"),
    }
}

pub(super) fn plan(
    format: Format,
    timeslice: Option<Duration>,
    feeds: Vec<(Kind, Arc<dyn Feed>)>,
) -> RecordingPlan {
    let track = |(kind, feed)| PlannedTrack {
        kind,
        feed,
        settings: match kind {
            Kind::Audio => Settings::new(),
            Kind::Video => picture_settings(PICTURE),
        },
    };
    RecordingPlan {
        container: format.container,
        audio: format.audio.map(|codec| AudioPlan {
            codec,
            bits_per_second: 128_000,
            bit_rate_mode: BitRateMode::Variable,
        }),
        video: format.video.map(|codec| VideoPlan {
            codec,
            bits_per_second: 1_000_000,
            key_frame_interval: KeyFrameInterval::Time(Duration::from_secs(1)),
            has_parameter_sets_in_band: false,
        }),
        tracks: feeds.into_iter().map(track).collect(),
        timeslice,
    }
}
