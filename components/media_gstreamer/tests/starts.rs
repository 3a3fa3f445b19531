/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Playback that starts anywhere. The first picture may be shown before the decoder would give it.

use std::time::Duration;

use media_source::{Player, PlayerEvent};

use crate::support::{Media, PICTURES, RATE, Session, start_of};
use crate::{numbers, pictures};

/// A player that plays `media` from that picture on.
fn start_at(media: &Media, picture: i64) -> Session {
    let session = Session::new();
    let seek = session.player.seek(start_of(picture));
    session.player.set_tracks(media.readers());
    session.wait_for_seek(seek);
    session
}

#[test]
fn playback_can_start_at_every_picture() {
    for name in [
        "codecs/h264-pyramid.mp4",
        "codecs/hevc-layers.mp4",
        "layouts/open-groups.mp4",
    ] {
        let media = Media::whole(name);
        for picture in 0..2 * RATE {
            let session = start_at(&media, picture);
            let shown = session.take_pictures();
            assert_eq!(shown, pictures(picture..picture + 1, start_of), "{name}");
            session.close();
        }
    }
}

#[test]
fn what_follows_the_first_picture_plays_once() {
    // The first two are random access points.
    for first in [24, 72, 77] {
        let session = start_at(&Media::whole("h264.mp4"), first);
        session.player.set_rate(2.);
        session.player.play();
        session.wait_for(PlayerEvent::EndOfStream);
        session.assert_went_on(first..PICTURES);
        let quality = session.player.frame_counts();
        assert_eq!(i64::from(quality.total_video_frames), PICTURES - first);
        assert_eq!(quality.corrupted_video_frames, 0);
        session.close();
    }
}

#[test]
fn a_seek_right_after_the_first_picture_lands_on_the_exact_picture() {
    let media = Media::whole("codecs/h264-pyramid.mp4");
    for picture in 1..RATE {
        let session = Session::of(&media);
        let first = session.pictures.recv_timeout(Duration::from_secs(30));
        assert_eq!(first.map(|shown| shown.number), Ok(0));
        let seek = session.player.seek(start_of(picture));
        session.wait_for_seek(seek);
        assert_eq!(numbers(&session.take_pictures()), [picture]);
        session.close();
    }
}

#[test]
fn playback_goes_on_where_the_first_picture_cannot_be_decoded() {
    let mut media = Media::open("h264.mp4");
    media.spoil(0..1);
    media.append_all();
    media.end();
    let session = Session::of(&media);
    session.player.set_rate(2.);
    session.player.play();
    session.wait_for(PlayerEvent::EndOfStream);
    let shown = numbers(&session.take_pictures());
    assert!(shown.is_sorted(), "{shown:?}");
    assert_eq!(shown.last(), Some(&(PICTURES - 1)));
    session.close();
}
