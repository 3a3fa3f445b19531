/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

use dom_struct::dom_struct;
use js::context::JSContext;
use media_stream::{DeviceInfo, DeviceKind};
use script_bindings::reflector::{Reflector, reflect_dom_object};

use crate::dom::bindings::codegen::Bindings::MediaDeviceInfoBinding::{
    MediaDeviceInfoMethods, MediaDeviceKind,
};
use crate::dom::bindings::root::DomRoot;
use crate::dom::bindings::str::DOMString;
use crate::dom::globalscope::GlobalScope;
use crate::dom::inputdeviceinfo::InputDeviceInfo;

/// <https://w3c.github.io/mediacapture-main/#device-info>
#[dom_struct]
pub(crate) struct MediaDeviceInfo {
    reflector_: Reflector,
    #[no_trace]
    #[ignore_malloc_size_of = "Of the core"]
    info: DeviceInfo,
}

impl MediaDeviceInfo {
    pub(crate) fn new_inherited(info: DeviceInfo) -> Self {
        Self {
            reflector_: Reflector::new(),
            info,
        }
    }

    /// <https://w3c.github.io/mediacapture-main/#creating-a-device-info-object>
    pub(crate) fn new(cx: &mut JSContext, global: &GlobalScope, info: DeviceInfo) -> DomRoot<Self> {
        if info.kind == DeviceKind::AudioOutput {
            return reflect_dom_object(cx, Box::new(Self::new_inherited(info)), global);
        }
        DomRoot::upcast(InputDeviceInfo::new(cx, global, info))
    }

    pub(crate) fn info(&self) -> &DeviceInfo {
        &self.info
    }
}

impl MediaDeviceInfoMethods<crate::DomTypeHolder> for MediaDeviceInfo {
    /// <https://w3c.github.io/mediacapture-main/#dom-mediadeviceinfo-deviceid>
    fn DeviceId(&self) -> DOMString {
        DOMString::from(&*self.info.device_id)
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediadeviceinfo-kind>
    fn Kind(&self) -> MediaDeviceKind {
        match self.info.kind {
            DeviceKind::AudioInput => MediaDeviceKind::Audioinput,
            DeviceKind::AudioOutput => MediaDeviceKind::Audiooutput,
            DeviceKind::VideoInput => MediaDeviceKind::Videoinput,
        }
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediadeviceinfo-label>
    fn Label(&self) -> DOMString {
        DOMString::from(&*self.info.label)
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediadeviceinfo-groupid>
    fn GroupId(&self) -> DOMString {
        DOMString::from(&*self.info.group_id)
    }
}
