/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Which decoders are tried first: those that run on hardware made for it, or software.
//!
//! A hardware decoder uses little power and leaves the processor to others. But there are few sessions,
//! sometimes one, and each takes its time to open. So it is better for large pictures only, which is also
//! where Chromium uses it. If it fails, the next decoder takes over at the current position (`recovery`).

use std::str::FromStr;
use std::time::{Duration, Instant};

use byte_stream::track::CodecConfiguration;
use parking_lot::Mutex;

use crate::decoder::Decoder;

/// The sides of the smallest large picture. One that is cut to a wider shape, or upright, is as large.
pub(crate) const LARGE: (u32, u32) = (1280, 720);

/// A hardware decoder is avoided while its last two failures are younger than this. It may have
/// again what it lacked then, such as a session.
const MEMORY: Duration = Duration::from_secs(600);

/// Which decoders of video a player tries first. Within each class the rank in GStreamer's registry
/// decides, and elements without a rank are not used.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum DecoderPreference {
    /// Hardware decoders for pictures from 1280x720 on, software decoders for smaller ones. Those of the
    /// other class are tried where the first ones fail.
    #[default]
    Automatic,
    /// Hardware decoders, and software decoders where they fail.
    Hardware,
    /// Software decoders only.
    SoftwareOnly,
}

impl FromStr for DecoderPreference {
    type Err = &'static str;

    /// Reads what a user calls it: `automatic`, `hardware` or `software`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "automatic" => Ok(Self::Automatic),
            "hardware" => Ok(Self::Hardware),
            "software" => Ok(Self::SoftwareOnly),
            _ => Err("automatic, hardware or software is expected"),
        }
    }
}

impl DecoderPreference {
    /// Returns whether hardware decoders come first for pictures of that width and height.
    fn is_hardware_first(self, size: (u32, u32)) -> bool {
        match self {
            Self::Automatic => is_large(size),
            Self::Hardware => true,
            Self::SoftwareOnly => false,
        }
    }
}

/// Returns whether a hardware decoder is better for pictures of that width and height.
pub(crate) fn is_large((width, height): (u32, u32)) -> bool {
    width.max(height) >= LARGE.0 || width.min(height) >= LARGE.1
}

/// Returns the width and height that `configuration` tells, or none.
pub(crate) fn size_of(configuration: &CodecConfiguration) -> (u32, u32) {
    match configuration {
        CodecConfiguration::Video(video) => (video.width, video.height),
        CodecConfiguration::Audio(_) | CodecConfiguration::Text(_) => (0, 0),
    }
}

/// Returns those of `decoders`, which are ordered by rank, that may decode pictures of that width and
/// height, in the order in which they are tried.
pub(crate) fn order(
    decoders: &[Decoder],
    size: (u32, u32),
    preference: DecoderPreference,
) -> Vec<&Decoder> {
    let now = Instant::now();
    let is_hardware_first = preference.is_hardware_first(size);
    let is_used =
        |decoder: &&Decoder| !decoder.is_hardware || preference != DecoderPreference::SoftwareOnly;
    let mut order = Vec::from_iter(decoders.iter().filter(is_used));
    // Those of the same place stay in their order.
    order.sort_by_key(|decoder| {
        if !decoder.is_hardware {
            1
        } else if is_hardware_first && !decoder.failures.are_too_many(now) {
            0
        } else {
            2
        }
    });
    order
}

/// Returns whether a hardware decoder is tried first for pictures of that width and height.
pub(crate) fn is_better(
    decoders: &[Decoder],
    size: (u32, u32),
    preference: DecoderPreference,
) -> bool {
    let order = order(decoders, size, preference);
    order.first().is_some_and(|first| first.is_hardware)
}

/// When a decoder failed last, and the time before.
#[derive(Default)]
pub(crate) struct Failures(Mutex<[Option<Instant>; 2]>);

impl Failures {
    /// Notes that the decoder failed at `now`.
    pub(crate) fn note(&self, now: Instant) {
        let mut times = self.0.lock();
        *times = [times[1], Some(now)];
    }

    /// Returns whether the decoder is to be avoided at `now`.
    fn are_too_many(&self, now: Instant) -> bool {
        let is_recent = |time: &Option<Instant>| {
            time.is_some_and(|time| now.saturating_duration_since(time) < MEMORY)
        };
        self.0.lock().iter().all(is_recent)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use gstreamer::ElementFactory;

    use super::*;

    const SMALL: (u32, u32) = (854, 480);

    /// A decoder that decodes nothing.
    pub(crate) fn decoder(is_hardware: bool) -> Decoder {
        gstreamer::init().expect("GStreamer is installed");
        Decoder {
            parser: None,
            factory: ElementFactory::find("identity").expect("it is part of GStreamer"),
            downloader: None,
            is_hardware,
            failures: Failures::default(),
        }
    }

    /// Returns the places by rank of the decoders in their order.
    fn places(decoders: &[Decoder], size: (u32, u32), preference: DecoderPreference) -> Vec<usize> {
        let order = order(decoders, size, preference).into_iter();
        let place = |found: &Decoder| {
            let mut all = decoders.iter();
            all.position(|decoder| std::ptr::eq(decoder, found))
        };
        order.filter_map(place).collect()
    }

    #[test]
    fn size_and_preference_say_which_class_comes_first() {
        let decoders = [true, false, true, false].map(decoder);
        let hardware_first = [0, 2, 1, 3];
        let software_first = [1, 3, 0, 2];
        for (size, preference, expected) in [
            (LARGE, DecoderPreference::Automatic, &hardware_first[..]),
            (SMALL, DecoderPreference::Automatic, &software_first),
            (LARGE, DecoderPreference::Hardware, &hardware_first),
            (SMALL, DecoderPreference::Hardware, &hardware_first),
            (LARGE, DecoderPreference::SoftwareOnly, &[1, 3]),
            (SMALL, DecoderPreference::SoftwareOnly, &[1, 3]),
        ] {
            assert_eq!(places(&decoders, size, preference), expected);
        }
    }

    #[test]
    fn a_picture_is_large_whatever_its_shape() {
        for size in [
            (1280, 720),
            (720, 1280),
            (1280, 534),
            (960, 720),
            (3840, 2160),
        ] {
            assert!(is_large(size), "{size:?}");
        }
        for size in [(854, 480), (1279, 719), (480, 854), (0, 0)] {
            assert!(!is_large(size), "{size:?}");
        }
    }

    #[test]
    fn a_decoder_that_failed_twice_comes_last_for_a_while() {
        let decoders = [true, false].map(decoder);
        let places = || places(&decoders, LARGE, DecoderPreference::Automatic);
        let now = Instant::now();
        decoders[0].failures.note(now);
        assert_eq!(places(), [0, 1]);
        decoders[0].failures.note(now);
        assert_eq!(places(), [1, 0]);
        let failures = &decoders[0].failures;
        assert!(failures.are_too_many(now + MEMORY / 2));
        assert!(!failures.are_too_many(now + MEMORY));
        // From then on, two more are needed.
        failures.note(now + MEMORY);
        assert!(!failures.are_too_many(now + MEMORY));
    }
}
