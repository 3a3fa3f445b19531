/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use dom_struct::dom_struct;
use js::context::JSContext;
use js::realm::CurrentRealm;
use media_stream::{
    Capture, CaptureError, Constraints, Device, DeviceDescription, DeviceInfo, DeviceWatch, Effect,
    Kind, PageState, RequestId, SourceId, SourceListener, TrackEvent, TrackId,
};
use script_bindings::cell::DomRefCell;
use script_bindings::codegen::GenericBindings::DocumentBinding::DocumentMethods;
use script_bindings::codegen::GenericBindings::NavigatorBinding::NavigatorMethods;
use script_bindings::codegen::GenericBindings::WindowBinding::WindowMethods;
use script_bindings::reflector::reflect_weak_referenceable_dom_object;
use stylo_atoms::Atom;

use super::capture_tasks::CaptureTasks;
use super::device_ids::{IdMaker, device_id};
use super::{constraints, lifetime, permission, platform, pruned};
use crate::dom::TracedPromise;
use crate::dom::bindings::codegen::Bindings::MediaDevicesBinding::{
    MediaDevicesMethods, MediaStreamConstraints, MediaTrackSupportedConstraints,
};
use crate::dom::bindings::codegen::UnionTypes::BooleanOrMediaTrackConstraints;
use crate::dom::bindings::error::Error;
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::reflector::DomGlobal;
use crate::dom::bindings::root::DomRoot;
use crate::dom::devicechangeevent::DeviceChangeEvent;
use crate::dom::event::Event;
use crate::dom::eventtarget::EventTarget;
use crate::dom::globalscope::GlobalScope;
use crate::dom::mediadeviceinfo::MediaDeviceInfo;
use crate::dom::mediastream::MediaStream;
use crate::dom::mediastreamtrack::{MediaStreamTrack, WeakTrack};
use crate::dom::overconstrainederror::OverconstrainedError;
use crate::dom::promise::{Promise, RootedPromise};

/// <https://w3c.github.io/mediacapture-main/#mediadevices>
#[dom_struct]
pub(crate) struct MediaDevices {
    eventtarget: EventTarget,
    #[no_trace]
    #[ignore_malloc_size_of = "Of the core"]
    capture: Rc<RefCell<Capture>>,
    #[no_trace]
    #[ignore_malloc_size_of = "Of the event loop"]
    tasks: CaptureTasks,
    /// The promises of the requests that wait.
    promises: DomRefCell<Vec<Waiting>>,
    /// The objects of the tracks that a script may have.
    #[no_trace]
    #[ignore_malloc_size_of = "Weak"]
    tracks: RefCell<Vec<(TrackId, WeakTrack)>>,
    /// Set while the document is active.
    #[no_trace]
    #[ignore_malloc_size_of = "Of the backend"]
    watch: RefCell<Option<Box<dyn DeviceWatch>>>,
}

/// A request that waits, and what a script was given for it.
#[derive(JSTraceable, MallocSizeOf)]
#[cfg_attr(crown, crown::unrooted_must_root_lint::must_root)]
struct Waiting {
    #[no_trace]
    #[ignore_malloc_size_of = "A number"]
    request: RequestId,
    promise: TracedPromise,
}

impl MediaDevices {
    pub(crate) fn new(cx: &mut JSContext, global: &GlobalScope) -> DomRoot<Self> {
        let tasks = CaptureTasks::new(global);
        let listener_tasks = tasks.clone();
        let new_source_listener = move |source: SourceId| -> SourceListener {
            let tasks = listener_tasks.clone();
            Box::new(move |event| {
                tasks.queue(move |this, cx| {
                    this.capture.borrow_mut().handle_source_event(source, event);
                    this.run_effects(cx);
                });
            })
        };
        let capture = Capture::new(platform::backend(), Box::new(new_source_listener));
        let this = Self {
            eventtarget: EventTarget::new_inherited(),
            capture: Rc::new(RefCell::new(capture)),
            tasks,
            promises: Default::default(),
            tracks: Default::default(),
            watch: Default::default(),
        };
        let this = reflect_weak_referenceable_dom_object(cx, Rc::new(this), global);
        lifetime::remember(&this);
        this.watch_devices();
        this
    }

    /// Returns the one of a window.
    pub(crate) fn of(cx: &mut JSContext, global: &GlobalScope) -> DomRoot<Self> {
        global.as_window().Navigator(cx).MediaDevices(cx)
    }

    pub(crate) fn capture(&self) -> Rc<RefCell<Capture>> {
        self.capture.clone()
    }

    pub(crate) fn tasks(&self) -> CaptureTasks {
        self.tasks.clone()
    }

    /// Remembers the object of a track, for its events.
    pub(crate) fn remember_track(&self, id: TrackId, track: &MediaStreamTrack) {
        let mut tracks = self.tracks.borrow_mut();
        let track = (id, WeakTrack::new(track));
        pruned::push(&mut tracks, track, |(_, track)| track.is_alive());
    }

    fn watch_devices(&self) {
        // A group has another identifier in each document.
        let group_ids = IdMaker::new();
        let origin = self.global().origin().immutable().clone();
        let identify = move |description: DeviceDescription| {
            let device_id = device_id(&origin, &description.key);
            let group_id = group_ids.id(&description.group);
            Device::new(description, device_id, group_id)
        };
        let tasks = self.tasks();
        let watch = platform::backend().watch_devices(Box::new(move |descriptions| {
            let devices = descriptions.into_iter().map(&identify).collect();
            tasks.queue(move |this, cx| {
                this.update_page_state();
                this.capture.borrow_mut().handle_devices(devices);
                this.run_effects(cx);
            });
        }));
        *self.watch.borrow_mut() = Some(watch);
    }

    /// Ends all captures, because the document is gone.
    /// <https://w3c.github.io/mediacapture-main/#dfn-stop-all-sources>
    pub(crate) fn stop_all_sources(&self) {
        *self.watch.borrow_mut() = None;
        self.capture.borrow_mut().stop_all_sources();
        self.promises.borrow_mut().clear();
        platform::show_live(self.global().pipeline_id(), BTreeSet::new());
    }

    /// Handles that the document has come into view, or is not in view any more.
    pub(crate) fn handle_visibility(&self, cx: &mut JSContext) {
        self.update_page_state();
        self.run_effects(cx);
    }

    fn update_page_state(&self) {
        let global = self.global();
        let document = global.as_window().Document();
        let is_fully_active = document.is_fully_active();
        // A document that comes back from the session history was left before.
        let is_watching = self.watch.borrow().is_some();
        if is_fully_active && !is_watching {
            self.watch_devices();
        }
        let page = PageState {
            is_fully_active,
            is_in_view: is_fully_active && !document.Hidden(),
            // Servo does not tell documents whether its window has the focus of the system.
            has_system_focus: true,
            allowed_to_use: permission::allowed_kinds(&document),
        };
        let mut capture = self.capture.borrow_mut();
        for kind in [Kind::Audio, Kind::Video] {
            capture.handle_permission_state(kind, permission::state(&global, kind));
        }
        capture.handle_page_state(page);
    }

    /// Does what the core says.
    pub(crate) fn run_effects(&self, cx: &mut JSContext) {
        loop {
            let effect = self.capture.borrow_mut().poll_effect();
            match effect {
                None => return lifetime::handle_change(cx),
                Some(Effect::FireAtTrack(track, event)) => self.fire_at_track(cx, track, event),
                Some(Effect::FireDeviceChange { devices, inserted }) => {
                    self.fire_device_change(cx, devices, &inserted);
                },
                Some(Effect::AskPermission(request, kinds)) => self.ask_permission(request, kinds),
                Some(Effect::ResolveDevices(request, infos)) => {
                    let infos = self.device_infos(cx, infos);
                    if let Some(promise) = self.take_promise(cx, request) {
                        promise.resolve_native(cx, &infos);
                    }
                },
                Some(Effect::ResolveStream(request, tracks)) => {
                    self.resolve_stream(cx, request, tracks);
                },
                Some(Effect::Reject(request, error)) => {
                    if let Some(promise) = self.take_promise(cx, request) {
                        self.reject(cx, &promise, error);
                    }
                },
                Some(Effect::ShowLive(kinds)) => {
                    platform::show_live(self.global().pipeline_id(), kinds);
                },
            }
        }
    }

    fn take_promise(&self, cx: &JSContext, request: RequestId) -> Option<RootedPromise> {
        let mut promises = self.promises.borrow_mut();
        let place = promises
            .iter()
            .position(|waiting| waiting.request == request)?;
        Some(promises.swap_remove(place).promise.root(cx))
    }

    fn fire_at_track(&self, cx: &mut JSContext, id: TrackId, event: TrackEvent) {
        let track = {
            let tracks = self.tracks.borrow();
            let track = tracks.iter().find(|(other, _)| *other == id);
            track.and_then(|(_, track)| track.root())
        };
        let name = match event {
            TrackEvent::Ended => "ended",
            TrackEvent::Mute => "mute",
            TrackEvent::Unmute => "unmute",
        };
        if let Some(track) = track {
            track
                .upcast::<EventTarget>()
                .fire_event(cx, Atom::from(name));
        }
    }

    fn device_infos(
        &self,
        cx: &mut JSContext,
        infos: Vec<DeviceInfo>,
    ) -> Vec<DomRoot<MediaDeviceInfo>> {
        let global = self.global();
        let infos = infos.into_iter();
        infos
            .map(|info| MediaDeviceInfo::new(cx, &global, info))
            .collect()
    }

    /// <https://w3c.github.io/mediacapture-main/#dfn-device-change-notification-steps>
    fn fire_device_change(
        &self,
        cx: &mut JSContext,
        devices: Vec<DeviceInfo>,
        inserted: &[DeviceInfo],
    ) {
        let devices = self.device_infos(cx, devices);
        let is_new = |device: &&DomRoot<MediaDeviceInfo>| inserted.contains(device.info());
        let inserted: Vec<_> = devices.iter().filter(is_new).cloned().collect();
        let global = self.global();
        let event = DeviceChangeEvent::new(cx, global.as_window(), &devices, &inserted);
        event.upcast::<Event>().fire(cx, self.upcast());
    }

    fn ask_permission(&self, request: RequestId, kinds: BTreeSet<Kind>) {
        let global = self.global();
        for kind in kinds {
            let tasks = CaptureTasks::new(&global);
            permission::ask(&global, kind, move |is_granted| {
                tasks.queue(move |this, cx| {
                    permission::set_state(&this.global(), kind, is_granted);
                    let mut capture = this.capture.borrow_mut();
                    capture.handle_permission(request, kind, is_granted);
                    drop(capture);
                    this.run_effects(cx);
                });
            });
        }
    }

    fn resolve_stream(&self, cx: &mut JSContext, request: RequestId, tracks: Vec<TrackId>) {
        let stream = MediaStream::new(cx, &self.global());
        for track in tracks {
            let track = MediaStreamTrack::of_core(cx, self, track, None);
            stream.add_track(&track);
        }
        if let Some(promise) = self.take_promise(cx, request) {
            promise.resolve_native(cx, &stream);
        }
    }

    fn reject(&self, cx: &mut JSContext, promise: &Promise, error: CaptureError) {
        let error = match error {
            CaptureError::Overconstrained(error) => {
                let error = OverconstrainedError::new(cx, &self.global(), &error);
                return promise.reject_native(cx, &error);
            },
            CaptureError::NothingRequested => {
                Error::Type(c"one of `audio` and `video` must be requested".to_owned())
            },
            CaptureError::NotFullyActive => {
                Error::InvalidState(Some("the document is not active".to_owned()))
            },
            CaptureError::NotAllowed(message) => Error::NotAllowed(Some(message)),
            CaptureError::NotFound(message) => Error::NotFound(Some(message)),
            CaptureError::NotReadable(message) => Error::NotReadable(Some(message)),
            CaptureError::Abort(message) => Error::Abort(Some(message)),
        };
        promise.reject_error(cx, error);
    }

    /// Returns the promise of a request, which may be answered at once.
    fn promise_of(
        &self,
        cx: &mut CurrentRealm,
        request: impl FnOnce(&mut Capture) -> RequestId,
    ) -> RootedPromise {
        let promise = Promise::new_in_realm(cx);
        self.update_page_state();
        let request = request(&mut self.capture.borrow_mut());
        self.promises.borrow_mut().push(Waiting {
            request,
            promise: promise.to_traced(),
        });
        self.run_effects(cx);
        promise
    }
}

impl MediaDevicesMethods<crate::DomTypeHolder> for MediaDevices {
    // https://w3c.github.io/mediacapture-main/#dom-mediadevices-ondevicechange
    event_handler!(devicechange, GetOndevicechange, SetOndevicechange);

    /// <https://w3c.github.io/mediacapture-main/#dom-mediadevices-enumeratedevices>
    fn EnumerateDevices(&self, cx: &mut CurrentRealm) -> RootedPromise {
        self.promise_of(cx, Capture::enumerate_devices)
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediadevices-getsupportedconstraints>
    fn GetSupportedConstraints(&self) -> MediaTrackSupportedConstraints {
        MediaTrackSupportedConstraints::empty()
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediadevices-getusermedia>
    fn GetUserMedia(
        &self,
        cx: &mut CurrentRealm,
        constraints: &MediaStreamConstraints,
    ) -> RootedPromise {
        let requested = [
            (Kind::Audio, &constraints.audio),
            (Kind::Video, &constraints.video),
        ];
        let wanted = requested.into_iter();
        let wanted: BTreeMap<_, _> = wanted
            .filter_map(|(kind, wanted)| Some((kind, convert_wanted(wanted)?)))
            .collect();
        self.promise_of(cx, |capture| capture.get_user_media(wanted))
    }
}

/// Returns the constraints of a kind of media, if it is requested.
fn convert_wanted(wanted: &BooleanOrMediaTrackConstraints) -> Option<Constraints> {
    match wanted {
        BooleanOrMediaTrackConstraints::Boolean(is_wanted) => is_wanted.then(Constraints::default),
        BooleanOrMediaTrackConstraints::MediaTrackConstraints(dictionary) => {
            Some(constraints::from_dictionary(dictionary))
        },
    }
}
