/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Sources, tracks and streams.

use media_stream::{
    Capture, Constraints, Effect, Kind, Settings, SourceCommand, SourceId, StreamEvent, TrackEvent,
    TrackId,
};

/// A document that captures from one camera.
struct Page {
    capture: Capture,
    camera: SourceId,
}

impl Page {
    fn new() -> Self {
        let mut capture = Capture::default();
        let camera = capture.add_source(Kind::Video, "The camera".to_owned());
        Self { capture, camera }
    }

    fn create_track(&mut self) -> TrackId {
        let track = (self.camera, Constraints::default(), Settings::new());
        self.capture.create_track(track.0, track.1, track.2)
    }

    fn effects(&mut self) -> Vec<Effect> {
        std::iter::from_fn(|| self.capture.poll_effect()).collect()
    }

    fn commands(&mut self) -> Vec<SourceCommand> {
        let effects = self.effects().into_iter();
        let commands = effects.map(|effect| match effect {
            Effect::Source(source, command) if source == self.camera => command,
            other => panic!("{other:?} is none for the camera"),
        });
        commands.collect()
    }
}

#[test]
fn a_track_is_live_enabled_and_named_after_its_source() {
    let mut page = Page::new();
    let id = page.create_track();
    let track = page.capture.track(id);
    assert_eq!(track.label, "The camera");
    assert_eq!(track.kind, Kind::Video);
    assert!(!track.is_ended && track.is_enabled && !track.is_muted);
    assert_eq!(page.effects(), []);
}

#[test]
fn a_source_is_closed_with_its_last_track_and_no_event() {
    let mut page = Page::new();
    let (one, other) = (page.create_track(), page.create_track());
    page.capture.stop_track(one);
    assert_eq!(page.effects(), []);
    page.capture.stop_track(other);
    assert_eq!(page.commands(), [SourceCommand::Close]);
    page.capture.stop_track(other);
    page.capture.forget_track(one);
    assert_eq!(page.effects(), []);
    // What is cloned of it is as ended.
    let clone = page.capture.clone_track(other);
    assert!(page.capture.track(clone).is_ended);
    assert_eq!(page.effects(), []);
}

#[test]
fn a_clone_keeps_the_source_open() {
    let mut page = Page::new();
    let track = page.create_track();
    let clone = page.capture.clone_track(track);
    page.capture.stop_track(track);
    assert_eq!(page.effects(), []);
    page.capture.forget_track(clone);
    assert_eq!(page.commands(), [SourceCommand::Close]);
}

#[test]
fn a_source_pauses_while_all_live_tracks_are_disabled() {
    let mut page = Page::new();
    let (one, other) = (page.create_track(), page.create_track());
    page.capture.set_track_enabled(one, false);
    assert_eq!(page.commands(), []);
    page.capture.set_track_enabled(other, false);
    assert_eq!(page.commands(), [SourceCommand::Pause]);
    // A clone is disabled like the original.
    let clone = page.capture.clone_track(one);
    assert_eq!(page.commands(), []);
    page.capture.set_track_enabled(clone, true);
    assert_eq!(page.commands(), [SourceCommand::Resume]);
    page.capture.stop_track(clone);
    assert_eq!(page.commands(), [SourceCommand::Pause]);
    // A new track is enabled.
    page.create_track();
    assert_eq!(page.commands(), [SourceCommand::Resume]);
}

#[test]
fn a_source_that_ends_is_told_to_its_live_tracks() {
    let mut page = Page::new();
    let (stopped, live) = (page.create_track(), page.create_track());
    let stream = page.capture.create_stream([stopped, live, live]);
    assert_eq!(page.capture.stream_tracks(stream), [stopped, live]);
    page.capture.stop_track(stopped);
    assert!(page.capture.is_stream_active(stream));
    page.capture.handle_source_ended(page.camera);
    let expected = [
        Effect::FireAtTrack(live, TrackEvent::Ended),
        Effect::Source(page.camera, SourceCommand::Close),
    ];
    assert_eq!(page.effects(), expected);
    assert!(!page.capture.is_stream_active(stream));
    // What comes later comes too late.
    page.capture.handle_source_muted(page.camera, true);
    page.capture.handle_source_ended(page.camera);
    assert_eq!(page.effects(), []);
    let late = page.create_track();
    assert!(page.capture.track(late).is_ended);
}

#[test]
fn tracks_are_muted_with_their_source() {
    let mut page = Page::new();
    let track = page.create_track();
    page.capture.handle_source_muted(page.camera, true);
    page.capture.handle_source_muted(page.camera, true);
    assert_eq!(
        page.effects(),
        [Effect::FireAtTrack(track, TrackEvent::Mute)]
    );
    let late = page.create_track();
    assert!(page.capture.track(late).is_muted);
    page.capture.handle_source_muted(page.camera, false);
    let expected = [track, late].map(|track| Effect::FireAtTrack(track, TrackEvent::Unmute));
    assert_eq!(page.effects(), expected);
}

#[test]
fn only_what_a_script_did_not_do_is_told_to_it() {
    let mut page = Page::new();
    let (one, other) = (page.create_track(), page.create_track());
    let stream = page.capture.create_stream([]);
    assert!(!page.capture.is_stream_active(stream));
    assert!(page.capture.add_track(stream, one));
    assert!(!page.capture.add_track(stream, one));
    assert!(page.capture.remove_track(stream, one));
    assert!(!page.capture.remove_track(stream, one));
    assert_eq!(page.effects(), []);
    page.capture.handle_track_added(stream, other);
    page.capture.handle_track_added(stream, other);
    page.capture.handle_track_removed(stream, other);
    page.capture.handle_track_removed(stream, other);
    let expected = [StreamEvent::AddTrack, StreamEvent::RemoveTrack]
        .map(|event| Effect::FireAtStream(stream, event, other));
    assert_eq!(page.effects(), expected);
}

#[test]
fn the_clone_of_a_stream_has_tracks_of_its_own() {
    let mut page = Page::new();
    let track = page.create_track();
    let stream = page.capture.create_stream([track]);
    let clone = page.capture.clone_stream(stream);
    assert_ne!(page.capture.stream_tracks(clone), [track]);
    page.capture.stop_track(track);
    assert!(!page.capture.is_stream_active(stream));
    assert!(page.capture.is_stream_active(clone));
    page.capture.forget_stream(clone);
    assert_eq!(page.effects(), []);
    page.capture.stop_all_sources();
    assert_eq!(page.commands(), [SourceCommand::Close]);
}
