/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

use std::cell::{Cell, RefCell};

use dom_struct::dom_struct;
use js::context::JSContext;
use js::conversions::ToJSValConvertible;
use js::gc::HandleObject;
use js::jsval::UndefinedValue;
use media_recorder::{
    BitRateMode, Recorder, RecorderError, RecorderEvent, RecorderOptions, RecordingEvent,
    RecordingId, is_type_supported,
};
use media_stream::Kind;
use script_bindings::cell::DomRefCell;
use script_bindings::codegen::GenericBindings::WindowBinding::WindowMethods;
use script_bindings::reflector::{reflect_dom_object, reflect_dom_object_with_proto};
use servo_constellation_traits::BlobImpl;
use stylo_atoms::Atom;

use super::recordings;
use crate::dom::bindings::codegen::Bindings::MediaRecorderBinding::{
    BitrateMode, MediaRecorderMethods, MediaRecorderOptions, RecordingState,
};
use crate::dom::bindings::error::{Error, ErrorResult, Fallible};
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::reflector::DomGlobal;
use crate::dom::bindings::root::{Dom, DomRoot};
use crate::dom::bindings::str::DOMString;
use crate::dom::blob::Blob;
use crate::dom::blobevent::BlobEvent;
use crate::dom::capture::platform;
use crate::dom::domexception::DOMException;
use crate::dom::errorevent::ErrorEvent;
use crate::dom::event::{Event, EventBubbles, EventCancelable};
use crate::dom::eventtarget::EventTarget;
use crate::dom::mediastream::MediaStream;
use crate::dom::mediastreamtrack::MediaStreamTrack;
use crate::dom::window::Window;

thread_local! {
    /// How many MediaRecorders this thread has had.
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// <https://w3c.github.io/mediacapture-record/#mediarecorder>
#[dom_struct]
pub(crate) struct MediaRecorder {
    eventtarget: EventTarget,
    stream: Dom<MediaStream>,
    /// Which one it is of those of its thread.
    number: u64,
    #[no_trace]
    #[ignore_malloc_size_of = "Of the core"]
    recorder: RefCell<Recorder>,
    /// The track set of the stream when the recording began.
    tracks: DomRefCell<Vec<Dom<MediaStreamTrack>>>,
}

impl MediaRecorder {
    fn new_with_proto(
        cx: &mut JSContext,
        window: &Window,
        proto: Option<HandleObject>,
        stream: &MediaStream,
        options: &RecorderOptions,
    ) -> Fallible<DomRoot<Self>> {
        require_active(window)?;
        let number = COUNT.get();
        COUNT.set(number + 1);
        let settings = stream
            .get_tracks()
            .iter()
            .map(|track| track.read(|track| (track.kind, track.settings.clone())))
            .find(|(kind, _)| *kind == Kind::Video)
            .map(|(_, settings)| settings);
        let recorder = Recorder::new(
            platform::recorder_backend(),
            recordings::new_listener(window.upcast(), number),
            options,
            settings.as_ref(),
        )
        .map_err(convert_error)?;
        let this = Self {
            eventtarget: EventTarget::new_inherited(),
            stream: Dom::from_ref(stream),
            number,
            recorder: RefCell::new(recorder),
            tracks: Default::default(),
        };
        Ok(reflect_dom_object_with_proto(
            cx,
            Box::new(this),
            window,
            proto,
        ))
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Handles what the backend has told of a recording.
    pub(crate) fn handle_recording_event(
        &self,
        cx: &mut JSContext,
        id: RecordingId,
        event: RecordingEvent,
    ) {
        let mut recorder = self.recorder.borrow_mut();
        recorder.handle_recording_event(id, event);
        drop(recorder);
        loop {
            // A listener may have removed the document.
            if require_active(self.global().as_window()).is_err() {
                return self.abandon();
            }
            let event = self.recorder.borrow_mut().poll_event();
            match event {
                None => break,
                Some(event) => self.fire(cx, event),
            }
        }
        if !self.recorder.borrow().awaits_events() {
            recordings::forget(self);
        }
    }

    fn fire(&self, cx: &mut JSContext, event: RecorderEvent) {
        let target = self.upcast::<EventTarget>();
        let name = match event {
            RecorderEvent::Start => "start",
            RecorderEvent::Pause => "pause",
            RecorderEvent::Resume => "resume",
            RecorderEvent::Stop => "stop",
            RecorderEvent::DataAvailable {
                bytes,
                mime_type,
                timecode,
            } => return self.fire_data(cx, bytes, mime_type, timecode),
            RecorderEvent::Error(error) => return self.fire_error(cx, &error),
        };
        target.fire_event(cx, Atom::from(name));
    }

    fn fire_data(&self, cx: &mut JSContext, bytes: Vec<u8>, mime_type: String, timecode: f64) {
        let global = self.global();
        let blob = Blob::new(cx, &global, BlobImpl::new_from_bytes(bytes, mime_type));
        let event = BlobEvent::new(cx, global.as_window(), &blob, timecode);
        event.upcast::<Event>().fire(cx, self.upcast());
    }

    fn fire_error(&self, cx: &mut JSContext, error: &RecorderError) {
        let global = self.global();
        let message = DOMString::from(error.to_string());
        let exception =
            DOMException::new_inherited(message.clone(), DOMString::from_static(error.name()));
        let exception = reflect_dom_object(cx, Box::new(exception), &*global);
        rooted!(&in(cx) let mut value = UndefinedValue());
        exception.to_jsval(cx, value.handle_mut());
        let event = ErrorEvent::new(
            cx,
            &global,
            atom!("error"),
            EventBubbles::DoesNotBubble,
            EventCancelable::NotCancelable,
            message,
            DOMString::new(),
            0,
            0,
            value.handle(),
        );
        event.upcast::<Event>().fire(cx, self.upcast());
    }

    /// Handles that tracks may have come, gone or ended.
    pub(crate) fn handle_change(&self) {
        let mut recorder = self.recorder.borrow_mut();
        let (tracks, current) = (self.tracks.borrow(), self.stream.get_tracks());
        let is_in = |track: &Dom<MediaStreamTrack>, set: &[Dom<MediaStreamTrack>]| {
            set.iter().any(|other| **other == **track)
        };
        let is_same =
            tracks.len() == current.len() && tracks.iter().all(|track| is_in(track, &current));
        if !is_same {
            recorder.handle_tracks_changed();
        }
        for track in tracks
            .iter()
            .filter(|track| track.read(|track| track.is_ended))
        {
            recorder.handle_track_ended(track.track_id());
        }
    }

    /// Ends its recordings, without any event, because the document is gone.
    pub(crate) fn abandon(&self) {
        self.recorder.borrow_mut().abandon();
        self.tracks.borrow_mut().clear();
        recordings::forget(self);
    }
}

impl MediaRecorderMethods<crate::DomTypeHolder> for MediaRecorder {
    /// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-mediarecorder>
    fn Constructor(
        cx: &mut JSContext,
        window: &Window,
        proto: Option<HandleObject>,
        stream: &MediaStream,
        options: &MediaRecorderOptions,
    ) -> Fallible<DomRoot<Self>> {
        let options = RecorderOptions {
            mime_type: options.mimeType.to_string(),
            audio_bits_per_second: options.audioBitsPerSecond,
            video_bits_per_second: options.videoBitsPerSecond,
            bits_per_second: options.bitsPerSecond,
            audio_bit_rate_mode: match options.audioBitrateMode {
                BitrateMode::Constant => BitRateMode::Constant,
                BitrateMode::Variable => BitRateMode::Variable,
            },
            video_key_frame_interval_duration: options
                .videoKeyFrameIntervalDuration
                .map(|duration| *duration),
            video_key_frame_interval_count: options.videoKeyFrameIntervalCount,
        };
        Self::new_with_proto(cx, window, proto, stream, &options)
    }

    /// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-stream>
    fn Stream(&self) -> DomRoot<MediaStream> {
        self.stream.as_rooted()
    }

    /// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-mimetype>
    fn MimeType(&self) -> DOMString {
        DOMString::from(self.recorder.borrow().mime_type())
    }

    /// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-state>
    fn State(&self) -> RecordingState {
        match self.recorder.borrow().state() {
            media_recorder::RecordingState::Inactive => RecordingState::Inactive,
            media_recorder::RecordingState::Recording => RecordingState::Recording,
            media_recorder::RecordingState::Paused => RecordingState::Paused,
        }
    }

    // https://w3c.github.io/mediacapture-record/#dom-mediarecorder-onstart
    event_handler!(start, GetOnstart, SetOnstart);

    // https://w3c.github.io/mediacapture-record/#dom-mediarecorder-onstop
    event_handler!(stop, GetOnstop, SetOnstop);

    // https://w3c.github.io/mediacapture-record/#dom-mediarecorder-ondataavailable
    event_handler!(dataavailable, GetOndataavailable, SetOndataavailable);

    // https://w3c.github.io/mediacapture-record/#dom-mediarecorder-onpause
    event_handler!(pause, GetOnpause, SetOnpause);

    // https://w3c.github.io/mediacapture-record/#dom-mediarecorder-onresume
    event_handler!(resume, GetOnresume, SetOnresume);

    // https://w3c.github.io/mediacapture-record/#dom-mediarecorder-onerror
    event_handler!(error, GetOnerror, SetOnerror);

    /// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-videobitspersecond>
    fn VideoBitsPerSecond(&self) -> u32 {
        self.recorder.borrow().bit_rates().video()
    }

    /// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-audiobitspersecond>
    fn AudioBitsPerSecond(&self) -> u32 {
        self.recorder.borrow().bit_rates().audio()
    }

    /// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-audiobitratemode>
    fn AudioBitrateMode(&self) -> BitrateMode {
        match self.recorder.borrow().audio_bit_rate_mode() {
            BitRateMode::Constant => BitrateMode::Constant,
            BitRateMode::Variable => BitrateMode::Variable,
        }
    }

    /// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-start>
    fn Start(&self, timeslice: Option<u32>) -> ErrorResult {
        require_active(self.global().as_window())?;
        let tracks = self.stream.get_tracks();
        let states = tracks
            .iter()
            .map(|track| (track.track_id(), track.read(Clone::clone)));
        let states: Vec<_> = states.collect();
        let mut recorder = self.recorder.borrow_mut();
        // The tracks of this crate are never isolated.
        recorder
            .start(&states, false, timeslice)
            .map_err(convert_error)?;
        *self.tracks.borrow_mut() = tracks.iter().map(|track| Dom::from_ref(&**track)).collect();
        recordings::keep(self);
        Ok(())
    }

    /// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-stop>
    fn Stop(&self) {
        self.recorder.borrow_mut().stop();
    }

    /// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-pause>
    fn Pause(&self) -> ErrorResult {
        self.recorder.borrow_mut().pause().map_err(convert_error)
    }

    /// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-resume>
    fn Resume(&self) -> ErrorResult {
        self.recorder.borrow_mut().resume().map_err(convert_error)
    }

    /// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-requestdata>
    fn RequestData(&self) -> ErrorResult {
        let mut recorder = self.recorder.borrow_mut();
        recorder.request_data().map_err(convert_error)
    }

    /// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-istypesupported>
    fn IsTypeSupported(_: &Window, type_: DOMString) -> bool {
        is_type_supported(&type_.to_string(), &platform::recorder_backend().encoders())
    }
}

/// Documents that are gone record nothing.
fn require_active(window: &Window) -> ErrorResult {
    if window.Document().is_fully_active() {
        return Ok(());
    }
    let message = "the document is not active".to_owned();
    Err(Error::NotSupported(Some(message)))
}

fn convert_error(error: RecorderError) -> Error {
    let message = Some(error.to_string());
    match error {
        RecorderError::InvalidModification(_) => Error::InvalidModification(message),
        RecorderError::InvalidState(_) => Error::InvalidState(message),
        RecorderError::NotSupported(_) => Error::NotSupported(message),
        RecorderError::Security(_) => Error::Security(message),
        RecorderError::Unknown(_) => Error::Operation(message),
    }
}
