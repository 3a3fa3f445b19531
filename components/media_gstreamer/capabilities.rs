/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What this machine can decode, as GStreamer's registry has it.

use std::sync::OnceLock;
use std::thread;

use byte_stream::track::Codec;

use crate::codec::CODECS;
use crate::decoder::decoders_for;
use crate::log::CATEGORY;

/// What one core decodes and shows: 1080p at 30 pictures a second.
const PIXELS_A_SECOND_AND_CORE: f64 = 1920. * 1080. * 30.;

/// What is known of a codec on this machine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Capability {
    /// Which codec.
    pub codec: Codec,
    /// Its name for people.
    pub name: &'static str,
    /// The GStreamer elements that decode it, a parser before the decoder if that needs one, as
    /// `gst-launch-1.0` writes them; `None` if no decoder is installed.
    pub decoder: Option<String>,
    /// The Debian package with a decoder for it.
    pub package: &'static str,
}

/// Whether a decoder for `codec` is installed. The first question takes as long as starting
/// GStreamer does; the answers are kept.
pub fn can_decode(codec: Codec) -> bool {
    log_missing_decoders();
    !decoders_for(codec).is_empty()
}

/// Whether so many pixels a second are shown without dropping pictures, whatever the codec: an
/// estimate from the cores there are. Nothing is decoded by other hardware.
pub fn is_smooth(pixels_a_second: f64) -> bool {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    pixels_a_second <= PIXELS_A_SECOND_AND_CORE * cores as f64
}

/// All codecs of sound and pictures that byte streams may have, and what decodes them.
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

/// Writes to GStreamer's log, once, which packages would bring the decoders that are missing.
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
    fn test_more_pixels_than_any_machine_decodes_are_not_smooth() {
        assert!(is_smooth(640. * 360. * 25.));
        assert!(!is_smooth(f64::from(1 << 20) * f64::from(1 << 20) * 25.));
    }

    #[test]
    fn test_each_codec_is_listed_once_and_has_a_package() {
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
