/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! AC-3 and E-AC-3 (ETSI TS 102 366, annex F).

use super::bits::Bits;

#[derive(Debug, Eq, PartialEq)]
pub(crate) struct DolbyConfig {
    /// The sample rate in Hz. It is `None` if only the frames state it.
    pub(crate) sample_rate: Option<u32>,
    pub(crate) channels: u32,
}

/// Reads the fields of a `dac3` box. It is `None` if the box ends before they do.
pub(crate) fn read_ac3_config(fields: &[u8]) -> Option<DolbyConfig> {
    let mut bits = Bits::new(fields);
    let sample_rate = sample_rate(bits.read(2)?);
    bits.read(5 + 3)?; // bsid, bsmod
    let channels = front_and_surround_channels(&mut bits)?;
    Some(DolbyConfig {
        sample_rate,
        channels,
    })
}

/// Reads the fields of the first programme in a `dec3` box. It is `None` if the box ends before
/// they do.
pub(crate) fn read_eac3_config(fields: &[u8]) -> Option<DolbyConfig> {
    let mut bits = Bits::new(fields);
    bits.read(13 + 3)?; // data_rate, num_ind_sub
    let sample_rate = sample_rate(bits.read(2)?);
    bits.read(5 + 1 + 1 + 3)?; // bsid, reserved, asvc, bsmod
    let mut channels = front_and_surround_channels(&mut bits)?;
    bits.read(3)?; // reserved
    let dependent_substreams = bits.read(4)?;
    if dependent_substreams > 0 {
        channels += further_channels(bits.read(9)?);
    }
    Some(DolbyConfig {
        sample_rate,
        channels,
    })
}

fn sample_rate(fscod: u32) -> Option<u32> {
    [48_000, 44_100, 32_000].get(fscod as usize).copied()
}

/// Reads `acmod` and `lfeon`, and returns the number of channels that they stand for.
fn front_and_surround_channels(bits: &mut Bits) -> Option<u32> {
    let full = [2, 1, 2, 3, 3, 4, 4, 5][bits.read(3)? as usize];
    Some(full + bits.read(1)?)
}

/// Returns the number of channels at the locations of `chan_loc`, some of which are pairs.
fn further_channels(locations: u32) -> u32 {
    const PAIRS: u32 = 0b0_0111_0011;
    locations.count_ones() + (locations & PAIRS).count_ones()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(sample_rate: Option<u32>, channels: u32) -> Option<DolbyConfig> {
        Some(DolbyConfig {
            sample_rate,
            channels,
        })
    }

    #[test]
    fn an_ac3_box_is_read() {
        // 00 01000 000 111 1 01010 00000
        let fields = [0x10, 0x3d, 0x40];
        assert_eq!(read_ac3_config(&fields), config(Some(48_000), 6));
        assert_eq!(read_ac3_config(&fields[..1]), None);
    }

    #[test]
    fn eac3_with_a_dependent_substream() {
        // 0..., 01 10000 0 0 000 111 1 000 0001 000000010 (Lrs/Rrs)
        let fields = [0, 0, 0x60, 0x0f, 0x02, 0x02];
        assert_eq!(read_eac3_config(&fields), config(Some(44_100), 8));
        let no_rate = [0, 0, 0xe0, 0x04, 0x00];
        assert_eq!(read_eac3_config(&no_rate), config(None, 2));
    }
}
