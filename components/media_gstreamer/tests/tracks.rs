/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tracks that come and go while they are played, and a player that does not answer.

use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use media_gstreamer::{GStreamerPlayer, Pipelines};
use media_source::{
    Medium, Player, PlayerError, PlayerEvent, TrackReader, VideoFrame, VideoRenderer,
};
use track_buffer::time::PresentationTime;

use crate::support::{Media, PICTURES, Session, start_of};
use crate::{is_after, numbers, pictures, seconds};

fn only(media: &Media, medium: Medium) -> Vec<TrackReader> {
    let mut readers = media.readers();
    readers.retain(|reader| reader.configuration().medium() == medium);
    readers
}

/// The positions told, which must not go back.
fn check_positions(events: &[PlayerEvent]) {
    let positions = events.iter().filter_map(|event| match event {
        PlayerEvent::Position(position) => Some(*position),
        _ => None,
    });
    assert!(Vec::from_iter(positions).is_sorted(), "{events:?}");
}

#[test]
fn sound_comes_and_goes_while_pictures_go_on() {
    let media = Media::whole("h264-aac.mp4");
    let session = Session::of(&media);
    session.player.play();
    let mut events = session.wait_until(|event| is_after(event, 1.));
    session.player.set_tracks(only(&media, Medium::Video));
    events.extend(session.wait_until(|event| is_after(event, 2.)));
    session.player.set_tracks(media.readers());
    events.extend(session.wait_for(PlayerEvent::EndOfStream));
    check_positions(&events);
    let prerolled = events
        .iter()
        .filter(|event| **event == PlayerEvent::Prerolled);
    assert_eq!(prerolled.count(), 1);
    let counts = session.player.frame_counts();
    let shown = numbers(&session.take_pictures());
    assert!(shown.is_sorted(), "{shown:?}");
    let shown = shown.len() as u32;
    assert_eq!(
        shown + counts.dropped_video_frames,
        counts.total_video_frames
    );
    assert_eq!(counts.total_video_frames, PICTURES as u32);
    session.close();
}

#[test]
fn pictures_come_and_go_while_sound_goes_on() {
    let media = Media::whole("h264-aac.mp4");
    let session = Session::of(&media);
    session.player.play();
    let mut events = session.wait_until(|event| is_after(event, 1.));
    session.player.set_tracks(only(&media, Medium::Audio));
    events.extend(session.wait_until(|event| is_after(event, 2.)));
    session.take_pictures();
    events.extend(session.wait_until(|event| is_after(event, 3.)));
    assert_eq!(session.take_pictures(), []);
    session.player.set_tracks(media.readers());
    events.extend(session.wait_for(PlayerEvent::EndOfStream));
    check_positions(&events);
    assert_eq!(numbers(&session.take_pictures()).last(), Some(&143));
    session.close();
}

#[test]
fn without_tracks_playback_waits() {
    let media = Media::whole("h264-aac.mp4");
    let session = Session::of(&media);
    session.player.play();
    session.wait_until(|event| is_after(event, 1.));
    session.player.set_tracks(Vec::new());
    session.player.seek(seconds(2.));
    let stays = session.player.seek(seconds(3.));
    assert_eq!(session.player.position(), seconds(3.));
    session.player.set_tracks(media.readers());
    assert_eq!(session.wait_for_seek(stays), seconds(3.));
    session.wait_for(PlayerEvent::EndOfStream);
    let shown = session.take_pictures();
    let first = shown.iter().position(|shown| shown.number > 48);
    let from_there = &shown[first.expect("it was played to the end")..];
    assert_eq!(from_there.first(), pictures(72..73, start_of).first());
    session.close();
}

#[test]
fn the_same_tracks_again_disturb_nothing() {
    let media = Media::whole("h264-aac.mp4");
    let session = Session::of(&media);
    session.player.play();
    for second in [1., 2., 3.] {
        session.wait_until(|event| is_after(event, second));
        session.player.set_tracks(media.readers());
    }
    session.wait_for(PlayerEvent::EndOfStream);
    let shown = numbers(&session.take_pictures());
    assert!(shown.windows(2).all(|pair| pair[0] < pair[1]), "{shown:?}");
    session.close();
}

/// Does not return from showing the second picture before it is told to.
struct Stuck {
    pictures: usize,
    end: Receiver<()>,
}

impl VideoRenderer for Stuck {
    fn render(&mut self, _frame: VideoFrame) {
        self.pictures += 1;
        if self.pictures == 2 {
            let _ = self.end.recv();
        }
    }
}

#[test]
fn a_player_that_does_not_answer_is_one_error() {
    let media = Media::whole("h264-aac.mp4");
    let (let_it_go, end) = crossbeam_channel::bounded::<()>(0);
    let (event, events) = crossbeam_channel::unbounded();
    let player = GStreamerPlayer::new(
        &Pipelines::default(),
        Box::new(Stuck { pictures: 0, end }),
        Box::new(move |told| {
            let _ = event.send(told);
        }),
    );
    let player = player.expect("GStreamer is installed");
    player.set_tracks(media.readers());
    player.play();
    // The sound goes on.
    while !is_after(&events.recv().expect("it plays"), 0.5) {}
    let start = Instant::now();
    player.seek(PresentationTime::from_seconds(2.));
    let is_error = |event: &PlayerEvent| matches!(event, PlayerEvent::Failed(_));
    let error = loop {
        match events.recv_timeout(Duration::from_secs(20)) {
            Ok(event) if is_error(&event) => break event,
            Ok(_) => {}
            Err(_) => panic!("nobody noticed"),
        }
    };
    let expected = PlayerError::Unresponsive {
        position: seconds(2.),
    };
    assert_eq!(error, PlayerEvent::Failed(expected));
    assert!(start.elapsed() >= Duration::from_secs(4));
    let closing = player.close();
    drop(let_it_go);
    // What was stuck comes to its end after all.
    assert!(closing.wait());
    assert!(!events.try_iter().any(|event| is_error(&event)));
}
