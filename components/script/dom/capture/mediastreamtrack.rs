/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

use std::cell::RefCell;
use std::rc::Rc;

use dom_struct::dom_struct;
use js::context::JSContext;
use js::realm::CurrentRealm;
use media_stream::{Capture, Kind, Track, TrackId};
use script_bindings::reflector::reflect_weak_referenceable_dom_object;
use script_bindings::weakref::WeakRef;
use servo_media::streams::MediaStreamType;
use servo_media::streams::registry::MediaStreamId;
use uuid::Uuid;

use super::capture_tasks::CaptureTasks;
use super::constraints;
use super::track_dictionaries::{capabilities_dictionary, settings_dictionary};
use crate::dom::bindings::codegen::Bindings::MediaDevicesBinding::MediaTrackConstraints;
use crate::dom::bindings::codegen::Bindings::MediaStreamTrackBinding::{
    MediaStreamTrackMethods, MediaStreamTrackState, MediaTrackCapabilities, MediaTrackSettings,
};
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::reflector::DomGlobal;
use crate::dom::bindings::root::{Dom, DomRoot};
use crate::dom::bindings::str::DOMString;
use crate::dom::canvascapturemediastreamtrack::CanvasCaptureMediaStreamTrack;
use crate::dom::eventtarget::EventTarget;
use crate::dom::globalscope::GlobalScope;
use crate::dom::mediadevices::MediaDevices;
use crate::dom::overconstrainederror::OverconstrainedError;
use crate::dom::promise::{Promise, RootedPromise};

/// <https://w3c.github.io/mediacapture-main/#mediastreamtrack>
#[dom_struct]
pub(crate) struct MediaStreamTrack {
    eventtarget: EventTarget,
    media_devices: Dom<MediaDevices>,
    #[no_trace]
    #[ignore_malloc_size_of = "Of the core"]
    handle: TrackHandle,
    id: DOMString,
    /// The track of Servo's backend that it stands for, which is one of a peer or of Web Audio.
    #[no_trace]
    #[ignore_malloc_size_of = "Defined in servo-media"]
    servo_id: Option<MediaStreamId>,
}

/// Does not keep a track alive. (The bindings refer weakly to objects of exactly one interface.)
pub(crate) enum WeakTrack {
    Plain(WeakRef<MediaStreamTrack>),
    OfCanvas(WeakRef<CanvasCaptureMediaStreamTrack>),
}

impl WeakTrack {
    pub(crate) fn new(track: &MediaStreamTrack) -> Self {
        match track.downcast() {
            Some(of_canvas) => Self::OfCanvas(WeakRef::new(of_canvas)),
            None => Self::Plain(WeakRef::new(track)),
        }
    }

    pub(crate) fn is_alive(&self) -> bool {
        match self {
            Self::Plain(track) => track.is_alive(),
            Self::OfCanvas(track) => track.is_alive(),
        }
    }

    pub(crate) fn root(&self) -> Option<DomRoot<MediaStreamTrack>> {
        match self {
            Self::Plain(track) => track.root(),
            Self::OfCanvas(track) => track.root().map(DomRoot::upcast),
        }
    }
}

/// Forgets the track of the core when the object of the script is gone.
struct TrackHandle {
    capture: Rc<RefCell<Capture>>,
    id: TrackId,
    tasks: CaptureTasks,
}

impl Drop for TrackHandle {
    fn drop(&mut self) {
        let mut capture = self.capture.borrow_mut();
        capture.forget_track(self.id);
        if capture.has_effects() {
            // Nothing can be done while garbage is collected.
            self.tasks
                .queue(|media_devices, cx| media_devices.run_effects(cx));
        }
    }
}

impl MediaStreamTrack {
    /// Returns one for a track of Servo's backend, or for one that has no media.
    pub(crate) fn new(
        cx: &mut JSContext,
        global: &GlobalScope,
        servo_id: impl Into<Option<MediaStreamId>>,
        ty: MediaStreamType,
    ) -> DomRoot<Self> {
        let kind = match ty {
            MediaStreamType::Audio => Kind::Audio,
            MediaStreamType::Video => Kind::Video,
        };
        let media_devices = MediaDevices::of(cx, global);
        let capture = media_devices.capture();
        let (_, track) = capture.borrow_mut().add_source(kind, String::new(), None);
        Self::of_core(cx, &media_devices, track, servo_id.into())
    }

    /// Returns one for a track of the core.
    pub(crate) fn of_core(
        cx: &mut JSContext,
        media_devices: &MediaDevices,
        track: TrackId,
        servo_id: Option<MediaStreamId>,
    ) -> DomRoot<Self> {
        let this = Self::new_inherited(media_devices, track, servo_id);
        let this =
            reflect_weak_referenceable_dom_object(cx, Rc::new(this), &*media_devices.global());
        media_devices.remember_track(track, &this);
        this
    }

    pub(crate) fn new_inherited(
        media_devices: &MediaDevices,
        track: TrackId,
        servo_id: Option<MediaStreamId>,
    ) -> Self {
        Self {
            eventtarget: EventTarget::new_inherited(),
            media_devices: Dom::from_ref(media_devices),
            handle: TrackHandle {
                capture: media_devices.capture(),
                id: track,
                tasks: media_devices.tasks(),
            },
            id: DOMString::from(Uuid::new_v4().to_string()),
            servo_id,
        }
    }

    /// The track of Servo's backend that it stands for.
    pub(crate) fn servo_id(&self) -> Option<MediaStreamId> {
        self.servo_id
    }

    /// Its name in the core.
    pub(crate) fn track_id(&self) -> TrackId {
        self.handle.id
    }

    pub(crate) fn ty(&self) -> MediaStreamType {
        match self.read(|track| track.kind) {
            Kind::Audio => MediaStreamType::Audio,
            Kind::Video => MediaStreamType::Video,
        }
    }

    /// Returns something of its state.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Track) -> T) -> T {
        read(self.handle.capture.borrow().track(self.handle.id))
    }
}

impl MediaStreamTrackMethods<crate::DomTypeHolder> for MediaStreamTrack {
    /// <https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-kind>
    fn Kind(&self) -> DOMString {
        match self.read(|track| track.kind) {
            Kind::Audio => DOMString::from_static("audio"),
            Kind::Video => DOMString::from_static("video"),
        }
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-id>
    fn Id(&self) -> DOMString {
        self.id.clone()
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-label>
    fn Label(&self) -> DOMString {
        self.read(|track| DOMString::from(&*track.label))
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-enabled>
    fn Enabled(&self) -> bool {
        self.read(|track| track.is_enabled)
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-enabled>
    fn SetEnabled(&self, cx: &mut JSContext, is_enabled: bool) {
        let mut capture = self.handle.capture.borrow_mut();
        capture.set_track_enabled(self.handle.id, is_enabled);
        drop(capture);
        self.media_devices.run_effects(cx);
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-muted>
    fn Muted(&self) -> bool {
        self.read(|track| track.is_muted)
    }

    // https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-onmute
    event_handler!(mute, GetOnmute, SetOnmute);

    // https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-onunmute
    event_handler!(unmute, GetOnunmute, SetOnunmute);

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-readystate>
    fn ReadyState(&self) -> MediaStreamTrackState {
        if self.read(|track| track.is_ended) {
            MediaStreamTrackState::Ended
        } else {
            MediaStreamTrackState::Live
        }
    }

    // https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-onended
    event_handler!(ended, GetOnended, SetOnended);

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-clone>
    fn Clone(&self, cx: &mut JSContext) -> DomRoot<Self> {
        let clone = self.handle.capture.borrow_mut().clone_track(self.handle.id);
        match self.downcast::<CanvasCaptureMediaStreamTrack>() {
            Some(of_canvas) => {
                let canvas = of_canvas.canvas();
                let clone =
                    CanvasCaptureMediaStreamTrack::new(cx, &self.media_devices, clone, canvas);
                DomRoot::upcast(clone)
            },
            None => Self::of_core(cx, &self.media_devices, clone, self.servo_id),
        }
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-stop>
    fn Stop(&self, cx: &mut JSContext) {
        self.handle.capture.borrow_mut().stop_track(self.handle.id);
        self.media_devices.run_effects(cx);
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-getcapabilities>
    fn GetCapabilities(&self) -> MediaTrackCapabilities {
        let capture = self.handle.capture.borrow();
        capabilities_dictionary(&capture.track_capabilities(self.handle.id))
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-getconstraints>
    fn GetConstraints(&self) -> MediaTrackConstraints {
        self.read(|track| constraints::to_dictionary(&track.constraints))
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-getsettings>
    fn GetSettings(&self) -> MediaTrackSettings {
        let mut settings = self.read(|track| settings_dictionary(&track.settings));
        if let Some(of_canvas) = self.downcast::<CanvasCaptureMediaStreamTrack>() {
            let size = of_canvas.canvas().get_size();
            settings.width = Some(size.width);
            settings.height = Some(size.height);
        }
        settings
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-applyconstraints>
    fn ApplyConstraints(
        &self,
        cx: &mut CurrentRealm,
        constraints: &MediaTrackConstraints,
    ) -> RootedPromise {
        let promise = Promise::new_in_realm(cx);
        let constraints = constraints::from_dictionary(constraints);
        let mut capture = self.handle.capture.borrow_mut();
        let result = capture.apply_constraints(self.handle.id, constraints);
        drop(capture);
        match result {
            Ok(()) => promise.resolve_native(cx, &()),
            Err(error) => {
                let error = OverconstrainedError::new(cx, &self.global(), &error);
                promise.reject_native(cx, &error);
            },
        }
        promise
    }
}
