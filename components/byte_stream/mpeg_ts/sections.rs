/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Program specific information (ISO/IEC 13818-1, 2.4.4): the tables that say which packets belong
//! to which stream.

/// Puts sections together from the payloads of the packets of one PID.
#[derive(Default)]
pub(super) struct SectionBuffer {
    /// The bytes of the current section that have arrived. It is `None` until one begins.
    bytes: Option<Vec<u8>>,
}

impl SectionBuffer {
    /// Adds a payload, and returns the sections that it completes.
    pub(super) fn push(&mut self, is_unit_start: bool, payload: &[u8]) -> Vec<Vec<u8>> {
        let mut sections = Vec::new();
        if !is_unit_start {
            self.collect(payload, &mut sections);
            return sections;
        }
        // The first byte says where the first section begins that begins in the payload.
        let parts = payload
            .split_first()
            .and_then(|(pointer, rest)| rest.split_at_checked(usize::from(*pointer)));
        if let Some((end, start)) = parts {
            self.collect(end, &mut sections);
            self.bytes = Some(Vec::new());
            self.collect(start, &mut sections);
        }
        sections
    }

    /// Returns the memory in bytes that this takes.
    pub(super) fn held_bytes(&self) -> usize {
        self.bytes.as_ref().map_or(0, Vec::capacity)
    }

    fn collect(&mut self, payload: &[u8], sections: &mut Vec<Vec<u8>>) {
        const STUFFING: u8 = 0xff;

        let Some(bytes) = &mut self.bytes else {
            return;
        };
        bytes.extend_from_slice(payload);
        while let Some(&[table, high, low]) = bytes.first_chunk::<3>()
            && table != STUFFING
        {
            let size = 3 + (usize::from(high & 0x0f) << 8 | usize::from(low));
            if bytes.len() < size {
                return;
            }
            let rest = bytes.split_off(size);
            sections.push(std::mem::replace(bytes, rest));
        }
        if bytes.first() == Some(&STUFFING) {
            self.bytes = None;
        }
    }
}

/// The entry of a program in the program association table: where its map is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct ProgramAssociation {
    pub(super) program_number: u16,
    pub(super) map_pid: u16,
}

/// The map of a program: its streams.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ProgramMap {
    /// The PID of the packets whose adaptation fields hold the clock of the program.
    pub(super) pcr_pid: u16,
    /// The audio and video streams that can be played. There is at least one. Broadcasts have
    /// others beside them.
    pub(super) streams: Vec<StreamDescription>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct StreamDescription {
    pub(super) pid: u16,
    pub(super) codec: StreamCodec,
    /// The language in three letters of ISO 639-2. It is empty if it is undetermined.
    pub(super) language: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum StreamCodec {
    /// AAC in ADTS.
    Aac,
    H264,
    Hevc,
    /// MPEG audio of layer I, II or III.
    MpegAudio,
}

impl ProgramAssociation {
    /// Reads a section. It is `None` if the section names no program. The error says what is wrong.
    pub(super) fn read(section: &[u8]) -> Result<Option<Self>, &'static str> {
        const PROGRAM_ASSOCIATION_SECTION: u8 = 0;
        let Some((_, entries)) = read_section(PROGRAM_ASSOCIATION_SECTION, section)? else {
            return Ok(None);
        };
        let mut program = None;
        for entry in entries.chunks_exact(4) {
            let program_number = u16::from_be_bytes([entry[0], entry[1]]);
            let map_pid = u16::from_be_bytes([entry[2], entry[3]]) & 0x1fff;
            // Number 0 is the network information table.
            if program_number == 0 {
                continue;
            }
            if program.is_some() {
                return Err("there is more than one program in the stream");
            }
            program = Some(Self {
                program_number,
                map_pid,
            });
        }
        Ok(program)
    }
}

impl ProgramMap {
    /// Reads a section. It is `None` if the section is not about the program. The error says what
    /// is wrong.
    pub(super) fn read(section: &[u8], program_number: u16) -> Result<Option<Self>, &'static str> {
        const PROGRAM_MAP_SECTION: u8 = 2;
        let Some((number, body)) = read_section(PROGRAM_MAP_SECTION, section)? else {
            return Ok(None);
        };
        if number != program_number {
            return Ok(None);
        }
        const SHORT: &str = "it ends within a field";
        let (&[pcr_high, pcr_low, length_high, length_low], rest) =
            body.split_first_chunk().ok_or(SHORT)?;
        let pcr_pid = u16::from_be_bytes([pcr_high, pcr_low]) & 0x1fff;
        let mut rest = rest.get(length(length_high, length_low)..).ok_or(SHORT)?;
        let mut streams = Vec::new();
        let mut unsupported = None;
        while let Some((&[stream_type, high, low, length_high, length_low], after)) =
            rest.split_first_chunk()
        {
            let (descriptors, after) = after
                .split_at_checked(length(length_high, length_low))
                .ok_or(SHORT)?;
            unsupported = unsupported.or(name_unsupported(stream_type));
            if let Some(codec) = read_stream_type(stream_type) {
                streams.push(StreamDescription {
                    pid: u16::from_be_bytes([high, low]) & 0x1fff,
                    codec,
                    language: read_language(descriptors),
                });
            }
            rest = after;
        }
        if streams.is_empty() {
            return Err(unsupported.unwrap_or("there is neither sound nor pictures in it"));
        }
        Ok(Some(Self { pcr_pid, streams }))
    }
}

fn length(high: u8, low: u8) -> usize {
    usize::from(high & 0x0f) << 8 | usize::from(low)
}

/// Returns the number and the content of a section that is in force. It is `None` if it belongs to
/// another table.
fn read_section(table: u8, section: &[u8]) -> Result<Option<(u16, &[u8])>, &'static str> {
    if section.first() != Some(&table) {
        return Ok(None);
    }
    let Some((&[_, _, _, high, low, version, _, _], rest)) = section.split_first_chunk() else {
        return Err("it ends within a field");
    };
    let Some((content, _checksum)) = rest.split_last_chunk::<4>() else {
        return Err("it ends within a field");
    };
    if checksum(section) != 0 {
        return Err("its checksum is wrong");
    }
    let is_current = version & 1 != 0;
    Ok(is_current.then_some((u16::from_be_bytes([high, low]), content)))
}

/// Computes the CRC_32 (ISO/IEC 13818-1, annex A). It is zero over a section with its checksum.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |register, byte| {
        (0..8).fold(register ^ u32::from(*byte) << 24, |register, _| {
            register << 1 ^ if register >> 31 == 1 { 0x04c1_1db7 } else { 0 }
        })
    })
}

/// Returns the codec of a stream type. It is `None` for what is not played: tables, data, and
/// unsupported audio and video.
fn read_stream_type(stream_type: u8) -> Option<StreamCodec> {
    match stream_type {
        0x03 | 0x04 => Some(StreamCodec::MpegAudio),
        0x0f => Some(StreamCodec::Aac),
        0x1b => Some(StreamCodec::H264),
        0x24 => Some(StreamCodec::Hevc),
        _ => None,
    }
}

/// Returns the error for a program that has only streams of an unsupported type.
fn name_unsupported(stream_type: u8) -> Option<&'static str> {
    match stream_type {
        0x01 | 0x02 => Some("MPEG-1 and MPEG-2 video are not supported"),
        0x10 => Some("MPEG-4 part 2 video is not supported"),
        0x11 => Some("AAC in LATM is not supported, only in ADTS"),
        0x33 => Some("VVC is not supported"),
        0x81 | 0x87 => Some("AC-3 and E-AC-3 are not supported in transport streams"),
        _ => None,
    }
}

/// Reads the ISO_639_language_descriptor (ISO/IEC 13818-1, 2.6.18).
fn read_language(mut descriptors: &[u8]) -> String {
    const LANGUAGE: u8 = 10;
    while let Some((&[tag, length], rest)) = descriptors.split_first_chunk() {
        let Some((content, rest)) = rest.split_at_checked(usize::from(length)) else {
            break;
        };
        if let (LANGUAGE, Some(code)) = (tag, content.first_chunk::<3>()) {
            let is_code = code.iter().all(u8::is_ascii_lowercase) && code != b"und";
            let letters = code.iter().map(|letter| char::from(*letter));
            return if is_code {
                letters.collect()
            } else {
                String::new()
            };
        }
        descriptors = rest;
    }
    String::new()
}

/// Makes sections for the tests of this module and of those that use it.
#[cfg(test)]
pub(super) mod samples {
    /// Makes a section of that table and number, with its checksum.
    fn section(table: u8, number: u16, content: &[u8]) -> Vec<u8> {
        let length = (content.len() + 5 + 4) as u16;
        let mut section = vec![table];
        section.extend_from_slice(&(0xb000 | length).to_be_bytes());
        section.extend_from_slice(&number.to_be_bytes());
        section.extend_from_slice(&[0xc1, 0, 0]);
        section.extend_from_slice(content);
        let checksum = super::checksum(&section);
        section.extend_from_slice(&checksum.to_be_bytes());
        section
    }

    /// Makes an association table of programs, each with its number and the PID of its map.
    pub(crate) fn program_association(programs: &[(u16, u16)]) -> Vec<u8> {
        let entries = programs.iter().flat_map(|(number, pid)| {
            let [high, low] = (0xe000 | pid).to_be_bytes();
            [(number >> 8) as u8, *number as u8, high, low]
        });
        section(0, 1, &entries.collect::<Vec<u8>>())
    }

    /// Makes the map of a program with these streams, each with its type, PID and descriptors. The
    /// packets of the first stream have the clock.
    pub(crate) fn program_map(number: u16, streams: &[(u8, u16, &[u8])]) -> Vec<u8> {
        let clock = streams.first().map_or(0x1fff, |(_, pid, _)| *pid);
        let mut content = (0xe000 | clock).to_be_bytes().to_vec();
        content.extend_from_slice(&[0xf0, 0]);
        for (stream_type, pid, descriptors) in streams {
            content.push(*stream_type);
            content.extend_from_slice(&(0xe000 | pid).to_be_bytes());
            content.extend_from_slice(&(0xf000 | descriptors.len() as u16).to_be_bytes());
            content.extend_from_slice(descriptors);
        }
        section(2, number, &content)
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{program_association, program_map};
    use super::*;

    #[test]
    fn an_association_names_one_program() {
        let section = program_association(&[(0, 0x10), (7, 0x123)]);
        let expected = ProgramAssociation {
            program_number: 7,
            map_pid: 0x123,
        };
        assert_eq!(ProgramAssociation::read(&section), Ok(Some(expected)));
        assert!(ProgramAssociation::read(&program_association(&[(1, 32), (2, 33)])).is_err());
        assert_eq!(
            ProgramAssociation::read(&program_association(&[])),
            Ok(None)
        );
        let mut damaged = section.clone();
        damaged[9] ^= 1;
        assert!(ProgramAssociation::read(&damaged).is_err());
        for length in 1..section.len() {
            assert!(ProgramAssociation::read(&section[..length]).is_err());
        }
    }

    #[test]
    fn a_map_names_the_streams_of_a_program() {
        let streams: [(u8, u16, &[u8]); 3] = [
            (0x1b, 0x100, &[]),
            (0x15, 0x102, &[5, 1, 0]),
            (0x0f, 0x101, &[5, 1, 0, 10, 4, b'd', b'e', b'u', 0]),
        ];
        let section = program_map(7, &streams);
        let map = ProgramMap::read(&section, 7)
            .expect("it is well-formed")
            .expect("it is of the program");
        assert_eq!(map.pcr_pid, 0x100);
        let found: Vec<_> = map
            .streams
            .iter()
            .map(|stream| (stream.pid, stream.codec, stream.language.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                (0x100, StreamCodec::H264, ""),
                (0x101, StreamCodec::Aac, "deu")
            ]
        );
        assert_eq!(ProgramMap::read(&section, 8), Ok(None));
    }

    #[test]
    fn streams_that_are_not_supported() {
        let others = [0x01, 0x02, 0x10, 0x11, 0x33, 0x81, 0x87, 0x06, 0x86, 0xea];
        for other in others {
            let alone = program_map(7, &[(other, 0x100, &[])]);
            assert!(ProgramMap::read(&alone, 7).is_err(), "{other:x}");
            let beside = program_map(7, &[(other, 0x100, &[]), (0x0f, 0x101, &[])]);
            let map = ProgramMap::read(&beside, 7).expect("there is sound");
            let map = map.expect("it is of the program");
            assert_eq!(map.streams.len(), 1);
            assert_eq!(map.pcr_pid, 0x100, "the clock may be there");
        }
    }

    #[test]
    fn sections_span_packets() {
        let first = program_association(&[(1, 32)]);
        let second = program_map(1, &[(0x1b, 0x100, &[9; 200])]);
        let mut buffer = SectionBuffer::default();
        assert!(buffer.push(false, &first).is_empty(), "it did not begin");
        // Two sections in one payload, the second of which goes on in the next ones.
        let start = [&[0][..], &first, &second[..50]].concat();
        assert_eq!(buffer.push(true, &start), std::slice::from_ref(&first));
        assert!(buffer.push(false, &second[50..100]).is_empty());
        let rest = &second[100..];
        let end = [&[rest.len() as u8][..], rest, &first, &[0xff; 20]].concat();
        assert_eq!(buffer.push(true, &end), [second, first.clone()]);
        assert!(buffer.push(false, &first).is_empty(), "stuffing ended them");
        assert!(
            buffer.push(true, &[9, 0]).is_empty(),
            "the pointer is too large"
        );
    }
}
