/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Coded frame processing: where an appended frame goes, and which frames it takes the place of.

use std::ops::Range;

use byte_stream::frame::CodedFrame;

use crate::coded_frame_group::CodedFrameGroup;
use crate::gap_policy::{self, SHORTEST_FRAME};
use crate::group::GroupOfPictures;
use crate::incoming::{FrameTimes, IncomingFrame};
use crate::time::{DecodeTime, PresentationTime, TimeDelta};
use crate::track_buffer::{RemovalCause, TrackBuffer};
use crate::track_buffers::{AppendMode, TrackBuffers};

/// Nobody has media this long, in nanoseconds (146 years); times within it can be added.
const LATEST: i64 = 1 << 62;

/// How far before a new frame an old one may start to be replaced by it: less than 1 microsecond.
const SAME_START: TimeDelta = TimeDelta::from_nanoseconds(-(1000 - 1));

impl TrackBuffers {
    /// Processes the frames, which are in the order of the byte stream. Frames of no known track
    /// and empty ones are skipped.
    ///
    /// The steps about the element's `readyState` and about the duration are the caller's: for the
    /// duration, compare it with [`Self::group_end_timestamp`].
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-processing>
    pub fn append(&mut self, mut frames: Vec<CodedFrame>) {
        self.take_unread_frames();
        drop(self.take_removed());
        let mut earliest = self.earliest_presentation_timestamps(&frames).into_iter();
        // Step 1. For each coded frame in the media segment run the following steps.
        for frame in &mut frames {
            let earliest = earliest.next().flatten();
            // Step 1.5. Let track buffer equal the track buffer that the coded frame will be added
            // to.
            if let Some(index) = self.track_index(frame.track)
                && !frame.payload.is_empty()
            {
                self.process_coded_frame(index, frame, earliest);
            }
        }
        self.settle_ranges();
    }

    /// Returns for each frame the earliest presentation timestamp of it and of the next frames of
    /// the other tracks, with which a coded frame group may start. For a single track it returns
    /// nothing.
    fn earliest_presentation_timestamps(
        &self,
        frames: &[CodedFrame],
    ) -> Vec<Option<PresentationTime>> {
        if self.tracks.len() <= 1 {
            return Vec::new();
        }
        // The second half has the next time of each track; each place before it the lower one of two
        // others, so that the first has the lowest of all.
        let mut next_times = vec![PresentationTime::MAX; 2 * self.tracks.len()];
        let mut earliest = vec![None; frames.len()];
        for (frame, earliest) in frames.iter().zip(&mut earliest).rev() {
            if let Some(index) = self.track_index(frame.track)
                && !frame.payload.is_empty()
            {
                let timescale = self.tracks[index].timescale;
                let start = timescale.to_nanoseconds(frame.presentation);
                let mut place = self.tracks.len() + index;
                next_times[place] = PresentationTime::from_nanoseconds(start);
                while place > 1 {
                    place /= 2;
                    next_times[place] = next_times[2 * place].min(next_times[2 * place + 1]);
                }
            }
            *earliest = Some(next_times[1]).filter(|time| *time < PresentationTime::MAX);
        }
        earliest
    }

    /// Runs the steps for one coded frame. `earliest` is the earliest presentation timestamp of
    /// what is appended with it, if that is not the one of the frame itself.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-processing>
    fn process_coded_frame(
        &mut self,
        index: usize,
        frame: &mut CodedFrame,
        earliest: Option<PresentationTime>,
    ) {
        let timescale = self.tracks[index].timescale;
        let original = FrameTimes::new(timescale, frame, self.generates_timestamps);
        let earliest = earliest.unwrap_or(original.start);
        let mut times = self.apply_timestamp_offset(&original, earliest);
        // Step 1.6. If last decode timestamp for track buffer is set and decode timestamp is less
        // than last decode timestamp, or the difference between them is greater than 2 times last
        // frame duration: ...
        if self.tracks[index].is_discontinuity(times.decode) {
            self.handle_discontinuity(times.start);
            // Step 1.6.6. Jump to the Loop Top step above to restart processing of the current
            // coded frame.
            times = self.apply_timestamp_offset(&original, earliest);
        }
        if self.generates_timestamps {
            // Step 1.21. If generate timestamps flag equals true, then set timestampOffset equal to
            // frame end timestamp. (This holds for a frame that is dropped as well, or none would
            // come after it.)
            let generated = &mut self.generated_timestamps;
            let end = generated.end(times.start, timescale, frame.duration);
            times.end = end.max(times.start.offset_by(SHORTEST_FRAME));
            self.timestamp_offset = times.end.since(PresentationTime::ZERO);
        }
        self.use_track(index);
        let track = &mut self.tracks[index];
        let mut incoming = IncomingFrame::new(&times, timescale, frame, track.medium());

        // Step 1.8. If presentation timestamp is less than appendWindowStart, then set the need
        // random access point flag to true, drop the coded frame, and jump to the top of the loop.
        // Step 1.9. If frame end timestamp is greater than appendWindowEnd, likewise.
        let is_in_reach = times.start.nanoseconds() > -LATEST && times.end.nanoseconds() < LATEST;
        // (Frames for which there is no memory are dropped in the same way.)
        if self.is_full
            || !is_in_reach
            || !track.fit_into_append_window(&mut incoming, &self.append_window)
        {
            track.needs_random_access_point = true;
            if !incoming.is_heard() && self.append_window.contains(&times.start) {
                self.extend_coded_frame_group(times.start);
            }
            return;
        }

        // Step 1.10. If the need random access point flag on track buffer equals true: if the coded
        // frame is not a random access point, then drop the coded frame. Otherwise set the flag to
        // false.
        if track.needs_random_access_point && !incoming.is_random_access_point {
            return;
        }
        track.needs_random_access_point = false;

        let end = incoming.stored.end;
        let start = times.start.max(self.append_window.start);
        incoming.cover_from(start);
        if track.coded_frame_group.is_none() {
            let earliest = earliest.offset_by(self.timestamp_offset).min(start);
            let group_start = self
                .coded_frame_group_start
                .unwrap_or(earliest)
                .min(earliest);
            incoming.cover_from(group_start.max(self.append_window.start));
        }
        if track.add_coded_frame(incoming) {
            self.extend_coded_frame_group(start);
            // Step 1.20. If frame end timestamp is greater than [[group end timestamp]], then set
            // [[group end timestamp]] equal to frame end timestamp.
            self.group_end_timestamp = self.group_end_timestamp.max(end);
        }
    }

    /// Remembers that frames of the track came, until all coded frame groups end.
    fn use_track(&mut self, index: usize) {
        if !self.tracks[index].is_in_use {
            self.tracks[index].is_in_use = true;
            self.tracks_in_use.push(index);
        }
    }

    /// Lets the current coded frame group start at `start` at the latest.
    fn extend_coded_frame_group(&mut self, start: PresentationTime) {
        let group_start = &mut self.coded_frame_group_start;
        *group_start = Some(group_start.map_or(start, |it| it.min(start)));
    }

    /// Runs steps 1.3, 1.4 and 1.7, and returns the times of the frame on the presentation
    /// timeline.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-processing>
    fn apply_timestamp_offset(
        &mut self,
        original: &FrameTimes,
        earliest: PresentationTime,
    ) -> FrameTimes {
        // Step 1.3. If mode equals "sequence" and [[group start timestamp]] is set, then run the
        // following steps:
        if self.mode == AppendMode::Sequence
            && let Some(group_start_timestamp) = self.group_start_timestamp.take()
        {
            // Step 1.3.1. Set timestampOffset equal to [[group start timestamp]] minus presentation
            // timestamp. (With several tracks the earliest timestamp counts, or frames that another
            // track presents before would be lost.)
            self.timestamp_offset = group_start_timestamp.since(earliest);
            // Step 1.3.2. Set [[group end timestamp]] equal to [[group start timestamp]].
            self.group_end_timestamp = group_start_timestamp;
            self.coded_frame_group_start = None;
            // Step 1.3.3. Set the need random access point flag on all track buffers to true. (It is
            // true of those of which no frame came.)
            for index in &self.tracks_in_use {
                self.tracks[*index].needs_random_access_point = true;
            }
            // Step 1.3.4. Unset [[group start timestamp]]: it has been taken.
        }

        // Step 1.4. Add timestampOffset to the presentation timestamp and the decode timestamp.
        // Step 1.7. Let frame end timestamp equal the sum of presentation timestamp and frame
        // duration. It was rounded on its own, so that it is the next frame's start. A frame that
        // takes no time would not be in the ranges.
        let start = original.start.offset_by(self.timestamp_offset);
        let end = original.end.offset_by(self.timestamp_offset);
        FrameTimes {
            start,
            end: end.max(start.offset_by(SHORTEST_FRAME)),
            decode: original.decode.offset_by(self.timestamp_offset),
        }
    }

    /// Runs steps 1.6.1 to 1.6.5: a new coded frame group begins.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-processing>
    fn handle_discontinuity(&mut self, presentation_timestamp: PresentationTime) {
        match self.mode {
            // Step 1.6.1. If mode equals "segments": set [[group end timestamp]] to presentation
            // timestamp.
            AppendMode::Segments => self.group_end_timestamp = presentation_timestamp,
            // If mode equals "sequence": set [[group start timestamp]] equal to the [[group end
            // timestamp]].
            AppendMode::Sequence => self.group_start_timestamp = Some(self.group_end_timestamp),
        }
        // Steps 1.6.2-1.6.5. Unset the last decode timestamp, the last frame duration and the
        // highest end timestamp on all track buffers. Set the need random access point flag on all
        // track buffers to true.
        self.end_coded_frame_groups();
    }
}

impl TrackBuffer {
    /// Unsets last decode timestamp, last frame duration and highest end timestamp, and sets the
    /// need random access point flag.
    pub(crate) fn end_coded_frame_group(&mut self) {
        if let Some(key) = self
            .coded_frame_group
            .take()
            .and_then(|group| group.open_group)
        {
            self.close_group(key);
        }
        self.last_dropped = None;
        self.needs_random_access_point = true;
        self.is_in_use = false;
    }

    /// Whether the condition of step 1.6 is true.
    fn is_discontinuity(&self, decode_timestamp: DecodeTime) -> bool {
        self.coded_frame_group.as_ref().is_some_and(|group| {
            decode_timestamp < group.last_decode_timestamp
                || decode_timestamp.since(group.last_decode_timestamp)
                    > gap_policy::discontinuity_tolerance(group.longest_frame_duration)
        })
    }

    /// Runs steps 1.14 to 1.19: takes out the frames that this one replaces, and adds it. It
    /// returns `false` if the frame is dropped, because decoding cannot get to it.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-processing>
    fn add_coded_frame(&mut self, mut incoming: IncomingFrame) -> bool {
        let (start, end) = (incoming.stored.start, incoming.stored.end);
        let is_random_access_point = incoming.is_random_access_point;
        // A random access point that is presented before frames ahead of it does not go on from
        // those: it takes the place of what is stored there like the first one of a coded frame
        // group.
        let continues = self
            .coded_frame_group
            .as_ref()
            .is_some_and(|group| !is_random_access_point || group.highest_start < start);
        if !is_random_access_point && !self.make_way_for_leading_picture(start) {
            self.needs_random_access_point = true;
            return false;
        }
        if continues {
            self.refine_estimated_duration(start);
        }
        let room_until = match &self.coded_frame_group {
            // Most frames just follow the last: nothing is stored where they go.
            Some(group)
                if continues && group.highest_end_timestamp <= start && end <= group.room_until =>
            {
                group.room_until
            }
            _ => {
                // Steps 1.11-1.13. Let spliced frames be unset; splice audio where a stored frame
                // contains the presentation timestamp.
                if is_random_access_point {
                    self.make_way_for_random_access_point(start);
                }
                self.remove_existing_coded_frames(&mut incoming, continues)
            }
        };

        let open_group = self.coded_frame_group.as_ref();
        let open_group = open_group.and_then(|group| group.open_group);
        // Steps 1.17 to 1.19 need what step 1.16 moves.
        match &mut self.coded_frame_group {
            Some(group) if continues => group.extend(&incoming, room_until),
            group => *group = Some(CodedFrameGroup::new(&incoming, room_until)),
        }
        // Step 1.16. Add the coded frame to the track buffer.
        let open_group = match open_group {
            Some(open_group) if !is_random_access_point => {
                self.extend_group(open_group, incoming, room_until);
                open_group
            }
            open_group => self.add_random_access_point(open_group, incoming, room_until),
        };
        if let Some(group) = &mut self.coded_frame_group {
            group.open_group = Some(open_group);
        }
        self.append_position = Some(start);
        true
    }

    /// Ends the last frame where the next one starts, if its duration was a guess. A gap that is
    /// too large for that stays.
    fn refine_estimated_duration(&mut self, next_start: PresentationTime) {
        let Some(group) = &mut self.coded_frame_group else {
            return;
        };
        let (Some(start), Some(key)) = (group.estimated.take(), group.open_group) else {
            return;
        };
        let Some(stored) = self.group(key) else {
            return;
        };
        let is_refined = stored.last_frame().start == start
            && start == stored.highest_start()
            && start < next_start
            && stored.reaches(next_start, TimeDelta::ZERO);
        // Frames of others that the longer duration would cover give way to the next one anyhow.
        if is_refined {
            self.change_group(key, |group| group.set_end_of_last(next_start));
            self.update_range_starts(key);
        }
    }

    /// Frames of the group before that are presented after a random access point could only be
    /// decoded ahead of it. The one that is shown when it starts gives way, and does not come back
    /// when it is removed. (Both are beyond the specification.)
    ///
    /// Audio that gives way to other audio is discarded. This is the "audio splice frame" algorithm
    /// without a crossfade. Unlike the specification, it keeps the old audio up to the splice
    /// instead of replacing it by silence.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-audio-splice-frame-algorithm>
    fn make_way_for_random_access_point(&mut self, start: PresentationTime) {
        let overlapped = self
            .group_before(start)
            .filter(|group| group.frames_are_independent())
            .and_then(|group| {
                let index = group.random_access_point_at_or_before(start)?;
                let cut = group.frame(index)?.end.since(start);
                (cut > gap_policy::OVERLAP).then_some((group.key(), index, cut))
            });
        if let Some((key, index, cut)) = overlapped {
            self.change_group(key, |group| group.discard_end(index, cut));
        }
        self.cut_at(start);
    }

    /// Removes the frames that a leading picture takes the place of. It may be presented before all
    /// other frames of its coded frame group. (The specification leaves them between its group of
    /// pictures and their own.)
    ///
    /// It returns `false` if the frame is no leading picture, because it is presented before the
    /// random access point ahead of its own, or if its own is not stored.
    fn make_way_for_leading_picture(&mut self, start: PresentationTime) -> bool {
        let Some(group) = &self.coded_frame_group else {
            return false;
        };
        let Some(open_group) = group.open_group else {
            return false;
        };
        if open_group <= start {
            return true;
        }
        let lowest_start = group.lowest_start;
        let key_before = self.group_before(open_group).map(GroupOfPictures::key);
        if key_before.is_some_and(|key| lowest_start <= key && start <= key) {
            return false;
        }
        if start < lowest_start {
            self.remove_frames(start..lowest_start, RemovalCause::Overlapped, usize::MAX);
            self.cut_group_before(start);
        }
        true
    }

    /// Runs steps 1.14 and 1.15. The frame continues the coded frame group, or is the first. It
    /// ends where a group of pictures starts that it does not replace.
    ///
    /// The result is the time until which nothing is stored after the coded frame group, with the
    /// frame.
    ///
    /// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-processing>
    fn remove_existing_coded_frames(
        &mut self,
        incoming: &mut IncomingFrame,
        continues: bool,
    ) -> PresentationTime {
        let is_estimated = incoming.duration_is_estimated;
        let frame = &mut incoming.stored;
        let (start, end) = (frame.start, frame.end);
        let mut window = match &self.coded_frame_group {
            // "Remove all coded frames that have a presentation timestamp greater than or equal to
            // highest end timestamp and less than frame end timestamp." The specification does so
            // only if the frame starts there too, and leaves old frames under one that overlaps.
            Some(group) if continues => {
                if end <= group.room_until {
                    return group.room_until;
                }
                group.highest_end_timestamp..end
            }
            // "Remove all coded frames that have a presentation timestamp greater than or equal to
            // presentation timestamp and less than frame end timestamp", and by step 1.14 the one
            // that starts less than 1 microsecond before.
            _ => start.offset_by(SAME_START)..end,
        };
        // Step 1.15, last: remove all possible decoding dependencies on the removed frames.
        let adjoined = if is_estimated {
            self.first_start_in(&window, start)
        } else {
            self.start_adjoined_by(&window, start)
        };
        if let Some(adjoined) = adjoined {
            frame.end = adjoined;
            window.end = adjoined;
        }
        if !window.is_empty() {
            self.cut_coverage(window.end);
        }
        self.remove_frames(window, RemovalCause::Overlapped, usize::MAX);
        self.group_at_or_after(frame.end)
            .map_or(PresentationTime::MAX, GroupOfPictures::start)
    }

    /// Returns the start of the last group of pictures that begins in the window, if the new frame,
    /// which starts at `start` and ends with the window, overlaps it only because times were
    /// rounded. Such a group stays. (The frame must start before it, or the group is what the frame
    /// replaces.)
    fn start_adjoined_by(
        &self,
        window: &Range<PresentationTime>,
        start: PresentationTime,
    ) -> Option<PresentationTime> {
        let with_leading_pictures = self
            .group_at_or_after(window.end)
            .filter(|group| group.lowest_start() < window.end);
        let group = with_leading_pictures.or_else(|| self.group_before(window.end))?;
        let last_start = group.last_start_before(window.end);
        let is_in_window = start < last_start && window.start <= last_start;
        let overlap = window.end.since(last_start);
        (is_in_window && overlap <= gap_policy::OVERLAP).then_some(last_start)
    }

    /// Returns the start of the first group of pictures that begins in the window, after `start`. A
    /// new frame that starts there and whose duration is a guess lasts until then. (The byte stream
    /// does not say that it replaces any.)
    fn first_start_in(
        &self,
        window: &Range<PresentationTime>,
        start: PresentationTime,
    ) -> Option<PresentationTime> {
        let after = start.offset_by(TimeDelta::from_nanoseconds(1));
        let from = window.start.max(after);
        let (group, index) = self.random_access_point_at_or_after(from)?;
        let first_start = match index {
            0 => group.lowest_start(),
            _ => group.frame(index)?.start,
        };
        // (If a leading picture of the group is replaced, it is the group after that stays.)
        let first_start = if first_start < from {
            self.group_after(group.key())?.lowest_start()
        } else {
            first_start
        };
        (first_start < window.end).then_some(first_start)
    }

    /// Puts a random access point where it belongs. Returns the key of its group.
    fn add_random_access_point(
        &mut self,
        open_group: Option<PresentationTime>,
        incoming: IncomingFrame,
        room_until: PresentationTime,
    ) -> PresentationTime {
        let start = incoming.stored.start;
        if let Some(open_group) = open_group {
            let takes_it = self
                .group(open_group)
                .is_some_and(|group| group.takes_random_access_point(self.configuration(), start));
            if takes_it
                && incoming.covered == TimeDelta::ZERO
                && self
                    .group_after(open_group)
                    .is_none_or(|next| next.key() >= start)
            {
                self.extend_group(open_group, incoming, room_until);
                return open_group;
            }
            self.close_group(open_group);
        }
        self.add_group(incoming.stored, incoming.details, incoming.covered);
        start
    }

    /// Adds a frame to the open group, after which nothing is stored until `room_until`.
    fn extend_group(
        &mut self,
        key: PresentationTime,
        incoming: IncomingFrame,
        room_until: PresentationTime,
    ) {
        let start = incoming.stored.start;
        let changed = self.push(key, incoming.stored, incoming.details);
        let (end, lasts_longest) = changed.expect("the open group is stored");
        // Neighbours are far away most of the time, and all of this need not be asked then.
        let is_leading = start < key;
        let is_near_next = room_until.since(end) <= gap_policy::MID_STREAM;
        if is_leading || is_near_next || lasts_longest {
            self.update_range_starts(key);
        }
    }

    /// Returns the presentation timestamp of the frame that was appended last, if it is still
    /// there.
    pub(crate) fn last_appended_frame(&self) -> Option<PresentationTime> {
        let open_group = self.group(self.coded_frame_group.as_ref()?.open_group?)?;
        Some(open_group.last_frame().start)
    }
}
