/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! HEVC.

use std::fmt::Write;

/// The string of an HEVCDecoderConfigurationRecord in a sample entry of that name
/// (ISO/IEC 14496-15, annex E.3). `None` if it is too short or of another version.
pub(crate) fn hevc_codec_string(sample_entry: &str, record: &[u8]) -> Option<String> {
    let (&[1, profile, c3, c2, c1, c0], rest) = record.split_first_chunk::<6>()? else {
        return None;
    };
    let (constraints, rest) = rest.split_first_chunk::<6>()?;
    let level = *rest.first()?;
    let space = ["", "A", "B", "C"][usize::from(profile >> 6)];
    let tier = if profile & 0x20 != 0 { 'H' } else { 'L' };
    let compatibility = u32::from_be_bytes([c3, c2, c1, c0]).reverse_bits();
    let mut text = format!(
        "{sample_entry}.{space}{}.{compatibility:X}.{tier}{level}",
        profile & 0x1f
    );
    let constraint_bytes = constraints.iter().rposition(|byte| *byte != 0);
    for byte in &constraints[..constraint_bytes.map_or(0, |last| last + 1)] {
        // Writing to a string does not fail.
        let _ = write!(text, ".{byte:X}");
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codec_string() {
        let main = [1, 0x01, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 93, 0xf0];
        assert_eq!(
            hevc_codec_string("hvc1", &main).as_deref(),
            Some("hvc1.1.6.L93.90")
        );
        let main10_high = [1, 0x62, 0x20, 0, 0, 0, 0xb0, 0, 0x10, 0, 0, 0, 153];
        assert_eq!(
            hevc_codec_string("hev1", &main10_high).as_deref(),
            Some("hev1.A2.4.H153.B0.0.10")
        );
        assert_eq!(hevc_codec_string("hvc1", &main[..12]), None);
    }
}
