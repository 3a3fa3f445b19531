/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The codecs that this machine can decode, by GStreamer's registry.

use std::sync::OnceLock;
use std::thread;

use byte_stream::track::Codec;

use crate::codec::CODECS;
use crate::decoder::{Decoder, decoders_for};
use crate::hardware::{self, DecoderPreference};
use crate::log::CATEGORY;

/// The pixels that one core decodes and shows in a second: 1080p at 30 frames a second.
const PIXELS_A_SECOND_AND_CORE: f64 = 1920. * 1080. * 30.;

/// The width and height from which on hardware decoders are better, unless a
/// [`DecoderPreference`] says otherwise. Pictures of another shape count as if they had this one.
pub const LARGE_PICTURE: (u32, u32) = hardware::LARGE;

/// A codec, and the element that decodes it on this machine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Capability {
    /// The codec.
    pub codec: Codec,
    /// The name of the codec that is shown to users.
    pub name: &'static str,
    /// The first of the [`decoders`] of small pictures, or of sound; `None` if none is installed.
    pub decoder: Option<String>,
    /// The Debian package with a decoder for the codec.
    pub package: &'static str,
}

/// A decoder that is installed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InstalledDecoder {
    /// Its GStreamer elements as `gst-launch-1.0` writes them: a parser before the decoder if that needs
    /// one, and behind it what downloads frames that it leaves in the memory of a device.
    pub elements: String,
    /// Whether it runs on hardware made for it.
    pub is_hardware: bool,
}

/// Returns whether a decoder for `codec` is installed that `preference` allows. The first question takes as
/// long as starting GStreamer does; the answers are kept.
pub fn can_decode(codec: Codec, preference: DecoderPreference) -> bool {
    log_missing_decoders();
    !order(codec, (0, 0), preference).is_empty()
}

/// Returns the decoders for `codec` in the order in which they are tried for pictures of that width and
/// height. One that failed of late comes later.
pub fn decoders(
    codec: Codec,
    size: (u32, u32),
    preference: DecoderPreference,
) -> Vec<InstalledDecoder> {
    let decoders = order(codec, size, preference).into_iter();
    let decoders = decoders.map(|decoder| InstalledDecoder {
        elements: decoder.to_string(),
        is_hardware: decoder.is_hardware,
    });
    decoders.collect()
}

/// Returns whether pictures of that width and height are decoded by hardware made for it, as long as that
/// does not fail.
pub fn is_power_efficient(codec: Codec, size: (u32, u32), preference: DecoderPreference) -> bool {
    hardware::is_better(decoders_for(codec), size, preference)
}

fn order(codec: Codec, size: (u32, u32), preference: DecoderPreference) -> Vec<&'static Decoder> {
    hardware::order(decoders_for(codec), size, preference)
}

/// Returns whether so many pixels a second can be shown without dropping frames, whatever the codec. It
/// is an estimate from the number of cores. Hardware decoders may do more, but may also be in use.
pub fn is_smooth(pixels_a_second: f64) -> bool {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    pixels_a_second <= PIXELS_A_SECOND_AND_CORE * cores as f64
}

/// Returns all audio and video codecs that byte streams may have, with the elements that decode them.
pub fn all() -> impl Iterator<Item = Capability> {
    log_missing_decoders();
    capabilities()
}

fn capabilities() -> impl Iterator<Item = Capability> {
    CODECS.iter().map(|entry| Capability {
        codec: entry.codec,
        name: entry.name,
        decoder: order(entry.codec, (0, 0), DecoderPreference::default())
            .first()
            .map(ToString::to_string),
        package: entry.package,
    })
}

/// Writes once to GStreamer's log which packages contain the decoders that are missing.
fn log_missing_decoders() {
    static IS_LOGGED: OnceLock<()> = OnceLock::new();
    IS_LOGGED.get_or_init(|| {
        if gstreamer::init().is_err() {
            return;
        }
        for Capability { name, package, .. } in
            capabilities().filter(|capability| capability.decoder.is_none())
        {
            gstreamer::warning!(CATEGORY, "nothing decodes {name}: install {package}");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_pixels_than_any_machine_decodes_are_not_smooth() {
        assert!(is_smooth(640. * 360. * 25.));
        assert!(!is_smooth(f64::from(1 << 20) * f64::from(1 << 20) * 25.));
    }

    #[test]
    fn each_codec_is_listed_once_and_has_a_package() {
        let all = Vec::from_iter(all());
        for (index, capability) in all.iter().enumerate() {
            assert!(
                all[..index]
                    .iter()
                    .all(|earlier| earlier.codec != capability.codec)
            );
            assert_eq!(
                capability.decoder.is_some(),
                can_decode(capability.codec, DecoderPreference::default())
            );
            assert!(capability.package.starts_with("gstreamer1.0-"));
        }
    }
}
