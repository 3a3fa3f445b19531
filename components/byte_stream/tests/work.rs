/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tests that a turn does no more than its budget, and that a unit costs no more where there are
//! more of them, in WebM and MPEG-2 TS. (For ISO BMFF see `sample_tables`.)

use byte_stream::format::ByteStreamFormat;
use byte_stream::limits::STEP_WORK;
use byte_stream::parser::{Parsed, Parser, Produced};
use bytes::Bytes;

use crate::support::Fixture;

const BUDGET: usize = 16 << 10;

/// Returns how many turns a stream takes, and how many frames come.
fn turns(format: ByteStreamFormat, stream: Vec<u8>) -> (usize, usize) {
    let mut parser = Parser::new(format);
    parser.push(Bytes::from(stream));
    let (mut turns, mut frames) = (0, 0);
    loop {
        turns += 1;
        match parser.parse(BUDGET).expect("it is well-formed") {
            Parsed::NeedMore => return (turns, frames),
            Parsed::Produced(Produced::CodedFrames(new)) => frames += new.len(),
            Parsed::Produced(_) | Parsed::Yield => {}
        }
    }
}

/// Checks that ten times as many units take ten times as many turns, and that each unit takes at
/// least so much work.
fn check(format: ByteStreamFormat, head: &[u8], unit: &[u8], least_work: usize) {
    let of = |count: usize| turns(format, [head, &unit.repeat(count)].concat());
    let (turns_before, frames_before) = of(0);
    let [few, many] = [1000, 10_000].map(|count| {
        let (turns, frames) = of(count);
        (turns - turns_before, frames - frames_before)
    });
    assert!(many.0 >= 9000 * least_work / BUDGET, "{many:?}");
    assert!(many.0.abs_diff(10 * few.0) <= 20, "{few:?}, then {many:?}");
    assert!(many.1.abs_diff(10 * few.1) <= 20, "{few:?}, then {many:?}");
}

fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
    let size = content.len() as u32 | 0x1000_0000;
    [id, &size.to_be_bytes(), content].concat()
}

#[test]
fn units_of_webm_cost_the_same_each() {
    const CLUSTER: &[u8] = b"\x1f\x43\xb6\x75";
    const SIMPLE_BLOCK: &[u8] = b"\xa3";
    let bytes = Fixture::load("vp8.webm").bytes;
    let start = bytes.windows(4).position(|window| window == CLUSTER);
    let head = &bytes[..start.expect("there is a cluster")];
    let timestamp = element(b"\xe7", &[0]);
    // A cluster of unknown size, which what follows is in.
    let in_cluster = [head, CLUSTER, &[0xff], &timestamp].concat();
    let format = ByteStreamFormat::WebM;
    // Nothing, in two bytes.
    check(format, &in_cluster, &[0xec, 0x80], STEP_WORK);
    check(format, head, &[0xec, 0x80], STEP_WORK);
    check(format, head, &element(CLUSTER, &[]), 2 * STEP_WORK);
    let frame = element(SIMPLE_BLOCK, &[0x81, 0, 0, 0x80, 7]);
    check(format, &in_cluster, &frame, 2 * STEP_WORK);
    // Ten frames of equal size.
    let laced = [&[0x81, 0, 0, 0x84, 9][..], &[7; 10]].concat();
    let laced = element(SIMPLE_BLOCK, &laced);
    check(format, &in_cluster, &laced, 11 * STEP_WORK);
    let group = element(b"\xa0", &element(b"\xa1", &[0x81, 0, 0, 0, 7]));
    check(format, &in_cluster, &group, 2 * STEP_WORK);
}

#[test]
fn packets_of_transport_streams_cost_the_same_each() {
    const PACKET_BYTES: usize = 188;
    let bytes = Fixture::load("layouts/h264-aac.ts").bytes;
    let tables = &bytes[..3 * PACKET_BYTES];
    let format = ByteStreamFormat::MpegTs;
    let of_packet = STEP_WORK + PACKET_BYTES;
    let packet = |pid: u16, payload: u8| {
        let [high, low] = pid.to_be_bytes();
        let mut packet = vec![0x47, high, low, 0x10];
        packet.resize(PACKET_BYTES, payload);
        packet
    };
    // What belongs to no program, or to the map of one that never comes to an end.
    check(format, &bytes, &packet(0x1fff, 0xff), of_packet);
    check(format, tables, &packet(0x1fff, 0xff), of_packet);
    check(format, &bytes, &packet(0x1000, 7), of_packet);
    // The same tables again.
    check(format, &bytes, tables, 3 * of_packet);
}
