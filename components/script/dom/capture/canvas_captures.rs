/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The captures of a canvas. A task takes its picture after a script has drawn, whether the canvas is painted or not:
//! pages capture canvases that are not in the document, and go on where the document is hidden.
//! <https://w3c.github.io/mediacapture-fromelement/#html-canvas-element-media-capture-extensions>

use std::cell::{Cell, RefCell};
use std::iter;
use std::sync::Arc;
use std::time::{Duration, Instant};

use js::context::JSContext;
use media_source::Picture;
use media_stream::{Kind, PictureSink, SourceId};
use pixels::{SnapshotAlphaMode, SnapshotPixelFormat};

use super::{platform, pruned};
use crate::dom::bindings::error::{Error, Fallible};
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::refcounted::Trusted;
use crate::dom::bindings::root::DomRoot;
use crate::dom::bindings::str::DOMString;
use crate::dom::canvascapturemediastreamtrack::CanvasCaptureMediaStreamTrack;
use crate::dom::html::htmlcanvaselement::HTMLCanvasElement;
use crate::dom::mediadevices::MediaDevices;
use crate::dom::mediastream::MediaStream;
use crate::dom::node::NodeTraits;

/// A canvas is captured as often as screens show pictures, at most.
const SHORTEST_PERIOD: Duration = Duration::from_nanos(1_000_000_000 / 60);

/// What a canvas keeps of its captures.
#[derive(Default, JSTraceable, MallocSizeOf)]
pub(crate) struct CanvasCaptures {
    /// Whether something was drawn, so that there is a picture.
    is_drawn: Cell<bool>,
    /// Whether a task that captures waits.
    has_task: Cell<bool>,
    /// When the timers that capture are over.
    #[ignore_malloc_size_of = "Defined in std::time"]
    timers: RefCell<Vec<Instant>>,
    #[no_trace]
    #[ignore_malloc_size_of = "Of the backend"]
    all: RefCell<Vec<CanvasCapture>>,
}

/// One capture of a canvas, which all clones of its track share.
struct CanvasCapture {
    source: SourceId,
    sink: Arc<dyn PictureSink>,
    /// The shortest time between two pictures; `None` if pictures are captured only where they are requested.
    period: Option<Duration>,
    last: Option<Instant>,
    has_changed: bool,
    /// <https://w3c.github.io/mediacapture-fromelement/#dfn-framecapturerequested>
    is_requested: bool,
}

impl CanvasCapture {
    /// Returns how long it is until the next picture; `None` if none is wanted.
    fn wait(&self) -> Option<Duration> {
        if self.is_requested {
            return Some(Duration::ZERO);
        }
        let period = self.period.filter(|_| self.has_changed)?;
        let since = self.last.map_or(period, |last| last.elapsed());
        Some(period.saturating_sub(since))
    }
}

impl HTMLCanvasElement {
    /// <https://w3c.github.io/mediacapture-fromelement/#dom-htmlcanvaselement-capturestream>
    pub(crate) fn capture_stream(
        &self,
        cx: &mut JSContext,
        frame_rate: Option<f64>,
    ) -> Fallible<DomRoot<MediaStream>> {
        // If the value is negative, a NotSupportedError is thrown.
        if frame_rate.is_some_and(|rate| rate < 0.0) {
            let message = "the frame rate of a capture cannot be negative".to_owned();
            return Err(Error::NotSupported(Some(message)));
        }
        // A SecurityError is thrown if the canvas is not origin-clean.
        if !self.origin_is_clean() {
            let message = "the canvas shows something of another origin".to_owned();
            return Err(Error::Security(Some(message)));
        }
        let stream = MediaStream::new(cx, &self.owner_global());
        let track = self.begin_capture(cx, frame_rate);
        stream.add_track(track.upcast());
        Ok(stream)
    }

    /// Begins a capture at a frame rate; `None` is that at which the canvas changes. Returns its track.
    fn begin_capture(
        &self,
        cx: &mut JSContext,
        frame_rate: Option<f64>,
    ) -> DomRoot<CanvasCaptureMediaStreamTrack> {
        let (media, sink) = platform::backend().create_picture_source();
        let media_devices = MediaDevices::of(cx, &self.owner_global());
        let capture = media_devices.capture();
        let mut capture = capture.borrow_mut();
        let (source, track) = capture.add_source(Kind::Video, String::new(), Some(media));
        drop(capture);
        let period = match frame_rate {
            None => Some(SHORTEST_PERIOD),
            Some(0.0) => None,
            Some(rate) => Duration::try_from_secs_f64(1.0 / rate).ok(),
        };
        let captures = self.captures();
        let mut all = captures.all.borrow_mut();
        let capture = CanvasCapture {
            source,
            sink,
            period: period.map(|period| period.max(SHORTEST_PERIOD)),
            last: None,
            has_changed: false,
            is_requested: captures.is_drawn.get(),
        };
        pruned::push(&mut all, capture, |capture| capture.sink.is_open());
        drop(all);
        self.capture_later();
        CanvasCaptureMediaStreamTrack::new(cx, &media_devices, track, self)
    }

    /// Handles that something was drawn.
    pub(crate) fn handle_drawing(&self) {
        let captures = self.captures();
        captures.is_drawn.set(true);
        let mut all = captures.all.borrow_mut();
        for capture in all.iter_mut() {
            capture.has_changed = true;
        }
        drop(all);
        self.capture_later();
    }

    /// <https://w3c.github.io/mediacapture-fromelement/#dom-canvascapturemediastreamtrack-requestframe>
    pub(crate) fn request_frame(&self, source: SourceId) {
        let mut all = self.captures().all.borrow_mut();
        for capture in all.iter_mut().filter(|capture| capture.source == source) {
            capture.is_requested = true;
        }
        drop(all);
        self.capture_later();
    }

    /// Captures after the script that is running, or when the next picture is due.
    fn capture_later(&self) {
        let captures = self.captures();
        if captures.has_task.get() {
            return;
        }
        let all = captures.all.borrow();
        let waits = all.iter().filter_map(CanvasCapture::wait);
        match waits.min() {
            None => {},
            Some(Duration::ZERO) => self.queue_capture(),
            Some(wait) => self.set_timer(wait),
        }
    }

    fn queue_capture(&self) {
        self.captures().has_task.set(true);
        let this = Trusted::new(self);
        let tasks = self.owner_global().task_manager();
        tasks
            .dom_manipulation_task_source()
            .queue(task!(capture_canvas: move || {
                let this = this.root();
                this.captures().has_task.set(false);
                this.capture_now();
            }));
    }

    /// Captures after that time, unless an earlier timer looks when the next picture is due.
    fn set_timer(&self, wait: Duration) {
        let end = Instant::now() + wait;
        let mut timers = self.captures().timers.borrow_mut();
        if timers.iter().any(|other| *other <= end) {
            return;
        }
        timers.push(end);
        let this = Trusted::new(self);
        self.owner_global().run_steps_after_a_timeout(
            // (Timers of the same name wait for each other.)
            DOMString::from(format!("canvas capture {}", wait.as_millis())),
            wait.as_millis() as i64 + 1,
            move |_, _| {
                let this = this.root();
                let mut timers = this.captures().timers.borrow_mut();
                timers.retain(|other| *other != end);
                drop(timers);
                this.capture_now();
            },
        );
    }

    /// Takes the picture, for those captures for which it is time.
    fn capture_now(&self) {
        let mut all = self.captures().all.borrow_mut();
        all.retain(|capture| capture.sink.is_open());
        let is_due = |capture: &&mut CanvasCapture| capture.wait() == Some(Duration::ZERO);
        let mut due: Vec<_> = all.iter_mut().filter(is_due).collect();
        // A canvas that shows something of another origin is not captured any more.
        let is_captured = !due.is_empty() && self.origin_is_clean();
        let picture = if is_captured { self.picture() } else { None };
        for capture in &mut due {
            capture.last = Some(Instant::now());
            capture.has_changed = false;
            capture.is_requested = false;
        }
        if let Some(picture) = picture {
            let pictures = iter::repeat_n(picture, due.len());
            due.iter()
                .zip(pictures)
                .for_each(|(capture, picture)| capture.sink.show(picture));
        }
        drop(all);
        self.capture_later();
    }

    /// Returns what the canvas shows. What is transparent is black.
    fn picture(&self) -> Option<Picture> {
        let mut snapshot = self.get_image_data()?;
        let alpha = SnapshotAlphaMode::Transparent {
            premultiplied: true,
        };
        snapshot.transform(alpha, SnapshotPixelFormat::BGRA);
        let size = snapshot.size();
        Some(Picture {
            width: size.width,
            height: size.height,
            pixels: snapshot.as_raw_bytes().to_vec(),
        })
    }
}
