/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A model of a track buffer that is as simple as can be: frames are in a list, and every rule
//! searches all of them. Times are in nanoseconds.

use std::collections::{BTreeSet, HashMap};

const MILLISECOND: i64 = 1_000_000;

/// A frame of the model.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ModelFrame {
    /// When the frame is presented.
    pub start: i64,
    /// From when on the frame counts as buffered.
    pub covers_from: i64,
    /// From when on the frame counts as buffered where nothing is stored before.
    pub own_start: i64,
    /// Until when the frame is presented.
    pub end: i64,
    /// The duration of the frame before others cut it short.
    pub lasted: i64,
    /// Whether the end is a guess.
    pub end_is_estimated: bool,
    /// The decode time of the frame.
    pub decode: i64,
    /// Whether decoding can begin with it.
    pub is_random_access_point: bool,
    /// The name of the frame, which is its payload.
    pub name: u64,
    /// The number of the configuration that the frame is decoded with.
    pub configuration: u8,
    /// The start of the random access point that it is decoded from.
    pub group: i64,
}

/// The frames of a track, those of a group in decode order.
#[derive(Default)]
pub struct ModelTrack {
    frames: Vec<ModelFrame>,
    /// Every frame that was ever stored, by name, with the name of the one it is decoded after.
    pub history: HashMap<u64, (ModelFrame, Option<u64>)>,
    group: Option<ModelCodedFrameGroup>,
    continues_from_last: bool,
}

struct ModelCodedFrameGroup {
    last_decode: i64,
    longest: i64,
    highest_end: i64,
    lowest_start: i64,
    highest_start: i64,
    last_name: u64,
    last_group: i64,
    /// When the last frame starts, if its end is a guess.
    estimated: Option<i64>,
}

impl ModelTrack {
    /// Unsets the last decode timestamp, the last frame duration and the highest end timestamp, and
    /// sets the need random access point flag.
    pub fn end_coded_frame_group(&mut self) {
        self.group = None;
        self.continues_from_last = false;
    }

    /// Whether the next frame is the first of a coded frame group.
    pub fn is_between_coded_frame_groups(&self) -> bool {
        self.group.is_none()
    }

    /// Sets the need random access point flag.
    pub fn need_random_access_point(&mut self) {
        self.continues_from_last = false;
    }

    /// Whether a frame of that decode time does not follow the last one.
    pub fn is_discontinuity(&self, decode: i64) -> bool {
        self.group.as_ref().is_some_and(|group| {
            let most = if group.longest <= 1000 {
                125 * MILLISECOND
            } else {
                2 * group.longest + 1000
            };
            decode < group.last_decode || decode - group.last_decode > most
        })
    }

    /// Stores the frame in the place of those that it overlaps, and returns whether it is stored.
    /// `lasts` is its duration before the append window cuts it.
    pub fn add(&mut self, mut frame: ModelFrame, lasts: i64) -> bool {
        if !frame.is_random_access_point && !self.continues_from_last {
            return false;
        }
        let start = frame.start;
        if frame.is_random_access_point {
            self.group.take_if(|group| group.highest_start >= start);
            frame.group = start;
        } else {
            let group = self.group.as_ref().expect("it continues from the last");
            let (own, lowest_start) = (group.last_group, group.lowest_start);
            frame.group = own;
            if start < own {
                let before = self.keys().range(..own).next_back().copied();
                if before.is_some_and(|key| lowest_start <= key && start <= key) {
                    self.continues_from_last = false;
                    return false;
                }
                if start < lowest_start {
                    self.remove(start, lowest_start);
                    self.cut_at(start);
                }
            }
        }
        self.refine_estimated_end(start);
        let from = self
            .group
            .as_ref()
            .map_or(start - 999, |group| group.highest_end);
        if frame.is_random_access_point {
            self.cut_at(start);
        }
        frame.end = self.end_before_adjoining_group(from, &frame);
        let end = frame.end;
        frame.lasted = end - start;
        self.remove(from, end);
        if from < end {
            self.cut_coverage(end);
        }
        let before = self.keys().range(..start).next_back().copied();
        let end_before = self.end_of(before);
        if frame.covers_from < end_before {
            frame.covers_from = start.min(end_before);
        }
        let group = self.group.get_or_insert(ModelCodedFrameGroup {
            last_decode: frame.decode,
            longest: 0,
            highest_end: end,
            lowest_start: start,
            highest_start: start,
            last_name: 0,
            last_group: 0,
            estimated: None,
        });
        let before = Some(group.last_name).filter(|_| !frame.is_random_access_point);
        self.history.insert(frame.name, (frame.clone(), before));
        group.last_decode = frame.decode;
        group.longest = group.longest.max(lasts);
        group.highest_end = group.highest_end.max(end);
        group.lowest_start = group.lowest_start.min(start);
        group.highest_start = group.highest_start.max(start);
        group.last_name = frame.name;
        group.last_group = frame.group;
        group.estimated = frame.end_is_estimated.then_some(start);
        self.frames.push(frame);
        self.continues_from_last = true;
        true
    }

    fn keys(&self) -> BTreeSet<i64> {
        self.frames.iter().map(|frame| frame.group).collect()
    }

    /// Returns the frames in the order in which they are read: groups by start, and each group in
    /// decode order.
    pub fn in_order(&self) -> Vec<ModelFrame> {
        let of_group = |key| {
            self.frames
                .iter()
                .filter(move |frame| frame.group == key)
                .cloned()
        };
        self.keys().into_iter().flat_map(of_group).collect()
    }

    /// Separates the groups at `time`: no frame of the group before is presented after it, and none
    /// of the group after before it.
    fn cut_at(&mut self, time: i64) {
        let before = self.keys().range(..time).next_back().copied();
        let after = self.keys().range(time + 1..).next().copied();
        let mut cut = BTreeSet::new();
        self.frames.retain(|frame| {
            let is_late = Some(frame.group) == before && frame.start >= time;
            let is_early = Some(frame.group) == after && frame.start < time;
            if is_late || is_early {
                cut.insert(frame.group);
            }
            !cut.contains(&frame.group)
        });
        for frame in self
            .frames
            .iter_mut()
            .filter(|frame| Some(frame.group) == before)
        {
            frame.end = frame.end.min(time);
        }
    }

    /// Returns the longest duration of a group's frames, which is no longer than all of them last
    /// now.
    fn longest_duration(&self, key: i64) -> i64 {
        let frames = || self.frames.iter().filter(move |frame| frame.group == key);
        let lowest_start = frames().map(|frame| frame.start).min();
        let longest = frames().map(|frame| frame.lasted).max();
        let (lowest_start, longest) = lowest_start.zip(longest).expect("not empty");
        longest.min(self.end_of(Some(key)) - lowest_start)
    }

    fn end_of(&self, group: Option<i64>) -> i64 {
        let of_group = self
            .frames
            .iter()
            .filter(|frame| Some(frame.group) == group);
        of_group.map(|frame| frame.end).max().unwrap_or(i64::MIN)
    }

    /// Ends a frame whose end was a guess where the next one starts, if it is presented last of its
    /// group and no gap is between.
    fn refine_estimated_end(&mut self, next_start: i64) {
        let estimated = self.group.as_mut().and_then(|group| group.estimated.take());
        let Some((start, last)) = estimated.zip(self.last_appended()) else {
            return;
        };
        let own = self.frames.iter().find(|frame| frame.name == last);
        let own = own.expect("it is there").group;
        let of_group = |frame: &&ModelFrame| frame.group == own;
        let highest_start = self.frames.iter().filter(of_group).map(|it| it.start).max();
        let longest = self.longest_duration(own);
        let tolerance = (2 * longest).clamp(2 * MILLISECOND, 125 * MILLISECOND);
        let is_near = next_start - self.end_of(Some(own)) <= tolerance;
        if highest_start == Some(start) && start < next_start && is_near {
            let frame = self.frames.iter_mut().find(|frame| frame.name == last);
            let frame = frame.expect("it is there");
            frame.end = next_start;
            frame.lasted = next_start - start;
            let (stored, _) = self.history.get_mut(&last).expect("it was stored");
            stored.end = stored.end.max(next_start);
        }
    }

    /// Returns the end of a new frame that replaces those that start later than `from`. It gives
    /// way to a group that it overlaps by no more than a millisecond, or, if the end is a guess, to
    /// the first group.
    fn end_before_adjoining_group(&self, from: i64, new: &ModelFrame) -> i64 {
        let lowest_start = |key| {
            let of_group = self.frames.iter().filter(move |frame| frame.group == key);
            of_group.map(|frame| frame.start).min().expect("not empty")
        };
        let lowest_starts = self.keys().into_iter().map(lowest_start);
        let overlapped = lowest_starts.filter(|start| *start < new.end);
        let is_later = |start: &i64| from <= *start && new.start < *start;
        let adjoined = if new.end_is_estimated {
            overlapped.filter(is_later).min()
        } else {
            let adjoins = |last: &i64| is_later(last) && new.end - *last <= MILLISECOND;
            overlapped.max().filter(adjoins)
        };
        adjoined.unwrap_or(new.end)
    }

    /// Cuts the coverage at `time`: nothing before it counts as buffered with a later frame.
    fn cut_coverage(&mut self, time: i64) {
        for frame in self.frames.iter_mut().filter(|frame| frame.start >= time) {
            frame.covers_from = frame.covers_from.max(time);
        }
    }

    /// Removes the frames that start in the window, and those after them in their groups.
    fn remove(&mut self, from: i64, until: i64) {
        let mut cut = BTreeSet::new();
        self.frames.retain(|frame| {
            if from <= frame.start && frame.start < until {
                cut.insert(frame.group);
            }
            !cut.contains(&frame.group)
        });
    }

    /// Runs coded frame removal. It returns the start of the frame appended last if that is
    /// removed.
    pub fn remove_range(&mut self, start: i64, end: i64, duration: i64) -> Option<i64> {
        let last = self.group.as_ref().map(|group| group.last_name);
        let is_last = |frame: &&ModelFrame| Some(frame.name) == last;
        let last_start = self.frames.iter().find(is_last).map(|frame| frame.start);
        let until = self.keys().range(end..).next().copied().unwrap_or(duration);
        self.remove(start, until);
        if start < until {
            self.cut_coverage(end);
        }
        last_start.filter(|_| !self.frames.iter().any(|frame| is_last(&frame)))
    }

    /// Returns the name of the frame that was appended last, if it is there.
    pub fn last_appended(&self) -> Option<u64> {
        let last = self.group.as_ref()?.last_name;
        let is_there = self.frames.iter().any(|frame| frame.name == last);
        is_there.then_some(last)
    }

    /// Removes the groups that are not stored any more, which `is_stored` says by the start and the
    /// name of their first frame. It returns how many went.
    pub fn keep_groups(&mut self, is_stored: impl Fn(i64, u64) -> bool) -> usize {
        let is_first = |frame: &&ModelFrame| frame.is_random_access_point;
        let heads = self.frames.iter().filter(is_first);
        let gone: BTreeSet<i64> = heads
            .filter(|head| !is_stored(head.group, head.name))
            .map(|head| head.group)
            .collect();
        self.frames.retain(|frame| !gone.contains(&frame.group));
        gone.len()
    }

    /// Returns for each group from when on it is buffered, its latest end, its key, and whether it
    /// starts a range.
    fn extents(&self) -> Vec<(i64, i64, i64, bool)> {
        let mut extents: Vec<(i64, i64, i64, bool)> = Vec::new();
        let mut longest_before = 0;
        for key in self.keys() {
            let frames = || self.frames.iter().filter(move |frame| frame.group == key);
            let of_all = |time: fn(&ModelFrame) -> i64| frames().map(time).min();
            let covered = of_all(|frame| frame.covers_from.min(frame.start));
            let own = of_all(|frame| frame.own_start.max(frame.covers_from).min(frame.start));
            let (covered, own) = covered.zip(own).expect("not empty");
            let end = frames().map(|frame| frame.end).max().expect("not empty");
            let longest = self.longest_duration(key);
            let tolerance = 2 * longest.max(longest_before);
            let tolerance = tolerance.clamp(2 * MILLISECOND, 125 * MILLISECOND);
            let joins = extents
                .last()
                .is_some_and(|before| covered - before.1 <= tolerance);
            let from = if joins { covered } else { own };
            extents.push((from, end, key, !joins));
            longest_before = longest;
        }
        extents
    }

    /// Returns the start and the end of each track buffer range.
    pub fn ranges(&self) -> Vec<(i64, i64)> {
        let mut ranges: Vec<(i64, i64)> = Vec::new();
        for (start, end, _, starts_range) in self.extents() {
            match ranges.last_mut() {
                Some(last) if !starts_range => last.1 = end,
                _ => ranges.push((start, end)),
            }
        }
        ranges
    }

    /// Returns the names and configurations of the frames that are read from the target until the
    /// first gap.
    pub fn reads(&self, target: i64) -> Vec<(u64, u8)> {
        let Some(first) = self.first_group_for(target) else {
            return Vec::new();
        };
        let mut reached = i64::MAX;
        let mut names = Vec::new();
        for (start, end, key, _) in self
            .extents()
            .into_iter()
            .filter(|extent| extent.2 >= first)
        {
            if start.saturating_sub(reached) > 125 * MILLISECOND {
                break;
            }
            reached = end;
            let frames = self.frames.iter().filter(|frame| frame.group == key);
            names.extend(frames.map(|frame| (frame.name, frame.configuration)));
        }
        names
    }

    fn first_group_for(&self, target: i64) -> Option<i64> {
        let keys = self.keys();
        let range = self
            .ranges()
            .into_iter()
            .find(|(start, end)| *start <= target && target < *end);
        if let Some((start, end)) = range {
            let keys_in_range: Vec<_> = keys.range(start..end).copied().collect();
            let before = keys_in_range.iter().rev().find(|key| **key <= target);
            return before.or(keys_in_range.first()).copied();
        }
        let next = self
            .extents()
            .into_iter()
            .find(|extent| extent.0 > target)?;
        let is_first = keys.first() == Some(&next.2);
        let is_near = next.0 - target <= 125 * MILLISECOND;
        (is_near || is_first && next.0 <= 1000 * MILLISECOND).then_some(next.2)
    }
}
