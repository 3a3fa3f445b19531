/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! VP9.

/// The string of the VP Codec ISO Media File Format Binding, in its mandatory fields.
pub(crate) fn vp9_codec_string(profile: u8, level: u8, bit_depth: u8) -> String {
    format!("vp09.{profile:02}.{level:02}.{bit_depth:02}")
}

/// The same from the features in the CodecPrivate of WebM (profile 1, level 2, bit depth 3, each
/// with its length), where it is there at all.
pub(crate) fn vp9_codec_string_of_private_data(codec_private: &[u8]) -> String {
    let feature = |wanted| {
        let mut features = codec_private.chunks_exact(3);
        features
            .find(|feature| feature[0] == wanted && feature[1] == 1)
            .map(|feature| feature[2])
    };
    match (feature(1), feature(2), feature(3)) {
        (Some(profile), Some(level), Some(bit_depth)) => {
            vp9_codec_string(profile, level, bit_depth)
        }
        _ => "vp9".to_owned(),
    }
}
