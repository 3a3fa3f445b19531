/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Media of each codec, in each container that holds it, plays to its end, every picture at its
//! time. What the sound decodes to is looked at inside the crate.

use byte_stream::track::{AudioCodec, Codec, Medium, TextCodec, VideoCodec};
use media_source::{Player, PlayerEvent};
use track_buffer::time::{PresentationTime, TimeDelta};

use crate::support::{Media, Session, Shown, is_decoded};

const RATE: f64 = 2.;
/// The end of the stream is told at its time or a little later: GStreamer rounds, and the last
/// sound frame may be shorter than what it decodes to.
const TOLERANCE: TimeDelta = TimeDelta::from_milliseconds(50);

/// Plays all of `name`, whose tracks have these codecs, and compares every picture.
fn play(name: &str, codecs: &[Codec]) {
    play_media(name, &Media::whole(name), codecs);
}

fn play_media(name: &str, media: &Media, codecs: &[Codec]) {
    let readers = media.readers();
    let found: Vec<Codec> = readers
        .iter()
        .map(|reader| reader.configuration().codec())
        .collect();
    assert_eq!(found, codecs, "{name}");
    let session = Session::of(media);
    let seek = session.player.seek(media.start());
    session.player.set_rate(RATE);
    session.wait_for_seek(seek);
    session.player.play();
    session.wait_for(PlayerEvent::EndOfStream);
    let mut end = PresentationTime::ZERO;
    let mut expected = Vec::new();
    for (track, codec) in codecs.iter().enumerate() {
        let frames = media.frames(track);
        end = end.max(
            frames
                .iter()
                .map(|frame| frame.end)
                .max()
                .expect("it has frames"),
        );
        if codec.medium() != Medium::Audio {
            expected = frames.iter().map(|frame| frame.start).collect();
        }
    }
    expected.sort();
    let numbered = expected.into_iter().enumerate();
    let expected: Vec<_> = numbered
        .map(|(number, start)| Shown {
            number: number as i64,
            start,
        })
        .collect();
    session.assert_played(&expected);
    let position = session.player.position();
    assert!(
        position >= end && position < end.offset_by(TOLERANCE),
        "{name} ended at {position:?}, not {end:?}"
    );
    session.close();
}

const AAC: Codec = Codec::Audio(AudioCodec::Aac);
const H264: Codec = Codec::Video(VideoCodec::H264);
const HEVC: Codec = Codec::Video(VideoCodec::Hevc);
const AV1: Codec = Codec::Video(VideoCodec::Av1);
const VP8: Codec = Codec::Video(VideoCodec::Vp8);
const VP9: Codec = Codec::Video(VideoCodec::Vp9);
const AC3: Codec = Codec::Audio(AudioCodec::Ac3);
const EAC3: Codec = Codec::Audio(AudioCodec::Eac3);
const FLAC: Codec = Codec::Audio(AudioCodec::Flac);
const MP3: Codec = Codec::Audio(AudioCodec::Mp3);
const OPUS: Codec = Codec::Audio(AudioCodec::Opus);

#[test]
fn av1_plays() {
    play("codecs/av1.mp4", &[AV1]);
    play("codecs/av1-opus.webm", &[AV1, OPUS]);
}

#[test]
fn av1_with_its_sequence_header_in_band_alone_plays() {
    const CODEC_PRIVATE: &[u8] = &[0x63, 0xa2, 0x91, 0x81];
    // An element that says nothing, its size in two bytes.
    const VOID: &[u8] = &[0xec, 0x40, 0x11];
    let name = "codecs/av1-opus.webm";
    let mut media = Media::open_changed(name, |bytes| {
        let mut windows = bytes.windows(CODEC_PRIVATE.len());
        let place = windows.position(|window| window == CODEC_PRIVATE);
        let place = place.expect("the configuration record is in it");
        bytes[place..][..VOID.len()].copy_from_slice(VOID);
    });
    media.append_all();
    media.end();
    let configuration = media.readers()[0].configuration();
    assert!(configuration.extra_data().is_empty());
    play_media(name, &media, &[AV1, OPUS]);
}

#[test]
fn hevc_plays() {
    play("codecs/hvc1.mp4", &[HEVC]);
    play("codecs/hev1.mp4", &[HEVC]);
    play("codecs/hevc-mp3.ts", &[HEVC, MP3]);
}

#[test]
fn h264_with_parameter_sets_in_band_plays() {
    play("layouts/h264-aac.ts", &[H264, AAC]);
    play("layouts/gstreamer.ts", &[H264, AAC]);
    play("layouts/wrap.ts", &[H264, AAC]);
    play("layouts/intra-refresh.ts", &[H264]);
}

#[test]
fn h264_of_open_groups_plays() {
    play("layouts/open-groups.mp4", &[H264]);
}

#[test]
fn vp9_and_opus_play() {
    play("layouts/vp9-opus.mp4", &[VP9, OPUS]);
    play("layouts/vp9-opus.webm", &[VP9, OPUS]);
}

#[test]
fn laced_opus_plays() {
    play("layouts/lacing-xiph.webm", &[OPUS]);
    play("layouts/lacing-ebml.webm", &[OPUS]);
    play("layouts/lacing-fixed.webm", &[OPUS]);
}

#[test]
fn aac_plays() {
    play("codecs/he-aac.mp4", &[AAC]);
    play("layouts/bare.aac", &[AAC]);
    play("layouts/id3.aac", &[AAC]);
}

#[test]
fn mp3_plays() {
    play("codecs/mp3.mp4", &[MP3]);
    play("layouts/bare.mp3", &[MP3]);
    play("layouts/xing-id3.mp3", &[MP3]);
    play("layouts/low-rate-variable.mp3", &[MP3]);
}

#[test]
fn layers_one_and_two_play() {
    play("codecs/layer-one.mp1", &[Codec::Audio(AudioCodec::Mp1)]);
    play("codecs/layer-two.mp2", &[Codec::Audio(AudioCodec::Mp2)]);
    play("codecs/layer-two.ts", &[Codec::Audio(AudioCodec::Mp2)]);
}

#[test]
fn flac_plays() {
    play("codecs/flac.mp4", &[FLAC]);
}

#[test]
fn ac3_and_eac3_play() {
    play("codecs/ac3.mp4", &[AC3]);
    play("codecs/eac3.mp4", &[EAC3]);
}

#[test]
fn what_has_text_besides_plays() {
    play("codecs/webvtt.mp4", &[H264, AAC]);
    play("codecs/webvtt.webm", &[VP8]);
}

#[test]
fn text_is_not_decoded() {
    assert!(!is_decoded(Codec::Text(TextCodec::WebVtt)));
}
