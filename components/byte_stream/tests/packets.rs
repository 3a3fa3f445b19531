/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Compares what the parser finds in the fixtures with what an independent demuxer finds.
//! `tests/media/packets` has its list, made together with the media.

use std::fs;

use byte_stream::format::ByteStreamFormat;
use byte_stream::frame::CodedFrame;
use byte_stream::track::{AudioCodec, Codec, CodecConfiguration, Track};
use bytes::Bytes;

use crate::outcome::parse_whole;
use crate::support::{Fixture, media_folder};

/// Everything that the other demuxer found in a file.
#[derive(Default)]
struct Oracle {
    packets: Vec<Packet>,
    tracks: Vec<OracleTrack>,
}

#[derive(Clone, Copy, Debug)]
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

/// The unit of a track's times, in seconds.
#[derive(Clone, Copy, Debug)]
struct OracleTrack {
    numerator: i64,
    denominator: i64,
}

impl Oracle {
    fn of(fixture: &Fixture) -> Self {
        // That demuxer places runs without data offsets wrongly. The frames are the same.
        let name = fixture.name.replace("continued-runs", "several-runs");
        let path = media_folder().join("packets").join(format!("{name}.csv"));
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let mut oracle = Self::default();
        for line in text.lines() {
            let fields: Vec<&str> = line.split(',').collect();
            let is_read = match fields.as_slice() {
                ["packet", fields @ ..] => {
                    Packet::parse(fields).map(|packet| oracle.packets.push(packet))
                }
                // They come in the order of their indices.
                ["stream", _, unit, ..] => {
                    OracleTrack::parse(unit).map(|track| oracle.tracks.push(track))
                }
                _ => None,
            };
            assert!(is_read.is_some(), "{path:?}: what is this? {line}");
        }
        oracle
    }
}

impl Packet {
    fn parse(fields: &[&str]) -> Option<Self> {
        let [
            track_index,
            presentation,
            decode,
            duration,
            size,
            flags,
            ..,
            hash,
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

impl OracleTrack {
    fn parse(unit: &str) -> Option<Self> {
        let (numerator, denominator) = unit.split_once('/')?;
        Some(Self {
            numerator: numerator.parse().ok()?,
            denominator: denominator.parse().ok()?,
        })
    }

    /// Converts a time of that demuxer to ticks of a timescale, rounded to the nearest.
    fn ticks(self, time: i64, ticks_per_second: u32) -> i64 {
        let numerator =
            i128::from(time) * i128::from(self.numerator) * i128::from(ticks_per_second);
        let denominator = i128::from(self.denominator);
        (2 * numerator + denominator).div_euclid(2 * denominator) as i64
    }
}

fn adler_32(bytes: &[u8]) -> u32 {
    let (low, high) = bytes.iter().fold((1, 0), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    high << 16 | low
}

/// A frame and its packet.
struct Pair<'a> {
    fixture: &'a Fixture,
    track: &'a Track,
    frame: &'a CodedFrame,
    packet: Packet,
    /// The packet's times and those of the next packet of its track, in the track's ticks.
    presentation: i64,
    decode: i64,
    duration: Option<i64>,
    next_decode: Option<i64>,
}

impl Pair<'_> {
    fn check(&self) {
        let without_payload = CodedFrame {
            payload: Bytes::new(),
            ..self.frame.clone()
        };
        let about = format!(
            "{} {:?} {without_payload:?}",
            self.fixture.name, self.packet
        );
        self.check_payload(&about);
        self.check_times(&about);
        assert_eq!(
            self.frame.is_random_access_point, self.packet.is_key,
            "{about}"
        );
    }

    fn check_payload(&self, about: &str) {
        let payload = &self.frame.payload;
        let codec = self.track.configuration.codec();
        match (self.fixture.format, codec) {
            // That demuxer parses a cue of WebM.
            (ByteStreamFormat::WebM, Codec::Text(_)) => return,
            // It leaves start codes as they are.
            (ByteStreamFormat::MpegTs, Codec::Video(_)) => return,
            _ => {}
        }
        // And the ADTS header before the frame.
        let stripped = if self.is_adts() { 7 } else { 0 };
        assert_eq!(payload.len() + stripped, self.packet.size, "{about}");
        if stripped == 0 {
            assert_eq!(adler_32(payload), self.packet.adler_32, "{about}");
        }
    }

    fn is_adts(&self) -> bool {
        use byte_stream::track::AudioCodec;
        let is_elementary = matches!(
            self.fixture.format,
            ByteStreamFormat::MpegAudio | ByteStreamFormat::MpegTs
        );
        is_elementary && self.track.configuration.codec() == Codec::Audio(AudioCodec::Aac)
    }

    fn check_times(&self, about: &str) {
        let frame = self.frame;
        let is_near = |time: i64, other: i64, tolerance: i64| (time - other).abs() <= tolerance;
        match self.fixture.format {
            ByteStreamFormat::IsoBmff => {
                let presentation = frame.presentation.0 + self.reordering_shift();
                assert_eq!(presentation, self.presentation, "{about}");
                assert_eq!(frame.decode.0, self.decode, "{about}");
                // That demuxer replaces some durations by the codec's or the average, but the next
                // packet begins where the frame ends. The last frame may be cut short.
                let end = frame.decode.0 + frame.duration.0;
                assert!(self.next_decode.is_none_or(|next| next == end), "{about}");
            }
            // There the list has whole milliseconds, and durations from inside the packets.
            ByteStreamFormat::WebM => {
                let delay = self.codec_delay();
                let presentation = frame.presentation.0 - delay;
                assert!(
                    is_near(presentation, self.presentation, 1_000_000),
                    "{about}"
                );
                assert!(
                    is_near(frame.decode.0 - delay, self.decode, 1_000_000),
                    "{about}"
                );
                let duration = self.duration.filter(|_| !frame.duration_is_estimated);
                let is_same = |it| is_near(frame.duration.0 + self.discarded(), it, 1_000_000);
                assert!(duration.is_none_or(is_same), "{about}");
            }
            ByteStreamFormat::MpegAudio => {
                assert_eq!(frame.presentation.0, self.presentation, "{about}");
                assert_eq!(frame.decode.0, self.presentation, "{about}");
                let duration = frame.duration.0 + self.discarded();
                assert_eq!(Some(duration), self.duration, "{about}");
            }
            // Only the first frame of a packet of the stream has times, of 33 bits.
            ByteStreamFormat::MpegTs => {
                let is_near = |time: i64, other: i64| {
                    let distance = (time - other).rem_euclid(1 << 33);
                    distance <= 2 || distance >= (1 << 33) - 2
                };
                let [presentation, decode] =
                    [self.presentation, self.decode].map(|time| time - self.discontinuity(time));
                assert!(is_near(frame.presentation.0, presentation), "{about}");
                assert!(is_near(frame.decode.0, decode), "{about}");
            }
        }
    }

    /// Returns what is discarded at the end, which the durations of that demuxer include.
    fn discarded(&self) -> i64 {
        self.frame
            .details
            .as_ref()
            .map_or(0, |details| details.discard_end.0)
    }

    /// Returns the difference of times after a discontinuity. That demuxer gives them as they are,
    /// the parser lets them follow the times before it.
    fn discontinuity(&self, time: i64) -> i64 {
        let is_after = self.fixture.name == "discontinuity.ts" && time > 45 * 90_000;
        if is_after { 4_305_000 } else { 0 }
    }

    /// Returns the CodecDelay, which that demuxer takes off the times of a track. The parser leaves
    /// it to the decoder.
    fn codec_delay(&self) -> i64 {
        match &self.track.configuration {
            CodecConfiguration::Audio(audio) => {
                // The pre-skip of its OpusHead.
                let pre_skip = match (audio.codec, audio.extra_data.get(10..12)) {
                    (AudioCodec::Opus, Some(&[low, high])) => u16::from_le_bytes([low, high]),
                    _ => 0,
                };
                i64::from(pre_skip) * 1_000_000_000 / i64::from(audio.sample_rate)
            }
            _ => 0,
        }
    }

    /// Returns by how much that demuxer moves presentation times so that none is before its decode
    /// time.
    fn reordering_shift(&self) -> i64 {
        if self.fixture.name == "negative-composition-offsets.mp4" {
            512
        } else {
            0
        }
    }
}

fn check_track(
    fixture: &Fixture,
    oracle: &Oracle,
    index: usize,
    track: &Track,
    frames: &[&CodedFrame],
) {
    let of_track = |packet: &&Packet| packet.track_index == index;
    let packets: Vec<Packet> = oracle.packets.iter().filter(of_track).copied().collect();
    assert_eq!(
        frames.len(),
        packets.len(),
        "{} {:?}",
        fixture.name,
        track.id
    );
    let ticks = |time| oracle.tracks[index].ticks(time, track.timescale.ticks_per_second());
    for (index, (frame, packet)) in frames.iter().zip(&packets).enumerate() {
        Pair {
            fixture,
            track,
            frame,
            packet: *packet,
            presentation: ticks(packet.presentation),
            decode: ticks(packet.decode),
            duration: packet.duration.map(ticks),
            next_decode: packets.get(index + 1).map(|next| ticks(next.decode)),
        }
        .check();
    }
}

fn check_format(format: ByteStreamFormat) {
    let mut failures = Vec::new();
    for fixture in Fixture::of(format) {
        let checked = std::panic::catch_unwind(|| check_fixture(&fixture));
        failures.extend(checked.is_err().then_some(fixture.name));
    }
    assert!(failures.is_empty(), "{failures:?}");
}

fn check_fixture(fixture: &Fixture) {
    let oracle = Oracle::of(fixture);
    let outcome = parse_whole(fixture.format, &fixture.bytes);
    assert_eq!(outcome.error, None, "{}", fixture.name);
    assert_eq!(
        outcome.frames.len(),
        oracle.packets.len(),
        "{}",
        fixture.name
    );
    for (index, track) in outcome.segments[0].tracks.iter().enumerate() {
        check_track(fixture, &oracle, index, track, &outcome.frames_of(track.id));
    }
}

#[test]
fn frames_of_iso_bmff_are_the_packets_of_an_independent_demuxer() {
    check_format(ByteStreamFormat::IsoBmff);
}

#[test]
fn frames_of_webm_are_the_packets_of_an_independent_demuxer() {
    check_format(ByteStreamFormat::WebM);
}

#[test]
fn frames_of_mpeg_audio_are_the_packets_of_an_independent_demuxer() {
    check_format(ByteStreamFormat::MpegAudio);
}

#[test]
fn frames_of_transport_streams_are_the_packets_of_an_independent_demuxer() {
    check_format(ByteStreamFormat::MpegTs);
}
