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

/// Elements that are not used because they write beyond their buffers. `a52dec` does so when a damaged
/// frame of AC-3 claims other channels than the ones before it, `libde265dec` when a NAL unit of HEVC
/// claims to be longer than its frame.
const UNSAFE: [&str; 2] = ["a52dec", "libde265dec"];

/// The elements that decode a codec.
#[derive(Clone, Debug)]
pub(crate) struct Decoder {
    pub(crate) parser: Option<&'static str>,
    pub(crate) factory: ElementFactory,
}

impl fmt::Display for Decoder {
    /// Writes the elements in the form of `gst-launch-1.0`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parser) = self.parser {
            write!(formatter, "{parser} ! ")?;
        }
        write!(formatter, "{}", self.factory.name())
    }
}

/// Returns the software decoders for `codec`, the highest ranked one first. The registry is asked once.
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

/// Returns the decoder that is tried first.
#[cfg(test)]
pub(crate) fn decoder_for(codec: Codec) -> Option<&'static Decoder> {
    decoders_for(codec).first()
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
    // Hardware decoders output memory that needs other converters.
    factories.retain(|factory| {
        !factory.klass().contains("Hardware") && !UNSAFE.contains(&factory.name().as_str())
    });
    factories.sort_by(|a, b| {
        b.rank()
            .cmp(&a.rank())
            .then_with(|| a.name().cmp(&b.name()))
    });
    let mut caps = caps::of_codec(codec);
    if codec.medium() == Medium::Audio {
        // Some decoders list the rates and channels that they take, and all take these.
        caps.make_mut().set("rate", 48_000);
        caps.make_mut().set("channels", 2);
    }
    let decoders = factories.into_iter().filter_map(|factory| {
        // It must take all of them, since some decoders only take video with alpha.
        if factory.can_sink_all_caps(&caps) {
            return Some(Decoder {
                parser: None,
                factory,
            });
        }
        let (parser, parsed) = parser_for(codec)?;
        ElementFactory::find(parser)?;
        factory.can_sink_any_caps(&parsed).then_some(Decoder {
            parser: Some(parser),
            factory,
        })
    });
    decoders.collect()
}

/// Returns the parser that converts frames of `codec` from the form of the byte stream to the form that
/// other decoders take, with the capabilities of that form.
pub(crate) fn parser_for(codec: Codec) -> Option<(&'static str, Caps)> {
    let (parser, media) = match codec {
        Codec::Video(VideoCodec::H264) => ("h264parse", "video/x-h264"),
        Codec::Video(VideoCodec::Hevc) => ("h265parse", "video/x-h265"),
        _ => return None,
    };
    let parsed = Caps::builder(media)
        .field("stream-format", "byte-stream")
        .field("alignment", "au");
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
