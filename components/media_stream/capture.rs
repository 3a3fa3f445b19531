/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The sources, tracks and streams of a document.

use std::collections::{BTreeMap, VecDeque};

use crate::constraint::Constraints;
use crate::property::{Kind, Settings};
use crate::source::{Source, SourceCommand, SourceId};

/// Names a track of a [`Capture`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TrackId(u64);

/// Names a stream of a [`Capture`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct StreamId(u64);

/// The state of a track.
/// <https://w3c.github.io/mediacapture-main/#mediastreamtrack>
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Where its media comes from.
    pub source: SourceId,
    /// Whether it is sound or pictures.
    pub kind: Kind,
    /// What the user calls the source.
    pub label: String,
    /// Whether its `readyState` is "ended".
    pub is_ended: bool,
    /// Whether the page wants its media. If not, consumers get black pictures or silence.
    pub is_enabled: bool,
    /// Whether the source has no media for it at the moment.
    pub is_muted: bool,
    /// What the page wants of it.
    pub constraints: Constraints,
    /// What was chosen.
    pub settings: Settings,
}

/// An event of a track.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TrackEvent {
    /// `ended`
    Ended,
    /// `mute`
    Mute,
    /// `unmute`
    Unmute,
}

/// An event of a stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StreamEvent {
    /// `addtrack`
    AddTrack,
    /// `removetrack`
    RemoveTrack,
}

/// What the host is to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Effect {
    /// Fire an event at a track.
    FireAtTrack(TrackId, TrackEvent),
    /// Fire a track event at a stream.
    FireAtStream(StreamId, StreamEvent, TrackId),
    /// Do something with a source.
    Source(SourceId, SourceCommand),
}

/// The sources, tracks and streams of a document. The host keeps an id for each object of a script, and
/// does the [`Effect`]s in their order after each call.
///
/// # Panics
/// Its methods panic if an id is one of another capture, or of something that was forgotten.
#[derive(Debug, Default)]
pub struct Capture {
    next_id: u64,
    sources: BTreeMap<SourceId, Source>,
    tracks: BTreeMap<TrackId, Track>,
    /// The track set of each stream, in the order in which the tracks came.
    streams: BTreeMap<StreamId, Vec<TrackId>>,
    effects: VecDeque<Effect>,
}

impl Capture {
    /// Returns the next thing to do.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Adds a source, which is open and has media.
    pub fn add_source(&mut self, kind: Kind, label: String) -> SourceId {
        let id = SourceId(self.new_id());
        self.sources.insert(id, Source::new(kind, label));
        id
    }

    /// <https://w3c.github.io/mediacapture-main/#dfn-create-a-mediastreamtrack>
    pub fn create_track(
        &mut self,
        source: SourceId,
        constraints: Constraints,
        settings: Settings,
    ) -> TrackId {
        let Source {
            kind,
            label,
            is_muted,
            is_closed,
            ..
        } = &self.sources[&source];
        let track = Track {
            source,
            kind: *kind,
            label: label.clone(),
            is_ended: *is_closed,
            is_enabled: true,
            is_muted: *is_muted,
            constraints,
            settings,
        };
        self.insert_track(track)
    }

    /// Returns the state of a track.
    pub fn track(&self, id: TrackId) -> &Track {
        &self.tracks[&id]
    }

    /// <https://w3c.github.io/mediacapture-main/#track-clone>
    pub fn clone_track(&mut self, id: TrackId) -> TrackId {
        // What the specification clones is all but whether the track is enabled, and clones are disabled
        // like the original in all browsers.
        let clone = self.tracks[&id].clone();
        self.insert_track(clone)
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-stop>
    pub fn stop_track(&mut self, id: TrackId) {
        let track = self.track_mut(id);
        // Steps 2-4. If track's readyState is "ended", then abort these steps. Notify track's source that
        // track is ended. Set track's readyState to "ended". No event is fired.
        track.is_ended = true;
        let source = track.source;
        self.update_source(source);
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-enabled>
    pub fn set_track_enabled(&mut self, id: TrackId, is_enabled: bool) {
        let track = self.track_mut(id);
        track.is_enabled = is_enabled;
        let source = track.source;
        self.update_source(source);
    }

    /// Sets what applyConstraints() has chosen.
    /// <https://w3c.github.io/mediacapture-main/#dom-constrainablepattern-applyconstraints>
    pub fn apply_constraints(&mut self, id: TrackId, constraints: Constraints, settings: Settings) {
        let track = self.track_mut(id);
        track.constraints = constraints;
        track.settings = settings;
    }

    /// Forgets a track that no script and no consumer has any more.
    pub fn forget_track(&mut self, id: TrackId) {
        let Some(track) = self.tracks.remove(&id) else {
            return;
        };
        for tracks in self.streams.values_mut() {
            tracks.retain(|other| *other != id);
        }
        self.update_source(track.source);
        let is_used = self
            .tracks
            .values()
            .any(|other| other.source == track.source);
        if !is_used {
            self.sources.remove(&track.source);
        }
    }

    /// Handles that a source has no media any more, for another reason than that its tracks were stopped: the
    /// device is gone, or the user has taken the permission back.
    /// <https://w3c.github.io/mediacapture-main/#track-ended>
    pub fn handle_source_ended(&mut self, source: SourceId) {
        for (id, track) in self.tracks.iter_mut() {
            if track.source == source && !track.is_ended {
                track.is_ended = true;
                let event = Effect::FireAtTrack(*id, TrackEvent::Ended);
                self.effects.push_back(event);
            }
        }
        self.update_source(source);
    }

    /// Handles that a source has no media for a while, or has some again.
    /// <https://w3c.github.io/mediacapture-main/#set-track-muted>
    pub fn handle_source_muted(&mut self, source: SourceId, is_muted: bool) {
        if let Some(state) = self.sources.get_mut(&source) {
            state.is_muted = is_muted;
        }
        for (id, track) in self.tracks.iter_mut() {
            if track.source != source || track.is_ended || track.is_muted == is_muted {
                continue;
            }
            track.is_muted = is_muted;
            let event = if is_muted {
                TrackEvent::Mute
            } else {
                TrackEvent::Unmute
            };
            self.effects.push_back(Effect::FireAtTrack(*id, event));
        }
    }

    /// Ends all tracks, because the document is gone.
    /// <https://w3c.github.io/mediacapture-main/#dfn-stop-all-sources>
    pub fn stop_all_sources(&mut self) {
        for track in self.tracks.values_mut() {
            track.is_ended = true;
        }
        let sources: Vec<_> = self.sources.keys().copied().collect();
        for source in sources {
            self.update_source(source);
        }
    }

    /// Returns a new stream of these tracks. One that comes twice is in it once.
    /// <https://w3c.github.io/mediacapture-main/#dom-mediastream-constructor>
    pub fn create_stream(&mut self, tracks: impl IntoIterator<Item = TrackId>) -> StreamId {
        let id = StreamId(self.new_id());
        self.streams.insert(id, Vec::new());
        for track in tracks {
            self.add_track(id, track);
        }
        id
    }

    /// Returns the track set of a stream.
    pub fn stream_tracks(&self, id: StreamId) -> &[TrackId] {
        &self.streams[&id]
    }

    /// Returns whether a track of the stream is not ended.
    /// <https://w3c.github.io/mediacapture-main/#stream-active>
    pub fn is_stream_active(&self, id: StreamId) -> bool {
        let mut tracks = self.streams[&id].iter();
        tracks.any(|track| !self.tracks[track].is_ended)
    }

    /// Adds a track for a script, without an event. Returns whether it was not in the stream.
    /// <https://w3c.github.io/mediacapture-main/#dom-mediastream-addtrack>
    pub fn add_track(&mut self, id: StreamId, track: TrackId) -> bool {
        let tracks = self.stream_mut(id);
        let is_new = !tracks.contains(&track);
        if is_new {
            tracks.push(track);
        }
        is_new
    }

    /// Removes a track for a script, without an event. Returns whether it was in the stream.
    /// <https://w3c.github.io/mediacapture-main/#dom-mediastream-removetrack>
    pub fn remove_track(&mut self, id: StreamId, track: TrackId) -> bool {
        let tracks = self.stream_mut(id);
        let count = tracks.len();
        tracks.retain(|other| *other != track);
        tracks.len() < count
    }

    /// Adds a track that comes from elsewhere, such as a peer.
    /// <https://w3c.github.io/mediacapture-main/#dfn-add-a-track>
    pub fn handle_track_added(&mut self, id: StreamId, track: TrackId) {
        if self.add_track(id, track) {
            let event = Effect::FireAtStream(id, StreamEvent::AddTrack, track);
            self.effects.push_back(event);
        }
    }

    /// Removes a track that somebody else has removed, such as a peer.
    /// <https://w3c.github.io/mediacapture-main/#dfn-remove-a-track>
    pub fn handle_track_removed(&mut self, id: StreamId, track: TrackId) {
        if self.remove_track(id, track) {
            let event = Effect::FireAtStream(id, StreamEvent::RemoveTrack, track);
            self.effects.push_back(event);
        }
    }

    /// Returns a new stream with a clone of each track.
    /// <https://w3c.github.io/mediacapture-main/#dom-mediastream-clone>
    pub fn clone_stream(&mut self, id: StreamId) -> StreamId {
        let tracks = self.streams[&id].clone();
        let clones: Vec<_> = tracks
            .into_iter()
            .map(|track| self.clone_track(track))
            .collect();
        self.create_stream(clones)
    }

    /// Forgets a stream that no script and no consumer has any more. Its tracks may be in use elsewhere.
    pub fn forget_stream(&mut self, id: StreamId) {
        self.streams.remove(&id);
    }

    fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn insert_track(&mut self, track: Track) -> TrackId {
        let id = TrackId(self.new_id());
        let source = track.source;
        self.tracks.insert(id, track);
        self.update_source(source);
        id
    }

    fn track_mut(&mut self, id: TrackId) -> &mut Track {
        self.tracks.get_mut(&id).expect("it is not forgotten")
    }

    fn stream_mut(&mut self, id: StreamId) -> &mut Vec<TrackId> {
        self.streams.get_mut(&id).expect("it is not forgotten")
    }

    /// Closes, pauses or resumes a source as its tracks need it.
    fn update_source(&mut self, id: SourceId) {
        let tracks = self.tracks.values();
        let mut live = tracks.filter(|track| track.source == id && !track.is_ended);
        let is_needed = live.clone().next().is_some();
        let is_wanted = live.any(|track| track.is_enabled);
        let Some(source) = self.sources.get_mut(&id) else {
            return;
        };
        if let Some(command) = source.update(is_needed, is_wanted) {
            self.effects.push_back(Effect::Source(id, command));
        }
    }
}
