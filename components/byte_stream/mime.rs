/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The `type` strings of `isTypeSupported()`, `addSourceBuffer()` and `changeType()`.

use crate::codecs::{is_aac_object_type, is_mp3, is_mpeg2_aac};
use crate::format::ByteStreamFormat;
use crate::track::{AudioCodec, Codec, Medium, TextCodec, VideoCodec};

/// A MIME type with its well-formed parameters. Only `codecs` matters to what can be played.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MimeType {
    kind: String,
    subtype: String,
    parameters: Vec<(String, String)>,
}

/// Whether streams of this type can be played, as far as it tells: it names a byte stream format
/// and codecs that go with it, all of which `can_decode` says the platform decodes.
///
/// WebM and MPEG-2 transport streams must name codecs. MP4 need not (upstream's tests ask for
/// `video/mp4`), and MPEG audio must not.
///
/// <https://w3c.github.io/media-source/#dom-mediasource-istypesupported>
pub fn is_type_supported(type_: &str, can_decode: &dyn Fn(Codec) -> bool) -> bool {
    MimeType::parse(type_)
        .is_some_and(|mime_type| mime_type.says_enough() && mime_type.is_accepted(can_decode))
}

/// Whether a SourceBuffer may have this type. A type that names no codecs is accepted too: then the
/// first initialization segment decides.
///
/// <https://w3c.github.io/media-source/#dom-mediasource-addsourcebuffer>
/// <https://w3c.github.io/media-source/#dom-sourcebuffer-changetype>
pub fn is_type_accepted(type_: &str, can_decode: &dyn Fn(Codec) -> bool) -> bool {
    MimeType::parse(type_).is_some_and(|mime_type| mime_type.is_accepted(can_decode))
}

/// The answers of `canPlayType()`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum FileSupport {
    /// Files of the type cannot be played.
    No,
    /// The type leaves open how the media is coded.
    Maybe,
    /// Everything that the type names can be played.
    Probably,
}

/// Whether files of this type can be played. Unlike the type of a byte stream, the type of a file
/// may name its only possible codec and leave the profile out. The answer is `None` for a container
/// that is not known here, and for Ogg with codecs that are not known here.
///
/// <https://html.spec.whatwg.org/multipage/#dom-navigator-canplaytype>
pub fn file_support(type_: &str, can_decode: &dyn Fn(Codec) -> bool) -> Option<FileSupport> {
    let mime_type = MimeType::parse(type_)?;
    let is_ogg = mime_type.subtype == "ogg";
    let format = mime_type.format();
    if format.is_none() && !is_ogg {
        return None;
    }
    let Some(names) = mime_type.codecs() else {
        let is_accepted = mime_type.is_accepted(can_decode);
        let answer = [FileSupport::No, FileSupport::Maybe][usize::from(is_accepted)];
        return format.map(|_| answer);
    };
    let support = |name: &str| {
        let (codec, answer) = match (format, complete_name(name)) {
            (None, _) => (ogg_codec(name), FileSupport::Probably),
            (Some(format), None) => (file_codec(format, name), FileSupport::Probably),
            (Some(format), Some(name)) => (file_codec(format, name), FileSupport::Maybe),
        };
        let is_accepted = codec.is_some_and(|codec| mime_type.accepts(codec, can_decode));
        [FileSupport::No, answer][usize::from(is_accepted)]
    };
    let least = names.map(support).min().unwrap_or(FileSupport::No);
    // Ogg may hold codecs that are not known here.
    (least != FileSupport::No || !is_ogg).then_some(least)
}

/// Returns a complete codec string for one that lacks the profile.
fn complete_name(name: &str) -> Option<&'static str> {
    match name.to_ascii_lowercase().as_str() {
        "avc1" | "avc3" => Some("avc1.42E01E"),
        "hev1" | "hvc1" => Some("hvc1.1.6.L93.B0"),
        "av01" => Some("av01.0.04M.08"),
        "vp09" => Some("vp09.00.10.08"),
        "mp4a" | "mp4a.40" => Some("mp4a.40.2"),
        _ => None,
    }
}

/// Returns the codec that `name` stands for in a file of the format.
fn file_codec(format: ByteStreamFormat, name: &str) -> Option<Codec> {
    match format {
        ByteStreamFormat::MpegAudio => {
            let name = name.to_ascii_lowercase();
            mpeg_codec(&Vec::from_iter(name.split('.')))
        }
        format => codec(format, name),
    }
}

fn ogg_codec(name: &str) -> Option<Codec> {
    match name.to_ascii_lowercase().as_str() {
        "flac" => Some(Codec::Audio(AudioCodec::Flac)),
        "opus" => Some(Codec::Audio(AudioCodec::Opus)),
        "vorbis" => Some(Codec::Audio(AudioCodec::Vorbis)),
        _ => None,
    }
}

impl MimeType {
    /// Parses a MIME type. It returns `None` if `type_` is not one. Upper and lower case are the
    /// same, and a parameter that is not well-formed is ignored.
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
            parameters: parse_parameters(parameters),
        })
    }

    /// Returns the part before the slash, in lower case.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Returns the part after the slash, in lower case.
    pub fn subtype(&self) -> &str {
        &self.subtype
    }

    /// Returns the byte stream format. It is `None` if the type has none that is known here.
    pub fn format(&self) -> Option<ByteStreamFormat> {
        match (self.kind.as_str(), self.subtype.as_str()) {
            ("audio" | "video", "mp4") => Some(ByteStreamFormat::IsoBmff),
            ("audio" | "video", "webm") => Some(ByteStreamFormat::WebM),
            ("audio", "mpeg" | "aac") => Some(ByteStreamFormat::MpegAudio),
            ("audio" | "video", "mp2t") => Some(ByteStreamFormat::MpegTs),
            _ => None,
        }
    }

    /// Returns the well-formed parameters as they were written, with their names in lower case.
    pub fn parameters(&self) -> &[(String, String)] {
        &self.parameters
    }

    /// Returns the entries of the first `codecs` parameter as they were written, or `None` without
    /// one. An empty parameter has one empty entry.
    pub fn codecs(&self) -> Option<impl Iterator<Item = &str>> {
        let codecs = self.parameters.iter().find(|(name, _)| name == "codecs");
        codecs.map(|(_, value)| value.split(',').map(str::trim))
    }

    /// Whether the type and subtype leave no choice of codec.
    pub fn is_of_a_single_codec(&self) -> bool {
        let has_one = matches!(self.subtype.as_str(), "flac" | "wav" | "x-flac" | "x-wav");
        self.implied_codec().is_some() || has_one
    }

    fn says_enough(&self) -> bool {
        let may_lack_codecs = matches!(
            self.format(),
            Some(ByteStreamFormat::IsoBmff | ByteStreamFormat::MpegAudio)
        );
        may_lack_codecs || self.codecs().is_some()
    }

    fn is_accepted(&self, can_decode: &dyn Fn(Codec) -> bool) -> bool {
        let Some(format) = self.format() else {
            return false;
        };
        if let Some(codec) = self.implied_codec() {
            return self.codecs().is_none() && can_decode(Codec::Audio(codec));
        }
        self.codecs()
            .into_iter()
            .flatten()
            .all(|name| codec(format, name).is_some_and(|codec| self.accepts(codec, can_decode)))
    }

    /// Returns whether the codec can be decoded, and is one of audio if the type is.
    fn accepts(&self, codec: Codec, can_decode: &dyn Fn(Codec) -> bool) -> bool {
        (self.kind != "audio" || codec.medium() == Medium::Audio) && can_decode(codec)
    }

    /// Returns the codec of a type that stands for one codec, and must not name it again:
    /// <https://w3c.github.io/mse-byte-stream-format-mpeg-audio/#mime-types>
    fn implied_codec(&self) -> Option<AudioCodec> {
        match self.subtype.as_str() {
            "mpeg" => Some(AudioCodec::Mp3),
            "aac" => Some(AudioCodec::Aac),
            _ => None,
        }
    }
}

/// <https://mimesniff.spec.whatwg.org/#http-token-code-point>
fn is_token(text: &str) -> bool {
    let is_token_byte =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// Parses parameters to pairs of a name, in lower case, and a value.
fn parse_parameters(mut text: &str) -> Vec<(String, String)> {
    let mut parameters = Vec::new();
    while !text.is_empty() {
        let name_end = text.find([';', '=']).unwrap_or(text.len());
        let (name, rest) = text.split_at(name_end);
        let (value, rest) = match rest.strip_prefix('=') {
            Some(rest) => parameter_value(rest),
            None => (None, rest.strip_prefix(';').unwrap_or_default()),
        };
        if let Some(value) = value {
            parameters.push((name.trim().to_ascii_lowercase(), value.to_owned()));
        }
        text = rest;
    }
    parameters
}

/// Returns a parameter's value, and the text behind the semicolon after it. A backslash is not an
/// escape, as no codec name has one.
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

/// Returns the codec that `name` stands for, if it is defined for the byte stream format and known
/// here.
fn codec(format: ByteStreamFormat, name: &str) -> Option<Codec> {
    let name = name.to_ascii_lowercase();
    let fields: Vec<&str> = name.split('.').collect();
    match format {
        ByteStreamFormat::IsoBmff => match fields.as_slice() {
            ["vp09", parameters @ ..] if is_vp9_parameters(parameters) => {
                Some(Codec::Video(VideoCodec::Vp9))
            }
            ["av01", parameters @ ..] if is_av1_parameters(parameters) => {
                Some(Codec::Video(VideoCodec::Av1))
            }
            ["opus"] => Some(Codec::Audio(AudioCodec::Opus)),
            ["flac"] => Some(Codec::Audio(AudioCodec::Flac)),
            ["ac-3"] | ["mp4a", "a5"] => Some(Codec::Audio(AudioCodec::Ac3)),
            ["ec-3"] | ["mp4a", "a6"] => Some(Codec::Audio(AudioCodec::Eac3)),
            ["wvtt"] => Some(Codec::Text(TextCodec::WebVtt)),
            fields => mpeg_codec(fields),
        },
        ByteStreamFormat::MpegTs => mpeg_codec(&fields),
        ByteStreamFormat::WebM => webm_codec(&fields),
        ByteStreamFormat::MpegAudio => None,
    }
}

/// Returns the codec for the fields of a name that ISO BMFF and MPEG-2 transport streams share.
fn mpeg_codec(fields: &[&str]) -> Option<Codec> {
    match fields {
        ["avc1" | "avc3", profile_and_level] => {
            let is_complete = profile_and_level.len() == 6 && is_hexadecimal(profile_and_level);
            is_complete.then_some(Codec::Video(VideoCodec::H264))
        }
        ["hvc1" | "hev1", parameters @ ..] => {
            is_hevc_parameters(parameters).then_some(Codec::Video(VideoCodec::Hevc))
        }
        ["mp3"] | ["mp4a", "40", "34"] => Some(Codec::Audio(AudioCodec::Mp3)),
        ["mp4a", "40", object_type] => {
            // Some writers pad the number with a zero.
            let is_aac = object_type.parse().is_ok_and(is_aac_object_type);
            is_aac.then_some(Codec::Audio(AudioCodec::Aac))
        }
        ["mp4a", indication] => match u8::from_str_radix(indication, 16) {
            Ok(indication) if is_mpeg2_aac(indication) => Some(Codec::Audio(AudioCodec::Aac)),
            Ok(indication) if is_mp3(indication) => Some(Codec::Audio(AudioCodec::Mp3)),
            _ => None,
        },
        _ => None,
    }
}

fn webm_codec(fields: &[&str]) -> Option<Codec> {
    match fields {
        ["vp8"] | ["vp8", "0"] => Some(Codec::Video(VideoCodec::Vp8)),
        ["vp9"] | ["vp9", "0"] => Some(Codec::Video(VideoCodec::Vp9)),
        ["vp09", parameters @ ..] if is_vp9_parameters(parameters) => {
            Some(Codec::Video(VideoCodec::Vp9))
        }
        ["av01", parameters @ ..] if is_av1_parameters(parameters) => {
            Some(Codec::Video(VideoCodec::Av1))
        }
        ["opus"] => Some(Codec::Audio(AudioCodec::Opus)),
        ["vorbis"] => Some(Codec::Audio(AudioCodec::Vorbis)),
        _ => None,
    }
}

fn is_hexadecimal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_decimal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the fields, in lower case, are profile, compatibility flags, tier and level, and up to
/// six constraint bytes (ISO/IEC 14496-15, annex E.3).
fn is_hevc_parameters(fields: &[&str]) -> bool {
    let [profile, compatibility, level, constraints @ ..] = fields else {
        return false;
    };
    let profile = profile.strip_prefix(['a', 'b', 'c']).unwrap_or(profile);
    let is_profile =
        is_decimal(profile) && profile.parse().is_ok_and(|it: u8| (1..32).contains(&it));
    let level = level.strip_prefix(['l', 'h']);
    is_profile
        && is_hexadecimal(compatibility)
        && compatibility.len() <= 8
        && level.is_some_and(|level| is_decimal(level) && level.parse::<u8>().is_ok())
        && constraints.len() <= 6
        && constraints
            .iter()
            .all(|byte| byte.len() <= 2 && is_hexadecimal(byte))
}

/// Whether the fields, in lower case, are profile, level and tier, bit depth, and up to six more:
/// <https://aomediacodec.github.io/av1-isobmff/#codecsparam>
fn is_av1_parameters(fields: &[&str]) -> bool {
    let [profile, level_and_tier, bit_depth, more @ ..] = fields else {
        return false;
    };
    let level = level_and_tier.strip_suffix(['m', 'h']);
    let is_level = |level: &str| {
        level.len() == 2
            && is_decimal(level)
            && level.parse().is_ok_and(|it: u8| it < 24 || it == 31)
    };
    // Monochrome, chroma subsampling, primaries, transfer, matrix, full range.
    let lengths = [1, 3, 2, 2, 2, 1];
    matches!(*profile, "0" | "1" | "2")
        && level.is_some_and(is_level)
        && matches!(*bit_depth, "08" | "10" | "12")
        && more.len() <= lengths.len()
        && more
            .iter()
            .zip(lengths)
            .all(|(field, length)| field.len() == length && is_decimal(field))
}

/// Whether the fields are profile, level and bit depth, and up to five more:
/// <https://www.webmproject.org/vp9/mp4/#codecs-parameter-string>
fn is_vp9_parameters(fields: &[&str]) -> bool {
    let is_number = |field: &&str| field.len() == 2 && is_decimal(field);
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
            "video/webm; codecs=\"vp8.0, opus\"",
            "video/webm; codecs=vp9",
            "AUDIO/WEBM;CODECS=\"vorbis\"",
            "audio/webm;codecs=vorbis;test=\"6\"",
            "video/webm; codecs=\"vp09.02.10.10.01.09.16.09.01,opus\"",
            "video/webm; codecs=\"av01.0.04M.08\"",
            "video/mp4;codecs=\"avc1.4d001e\"",
            "video/mp4; codecs=\"avc3.42E01E\"",
            "video/mp4;codecs=\"mp4a.40.2 , avc1.4d001e \"",
            "video/mp4; codecs=\"avc1.42E01E,mp4a.40.2\"",
            "video/mp4;codecs=\"avc1.640028\";width=\"1920\";height=\"1080\"",
            "video/mp4; width=\"1280\"; codecs=avc1.42E01E; framerate=30",
            "video/mp4; codecs=\"hvc1.1.6.L93.B0\"",
            "video/mp4; codecs=\"hev1.2.4.L153.90\"; eotf=\"smpte2084\"",
            "video/mp4; codecs=\"hvc1.A4.41.H120.B0.23\"",
            "video/mp4; codecs=\"vp09.00.10.08\"",
            "video/mp4; codecs=\"av01.0.01M.08\"",
            "video/mp4; codecs=\"av01.0.08M.10.0.110.09.16.09.0\"",
            "audio/mp4;codecs=\"mp4a.40.2\"",
            "audio/mp4;codecs=\"mp4a.40.02\"",
            "audio/mp4;codecs=\"mp4a.40.29\"",
            "audio/mp4;codecs=\"mp4a.67\"",
            "audio/mp4;codecs=\"mp3\"",
            "audio/mp4;codecs=\"mp4a.40.34\"",
            "audio/mp4;codecs=\"mp4a.6B\"",
            "audio/mp4;codecs=\"mp4a.69\"",
            "audio/mp4;codecs=\"Opus\"",
            "audio/mp4;codecs=opus",
            "audio/mp4;codecs=\"flac\"",
            "video/mp4;codecs=\"fLaC\"",
            "audio/mp4;codecs=FLAC",
            "audio/mp4;codecs=\"ac-3\"",
            "audio/mp4;codecs=\"ec-3\"",
            "audio/mp4;codecs=\"mp4a.A5\"",
            "audio/mp4;codecs=\"mp4a.a6\"",
            "video/mp4;codecs=\"avc1.4d001e,wvtt\"",
            "video/mp2t; codecs=\"avc1.42E01E,mp4a.40.2\"",
            "video/mp2t; codecs=\"hvc1.1.6.L93.90\"",
            "audio/mp2t; codecs=\"mp3\"",
        ] {
            assert!(supported(type_) && accepted(type_), "{type_}");
        }
    }

    #[test]
    fn types_without_codecs_that_may_lack_them() {
        for type_ in [
            "video/mp4",
            "audio/mp4;",
            "VIDEO/MP4; a=b",
            "audio/mpeg",
            "audio/aac",
        ] {
            assert!(accepted(type_) && supported(type_), "{type_}");
        }
        for type_ in [
            "video/webm",
            "video/webm;codecs",
            "Video/WebM; a=b",
            "audio/webm;aaacodecsbbb=opus",
            "video/mp2t",
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
            "text/vtt",
            "application/mp4;codecs=\"wvtt\"",
            "application/mp4;codecs=\"stpp\"",
            "video/ogg;codecs=\"vorbis\"",
            "video/webm;codecs=",
            "video/webm;codecs=\"",
            "video/webm;codecs=\"\"",
            "video/webm;codecs=\",\"",
            "video/webm;codecs=\"vp8,\"",
            "video/mp4;codecs=",
            "audio/webm;codecs=\"vp8\"",
            "audio/mp4;codecs=\"avc1.4d001e\"",
            "audio/mp4;codecs=\"wvtt\"",
            "video/mp4;codecs=\"vp8\"",
            "video/mp4;codecs=\"vp9\"",
            "video/mp4;codecs=\"vorbis\"",
            "video/webm;codecs=\"mp4a.40.2\"",
            "video/webm;codecs=\"avc1.4d001e\"",
            "video/webm;codecs=\"flac\"",
            "audio/mp4;codecs=\"mp4a\"",
            "audio/mp4;codecs=\"mp4a.40\"",
            "audio/mp4;codecs=\"mp4a.40.\"",
            "audio/mp4;codecs=\"mp4a.40.99\"",
            "audio/mp4;codecs=\"mp4a.67.3\"",
            "video/mp4;codecs=\"avc1\"",
            "video/mp4;codecs=\"avc1.66.30\"",
            "video/mp4;codecs=\"avc1.4d00\"",
            "video/mp4;codecs=\"hvc1\"",
            "video/mp4;codecs=\"hvc1.1.6\"",
            "video/mp4;codecs=\"hvc1.1.6.93\"",
            "video/mp4;codecs=\"hvc1.0.6.L93\"",
            "video/mp4;codecs=\"hvc1.1.6.L93.1.2.3.4.5.6.7\"",
            "video/mp4;codecs=\"av01\"",
            "video/mp4;codecs=\"av01.3.04M.08\"",
            "video/mp4;codecs=\"av01.0.04.08\"",
            "video/mp4;codecs=\"av01.0.24M.08\"",
            "video/mp4;codecs=\"dvh1.05.06\"",
            "video/webm;codecs=\"vp09.00\"",
            "audio/mpeg;codecs=\"mp3\"",
            "audio/mpeg;codecs=\"mp4a.6B\"",
            "audio/aac;codecs=\"mp4a.40.2\"",
            "video/mpeg",
            "video/mp2t; codecs=\"vp8\"",
            "video/mp2t; codecs=\"ac-3\"",
            "audio/mp2t; codecs=\"avc1.42E01E\"",
        ] {
            assert!(!supported(type_) && !accepted(type_), "{type_}");
        }
    }

    #[test]
    fn files_are_judged_by_container_and_codecs() {
        use FileSupport::{Maybe, No, Probably};
        for (type_, expected) in [
            ("audio/mpeg", Some(Maybe)),
            ("audio/mpeg; codecs=\"mp3\"", Some(Probably)),
            ("audio/mpeg; codecs=\"mp4a.69\"", Some(Probably)),
            ("audio/mpeg; codecs=\"mp4a.6B\"", Some(Probably)),
            ("audio/mpeg; codecs=\"MP4A.40.34\"", Some(Probably)),
            ("audio/mpeg; codecs=\"mp9\"", Some(No)),
            ("audio/mpeg; codecs=\"\"", Some(No)),
            ("audio/mpeg; codecs=\"mp3, mp9\"", Some(No)),
            ("audio/mpeg; codecs=\"avc1.42E01E\"", Some(No)),
            ("audio/aac; codecs=\"mp4a.40.2\"", Some(Probably)),
            ("audio/aac; codecs=\"mp4a.40\"", Some(Maybe)),
            ("video/mp4", Some(Maybe)),
            ("video/mp4; codecs=\"avc1.42E01E\"", Some(Probably)),
            ("video/mp4; codecs=\"avc1\"", Some(Maybe)),
            ("video/mp4; codecs=\"avc1, mp4a.40.2\"", Some(Maybe)),
            ("video/mp4; codecs=\"avc1.42E01E, mp4a\"", Some(Maybe)),
            ("video/mp4; codecs=\"hvc1\"", Some(Maybe)),
            ("video/mp4; codecs=\"avc1.42\"", Some(No)),
            ("video/mp4; codecs=\"vp8\"", Some(No)),
            ("audio/mp4; codecs=\"avc1\"", Some(No)),
            ("video/webm; codecs=\"vp8, vorbis\"", Some(Probably)),
            ("video/webm; codecs=\"avc1\"", Some(No)),
            ("audio/ogg; codecs=\"flac\"", Some(Probably)),
            ("audio/ogg; codecs=\"opus, vorbis\"", Some(Probably)),
            ("video/ogg; codecs=\"theora, vorbis\"", None),
            ("audio/ogg", None),
            ("audio/wav", None),
            ("nonsense", None),
        ] {
            assert_eq!(file_support(type_, &|_| true), expected, "{type_}");
        }
        let no_mp3 = |codec| codec != Codec::Audio(AudioCodec::Mp3);
        let type_ = "audio/mpeg; codecs=\"mp3\"";
        assert_eq!(file_support(type_, &no_mp3), Some(No));
        assert!(!supported(type_) && !accepted(type_), "of a byte stream");
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
    fn a_type_is_split_into_its_parts() {
        let mime_type =
            MimeType::parse(" Video/MP4 ; a; b=\"x;codecs=y\" ; Codecs = \"avc1.1, Opus\"")
                .expect("it is a MIME type");
        assert_eq!(mime_type.format(), Some(ByteStreamFormat::IsoBmff));
        let codecs = mime_type.codecs().expect("it names some");
        assert_eq!(codecs.collect::<Vec<_>>(), ["avc1.1", "Opus"]);
    }
}
