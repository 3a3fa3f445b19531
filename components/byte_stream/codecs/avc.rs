/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! H.264.

/// The RFC 6381 string of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1) in a
/// sample entry of that name. `None` if it is too short or of another version.
pub(crate) fn avc_codec_string(sample_entry: &str, record: &[u8]) -> Option<String> {
    let [1, profile, compatibility, level, _, ..] = record else {
        return None;
    };
    Some(format!(
        "{sample_entry}.{profile:02X}{compatibility:02X}{level:02X}"
    ))
}
