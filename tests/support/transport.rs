/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Makes MPEG-2 transport streams with made-up frames.

use std::collections::HashMap;

const PACKET_BYTES: usize = 188;
const MAP: u16 = 0x20;
/// The stream type of AAC in ADTS.
pub const AAC: u8 = 0x0f;
/// The stream type of H.264.
pub const H264: u8 = 0x1b;
/// The PID of the first stream.
pub const FIRST: u16 = 0x100;

/// Writes transport packets.
#[derive(Default)]
pub struct Writer {
    bytes: Vec<u8>,
    counters: HashMap<u16, u8>,
}

impl Writer {
    /// Writes the tables of a program of so many streams of that type.
    pub fn tables(&mut self, stream_type: u8, streams: u16) {
        let map_place = [0, 1, 0xe0 | (MAP >> 8) as u8, MAP as u8];
        self.section(0, &section(0, &map_place));
        let mut map = [&(0xe000 | FIRST).to_be_bytes()[..], &[0xf0, 0]].concat();
        for pid in FIRST..FIRST + streams {
            map.push(stream_type);
            map.extend((0xe000 | pid).to_be_bytes());
            map.extend([0xf0, 0]);
        }
        self.section(MAP, &section(2, &map));
    }

    fn section(&mut self, pid: u16, section: &[u8]) {
        let mut bytes = [&[0][..], section].concat();
        bytes.resize(bytes.len().next_multiple_of(PACKET_BYTES - 4), 0xff);
        for (index, part) in bytes.chunks(PACKET_BYTES - 4).enumerate() {
            self.packet(pid, index == 0, part);
        }
    }

    fn packet(&mut self, pid: u16, is_unit_start: bool, payload: &[u8]) {
        let counter = self.counters.entry(pid).or_default();
        let unit_start = if is_unit_start { 0x40 } else { 0 };
        let [high, low] = pid.to_be_bytes();
        let stuffing = PACKET_BYTES - 4 - payload.len();
        let control = if stuffing > 0 { 0x30 } else { 0x10 };
        self.bytes
            .extend([0x47, unit_start | high, low, control | *counter]);
        *counter = (*counter + 1) & 15;
        if stuffing > 0 {
            let mut adaptation = vec![0xff; stuffing];
            adaptation[0] = stuffing as u8 - 1;
            if stuffing > 1 {
                adaptation[1] = 0;
            }
            self.bytes.extend(adaptation);
        }
        self.bytes.extend_from_slice(payload);
    }

    /// Writes a PES packet that states its size, or is open, with a time in ticks of 90 kHz.
    pub fn pes(&mut self, pid: u16, is_open: bool, time: u32, payload: &[u8]) {
        let time = u64::from(time);
        let timestamp = [
            0x21 | (time >> 29) as u8 & 0x0e,
            (time >> 22) as u8,
            (time >> 14) as u8 | 1,
            (time >> 7) as u8,
            (time << 1) as u8 | 1,
        ];
        let size = if is_open { 0 } else { 8 + payload.len() as u16 };
        let mut packet = vec![0, 0, 1, 0xc0];
        packet.extend(size.to_be_bytes());
        packet.extend([0x84, 0x80, 5]);
        packet.extend(timestamp);
        packet.extend_from_slice(payload);
        for (index, part) in packet.chunks(PACKET_BYTES - 4).enumerate() {
            self.packet(pid, index == 0, part);
        }
    }

    /// Writes more of an open PES packet.
    pub fn go_on(&mut self, pid: u16, payload: &[u8]) {
        for part in payload.chunks(PACKET_BYTES - 4) {
            self.packet(pid, false, part);
        }
    }

    /// Returns what was written since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}

/// Makes a section of number 1, with its checksum.
fn section(table: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len() as u16 + 5 + 4;
    let mut section = vec![table];
    section.extend((0xb000 | length).to_be_bytes());
    section.extend([0, 1, 0xc1, 0, 0]);
    section.extend_from_slice(content);
    let checksum = section.iter().fold(u32::MAX, |register, byte| {
        (0..8).fold(register ^ u32::from(*byte) << 24, |register, _| {
            register << 1 ^ if register >> 31 == 1 { 0x04c1_1db7 } else { 0 }
        })
    });
    section.extend(checksum.to_be_bytes());
    section
}

/// Makes a frame of AAC LC at 48 kHz, stereo, with so many bytes behind its header.
pub fn adts(payload_bytes: usize) -> Vec<u8> {
    let size = 7 + payload_bytes;
    let [high, low] = ((size as u16) << 5 | 0x1f).to_be_bytes();
    let mut frame = vec![0xff, 0xf1, 0x4c, 0x80 | (size >> 11) as u8, high, low, 0xfc];
    frame.resize(size, 0x21);
    frame
}
