/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the initialization segments of real encoders and muxers say of each codec.

use byte_stream::encryption::EncryptionScheme;
use byte_stream::track::CodecConfiguration;

use crate::outcome::{Outcome, parse_whole};
use crate::support::Fixture;

fn parse(path: &str) -> Outcome {
    let fixture = Fixture::load(path);
    let outcome = parse_whole(fixture.format, &fixture.bytes);
    assert_eq!(outcome.error, None, "{path}");
    outcome
}

/// Returns the codec string, and the size or the rate and channels, of each track.
fn descriptions(path: &str) -> Vec<String> {
    let outcome = parse(path);
    let describe = |configuration: &CodecConfiguration| match configuration {
        CodecConfiguration::Video(it) => format!("{} {}x{}", it.codec_string, it.width, it.height),
        CodecConfiguration::Audio(it) => {
            format!("{} {} Hz x{}", it.codec_string, it.sample_rate, it.channels)
        }
        CodecConfiguration::Text(it) => it.codec_string.clone(),
    };
    let tracks = &outcome.segments[0].tracks;
    tracks
        .iter()
        .map(|track| describe(&track.configuration))
        .collect()
}

#[test]
fn every_codec_has_its_configuration() {
    let expected: [(&str, &[&str]); 22] = [
        (
            "h264-aac.mp4",
            &["avc1.64000C 320x180", "mp4a.40.2 48000 Hz x1"],
        ),
        ("vp8-vorbis.webm", &["vp8 320x180", "vorbis 48000 Hz x1"]),
        (
            "layouts/vp9-opus.mp4",
            &["vp09.00.11.08 320x180", "opus 48000 Hz x1"],
        ),
        (
            "layouts/vp9-opus.webm",
            &["vp9 320x180", "opus 48000 Hz x1"],
        ),
        ("codecs/ac3.mp4", &["ac-3 48000 Hz x1"]),
        ("codecs/av1.mp4", &["av01.0.00M.08 320x180"]),
        (
            "codecs/av1-opus.webm",
            &["av01.0.00M.08 320x180", "opus 48000 Hz x1"],
        ),
        ("codecs/eac3.mp4", &["ec-3 48000 Hz x1"]),
        ("codecs/encrypted.mp4", &["avc1.64000C 320x180"]),
        ("codecs/flac.mp4", &["flac 48000 Hz x1"]),
        // The core is AAC-LC at half that rate, for decoders that know no better.
        ("codecs/he-aac.mp4", &["mp4a.40.2 48000 Hz x1"]),
        ("codecs/hev1.mp4", &["hev1.1.6.L60.90 320x180"]),
        ("codecs/hvc1.mp4", &["hvc1.1.6.L60.90 320x180"]),
        // For MP3 the sample entry counts, in which that muxer always writes two channels.
        ("codecs/mp3.mp4", &["mp4a.6B 48000 Hz x2"]),
        (
            "codecs/webvtt.mp4",
            &["avc1.64000C 320x180", "mp4a.40.2 48000 Hz x1", "wvtt"],
        ),
        ("codecs/webvtt.webm", &["vp8 320x180", "wvtt"]),
        ("layouts/bare.aac", &["mp4a.40.2 48000 Hz x1"]),
        ("layouts/bare.mp3", &["mp4a.6B 48000 Hz x1"]),
        ("layouts/low-rate-variable.mp3", &["mp4a.69 22050 Hz x2"]),
        (
            "layouts/h264-aac.ts",
            &["avc3.64000C 320x180", "mp4a.40.2 48000 Hz x1"],
        ),
        ("layouts/intra-refresh.ts", &["avc3.64000C 320x180"]),
        (
            "codecs/hevc-mp3.ts",
            &["hev1.1.6.L60.90 320x180", "mp4a.6B 48000 Hz x1"],
        ),
    ];
    let mut wrong = Vec::new();
    for (path, expected) in expected {
        let found = descriptions(path);
        if found != expected {
            wrong.push(format!("{path}: {found:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_same_stream_is_configured_the_same_whatever_carries_it() {
    let pairs = [
        ("layouts/bare.aac", 0, "layouts/h264-aac.ts", 1),
        ("layouts/bare.aac", 0, "layouts/id3.aac", 0),
        ("layouts/vp9-opus.mp4", 1, "layouts/vp9-opus.webm", 1),
        ("codecs/av1.mp4", 0, "codecs/av1-opus.webm", 0),
    ];
    for (path, index, other_path, other_index) in pairs {
        let one = &parse(path).segments[0].tracks[index].configuration;
        let other = &parse(other_path).segments[0].tracks[other_index].configuration;
        assert_eq!(one, other, "{path} and {other_path}");
    }
}

#[test]
fn encryption_is_reported() {
    let outcome = parse("codecs/encrypted.mp4");
    let segment = &outcome.segments[0];
    let key_id: Vec<u8> = (0..16).collect();
    let encryption = segment.tracks[0]
        .encryption
        .as_ref()
        .expect("the track is encrypted");
    assert_eq!(encryption.scheme, EncryptionScheme::Cenc);
    assert_eq!(encryption.default_key_id, key_id);

    let mut number_in_fragment = 0;
    for (index, frame) in outcome.frames.iter().enumerate() {
        let encryption = frame
            .details
            .as_ref()
            .and_then(|details| details.encryption.as_ref());
        let encryption = encryption.unwrap_or_else(|| panic!("frame {index} is encrypted"));
        if index % 24 == 0 {
            number_in_fragment = 0;
        }
        assert_eq!(encryption.key_id, key_id);
        assert_eq!(
            encryption.initialization_vector[..],
            u64::to_be_bytes(number_in_fragment)
        );
        let [subsample] = encryption.subsamples[..] else {
            panic!("{encryption:?}");
        };
        assert_eq!(
            subsample.encrypted as usize,
            frame.payload.len() / 2 / 16 * 16
        );
        assert_eq!(
            (subsample.clear + subsample.encrypted) as usize,
            frame.payload.len()
        );
        number_in_fragment += 1;
    }
}

#[test]
fn opus_says_what_is_to_be_skipped() {
    let outcome = parse("layouts/vp9-opus.webm");
    let CodecConfiguration::Audio(opus) = &outcome.segments[0].tracks[1].configuration else {
        panic!("{:?}", outcome.segments);
    };
    assert_eq!(opus.seek_preroll, 3840);
    let last = outcome
        .frames
        .iter()
        .filter_map(|frame| frame.details.as_ref())
        .next_back();
    assert_eq!(last.map(|details| details.discard_end.0), Some(13_500_000));
}

/// The transport stream was made of the same frames as the MP4 file.
#[test]
fn frames_of_a_transport_stream_have_length_prefixed_nal_units() {
    const SLICE: u8 = 1;
    const SLICE_OF_IDR_PICTURE: u8 = 5;
    let slices = |path| {
        let outcome = parse(path);
        let track = outcome.segments[0].tracks[0].id;
        let frames = outcome.frames_of(track);
        let slices_of = |payload: &[u8]| {
            let mut slices = Vec::new();
            let mut rest = payload;
            while let Some((length, after)) = rest.split_first_chunk() {
                let (unit, after) = after.split_at(u32::from_be_bytes(*length) as usize);
                if matches!(unit[0] & 0x1f, SLICE | SLICE_OF_IDR_PICTURE) {
                    slices.push(unit.to_vec());
                }
                rest = after;
            }
            slices
        };
        let slices: Vec<_> = frames
            .iter()
            .map(|frame| slices_of(&frame.payload))
            .collect();
        slices
    };
    let expected = slices("h264.mp4");
    for path in [
        "layouts/h264-aac.ts",
        "layouts/wrap.ts",
        "layouts/gstreamer.ts",
    ] {
        let found = slices(path);
        assert!(found.len() >= 48 && expected.starts_with(&found), "{path}");
    }
}
