/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

use dom_struct::dom_struct;
use js::context::JSContext;
use js::gc::HandleObject;
use media_stream::Kind;
use script_bindings::cell::{DomRefCell, Ref};
use script_bindings::reflector::reflect_dom_object_with_proto;
use servo_media::streams::MediaStreamType;
use uuid::Uuid;

use super::lifetime;
use crate::dom::bindings::codegen::Bindings::MediaStreamBinding::MediaStreamMethods;
use crate::dom::bindings::codegen::Bindings::MediaStreamTrackBinding::MediaStreamTrackMethods;
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::reflector::DomGlobal;
use crate::dom::bindings::root::{Dom, DomRoot};
use crate::dom::bindings::str::DOMString;
use crate::dom::eventtarget::EventTarget;
use crate::dom::globalscope::GlobalScope;
use crate::dom::mediastreamtrack::MediaStreamTrack;
use crate::dom::window::Window;

/// <https://w3c.github.io/mediacapture-main/#mediastream>
#[dom_struct]
pub(crate) struct MediaStream {
    eventtarget: EventTarget,
    id: DOMString,
    /// Its track set, in the order in which the tracks came.
    tracks: DomRefCell<Vec<Dom<MediaStreamTrack>>>,
}

impl MediaStream {
    /// Returns a stream without tracks.
    pub(crate) fn new(cx: &mut JSContext, global: &GlobalScope) -> DomRoot<Self> {
        Self::new_with_proto(cx, global, None, &[])
    }

    fn new_with_proto(
        cx: &mut JSContext,
        global: &GlobalScope,
        proto: Option<HandleObject>,
        tracks: &[DomRoot<MediaStreamTrack>],
    ) -> DomRoot<Self> {
        let this = Self {
            eventtarget: EventTarget::new_inherited(),
            id: DOMString::from(Uuid::new_v4().to_string()),
            tracks: DomRefCell::default(),
        };
        let this = reflect_dom_object_with_proto(cx, Box::new(this), global, proto);
        tracks.iter().for_each(|track| this.add_track(track));
        this
    }

    pub(crate) fn get_tracks(&self) -> Ref<'_, [Dom<MediaStreamTrack>]> {
        Ref::map(self.tracks.borrow(), |tracks| &**tracks)
    }

    pub(crate) fn add_track(&self, track: &MediaStreamTrack) {
        let mut tracks = self.tracks.borrow_mut();
        if !tracks.iter().any(|other| &**other == track) {
            tracks.push(Dom::from_ref(track));
        }
    }

    /// Whether a track of sound has not ended.
    pub(crate) fn has_live_audio(&self) -> bool {
        let tracks = self.tracks.borrow();
        let mut states = tracks
            .iter()
            .map(|track| track.read(|track| (track.kind, track.is_ended)));
        states.any(|state| state == (Kind::Audio, false))
    }

    fn tracks_of(&self, ty: MediaStreamType) -> Vec<DomRoot<MediaStreamTrack>> {
        let tracks = self.tracks.borrow();
        let of_type = tracks.iter().filter(|track| track.ty() == ty);
        of_type.map(|track| track.as_rooted()).collect()
    }
}

impl MediaStreamMethods<crate::DomTypeHolder> for MediaStream {
    /// <https://w3c.github.io/mediacapture-main/#dom-mediastream-constructor>
    fn Constructor(
        cx: &mut JSContext,
        window: &Window,
        proto: Option<HandleObject>,
    ) -> DomRoot<Self> {
        Self::new_with_proto(cx, window.upcast(), proto, &[])
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastream-constructor>
    fn Constructor_(
        cx: &mut JSContext,
        window: &Window,
        proto: Option<HandleObject>,
        stream: &MediaStream,
    ) -> DomRoot<Self> {
        Self::new_with_proto(cx, window.upcast(), proto, &stream.GetTracks())
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastream-constructor>
    fn Constructor__(
        cx: &mut JSContext,
        window: &Window,
        proto: Option<HandleObject>,
        tracks: Vec<DomRoot<MediaStreamTrack>>,
    ) -> DomRoot<Self> {
        Self::new_with_proto(cx, window.upcast(), proto, &tracks)
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastream-id>
    fn Id(&self) -> DOMString {
        self.id.clone()
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastream-getaudiotracks>
    fn GetAudioTracks(&self) -> Vec<DomRoot<MediaStreamTrack>> {
        self.tracks_of(MediaStreamType::Audio)
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastream-getvideotracks>
    fn GetVideoTracks(&self) -> Vec<DomRoot<MediaStreamTrack>> {
        self.tracks_of(MediaStreamType::Video)
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastream-gettracks>
    fn GetTracks(&self) -> Vec<DomRoot<MediaStreamTrack>> {
        let tracks = self.tracks.borrow();
        tracks.iter().map(|track| track.as_rooted()).collect()
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastream-gettrackbyid>
    fn GetTrackById(&self, id: DOMString) -> Option<DomRoot<MediaStreamTrack>> {
        let tracks = self.tracks.borrow();
        let track = tracks.iter().find(|track| track.Id() == id);
        track.map(|track| track.as_rooted())
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastream-addtrack>
    fn AddTrack(&self, cx: &mut JSContext, track: &MediaStreamTrack) {
        self.add_track(track);
        lifetime::handle_change(cx);
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastream-removetrack>
    fn RemoveTrack(&self, cx: &mut JSContext, track: &MediaStreamTrack) {
        let mut tracks = self.tracks.borrow_mut();
        tracks.retain(|other| &**other != track);
        drop(tracks);
        lifetime::handle_change(cx);
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastream-clone>
    fn Clone(&self, cx: &mut JSContext) -> DomRoot<Self> {
        let mut clones = Vec::new();
        for track in self.GetTracks() {
            clones.push(track.Clone(cx));
        }
        Self::new_with_proto(cx, &self.global(), None, &clones)
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastream-active>
    fn Active(&self) -> bool {
        let tracks = self.tracks.borrow();
        tracks
            .iter()
            .any(|track| track.read(|track| !track.is_ended))
    }

    // https://w3c.github.io/mediacapture-main/#dom-mediastream-onaddtrack
    event_handler!(addtrack, GetOnaddtrack, SetOnaddtrack);

    // https://w3c.github.io/mediacapture-main/#dom-mediastream-onremovetrack
    event_handler!(removetrack, GetOnremovetrack, SetOnremovetrack);
}
