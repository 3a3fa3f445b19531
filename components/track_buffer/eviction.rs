/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Coded frame eviction: removes frames when the quota is reached.

use crate::group::GroupOfPictures;
use crate::time::PresentationTime;
use crate::track_buffer::TrackBuffer;
use crate::track_buffers::TrackBuffers;
use crate::work;

/// The work to take a group of pictures out of the index, in units of the time that a frame takes
/// to drop.
const WORK_PER_GROUP: usize = 32;

/// The work to find out which group of a track would go, in the same unit.
const WORK_PER_CANDIDATE: usize = 8;

/// The groups that may go, in the order in which they go.
#[derive(Clone, Copy, Debug)]
enum Evictable {
    /// The groups from the append position up to the playhead, if appends are behind the playhead.
    /// They will be appended again.
    UpToPlayhead,
    /// The groups that were played, from the front.
    Played,
    /// The groups that are played last, from the back. Those between the playhead and the append
    /// position stay if there is no gap, because they are played next and are not appended again.
    FarAhead,
}

impl TrackBuffers {
    /// Removes groups of pictures until `new_bytes` more fit into `quota`; both count as
    /// [`Self::byte_size`] does. Returns whether they fit now.
    ///
    /// Those that go first lie between the append position and the playhead, if the append position
    /// is behind; then those that were played; then those farthest ahead. The group that is played
    /// at the playhead stays, and so does the one that is being appended.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-eviction>
    pub fn evict(&mut self, playhead: PresentationTime, new_bytes: usize, quota: usize) -> bool {
        let mut unbounded = usize::MAX;
        self.evict_some(playhead, new_bytes, quota, &mut unbounded)
    }

    /// Evicts like [`Self::evict`], but stops once nothing is `left` of the work that it may do. A
    /// frame that goes costs 1, which is about as long as it takes to drop it. (The group that is
    /// removed last may have more frames.) The caller takes what was removed with
    /// [`Self::take_removed`].
    pub fn evict_some(
        &mut self,
        playhead: PresentationTime,
        new_bytes: usize,
        quota: usize,
        left: &mut usize,
    ) -> bool {
        self.take_unread_frames();
        let work_per_group = WORK_PER_GROUP + WORK_PER_CANDIDATE * self.tracks.len();
        // The group that is played now stays, also if the removal would make another one the played
        // group.
        let played: Vec<_> = self
            .tracks
            .iter()
            .map(|track| track.random_access_point_to_start_with(playhead))
            .map(|found| found.map(|(group, _)| group.key()))
            .collect();
        for evictable in [
            Evictable::UpToPlayhead,
            Evictable::Played,
            Evictable::FarAhead,
        ] {
            while *left > 0 && !self.has_room(new_bytes, quota) {
                *left = left.saturating_sub(work_per_group);
                work::count(self.tracks.len());
                // All tracks are treated alike.
                let tracks = self.tracks.iter_mut().zip(&played);
                let candidates = tracks.filter_map(|(track, played)| {
                    let (key, rank) = track.next_evictable(evictable, playhead, *played)?;
                    Some((rank, key, track))
                });
                let Some((_, key, track)) = candidates.min_by_key(|(rank, ..)| *rank) else {
                    break;
                };
                let frames = track.group(key).map_or(0, GroupOfPictures::len);
                *left = left.saturating_sub(frames);
                track.remove_group(key);
            }
        }
        self.settle_ranges();
        self.has_room(new_bytes, quota)
    }

    fn has_room(&self, new_bytes: usize, quota: usize) -> bool {
        self.byte_size().saturating_add(new_bytes) <= quota
    }
}

impl TrackBuffer {
    /// Returns the key of the group that goes next, and how late it goes compared with the groups
    /// of other tracks. `played` is the key of the group that is played at the playhead.
    fn next_evictable(
        &self,
        evictable: Evictable,
        playhead: PresentationTime,
        played: Option<PresentationTime>,
    ) -> Option<(PresentationTime, i64)> {
        let appended = self.group_at_append_position().map(GroupOfPictures::key);
        let ahead_of = played.unwrap_or(playhead);
        let is_not_appended = |group: &&GroupOfPictures| Some(group.key()) != appended;
        match evictable {
            Evictable::UpToPlayhead => self
                .group_after(appended?)
                .filter(|group| group.key() < ahead_of)
                .map(from_front),
            Evictable::Played => self
                .groups()
                .find(is_not_appended)
                .filter(|group| group.key() < ahead_of)
                .map(from_front),
            Evictable::FarAhead => {
                let is_next = |appended: &PresentationTime| {
                    played.is_some_and(|played| {
                        played <= *appended
                            && self.start_of_range_with(played)
                                == self.start_of_range_with(*appended)
                    })
                };
                let kept_until = appended.filter(is_next).or(played);
                self.groups()
                    .rfind(is_not_appended)
                    .filter(|group| match kept_until {
                        Some(kept_until) => group.key() > kept_until,
                        None => group.key() >= playhead,
                    })
                    .map(from_back)
            }
        }
    }

    /// Returns the group with the frame that was appended last, or the group that is there now.
    fn group_at_append_position(&self) -> Option<&GroupOfPictures> {
        let open_group = self
            .coded_frame_group
            .as_ref()
            .and_then(|group| group.open_group);
        match open_group {
            Some(key) => self.group(key),
            None => self.group_at_or_before(self.append_position?),
        }
    }
}

fn from_front(group: &GroupOfPictures) -> (PresentationTime, i64) {
    (group.key(), group.start().nanoseconds())
}

fn from_back(group: &GroupOfPictures) -> (PresentationTime, i64) {
    (group.key(), group.end().nanoseconds().saturating_neg())
}
