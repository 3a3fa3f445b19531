/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Capabilities and settings, as the dictionaries that scripts see.

use media_stream::{Capabilities, Capability, Property, Settings, Value, number};

use super::constraints::{boolean_or_string, to_string};
use crate::dom::bindings::codegen::Bindings::MediaDevicesBinding::{DoubleRange, ULongRange};
use crate::dom::bindings::codegen::Bindings::MediaStreamTrackBinding::{
    MediaTrackCapabilities, MediaTrackSettings,
};
use crate::dom::bindings::codegen::UnionTypes::BooleanOrString;
use crate::dom::bindings::num::Finite;
use crate::dom::bindings::str::DOMString;

/// <https://w3c.github.io/mediacapture-main/#dom-mediatrackcapabilities>
pub(crate) fn capabilities_dictionary(capabilities: &Capabilities) -> MediaTrackCapabilities {
    let range = |property| match capabilities.get(&property) {
        Some(Capability::Range { min, max }) => Some((*min, *max)),
        _ => None,
    };
    let unsigned = |property| {
        range(property).map(|(min, max)| ULongRange {
            min: Some(min as u32),
            max: Some(max as u32),
        })
    };
    let double = |property| {
        range(property).map(|(min, max)| DoubleRange {
            min: Some(Finite::wrap(min)),
            max: Some(Finite::wrap(max)),
        })
    };
    let values = |property| match capabilities.get(&property) {
        Some(Capability::Values(values)) => Some(&values[..]),
        _ => None,
    };
    let texts = |property| -> Option<Vec<DOMString>> {
        Some(values(property)?.iter().map(to_string).collect())
    };
    let booleans =
        |property| -> Option<Vec<bool>> { Some(values(property)?.iter().map(boolean).collect()) };
    let text = |property| texts(property).and_then(|mut texts| texts.pop());
    MediaTrackCapabilities {
        width: unsigned(Property::Width),
        height: unsigned(Property::Height),
        aspectRatio: double(Property::AspectRatio),
        frameRate: double(Property::FrameRate),
        facingMode: texts(Property::FacingMode),
        resizeMode: texts(Property::ResizeMode),
        sampleRate: unsigned(Property::SampleRate),
        sampleSize: unsigned(Property::SampleSize),
        echoCancellation: values(Property::EchoCancellation)
            .map(|values| values.iter().map(boolean_or_string).collect()),
        autoGainControl: booleans(Property::AutoGainControl),
        noiseSuppression: booleans(Property::NoiseSuppression),
        latency: double(Property::Latency),
        channelCount: unsigned(Property::ChannelCount),
        voiceIsolation: booleans(Property::VoiceIsolation),
        deviceId: text(Property::DeviceId),
        groupId: text(Property::GroupId),
    }
}

/// <https://w3c.github.io/mediacapture-main/#dom-mediatracksettings>
pub(crate) fn settings_dictionary(settings: &Settings) -> MediaTrackSettings {
    let unsigned = |property| number(settings, property).map(|number| number as u32);
    let double = |property| number(settings, property).map(Finite::wrap);
    let text = |property| settings.get(&property).map(to_string);
    let flag = |property| settings.get(&property).map(boolean);
    MediaTrackSettings {
        width: unsigned(Property::Width),
        height: unsigned(Property::Height),
        aspectRatio: double(Property::AspectRatio),
        frameRate: double(Property::FrameRate),
        facingMode: text(Property::FacingMode),
        resizeMode: text(Property::ResizeMode),
        sampleRate: unsigned(Property::SampleRate),
        sampleSize: unsigned(Property::SampleSize),
        echoCancellation: settings
            .get(&Property::EchoCancellation)
            .map(boolean_or_string),
        autoGainControl: flag(Property::AutoGainControl),
        noiseSuppression: flag(Property::NoiseSuppression),
        latency: double(Property::Latency),
        channelCount: unsigned(Property::ChannelCount),
        voiceIsolation: flag(Property::VoiceIsolation),
        deviceId: text(Property::DeviceId),
        groupId: text(Property::GroupId),
    }
}

fn boolean(value: &Value) -> bool {
    matches!(boolean_or_string(value), BooleanOrString::Boolean(true))
}
