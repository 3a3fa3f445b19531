/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

use dom_struct::dom_struct;
use js::context::JSContext;
use js::gc::HandleObject;
use js::rust::MutableHandleValue;
use script_bindings::reflector::reflect_dom_object_with_proto;
use stylo_atoms::Atom;

use crate::dom::bindings::codegen::Bindings::DeviceChangeEventBinding::{
    DeviceChangeEventInit, DeviceChangeEventMethods,
};
use crate::dom::bindings::codegen::Bindings::EventBinding::Event_Binding::EventMethods;
use crate::dom::bindings::frozenarray::CachedFrozenArray;
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::root::{Dom, DomRoot};
use crate::dom::bindings::str::DOMString;
use crate::dom::event::Event;
use crate::dom::mediadeviceinfo::MediaDeviceInfo;
use crate::dom::window::Window;

/// <https://w3c.github.io/mediacapture-main/#devicechangeevent>
#[dom_struct]
pub(crate) struct DeviceChangeEvent {
    event: Event,
    devices: Vec<Dom<MediaDeviceInfo>>,
    /// Those of the devices that the user has plugged in since the event before.
    inserted: Vec<Dom<MediaDeviceInfo>>,
    #[ignore_malloc_size_of = "mozjs"]
    frozen_devices: CachedFrozenArray,
    #[ignore_malloc_size_of = "mozjs"]
    frozen_inserted: CachedFrozenArray,
}

impl DeviceChangeEvent {
    /// Returns a `devicechange` event.
    pub(crate) fn new(
        cx: &mut JSContext,
        window: &Window,
        devices: &[DomRoot<MediaDeviceInfo>],
        inserted: &[DomRoot<MediaDeviceInfo>],
    ) -> DomRoot<Self> {
        let event = Self::new_with_proto(cx, window, None, devices, inserted);
        let type_ = Atom::from("devicechange");
        event.upcast::<Event>().init_event(type_, false, false);
        event
    }

    fn new_with_proto(
        cx: &mut JSContext,
        window: &Window,
        proto: Option<HandleObject>,
        devices: &[DomRoot<MediaDeviceInfo>],
        inserted: &[DomRoot<MediaDeviceInfo>],
    ) -> DomRoot<Self> {
        let traced = |devices: &[DomRoot<MediaDeviceInfo>]| {
            devices
                .iter()
                .map(|device| Dom::from_ref(&**device))
                .collect()
        };
        let event = Self {
            event: Event::new_inherited(),
            devices: traced(devices),
            inserted: traced(inserted),
            frozen_devices: CachedFrozenArray::new(),
            frozen_inserted: CachedFrozenArray::new(),
        };
        reflect_dom_object_with_proto(cx, Box::new(event), window, proto)
    }
}

impl DeviceChangeEventMethods<crate::DomTypeHolder> for DeviceChangeEvent {
    /// <https://w3c.github.io/mediacapture-main/#dom-devicechangeevent-constructor>
    fn Constructor(
        cx: &mut JSContext,
        window: &Window,
        proto: Option<HandleObject>,
        type_: DOMString,
        init: &DeviceChangeEventInit,
    ) -> DomRoot<Self> {
        let this = Self::new_with_proto(cx, window, proto, &init.devices, &[]);
        let (bubbles, cancelable) = (init.parent.bubbles, init.parent.cancelable);
        this.upcast::<Event>()
            .init_event(Atom::from(type_), bubbles, cancelable);
        this
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-devicechangeevent-devices>
    fn Devices(&self, cx: &mut JSContext, retval: MutableHandleValue) {
        let devices = || {
            self.devices
                .iter()
                .map(|device| device.as_rooted())
                .collect()
        };
        self.frozen_devices.get_or_init(cx, devices, retval);
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-devicechangeevent-userinserteddevices>
    fn UserInsertedDevices(&self, cx: &mut JSContext, retval: MutableHandleValue) {
        let inserted = || {
            self.inserted
                .iter()
                .map(|device| device.as_rooted())
                .collect()
        };
        self.frozen_inserted.get_or_init(cx, inserted, retval);
    }

    /// <https://dom.spec.whatwg.org/#dom-event-istrusted>
    fn IsTrusted(&self) -> bool {
        self.event.IsTrusted()
    }
}
