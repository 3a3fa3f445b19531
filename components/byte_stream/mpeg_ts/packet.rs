/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Transport packets (ISO/IEC 13818-1, 2.4.3.2).

/// The number of bytes of every packet.
pub(super) const PACKET_BYTES: usize = 188;

/// The first byte of every packet.
pub(super) const SYNC_BYTE: u8 = 0x47;

/// The header of a packet, and its payload.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Packet<'a> {
    pub(super) pid: u16,
    /// Whether a PES packet or a section begins in this packet.
    pub(super) is_unit_start: bool,
    pub(super) is_scrambled: bool,
    /// A counter that goes up by one, modulo 16, from each packet of the PID with a payload to the
    /// next.
    pub(super) continuity_counter: u8,
    /// The discontinuity_indicator: what comes does not continue what was.
    pub(super) is_discontinuous: bool,
    /// The random_access_indicator: decoding can begin at what starts in this packet.
    pub(super) is_random_access_point: bool,
    /// The payload. It is empty if there is none.
    pub(super) payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Reads a packet. The error says what is wrong.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, &'static str> {
        let Some(([_, second, third, fourth], mut rest)) = bytes.split_first_chunk() else {
            return Err("it ends within its header");
        };
        if second & 0x80 != 0 {
            return Err("it is marked as damaged (transport_error_indicator)");
        }
        let has_payload = fourth & 0x10 != 0;
        let has_adaptation_field = fourth & 0x20 != 0;
        let mut adaptation_flags = 0;
        if has_adaptation_field {
            let field = rest
                .split_first()
                .and_then(|(length, rest)| rest.split_at_checked(usize::from(*length)));
            let Some((field, payload)) = field else {
                return Err("its adaptation field is longer than it");
            };
            adaptation_flags = field.first().copied().unwrap_or(0);
            rest = payload;
        }
        Ok(Self {
            pid: u16::from(second & 0x1f) << 8 | u16::from(*third),
            is_unit_start: second & 0x40 != 0,
            is_scrambled: fourth & 0xc0 != 0,
            continuity_counter: fourth & 15,
            is_discontinuous: adaptation_flags & 0x80 != 0,
            is_random_access_point: adaptation_flags & 0x40 != 0,
            payload: if has_payload { rest } else { &[] },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_packet_are_read() {
        let bytes = [&[0x47, 0x41, 0x23, 0x3a, 2, 0xc0, 0xff][..], &[7; 181]].concat();
        let expected = Packet {
            pid: 0x123,
            is_unit_start: true,
            is_scrambled: false,
            continuity_counter: 10,
            is_discontinuous: true,
            is_random_access_point: true,
            payload: &[7; 181],
        };
        assert_eq!(Packet::read(&bytes), Ok(expected));
        let without_payload = [&[0x47, 0x01, 0x23, 0x20, 183][..], &[0; 183]].concat();
        let packet = Packet::read(&without_payload).expect("it is a packet");
        assert!(packet.payload.is_empty());
    }

    #[test]
    fn damaged_packets_are_errors() {
        let too_long = [&[0x47, 0x01, 0x23, 0x30, 184][..], &[0; 183]].concat();
        assert!(Packet::read(&too_long).is_err());
        assert!(Packet::read(&[0x47, 0x81, 0x23, 0x10, 0]).is_err());
        assert!(Packet::read(&[0x47, 0x01]).is_err());
    }
}
