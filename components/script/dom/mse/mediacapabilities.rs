/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

use byte_stream::mime;
use dom_struct::dom_struct;
use js::context::JSContext;
use js::jsapi::Heap;
use js::jsval::NullValue;
use js::realm::CurrentRealm;
use media_source::decoding_info::{self, Colors, DecodingInfo};
use script_bindings::reflector::{Reflector, reflect_dom_object_with_cx};
use script_bindings::trace::RootedTraceableBox;

use crate::dom::bindings::codegen::Bindings::HTMLMediaElementBinding::CanPlayTypeResult;
use crate::dom::bindings::codegen::Bindings::MediaCapabilitiesBinding::{
    AudioConfiguration, ColorGamut, MediaCapabilitiesDecodingInfo, MediaCapabilitiesInfo,
    MediaCapabilitiesMethods, MediaDecodingConfiguration, MediaDecodingType, TransferFunction,
    VideoConfiguration,
};
use crate::dom::bindings::error::{Error, Fallible};
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::reflector::DomGlobal;
use crate::dom::bindings::root::DomRoot;
use crate::dom::globalscope::GlobalScope;
use crate::dom::html::htmlmediaelement::HTMLMediaElement;
use crate::dom::mse::mediasource::convert_exception;
use crate::dom::mse::platform;
use crate::dom::promise::{Promise, RootedPromise};
use crate::dom::workerglobalscope::WorkerGlobalScope;

/// <https://w3c.github.io/media-capabilities/#media-capabilities-interface>
#[dom_struct]
pub(crate) struct MediaCapabilities {
    reflector_: Reflector,
}

impl MediaCapabilities {
    pub(crate) fn new(cx: &mut JSContext, global: &GlobalScope) -> DomRoot<Self> {
        let this = Self {
            reflector_: Reflector::new(),
        };
        reflect_dom_object_with_cx(Box::new(this), global, cx)
    }

    /// <https://w3c.github.io/media-capabilities/#decodinginfo-method>
    fn decoding_info(&self, configuration: &MediaDecodingConfiguration) -> Fallible<DecodingInfo> {
        let MediaDecodingConfiguration {
            parent: tracks,
            keySystemConfiguration: key_system,
            type_,
        } = configuration;
        // Step 1. If configuration is not a valid MediaDecodingConfiguration, reject with a
        // TypeError: the core throws it.
        let info = decoding_info::decoding_info(
            convert_type(*type_),
            tracks.video.as_ref().map(convert_video).as_ref(),
            tracks.audio.as_ref().map(convert_audio).as_ref(),
            &|content_type| supports_type(*type_, content_type),
            &platform::is_smooth,
            &platform::is_power_efficient,
        )
        .map_err(convert_exception)?;
        let Some(key_system) = key_system else {
            return Ok(info);
        };
        let is_for_no_track = key_system.audio.is_some() && tracks.audio.is_none() ||
            key_system.video.is_some() && tracks.video.is_none();
        if is_for_no_track || *type_ == MediaDecodingType::Webrtc {
            return Err(Error::Type(
                c"`keySystemConfiguration` is for tracks of a file or MediaSource".into(),
            ));
        }
        // Step 2.1. In a worker, reject with an InvalidStateError.
        let global = self.global();
        if global.is::<WorkerGlobalScope>() {
            return Err(Error::InvalidState(None));
        }
        // Step 2.2. In a non-secure context, reject with a SecurityError.
        if !global.is_secure_context() {
            return Err(Error::Security(None));
        }
        // No key system is supported.
        Ok(DecodingInfo::default())
    }
}

impl MediaCapabilitiesMethods<crate::DomTypeHolder> for MediaCapabilities {
    /// <https://w3c.github.io/media-capabilities/#decodinginfo-method>
    fn DecodingInfo(
        &self,
        cx: &mut CurrentRealm,
        configuration: &MediaDecodingConfiguration,
    ) -> RootedPromise {
        let promise = Promise::new_in_realm(cx);
        match self.decoding_info(configuration) {
            Ok(info) => {
                let key_system_access = RootedTraceableBox::new(Heap::default());
                key_system_access.set(NullValue());
                let answer = MediaCapabilitiesDecodingInfo {
                    parent: MediaCapabilitiesInfo {
                        supported: info.is_supported,
                        smooth: info.is_smooth,
                        powerEfficient: info.is_power_efficient,
                    },
                    keySystemAccess: key_system_access,
                    configuration: configuration.clone(),
                };
                promise.resolve_native(cx, &answer);
            },
            Err(error) => promise.reject_error(cx, error),
        }
        promise
    }
}

fn supports_type(type_: MediaDecodingType, content_type: &str) -> bool {
    match type_ {
        MediaDecodingType::File => {
            HTMLMediaElement::can_play(content_type) != CanPlayTypeResult::_empty
        },
        MediaDecodingType::Media_source => {
            mime::is_type_supported(content_type, &platform::can_decode)
        },
        // Its types are RTP's: https://w3c.github.io/media-capabilities/#check-mime-type-support
        MediaDecodingType::Webrtc => false,
    }
}

fn convert_type(type_: MediaDecodingType) -> decoding_info::MediaDecodingType {
    match type_ {
        MediaDecodingType::File => decoding_info::MediaDecodingType::File,
        MediaDecodingType::Media_source => decoding_info::MediaDecodingType::MediaSource,
        MediaDecodingType::Webrtc => decoding_info::MediaDecodingType::WebRtc,
    }
}

fn convert_video(video: &VideoConfiguration) -> decoding_info::VideoConfiguration {
    let colors = match (
        video.hdrMetadataType,
        video.colorGamut,
        video.transferFunction,
    ) {
        (None, None, None) => Colors::Unspecified,
        (None, None | Some(ColorGamut::Srgb), None | Some(TransferFunction::Srgb)) => Colors::Srgb,
        _ => Colors::BeyondSrgb,
    };
    decoding_info::VideoConfiguration {
        content_type: video.contentType.str().to_owned(),
        width: video.width,
        height: video.height,
        framerate: *video.framerate,
        colors,
    }
}

fn convert_audio(audio: &AudioConfiguration) -> decoding_info::AudioConfiguration {
    decoding_info::AudioConfiguration {
        content_type: audio.contentType.str().to_owned(),
        is_spatial: audio.spatialRendering == Some(true),
    }
}
