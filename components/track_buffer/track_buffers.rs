/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The track buffers of one SourceBuffer, with the state that they share.

use std::ops::Range;

use byte_stream::track::{CodecConfiguration, InitializationSegment, Medium, Track, TrackId};

use crate::common_ranges::CommonRanges;
use crate::cursor::Cursor;
use crate::generated_timestamps::GeneratedTimestamps;
use crate::ranges::TimeRanges;
use crate::read::Read;
use crate::removed::RemovedFrames;
use crate::time::{PresentationTime, TimeDelta};
use crate::track_buffer::TrackBuffer;
use crate::track_mismatch::TrackMismatch;

/// <https://w3c.github.io/media-source/#dom-appendmode>
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum AppendMode {
    /// The timestamps of the media segments say where the frames go.
    #[default]
    Segments,
    /// Each media segment goes after the one appended before.
    Sequence,
}

/// All track buffers of one SourceBuffer, and the coded frame processing state they share.
#[derive(Debug)]
pub struct TrackBuffers {
    pub(crate) tracks: Vec<TrackBuffer>,
    pub(crate) mode: AppendMode,
    pub(crate) timestamp_offset: TimeDelta,
    pub(crate) append_window: Range<PresentationTime>,
    /// <https://w3c.github.io/media-source/#dfn-group-start-timestamp>
    pub(crate) group_start_timestamp: Option<PresentationTime>,
    /// <https://w3c.github.io/media-source/#dfn-group-end-timestamp>
    pub(crate) group_end_timestamp: PresentationTime,
    /// When the current coded frame group starts, of all tracks.
    ///
    /// <https://w3c.github.io/media-source/#coded-frame-group>
    pub(crate) coded_frame_group_start: Option<PresentationTime>,
    /// <https://w3c.github.io/media-source/#sourcebuffer-generate-timestamps-flag>
    pub(crate) generates_timestamps: bool,
    /// <https://w3c.github.io/media-source/#dfn-buffer-full-flag>
    pub(crate) is_full: bool,
    pub(crate) generated_timestamps: GeneratedTimestamps,
    /// The indices of the tracks by their numbers in the newest initialization segment, in order.
    track_indices: Vec<(TrackId, usize)>,
    /// The indices of the tracks of which frames came since all coded frame groups ended.
    pub(crate) tracks_in_use: Vec<usize>,
    /// What is buffered. It follows from the ranges of the tracks.
    buffered: CommonRanges,
}

impl Default for TrackBuffers {
    fn default() -> Self {
        Self::new()
    }
}

impl TrackBuffers {
    /// No track buffers: the first initialization segment makes them.
    pub fn new() -> Self {
        Self {
            tracks: Vec::new(),
            mode: AppendMode::Segments,
            timestamp_offset: TimeDelta::ZERO,
            append_window: PresentationTime::ZERO..PresentationTime::MAX,
            group_start_timestamp: None,
            group_end_timestamp: PresentationTime::ZERO,
            coded_frame_group_start: None,
            generates_timestamps: false,
            is_full: false,
            generated_timestamps: GeneratedTimestamps::default(),
            track_indices: Vec::new(),
            tracks_in_use: Vec::new(),
            buffered: CommonRanges::default(),
        }
    }

    /// The part of the algorithm that is about track buffers. An error leaves everything as it was.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-init-segment-received>
    pub fn receive_initialization_segment(
        &mut self,
        segment: &InitializationSegment,
    ) -> Result<(), TrackMismatch> {
        verify_ids_are_unique(&segment.tracks)?;
        // Step 5. If the [[first initialization segment received flag]] is false: create a new track
        // buffer to store coded frames for each track, and add its track description.
        if self.tracks.is_empty() {
            self.tracks = segment.tracks.iter().map(TrackBuffer::new).collect();
            self.index_tracks();
            return Ok(());
        }
        // Step 3.1. Verify the following properties.
        let descriptions = self.descriptions_for_tracks(&segment.tracks)?;
        // Step 3.2. Add the appropriate track descriptions from this initialization segment to each
        // of the track buffers.
        for (track, description) in self.tracks.iter_mut().zip(descriptions) {
            track.set_description(description);
            // Step 3.3. Set the need random access point flag on all track buffers to true.
            track.needs_random_access_point = true;
        }
        self.index_tracks();
        Ok(())
    }

    fn index_tracks(&mut self) {
        let tracks = self.tracks.iter().enumerate();
        self.track_indices = tracks
            .map(|(index, track)| (track.byte_stream_id, index))
            .collect();
        self.track_indices.sort_unstable();
    }

    /// The index of the track that has this number in the newest initialization segment.
    pub(crate) fn track_index(&self, id: TrackId) -> Option<usize> {
        let place = self.track_indices.binary_search_by_key(&id, |(id, _)| *id);
        place.ok().map(|place| self.track_indices[place].1)
    }

    /// The frames of a track that are appended next are coded in another way, in the middle of a
    /// media segment. The track is one of the last initialization segment.
    pub fn change_configuration(&mut self, track: TrackId, configuration: CodecConfiguration) {
        if let Some(index) = self.track_index(track) {
            let track = &mut self.tracks[index];
            track.set_configuration(configuration);
            // What depends on frames before the change cannot be decoded behind it.
            track.needs_random_access_point = true;
        }
    }

    /// Which of the new descriptions each track buffer gets.
    fn descriptions_for_tracks<'a>(
        &self,
        descriptions: &'a [Track],
    ) -> Result<Vec<&'a Track>, TrackMismatch> {
        // The number of audio and video tracks match what was in the first initialization segment.
        self.verify_counts(descriptions)?;
        let mut found = Vec::with_capacity(self.tracks.len());
        for track in &self.tracks {
            let medium = track.medium();
            let of_its_kind = || {
                let descriptions = descriptions.iter();
                descriptions.filter(move |description| description.configuration.medium() == medium)
            };
            // If more than one track for a single type are present, then the Track IDs match the
            // ones in the first initialization segment.
            let description = if of_its_kind().count() == 1 {
                of_its_kind().next()
            } else {
                of_its_kind().find(|description| description.id == track.id())
            };
            let Some(description) = description else {
                let is_unknown = |id| self.tracks.iter().all(|track| track.id() != id);
                let unknown = of_its_kind().find(|description| is_unknown(description.id));
                return Err(TrackMismatch::Unknown(
                    unknown.map_or(track.id(), |track| track.id),
                ));
            };
            // The codecs for each track are supported by the user agent. (The caller knows. They may
            // be others than before, also without changeType().)
            found.push(description);
        }
        Ok(found)
    }

    fn verify_counts(&self, descriptions: &[Track]) -> Result<(), TrackMismatch> {
        for medium in Medium::ALL {
            let first = self.tracks.iter();
            let first = first.filter(|track| track.medium() == medium).count();
            let now = descriptions.iter();
            let now = now.filter(|track| track.configuration.medium() == medium);
            let now = now.count();
            if first != now {
                return Err(TrackMismatch::Count { medium, first, now });
            }
        }
        Ok(())
    }

    /// The part of the algorithm that is about track buffers; the parser's frames are appended
    /// before.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-reset-parser-state>
    pub fn reset_parser_state(&mut self) {
        // Steps 2-5. Unset the last decode timestamp, the last frame duration and the highest end
        // timestamp on all track buffers. Set the need random access point flag on all track
        // buffers to true.
        self.end_coded_frame_groups();
        // Step 6. If the mode attribute equals "sequence", then set the [[group start timestamp]] to
        // the [[group end timestamp]].
        if self.mode == AppendMode::Sequence {
            self.group_start_timestamp = Some(self.group_end_timestamp);
        }
    }

    pub(crate) fn end_coded_frame_groups(&mut self) {
        self.coded_frame_group_start = None;
        for index in self.tracks_in_use.drain(..) {
            self.tracks[index].end_coded_frame_group();
        }
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-mode>
    pub fn mode(&self) -> AppendMode {
        self.mode
    }

    /// The part of setting the attribute that is about coded frames.
    ///
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-mode>
    pub fn set_mode(&mut self, mode: AppendMode) {
        // If the new mode equals "sequence", then set the [[group start timestamp]] to the [[group
        // end timestamp]].
        if mode == AppendMode::Sequence {
            self.group_start_timestamp = Some(self.group_end_timestamp);
        }
        // Update the attribute to new mode.
        self.mode = mode;
    }

    /// Sets the `[[generate timestamps flag]]`: each frame starts where the one before ends, and
    /// [`Self::timestamp_offset`] is the end of the last. The mode must be
    /// [`AppendMode::Sequence`] then.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-generate-timestamps-flag>
    pub fn set_generates_timestamps(&mut self, generates_timestamps: bool) {
        self.generates_timestamps = generates_timestamps;
    }

    /// Sets the `[[buffer full flag]]`: whether frames that are appended are dropped, as no memory is
    /// left for them.
    ///
    /// <https://w3c.github.io/media-source/#dfn-buffer-full-flag>
    pub fn set_full(&mut self, is_full: bool) {
        self.is_full = is_full;
    }

    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-timestampoffset>
    ///
    /// In sequence mode appending changes it.
    pub fn timestamp_offset(&self) -> TimeDelta {
        self.timestamp_offset
    }

    /// The part of setting the attribute that is about coded frames.
    ///
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-timestampoffset>
    pub fn set_timestamp_offset(&mut self, offset: TimeDelta) {
        // If the mode attribute equals "sequence", then set the [[group start timestamp]] to new
        // timestamp offset.
        if self.mode == AppendMode::Sequence {
            self.group_start_timestamp = Some(PresentationTime::ZERO.offset_by(offset));
        }
        // (A frame that went before the append window is none to decode ahead of others now.)
        for track in &mut self.tracks {
            track.last_dropped = None;
        }
        // Update the attribute to new timestamp offset.
        self.timestamp_offset = offset;
    }

    /// Frames that do not lie between `start` and `end` wholly are dropped when they are appended;
    /// of sound, only what lies outside is not heard.
    /// At first it is all from zero on; an `end` of [`PresentationTime::MAX`] is none.
    ///
    /// <https://w3c.github.io/media-source/#append-window>
    pub fn set_append_window(&mut self, start: PresentationTime, end: PresentationTime) {
        self.append_window = start..end;
    }

    /// The highest end of the frames in the current coded frame group.
    ///
    /// <https://w3c.github.io/media-source/#dfn-group-end-timestamp>
    pub fn group_end_timestamp(&self) -> PresentationTime {
        self.group_end_timestamp
    }

    /// Takes out the replaced frames that were kept for readers who are past them.
    pub(crate) fn take_unread_frames(&mut self) {
        for track in &mut self.tracks {
            track.superseded.take_unread(&mut track.removed);
        }
    }

    /// What was taken out by any command, and not taken by this since. The next
    /// [`Self::append`] drops it otherwise.
    pub fn take_removed(&mut self) -> RemovedFrames {
        let mut all = RemovedFrames::default();
        for track in &mut self.tracks {
            all.append(&mut track.removed);
        }
        all
    }

    /// The track buffers, in the order of the first initialization segment; none before it.
    pub fn tracks(&self) -> impl Iterator<Item = &TrackBuffer> {
        self.tracks.iter()
    }

    /// The buffer of the track that had this number in the first initialization segment.
    pub fn track(&self, id: TrackId) -> Option<&TrackBuffer> {
        self.tracks.iter().find(|track| track.id() == id)
    }

    /// What is buffered of all tracks; `ended` tells whether the media source is "ended".
    ///
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-buffered>
    pub fn buffered(&self, ended: bool) -> TimeRanges {
        let common = self.common_ranges();
        // If readyState is "ended", then set the end time on the last range in track ranges to
        // highest end time.
        if ended && let Some(highest_end) = self.highest_end() {
            return common.extended_to(highest_end).all().clone();
        }
        common.all().clone()
    }

    /// What is buffered of all tracks unless the media source is "ended". It is the same snapshot until
    /// something is appended, removed or evicted.
    ///
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-buffered>
    pub fn common_ranges(&self) -> &CommonRanges {
        &self.buffered
    }

    /// To be called when frames have come or gone.
    pub(crate) fn settle_ranges(&mut self) {
        let tracks = self.tracks.iter_mut();
        if tracks.fold(false, |has_changed, track| {
            track.settle_ranges() | has_changed
        }) {
            self.buffered = self.buffered.updated(self.buffered_sets());
        }
    }

    /// The sets of ranges of which `buffered` is the intersection.
    ///
    /// <https://w3c.github.io/media-source/#dom-sourcebuffer-buffered>
    fn buffered_sets(&self) -> Vec<TimeRanges> {
        // For each audio and video track buffer managed by this SourceBuffer: replace the ranges
        // in intersection ranges with the intersection between them and the track ranges.
        let tracks = self.tracks.iter().filter(|track| !track.is_text());
        let mut sets: Vec<_> = tracks.map(|track| track.ranges().clone()).collect();
        // Let highest end time be the largest track buffer ranges end time across all the track
        // buffers managed by this SourceBuffer object. Let intersection ranges equal a TimeRanges
        // object containing a single range from 0 to highest end time. (It changes nothing unless a
        // track begins earlier.)
        let mut starts = sets.iter().filter_map(TimeRanges::lowest_start);
        if sets.is_empty() || starts.any(|start| start < PresentationTime::ZERO) {
            let highest_end = self.highest_end().unwrap_or(PresentationTime::ZERO);
            sets.push(TimeRanges::from_iter([(
                PresentationTime::ZERO,
                highest_end,
            )]));
        }
        sets
    }

    /// The largest end time of the ranges of all tracks.
    pub fn highest_end(&self) -> Option<PresentationTime> {
        self.tracks
            .iter()
            .filter_map(TrackBuffer::highest_end)
            .max()
    }

    /// The highest presentation timestamp of the frames of all tracks.
    pub fn highest_presentation_timestamp(&self) -> Option<PresentationTime> {
        self.tracks
            .iter()
            .filter_map(TrackBuffer::highest_presentation_timestamp)
            .max()
    }

    /// What the frames cost to keep, in bytes: their payloads, and all that is allocated beside.
    pub fn byte_size(&self) -> usize {
        self.tracks.iter().map(TrackBuffer::byte_size).sum()
    }

    /// What is allocated beside the payloads, in bytes: the frames' times, their order, the
    /// configurations that they are decoded with.
    pub fn overhead_bytes(&self) -> usize {
        self.tracks.iter().map(TrackBuffer::overhead_bytes).sum()
    }

    /// Reads the next frame in decode order, and moves the cursor past it. The cursor is one of this
    /// object's.
    pub fn read(&self, cursor: &mut Cursor) -> Read {
        self.track(cursor.track)
            .map_or(Read::End, |track| track.read(cursor))
    }

    /// Returns the start of the random access point that a cursor at `target` would begin with, if the
    /// frames that lead from there to the target are those that `cursor` was reading and goes on with.
    pub fn start_of_way(
        &self,
        cursor: &Cursor,
        target: PresentationTime,
    ) -> Option<PresentationTime> {
        let track = self.track(cursor.track)?;
        track.start_of_way(cursor, target)
    }
}

fn verify_ids_are_unique(tracks: &[Track]) -> Result<(), TrackMismatch> {
    for (index, track) in tracks.iter().enumerate() {
        if tracks[..index].iter().any(|other| other.id == track.id) {
            return Err(TrackMismatch::Duplicate(track.id));
        }
    }
    Ok(())
}
