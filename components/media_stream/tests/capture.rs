/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tracks and their sources.

use std::collections::BTreeSet;

use media_stream::{
    CaptureBackend, Constraint, Constraints, Effect, Kind, Property, Settings, SourceEvent,
    TrackEvent, Value,
};

use crate::fake::Page;

fn live(kinds: &[Kind]) -> Effect {
    Effect::ShowLive(BTreeSet::from_iter(kinds.iter().copied()))
}

#[test]
fn a_track_is_live_enabled_and_named_after_its_source() {
    let mut page = Page::new();
    let id = page.create_track();
    let track = page.capture.track(id);
    assert_eq!(track.label, "The front");
    assert_eq!(track.kind, Kind::Video);
    assert!(!track.is_ended && track.is_enabled && !track.is_muted && track.feed.is_some());
    assert_eq!(page.effects(), []);
}

#[test]
fn a_source_is_closed_with_its_last_track_and_no_event() {
    let mut page = Page::new();
    let one = page.create_track();
    let other = page.capture.clone_track(one);
    page.capture.stop_track(one);
    assert_eq!(page.effects(), []);
    assert_eq!(page.source_count(), 1);
    page.capture.stop_track(other);
    assert_eq!(page.source_count(), 0);
    assert_eq!(page.backend.feeds(), ["new", "new", "gone", "gone"]);
    assert_eq!(page.effects(), [live(&[])]);
    page.capture.stop_track(other);
    page.capture.forget_track(one);
    // What is cloned of it is as ended.
    let clone = page.capture.clone_track(other);
    assert!(page.capture.track(clone).is_ended);
    assert_eq!(page.backend.feeds(), [""; 0]);
    assert_eq!(page.effects(), []);
}

#[test]
fn a_forgotten_track_is_a_stopped_one() {
    let mut page = Page::new();
    let track = page.create_track();
    let clone = page.capture.clone_track(track);
    page.capture.stop_track(track);
    assert_eq!(page.source_count(), 1);
    page.capture.forget_track(clone);
    assert_eq!(page.source_count(), 0);
}

#[test]
fn disabled_tracks_show_nothing_and_the_user_sees_that() {
    let mut page = Page::new();
    let one = page.create_track();
    let other = page.capture.clone_track(one);
    page.backend.feeds();
    page.capture.set_track_enabled(one, false);
    assert_eq!(page.effects(), []);
    page.capture.set_track_enabled(other, false);
    assert_eq!(page.effects(), [live(&[])]);
    assert_eq!(page.backend.feeds(), ["enabled false", "enabled false"]);
    // A clone is disabled like the original.
    let clone = page.capture.clone_track(one);
    assert_eq!(page.backend.feeds(), ["new", "enabled false"]);
    assert_eq!(page.effects(), []);
    page.capture.set_track_enabled(clone, true);
    assert_eq!(page.effects(), [live(&[Kind::Video])]);
}

#[test]
fn a_source_that_ends_is_told_to_its_live_tracks() {
    let mut page = Page::new();
    let stopped = page.create_track();
    let track = page.capture.clone_track(stopped);
    page.capture.stop_track(stopped);
    page.tell(SourceEvent::Ended("it was unplugged".to_owned()));
    let expected = [Effect::FireAtTrack(track, TrackEvent::Ended), live(&[])];
    assert_eq!(page.effects(), expected);
    assert_eq!(page.source_count(), 0);
    // What comes later comes too late.
    page.tell(SourceEvent::Muted(true));
    page.tell(SourceEvent::Ended(String::new()));
    assert_eq!(page.effects(), []);
}

#[test]
fn tracks_are_muted_with_their_source() {
    let mut page = Page::new();
    let track = page.create_track();
    page.tell(SourceEvent::Muted(true));
    page.tell(SourceEvent::Muted(true));
    let expected = [Effect::FireAtTrack(track, TrackEvent::Mute), live(&[])];
    assert_eq!(page.effects(), expected);
    let late = page.capture.clone_track(track);
    assert!(page.capture.track(late).is_muted);
    page.tell(SourceEvent::Muted(false));
    let fired = [track, late].map(|track| Effect::FireAtTrack(track, TrackEvent::Unmute));
    let expected = [&fired[..], &[live(&[Kind::Video])]].concat();
    assert_eq!(page.effects(), expected);
}

#[test]
fn a_track_can_have_other_settings_and_keeps_its_own_if_not() {
    let mut page = Page::new();
    let track = page.create_track();
    page.backend.feeds();
    let width = |constraint| Constraints {
        basic: [(Property::Width, constraint)].into(),
        ..Default::default()
    };
    let narrow = width(Constraint::Bare(vec![Value::Number(320.)]));
    page.capture
        .apply_constraints(track, narrow.clone())
        .expect("the camera is wide enough");
    assert_eq!(page.backend.feeds(), ["width Some(Number(320.0))"]);
    let wide = width(Constraint::Number {
        min: Some(641.),
        max: None,
        exact: None,
        ideal: None,
    });
    let result = page.capture.apply_constraints(track, wide);
    let constraint = result.err().and_then(|error| error.constraint);
    assert_eq!(constraint, Some(Property::Width));
    assert_eq!(page.capture.track(track).constraints, narrow);
    assert_eq!(page.backend.feeds(), [""; 0]);
}

#[test]
fn all_captures_end_with_their_document() {
    let mut page = Page::new();
    let track = page.create_track();
    page.request(&[Kind::Audio]);
    page.capture.stop_all_sources();
    assert!(page.capture.track(track).is_ended);
    assert_eq!(page.source_count(), 0);
    page.tell(SourceEvent::Opened);
    assert_eq!(page.effects(), [live(&[])]);
}

#[test]
fn a_source_may_be_no_device() {
    let mut page = Page::new();
    let (_, track) = page
        .capture
        .add_source(Kind::Audio, "A peer".to_owned(), None);
    assert!(page.capture.track_capabilities(track).is_empty());
    page.capture
        .apply_constraints(track, Constraints::default())
        .expect("nothing is required");
    page.capture.stop_track(track);
    assert!(page.capture.track(track).is_ended);
    assert_eq!(page.effects(), []);
}

#[test]
fn a_source_that_is_no_device_is_not_told_to_be_in_use() {
    let mut page = Page::new();
    let media = page
        .backend
        .open("canvas", &Settings::new(), Box::new(|_| {}));
    let (_, track) = page
        .capture
        .add_source(Kind::Video, String::new(), Some(media));
    let clone = page.capture.clone_track(track);
    assert!(page.capture.track(clone).feed.is_some());
    page.capture.stop_track(track);
    assert_eq!(page.source_count(), 1);
    page.capture.stop_track(clone);
    assert_eq!(page.source_count(), 0);
    assert_eq!(page.effects(), []);
}
