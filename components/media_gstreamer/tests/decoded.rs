/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the chosen decoders give is what ffmpeg's give, which `tests/media/decoded` lists. Every codec
//! of pictures defines each of them to the bit, as FLAC does each sample; decoders of the other codecs
//! of sound may round.

use std::fs;
use std::path::PathBuf;

use byte_stream::track::{AudioCodec, Codec, VideoCodec};
use gstreamer::{Caps, Sample};
use gstreamer_video::prelude::*;
use gstreamer_video::{VideoFrame, VideoInfo};
use track_buffer::read::ReadFrame;
use track_buffer::time::PresentationTime;

use super::{build, decoding, run, run_to, track_of};
use crate::decoder::decoder_for;
use crate::feed::UnderWay;
use crate::media::Media;
use crate::timeline;

/// The samples of one line, and of these the ones that are listed.
const BLOCK: usize = 960;
const STEP: usize = 120;
const FULL_SCALE: f64 = 32_768.;

/// The lines that `tests/media/decoded.py` wrote of a file of `tests/media`.
fn listing(name: &str, kind: &str) -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/media/decoded");
    let file = name.rsplit('/').next().expect("there is always one part");
    let listing = fs::read_to_string(folder.join(format!("{file}.{kind}.csv")));
    let lines = listing.expect("it is committed");
    lines.lines().map(str::to_owned).collect()
}

fn adler_32(bytes: impl Iterator<Item = u8>) -> u32 {
    const MODULUS: u32 = 65_521;
    let (low, high) = bytes.fold((1, 0), |(low, high), byte| {
        let low = (low + u32::from(byte)) % MODULUS;
        (low, (high + low) % MODULUS)
    });
    high << 16 | low
}

/// Decodes all of the track of that codec.
fn decode(
    media: &Media,
    codec: Codec,
    caps: &Caps,
    converter: Option<&'static str>,
) -> Vec<Sample> {
    let decoder = decoder_for(codec).expect("a decoder is installed");
    let mut elements = decoding(decoder).expect("it is installed");
    elements.extend(converter.map(build));
    run(media, track_of(media, codec), codec, elements, caps)
}

/// The start of a picture and the checksum of its planes, without padding.
pub(super) fn fingerprint(sample: &Sample) -> (PresentationTime, String) {
    let info = VideoInfo::from_caps(sample.caps().expect("a sample has them"));
    let info = info.expect("they are a picture's");
    let buffer = sample.buffer_owned().expect("a sample has one");
    let start = timeline::from_clock_time(buffer.pts().expect("decoders tell it"));
    let frame = VideoFrame::from_buffer_readable(buffer, &info).expect("it is plain memory");
    let rows = (0..frame.n_planes()).flat_map(|plane| {
        let stride = frame.plane_stride()[plane as usize] as usize;
        let width = frame.comp_width(plane) as usize;
        let height = frame.comp_height(plane) as usize;
        let bytes = frame.plane_data(plane).expect("there are so many planes");
        bytes
            .chunks(stride)
            .take(height)
            .map(move |row| &row[..width])
    });
    let checksum = adler_32(rows.flatten().copied());
    (start, format!("{checksum:08x}"))
}

/// The start and the checksum of every picture.
fn listed_pictures(name: &str, frames: &[ReadFrame]) -> Vec<(PresentationTime, String)> {
    let mut starts: Vec<_> = frames.iter().map(|frame| frame.start).collect();
    starts.sort();
    let pictures: Vec<_> = starts.into_iter().zip(listing(name, "video")).collect();
    assert_eq!(pictures.len(), frames.len(), "{name}");
    pictures
}

/// Compares every picture, and that there is one for every frame, at its time.
fn check_pictures(name: &str, codec: VideoCodec) {
    let codec = Codec::Video(codec);
    let media = Media::whole(name);
    let decoded: Vec<_> = decode(&media, codec, &planes(), None)
        .iter()
        .map(fingerprint)
        .collect();
    let frames = media.frames(track_of(&media, codec));
    assert_eq!(decoded, listed_pictures(name, &frames), "{name}");
}

pub(super) fn planes() -> Caps {
    Caps::builder("video/x-raw").field("format", "I420").build()
}

/// Compares the pictures that are decoded on the way to the last one of each group. Returns how many were
/// left out.
fn check_pictures_on_the_way(name: &str, codec: VideoCodec) -> usize {
    let codec = Codec::Video(codec);
    let media = Media::whole(name);
    let track = track_of(&media, codec);
    let frames = media.frames(track);
    let listed = listed_pictures(name, &frames);
    let is_start = |frame: &ReadFrame| frame.is_random_access_point;
    let mut left_out = 0;
    for group in frames.chunk_by(|_, next| !is_start(next)) {
        let target = group.iter().map(|frame| frame.start).max();
        let target = target.expect("a group is not empty");
        let elements = decoding(decoder_for(codec).expect("a decoder is installed"));
        let reader = media.readers().swap_remove(track);
        let samples = run_to(
            (reader, codec, target),
            UnderWay::default(),
            elements.expect("it is installed"),
            &planes(),
        );
        let decoded: Vec<_> = samples.iter().map(fingerprint).collect();
        assert!(decoded.is_sorted(), "{name}");
        let until_target = |(time, _): &&(PresentationTime, String)| *time <= target;
        assert!(decoded.iter().any(|(time, _)| *time == target), "{name}");
        let strange = decoded.iter().find(|picture| !listed.contains(picture));
        assert_eq!(strange, None, "{name}");
        left_out += group.len() - decoded.iter().filter(until_target).count();
    }
    left_out
}

/// The first channel.
fn samples(name: &str, codec: AudioCodec) -> Vec<f64> {
    let media = Media::whole(name);
    let caps = Caps::builder("audio/x-raw")
        .field("format", "F32LE")
        .field("layout", "interleaved");
    let decoded = decode(
        &media,
        Codec::Audio(codec),
        &caps.build(),
        Some("audioconvert"),
    );
    let mut samples = Vec::new();
    for sample in &decoded {
        let fields = sample.caps().and_then(|caps| caps.structure(0));
        let channels = fields.and_then(|fields| fields.get::<i32>("channels").ok());
        let channels = channels.expect("sound has channels") as usize;
        let bytes = sample.buffer().expect("a sample has one");
        let bytes = bytes.map_readable().expect("it is plain memory");
        let all = bytes.chunks_exact(4).map(|bytes| {
            let bytes = bytes.try_into().expect("they are four");
            f64::from(f32::from_le_bytes(bytes)) * FULL_SCALE
        });
        samples.extend(all.step_by(channels));
    }
    samples
}

/// Compares the samples, which may be off by `tolerance`, where 32768 is full scale.
fn check_sound(name: &str, codec: AudioCodec, tolerance: f64) {
    let samples = samples(name, codec);
    let lines = listing(name, "audio");
    let (head, blocks) = lines.split_first().expect("it is not empty");
    let (length, checksum) = head.split_once(',').expect("there are two fields");
    assert_eq!(samples.len().to_string(), length, "{name}");
    if tolerance == 0. {
        let scaled = samples.iter().map(|sample| (sample / FULL_SCALE) as f32);
        let checksum_here = adler_32(scaled.flat_map(f32::to_le_bytes));
        assert_eq!(format!("{checksum_here:08x}"), checksum, "{name}");
    }
    assert_eq!(blocks.len(), samples.len() / BLOCK, "{name}");
    for (index, (line, block)) in blocks.iter().zip(samples.chunks(BLOCK)).enumerate() {
        let squares = block.iter().map(|sample| sample * sample);
        let root_mean_square = (squares.sum::<f64>() / BLOCK as f64).sqrt();
        let found = [root_mean_square]
            .into_iter()
            .chain(block.iter().copied().step_by(STEP));
        for (found, expected) in found.zip(line.split(',')) {
            let expected: f64 = expected.parse().expect("it is a number");
            // The listing is rounded to tenths.
            assert!(
                (found - expected).abs() <= tolerance + 0.06,
                "{name}, block {index}: {found}, not {expected}"
            );
        }
    }
}

#[test]
fn pictures_of_h264_equal_ffmpegs() {
    check_pictures("h264.mp4", VideoCodec::H264);
    check_pictures("layouts/h264-aac.ts", VideoCodec::H264);
    check_pictures("layouts/open-groups.mp4", VideoCodec::H264);
    check_pictures("codecs/h264-pyramid.mp4", VideoCodec::H264);
}

#[test]
fn pictures_of_hevc_equal_ffmpegs() {
    check_pictures("codecs/hvc1.mp4", VideoCodec::Hevc);
    check_pictures("codecs/hev1.mp4", VideoCodec::Hevc);
    check_pictures("codecs/hevc-layers.mp4", VideoCodec::Hevc);
}

#[test]
fn pictures_of_vp8_and_vp9_equal_ffmpegs() {
    check_pictures("vp8.webm", VideoCodec::Vp8);
    check_pictures("layouts/vp9-opus.mp4", VideoCodec::Vp9);
    check_pictures("layouts/vp9-opus.webm", VideoCodec::Vp9);
}

#[test]
fn pictures_of_av1_equal_ffmpegs() {
    check_pictures("codecs/av1.mp4", VideoCodec::Av1);
    check_pictures("codecs/av1-pyramid.mp4", VideoCodec::Av1);
}

#[test]
fn frames_that_nothing_depends_on_are_left_out_before_the_target_of_a_seek() {
    // As many as ffmpeg leaves out with `-skip_frame noref`, and in HEVC the leading pictures that refer to
    // the group before. In AV1 the unit of a frame often has hidden frames besides, which others need. In
    // VP8 and VP9 each frame depends on the last one, in one way or another.
    let expected = [
        ("h264.mp4", VideoCodec::H264, 11),
        ("codecs/h264-pyramid.mp4", VideoCodec::H264, 34),
        ("layouts/open-groups.mp4", VideoCodec::H264, 4),
        ("layouts/h264-aac.ts", VideoCodec::H264, 4),
        ("codecs/hvc1.mp4", VideoCodec::Hevc, 28),
        ("codecs/hevc-layers.mp4", VideoCodec::Hevc, 36),
        ("codecs/av1.mp4", VideoCodec::Av1, 0),
        ("codecs/av1-pyramid.mp4", VideoCodec::Av1, 10),
        ("layouts/vp9-opus.webm", VideoCodec::Vp9, 0),
        ("vp8.webm", VideoCodec::Vp8, 0),
    ];
    let left_out = expected.map(|(name, codec, _)| {
        let count = check_pictures_on_the_way(name, codec);
        (name, codec, count)
    });
    assert_eq!(left_out, expected);
}

#[test]
fn sound_of_flac_equals_ffmpegs() {
    check_sound("codecs/flac.mp4", AudioCodec::Flac, 0.);
}

#[test]
fn sound_of_aac_equals_ffmpegs() {
    check_sound("layouts/bare.aac", AudioCodec::Aac, 1.);
}

#[test]
fn sound_of_mp3_equals_ffmpegs() {
    check_sound("codecs/mp3.mp4", AudioCodec::Mp3, 1.);
}

#[test]
fn sound_of_opus_equals_ffmpegs() {
    check_sound("layouts/vp9-opus.webm", AudioCodec::Opus, 1.);
}

#[test]
fn sound_of_vorbis_equals_ffmpegs() {
    check_sound("vorbis.webm", AudioCodec::Vorbis, 1.);
}

#[test]
fn sound_of_ac3_and_eac3_equals_ffmpegs() {
    check_sound("codecs/ac3.mp4", AudioCodec::Ac3, 2.);
    check_sound("codecs/eac3.mp4", AudioCodec::Eac3, 1.);
}
