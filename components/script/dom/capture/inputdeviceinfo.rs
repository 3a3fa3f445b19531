/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

use dom_struct::dom_struct;
use js::context::JSContext;
use media_stream::DeviceInfo;
use script_bindings::reflector::reflect_dom_object;

use crate::dom::bindings::codegen::Bindings::InputDeviceInfoBinding::InputDeviceInfoMethods;
use crate::dom::bindings::codegen::Bindings::MediaStreamTrackBinding::MediaTrackCapabilities;
use crate::dom::bindings::root::DomRoot;
use crate::dom::capture::track_dictionaries::capabilities_dictionary;
use crate::dom::globalscope::GlobalScope;
use crate::dom::mediadeviceinfo::MediaDeviceInfo;

/// <https://w3c.github.io/mediacapture-main/#input-specific-device-info>
#[dom_struct]
pub(crate) struct InputDeviceInfo {
    mediadeviceinfo: MediaDeviceInfo,
}

impl InputDeviceInfo {
    pub(crate) fn new(cx: &mut JSContext, global: &GlobalScope, info: DeviceInfo) -> DomRoot<Self> {
        let this = Self {
            mediadeviceinfo: MediaDeviceInfo::new_inherited(info),
        };
        reflect_dom_object(cx, Box::new(this), global)
    }
}

impl InputDeviceInfoMethods<crate::DomTypeHolder> for InputDeviceInfo {
    /// <https://w3c.github.io/mediacapture-main/#dom-inputdeviceinfo-getcapabilities>
    fn GetCapabilities(&self) -> MediaTrackCapabilities {
        capabilities_dictionary(&self.mediadeviceinfo.info().capabilities)
    }
}
