/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The `type` strings of `isTypeSupported()`, `addSourceBuffer()` and `changeType()`.

use crate::codecs::{is_aac_object_type, is_mpeg2_aac};
use crate::format::ByteStreamFormat;
use crate::track::{AudioCodec, Codec, VideoCodec};

/// A MIME type with the parameter that matters here. Others are ignored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MimeType {
    kind: String,
    subtype: String,
    codecs: Option<Vec<String>>,
}

/// Whether frames of this type can be played: it names a byte stream format and codecs that go
/// with it, all of which `can_decode` says the platform decodes.
///
/// <https://w3c.github.io/media-source/#dom-mediasource-istypesupported>
pub fn is_type_supported(type_: &str, can_decode: &dyn Fn(Codec) -> bool) -> bool {
    let Some(mime_type) = MimeType::parse(type_) else {
        return false;
    };
    mime_type.codecs.is_some() && mime_type.is_accepted(can_decode)
}

/// Whether a source buffer may be of this type. A type that names no codecs is accepted too: then
/// the first initialization segment decides.
///
/// <https://w3c.github.io/media-source/#dom-mediasource-addsourcebuffer>
/// <https://w3c.github.io/media-source/#dom-sourcebuffer-changetype>
pub fn is_type_accepted(type_: &str, can_decode: &dyn Fn(Codec) -> bool) -> bool {
    MimeType::parse(type_).is_some_and(|mime_type| mime_type.is_accepted(can_decode))
}

impl MimeType {
    /// Parses a MIME type; `None` if it is none. Upper and lower case are the same, and a
    /// parameter that is not well-formed is ignored.
    ///
    /// <https://mimesniff.spec.whatwg.org/#parse-a-mime-type>
    pub fn parse(type_: &str) -> Option<Self> {
        let (essence, parameters) = type_.split_once(';').unwrap_or((type_, ""));
        let (kind, subtype) = essence.trim().split_once('/')?;
        if !is_token(kind) || !is_token(subtype) {
            return None;
        }
        Some(Self {
            kind: kind.to_ascii_lowercase(),
            subtype: subtype.to_ascii_lowercase(),
            codecs: codecs_parameter(parameters),
        })
    }

    /// The byte stream format; `None` if it is not one of ours.
    pub fn format(&self) -> Option<ByteStreamFormat> {
        match (self.kind.as_str(), self.subtype.as_str()) {
            ("audio" | "video", "mp4") => Some(ByteStreamFormat::IsoBmff),
            ("audio" | "video", "webm") => Some(ByteStreamFormat::WebM),
            _ => None,
        }
    }

    /// The entries of the `codecs` parameter as they were written; `None` without one. An empty
    /// parameter has one empty entry.
    pub fn codecs(&self) -> Option<&[String]> {
        self.codecs.as_deref()
    }

    fn is_accepted(&self, can_decode: &dyn Fn(Codec) -> bool) -> bool {
        let Some(format) = self.format() else {
            return false;
        };
        let has_video = self.kind == "video";
        self.codecs()
            .unwrap_or_default()
            .iter()
            .all(|name| match codec(format, name) {
                Some(Codec::Video(_)) if !has_video => false,
                Some(codec) => can_decode(codec),
                None => false,
            })
    }
}

/// <https://mimesniff.spec.whatwg.org/#http-token-code-point>
fn is_token(text: &str) -> bool {
    let is_token_byte =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// The entries of the first `codecs` among the parameters.
fn codecs_parameter(mut parameters: &str) -> Option<Vec<String>> {
    while !parameters.is_empty() {
        let name_end = parameters.find([';', '=']).unwrap_or(parameters.len());
        let (name, rest) = parameters.split_at(name_end);
        let (value, rest) = match rest.strip_prefix('=') {
            Some(rest) => parameter_value(rest),
            None => (None, rest.strip_prefix(';').unwrap_or_default()),
        };
        if let (true, Some(value)) = (name.trim().eq_ignore_ascii_case("codecs"), value) {
            return Some(
                value
                    .split(',')
                    .map(|codec| codec.trim().to_owned())
                    .collect(),
            );
        }
        parameters = rest;
    }
    None
}

/// A parameter's value, and what follows the semicolon after it. A backslash, which no codec
/// name has, is not an escape.
fn parameter_value(text: &str) -> (Option<&str>, &str) {
    match text.trim_start().strip_prefix('"') {
        Some(quoted) => {
            let (value, rest) = quoted.split_once('"').unwrap_or((quoted, ""));
            (
                Some(value),
                rest.split_once(';').map_or("", |(_, rest)| rest),
            )
        }
        None => {
            let (value, rest) = text.split_once(';').unwrap_or((text, ""));
            (Some(value.trim()), rest)
        }
    }
}

/// The codec of that name, if it is defined for the byte stream format and known here.
fn codec(format: ByteStreamFormat, name: &str) -> Option<Codec> {
    let name = name.to_ascii_lowercase();
    let fields: Vec<&str> = name.split('.').collect();
    match (format, fields.as_slice()) {
        (ByteStreamFormat::IsoBmff, ["avc1" | "avc3", profile_and_level]) => {
            let is_hexadecimal = profile_and_level
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit());
            let is_complete = profile_and_level.len() == 6 && is_hexadecimal;
            is_complete.then_some(Codec::Video(VideoCodec::H264))
        }
        (ByteStreamFormat::IsoBmff, ["mp4a", "40", object_type]) => {
            let is_aac = object_type.parse().is_ok_and(is_aac_object_type);
            is_aac.then_some(Codec::Audio(AudioCodec::Aac))
        }
        (ByteStreamFormat::IsoBmff, ["mp4a", indication]) => {
            let is_aac = u8::from_str_radix(indication, 16).is_ok_and(is_mpeg2_aac);
            is_aac.then_some(Codec::Audio(AudioCodec::Aac))
        }
        (_, ["opus"]) => Some(Codec::Audio(AudioCodec::Opus)),
        (_, ["vp09", parameters @ ..]) => {
            is_vp9_parameters(parameters).then_some(Codec::Video(VideoCodec::Vp9))
        }
        (ByteStreamFormat::WebM, ["vp8"] | ["vp8", "0"]) => Some(Codec::Video(VideoCodec::Vp8)),
        (ByteStreamFormat::WebM, ["vp9"] | ["vp9", "0"]) => Some(Codec::Video(VideoCodec::Vp9)),
        (ByteStreamFormat::WebM, ["vorbis"]) => Some(Codec::Audio(AudioCodec::Vorbis)),
        _ => None,
    }
}

/// Profile, level and bit depth, and up to five more fields:
/// <https://www.webmproject.org/vp9/mp4/#codecs-parameter-string>
fn is_vp9_parameters(fields: &[&str]) -> bool {
    let is_number =
        |field: &&str| field.len() == 2 && field.bytes().all(|byte| byte.is_ascii_digit());
    let [profile, level, bit_depth, more @ ..] = fields else {
        return false;
    };
    matches!(*profile, "00" | "01" | "02" | "03")
        && matches!(
            *level,
            "10" | "11"
                | "20"
                | "21"
                | "30"
                | "31"
                | "40"
                | "41"
                | "50"
                | "51"
                | "52"
                | "60"
                | "61"
                | "62"
        )
        && matches!(*bit_depth, "08" | "10" | "12")
        && more.len() <= 5
        && more.iter().all(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn supported(type_: &str) -> bool {
        is_type_supported(type_, &|_| true)
    }

    fn accepted(type_: &str) -> bool {
        is_type_accepted(type_, &|_| true)
    }

    #[test]
    fn types_with_codecs_that_go_with_them() {
        for type_ in [
            "video/webm;codecs=\"vp8\"",
            "video/webm; codecs=\"vorbis, vp8\"",
            "AUDIO/WEBM;CODECS=\"vorbis\"",
            "audio/webm;codecs=vorbis;test=\"6\"",
            "video/webm; codecs=\"vp09.02.10.10.01.09.16.09.01,opus\"",
            "video/mp4;codecs=\"avc1.4d001e\"",
            "video/mp4;codecs=\"mp4a.40.2 , avc1.4d001e \"",
            "video/mp4; width=\"1280\"; codecs=avc1.42E01E; framerate=30",
            "audio/mp4;codecs=\"mp4a.67\"",
            "audio/mp4;codecs=\"Opus\"",
        ] {
            assert!(supported(type_) && accepted(type_), "{type_}");
        }
    }

    #[test]
    fn types_without_codecs_are_accepted_and_not_supported() {
        for type_ in [
            "video/mp4",
            "audio/mp4;",
            "video/webm",
            "video/webm;codecs",
            "Video/WebM; a=b",
        ] {
            assert!(accepted(type_) && !supported(type_), "{type_}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for type_ in [
            "",
            "null",
            "video",
            "video/",
            "/mp4",
            "text/html",
            "video/ogg;codecs=\"vorbis\"",
            "video/webm;codecs=",
            "video/webm;codecs=\"",
            "video/webm;codecs=\"\"",
            "video/webm;codecs=\",\"",
            "video/webm;codecs=\"vp8,\"",
            "audio/webm;codecs=\"vp8\"",
            "audio/mp4;codecs=\"avc1.4d001e\"",
            "video/mp4;codecs=\"vp8\"",
            "video/mp4;codecs=\"vorbis\"",
            "video/webm;codecs=\"mp4a.40.2\"",
            "video/webm;codecs=\"avc1.4d001e\"",
            "audio/mp4;codecs=\"mp4a\"",
            "audio/mp4;codecs=\"mp4a.40\"",
            "audio/mp4;codecs=\"mp4a.40.\"",
            "audio/mp4;codecs=\"mp4a.67.3\"",
            "video/mp4;codecs=\"avc1\"",
            "video/mp4;codecs=\"avc1.4d00\"",
            "video/webm;codecs=\"vp09.00\"",
            "audio/mpeg;codecs=\"mp3\"",
        ] {
            assert!(!supported(type_) && !accepted(type_), "{type_}");
        }
    }

    #[test]
    fn the_platform_has_the_last_word() {
        let no_pictures = |codec| matches!(codec, Codec::Audio(_));
        assert!(is_type_supported("video/webm;codecs=opus", &no_pictures));
        assert!(!is_type_supported(
            "video/webm;codecs=\"opus,vp8\"",
            &no_pictures
        ));
        assert!(!is_type_accepted(
            "video/webm;codecs=\"opus,vp8\"",
            &no_pictures
        ));
    }

    #[test]
    fn parts_of_a_type() {
        let mime_type =
            MimeType::parse(" Video/MP4 ; a; b=\"x;codecs=y\" ; Codecs = \"avc1.1, Opus\"")
                .expect("it is a MIME type");
        assert_eq!(mime_type.format(), Some(ByteStreamFormat::IsoBmff));
        assert_eq!(
            mime_type.codecs(),
            Some(&["avc1.1".to_owned(), "Opus".to_owned()][..])
        );
    }
}
