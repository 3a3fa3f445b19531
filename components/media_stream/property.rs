/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The constrainable properties and their values.

use std::collections::BTreeMap;

/// The kind of a track.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// Sound.
    Audio,
    /// Pictures.
    Video,
}

/// A constrainable property of a track.
/// <https://w3c.github.io/mediacapture-main/#media-track-settings>
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Property {
    /// The width in pixels.
    Width,
    /// The height in pixels.
    Height,
    /// The width divided by the height.
    AspectRatio,
    /// How many frames a second has.
    FrameRate,
    /// `user`, `environment`, `left` or `right`.
    FacingMode,
    /// `none` or `crop-and-scale`.
    ResizeMode,
    /// How many samples a second has.
    SampleRate,
    /// How many bits a sample has.
    SampleSize,
    /// A boolean, `all` or `remote-only`.
    EchoCancellation,
    /// A boolean.
    AutoGainControl,
    /// A boolean.
    NoiseSuppression,
    /// The delay in seconds.
    Latency,
    /// How many channels the sound has.
    ChannelCount,
    /// A boolean: whether sounds other than voices are taken away.
    /// <https://w3c.github.io/mediacapture-extensions/#voiceisolation>
    VoiceIsolation,
    /// The identifier of the device, for this origin.
    DeviceId,
    /// The identifier of the devices that belong to the same thing, for this document.
    GroupId,
}

/// The value of a property.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number, which is finite.
    Number(f64),
    /// A boolean.
    Boolean(bool),
    /// A string.
    Text(String),
}

/// A settings dictionary.
/// <https://w3c.github.io/mediacapture-main/#dfn-settings-dictionary>
pub type Settings = BTreeMap<Property, Value>;

/// Returns the number that a property has in a settings dictionary; `None` if it has none.
pub fn number(settings: &Settings, property: Property) -> Option<f64> {
    match settings.get(&property) {
        Some(Value::Number(number)) => Some(*number),
        _ => None,
    }
}

impl Property {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Width,
        Self::Height,
        Self::AspectRatio,
        Self::FrameRate,
        Self::FacingMode,
        Self::ResizeMode,
        Self::SampleRate,
        Self::SampleSize,
        Self::EchoCancellation,
        Self::AutoGainControl,
        Self::NoiseSuppression,
        Self::Latency,
        Self::ChannelCount,
        Self::VoiceIsolation,
        Self::DeviceId,
        Self::GroupId,
    ];

    /// Returns the name that scripts see.
    pub fn name(self) -> &'static str {
        match self {
            Self::Width => "width",
            Self::Height => "height",
            Self::AspectRatio => "aspectRatio",
            Self::FrameRate => "frameRate",
            Self::FacingMode => "facingMode",
            Self::ResizeMode => "resizeMode",
            Self::SampleRate => "sampleRate",
            Self::SampleSize => "sampleSize",
            Self::EchoCancellation => "echoCancellation",
            Self::AutoGainControl => "autoGainControl",
            Self::NoiseSuppression => "noiseSuppression",
            Self::Latency => "latency",
            Self::ChannelCount => "channelCount",
            Self::VoiceIsolation => "voiceIsolation",
            Self::DeviceId => "deviceId",
            Self::GroupId => "groupId",
        }
    }

    /// Returns whether it is defined for tracks of `kind`.
    pub fn is_of(self, kind: Kind) -> bool {
        match self {
            Self::DeviceId | Self::GroupId => true,
            Self::Width
            | Self::Height
            | Self::AspectRatio
            | Self::FrameRate
            | Self::FacingMode
            | Self::ResizeMode => kind == Kind::Video,
            _ => kind == Kind::Audio,
        }
    }
}

impl Value {
    /// Returns the number that it is.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Boolean(_) | Self::Text(_) => None,
        }
    }
}
