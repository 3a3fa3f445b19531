/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Players that share fewer pipelines than they are.

use media_source::{Player, PlayerEvent};
use std::num::NonZeroUsize;

use media_gstreamer::Pipelines;
use track_buffer::time::PresentationTime;

use crate::support::{Media, PICTURES, Session, random_numbers, start_of};
use crate::{is_after, numbers, pictures, seconds};

fn pipelines(limit: usize) -> Pipelines {
    Pipelines::new(NonZeroUsize::new(limit).expect("there are some"))
}

fn session(pipelines: &Pipelines, media: &Media) -> Session {
    let session = Session::sharing(pipelines);
    session.player.set_tracks(media.readers());
    session
}

#[test]
fn a_player_that_stands_gives_its_pipeline_back() {
    let (pipelines, media) = (pipelines(1), Media::whole("h264.mp4"));
    let first = session(&pipelines, &media);
    first.wait_for(PlayerEvent::Prerolled);
    let second = session(&pipelines, &media);
    second.wait_for(PlayerEvent::Prerolled);
    // Each goes on where it stood.
    second.player.play();
    second.wait_until(|event| is_after(event, 1.));
    second.player.pause();
    first.player.play();
    first.wait_for(PlayerEvent::EndOfStream);
    first.assert_went_on(0..PICTURES);
    second.player.play();
    second.wait_for(PlayerEvent::EndOfStream);
    second.assert_went_on(0..PICTURES);
}

#[test]
fn a_player_waits_for_those_that_play() {
    let (pipelines, media) = (pipelines(1), Media::whole("h264.mp4"));
    let first = session(&pipelines, &media);
    first.player.set_rate(4.);
    first.player.play();
    first.wait_until(|event| is_after(event, 0.5));
    // Meanwhile others come and go, who would be next.
    let second = session(&pipelines, &media);
    drop(second);
    let third = session(&pipelines, &media);
    third.player.set_tracks(Vec::new());
    let fourth = session(&pipelines, &media);
    let target = seconds(2.5);
    let seek = fourth.player.seek(target);
    first.wait_until(|event| is_after(event, 3.));
    assert!(fourth.events.is_empty(), "it has to wait");
    first.wait_for(PlayerEvent::EndOfStream);
    assert_eq!(fourth.wait_for_seek(seek), target);
    assert_eq!(numbers(&fourth.take_pictures()), [60]);
    assert!(third.events.is_empty(), "it has nothing to play");
}

#[test]
fn a_player_without_data_lets_others_play() {
    let (pipelines, media) = (pipelines(1), Media::whole("h264.mp4"));
    let mut empty = Media::open("h264.mp4");
    let first = session(&pipelines, &empty);
    first.player.play();
    let second = session(&pipelines, &media);
    second.player.play();
    second.wait_for(PlayerEvent::EndOfStream);
    empty.append_all();
    empty.end();
    first.player.data_changed();
    first.wait_for(PlayerEvent::EndOfStream);
    first.assert_played(&pictures(0..PICTURES, start_of));
}

#[test]
fn many_players_take_turns() {
    let (pipelines, media) = (pipelines(3), Media::whole("h264.mp4"));
    let sessions = Vec::from_iter((0..24).map(|_| session(&pipelines, &media)));
    for session in &sessions {
        session.wait_for(PlayerEvent::Prerolled);
    }
    let mut random = random_numbers(5, 200);
    for _ in 0..100 {
        let (Some(which), Some(picture)) = (random.next(), random.next()) else {
            break;
        };
        let session = &sessions[which as usize % sessions.len()];
        session.player.seek(start_of(picture as i64 % PICTURES));
        session.player.set_muted(picture % 2 == 0);
    }
    for (index, session) in sessions.iter().enumerate() {
        let picture = (index as i64 * 31) % PICTURES;
        let target: PresentationTime = start_of(picture);
        let seek = session.player.seek(target);
        assert_eq!(session.wait_for_seek(seek), target);
        let shown = numbers(&session.take_pictures());
        assert_eq!(shown.last(), Some(&picture));
    }
}
