/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The table of codecs that `--capabilities` prints.

use std::fmt::Write as _;

use media_gstreamer::capabilities;

/// A line to a codec: what decodes it, or what to install.
pub fn table() -> String {
    let mut table = format!("{:<14}{:<34}{}\n", "codec", "decoder", "missing package");
    for capability in capabilities::all() {
        let (decoder, missing) = match &capability.decoder {
            Some(decoder) => (decoder.as_str(), ""),
            None => ("none", capability.package),
        };
        let line = format!("{:<14}{decoder:<34}{missing}", capability.name);
        let _ = writeln!(table, "{}", line.trim_end());
    }
    table
}
