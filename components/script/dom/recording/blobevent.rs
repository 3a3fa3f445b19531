/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

use dom_struct::dom_struct;
use js::context::JSContext;
use js::gc::HandleObject;
use script_bindings::reflector::reflect_dom_object_with_proto;
use stylo_atoms::Atom;

use crate::dom::bindings::codegen::Bindings::BlobEventBinding::{BlobEventInit, BlobEventMethods};
use crate::dom::bindings::codegen::Bindings::EventBinding::Event_Binding::EventMethods;
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::num::Finite;
use crate::dom::bindings::root::{Dom, DomRoot};
use crate::dom::bindings::str::DOMString;
use crate::dom::blob::Blob;
use crate::dom::event::Event;
use crate::dom::window::Window;

/// <https://w3c.github.io/mediacapture-record/#blobevent>
#[dom_struct]
pub(crate) struct BlobEvent {
    event: Event,
    data: Dom<Blob>,
    /// How many milliseconds after the first data of the recording this was recorded.
    timecode: f64,
}

impl BlobEvent {
    /// Returns a `dataavailable` event.
    /// <https://w3c.github.io/mediacapture-record/#fire-a-blob-event>
    pub(crate) fn new(
        cx: &mut JSContext,
        window: &Window,
        data: &Blob,
        timecode: f64,
    ) -> DomRoot<Self> {
        let event = Self::new_with_proto(cx, window, None, data, timecode);
        let type_ = Atom::from("dataavailable");
        event.upcast::<Event>().init_event(type_, false, false);
        event
    }

    fn new_with_proto(
        cx: &mut JSContext,
        window: &Window,
        proto: Option<HandleObject>,
        data: &Blob,
        timecode: f64,
    ) -> DomRoot<Self> {
        let event = Self {
            event: Event::new_inherited(),
            data: Dom::from_ref(data),
            timecode,
        };
        reflect_dom_object_with_proto(cx, Box::new(event), window, proto)
    }
}

impl BlobEventMethods<crate::DomTypeHolder> for BlobEvent {
    /// <https://w3c.github.io/mediacapture-record/#dom-blobevent-blobevent>
    fn Constructor(
        cx: &mut JSContext,
        window: &Window,
        proto: Option<HandleObject>,
        type_: DOMString,
        init: &BlobEventInit,
    ) -> DomRoot<Self> {
        let timecode = init.timecode.map_or(0.0, |timecode| *timecode);
        let this = Self::new_with_proto(cx, window, proto, &init.data, timecode);
        let (bubbles, cancelable) = (init.parent.bubbles, init.parent.cancelable);
        this.upcast::<Event>()
            .init_event(Atom::from(type_), bubbles, cancelable);
        this
    }

    /// <https://w3c.github.io/mediacapture-record/#dom-blobevent-data>
    fn Data(&self) -> DomRoot<Blob> {
        self.data.as_rooted()
    }

    /// <https://w3c.github.io/mediacapture-record/#dom-blobevent-timecode>
    fn Timecode(&self) -> Finite<f64> {
        Finite::wrap(self.timecode)
    }

    /// <https://dom.spec.whatwg.org/#dom-event-istrusted>
    fn IsTrusted(&self) -> bool {
        self.event.IsTrusted()
    }
}
