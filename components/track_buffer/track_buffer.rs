/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The track buffer: the frames of one track, and the ranges that they cover.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};
use std::ops::Range;
use std::sync::Arc;

use byte_stream::memory::allocated_in_tree;
use byte_stream::time::Timescale;
use byte_stream::track::{CodecConfiguration, Medium, Track, TrackId};

use crate::byte_size::ByteSize;
use crate::coded_frame_group::CodedFrameGroup;
use crate::configurations::Configurations;
use crate::frame_run::StoredFrame;
use crate::group::{FrameDetails, GroupOfPictures};
use crate::last_dropped::LastDropped;
use crate::range_starts::RangeStarts;
use crate::range_tree::{RANGE_BYTES, Span};
use crate::ranges::TimeRanges;
use crate::removed::RemovedFrames;
use crate::superseded::SupersededGroups;
use crate::time::{PresentationTime, TimeDelta};
use crate::work;

/// The reasons for which frames are taken out of a track buffer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RemovalCause {
    /// Frames that are appended take their place. A cursor among them may read on for a while.
    Overlapped,
    /// The frames were removed by a script.
    Removed,
    /// The memory is needed. A cursor that reads frames that were replaced may go on.
    Evicted,
}

/// The groups of pictures by their keys.
type Groups = BTreeMap<PresentationTime, Box<GroupOfPictures>>;

/// <https://w3c.github.io/media-source/#track-buffer>
#[derive(Debug)]
pub struct TrackBuffer {
    id: TrackId,
    /// The number of the track in the newest initialization segment.
    pub(crate) byte_stream_id: TrackId,
    pub(crate) timescale: Timescale,
    configuration: Arc<CodecConfiguration>,
    /// The current coded frame group. `None` stands for "last decode timestamp, last frame duration
    /// and highest end timestamp are unset".
    pub(crate) coded_frame_group: Option<CodedFrameGroup>,
    /// <https://w3c.github.io/media-source/#need-RAP-flag>
    pub(crate) needs_random_access_point: bool,
    /// Whether frames came since the coded frame group of all tracks ended.
    pub(crate) is_in_use: bool,
    groups: Groups,
    /// It follows from `groups`.
    range_starts: RangeStarts,
    pub(crate) superseded: SupersededGroups,
    /// The frames that were taken out, until somebody drops them.
    pub(crate) removed: RemovedFrames,
    /// The frame before the append window that may be decoded ahead of the first one in it.
    pub(crate) last_dropped: Option<LastDropped>,
    /// The presentation time of the frame that was appended last, whatever has become of it since.
    pub(crate) append_position: Option<PresentationTime>,
    /// What the groups cost in memory.
    byte_size: ByteSize,
    configurations: Configurations,
}

impl TrackBuffer {
    pub(crate) fn new(track: &Track) -> Self {
        let configuration = Arc::new(track.configuration.clone());
        let mut configurations = Configurations::default();
        configurations.add(&configuration);
        Self {
            id: track.id,
            byte_stream_id: track.id,
            timescale: track.timescale,
            configuration,
            coded_frame_group: None,
            needs_random_access_point: true,
            is_in_use: false,
            groups: BTreeMap::new(),
            range_starts: RangeStarts::default(),
            superseded: SupersededGroups::default(),
            removed: RemovedFrames::default(),
            last_dropped: None,
            append_position: None,
            byte_size: ByteSize::default(),
            configurations,
        }
    }

    /// Returns the number of the track in the first initialization segment, which it keeps.
    pub fn id(&self) -> TrackId {
        self.id
    }

    /// Returns the configuration of the frames that are appended next, from the newest
    /// initialization segment.
    pub fn configuration(&self) -> &Arc<CodecConfiguration> {
        &self.configuration
    }

    /// <https://w3c.github.io/media-source/#track-buffer-ranges>
    pub fn ranges(&self) -> &TimeRanges {
        self.range_starts.settled()
    }

    /// To be called when all is done that changes the groups. Returns whether the ranges may be others.
    pub(crate) fn settle_ranges(&mut self) -> bool {
        let group = self.coded_frame_group.as_ref();
        // (It grows frame by frame.)
        if let Some(open_group) = group.and_then(|group| group.open_group) {
            self.range_starts.forget(open_group);
        }
        let groups = &self.groups;
        self.range_starts
            .settle(|start, next| span(groups, start, next))
    }

    /// Returns the end of the last range.
    pub fn highest_end(&self) -> Option<PresentationTime> {
        self.groups.values().next_back().map(|group| group.end())
    }

    /// Returns the highest presentation timestamp of the frames.
    pub fn highest_presentation_timestamp(&self) -> Option<PresentationTime> {
        self.groups
            .values()
            .next_back()
            .map(|group| group.highest_start())
    }

    /// Returns the memory in bytes that the frames take: their payloads, and all that is allocated
    /// beside.
    pub fn byte_size(&self) -> usize {
        (self.byte_size + self.superseded.byte_size()).total() + self.bytes_beside()
    }

    /// Returns the memory in bytes that is allocated beside the payloads.
    pub fn overhead_bytes(&self) -> usize {
        (self.byte_size + self.superseded.byte_size()).structures + self.bytes_beside()
    }

    fn bytes_beside(&self) -> usize {
        let range = allocated_in_tree(size_of::<PresentationTime>()) + RANGE_BYTES;
        let last_dropped = self.last_dropped.as_ref().map_or(0, LastDropped::byte_size);
        size_of::<Self>()
            + self.configurations.byte_size()
            + self.range_starts.len() * range
            + last_dropped
    }

    /// Takes over the description of the track in a further initialization segment.
    pub(crate) fn set_description(&mut self, track: &Track) {
        self.byte_stream_id = track.id;
        self.timescale = track.timescale;
        self.last_dropped = None;
        self.set_configuration(track.configuration.clone());
    }

    pub(crate) fn set_configuration(&mut self, configuration: CodecConfiguration) {
        // An equal configuration stays the same one, so that no decoder is set up anew for it.
        if *self.configuration != configuration {
            self.configurations.remove(&self.configuration);
            self.configuration = Arc::new(configuration);
            self.configurations.add(&self.configuration);
        }
    }

    /// What the frames carry.
    pub(crate) fn medium(&self) -> Medium {
        self.configuration.medium()
    }

    /// Whether it is a text track, which `buffered` does not count.
    pub(crate) fn is_text(&self) -> bool {
        self.medium() == Medium::Text
    }

    pub(crate) fn group(&self, key: PresentationTime) -> Option<&GroupOfPictures> {
        // Mostly it is the last one, which is found in no time however many there are.
        match self.groups.last_key_value() {
            Some((last, group)) if *last == key => Some(group),
            _ => self.groups.get(&key).map(|group| &**group),
        }
    }

    /// Returns the groups in the order of their keys.
    pub(crate) fn groups(&self) -> impl DoubleEndedIterator<Item = &GroupOfPictures> {
        self.groups.values().map(|group| &**group)
    }

    /// Returns the last group whose key is before `time`.
    pub(crate) fn group_before(&self, time: PresentationTime) -> Option<&GroupOfPictures> {
        self.groups
            .range(..time)
            .next_back()
            .map(|(_, group)| &**group)
    }

    /// Returns the last group whose key is `time` or before.
    pub(crate) fn group_at_or_before(&self, time: PresentationTime) -> Option<&GroupOfPictures> {
        self.groups
            .range(..=time)
            .next_back()
            .map(|(_, group)| &**group)
    }

    /// Returns the first group whose key is `time` or after.
    pub(crate) fn group_at_or_after(&self, time: PresentationTime) -> Option<&GroupOfPictures> {
        self.groups.range(time..).next().map(|(_, group)| &**group)
    }

    /// Returns the first group whose key is after `time`.
    pub(crate) fn group_after(&self, time: PresentationTime) -> Option<&GroupOfPictures> {
        // As in `group`: mostly there is none.
        self.groups
            .last_key_value()
            .filter(|(last, _)| **last > time)?;
        self.groups
            .range((Excluded(time), Unbounded))
            .next()
            .map(|(_, group)| &**group)
    }

    /// The key of the group with which the range of the group of that key starts.
    pub(crate) fn start_of_range_with(&self, key: PresentationTime) -> Option<PresentationTime> {
        self.range_starts.at_or_before(key)
    }

    /// Whether a range starts with the group of that key.
    pub(crate) fn starts_range(&self, key: PresentationTime) -> bool {
        self.range_starts.contains(key)
    }

    /// Returns from when on the group is buffered. (Coverage closes holes between ranges, but no
    /// range starts with it: upstream's tests want a range to start with the track that starts
    /// last.)
    pub(crate) fn buffered_from(&self, group: &GroupOfPictures) -> PresentationTime {
        if self.starts_range(group.key()) {
            group.own_start()
        } else {
            group.start()
        }
    }

    /// Returns the first random access point that starts at or after `time`: its group, and its
    /// index there.
    pub(crate) fn random_access_point_at_or_after(
        &self,
        time: PresentationTime,
    ) -> Option<(&GroupOfPictures, usize)> {
        [self.group_before(time), self.group_at_or_after(time)]
            .into_iter()
            .flatten()
            .find_map(|group| Some((group, group.random_access_point_at_or_after(time)?)))
    }

    /// Changes a group in a way that keeps its key, and counts its bytes again. The caller sees to
    /// it that the range starts are updated.
    pub(crate) fn change_group<T>(
        &mut self,
        key: PresentationTime,
        change: impl FnOnce(&mut GroupOfPictures) -> T,
    ) -> Option<T> {
        self.change_group_and_size(key, |group, byte_size| {
            *byte_size -= group.byte_size();
            let result = change(group);
            *byte_size += group.byte_size();
            result
        })
    }

    /// Changes a group in a way that keeps its key. The change counts its bytes.
    fn change_group_and_size<T>(
        &mut self,
        key: PresentationTime,
        change: impl FnOnce(&mut GroupOfPictures, &mut ByteSize) -> T,
    ) -> Option<T> {
        // As in `group`.
        let last = self.groups.last_entry().filter(|last| *last.key() == key);
        let group = match last {
            Some(last) => last.into_mut(),
            None => self.groups.get_mut(&key)?,
        };
        Some(change(group, &mut self.byte_size))
    }

    /// Adds a frame at the end of a group in decode order. The caller sees to it that the range
    /// starts are updated. Returns when the group ends, and whether the frame lasts longest in it.
    pub(crate) fn push(
        &mut self,
        key: PresentationTime,
        frame: StoredFrame,
        details: FrameDetails,
    ) -> Option<(PresentationTime, bool)> {
        self.change_group_and_size(key, |group, byte_size| {
            let longest_before = group.longest_duration();
            *byte_size += group.push(frame, details);
            (group.end(), group.longest_duration() > longest_before)
        })
    }

    /// Opens a group with a random access point. That much time before it counts as buffered too,
    /// where the group before does not reach.
    pub(crate) fn add_group(
        &mut self,
        frame: StoredFrame,
        details: FrameDetails,
        covered: TimeDelta,
    ) {
        let configuration = Arc::clone(&self.configuration);
        let mut covers_from = frame.start;
        if covered > TimeDelta::ZERO {
            let end_before = self.group_before(frame.start).map(GroupOfPictures::end);
            covers_from = frame.start.offset_by(-covered);
            covers_from = end_before.map_or(covers_from, |end| covers_from.max(end));
        }
        let group = GroupOfPictures::new(configuration, frame, details, covers_from);
        self.insert(Box::new(group));
    }

    /// Lets no random access point cover what is before `time`.
    pub(crate) fn cut_coverage(&mut self, time: PresentationTime) {
        if let Some(group) = self.group_at_or_after(time)
            && group.start() < time
        {
            let key = group.key();
            self.change_group(key, |group| group.cover_from(time));
            self.update_range_starts(key);
        }
    }

    /// Closes a group, to which no frame will be added.
    pub(crate) fn close_group(&mut self, key: PresentationTime) {
        self.change_group(key, GroupOfPictures::close);
        self.range_starts.forget(key);
    }

    /// Removes the frames that start in the window, and those that may depend on them, from no more
    /// groups than `most`. Returns from how many: if it is fewer, no frame is left there.
    pub(crate) fn remove_frames(
        &mut self,
        window: Range<PresentationTime>,
        cause: RemovalCause,
        most: usize,
    ) -> usize {
        if window.is_empty() {
            return 0;
        }
        // Frames that start in the window may lie in the group before it, or be leading pictures of
        // the group after it (invariants 1 and 2).
        let first = self
            .group_before(window.start)
            .map_or(window.start, GroupOfPictures::key);
        let last = self
            .group_at_or_after(window.end)
            .map_or(window.end, GroupOfPictures::key);
        let groups = self.groups.range(first..=last);
        let removed = groups.map(|(key, group)| (*key, group.removed_by(&window)));
        let removed = removed.filter(|(_, removed)| !removed.is_empty());
        let removed: Vec<_> = removed.take(most).collect();
        for (key, removed) in &removed {
            self.take_out(*key, removed.clone(), cause);
        }
        removed.len()
    }

    /// Lets a group begin at `time`. Frames of the group before that start later go, or become a
    /// group of their own, and those that end later are cut short. Leading pictures of the group
    /// after that start before `time` go, because they were decoded with the group before.
    pub(crate) fn cut_at(&mut self, time: PresentationTime) {
        self.cut_group_before(time);
        if let Some(group) = self.group_after(time)
            && group.lowest_start() < time
        {
            let removed = group.removed_by(&(group.lowest_start()..time));
            self.take_out(group.key(), removed, RemovalCause::Overlapped);
        }
    }

    /// Does the part of [`Self::cut_at`] about the group before.
    pub(crate) fn cut_group_before(&mut self, time: PresentationTime) {
        if let Some(group) = self.group_before(time)
            && group.highest_start() >= time
        {
            let removed = group.removed_by_random_access_point(time);
            self.take_out(group.key(), removed, RemovalCause::Overlapped);
        }
        if let Some(group) = self.group_before(time)
            && group.end() > time
        {
            let key = group.key();
            self.change_group(key, |group| group.trim(time));
            self.update_range_starts(key);
        }
    }

    /// Removes a whole group.
    pub(crate) fn remove_group(&mut self, key: PresentationTime) {
        self.take_out(key, 0..usize::MAX, RemovalCause::Evicted);
    }

    /// Takes the frames at the indices out of a group; what follows them becomes another group.
    fn take_out(&mut self, key: PresentationTime, removed: Range<usize>, cause: RemovalCause) {
        let Some(group) = self.groups.remove(&key) else {
            return;
        };
        work::count(1);
        let byte_size = group.byte_size();
        self.byte_size -= byte_size;
        self.configurations.remove(&group.configuration);
        let is_read = group.identity.is_read() && !group.frames_are_independent();
        if is_read && cause == RemovalCause::Removed {
            self.superseded.remove_all_of(&group.identity);
        }
        let mut remains = group.without(removed);
        if let Some(gone) = remains.gone {
            if is_read && cause == RemovalCause::Overlapped {
                if let Some(head) = &mut remains.head {
                    head.parts_kept += 1;
                }
                self.superseded.keep(gone);
            } else {
                self.removed.add(gone);
            }
        }
        if let Some(appending) = self.coded_frame_group.as_mut()
            && appending.open_group == Some(key)
        {
            // Its last frame is in the tail, or gone.
            appending.open_group = remains.tail.as_ref().map(|tail| tail.key());
        }
        self.update_range_starts(key);
        for group in [remains.head, remains.tail].into_iter().flatten() {
            self.insert(group);
        }
    }

    fn insert(&mut self, group: Box<GroupOfPictures>) {
        let key = group.key();
        self.configurations.add(&group.configuration);
        self.byte_size += group.byte_size();
        self.groups.insert(key, group);
        self.update_range_starts(key);
    }

    /// Finds out again whether a range starts with the group of that key, which was added, changed
    /// or removed, and with the group after it.
    pub(crate) fn update_range_starts(&mut self, key: PresentationTime) {
        if let Some(before) = self.group_before(key) {
            self.range_starts.forget(before.key());
        }
        let next = self.group_after(key).map(GroupOfPictures::key);
        for key in [Some(key), next].into_iter().flatten() {
            let starts_range = self.groups.get(&key).is_some_and(|group| {
                self.group_before(key)
                    .is_none_or(|before| !before.joins(group))
            });
            self.range_starts.set(key, starts_range);
        }
    }
}

/// What the range covers that starts with the group of the key `start`, until the group `next`.
fn span(groups: &Groups, start: PresentationTime, next: Option<PresentationTime>) -> Option<Span> {
    work::count(1);
    let next = next.map_or(Unbounded, Excluded);
    let (_, last) = groups.range((Unbounded, next)).next_back()?;
    Some((groups.get(&start)?.own_start(), last.end()))
}
