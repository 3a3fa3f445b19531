/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

use std::rc::Rc;

use dom_struct::dom_struct;
use js::context::JSContext;
use media_stream::TrackId;
use script_bindings::reflector::reflect_weak_referenceable_dom_object;

use crate::dom::bindings::codegen::Bindings::CanvasCaptureMediaStreamTrackBinding::CanvasCaptureMediaStreamTrackMethods;
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::reflector::DomGlobal;
use crate::dom::bindings::root::{Dom, DomRoot};
use crate::dom::html::htmlcanvaselement::HTMLCanvasElement;
use crate::dom::mediadevices::MediaDevices;
use crate::dom::mediastreamtrack::MediaStreamTrack;

/// <https://w3c.github.io/mediacapture-fromelement/#canvascapturemediastreamtrack>
#[dom_struct]
pub(crate) struct CanvasCaptureMediaStreamTrack {
    track: MediaStreamTrack,
    canvas: Dom<HTMLCanvasElement>,
}

impl CanvasCaptureMediaStreamTrack {
    /// Returns one for a track of the core.
    pub(crate) fn new(
        cx: &mut JSContext,
        media_devices: &MediaDevices,
        track: TrackId,
        canvas: &HTMLCanvasElement,
    ) -> DomRoot<Self> {
        let this = Self {
            track: MediaStreamTrack::new_inherited(media_devices, track, None),
            canvas: Dom::from_ref(canvas),
        };
        let this =
            reflect_weak_referenceable_dom_object(cx, Rc::new(this), &*media_devices.global());
        media_devices.remember_track(track, this.upcast());
        this
    }

    pub(crate) fn canvas(&self) -> &HTMLCanvasElement {
        &self.canvas
    }
}

impl CanvasCaptureMediaStreamTrackMethods<crate::DomTypeHolder> for CanvasCaptureMediaStreamTrack {
    /// <https://w3c.github.io/mediacapture-fromelement/#dom-canvascapturemediastreamtrack-canvas>
    fn Canvas(&self) -> DomRoot<HTMLCanvasElement> {
        self.canvas.as_rooted()
    }

    /// <https://w3c.github.io/mediacapture-fromelement/#dom-canvascapturemediastreamtrack-requestframe>
    fn RequestFrame(&self) {
        let source = self.track.read(|track| track.source);
        self.canvas.request_frame(source);
    }
}
