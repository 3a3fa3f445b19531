/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The player on real pipelines and real media.

mod codecs;
mod control;
mod faults;
mod hardware;
mod mutations;
mod pipelines;
mod record;
mod starts;
mod support;
mod tracks;

use media_source::{Player, PlayerEvent};
use std::ops::Range;
use std::time::{Duration, Instant};

use support::{Media, PICTURES, RATE, Session, Shown, find_all, millisecond_start_of, start_of};
use track_buffer::time::{PresentationTime, TimeDelta};

type StartOf = fn(i64) -> PresentationTime;

fn seconds(seconds: f64) -> PresentationTime {
    PresentationTime::from_seconds(seconds)
}

fn is_after(event: &PlayerEvent, time: f64) -> bool {
    matches!(event, PlayerEvent::Position(position) if *position > seconds(time))
}

fn pictures(numbers: Range<i64>, start_of: StartOf) -> Vec<Shown> {
    numbers
        .map(|number| Shown {
            number,
            start: start_of(number),
        })
        .collect()
}

/// The numbers of the pictures shown; one that is shown again right away counts once.
fn numbers(shown: &[Shown]) -> Vec<i64> {
    let mut numbers: Vec<_> = shown.iter().map(|shown| shown.number).collect();
    numbers.dedup();
    numbers
}

/// Plays all of `name` and compares every picture and position.
fn play_to_the_end(name: &str, rate: f64, start_of: StartOf) {
    let session = Session::of(&Media::whole(name));
    session.player.set_rate(rate);
    session.player.play();
    let events = session.wait_for(PlayerEvent::EndOfStream);
    session.assert_played(&pictures(0..PICTURES, start_of));
    let positions: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            PlayerEvent::Position(position) => Some(*position),
            _ => None,
        })
        .collect();
    assert!(positions.is_sorted(), "{positions:?}");
    let end = *positions.last().expect("it moved");
    assert_eq!(session.player.position(), end);
    assert!(
        end >= start_of(PICTURES),
        "{end:?} is before the end of the last picture"
    );
    assert!(end < seconds(6.2), "{end:?} is past the end");
    session.close();
}

#[test]
fn h264_and_aac_play_to_the_end() {
    play_to_the_end("h264-aac.mp4", 1., start_of);
}

#[test]
fn vp8_and_vorbis_play_to_the_end() {
    play_to_the_end("vp8-vorbis.webm", 2., millisecond_start_of);
}

#[test]
fn pictures_alone_play_to_the_end() {
    play_to_the_end("h264.mp4", 4., start_of);
}

#[test]
fn sound_alone_plays_to_the_end() {
    let session = Session::of(&Media::whole("aac.mp4"));
    session.player.set_rate(4.);
    session.player.play();
    session.wait_for(PlayerEvent::Prerolled);
    session.wait_for(PlayerEvent::EndOfStream);
    session.close();
}

#[test]
fn preroll_shows_the_first_picture() {
    let session = Session::of(&Media::whole("h264-aac.mp4"));
    session.wait_for(PlayerEvent::Prerolled);
    assert_eq!(session.take_pictures(), pictures(0..1, start_of));
    assert!(session.player.is_paused());
    assert_eq!(session.player.position(), PresentationTime::ZERO);
    session.close();
}

/// Seeks from place to place and looks which picture is shown.
fn seek_to_pictures(name: &str, targets: &[(PresentationTime, i64)]) {
    let session = Session::of(&Media::whole(name));
    session.wait_for(PlayerEvent::Prerolled);
    for &(target, number) in targets {
        session.take_pictures();
        let id = session.player.seek(target);
        assert_eq!(session.player.position(), target);
        assert_eq!(session.wait_for_seek(id), target);
        assert_eq!(session.player.position(), target);
        assert_eq!(
            numbers(&session.take_pictures()),
            [number],
            "{name} at {target:?}"
        );
    }
    session.close();
}

#[test]
fn seek_lands_on_the_exact_picture() {
    // Key frames, both sides of a picture's edge, everything in between, and beyond the end.
    let edge = start_of(77);
    let before_edge = edge.offset_by(TimeDelta::from_nanoseconds(-1));
    let targets = [
        (seconds(5.9), 141),
        (seconds(0.), 0),
        (seconds(3.), 72),
        (seconds(2.98), 71),
        (edge, 77),
        (before_edge, 76),
        (seconds(9.), 143),
    ];
    seek_to_pictures("h264-aac.mp4", &targets);
}

#[test]
fn seek_in_webm_lands_on_the_exact_picture() {
    let targets = [
        (seconds(5.9), 141),
        (seconds(0.), 0),
        (seconds(3.), 72),
        (seconds(2.98), 71),
    ];
    seek_to_pictures("vp8.webm", &targets);
}

#[test]
fn seek_in_other_codecs_lands_on_the_exact_picture() {
    let targets = [
        (seconds(1.9), 45),
        (seconds(0.), 0),
        (seconds(1.), 24),
        (seconds(0.98), 23),
        (seconds(1.5), 36),
    ];
    for name in [
        "codecs/av1.mp4",
        "codecs/hev1.mp4",
        "codecs/hvc1.mp4",
        "layouts/open-groups.mp4",
        "layouts/vp9-opus.webm",
    ] {
        seek_to_pictures(name, &targets);
    }
}

/// Frames that no other one depends on are not decoded before the target, and are the target themselves.
#[test]
fn every_picture_of_a_pyramid_can_be_sought() {
    let pictures = (0..2 * RATE).rev().chain(0..2 * RATE);
    let targets: Vec<_> = pictures.map(|number| (start_of(number), number)).collect();
    for name in [
        "codecs/av1-pyramid.mp4",
        "codecs/h264-pyramid.mp4",
        "codecs/hevc-layers.mp4",
    ] {
        seek_to_pictures(name, &targets);
    }
}

/// The decoder may go on where it stands, or the frame may have come out already.
#[test]
fn seeks_forwards_land_on_the_exact_picture() {
    let mut numbers = vec![0];
    for step in [1, 12, 2, 3, 5, 8, 13, 1, 1, 7, 9, 20, 4, 6, 11, 10, 14] {
        numbers.push(numbers[numbers.len() - 1] + step);
    }
    for (name, end, start_of) in [
        ("h264-aac.mp4", PICTURES, start_of as StartOf),
        ("codecs/av1-pyramid.mp4", 2 * RATE, start_of),
        ("codecs/h264-pyramid.mp4", 2 * RATE, start_of),
        ("codecs/hevc-layers.mp4", 2 * RATE, start_of),
        ("layouts/open-groups.mp4", 2 * RATE, start_of),
        ("layouts/vp9-opus.webm", 2 * RATE, millisecond_start_of),
        ("vp8.webm", PICTURES, millisecond_start_of),
    ] {
        // At its start, and in its middle.
        let into = [0, 9_000_000].map(TimeDelta::from_nanoseconds);
        let targets: Vec<_> = numbers
            .iter()
            .filter(|number| **number < end)
            .zip(into.into_iter().cycle())
            .map(|(number, into)| (start_of(*number).offset_by(into), *number))
            .collect();
        seek_to_pictures(name, &targets);
    }
}

#[test]
fn a_seek_forwards_shows_what_was_appended_since() {
    let mut media = Media::open("h264.mp4");
    media.append_seconds(0..2);
    let session = Session::of(&media);
    session.wait_for(PlayerEvent::Prerolled);
    session.take_pictures();
    media.set_timestamp_offset(-3.);
    media.append_seconds(3..4);
    session.player.data_changed();
    let id = session.player.seek(start_of(20));
    session.wait_for_seek(id);
    assert_eq!(numbers(&session.take_pictures()), [92]);
    session.close();
}

#[test]
fn playback_goes_on_after_a_seek_forwards() {
    let session = Session::of(&Media::whole("h264-aac.mp4"));
    session.wait_for(PlayerEvent::Prerolled);
    let id = session.player.seek(start_of(14));
    session.wait_for_seek(id);
    session.take_pictures();
    session.player.play();
    session.wait_until(|event| is_after(event, 1.));
    let id = session.player.seek(start_of(41));
    session.wait_for_seek(id);
    session.take_pictures();
    session.wait_for(PlayerEvent::EndOfStream);
    session.assert_went_on(41..PICTURES);
    session.close();
}

#[test]
fn seek_while_playing_goes_on_playing() {
    let session = Session::of(&Media::whole("h264-aac.mp4"));
    session.player.play();
    session.wait_until(|event| is_after(event, 0.2));
    let id = session.player.seek(seconds(5.));
    session.wait_for_seek(id);
    session.take_pictures();
    session.wait_for(PlayerEvent::EndOfStream);
    assert_eq!(
        session.take_pictures().last(),
        pictures(143..144, start_of).last()
    );
    session.close();
}

#[test]
fn newest_seek_wins() {
    let session = Session::of(&Media::whole("h264-aac.mp4"));
    for picture in 0..40 {
        session.player.seek(start_of(picture * 3));
    }
    let last = session.player.seek(start_of(100));
    assert_eq!(session.wait_for_seek(last), start_of(100));
    assert_eq!(numbers(&session.take_pictures()).last(), Some(&100));
    assert_eq!(session.player.position(), start_of(100));
    session.close();
}

#[test]
fn seek_before_tracks_and_data() {
    let mut media = Media::open("h264-aac.mp4");
    let session = Session::new();
    let id = session.player.seek(seconds(4.5));
    session.player.set_tracks(media.readers());
    media.append_seconds(0..2);
    session.player.data_changed();
    assert_eq!(session.player.position(), seconds(4.5));
    media.append_seconds(4..6);
    session.player.data_changed();
    let events = session.wait_for(PlayerEvent::SeekDone {
        id,
        position: seconds(4.5),
    });
    assert!(events.contains(&PlayerEvent::Prerolled));
    assert_eq!(numbers(&session.take_pictures()), [108]);
    session.close();
}

#[test]
fn seek_into_a_gap_waits_for_data() {
    let mut media = Media::open("h264-aac.mp4");
    media.append_seconds(0..1);
    let session = Session::of(&media);
    session.wait_for(PlayerEvent::Prerolled);
    session.player.play();
    let id = session.player.seek(seconds(3.25));
    media.append_seconds(3..6);
    media.end();
    session.player.data_changed();
    assert_eq!(session.wait_for_seek(id), seconds(3.25));
    session.wait_for(PlayerEvent::EndOfStream);
    session.close();
}

#[test]
fn pause_keeps_the_position_and_the_picture() {
    let session = Session::of(&Media::whole("h264-aac.mp4"));
    session.player.play();
    session.wait_until(|event| is_after(event, 0.5));
    session.player.pause();
    // A seek to where it stands is answered after the pause.
    let id = session.player.seek(seconds(1.5));
    session.wait_for_seek(id);
    session.take_pictures();
    assert_eq!(session.player.position(), seconds(1.5));
    session.player.play();
    session.wait_for(PlayerEvent::EndOfStream);
    session.assert_went_on(37..PICTURES);
    session.close();
}

#[test]
fn starved_playback_goes_on_where_it_waited() {
    let mut media = Media::open("h264-aac.mp4");
    media.append_seconds(0..2);
    let session = Session::of(&media);
    session.player.play();
    session.wait_for(PlayerEvent::Starved);
    let waits_at = session.player.position();
    assert!(
        waits_at > seconds(1.9) && waits_at < seconds(2.1),
        "{waits_at:?}"
    );
    media.append_seconds(2..4);
    session.player.data_changed();
    session.wait_for(PlayerEvent::Starved);
    media.append_seconds(4..6);
    media.end();
    session.player.data_changed();
    session.wait_for(PlayerEvent::EndOfStream);
    // The picture at which it waited may be shown again.
    session.assert_went_on(0..PICTURES);
    session.close();
}

#[test]
fn playback_goes_on_after_each_of_many_waits() {
    for name in ["h264-aac.mp4", "vp8-vorbis.webm"].repeat(3) {
        let mut media = Media::open(name);
        media.append_seconds(0..1);
        let session = Session::of(&media);
        session.player.set_rate(2.);
        session.player.play();
        for second in 1..6 {
            session.wait_for(PlayerEvent::Starved);
            media.append_seconds(second..second + 1);
            session.player.data_changed();
        }
        media.end();
        session.player.data_changed();
        session.wait_for(PlayerEvent::EndOfStream);
        session.assert_went_on(0..PICTURES);
        session.close();
    }
}

#[test]
fn end_is_told_each_time_it_is_reached() {
    let session = Session::of(&Media::whole("vp8-vorbis.webm"));
    session.player.play();
    for _ in 0..3 {
        let id = session.player.seek(seconds(5.5));
        session.wait_for_seek(id);
        session.take_pictures();
        session.wait_for(PlayerEvent::EndOfStream);
        session.assert_went_on(133..PICTURES);
    }
    session.close();
}

#[test]
fn playback_goes_on_after_the_end_of_the_stream() {
    let mut media = Media::open("h264-aac.mp4");
    media.append_seconds(0..1);
    media.end();
    let session = Session::of(&media);
    session.player.play();
    session.wait_for(PlayerEvent::EndOfStream);
    media.append_seconds(1..2);
    media.end();
    session.player.data_changed();
    session.wait_for(PlayerEvent::EndOfStream);
    let numbers = numbers(&session.take_pictures());
    assert_eq!(*numbers.last().expect("pictures were shown"), 2 * RATE - 1);
    assert!(numbers.is_sorted(), "{numbers:?}");
    session.close();
}

#[test]
fn seek_to_the_end_shows_the_last_picture() {
    let session = Session::of(&Media::whole("h264-aac.mp4"));
    session.wait_for(PlayerEvent::Prerolled);
    session.take_pictures();
    let id = session.player.seek(seconds(6.));
    assert_eq!(session.wait_for_seek(id), seconds(6.));
    assert_eq!(numbers(&session.take_pictures()).last(), Some(&143));
    session.player.play();
    session.wait_for(PlayerEvent::EndOfStream);
    session.close();
}

#[test]
fn tracks_that_come_later_join_in() {
    let (pictures_alone, both) = (Media::whole("h264.mp4"), Media::whole("h264-aac.mp4"));
    let session = Session::of(&pictures_alone);
    session.wait_for(PlayerEvent::Prerolled);
    session.player.play();
    session.wait_until(|event| is_after(event, 0.2));
    session.player.set_tracks(both.readers());
    session.player.set_rate(4.);
    session.wait_for(PlayerEvent::EndOfStream);
    assert_eq!(numbers(&session.take_pictures()).last(), Some(&143));
    session.close();
}

#[test]
fn nothing_is_left_of_a_player_dropped_at_any_moment() {
    let media = Media::whole("h264-aac.mp4");
    Session::new().close();
    for moment in 0..24 {
        let session = Session::of(&media);
        session.player.play();
        for _ in 0..moment {
            let _ = session.events.recv();
        }
        if moment % 3 == 0 {
            session.player.seek(seconds(3.3));
        }
        session.close();
    }
}

#[test]
fn another_codec_takes_over() {
    let mut media = Media::open("vp8.webm");
    media.append_seconds(0..2);
    media.append_other("h264.mp4", 2..6);
    media.end();
    let session = Session::of(&media);
    session.player.play();
    session.wait_for(PlayerEvent::EndOfStream);
    session.assert_went_on(0..PICTURES);
    session.close();
}

#[test]
fn another_codec_of_sound_takes_over() {
    let mut media = Media::open("vorbis.webm");
    media.append_seconds(0..1);
    media.append_other("aac.mp4", 1..2);
    media.append_other("vorbis.webm", 2..3);
    media.end();
    let session = Session::of(&media);
    session.player.play();
    session.wait_for(PlayerEvent::EndOfStream);
    assert!(session.player.position() >= seconds(2.9));
    session.close();
}

#[test]
fn broken_headers_are_an_error_that_names_the_track() {
    let mut media = Media::open_changed("vp8-vorbis.webm", |bytes| {
        let setup_header = find_all(bytes, b"\x05vorbis")[0];
        bytes[setup_header + 7..][..64].fill(0xff);
    });
    media.append_all();
    let session = Session::of(&media);
    let events = session.wait_until(|event| matches!(event, PlayerEvent::Failed(_)));
    let Some(PlayerEvent::Failed(error)) = events.last() else {
        panic!("waited for it")
    };
    assert!(
        error
            .to_string()
            .starts_with("Vorbis audio failed at 0.000 s: "),
        "{error}"
    );
    // Nothing hangs, and nobody has to know.
    session.player.seek(seconds(1.));
    session.player.play();
    session.close();
}

#[test]
fn a_decoder_may_have_nothing_to_give_yet() {
    // A frame of Vorbis is heard with the next one.
    let mut media = Media::open("vorbis.webm");
    media.append_first_frame();
    assert_eq!(media.frames(0).len(), 1);
    let session = Session::of(&media);
    session.player.play();
    session.wait_for(PlayerEvent::Starved);
    media.append_all();
    media.end();
    session.player.data_changed();
    session.wait_until(|event| is_after(event, 1.));
    session.player.seek(seconds(5.5));
    session.wait_for(PlayerEvent::EndOfStream);
    session.close();
}

#[test]
fn a_stream_of_so_few_frames_ends() {
    let mut media = Media::open("vorbis.webm");
    media.append_first_frame();
    media.end();
    let session = Session::of(&media);
    session.player.play();
    session.wait_for(PlayerEvent::EndOfStream);
    session.close();
}

#[test]
fn a_decoder_that_gives_nothing_is_an_error() {
    for (name, track) in [("aac.mp4", "AAC audio"), ("h264.mp4", "H.264 video")] {
        let mut media = Media::open(name);
        media.spoil(0..6);
        media.append_all();
        media.end();
        let session = Session::of(&media);
        session.player.play();
        let events = session.wait_until(|event| matches!(event, PlayerEvent::Failed(_)));
        let Some(PlayerEvent::Failed(error)) = events.last() else {
            panic!("waited for it")
        };
        let text = error.to_string();
        assert!(text.starts_with(&format!("{track} failed at ")), "{text}");
        session.close();
    }
}

#[test]
fn methods_return_at_once() {
    let media = Media::whole("h264-aac.mp4");
    let session = Session::of(&media);
    session.player.play();
    let mut calls: Vec<_> = (0..100)
        .map(|picture| {
            let start = Instant::now();
            session.player.seek(start_of(picture));
            session.player.data_changed();
            session.player.set_volume(0.5);
            session.player.position();
            start.elapsed()
        })
        .collect();
    calls.sort();
    // The median, for the machine may be busy.
    assert!(calls[50] < Duration::from_millis(1), "{calls:?}");
    session.close();
}
