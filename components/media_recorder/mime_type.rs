/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The types of recordings, such as `video/webm;codecs="vp8,opus"`.

use byte_stream::mime::MimeType;
use byte_stream::track::{AudioCodec, VideoCodec};

use crate::encoders::{Container, Encoders, Part};

/// Returns whether a recorder can record files of this type: whether all that it names is there.
///
/// The specification defers the check of codecs that it does not list, Vorbis and AAC among them, to the start of
/// a recording. Nothing has to be deferred here, so the answer of the constructor is the same.
/// <https://w3c.github.io/mediacapture-record/#abstract-opdef-is-type-supported>
pub fn is_type_supported(type_: &str, encoders: &Encoders) -> bool {
    RequestedType::new(type_, encoders).is_ok()
}

/// What a page asks for, as far as it names it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RequestedType {
    /// The value of the \[\[ConstrainedMimeType\]\] slot.
    pub(crate) text: String,
    container: Option<Container>,
    /// Whether it is one of files without pictures.
    is_of_audio: bool,
    audio: Option<(AudioCodec, String)>,
    video: Option<(VideoCodec, String)>,
}

/// What is recorded.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ChosenType {
    pub(crate) container: Container,
    pub(crate) audio: Option<AudioCodec>,
    pub(crate) video: Option<VideoCodec>,
    /// Whether the parameter sets of H.264 are among the pictures (`avc3`).
    pub(crate) has_parameter_sets_in_band: bool,
    /// The type with all codecs.
    pub(crate) mime_type: String,
}

impl RequestedType {
    /// <https://w3c.github.io/mediacapture-record/#abstract-opdef-is-type-supported>
    pub(crate) fn new(text: &str, encoders: &Encoders) -> Result<Self, String> {
        // Step 1. If type is an empty string, then return true (note that this case is essentially equivalent to
        // leaving up to the UA the choice of both container and codecs).
        if text.is_empty() {
            return Ok(Self::default());
        }
        let refusal = |reason: &str| format!("\"{text}\" cannot be recorded: {reason}");
        // Step 2. If type is not a valid MIME type string, then return false.
        let mime_type = MimeType::parse(text).ok_or_else(|| refusal("it is no MIME type"))?;
        // Step 3. If the MediaRecorder does not support the combination of media type/subtype, and container
        // specified in type then return false.
        let is_of_audio = mime_type.kind() == "audio";
        let container = container(&mime_type).ok_or_else(|| refusal("the container is unknown"))?;
        let check = |part| encoders.check(part).map_err(|reason| refusal(&reason));
        check(Part::Container(container))?;
        let mut requested = Self {
            text: text.to_owned(),
            container: Some(container),
            is_of_audio,
            audio: None,
            video: None,
        };
        // Step 4. Let codecStrings be the list result of strictly splitting on "," the string after codecs= if
        // present in type, or an empty list otherwise.
        for name in mime_type.codecs().into_iter().flatten() {
            // Step 7.1. Let codecIdentifier be the ASCII lowercase of the first part of strictly splitting
            // codecString on ".".
            let codec = codec(name.split('.').next().unwrap_or_default());
            let is_held = match codec {
                Some(Part::Audio(codec)) => container.audio_codecs().contains(&codec),
                Some(Part::Video(codec)) => {
                    !is_of_audio && container.video_codecs().contains(&codec)
                }
                _ => false,
            };
            let Some(codec) = codec.filter(|_| is_held) else {
                return Err(refusal(&format!("the container does not hold {name}")));
            };
            // Step 8.1. If the MediaRecorder does not support codecIdentifier in combination with the media
            // type/subtype and container specified in type, then return false.
            check(codec)?;
            // Step 5. If codecStrings contains more than one audio codec or more than one video codec, then
            // return false.
            let had_one = match codec {
                Part::Audio(codec) => requested.audio.replace((codec, name.to_owned())).is_some(),
                Part::Video(codec) => requested.video.replace((codec, name.to_owned())).is_some(),
                Part::Container(_) => false,
            };
            if had_one {
                return Err(refusal("it names several codecs of a kind"));
            }
        }
        Ok(requested)
    }

    /// Chooses what the page has left open, for tracks of these kinds.
    pub(crate) fn choose(
        &self,
        has_audio: bool,
        has_video: bool,
        encoders: &Encoders,
    ) -> Result<ChosenType, String> {
        if has_video && self.is_of_audio {
            return Err(format!("pictures cannot be recorded as \"{}\"", self.text));
        }
        let containers = match &self.container {
            Some(container) => std::slice::from_ref(container),
            None => &Container::ALL,
        };
        let choose = |container| self.choose_codecs(container, has_audio, has_video, encoders);
        let mut choices = containers.iter().map(|container| choose(*container));
        let first = choices.next().ok_or("there is no container")?;
        // The reason why the preferred container is not taken is the one that helps.
        first.or_else(|error| choices.find_map(Result::ok).ok_or(error))
    }

    fn choose_codecs(
        &self,
        container: Container,
        has_audio: bool,
        has_video: bool,
        encoders: &Encoders,
    ) -> Result<ChosenType, String> {
        encoders.check(Part::Container(container))?;
        let named = self.audio.as_ref().map(|(codec, _)| *codec);
        let codecs = named.as_slice().iter().chain(container.audio_codecs());
        let parts = codecs.map(|codec| (*codec, Part::Audio(*codec)));
        let audio = has_audio
            .then(|| first_available(parts, encoders))
            .transpose()?;
        let named = self.video.as_ref().map(|(codec, _)| *codec);
        let codecs = named.as_slice().iter().chain(container.video_codecs());
        let parts = codecs.map(|codec| (*codec, Part::Video(*codec)));
        let video = has_video
            .then(|| first_available(parts, encoders))
            .transpose()?;
        let has_in_band_name = |(_, name): &(_, String)| {
            let name = name.to_ascii_lowercase();
            name.starts_with("avc3")
        };
        Ok(ChosenType {
            container,
            audio,
            video,
            has_parameter_sets_in_band: self.video.as_ref().is_some_and(has_in_band_name),
            mime_type: self.extended(container, audio, video),
        })
    }

    /// Returns the type with the codecs that it does not name.
    fn extended(
        &self,
        container: Container,
        audio: Option<AudioCodec>,
        video: Option<VideoCodec>,
    ) -> String {
        let is_complete =
            (audio.is_none() || self.audio.is_some()) && (video.is_none() || self.video.is_some());
        if is_complete {
            return self.text.clone();
        }
        let named_video = self.video.as_ref().map(|(_, name)| name.as_str());
        let named_audio = self.audio.as_ref().map(|(_, name)| name.as_str());
        let video = named_video.or(video.map(|codec| video_name(container, codec)));
        let audio = named_audio.or(audio.map(audio_name));
        let codecs = Vec::from_iter(video.into_iter().chain(audio));
        let kind = match (&self.container, video) {
            (None, None) => "audio",
            (Some(_), _) if self.is_of_audio => "audio",
            _ => "video",
        };
        let subtype = container.subtype();
        match codecs.as_slice() {
            // A list has a comma, which is no part of a token.
            [codec] => format!("{kind}/{subtype};codecs={codec}"),
            codecs => format!("{kind}/{subtype};codecs=\"{}\"", codecs.join(",")),
        }
    }
}

fn first_available<C>(
    mut parts: impl Iterator<Item = (C, Part)>,
    encoders: &Encoders,
) -> Result<C, String> {
    let (first, part) = parts
        .next()
        .ok_or("the container does not hold such tracks")?;
    let Err(error) = encoders.check(part) else {
        return Ok(first);
    };
    let is_available = |(_, part): &(C, Part)| encoders.check(*part).is_ok();
    let other = parts.find(is_available);
    other.map(|(codec, _)| codec).ok_or(error)
}

fn container(mime_type: &MimeType) -> Option<Container> {
    let mut containers = Container::ALL.into_iter();
    let container = containers.find(|container| container.subtype() == mime_type.subtype())?;
    match mime_type.kind() {
        "audio" => Some(container),
        "video" if !container.video_codecs().is_empty() => Some(container),
        _ => None,
    }
}

/// Returns what a codec identifier stands for.
fn codec(identifier: &str) -> Option<Part> {
    match identifier.to_ascii_lowercase().as_str() {
        "opus" => Some(Part::Audio(AudioCodec::Opus)),
        "vorbis" => Some(Part::Audio(AudioCodec::Vorbis)),
        "mp4a" => Some(Part::Audio(AudioCodec::Aac)),
        "vp8" | "vp08" => Some(Part::Video(VideoCodec::Vp8)),
        "vp9" | "vp09" => Some(Part::Video(VideoCodec::Vp9)),
        "h264" | "avc1" | "avc3" => Some(Part::Video(VideoCodec::H264)),
        "av1" | "av01" => Some(Part::Video(VideoCodec::Av1)),
        _ => None,
    }
}

fn audio_name(codec: AudioCodec) -> &'static str {
    match codec {
        AudioCodec::Aac => "mp4a.40.2",
        AudioCodec::Vorbis => "vorbis",
        _ => "opus",
    }
}

fn video_name(container: Container, codec: VideoCodec) -> &'static str {
    match (codec, container) {
        (VideoCodec::H264, _) => "avc1.42E028",
        (VideoCodec::Vp9, Container::Mp4) => "vp09.00.40.08",
        (VideoCodec::Vp9, _) => "vp9",
        (VideoCodec::Av1, _) => "av01.0.08M.08",
        _ => "vp8",
    }
}
