/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The tables of codecs and decoders that `--capabilities` and `--decoders` print.

use std::fmt::Write as _;

use media_gstreamer::{DecoderPreference, capabilities};

/// A line to a codec: what decodes it, or what to install.
pub fn table() -> String {
    let mut table = format!("{:<20}{:<34}{}\n", "codec", "decoder", "missing package");
    for capability in capabilities::all() {
        let (decoder, missing) = match &capability.decoder {
            Some(decoder) => (decoder.as_str(), ""),
            None => ("none", capability.package),
        };
        let line = format!("{:<20}{decoder:<34}{missing}", capability.name);
        let _ = writeln!(table, "{}", line.trim_end());
    }
    table
}

/// A line to a decoder: what it runs on, and its turn for pictures that are large and for those that are not.
pub fn decoders(preference: DecoderPreference) -> String {
    let (width, height) = capabilities::LARGE_PICTURE;
    let large = format!("{width}x{height}");
    let mut table = format!(
        "{:<20}{:<34}{:<10}{large:<10}smaller\n",
        "codec", "decoder", "class"
    );
    for capability in capabilities::all() {
        let decoders = |size| capabilities::decoders(capability.codec, size, preference);
        let for_small = decoders((0, 0));
        let mut name = capability.name;
        for (index, decoder) in decoders(capabilities::LARGE_PICTURE).iter().enumerate() {
            let class = if decoder.is_hardware {
                "hardware"
            } else {
                "software"
            };
            let small = for_small.iter().position(|other| other == decoder);
            let small = small.map_or(String::new(), |index| (index + 1).to_string());
            let (turn, elements) = (index + 1, &decoder.elements);
            let _ = writeln!(
                table,
                "{name:<20}{elements:<34}{class:<10}{turn:<10}{small}"
            );
            name = "";
        }
    }
    table
}
