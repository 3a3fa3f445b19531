/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What `navigator.mediaCapabilities.decodingInfo()` answers for media that are not encrypted.
//!
//! <https://w3c.github.io/media-capabilities/#decodinginfo-method>

use byte_stream::mime::{self, MimeType};
use byte_stream::track::Codec;

use crate::exception::Exception;

/// <https://w3c.github.io/media-capabilities/#enumdef-mediadecodingtype>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MediaDecodingType {
    /// Any other source, such as a file.
    File,
    /// A MediaSource plays it.
    MediaSource,
    /// An RTCPeerConnection receives it.
    WebRtc,
}

/// The colors of a video, by `hdrMetadataType`, `colorGamut` and `transferFunction`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Colors {
    /// None of these members is present.
    Unspecified,
    /// The colors are within sRGB.
    Srgb,
    /// The colors are not all within sRGB.
    BeyondSrgb,
}

/// <https://w3c.github.io/media-capabilities/#dictdef-videoconfiguration>
#[derive(Clone, Debug)]
pub struct VideoConfiguration {
    /// The MIME type of this track only.
    pub content_type: String,
    /// The width in pixels.
    pub width: u32,
    /// The height in pixels.
    pub height: u32,
    /// The number of frames per second.
    pub framerate: f64,
    /// The colors.
    pub colors: Colors,
}

/// <https://w3c.github.io/media-capabilities/#dictdef-audioconfiguration>
#[derive(Clone, Debug)]
pub struct AudioConfiguration {
    /// The MIME type of this track only.
    pub content_type: String,
    /// Whether `spatialRendering` is true.
    pub is_spatial: bool,
}

/// <https://w3c.github.io/media-capabilities/#dictdef-mediacapabilitiesdecodinginfo>
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct DecodingInfo {
    /// Whether it is supported.
    pub is_supported: bool,
    /// Whether it plays without dropped frames.
    pub is_smooth: bool,
    /// Whether it plays without draining a battery.
    pub is_power_efficient: bool,
}

/// Returns what is known about playing these tracks. `supports_type` is `isTypeSupported()` for a
/// MediaSource and `canPlayType()` for a file. `is_smooth` tells whether the platform shows so many pixels
/// per second without dropping frames, and `is_power_efficient` whether its player decodes pictures of a
/// codec, width and height with little power.
///
/// # Errors
/// A [`Exception::Type`] if the configuration is not a
/// [valid one](https://w3c.github.io/media-capabilities/#valid-mediadecodingconfiguration).
pub fn decoding_info(
    type_: MediaDecodingType,
    video: Option<&VideoConfiguration>,
    audio: Option<&AudioConfiguration>,
    supports_type: &dyn Fn(&str) -> bool,
    is_smooth: &dyn Fn(f64) -> bool,
    is_power_efficient: &dyn Fn(Codec, (u32, u32)) -> bool,
) -> Result<DecodingInfo, Exception> {
    // "audio and/or video MUST exist."
    if video.is_none() && audio.is_none() {
        return Err(Exception::Type(
            "name a `video` or an `audio` configuration",
        ));
    }
    if let Some(video) = video {
        check_video_configuration(type_, video)?;
    }
    if let Some(audio) = audio {
        check_applicability(type_, audio.is_spatial)?;
        check_mime_type_validity(type_, &audio.content_type, "audio")?;
    }
    // Something else plays files.
    let is_power_efficient = |video: &VideoConfiguration| {
        let size = (video.width, video.height);
        type_ == MediaDecodingType::MediaSource
            && mime::is_type_supported(&video.content_type, &|codec| {
                is_power_efficient(codec, size)
            })
    };
    Ok(create_a_media_capabilities_decoding_info(
        video,
        audio,
        supports_type,
        is_smooth,
        &is_power_efficient,
    ))
}

/// <https://w3c.github.io/media-capabilities/#valid-video-configuration>
fn check_video_configuration(
    type_: MediaDecodingType,
    video: &VideoConfiguration,
) -> Result<(), Exception> {
    // Step 1. If framerate is not finite or is not greater than 0, return false.
    if !(video.framerate.is_finite() && video.framerate > 0.) {
        return Err(Exception::Type("`framerate` must be above 0"));
    }
    // Step 2. If an optional member is specified for a type to which it's not applicable, return
    // false.
    check_applicability(type_, video.colors != Colors::Unspecified)?;
    // Steps 3-5. The MIME type.
    check_mime_type_validity(type_, &video.content_type, "video")
}

fn check_applicability(
    type_: MediaDecodingType,
    has_members_of_others: bool,
) -> Result<(), Exception> {
    if type_ == MediaDecodingType::WebRtc && has_members_of_others {
        return Err(Exception::Type(
            "colours and `spatialRendering` are for \"file\" and \"media-source\"",
        ));
    }
    Ok(())
}

/// <https://w3c.github.io/media-capabilities/#check-mime-type-validity>
fn check_mime_type_validity(
    type_: MediaDecodingType,
    content_type: &str,
    media: &'static str,
) -> Result<(), Exception> {
    // "Parse a MIME type." Upstream's tests want it to be a valid one besides, which does not end
    // in a semicolon.
    let mime_type = MimeType::parse(content_type)
        .filter(|_| !content_type.trim_end().ends_with(';'))
        .ok_or(Exception::Type("`contentType` is not a MIME type"))?;
    // Step 1. If the type is neither media nor application, return false. No type of application is
    // known here, and upstream's tests refuse Ogg's by its codecs.
    if mime_type.kind() != media {
        return Err(Exception::Type(
            "`contentType` must start with `video/` in `video` and with `audio/` in `audio`",
        ));
    }
    // RTP's types are codecs', with parameters of theirs:
    // <https://github.com/w3c/media-capabilities/issues/238>
    let is_valid = if type_ == MediaDecodingType::WebRtc {
        true
    } else if mime_type.is_of_a_single_codec() {
        // Step 2. If type and subtype allow a single media codec and the parameters are not empty,
        // return false.
        mime_type.parameters().is_empty()
    } else {
        // Step 3. If they allow multiple media codecs: if the parameters do not contain a single
        // key named "codecs", or it does not describe a single media codec, return false.
        let codecs = mime_type.codecs();
        mime_type.parameters().len() == 1 && codecs.is_some_and(|codecs| codecs.count() == 1)
    };
    // Step 4. Return true.
    is_valid.then_some(()).ok_or(Exception::Type(
        "`contentType` must name the one codec of the track, and have no other parameter",
    ))
}

/// <https://w3c.github.io/media-capabilities/#create-media-capabilities-decoding-info>
fn create_a_media_capabilities_decoding_info(
    video: Option<&VideoConfiguration>,
    audio: Option<&AudioConfiguration>,
    supports_type: &dyn Fn(&str) -> bool,
    is_smooth: &dyn Fn(f64) -> bool,
    is_power_efficient: &dyn Fn(&VideoConfiguration) -> bool,
) -> DecodingInfo {
    // Step 4. If either is unsupported, all is false. Pictures are shown as sRGB, sound is not
    // rendered spatially.
    let is_video_supported = video.is_none_or(|video| {
        video.colors != Colors::BeyondSrgb && supports_type(&video.content_type)
    });
    let is_audio_supported =
        audio.is_none_or(|audio| !audio.is_spatial && supports_type(&audio.content_type));
    if !is_video_supported || !is_audio_supported {
        return DecodingInfo::default();
    }
    DecodingInfo {
        // Step 5. Set supported to true.
        is_supported: true,
        // Step 6. Whether the media are decoded at the indicated framerate without dropping frames.
        is_smooth: video.is_none_or(|video| is_smooth(pixels_a_second(video))),
        // Step 7. Whether they are decoded in a power efficient manner.
        is_power_efficient: video.is_none_or(is_power_efficient),
    }
}

fn pixels_a_second(video: &VideoConfiguration) -> f64 {
    f64::from(video.width) * f64::from(video.height) * video.framerate
}
