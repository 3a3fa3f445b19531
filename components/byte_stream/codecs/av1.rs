/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! AV1.

/// The codec string of an AV1CodecConfigurationRecord, in its mandatory fields:
/// <https://aomediacodec.github.io/av1-isobmff/#codecsparam>. `None` if it is none.
pub(crate) fn av1_codec_string(record: &[u8]) -> Option<String> {
    let [0x81, profile_and_level, features, ..] = *record else {
        return None;
    };
    let (profile, level) = (profile_and_level >> 5, profile_and_level & 0x1f);
    let tier = if features & 0x80 != 0 { 'H' } else { 'M' };
    let bit_depth = match (features & 0x40 != 0, features & 0x20 != 0) {
        (true, true) if profile == 2 => 12,
        (true, _) => 10,
        _ => 8,
    };
    Some(format!("av01.{profile}.{level:02}{tier}.{bit_depth:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codec_string() {
        let read = |record: &[u8]| av1_codec_string(record);
        assert_eq!(
            read(&[0x81, 0x04, 0x0c, 0]).as_deref(),
            Some("av01.0.04M.08")
        );
        assert_eq!(
            read(&[0x81, 0x4d, 0xe0, 0]).as_deref(),
            Some("av01.2.13H.12")
        );
        assert_eq!(read(&[0x82, 0x04, 0x0c]), None);
        assert_eq!(read(&[0x81, 0x04]), None);
    }
}
