/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Packetized elementary streams (ISO/IEC 13818-1, 2.4.3.6): packets with times that lie over
//! many transport packets.

/// The fields of the header of a PES packet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct PesHeader {
    pub(super) timestamps: Option<Timestamps>,
}

/// The timestamps of a PES packet, in ticks of 90 kHz, modulo 2^33.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Timestamps {
    pub(super) presentation: u64,
    pub(super) decode: u64,
}

const PREFIX: [u8; 3] = [0, 0, 1];

/// The number of bytes of a header before the optional fields. The last of them is the length of
/// the optional fields.
const FIXED_BYTES: usize = 9;

impl PesHeader {
    /// Reads a complete header. The error says what is wrong.
    fn read(header: &[u8]) -> Result<Self, &'static str> {
        const SHORT: &str = "it ends within its header";
        let (fixed, fields) = header.split_first_chunk::<FIXED_BYTES>().ok_or(SHORT)?;
        let [.., flags, more_flags, _] = *fixed;
        if flags & 0xc0 != 0x80 {
            return Err("its header is not the one of a stream of sound or pictures");
        }
        if flags & 0x30 != 0 {
            return Err("scrambled streams are not supported");
        }
        if more_flags & 0x80 == 0 {
            return Ok(Self { timestamps: None });
        }
        let presentation = read_timestamp(fields).ok_or(SHORT)?;
        let decode = match more_flags & 0x40 {
            0 => presentation,
            _ => fields.get(5..).and_then(read_timestamp).ok_or(SHORT)?,
        };
        let timestamps = Some(Timestamps {
            presentation,
            decode,
        });
        Ok(Self { timestamps })
    }
}

/// Reads a timestamp, which is written as three, fifteen and fifteen bits, with a marker after each
/// group.
fn read_timestamp(field: &[u8]) -> Option<u64> {
    let [a, b, c, d, e] = field.first_chunk::<5>()?.map(u64::from);
    Some((a >> 1 & 7) << 30 | b << 22 | (c >> 1) << 15 | d << 7 | e >> 1)
}

/// Whether packets of that kind have no header after their size, and nothing that is played
/// (ISO/IEC 13818-1, table 2-21): the map and the directory of a program stream, padding, private
/// data, and control messages.
fn is_without_header(stream_id: u8) -> bool {
    matches!(
        stream_id,
        0xbc | 0xbe | 0xbf | 0xf0 | 0xf1 | 0xf2 | 0xf8 | 0xff
    )
}

/// Reads the PES packets of one PID.
#[derive(Default)]
pub(super) struct PesReader {
    /// Where the transport packet starts in the stream in which the current PES packet begins.
    pub(super) start: u64,
    state: State,
    /// The bytes of the header that have arrived.
    header: Vec<u8>,
}

#[derive(Clone, Copy, Default)]
enum State {
    /// Outside of packets.
    #[default]
    Closed,
    Header,
    /// The parser is in the payload. `left` is `None` if the packet ends where the next one begins.
    Payload {
        left: Option<usize>,
    },
    /// The parser is in a packet that is skipped.
    Skipped {
        left: Option<usize>,
    },
}

/// The part of a PES packet in the payload of a transport packet.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct PesPart<'a> {
    /// The header, if this part completes it.
    pub(super) header: Option<PesHeader>,
    pub(super) payload: &'a [u8],
}

impl PesReader {
    /// Begins a packet.
    pub(super) fn open(&mut self, start: u64) {
        self.start = start;
        self.state = State::Header;
        self.header.clear();
    }

    /// Ends the packet. No more of it will come.
    pub(super) fn close(&mut self) {
        self.state = State::Closed;
    }

    /// Whether a part of the packet is missing.
    pub(super) fn is_incomplete(&self) -> bool {
        match self.state {
            State::Closed => false,
            State::Header => true,
            State::Payload { left } | State::Skipped { left } => left.is_some(),
        }
    }

    /// Adds bytes to the packet, if it began. The error says what is wrong.
    pub(super) fn push<'a>(&mut self, bytes: &'a [u8]) -> Result<PesPart<'a>, &'static str> {
        let (header, rest) = match self.state {
            State::Header => self.push_header(bytes)?,
            _ => (None, bytes),
        };
        let (left, is_wanted) = match &mut self.state {
            State::Closed | State::Header => return Ok(PesPart::default()),
            State::Payload { left } => (left, true),
            State::Skipped { left } => (left, false),
        };
        let size = left.map_or(rest.len(), |left| left.min(rest.len()));
        if let Some(left) = left {
            *left -= size;
            if *left == 0 {
                self.state = State::Closed;
            }
        }
        let payload = if is_wanted { &rest[..size] } else { &[] };
        Ok(PesPart { header, payload })
    }

    /// Collects the header, and returns it and what follows it once it is complete.
    fn push_header<'a>(
        &mut self,
        mut bytes: &'a [u8],
    ) -> Result<(Option<PesHeader>, &'a [u8]), &'static str> {
        const SIZE_BYTES: usize = 6;
        if !self.collect(SIZE_BYTES, &mut bytes) {
            return Ok((None, bytes));
        }
        let [a, b, c, stream_id, high, low] = *self.header.first_chunk().expect("it was collected");
        if [a, b, c] != PREFIX {
            return Err("it does not begin with a start code");
        }
        let size = match usize::from(u16::from_be_bytes([high, low])) {
            0 => None,
            size => Some(size),
        };
        if is_without_header(stream_id) {
            self.state = State::Skipped { left: size };
            return Ok((None, bytes));
        }
        if !self.collect(FIXED_BYTES, &mut bytes) {
            return Ok((None, bytes));
        }
        let header_size = FIXED_BYTES + usize::from(self.header[FIXED_BYTES - 1]);
        if !self.collect(header_size, &mut bytes) {
            return Ok((None, bytes));
        }
        let left = match size {
            None => None,
            Some(size) => {
                let left = (SIZE_BYTES + size).checked_sub(header_size);
                Some(left.ok_or("it ends within its header")?)
            }
        };
        let header = PesHeader::read(&self.header)?;
        self.state = State::Payload { left };
        Ok((Some(header), bytes))
    }

    /// Moves bytes to the header until it has `size` of them. It returns `false` if there are too
    /// few.
    fn collect(&mut self, size: usize, bytes: &mut &[u8]) -> bool {
        let wanted = size.saturating_sub(self.header.len()).min(bytes.len());
        let (taken, rest) = bytes.split_at(wanted);
        self.header.extend_from_slice(taken);
        *bytes = rest;
        self.header.len() >= size
    }

    /// Returns the memory in bytes that this takes.
    pub(super) fn held_bytes(&self) -> usize {
        self.header.capacity()
    }
}

/// Makes PES packets for the tests of this module and of those that use it.
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

    /// Makes a packet of audio, which states its size, or of video, which does not.
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

    /// Returns the timestamps and the payload of a packet that comes in parts of that length.
    fn read(packet: &[u8], part: usize) -> Result<(Option<Timestamps>, Vec<u8>), &'static str> {
        let mut reader = PesReader::default();
        reader.open(0);
        let mut header = None;
        let mut payload = Vec::new();
        for bytes in packet.chunks(part) {
            let part = reader.push(bytes)?;
            header = header.or(part.header);
            payload.extend_from_slice(part.payload);
        }
        let header: PesHeader = header.ok_or("there is no header")?;
        Ok((header.timestamps, payload))
    }

    #[test]
    fn times_and_payload_are_read() {
        let last = (1 << 33) - 1;
        for (presentation, decode) in [(0, 0), (last, 0x1_2345_6789), (0x1_5555_5555, last)] {
            let packet = pes_packet(true, (presentation, decode), b"payload");
            let timestamps = Some(Timestamps {
                presentation,
                decode,
            });
            for part in [1, 7, 100] {
                let expected = Ok((timestamps, b"payload".to_vec()));
                assert_eq!(read(&packet, part), expected);
            }
        }
        let mut without_times = pes_packet(true, (1, 1), b"payload");
        without_times[7] = 0;
        assert_eq!(read(&without_times, 3), Ok((None, b"payload".to_vec())));
    }

    #[test]
    fn damaged_headers_are_errors() {
        let packet = pes_packet(true, (1, 1), b"");
        for length in 1..packet.len() {
            assert!(read(&packet[..length], 1).is_err());
        }
        for (index, value) in [(2, 2), (5, 3), (6, 0), (6, 0x90), (8, 3)] {
            let mut packet = packet.clone();
            packet[index] = value;
            assert!(read(&packet, 100).is_err(), "{index}");
        }
    }

    #[test]
    fn a_packet_ends_by_its_size_or_the_next_one() {
        let packet = pes_packet(true, (1, 1), &[7; 100]);
        let mut reader = PesReader::default();
        assert_eq!(
            reader.push(&packet),
            Ok(PesPart::default()),
            "it did not begin"
        );
        reader.open(0);
        let (most, last) = packet.split_at(packet.len() - 1);
        assert_eq!(
            reader.push(most).expect("it is well-formed").payload,
            [7; 99]
        );
        assert!(reader.is_incomplete());
        let stuffed = [last, &[8, 9]].concat();
        assert_eq!(
            reader.push(&stuffed).expect("it is well-formed").payload,
            [7]
        );
        assert!(!reader.is_incomplete());
        assert_eq!(reader.push(&[1]), Ok(PesPart::default()), "it is over");

        reader.open(0);
        let packet = pes_packet(false, (1, 1), &[7; 100]);
        assert_eq!(
            reader.push(&packet).expect("it is well-formed").payload,
            [7; 100]
        );
        assert!(!reader.is_incomplete());
        assert_eq!(reader.push(&[8]).expect("it goes on").payload, [8]);
    }

    #[test]
    fn packets_without_header_are_skipped() {
        for stream_id in [0xbc, 0xbe, 0xbf, 0xf0, 0xf1, 0xf2, 0xf8, 0xff] {
            for bytes in [
                &[0, 0, 1, stream_id, 0, 3, 1, 2, 3, 4][..],
                &[0, 0, 1, stream_id, 0, 0],
            ] {
                assert_eq!(read(bytes, 4), Err("there is no header"), "{stream_id:x}");
            }
        }
    }
}
