/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The elements that encode and write files, their settings, and the packages that they are in.

use std::thread;
use std::time::Duration;

use byte_stream::track::{AudioCodec, VideoCodec};
use gstreamer::prelude::*;
use gstreamer::{Element, ElementFactory, Fraction};
use media_recorder::{AudioPlan, BitRateMode, Container, Encoders, Part, VideoPlan};

use crate::codec::{BAD, BASE, GOOD, LIBAV};

/// How many threads encode a picture at most.
const MOST_THREADS: usize = 4;
/// How long a fragment of MP4 is.
const FRAGMENT_RANGE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// How long a cluster of Matroska is at most where no key frame begins one, in nanoseconds.
const LONGEST_CLUSTER: i64 = 5_000_000_000;

/// A way to make a part of a recording.
pub(super) struct Maker {
    part: Part,
    /// The elements one behind the other, and the package that has each.
    elements: &'static [(&'static str, &'static str)],
    /// The format of samples that the encoder takes; empty for others.
    pub(super) sample_format: &'static str,
}

/// The preferred ones come first.
const MAKERS: [Maker; 11] = [
    container(Container::Matroska, &[("matroskamux", GOOD)]),
    container(Container::Mp4, &[("mp4mux", GOOD)]),
    container(Container::Ogg, &[("oggmux", BASE)]),
    container(Container::WebM, &[("webmmux", GOOD)]),
    audio(AudioCodec::Aac, &[("avenc_aac", LIBAV)], "F32LE"),
    audio(AudioCodec::Aac, &[("voaacenc", BAD)], "S16LE"),
    audio(AudioCodec::Opus, &[("opusenc", BASE)], "S16LE"),
    audio(AudioCodec::Vorbis, &[("vorbisenc", BASE)], "F32LE"),
    video(
        VideoCodec::H264,
        &[("openh264enc", BAD), ("h264parse", BAD)],
    ),
    video(VideoCodec::Vp8, &[("vp8enc", GOOD)]),
    video(VideoCodec::Vp9, &[("vp9enc", GOOD), ("vp9parse", BAD)]),
];

const fn container(
    container: Container,
    elements: &'static [(&'static str, &'static str)],
) -> Maker {
    Maker {
        part: Part::Container(container),
        elements,
        sample_format: "",
    }
}

const fn audio(
    codec: AudioCodec,
    elements: &'static [(&'static str, &'static str)],
    sample_format: &'static str,
) -> Maker {
    Maker {
        part: Part::Audio(codec),
        elements,
        sample_format,
    }
}

const fn video(codec: VideoCodec, elements: &'static [(&'static str, &'static str)]) -> Maker {
    Maker {
        part: Part::Video(codec),
        elements,
        sample_format: "",
    }
}

impl Maker {
    /// Returns the preferred one of those that are installed.
    pub(super) fn of(part: Part) -> Result<&'static Self, String> {
        Self::installed(MAKERS.iter().filter(|maker| maker.part == part))
    }

    fn installed<'a>(makers: impl Iterator<Item = &'a Self> + Clone) -> Result<&'a Self, String> {
        let first = makers.clone().next();
        let installed = { makers }.find(|maker| maker.missing().is_none());
        installed.ok_or_else(|| match first.and_then(Self::missing) {
            Some((element, package)) => {
                format!("the GStreamer element {element} is missing: install {package}")
            }
            None => "there is no encoder of this codec".to_owned(),
        })
    }

    /// Returns the first element that is not installed, and its package.
    fn missing(&self) -> Option<(&'static str, &'static str)> {
        let is_missing = |name: &str| ElementFactory::find(name).is_none();
        let mut elements = self.elements.iter();
        elements.find(|(name, _)| is_missing(name)).copied()
    }

    pub(super) fn is_of_video(&self) -> bool {
        matches!(self.part, Part::Video(_))
    }

    /// Returns new elements.
    pub(super) fn make(&self) -> Result<Vec<Element>, String> {
        let make = |(name, package): &(&str, &str)| {
            let made = ElementFactory::make(name).build();
            made.map_err(|_| {
                format!("the GStreamer element {name} cannot be made: install {package} again")
            })
        };
        self.elements.iter().map(make).collect()
    }
}

/// Returns what is installed.
pub(super) fn encoders() -> Encoders {
    let mut encoders = Encoders::default();
    for maker in &MAKERS {
        match Maker::of(maker.part) {
            Ok(_) => encoders.add(maker.part),
            Err(message) => encoders.add_missing(maker.part, message),
        }
    }
    encoders
}

/// Makes the encoder of a video track fast enough to follow it.
pub(super) fn set_up_video(encoder: &Element, plan: &VideoPlan) {
    let bits = plan.bits_per_second;
    let threads = thread::available_parallelism().map_or(1, |count| count.get().min(MOST_THREADS));
    match plan.codec {
        VideoCodec::Vp8 | VideoCodec::Vp9 => {
            set(encoder, "deadline", "1");
            set(encoder, "cpu-used", "8");
            set(encoder, "threads", &threads.to_string());
            set(encoder, "end-usage", "cbr");
            set(
                encoder,
                "target-bitrate",
                &bits.clamp(1_000, 100_000_000).to_string(),
            );
            set(encoder, "buffer-initial-size", "500");
            set(encoder, "buffer-optimal-size", "600");
            set(encoder, "buffer-size", "1000");
            // The times of frames are any, not multiples of a frame's duration.
            encoder.set_property("timebase", Fraction::new(1, 90_000));
            // Key frames are asked for.
            set(encoder, "keyframe-max-dist", "1000000");
            if plan.codec == VideoCodec::Vp9 {
                set(encoder, "row-mt", "true");
                set(encoder, "tile-columns", "2");
            }
        }
        VideoCodec::H264 => {
            set(
                encoder,
                "bitrate",
                &bits.clamp(10_000, 100_000_000).to_string(),
            );
            set(encoder, "rate-control", "bitrate");
            set(encoder, "complexity", "low");
            set(encoder, "multi-thread", &threads.to_string());
            set(encoder, "gop-size", "1000000");
        }
        _ => {}
    }
}

/// Sets the bit rate of an audio encoder.
pub(super) fn set_up_audio(encoder: &Element, plan: &AudioPlan) {
    let bits = plan.bits_per_second;
    match plan.codec {
        AudioCodec::Opus => {
            set(encoder, "bitrate", &bits.clamp(6_000, 510_000).to_string());
            let mode = match plan.bit_rate_mode {
                BitRateMode::Constant => "cbr",
                BitRateMode::Variable => "vbr",
            };
            set(encoder, "bitrate-type", mode);
        }
        AudioCodec::Vorbis => set(encoder, "bitrate", &bits.clamp(48_000, 250_000).to_string()),
        _ => set(encoder, "bitrate", &bits.clamp(16_000, 320_000).to_string()),
    }
}

/// Makes a multiplexer write what can be played as it comes, if there is a timeslice, or a file with all that helps
/// to seek.
pub(super) fn set_up_container(
    multiplexer: &Element,
    container: Container,
    timeslice: Option<Duration>,
) {
    match container {
        Container::Matroska | Container::WebM => {
            multiplexer.set_property("streamable", timeslice.is_some());
            multiplexer.set_property("max-cluster-duration", LONGEST_CLUSTER);
        }
        Container::Mp4 => {
            if let Some(timeslice) = timeslice {
                let duration = timeslice.clamp(FRAGMENT_RANGE.0, FRAGMENT_RANGE.1);
                set(
                    multiplexer,
                    "fragment-duration",
                    &duration.as_millis().to_string(),
                );
                multiplexer.set_property("streamable", true);
            }
        }
        Container::Ogg => {}
    }
}

/// Sets a property whatever kind of number it is.
fn set(element: &Element, property: &str, value: &str) {
    if element.has_property(property) {
        element.set_property_from_str(property, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AAC: AudioCodec = AudioCodec::Aac;

    #[test]
    fn all_that_is_preferred_is_installed_here() {
        gstreamer::init().expect("GStreamer is installed");
        let encoders = encoders();
        for maker in &MAKERS {
            assert_eq!(encoders.check(maker.part), Ok(()));
        }
    }

    #[test]
    fn the_next_encoder_is_taken_if_one_is_missing() {
        gstreamer::init().expect("GStreamer is installed");
        let missing = audio(AAC, &[("noaacenc", LIBAV)], "F32LE");
        let parser_missing = audio(AAC, &[("avenc_aac", LIBAV), ("noaacparse", BAD)], "F32LE");
        let other = audio(AAC, &[("opusenc", BASE)], "S16LE");
        let found = Maker::installed([&missing, &parser_missing, &other].into_iter());
        assert_eq!(found.map(|maker| maker.sample_format), Ok("S16LE"));
        // The preferred one is what to install.
        let error = Maker::installed([&missing, &parser_missing].into_iter()).map(drop);
        let message = "the GStreamer element noaacenc is missing: install gstreamer1.0-libav";
        assert_eq!(error, Err(message.to_owned()));
        let error = Maker::installed([&parser_missing].into_iter()).map(drop);
        let message =
            "the GStreamer element noaacparse is missing: install gstreamer1.0-plugins-bad";
        assert_eq!(error, Err(message.to_owned()));
    }
}
