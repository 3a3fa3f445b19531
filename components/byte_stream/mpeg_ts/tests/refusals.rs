/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tests of what is refused, and of what hostile streams cost.

use super::*;

#[test]
fn broken_streams_are_refused() {
    let mut no_stream = Writer::default();
    no_stream.tables(&[(0x06, VIDEO, &[])]);
    let mut damaged = Writer::new();
    damaged.bytes[PACKET_BYTES + 1] |= 0x80;
    let mut scrambled = Writer::new();
    scrambled.picture(0, &key_picture());
    scrambled.bytes[2 * PACKET_BYTES + 3] |= 0x80;
    let mut silent = Writer::new();
    silent.picture(0, &vec![0xff; limits::WAITING_BYTES + PACKET_BYTES]);
    for writer in [no_stream, damaged, scrambled] {
        assert!(parse(&writer.bytes).error.is_some());
    }
    let mut parser = Parser::new(ByteStreamFormat::MpegTs);
    let mut outcome = Outcome::default();
    parser.push(silent.bytes.into());
    outcome.drain(&mut parser);
    assert!(outcome.error.is_some());
}

/// Parses a stream, and returns the largest memory in bytes that the parser held.
fn most_held(bytes: &[u8]) -> (Outcome, usize) {
    let mut parser = Parser::new(ByteStreamFormat::MpegTs);
    let mut outcome = Outcome::default();
    let mut most = 0;
    for chunk in bytes.chunks(64 * PACKET_BYTES) {
        parser.push(chunk.to_vec().into());
        outcome.drain(&mut parser);
        most = most.max(parser.held_bytes());
    }
    (outcome, most)
}

#[test]
fn unfinished_packets_of_all_streams_together_are_limited() {
    let pids: Vec<u16> = (0..48).map(|index| 0x100 + index).collect();
    let streams: Vec<(u8, u16, &[u8])> = pids.iter().map(|pid| (0x1b, *pid, &[][..])).collect();
    let mut writer = Writer::default();
    // The map takes more than a packet.
    let map = [&[0][..], &program_map(1, &streams)].concat();
    writer.tables(&[(0x1b, VIDEO, &[])]);
    writer.bytes.truncate(PACKET_BYTES);
    for (index, part) in map.chunks(PACKET_BYTES - 4).enumerate() {
        let mut part = part.to_vec();
        part.resize(PACKET_BYTES - 4, 0xff);
        writer.packet(MAP, index == 0, 0, &part);
    }
    for time in [0, 3000] {
        for pid in &pids {
            writer.pes(*pid, (time, time), 0, &key_picture());
        }
    }
    for pid in &pids {
        let picture = [&[0, 0, 1, 0x65, 0x88][..], &[7; 3 << 20]].concat();
        writer.pes(*pid, (6000, 6000), 0, &picture);
    }
    let (outcome, most) = most_held(&writer.bytes);
    let error = outcome.error.expect("it is too much");
    // The last buffer had grown to twice its size.
    assert!(most <= limits::UNFINISHED_BYTES + (6 << 20), "{most}");
    assert_eq!(error.place, "(PES packet)");
}

#[test]
fn tiny_frames_that_wait_are_counted_with_what_they_cost() {
    let mut writer = Writer::new();
    let frames = adts(b"x").repeat(8000);
    for time in 0..400 {
        writer.pes(AUDIO, (time * 1000, 0), 0, &frames);
    }
    let (outcome, most) = most_held(&writer.bytes);
    assert!(outcome.error.is_some() && outcome.frames.is_empty());
    assert!(most < 2 * limits::WAITING_BYTES, "{most}");
}

/// A packet has many tiny frames. A turn ends also where they are found and wait.
#[test]
fn frames_that_wait_are_work() {
    let mut writer = Writer::new();
    for time in 0..20 {
        writer.pes(AUDIO, (time * 1000, 0), 0, &adts(b"x").repeat(8000));
    }
    let mut parser = Parser::new(ByteStreamFormat::MpegTs);
    parser.push(writer.bytes.into());
    let (budget, mut held) = (64 << 10, parser.held_bytes());
    while matches!(parser.parse(budget), Ok(Parsed::Yield)) {
        let grown = parser.held_bytes().saturating_sub(held);
        // (The queue grows by an eighth.)
        assert!(grown < 4 * budget + held / 8, "{grown}");
        held += grown;
    }
    assert!(held > 100 * 8000, "{held}");
}
