/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What happens to the frames, and when, while playback is controlled: gaps, ends of tracks, what is
//! appended and removed at the playhead, rates, positions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use media_source::{Player, PlayerEvent, TrackReader};
use track_buffer::gap_policy;
use track_buffer::time::{PresentationTime, TimeDelta};

use crate::support::{Media, PICTURES, RATE, Session, Shown, random_numbers, start_of};
use crate::{is_after, numbers, pictures, seconds};

/// Whatever else happens in the meantime, the same end is not told again.
fn assert_no_further_end(session: &Session) {
    let id = session.player.seek(seconds(1.));
    session.wait_until(|event| {
        assert_ne!(*event, PlayerEvent::EndOfStream);
        matches!(event, PlayerEvent::SeekDone { id: done, .. } if *done == id)
    });
}

#[test]
fn two_hundred_random_seeks_show_the_right_picture() {
    let session = Session::of(&Media::whole("h264-aac.mp4"));
    session.wait_for(PlayerEvent::Prerolled);
    for number in random_numbers(1, 200) {
        let target = PresentationTime::from_nanoseconds((number % 6_000_000_000) as i64);
        // The picture that has begun last.
        let expected = (0..PICTURES).rfind(|picture| start_of(*picture) <= target);
        session.take_pictures();
        let id = session.player.seek(target);
        assert_eq!(session.wait_for_seek(id), target);
        let shown = numbers(&session.take_pictures());
        assert_eq!(Vec::from_iter(expected), shown, "{target:?}");
    }
    session.close();
}

#[test]
fn an_overtaken_seek_is_not_told_later() {
    let session = Session::of(&Media::whole("h264-aac.mp4"));
    session.player.play();
    let mut newest = None;
    for round in 0..10 {
        for picture in 0..round {
            newest = Some(session.player.seek(start_of(picture * 14)));
        }
        session.wait_until(|event| matches!(event, PlayerEvent::Position(_)));
    }
    let newest = newest.expect("there were seeks");
    session.wait_until(|event| {
        matches!(event, PlayerEvent::SeekDone { id, .. } if *id == newest)
            || matches!(event, PlayerEvent::EndOfStream)
    });
    let further = session.events.try_iter();
    assert_eq!(
        further
            .filter(|event| matches!(event, PlayerEvent::SeekDone { .. }))
            .count(),
        0
    );
    session.close();
}

/// Two seconds, a gap, and two seconds.
fn with_gap(gap: TimeDelta) -> Media {
    let mut media = Media::open("h264.mp4");
    media.append_seconds(0..2);
    media.set_timestamp_offset(gap.seconds());
    media.append_seconds(2..4);
    media.end();
    media
}

#[test]
fn playback_goes_on_across_a_short_gap() {
    // A little less than the policy has, for the times in the file are rounded.
    let gap = gap_policy::MID_STREAM.minus(TimeDelta::from_milliseconds(2));
    let session = Session::of(&with_gap(gap));
    session.player.play();
    session.wait_until(|event| {
        assert_ne!(*event, PlayerEvent::Starved);
        *event == PlayerEvent::EndOfStream
    });
    let expected: Vec<_> = (0..4 * RATE)
        .map(|number| Shown {
            number,
            start: match number {
                0..48 => start_of(number),
                _ => start_of(number).offset_by(gap),
            },
        })
        .collect();
    session.assert_played(&expected);
    session.close();
}

#[test]
fn playback_waits_at_a_long_gap_and_goes_on_behind_it() {
    let gap = gap_policy::MID_STREAM.plus(TimeDelta::from_milliseconds(100));
    let mut media = with_gap(gap);
    let session = Session::of(&media);
    session.player.play();
    session.wait_for(PlayerEvent::Starved);
    assert_eq!(session.player.position(), seconds(2.));
    session.assert_played(&pictures(0..48, start_of));
    // What comes last is moved back to where it belongs, over the gap.
    media.remove(2., 3.);
    media.set_timestamp_offset(0.);
    media.append_seconds(2..3);
    session.player.data_changed();
    session.wait_until(|event| is_after(event, 2.5));
    session.close();
}

fn both_tracks(video: &Media, sound: &Media) -> Vec<TrackReader> {
    video.readers().into_iter().chain(sound.readers()).collect()
}

/// The first seconds of a file.
fn beginning(name: &str, end: usize) -> Media {
    let mut media = Media::open(name);
    media.append_seconds(0..end);
    media.end();
    media
}

#[test]
fn pictures_go_on_when_the_sound_has_ended() {
    let (video, sound) = (Media::whole("h264.mp4"), beginning("aac.mp4", 2));
    let session = Session::of_readers(both_tracks(&video, &sound));
    session.player.set_rate(2.);
    session.player.play();
    session.wait_for(PlayerEvent::EndOfStream);
    session.assert_played(&pictures(0..PICTURES, start_of));
    assert_eq!(session.player.position(), start_of(PICTURES));
    assert_no_further_end(&session);
    session.close();
}

#[test]
fn sound_goes_on_when_the_pictures_have_ended() {
    let (video, sound) = (beginning("h264.mp4", 2), Media::whole("aac.mp4"));
    let session = Session::of_readers(both_tracks(&video, &sound));
    session.player.set_rate(2.);
    session.player.play();
    session.wait_for(PlayerEvent::EndOfStream);
    session.assert_played(&pictures(0..48, start_of));
    assert!(session.player.position() >= seconds(6.));
    session.close();
}

#[test]
fn playing_at_the_end_changes_nothing() {
    let session = Session::of(&beginning("h264-aac.mp4", 1));
    session.player.play();
    session.wait_for(PlayerEvent::EndOfStream);
    let end = session.player.position();
    session.player.pause();
    session.player.play();
    session.player.data_changed();
    assert_eq!(session.player.position(), end);
    assert_no_further_end(&session);
    session.close();
}

#[test]
fn what_is_removed_at_the_playhead_is_played_when_it_comes_again() {
    let mut media = Media::whole("h264-aac.mp4");
    let session = Session::of(&media);
    let id = session.player.seek(seconds(2.5));
    session.wait_for_seek(id);
    media.remove(2., 6.1);
    session.player.data_changed();
    session.player.play();
    // What the pipeline has already may be played first.
    session.wait_for(PlayerEvent::Starved);
    media.append_seconds(2..6);
    media.end();
    session.player.data_changed();
    session.wait_for(PlayerEvent::EndOfStream);
    let shown = numbers(&session.take_pictures());
    assert!(shown.is_sorted(), "{shown:?}");
    assert_eq!(shown.last(), Some(&(PICTURES - 1)));
    session.close();
}

#[test]
fn what_is_appended_again_at_the_playhead_shows_no_picture_twice() {
    let mut media = Media::whole("h264-aac.mp4");
    let session = Session::of(&media);
    session.player.play();
    for time in [0.4, 1.3, 2.2] {
        session.wait_until(|event| is_after(event, time));
        let second = time as usize;
        media.append_seconds(second..second + 3);
        media.end();
        session.player.data_changed();
    }
    session.wait_for(PlayerEvent::EndOfStream);
    session.assert_played(&pictures(0..PICTURES, start_of));
    session.close();
}

/// How fast playback moves from one time to another, of the speed that is asked for.
fn relative_speed(name: &str, rate: f64, from: f64, to: f64) -> f64 {
    let session = Session::of(&Media::whole(name));
    session.player.set_rate(rate);
    session.player.play();
    let mark = |time: f64| {
        let position = match session.wait_until(|event| is_after(event, time)).pop() {
            Some(PlayerEvent::Position(position)) => position,
            other => panic!("{other:?} is no position"),
        };
        (Instant::now(), position)
    };
    let (start, from) = mark(from);
    let (end, to) = mark(to);
    session.close();
    to.since(from).seconds() / end.duration_since(start).as_secs_f64() / rate
}

#[test]
fn playback_is_as_fast_as_the_rate() {
    for (rate, from, to) in [(0.25, 0.05, 0.25), (1., 0.1, 0.9), (4., 0.5, 4.5)] {
        for name in ["h264.mp4", "h264-aac.mp4"] {
            let speed = relative_speed(name, rate, from, to);
            assert!((0.85..1.15).contains(&speed), "{name} at {rate}: {speed}");
        }
    }
}

/// Keeps every core busy while it lives.
struct Load(Arc<AtomicBool>);

impl Load {
    fn start() -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let cores = thread::available_parallelism().map_or(1, |cores| cores.get());
        for _ in 0..2 * cores {
            let is_over = is_over.clone();
            thread::spawn(move || while !is_over.load(Ordering::Relaxed) {});
        }
        Self(is_over)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn on_a_busy_machine_every_picture_is_accounted_for() {
    let _load = Load::start();
    for rate in [2., 4.] {
        let mut media = Media::open("h264-aac.mp4");
        media.append_all();
        let session = Session::of(&media);
        session.player.set_rate(rate);
        session.player.play();
        session.wait_for(PlayerEvent::Starved);
        let shown = session.assert_played(&pictures(0..PICTURES, start_of));
        // Which is seen as long as playback waits.
        assert_eq!(shown.last().map(|shown| shown.number), Some(PICTURES - 1));
        media.end();
        session.player.data_changed();
        session.wait_for(PlayerEvent::EndOfStream);
        session.close();
    }
}

#[test]
fn positions_are_close_and_the_last_is_the_end() {
    let session = Session::of(&beginning("h264.mp4", 3));
    session.player.play();
    let events = session.wait_for(PlayerEvent::EndOfStream);
    let positions = events.iter().filter_map(|event| match event {
        PlayerEvent::Position(position) => Some(*position),
        _ => None,
    });
    let positions = Vec::from_iter(positions);
    assert_eq!(positions.last(), Some(&seconds(3.)));
    assert_eq!(session.player.position(), seconds(3.));
    let mut distances: Vec<_> = positions
        .windows(2)
        .map(|pair| pair[1].since(pair[0]))
        .collect();
    distances.sort();
    // They are 40 ms apart, and what it takes to tell them: on a machine that is busy, longer.
    let undisturbed = distances[distances.len() / 10];
    assert!(
        undisturbed < TimeDelta::from_milliseconds(50),
        "{distances:?}"
    );
    session.close();
}

#[test]
fn the_rate_changes_while_playing() {
    let session = Session::of(&Media::whole("h264-aac.mp4"));
    session.player.play();
    let start = Instant::now();
    for (time, rate) in [(0.3, 4.), (2., 0.5), (2.2, 4.)] {
        session.wait_until(|event| is_after(event, time));
        session.player.set_rate(rate);
    }
    session.wait_for(PlayerEvent::EndOfStream);
    assert!(start.elapsed() < Duration::from_secs(6));
    let shown = numbers(&session.take_pictures());
    assert!(shown.is_sorted(), "{shown:?}");
    session.close();
}

#[test]
fn at_rate_0_playback_stands_still() {
    let session = Session::of(&Media::whole("h264-aac.mp4"));
    session.player.play();
    session.wait_until(|event| is_after(event, 0.3));
    session.player.set_rate(0.);
    // A seek is answered after that.
    let id = session.player.seek(seconds(2.));
    session.wait_for_seek(id);
    assert_eq!(session.player.position(), seconds(2.));
    session.player.set_rate(2.);
    session.wait_for(PlayerEvent::EndOfStream);
    session.close();
}

/// Whatever is asked for, in any order while it plays: nothing beyond the bounds reaches an element.
#[test]
fn rates_beyond_the_bounds_do_no_harm() {
    let smallest = f64::from_bits(1);
    let extremes = [
        smallest,
        f64::MAX,
        1e-300,
        -1.,
        1e-20,
        64.,
        0.,
        1e-5,
        f64::INFINITY,
        f64::NAN,
        0.0625,
        f64::NEG_INFINITY,
        16.,
    ];
    for preserves_pitch in [true, false] {
        let session = Session::of(&Media::whole("h264-aac.mp4"));
        session.player.set_preserves_pitch(preserves_pitch);
        session.player.play();
        for rate in extremes {
            session.player.set_rate(1.);
            let id = session.player.seek(seconds(1.));
            session.wait_for_seek(id);
            session.wait_until(|event| is_after(event, 1.05));
            session.player.set_rate(rate);
            if rate > 0. {
                // Sound at that rate has gone through the pipeline when playback moves.
                let now = session.player.position().seconds();
                session.wait_until(|event| is_after(event, now + 0.01));
            }
        }
        // Twice while the sound of the one before is still on its way.
        for rate in extremes {
            session.player.set_rate(rate);
        }
        session.player.set_rate(4.);
        session.wait_for(PlayerEvent::EndOfStream);
        session.close();
    }
}
