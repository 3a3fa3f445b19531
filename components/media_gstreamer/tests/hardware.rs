/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Hardware decoders: which one is used, and what is seen when it fails, which is nothing. There is no
//! hardware here; `fake_hardware` registers a decoder as if there were.

#[path = "support/fake_hardware.rs"]
mod fake_hardware;

use byte_stream::track::{Codec, VideoCodec};
use gstreamer::Rank;
use media_gstreamer::{DecoderPreference, Pipelines, capabilities};
use media_source::{Player, PlayerEvent};

use self::fake_hardware::{Fake, Fault, decoded, downloaded, made, promised};
use crate::faults::is_own_process;
use crate::numbers;
use crate::support::{Media, PICTURES, RATE, Session, find_all, start_of};

/// How much is played, in pictures.
const TWO_SECONDS: i64 = 2 * RATE;

/// Whether this is a process for the calling test, which is called `name`, with that decoder.
fn is_process_with(name: &str, fake: Fake) -> bool {
    let is_own = is_own_process(&format!("hardware::{name}"), &[]);
    if is_own {
        fake.register();
    }
    is_own
}

fn session(preference: DecoderPreference) -> Session {
    Session::sharing(&Pipelines::default().with_decoder_preference(preference))
}

/// The first two seconds of `name`, and nothing more.
fn two_seconds(name: &str) -> Media {
    let mut media = Media::open(name);
    media.append_seconds(0..media.segment_count().min(2));
    media.end();
    media
}

/// Plays two seconds and compares what is shown with all pictures that there are. It goes so slowly that
/// no picture is late.
fn play_every_picture(name: &str, preference: DecoderPreference) {
    let session = session(preference);
    session.player.set_tracks(two_seconds(name).readers());
    session.player.set_rate(0.5);
    session.player.play();
    let events = session.wait_for(PlayerEvent::EndOfStream);
    let shown = numbers(&session.take_pictures());
    assert_eq!(shown, Vec::from_iter(0..TWO_SECONDS));
    let positions = events.iter().filter_map(|event| match event {
        PlayerEvent::Position(position) => Some(*position),
        _ => None,
    });
    assert!(positions.is_sorted());
    assert!(!events.contains(&PlayerEvent::Starved));
    let quality = session.player.frame_counts();
    assert_eq!(
        i64::from(quality.total_video_frames),
        TWO_SECONDS,
        "{quality:?}"
    );
    assert_eq!(quality.dropped_video_frames, 0);
    assert_eq!(quality.corrupted_video_frames, 0);
    session.close();
}

#[test]
fn hardware_decodes_to_the_end() {
    if is_process_with("hardware_decodes_to_the_end", Fake::with_fault(Fault::None)) {
        play_every_picture("h264-aac.mp4", DecoderPreference::Hardware);
        assert_eq!(decoded() as i64, TWO_SECONDS);
        // Four that wait, and those further on.
        assert!(promised() > 4, "{}", promised());
    }
}

/// Plays through a decoder that takes only `takes`, behind that parser.
fn play_parsed(
    name: &str,
    (file, codec): (&str, VideoCodec),
    (parser, software, takes): (&str, &'static str, &'static str),
) {
    let fake = Fake {
        software,
        takes: Some(takes),
        ..Fake::with_fault(Fault::None)
    };
    if !is_process_with(name, fake) {
        return;
    }
    play_every_picture(file, DecoderPreference::Hardware);
    assert_eq!(decoded() as i64, TWO_SECONDS);
    let size = capabilities::LARGE_PICTURE;
    let decoders = capabilities::decoders(Codec::Video(codec), size, DecoderPreference::Automatic);
    assert!(decoders[0].is_hardware);
    assert_eq!(decoders[0].elements, format!("{parser} ! fakehardwaredec"));
    assert!(decoders[1..].iter().all(|decoder| !decoder.is_hardware));
}

/// The capabilities are those of VA-API.
#[test]
fn h264_is_parsed_for_hardware() {
    play_parsed(
        "h264_is_parsed_for_hardware",
        ("h264.mp4", VideoCodec::H264),
        (
            "h264parse",
            "avdec_h264",
            "video/x-h264, profile={main, baseline, high, constrained-baseline, constrained-high}, \
             width=[1, 4096], height=[1, 4096], alignment=au, stream-format={avc, byte-stream}",
        ),
    );
}

#[test]
fn hevc_is_parsed_for_hardware() {
    play_parsed(
        "hevc_is_parsed_for_hardware",
        ("codecs/hvc1.mp4", VideoCodec::Hevc),
        (
            "h265parse",
            "avdec_h265",
            "video/x-h265, profile=main, width=[1, 8192], height=[1, 8192], alignment=au, \
             stream-format={hvc1, hev1, byte-stream}",
        ),
    );
}

#[test]
fn vp9_is_parsed_for_hardware() {
    play_parsed(
        "vp9_is_parsed_for_hardware",
        ("layouts/vp9-opus.mp4", VideoCodec::Vp9),
        (
            "vp9parse",
            "vp9dec",
            "video/x-vp9, profile=(string)0, alignment=frame",
        ),
    );
}

#[test]
fn av1_is_parsed_for_hardware() {
    play_parsed(
        "av1_is_parsed_for_hardware",
        ("codecs/av1.mp4", VideoCodec::Av1),
        (
            "av1parse",
            "av1dec",
            "video/x-av1, profile=main, alignment=frame, stream-format=obu-stream",
        ),
    );
}

#[test]
fn failure_between_pictures_is_not_seen() {
    let fake = Fake::with_fault(Fault::FailsAfter(20));
    if is_process_with("failure_between_pictures_is_not_seen", fake) {
        play_every_picture("h264-aac.mp4", DecoderPreference::Hardware);
        assert!(decoded() > 20);
    }
}

#[test]
fn failure_before_the_first_picture_is_not_seen() {
    let fake = Fake::with_fault(Fault::FailsAfter(0));
    if is_process_with("failure_before_the_first_picture_is_not_seen", fake) {
        play_every_picture("h264-aac.mp4", DecoderPreference::Hardware);
        assert!(decoded() > 0);
    }
}

#[test]
fn want_of_a_session_is_not_seen() {
    let fake = Fake::with_fault(Fault::RefusesReady);
    if is_process_with("want_of_a_session_is_not_seen", fake) {
        for _ in 0..3 {
            play_every_picture("h264-aac.mp4", DecoderPreference::Hardware);
        }
        // There may be one the next time.
        assert_eq!(made(), 3);
    }
}

#[test]
fn a_session_that_does_not_start_is_not_seen() {
    let fake = Fake::with_fault(Fault::RefusesPaused);
    if is_process_with("a_session_that_does_not_start_is_not_seen", fake) {
        play_every_picture("h264-aac.mp4", DecoderPreference::Hardware);
        assert!(made() > 0);
    }
}

#[test]
fn hardware_that_gives_nothing_is_not_seen() {
    let fake = Fake::with_fault(Fault::SilentAfter(0));
    if is_process_with("hardware_that_gives_nothing_is_not_seen", fake) {
        play_every_picture("h264-aac.mp4", DecoderPreference::Hardware);
        assert!(decoded() > 0);
    }
}

#[test]
fn hardware_that_falls_silent_is_not_seen() {
    let fake = Fake::with_fault(Fault::SilentAfter(10));
    if is_process_with("hardware_that_falls_silent_is_not_seen", fake) {
        play_every_picture("h264-aac.mp4", DecoderPreference::Hardware);
        assert!(decoded() > 10);
    }
}

#[test]
fn pictures_that_cannot_be_read_are_not_seen() {
    let fake = Fake::with_fault(Fault::Unreadable);
    if is_process_with("pictures_that_cannot_be_read_are_not_seen", fake) {
        play_every_picture("h264-aac.mp4", DecoderPreference::Hardware);
        assert!(decoded() > 0);
    }
}

#[test]
fn hardware_that_failed_twice_is_not_tried_again() {
    let fake = Fake::with_fault(Fault::FailsAfter(0));
    if !is_process_with("hardware_that_failed_twice_is_not_tried_again", fake) {
        return;
    }
    let mut tries = Vec::new();
    for _ in 0..4 {
        let before = decoded();
        play_every_picture("h264.mp4", DecoderPreference::Hardware);
        tries.push(decoded() > before);
    }
    assert_eq!(tries, [true, true, false, false]);
}

#[test]
fn each_picture_is_downloaded_once() {
    let fake = Fake {
        has_own_memory: true,
        ..Fake::with_fault(Fault::None)
    };
    if is_process_with("each_picture_is_downloaded_once", fake) {
        play_every_picture("h264-aac.mp4", DecoderPreference::Hardware);
        assert_eq!(downloaded() as i64, TWO_SECONDS);
        let h264 = Codec::Video(VideoCodec::H264);
        let decoders = capabilities::decoders(h264, (0, 0), DecoderPreference::Hardware);
        assert_eq!(decoders[0].elements, "fakehardwaredec ! fakedownload");
    }
}

#[test]
fn what_a_seek_passes_over_is_not_downloaded() {
    let fake = Fake {
        has_own_memory: true,
        ..Fake::with_fault(Fault::None)
    };
    if !is_process_with("what_a_seek_passes_over_is_not_downloaded", fake) {
        return;
    }
    let session = session(DecoderPreference::Hardware);
    session.player.set_tracks(two_seconds("h264.mp4").readers());
    session.wait_for(PlayerEvent::Prerolled);
    // In the group of pictures of the first one.
    let seek = session.player.seek(start_of(RATE - 2));
    session.wait_for_seek(seek);
    assert_eq!(numbers(&session.take_pictures()), [0, RATE - 2]);
    // Twice four wait, one is in the sink, and two are on their way.
    assert!(downloaded() <= 14, "{}", downloaded());
    session.close();
}

#[test]
fn hardware_without_a_rank_is_not_used() {
    let fake = Fake {
        rank: Rank::NONE,
        ..Fake::with_fault(Fault::None)
    };
    if is_process_with("hardware_without_a_rank_is_not_used", fake) {
        play_every_picture("h264.mp4", DecoderPreference::Hardware);
        assert_eq!(made(), 0);
    }
}

/// Pictures of which the container says that they are 1280 pixels wide. They are as they were.
fn large() -> Media {
    Media::open_changed("h264.mp4", |bytes| {
        let entries = find_all(bytes, b"avc1");
        let entry = entries.last().expect("it has a sample entry") + 28;
        // The header of the track has both sizes too, with fractions.
        let header = find_all(bytes, &[0x01, 0x40, 0, 0, 0, 0xb4, 0, 0])[0];
        for width in [entry, header] {
            bytes[width..][..2].copy_from_slice(&1280_u16.to_be_bytes());
        }
    })
}

#[test]
fn the_size_of_pictures_chooses() {
    if !is_process_with(
        "the_size_of_pictures_chooses",
        Fake::with_fault(Fault::None),
    ) {
        return;
    }
    play_every_picture("h264.mp4", DecoderPreference::Automatic);
    assert_eq!(made(), 0);
    for (preference, is_hardware) in [
        (DecoderPreference::SoftwareOnly, false),
        (DecoderPreference::Automatic, true),
    ] {
        let mut media = large();
        media.append_all();
        let session = session(preference);
        session.player.set_tracks(media.readers());
        session.wait_for(PlayerEvent::Prerolled);
        assert_eq!(made() > 0, is_hardware, "{preference:?}");
        assert_eq!(numbers(&session.take_pictures()), [0]);
        session.close();
    }
}

#[test]
fn pictures_that_become_large_move_to_hardware_and_stay_there() {
    let name = "pictures_that_become_large_move_to_hardware_and_stay_there";
    if !is_process_with(name, Fake::with_fault(Fault::None)) {
        return;
    }
    let mut media = Media::open("h264.mp4");
    media.append_seconds(0..2);
    media.append_seconds_of(large(), 2..4);
    media.append_seconds_of(Media::open("h264.mp4"), 4..6);
    media.end();
    let session = session(DecoderPreference::Automatic);
    session.player.set_tracks(media.readers());
    session.player.play();
    session.wait_for(PlayerEvent::EndOfStream);
    session.assert_went_on(0..PICTURES);
    // All from there on, and none twice.
    assert_eq!(decoded() as i64, PICTURES - 2 * RATE);
    session.close();
}
