/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The tracks that scripts see: what the `AudioTrack`, `VideoTrack` and `TextTrack` objects of a
//! SourceBuffer say, and which of them play.

use std::fmt;

use byte_stream::track::{Medium, TrackId};

use crate::effect::{Effect, ElementEffect, Event, EventTarget, SourceBufferId};
use crate::media_source::MediaSource;
use crate::source_buffer::SourceBufferState;

/// Identifies a track within its MediaSource. No id is used twice. Its text is the `id` attribute.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct MediaTrackId(pub(crate) u32);

impl fmt::Display for MediaTrackId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// What a track object says. It is in a list of its SourceBuffer (`audioTracks`, `videoTracks` or
/// `textTracks`) and in the media element's list of that name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MediaTrack {
    /// The `id` attribute.
    pub id: MediaTrackId,
    /// The `sourceBuffer` attribute.
    pub source_buffer: SourceBufferId,
    /// The kind of the lists that it is in.
    pub medium: Medium,
    /// The `kind` attribute.
    pub kind: &'static str,
    /// The `label` attribute: its name for people, or empty.
    pub label: String,
    /// The `language` attribute: a BCP 47 tag, or empty.
    pub language: String,
    /// Whether it is an enabled audio track, a selected video track, or a text track whose mode is
    /// not `disabled`.
    pub is_enabled: bool,
    /// The natural width and height of a video track in CSS pixels, by the initialization segment that
    /// made it. Later segments may change what is shown, but not what it begins with.
    pub(crate) natural_size: Option<(u32, u32)>,
    /// Its track buffer.
    pub(crate) track_buffer: TrackId,
}

impl MediaSource {
    /// Returns the `audioTracks`, `videoTracks` and `textTracks` of a SourceBuffer in one list. The list is
    /// empty after the SourceBuffer has been removed.
    ///
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-audiotracks>,
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-videotracks>,
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-texttracks>
    pub fn tracks(&self, id: SourceBufferId) -> Vec<MediaTrack> {
        let buffer = self.state_of(id);
        buffer.map_or_else(|_| Vec::new(), |buffer| buffer.view().tracks.clone())
    }

    /// Tells that a track began or ceased to play: `enabled` of an audio track, `selected` of a video track
    /// or `mode` of a text track has changed. At most one video track is selected, so a host need not tell
    /// that selecting one unselects another.
    ///
    /// <https://w3c.github.io/media-source/#active-source-buffer-changes>
    pub fn handle_track_change(&mut self, id: MediaTrackId, is_enabled: bool) {
        let tracks = self.all_tracks();
        let Some(medium) = tracks
            .iter()
            .find(|track| track.id == id)
            .map(|track| track.medium)
        else {
            return;
        };
        let were_active: Vec<_> = self.active_source_buffer_ids().collect();
        let mut has_changed = false;
        for buffer in &self.source_buffers {
            for track in &mut buffer.view().tracks {
                let is_unselected = is_enabled && medium == Medium::Video && track.medium == medium;
                let was_enabled = track.is_enabled;
                if track.id == id {
                    track.is_enabled = is_enabled;
                } else if is_unselected {
                    track.is_enabled = false;
                }
                has_changed |= track.is_enabled != was_enabled;
            }
        }
        if !has_changed {
            return;
        }
        let are_active: Vec<_> = self.active_source_buffer_ids().collect();
        // If the SourceBuffer of a track that was disabled is not associated with any other enabled
        // or selected track: remove it from activeSourceBuffers, and queue a task to fire
        // removesourcebuffer there.
        for _ in were_active.iter().filter(|id| !are_active.contains(id)) {
            self.parent
                .fire(EventTarget::ActiveSourceBuffers, Event::RemoveSourceBuffer);
        }
        // If the SourceBuffer of a track that was enabled is not already in activeSourceBuffers:
        // add it, and queue a task to fire addsourcebuffer there.
        for _ in are_active.iter().filter(|id| !were_active.contains(id)) {
            self.parent
                .fire(EventTarget::ActiveSourceBuffers, Event::AddSourceBuffer);
        }
        self.parent.update_playable_tracks();
        self.parent
            .push(Effect::Element(ElementEffect::BufferedChanged));
    }

    fn all_tracks(&self) -> Vec<MediaTrack> {
        let buffers = self.source_buffers.iter();
        buffers
            .flat_map(|buffer| buffer.view().tracks.clone())
            .collect()
    }

    /// Returns a message for developers if playback waits for a track though others have frames: a track
    /// that an initialization segment declares, that plays, and that has no frame at all. Nothing is
    /// buffered for the element until it has some, because `buffered` is what all tracks have.
    pub fn track_without_frames(&self) -> Option<String> {
        let mut has_frames = false;
        let mut without = None;
        for (index, buffer) in self.source_buffers.iter().enumerate() {
            let tracks = buffer.view().tracks.clone();
            for track in tracks.into_iter().filter(|track| track.is_enabled) {
                if buffer.has_frames(&track) {
                    has_frames = true;
                } else {
                    without.get_or_insert((index, track));
                }
            }
        }
        let (index, track) = without.filter(|_| has_frames)?;
        Some(format!(
            "Playback waits: no frame was appended of {} track {}, which an initialization segment \
             of sourceBuffers[{index}] declares. Append some, disable the track, or leave it out.",
            track.medium, track.id,
        ))
    }
}

impl SourceBufferState {
    /// Whether anything of the track is buffered.
    fn has_frames(&self, track: &MediaTrack) -> bool {
        let track_buffers = self.contents.track_buffers.lock();
        let track_buffer = track_buffers.track(track.track_buffer);
        track_buffer.is_some_and(|track_buffer| track_buffer.highest_end().is_some())
    }
}
