/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The codecs that this machine can decode, by GStreamer's registry.

use std::sync::OnceLock;
use std::thread;

use byte_stream::track::Codec;

use crate::codec::CODECS;
use crate::decoder::decoders_for;
use crate::log::CATEGORY;

/// The pixels that one core decodes and shows in a second: 1080p at 30 frames a second.
const PIXELS_A_SECOND_AND_CORE: f64 = 1920. * 1080. * 30.;

/// A codec, and the element that decodes it on this machine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Capability {
    /// The codec.
    pub codec: Codec,
    /// The name of the codec that is shown to users.
    pub name: &'static str,
    /// The GStreamer elements that decode it, a parser before the decoder if that needs one, as
    /// `gst-launch-1.0` writes them; `None` if no decoder is installed.
    pub decoder: Option<String>,
    /// The Debian package with a decoder for the codec.
    pub package: &'static str,
}

/// Returns whether a decoder for `codec` is installed. The first question takes as long as starting
/// GStreamer does; the answers are kept.
pub fn can_decode(codec: Codec) -> bool {
    log_missing_decoders();
    !decoders_for(codec).is_empty()
}

/// Returns whether so many pixels a second can be shown without dropping frames, whatever the codec. It
/// is an estimate from the number of cores, since no other hardware is used for decoding.
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
        decoder: decoders_for(entry.codec).first().map(ToString::to_string),
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
            assert_eq!(capability.decoder.is_some(), can_decode(capability.codec));
            assert!(capability.package.starts_with("gstreamer1.0-"));
        }
    }
}
