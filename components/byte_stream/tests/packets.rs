/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What an independent demuxer finds in the fixtures is what the parser finds: `tests/media/packets`
//! has its list, made together with the media.

use std::fs;

use byte_stream::format::ByteStreamFormat;
use byte_stream::frame::CodedFrame;
use byte_stream::track::Track;
use bytes::Bytes;

use crate::support::{Fixture, media_folder, parse_whole};

/// A line of the list.
#[derive(Debug)]
struct Packet {
    track_index: usize,
    presentation: i64,
    decode: i64,
    /// `None` where that demuxer does not know it.
    duration: Option<i64>,
    size: usize,
    is_key: bool,
    adler_32: u32,
}

impl Packet {
    fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split(',').collect();
        let [
            track_index,
            presentation,
            decode,
            duration,
            size,
            flags,
            hash,
            ..,
        ] = *fields
        else {
            return None;
        };
        Some(Self {
            track_index: track_index.parse().ok()?,
            presentation: presentation.parse().ok()?,
            decode: decode.parse().ok()?,
            duration: duration.parse().ok(),
            size: size.parse().ok()?,
            is_key: flags.starts_with('K'),
            adler_32: u32::from_str_radix(hash.strip_prefix("adler32:")?, 16).ok()?,
        })
    }
}

fn packets_of(fixture: &Fixture) -> Vec<Packet> {
    let path = media_folder()
        .join("packets")
        .join(format!("{}.csv", fixture.name));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let packets = text.lines().filter(|line| !line.is_empty()).map(|line| {
        Packet::parse(line).unwrap_or_else(|| panic!("{path:?}: what is this? {line}"))
    });
    packets.collect()
}

fn adler_32(bytes: &[u8]) -> u32 {
    let (low, high) = bytes.iter().fold((1, 0), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    high << 16 | low
}

/// That demuxer takes CodecDelay off the times of a track, which the parser leaves to the decoder.
fn codec_delay(fixture: &Fixture, track: &Track) -> i64 {
    let is_delayed = fixture.name == "vp9-opus.webm" && track.configuration.codec().is_audio();
    if is_delayed { 6_500_000 } else { 0 }
}

/// That demuxer moves presentation times so that none is before its decode time.
fn reordering_shift(fixture: &Fixture) -> i64 {
    if fixture.name == "negative-composition-offsets.mp4" {
        512
    } else {
        0
    }
}

fn check(
    fixture: &Fixture,
    track: &Track,
    frame: &CodedFrame,
    packet: &Packet,
    next: Option<&Packet>,
) {
    let without_payload = CodedFrame {
        payload: Bytes::new(),
        ..frame.clone()
    };
    let about = format!("{} {packet:?} {without_payload:?}", fixture.name);
    assert_eq!(frame.payload.len(), packet.size, "{about}");
    assert_eq!(adler_32(&frame.payload), packet.adler_32, "{about}");
    assert_eq!(frame.is_random_access_point, packet.is_key, "{about}");
    match fixture.format {
        ByteStreamFormat::IsoBmff => {
            let presentation = frame.presentation.0 + reordering_shift(fixture);
            assert_eq!(presentation, packet.presentation, "{about}");
            assert_eq!(frame.decode.0, packet.decode, "{about}");
            // That demuxer replaces some durations by the codec's or the average, but the next
            // packet begins where the frame ends. The last frame may be cut short.
            let end = frame.decode.0 + frame.duration.0;
            assert!(next.is_none_or(|next| next.decode == end), "{about}");
        }
        // There the list has whole milliseconds, and durations from inside the packets.
        ByteStreamFormat::WebM => {
            let is_near = |nanoseconds: i64, milliseconds: i64| {
                (nanoseconds - milliseconds * 1_000_000).abs() <= 1_000_000
            };
            let delay = codec_delay(fixture, track);
            assert!(
                is_near(frame.presentation.0 - delay, packet.presentation),
                "{about}"
            );
            assert!(is_near(frame.decode.0 - delay, packet.decode), "{about}");
            let is_known = packet.duration.filter(|_| !frame.duration_is_estimated);
            assert!(
                is_known.is_none_or(|it| is_near(frame.duration.0, it)),
                "{about}"
            );
        }
    }
}

#[test]
fn frames_are_the_packets_of_an_independent_demuxer() {
    for fixture in Fixture::all() {
        let packets = packets_of(&fixture);
        let outcome = parse_whole(fixture.format, &fixture.bytes);
        assert_eq!(outcome.error, None, "{}", fixture.name);
        assert_eq!(outcome.frames.len(), packets.len(), "{}", fixture.name);
        for (index, track) in outcome.segments[0].tracks.iter().enumerate() {
            let frames = outcome.frames_of(track.id);
            let packets: Vec<&Packet> = packets
                .iter()
                .filter(|packet| packet.track_index == index)
                .collect();
            assert_eq!(
                frames.len(),
                packets.len(),
                "{} {:?}",
                fixture.name,
                track.id
            );
            for (index, (frame, packet)) in frames.iter().zip(&packets).enumerate() {
                check(
                    &fixture,
                    track,
                    frame,
                    packet,
                    packets.get(index + 1).copied(),
                );
            }
        }
    }
}
