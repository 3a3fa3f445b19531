/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Packetized elementary streams (ISO/IEC 13818-1, 2.4.3.6): packets with times that lie over
//! many transport packets.

use crate::limits;

/// A PES packet, as much of it as is there.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct PesPacket<'a> {
    /// In ticks of 90 kHz, modulo 2^33.
    pub(super) presentation: u64,
    pub(super) decode: u64,
    pub(super) payload: &'a [u8],
}

const PREFIX: [u8; 3] = [0, 0, 1];

impl<'a> PesPacket<'a> {
    /// The error is its cause.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, &'static str> {
        const SHORT: &str = "it ends within its header";
        let (header, rest) = bytes.split_first_chunk::<9>().ok_or(SHORT)?;
        if !header.starts_with(&PREFIX) {
            return Err("it does not begin with a start code");
        }
        let [.., flags, more_flags, header_length] = *header;
        if flags & 0xc0 != 0x80 {
            return Err("its header is not the one of a stream of sound or pictures");
        }
        if flags & 0x30 != 0 {
            return Err("scrambled streams are not supported");
        }
        let (fields, payload) = rest
            .split_at_checked(usize::from(header_length))
            .ok_or(SHORT)?;
        if more_flags & 0x80 == 0 {
            return Err("it has no presentation timestamp");
        }
        let presentation = read_timestamp(fields).ok_or(SHORT)?;
        let decode = match more_flags & 0x40 {
            0 => presentation,
            _ => fields.get(5..).and_then(read_timestamp).ok_or(SHORT)?,
        };
        Ok(Self {
            presentation,
            decode,
            payload,
        })
    }
}

/// Three, fifteen and fifteen bits, after each of which there is a marker.
fn read_timestamp(field: &[u8]) -> Option<u64> {
    let [a, b, c, d, e] = field.first_chunk::<5>()?.map(u64::from);
    Some((a >> 1 & 7) << 30 | b << 22 | (c >> 1) << 15 | d << 7 | e >> 1)
}

/// Puts the PES packets of one PID together.
#[derive(Default)]
pub(super) struct PesBuffer {
    /// What there is of the packet at hand, and then of the complete one; its memory is kept.
    bytes: Vec<u8>,
    is_open: bool,
    /// Where the transport packet in which it begins starts in the stream.
    pub(super) start: u64,
    /// Whether that one has random_access_indicator.
    pub(super) is_random_access_point: bool,
}

impl PesBuffer {
    /// A packet begins.
    pub(super) fn open(&mut self, start: u64, is_random_access_point: bool) {
        self.bytes.clear();
        self.is_open = true;
        self.start = start;
        self.is_random_access_point = is_random_access_point;
    }

    /// Adds to the packet, if it began. True if it is complete.
    pub(super) fn push(&mut self, payload: &[u8]) -> Result<bool, &'static str> {
        if !self.is_open {
            return Ok(false);
        }
        self.bytes.extend_from_slice(payload);
        if self.bytes.len() as u64 > limits::FRAME_BYTES {
            return Err("it is too large");
        }
        let is_complete = self.size().is_some_and(|size| self.bytes.len() >= size);
        if is_complete {
            self.is_open = false;
        }
        Ok(is_complete)
    }

    /// No more of the packet will come. True if it can be complete: it does not say its size.
    pub(super) fn close(&mut self) -> bool {
        let may_be_complete = self.has_header() && self.size().is_none();
        self.is_open = false;
        may_be_complete
    }

    /// Whether there must be more of the packet.
    pub(super) fn is_incomplete(&self) -> bool {
        self.is_open && (self.bytes.len() < 6 || self.size().is_some())
    }

    /// Whether a packet has begun and its header is there.
    pub(super) fn has_header(&self) -> bool {
        let length = self.bytes.get(8).map(|length| 9 + usize::from(*length));
        self.is_open && length.is_some_and(|length| self.bytes.len() >= length)
    }

    /// What there is of the packet, and all of it once it is complete.
    pub(super) fn bytes(&self) -> &[u8] {
        let size = self.size().unwrap_or(self.bytes.len());
        self.bytes.get(..size).unwrap_or(&self.bytes)
    }

    /// `None` if it is not known: the packet ends where the next one begins.
    fn size(&self) -> Option<usize> {
        match self.bytes.first_chunk::<6>() {
            None | Some([.., 0, 0]) => None,
            Some([.., high, low]) => Some(6 + (usize::from(*high) << 8 | usize::from(*low))),
        }
    }
}

/// Whether the first bytes of a payload begin a PES packet.
pub(super) fn begins_pes_packet(payload: &[u8]) -> bool {
    payload.starts_with(&PREFIX)
}

/// PES packets for the tests of this module and of those that use it.
#[cfg(test)]
pub(super) mod samples {
    fn timestamp(prefix: u8, time: u64) -> [u8; 5] {
        [
            prefix << 4 | ((time >> 30) as u8 & 7) << 1 | 1,
            (time >> 22) as u8,
            ((time >> 15) as u8) << 1 | 1,
            (time >> 7) as u8,
            (time as u8) << 1 | 1,
        ]
    }

    /// A packet of sound, which says its size, or of pictures, which does not.
    pub(crate) fn pes_packet(is_audio: bool, times: (u64, u64), payload: &[u8]) -> Vec<u8> {
        let fields = [timestamp(3, times.0), timestamp(1, times.1)].concat();
        let size = if is_audio {
            3 + 10 + payload.len() as u16
        } else {
            0
        };
        let mut packet = vec![0, 0, 1, if is_audio { 0xc0 } else { 0xe0 }];
        packet.extend_from_slice(&size.to_be_bytes());
        packet.extend_from_slice(&[0x84, 0xc0, 10]);
        packet.extend_from_slice(&fields);
        packet.extend_from_slice(payload);
        packet
    }
}

#[cfg(test)]
mod tests {
    use super::samples::pes_packet;
    use super::*;

    #[test]
    fn times_and_payload() {
        let last = (1 << 33) - 1;
        for (presentation, decode) in [(0, 0), (last, 0x1_2345_6789), (0x1_5555_5555, last)] {
            let packet = pes_packet(true, (presentation, decode), b"payload");
            let expected = PesPacket {
                presentation,
                decode,
                payload: b"payload",
            };
            assert_eq!(PesPacket::read(&packet), Ok(expected));
        }
    }

    #[test]
    fn damaged() {
        let packet = pes_packet(true, (1, 1), b"");
        for length in 0..packet.len() {
            assert!(PesPacket::read(&packet[..length]).is_err());
        }
        for (index, value) in [(2, 2), (6, 0), (6, 0x90), (7, 0)] {
            let mut packet = packet.clone();
            packet[index] = value;
            assert!(PesPacket::read(&packet).is_err(), "{index}");
        }
    }

    #[test]
    fn over_several_payloads() {
        let packet = pes_packet(true, (1, 1), &[7; 100]);
        let mut buffer = PesBuffer::default();
        assert_eq!(buffer.push(&packet), Ok(false), "it did not begin");
        buffer.open(0, false);
        for byte in &packet[..packet.len() - 1] {
            assert_eq!(buffer.push(&[*byte]), Ok(false));
            assert!(buffer.is_incomplete());
        }
        assert_eq!(buffer.push(&[7, 8, 9]), Ok(true));
        assert_eq!(buffer.bytes(), packet);
        assert!(!buffer.is_incomplete() && !buffer.close());

        let packet = pes_packet(false, (1, 1), &[7; 100]);
        buffer.open(0, false);
        assert_eq!(buffer.push(&packet), Ok(false));
        assert!(!buffer.is_incomplete() && buffer.close());
        assert_eq!(buffer.bytes(), packet);
    }
}
