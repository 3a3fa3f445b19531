/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The tracks of a document and their sources.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;

use crate::backend::{CaptureBackend, CaptureSource, Feed, SourceEvent, SourceListener};
use crate::capabilities::{Capabilities, capabilities};
use crate::constraint::Constraints;
use crate::device::Exposures;
use crate::devices::Devices;
use crate::effect::{Effect, Overconstrained, RequestId, TrackEvent};
use crate::property::{Kind, Settings};
use crate::select::select_settings;
use crate::source::{Source, SourceId};
use crate::user_media::{PageState, PermissionState, Request};

/// Names a track of a [`Capture`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TrackId(u64);

/// The state of a track.
/// <https://w3c.github.io/mediacapture-main/#mediastreamtrack>
#[derive(Clone)]
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
    /// Its media. An ended track has none, nor has one whose source is no device.
    pub feed: Option<Arc<dyn Feed>>,
}

/// Makes what receives the events of a source. The host hands them to [`Capture::handle_source_event`] on the
/// thread of the document.
pub type NewSourceListener = Box<dyn Fn(SourceId) -> SourceListener>;

/// The tracks of a document, the devices that it knows, and its requests for them. The host keeps an id for each
/// object of a script, and does the [`Effect`]s in their order after each call.
///
/// # Panics
/// Its methods panic if an id is one of another capture, or of something that was forgotten.
pub struct Capture {
    pub(crate) backend: Arc<dyn CaptureBackend>,
    pub(crate) new_source_listener: NewSourceListener,
    next_id: u64,
    pub(crate) sources: BTreeMap<SourceId, Source>,
    tracks: BTreeMap<TrackId, Track>,
    pub(crate) devices: Devices,
    pub(crate) exposures: Exposures,
    pub(crate) permissions: BTreeMap<Kind, PermissionState>,
    pub(crate) page: PageState,
    pub(crate) requests: BTreeMap<RequestId, Request>,
    /// How many tracks get media from devices of each kind.
    live_counts: BTreeMap<Kind, usize>,
    /// The kinds of devices from which the user was told that tracks get media.
    live: BTreeSet<Kind>,
    pub(crate) effects: VecDeque<Effect>,
}

impl Capture {
    /// Returns that of a new document.
    pub fn new(backend: Arc<dyn CaptureBackend>, new_source_listener: NewSourceListener) -> Self {
        Self {
            backend,
            new_source_listener,
            next_id: 0,
            sources: BTreeMap::new(),
            tracks: BTreeMap::new(),
            devices: Devices::default(),
            exposures: Exposures::default(),
            permissions: BTreeMap::new(),
            page: PageState::default(),
            requests: BTreeMap::new(),
            live_counts: BTreeMap::new(),
            live: BTreeSet::new(),
            effects: VecDeque::new(),
        }
    }

    /// Returns the next thing to do.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Whether there is something to do.
    pub fn has_effects(&self) -> bool {
        !self.effects.is_empty()
    }

    /// Adds a source that is no device, such as a canvas, or a peer, whose media are `None` here. Returns it,
    /// and its first track.
    pub fn add_source(
        &mut self,
        kind: Kind,
        label: String,
        media: Option<Box<dyn CaptureSource>>,
    ) -> (SourceId, TrackId) {
        let id = self.new_source_id();
        let source = Source {
            kind,
            label,
            is_muted: false,
            spaces: Vec::new(),
            is_device: false,
            track_count: 0,
            live_count: 0,
            device: media,
        };
        self.sources.insert(id, source);
        let track = self.create_track(id, Constraints::default(), Settings::new());
        (id, track)
    }

    /// <https://w3c.github.io/mediacapture-main/#dfn-create-a-mediastreamtrack>
    pub(crate) fn create_track(
        &mut self,
        source: SourceId,
        constraints: Constraints,
        settings: Settings,
    ) -> TrackId {
        let Source {
            kind,
            label,
            is_muted,
            device,
            ..
        } = &self.sources[&source];
        let track = Track {
            source,
            kind: *kind,
            label: label.clone(),
            is_ended: false,
            is_enabled: true,
            is_muted: *is_muted,
            feed: device.as_ref().map(|device| device.create_feed(&settings)),
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
        let mut clone = self.tracks[&id].clone();
        let device = self.sources[&clone.source].device.as_ref();
        clone.feed = device.filter(|_| !clone.is_ended).map(|device| {
            let feed = device.create_feed(&clone.settings);
            if !clone.is_enabled {
                feed.set_enabled(false);
            }
            feed
        });
        self.insert_track(clone)
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-stop>
    pub fn stop_track(&mut self, id: TrackId) {
        // Steps 2-4. If track's readyState is "ended", then abort these steps. Notify track's source that
        // track is ended. Set track's readyState to "ended". No event is fired.
        self.change_track(id, Track::end);
        let source = self.tracks[&id].source;
        self.update_source(source);
    }

    /// <https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-enabled>
    pub fn set_track_enabled(&mut self, id: TrackId, is_enabled: bool) {
        self.change_track(id, |track| {
            track.is_enabled = is_enabled;
            if let Some(feed) = &track.feed {
                feed.set_enabled(is_enabled);
            }
        });
        self.update_live();
    }

    /// Returns what the source of a track can do.
    /// <https://w3c.github.io/mediacapture-main/#dom-mediastreamtrack-getcapabilities>
    pub fn track_capabilities(&self, id: TrackId) -> Capabilities {
        capabilities(&self.sources[&self.tracks[&id].source].spaces)
    }

    /// Chooses the settings of a track that fit `constraints` best.
    ///
    /// # Errors
    /// Returns what cannot be met. The track stays as it is then.
    /// <https://w3c.github.io/mediacapture-main/#dfn-applyconstraints-algorithm>
    pub fn apply_constraints(
        &mut self,
        id: TrackId,
        constraints: Constraints,
    ) -> Result<(), Overconstrained> {
        let spaces = &self.sources[&self.tracks[&id].source].spaces;
        let settings = if spaces.is_empty() {
            Settings::new()
        } else {
            // Steps 1 and 2. Let successfulSettings be the result of running the SelectSettings algorithm. If it
            // is undefined, return failedConstraint.
            let selection = select_settings(spaces, &constraints);
            selection.map_err(Overconstrained::new)?.settings
        };
        // Step 3. In a single operation, remove the existing constraints from object, apply newConstraints,
        // and apply successfulSettings as the current settings.
        self.change_track(id, |track| {
            if let Some(feed) = &track.feed {
                feed.set_settings(&settings);
            }
            track.constraints = constraints;
            track.settings = settings;
        });
        Ok(())
    }

    /// Forgets a track that no script and no consumer has any more.
    pub fn forget_track(&mut self, id: TrackId) {
        let Some(track) = self.tracks.remove(&id) else {
            return;
        };
        self.count(&track, false);
        self.update_source(track.source);
        if self.sources[&track.source].track_count == 0 {
            self.sources.remove(&track.source);
        }
    }

    /// Handles what happened to a source.
    pub fn handle_source_event(&mut self, source: SourceId, event: SourceEvent) {
        if self.handle_opening(source, &event) {
            return;
        }
        match event {
            SourceEvent::Opened => {}
            SourceEvent::Muted(is_muted) => self.set_source_muted(source, is_muted),
            SourceEvent::Failed(_) | SourceEvent::Ended(_) => self.end_source(source),
        }
    }

    /// Ends all tracks and requests, because the document is gone.
    /// <https://w3c.github.io/mediacapture-main/#dfn-stop-all-sources>
    pub fn stop_all_sources(&mut self) {
        self.requests.clear();
        let ids: Vec<_> = self.tracks.keys().copied().collect();
        for id in ids {
            self.change_track(id, Track::end);
        }
        for source in self.sources.values_mut() {
            source.device = None;
        }
        self.update_live();
    }

    /// Handles that a source has no media any more, for another reason than that its tracks were stopped: the
    /// device is gone, or the user has taken the permission back.
    /// <https://w3c.github.io/mediacapture-main/#track-ended>
    fn end_source(&mut self, source: SourceId) {
        for id in self.live_tracks_of(source) {
            self.change_track(id, Track::end);
            let event = Effect::FireAtTrack(id, TrackEvent::Ended);
            self.effects.push_back(event);
        }
        self.update_source(source);
    }

    /// Handles that a source has no media for a while, or has some again.
    /// <https://w3c.github.io/mediacapture-main/#set-track-muted>
    fn set_source_muted(&mut self, source: SourceId, is_muted: bool) {
        if let Some(state) = self.sources.get_mut(&source) {
            state.is_muted = is_muted;
        }
        let event = if is_muted {
            TrackEvent::Mute
        } else {
            TrackEvent::Unmute
        };
        for id in self.live_tracks_of(source) {
            if self.tracks[&id].is_muted != is_muted {
                self.change_track(id, |track| track.is_muted = is_muted);
                self.effects.push_back(Effect::FireAtTrack(id, event));
            }
        }
        self.update_live();
    }

    pub(crate) fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    pub(crate) fn new_source_id(&mut self) -> SourceId {
        SourceId(self.new_id())
    }

    fn insert_track(&mut self, track: Track) -> TrackId {
        let id = TrackId(self.new_id());
        self.count(&track, true);
        self.tracks.insert(id, track);
        self.update_live();
        id
    }

    fn live_tracks_of(&self, source: SourceId) -> Vec<TrackId> {
        let tracks = self.tracks.iter();
        let live = tracks.filter(|(_, track)| track.source == source && !track.is_ended);
        live.map(|(id, _)| *id).collect()
    }

    fn change_track(&mut self, id: TrackId, change: impl FnOnce(&mut Track)) {
        let mut track = self.tracks.remove(&id).expect("it is not forgotten");
        self.count(&track, false);
        change(&mut track);
        self.count(&track, true);
        self.tracks.insert(id, track);
    }

    /// Counts a track as it is now, or no more, so that no call goes through all tracks.
    fn count(&mut self, track: &Track, is_there: bool) {
        let add = |count: &mut usize, is_counted: bool| match (is_counted, is_there) {
            (true, true) => *count += 1,
            (true, false) => *count -= 1,
            (false, _) => {}
        };
        let source = self.sources.get_mut(&track.source);
        let source = source.expect("it stays as long as its tracks");
        add(&mut source.track_count, true);
        add(&mut source.live_count, !track.is_ended);
        let has_media = track.feed.is_some() && track.is_enabled && !track.is_muted;
        let live_count = self.live_counts.entry(track.kind).or_default();
        add(live_count, has_media && source.is_device);
    }

    /// Closes a source that no live track has any more.
    fn update_source(&mut self, id: SourceId) {
        if let Some(source) = self.sources.get_mut(&id)
            && source.live_count == 0
        {
            source.device = None;
        }
        self.update_live();
    }

    /// Says from which kinds of devices a track gets media, if that has changed.
    /// <https://w3c.github.io/mediacapture-main/#dom-mediadevices-deviceslivemap-slot>
    fn update_live(&mut self) {
        let counts = self.live_counts.iter();
        let live: BTreeSet<_> = counts
            .filter(|(_, count)| **count > 0)
            .map(|(kind, _)| *kind)
            .collect();
        if live != self.live {
            self.effects.push_back(Effect::ShowLive(live.clone()));
            self.live = live;
        }
    }
}

impl Track {
    fn end(&mut self) {
        self.is_ended = true;
        self.feed = None;
    }
}

impl fmt::Debug for Track {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Track")
            .field("source", &self.source)
            .field("label", &self.label)
            .field("is_ended", &self.is_ended)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Capture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Capture")
            .field("tracks", &self.tracks)
            .finish_non_exhaustive()
    }
}
