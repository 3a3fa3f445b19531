/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The tracks that scripts see: what the `AudioTrack`, `VideoTrack` and `TextTrack` objects of a
//! SourceBuffer say, and which of them play.

use std::fmt;

use byte_stream::track::{CodecConfiguration, InitializationSegment, TrackId};

use crate::effect::{Effect, ElementEffect, Event, EventTarget, SourceBufferId};
use crate::media_source::MediaSource;
use crate::source_buffer::SourceBuffer;

/// Names a track within its MediaSource. Never used twice. Its text is the `id` attribute.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct MediaTrackId(u32);

impl fmt::Display for MediaTrackId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Which of the three kinds of track object a track has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Medium {
    /// An `AudioTrack`.
    Audio,
    /// A `TextTrack`.
    Text,
    /// A `VideoTrack`.
    Video,
}

impl Medium {
    /// In the order in which the specification creates and removes their tracks.
    const IN_ORDER: [Self; 3] = [Self::Audio, Self::Video, Self::Text];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Text => "text",
            Self::Video => "video",
        }
    }

    fn of(configuration: &CodecConfiguration) -> Self {
        match configuration {
            CodecConfiguration::Audio(_) => Self::Audio,
            CodecConfiguration::Video(_) => Self::Video,
            CodecConfiguration::Text(_) => Self::Text,
        }
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
    /// Which lists it is in.
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
    /// Of a video track, its natural width and height in CSS pixels by the initialization segment
    /// that it was made from: later ones may change what is shown, not what it begins with.
    pub(crate) natural_size: Option<(u32, u32)>,
    /// Its track buffer.
    pub(crate) track_buffer: TrackId,
}

impl SourceBuffer {
    /// Whether it is in the `activeSourceBuffers` list: some track of it plays.
    /// <https://w3c.github.io/media-source/#dom-mediasource-activesourcebuffers>
    pub(crate) fn is_active(&self) -> bool {
        self.tracks.iter().any(|track| track.is_enabled)
    }
}

impl MediaSource {
    /// The `audioTracks`, `videoTracks` and `textTracks` of a SourceBuffer, in one list; none after
    /// it has been removed.
    ///
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-audiotracks>,
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-videotracks>,
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-texttracks>
    pub fn tracks(&self, id: SourceBufferId) -> &[MediaTrack] {
        self.not_removed(id).map_or(&[], |buffer| &buffer.tracks)
    }

    /// Tells that a track plays or does not any more: `enabled` of an audio track, `selected` of a
    /// video track or `mode` of a text track was changed. Of the video tracks at most one is
    /// selected: selecting one is all that a host need tell.
    ///
    /// <https://w3c.github.io/media-source/#active-source-buffer-changes>
    pub fn handle_track_change(&mut self, id: MediaTrackId, is_enabled: bool) {
        let mut tracks = self.source_buffers.iter().flat_map(|buffer| &buffer.tracks);
        let Some(medium) = tracks
            .find(|track| track.id == id)
            .map(|track| track.medium)
        else {
            return;
        };
        let was_enabled = self.enabled_tracks();
        let were_active: Vec<_> = self.active_source_buffer_ids().collect();
        for track in self
            .source_buffers
            .iter_mut()
            .flat_map(|buffer| &mut buffer.tracks)
        {
            if track.id == id {
                track.is_enabled = is_enabled;
            } else if is_enabled && medium == Medium::Video && track.medium == Medium::Video {
                track.is_enabled = false;
            }
        }
        if self.enabled_tracks() == was_enabled {
            return;
        }
        let are_active: Vec<_> = self.active_source_buffer_ids().collect();
        // If the SourceBuffer of a track that was disabled is not associated with any other enabled
        // or selected track: remove it from activeSourceBuffers, and queue a task to fire
        // removesourcebuffer there.
        for _ in were_active.iter().filter(|id| !are_active.contains(id)) {
            self.fire(EventTarget::ActiveSourceBuffers, Event::RemoveSourceBuffer);
        }
        // If the SourceBuffer of a track that was enabled is not already in activeSourceBuffers:
        // add it, and queue a task to fire addsourcebuffer there.
        for _ in are_active.iter().filter(|id| !were_active.contains(id)) {
            self.fire(EventTarget::ActiveSourceBuffers, Event::AddSourceBuffer);
        }
        self.update_playable_tracks();
        self.push(Effect::Element(ElementEffect::BufferedChanged));
    }

    fn enabled_tracks(&self) -> Vec<MediaTrackId> {
        self.source_buffers
            .iter()
            .flat_map(|buffer| &buffer.tracks)
            .filter(|track| track.is_enabled)
            .map(|track| track.id)
            .collect()
    }

    /// Whether anything of the track is buffered.
    pub(crate) fn has_frames(&self, track: &MediaTrack) -> bool {
        self.not_removed(track.source_buffer).is_ok_and(|buffer| {
            let track_buffers = buffer.contents.track_buffers.lock();
            let track_buffer = track_buffers.track(track.track_buffer);
            track_buffer.is_some_and(|track_buffer| track_buffer.highest_end().is_some())
        })
    }

    /// The natural size of the video at `HAVE_METADATA`, in CSS pixels: that of the selected video
    /// track. Where several SourceBuffers have one, it is the first's.
    pub fn natural_size(&self) -> Option<(u32, u32)> {
        self.active_source_buffers()
            .flat_map(|buffer| &buffer.tracks)
            .filter(|track| track.is_enabled)
            .find_map(|track| track.natural_size)
    }

    /// Steps 5.2 to 5.4 of the algorithm, but for the track buffers. Returns the active track flag.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-init-segment-received>
    pub(crate) fn create_tracks(
        &mut self,
        id: SourceBufferId,
        segment: &InitializationSegment,
    ) -> bool {
        let mut active_track_flag = false;
        // Steps 5.2-5.4. For each audio track, each video track, then each text track in the
        // initialization segment, run the following steps:
        for medium in Medium::IN_ORDER {
            let of_medium = segment
                .tracks
                .iter()
                .filter(|track| Medium::of(&track.configuration) == medium);
            for (index, description) in of_medium.enumerate() {
                // Steps 5.2.6.7 and 5.3.6.7. If the length of the SourceBuffer's list equals 0, then
                // enable or select the track, and set active track flag to true. (Text tracks are
                // disabled at first.)
                let is_enabled = index == 0 && medium != Medium::Text;
                active_track_flag |= is_enabled;
                let track = MediaTrack {
                    id: self.new_track_id(),
                    source_buffer: id,
                    medium,
                    // Steps 5.2.5-5.2.6. The kinds that the segment specifies. (It is always one.)
                    kind: description.kind.as_str(),
                    // Step 5.2.4. The label, or an empty string.
                    label: description.label.clone(),
                    // Steps 5.2.2-5.2.3. The language, or an empty string.
                    language: description.language.clone(),
                    is_enabled,
                    natural_size: match &description.configuration {
                        CodecConfiguration::Video(video) => Some(video.natural_size()),
                        _ => None,
                    },
                    track_buffer: description.id,
                };
                // Steps 5.2.6.8-5.2.6.9. Add the track to the SourceBuffer's list and to the media
                // element's.
                let buffer = self.not_removed_mut(id).expect("looked up by the caller");
                buffer.tracks.push(track.clone());
                self.push(Effect::Element(ElementEffect::TrackAdded(track)));
            }
        }
        active_track_flag
    }

    fn new_track_id(&mut self) -> MediaTrackId {
        self.next_track += 1;
        MediaTrackId(self.next_track)
    }

    /// Steps 3 to 8 of the algorithm: empties the track lists, and takes what was in them out of the
    /// media element's.
    ///
    /// <https://w3c.github.io/media-source/#dom-mediasource-removesourcebuffer>
    pub(crate) fn remove_tracks(&mut self, buffer: &mut SourceBuffer) {
        // For each track object in the SourceBuffer's audioTracks, then in its videoTracks and
        // textTracks (which is how they lie): set its sourceBuffer attribute to null and remove it
        // from the SourceBuffer's list and from the media element's.
        for track in buffer.tracks.drain(..) {
            self.push(Effect::Element(ElementEffect::TrackRemoved(track)));
        }
    }
}
