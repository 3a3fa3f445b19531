/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The choice of an installed element that decodes a codec.

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use byte_stream::track::{Codec, Medium, VideoCodec};
use gstreamer::prelude::*;
use gstreamer::{Caps, ElementFactory, ElementFactoryType, Rank};

use crate::caps;
use crate::codec::CODECS;
use crate::download;
use crate::hardware::Failures;

/// Elements that are not used because they write beyond their buffers. `a52dec` does so when a damaged
/// frame of AC-3 claims other channels than the ones before it, `libde265dec` when a NAL unit of HEVC
/// claims to be longer than its frame.
const UNSAFE: [&str; 2] = ["a52dec", "libde265dec"];

/// The elements that decode a codec.
pub(crate) struct Decoder {
    pub(crate) parser: Option<&'static str>,
    pub(crate) factory: ElementFactory,
    /// What brings decoded frames into the memory of the process, if the decoder cannot.
    pub(crate) downloader: Option<ElementFactory>,
    pub(crate) is_hardware: bool,
    /// How often a hardware decoder failed of late.
    pub(crate) failures: Failures,
}

impl fmt::Display for Decoder {
    /// Writes the elements in the form of `gst-launch-1.0`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parser) = self.parser {
            write!(formatter, "{parser} ! ")?;
        }
        write!(formatter, "{}", self.factory.name())?;
        if let Some(downloader) = &self.downloader {
            write!(formatter, " ! {}", downloader.name())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Returns the decoders for `codec`, the highest ranked one first, whatever they run on. The registry is
/// asked once; [`hardware::order`](crate::hardware::order) says which one is tried first.
pub(crate) fn decoders_for(codec: Codec) -> &'static [Decoder] {
    static DECODERS: OnceLock<HashMap<Codec, Vec<Decoder>>> = OnceLock::new();
    let find_all = || {
        if gstreamer::init().is_err() {
            return HashMap::new();
        }
        CODECS
            .iter()
            .map(|entry| (entry.codec, find(entry.codec)))
            .collect()
    };
    let decoders = DECODERS.get_or_init(find_all).get(&codec);
    decoders.map_or(&[], Vec::as_slice)
}

/// Returns the software decoder that is tried first.
#[cfg(test)]
pub(crate) fn decoder_for(codec: Codec) -> Option<&'static Decoder> {
    let mut decoders = decoders_for(codec).iter();
    decoders.find(|decoder| !decoder.is_hardware)
}

fn find(codec: Codec) -> Vec<Decoder> {
    let media = match codec {
        Codec::Audio(_) => ElementFactoryType::MEDIA_AUDIO,
        Codec::Video(_) => ElementFactoryType::MEDIA_VIDEO,
        Codec::Text(_) => return Vec::new(),
    };
    let kind = ElementFactoryType::DECODER | media;
    let mut factories: Vec<_> = ElementFactory::factories_with_type(kind, Rank::MARGINAL)
        .into_iter()
        .collect();
    // Sound takes so little to decode that hardware saves nothing.
    factories.retain(|factory| {
        let is_of_interest = codec.medium() == Medium::Video || !is_hardware(factory);
        is_of_interest && !UNSAFE.contains(&factory.name().as_str())
    });
    factories.sort_by(|a, b| {
        b.rank()
            .cmp(&a.rank())
            .then_with(|| a.name().cmp(&b.name()))
    });
    let caps = caps_of_any_stream(codec);
    let decoders = factories.into_iter().filter_map(|factory| {
        let parser = parser_before(&factory, codec, &caps)?;
        let downloader = match codec.medium() {
            Medium::Video => download::downloader_behind(&factory)?,
            Medium::Audio | Medium::Text => None,
        };
        Some(Decoder {
            parser,
            downloader,
            is_hardware: is_hardware(&factory),
            failures: Failures::default(),
            factory,
        })
    });
    decoders.collect()
}

fn is_hardware(factory: &ElementFactory) -> bool {
    factory.klass().contains("Hardware")
}

/// Returns the capabilities of `codec` with those that every stream tells besides. Some decoders list the
/// numbers that they take, and all take these.
fn caps_of_any_stream(codec: Codec) -> Caps {
    let mut caps = caps::of_codec(codec);
    let numbers = match codec.medium() {
        Medium::Audio => [("rate", 48_000), ("channels", 2)],
        Medium::Video | Medium::Text => [("width", 1280), ("height", 720)],
    };
    for (name, number) in numbers {
        caps.make_mut().set(name, number);
    }
    caps
}

/// Returns the parser that `factory` needs before it to decode streams of `caps`, if it needs one; `None`
/// if it cannot decode them at all.
fn parser_before(
    factory: &ElementFactory,
    codec: Codec,
    caps: &Caps,
) -> Option<Option<&'static str>> {
    // It must take all of them, since some decoders only take video with alpha.
    if factory.can_sink_all_caps(caps) {
        return Some(None);
    }
    let (parser, parsed) = parser_for(codec)?;
    ElementFactory::find(parser)?;
    factory.can_sink_any_caps(&parsed).then_some(Some(parser))
}

/// Returns the parser that converts frames of `codec` from the form of the byte stream to the form that
/// other decoders take, with the capabilities of that form. Hardware decoders want to be told the profile
/// besides, which parsers find in the frames.
pub(crate) fn parser_for(codec: Codec) -> Option<(&'static str, Caps)> {
    let (parser, media, stream_format, alignment) = match codec {
        Codec::Video(VideoCodec::Av1) => ("av1parse", "video/x-av1", Some("obu-stream"), "frame"),
        Codec::Video(VideoCodec::H264) => ("h264parse", "video/x-h264", Some("byte-stream"), "au"),
        Codec::Video(VideoCodec::Hevc) => ("h265parse", "video/x-h265", Some("byte-stream"), "au"),
        Codec::Video(VideoCodec::Vp9) => ("vp9parse", "video/x-vp9", None, "frame"),
        _ => return None,
    };
    let parsed = Caps::builder(media)
        .field("alignment", alignment)
        .field_if_some("stream-format", stream_format);
    Some((parser, parsed.build()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_codec_without_decoder_is_not_affirmed() {
        gstreamer::init().expect("GStreamer is installed");
        let codec = Codec::Video(VideoCodec::Av1);
        // What other tests ask is answered from before.
        assert!(!decoders_for(codec).is_empty());
        let decoders = find(codec);
        assert!(!decoders.is_empty(), "an AV1 decoder is installed");
        for decoder in decoders {
            decoder.factory.set_rank(Rank::NONE);
        }
        // What remains, parsers and encoders, does not count.
        assert!(ElementFactory::find("av1parse").is_some());
        assert!(find(codec).is_empty());
        assert!(!find(Codec::Video(VideoCodec::H264)).is_empty());
    }
}
