/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A backend without devices, and a document that uses it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use media_source::{PlayerError, VideoRenderer};

use media_stream::{
    CameraMode, Capture, CaptureBackend, CaptureSource, Constraints, Device, DeviceDescription,
    DeviceKind, DeviceWatch, DevicesListener, Effect, Feed, Kind, PageState, PermissionState,
    PictureSink, Property, RequestId, Settings, SoundReader, SoundSink, SourceEvent, SourceId,
    SourceListener, StreamPlayer, StreamPlayerListener, TrackId, Value, camera_spaces,
};
use parking_lot::Mutex;

/// Counts what is open, and remembers what was asked of it.
#[derive(Default)]
pub struct FakeBackend {
    /// The keys of the devices that were opened, and with which settings.
    pub opened: Mutex<Vec<(String, Settings)>>,
    /// How many sources there are now.
    pub source_count: Arc<AtomicUsize>,
    feeds: Arc<Mutex<Vec<String>>>,
}

struct FakeSource {
    count: Arc<AtomicUsize>,
    feeds: Arc<Mutex<Vec<String>>>,
}

struct FakeFeed(Arc<Mutex<Vec<String>>>);

impl FakeBackend {
    /// Takes what was asked of feeds since the last call.
    pub fn feeds(&self) -> Vec<String> {
        std::mem::take(&mut self.feeds.lock())
    }
}

impl CaptureBackend for FakeBackend {
    fn watch_devices(&self, _: DevicesListener) -> Box<dyn DeviceWatch> {
        unimplemented!("the document of a test is told of its devices by the test")
    }

    fn open(&self, key: &str, settings: &Settings, _: SourceListener) -> Box<dyn CaptureSource> {
        let opened = (key.to_owned(), settings.clone());
        self.opened.lock().push(opened);
        self.source_count.fetch_add(1, Ordering::Relaxed);
        Box::new(FakeSource {
            count: Arc::clone(&self.source_count),
            feeds: Arc::clone(&self.feeds),
        })
    }

    fn create_picture_source(&self) -> (Box<dyn CaptureSource>, Arc<dyn PictureSink>) {
        unimplemented!("no test has pictures of its own")
    }

    fn create_sound_source(&self, _: u32) -> (Box<dyn CaptureSource>, Arc<dyn SoundSink>) {
        unimplemented!("no test has sound of its own")
    }

    fn create_sound_reader(&self, _: Arc<dyn Feed>, _: u32) -> Box<dyn SoundReader> {
        unimplemented!("nothing is read")
    }

    fn create_player(
        &self,
        _: Option<Box<dyn VideoRenderer>>,
        _: StreamPlayerListener,
    ) -> Result<Box<dyn StreamPlayer>, PlayerError> {
        unimplemented!("nothing is played")
    }
}

impl CaptureSource for FakeSource {
    fn create_feed(&self, _: &Settings) -> Arc<dyn Feed> {
        self.feeds.lock().push("new".to_owned());
        Arc::new(FakeFeed(Arc::clone(&self.feeds)))
    }
}

impl Drop for FakeSource {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Feed for FakeFeed {
    fn set_settings(&self, settings: &Settings) {
        let width = settings.get(&Property::Width);
        self.0.lock().push(format!("width {width:?}"));
    }

    fn set_enabled(&self, is_enabled: bool) {
        self.0.lock().push(format!("enabled {is_enabled}"));
    }
}

impl Drop for FakeFeed {
    fn drop(&mut self) {
        self.0.lock().push("gone".to_owned());
    }
}

/// A document in view, on a machine with two cameras and a microphone.
pub struct Page {
    pub backend: Arc<FakeBackend>,
    pub capture: Capture,
    /// The sources that were asked for, in their order.
    pub sources: Arc<Mutex<Vec<SourceId>>>,
}

impl Page {
    /// Returns a document that may use its devices.
    pub fn new() -> Self {
        let mut page = Self::unknown();
        page.capture.handle_page_state(visible());
        page.capture.handle_devices(devices());
        for kind in [Kind::Audio, Kind::Video] {
            page.capture
                .handle_permission_state(kind, PermissionState::Granted);
        }
        page
    }

    /// Returns one that has been told nothing yet.
    pub fn unknown() -> Self {
        let backend = Arc::new(FakeBackend::default());
        let sources = Arc::new(Mutex::new(Vec::new()));
        let asked = Arc::clone(&sources);
        let listener = move |id| -> SourceListener {
            asked.lock().push(id);
            Box::new(|_| {})
        };
        let capture = Capture::new(backend.clone(), Box::new(listener));
        Self {
            backend,
            capture,
            sources,
        }
    }

    pub fn effects(&mut self) -> Vec<Effect> {
        std::iter::from_fn(|| self.capture.poll_effect()).collect()
    }

    /// Handles an event of the source that was asked for last.
    pub fn tell(&mut self, event: SourceEvent) {
        let source = *self.sources.lock().last().expect("it opens one");
        self.capture.handle_source_event(source, event);
    }

    pub fn request(&mut self, kinds: &[Kind]) -> RequestId {
        let wanted = kinds.iter().map(|kind| (*kind, Constraints::default()));
        self.capture.get_user_media(wanted.collect())
    }

    /// Captures from a camera.
    pub fn create_track(&mut self) -> TrackId {
        self.request(&[Kind::Video]);
        self.tell(SourceEvent::Opened);
        let tracks = self.effects().into_iter().find_map(|effect| match effect {
            Effect::ResolveStream(_, tracks) => Some(tracks),
            _ => None,
        });
        tracks.expect("it has opened")[0]
    }

    /// How many devices are open.
    pub fn source_count(&self) -> usize {
        self.backend.source_count.load(Ordering::Relaxed)
    }

    /// The keys of all devices that were opened.
    pub fn opened(&self) -> Vec<String> {
        let opened = self.backend.opened.lock();
        opened.iter().map(|(key, _)| key.clone()).collect()
    }
}

/// The state of a document that its user looks at.
pub fn visible() -> PageState {
    PageState {
        is_fully_active: true,
        is_in_view: true,
        has_system_focus: true,
        allowed_to_use: BTreeSet::from([Kind::Audio, Kind::Video]),
    }
}

/// A camera, the default one, which faces the user, a microphone that belongs to it, and another camera.
pub fn devices() -> Vec<Device> {
    let camera = |key, facing: &str, width, height, is_default| {
        let mode = CameraMode {
            width,
            height,
            frame_rate: 30.,
        };
        let facing = vec![Value::Text(facing.to_owned())];
        let choices = BTreeMap::from([(Property::FacingMode, facing)]);
        description(
            key,
            DeviceKind::VideoInput,
            is_default,
            camera_spaces(&[mode], &choices),
        )
    };
    let rate = vec![Value::Number(48_000.)];
    let sound = media_stream::Space {
        choices: BTreeMap::from([(Property::SampleRate, rate)]),
        ..Default::default()
    };
    let all = [
        camera("back", "environment", 1280, 720, false),
        camera("front", "user", 640, 480, true),
        description("microphone", DeviceKind::AudioInput, true, vec![sound]),
    ];
    let device = |description: DeviceDescription| {
        let id = format!("id of {}", description.key);
        Device::new(description, id, "group".to_owned())
    };
    all.map(device).into()
}

fn description(
    key: &str,
    kind: DeviceKind,
    is_default: bool,
    spaces: Vec<media_stream::Space>,
) -> DeviceDescription {
    DeviceDescription {
        key: key.to_owned(),
        kind,
        label: format!("The {key}"),
        group: String::new(),
        is_default,
        spaces,
    }
}
