/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A naive model of the track buffers of a SourceBuffer: slow, and read off the specification.
//! Times are in nanoseconds.

use byte_stream::frame::CodedFrame;
use byte_stream::time::{MediaTicks, Timescale};
use track_buffer::AppendMode;

use crate::model_track::{ModelFrame, ModelTrack};

/// The shortest duration of a frame.
const MICROSECOND: i64 = 1000;
/// How much later than its coded frame group the first frame of a track may start and still cover
/// the time between.
const COVERED: i64 = 250_000_000;

/// The description of a track, beside its frames.
pub struct Description {
    /// Whether it is an audio track, in which each frame is a random access point.
    pub is_audio: bool,
    /// The unit of the times of its frames.
    pub timescale: Timescale,
    /// The number of the track in the newest initialization segment.
    pub byte_stream_id: u64,
    /// The number of the configuration of its next frames.
    pub configuration: u8,
}

/// All tracks, and the coded frame processing state that they share.
pub struct Model {
    /// The frames of each track.
    pub tracks: Vec<ModelTrack>,
    /// The newest description of each track.
    pub descriptions: Vec<Description>,
    /// The attribute `mode`.
    pub mode: AppendMode,
    /// The attribute `timestampOffset`.
    pub offset: i64,
    /// The attributes `appendWindowStart` and `appendWindowEnd`.
    pub window: (i64, i64),
    group_start: Option<i64>,
    /// The starts of the frames of the current coded frame group.
    starts: Vec<i64>,
    /// The `[[generate timestamps flag]]`.
    pub generates_timestamps: bool,
    /// The end of the last frame without a timestamp: an instant, and so many ticks of a timescale
    /// after it.
    generated: (i64, i64, Timescale),
    /// The `[[group end timestamp]]`.
    pub group_end: i64,
}

impl Model {
    /// Makes the model for the first initialization segment.
    pub fn new(descriptions: Vec<Description>) -> Self {
        Self {
            starts: Vec::new(),
            generates_timestamps: false,
            generated: (0, 0, descriptions[0].timescale),
            tracks: descriptions.iter().map(|_| ModelTrack::default()).collect(),
            descriptions,
            mode: AppendMode::Segments,
            offset: 0,
            window: (0, i64::MAX),
            group_start: None,
            group_end: 0,
        }
    }

    /// Receives a further initialization segment. The descriptions are changed already.
    pub fn receive_initialization_segment(&mut self) {
        self.need_random_access_points();
    }

    /// Runs coded frame processing.
    pub fn append(&mut self, frames: &[CodedFrame]) {
        for (index, frame) in frames.iter().enumerate() {
            self.append_frame(frame, &frames[index..]);
        }
    }

    fn track_of(&self, frame: &CodedFrame) -> Option<usize> {
        let is_of_track = |track: &Description| track.byte_stream_id == frame.track.0;
        let index = self.descriptions.iter().position(is_of_track)?;
        (!frame.payload.is_empty()).then_some(index)
    }

    /// Returns the earliest start of the first frames of all tracks, which sets the offset in
    /// sequence mode.
    fn earliest_start(&self, frames: &[CodedFrame]) -> Option<i64> {
        let first_starts = (0..self.tracks.len()).filter_map(|index| {
            let is_of_track = |frame: &&CodedFrame| self.track_of(frame) == Some(index);
            let first = frames.iter().find(is_of_track)?;
            if self.generates_timestamps {
                return Some(0);
            }
            let timescale = self.descriptions[index].timescale;
            Some(timescale.to_nanoseconds(first.presentation))
        });
        first_starts.min()
    }

    fn append_frame(&mut self, frame: &CodedFrame, frames_from_it: &[CodedFrame]) {
        let Some(index) = self.track_of(frame) else {
            return;
        };
        let timescale = self.descriptions[index].timescale;
        let nanoseconds = |ticks: i64| timescale.to_nanoseconds(MediaTicks(ticks));
        let (presentation, decode) = match self.generates_timestamps {
            true => (0, 0),
            false => (frame.presentation.0, frame.decode.0),
        };
        let start = nanoseconds(presentation);
        let end = nanoseconds(presentation + frame.duration.0);
        let decode = nanoseconds(decode);
        let earliest = self.earliest_start(frames_from_it).expect("of the frame");

        self.start_sequence(earliest);
        if self.tracks[index].is_discontinuity(decode + self.offset) {
            match self.mode {
                AppendMode::Segments => self.group_end = start + self.offset,
                AppendMode::Sequence => self.group_start = Some(self.group_end),
            }
            self.end_coded_frame_groups();
            self.start_sequence(earliest);
        }
        let mut end = end + self.offset;
        let offset = self.offset;
        let (start, decode) = (start + offset, decode + offset);
        if self.generates_timestamps {
            end = self.generated_end(start, frame.duration.0, timescale);
        }
        end = end.max(start + MICROSECOND);
        if self.generates_timestamps {
            self.offset = end;
        }
        self.store_frame(index, frame, (start, end, decode), earliest + offset);
    }

    /// Stores a frame. Start, end and decode time are on the presentation timeline, and so is the
    /// earliest start of the frames that are appended next.
    fn store_frame(
        &mut self,
        index: usize,
        frame: &CodedFrame,
        (start, end, decode): (i64, i64, i64),
        earliest: i64,
    ) {
        let description = &self.descriptions[index];
        let track = &mut self.tracks[index];
        let discarded = if description.is_audio {
            discarded_at_start(frame, description.timescale, end - start)
        } else {
            0
        };
        let (heard, is_heard) = (start + discarded, start + discarded < end);
        let is_guess = frame.duration_is_estimated && !description.is_audio;
        let ends_inside = end <= self.window.1 || is_guess && heard < self.window.1;
        let is_inside = self.window.0 <= heard && ends_inside;
        let overlaps = heard < self.window.1 && self.window.0 < end;
        if !is_heard || !(is_inside || description.is_audio && overlaps) {
            track.need_random_access_point();
            if !is_heard && self.window.0 <= start && start < self.window.1 {
                self.starts.push(start);
            }
            return;
        }
        let cut = discarded + (self.window.0 - heard).max(0);
        let end_in_window = end.min(self.window.1);
        let start_in_window = start.max(self.window.0);
        let starts = self.starts.iter().copied();
        let group_start = starts.fold(start.min(earliest), i64::min);
        let group_start = group_start.max(self.window.0);
        let is_first = track.is_between_coded_frame_groups();
        let is_near = |time: &i64| start + cut - *time <= COVERED;
        let candidates = [Some(start_in_window), is_first.then_some(group_start)];
        let covered = candidates.into_iter().flatten().filter(is_near);
        let covers_from = covered.fold(start + cut, i64::min);
        let is_stored = track.add(
            ModelFrame {
                start: start + cut,
                covers_from,
                own_start: Some(start_in_window).filter(is_near).unwrap_or(start + cut),
                end: end_in_window,
                lasted: end_in_window - start,
                end_is_estimated: frame.duration_is_estimated,
                decode: decode + cut,
                is_random_access_point: frame.is_random_access_point || description.is_audio,
                name: name_of(&frame.payload),
                configuration: description.configuration,
                group: start + cut,
            },
            end - start,
        );
        if is_stored {
            self.starts.push(start_in_window);
            self.group_end = self.group_end.max(end_in_window);
        }
    }

    fn generated_end(&mut self, start: i64, ticks: i64, timescale: Timescale) -> i64 {
        let end_of = |(anchor, ticks, timescale): (i64, i64, Timescale)| {
            anchor + timescale.to_nanoseconds(MediaTicks(ticks))
        };
        let goes_on = end_of(self.generated) == start && self.generated.2 == timescale;
        let before = if goes_on {
            self.generated
        } else {
            (start, 0, timescale)
        };
        self.generated = (before.0, before.1 + ticks, timescale);
        end_of(self.generated)
    }

    fn start_sequence(&mut self, earliest: i64) {
        if self.mode == AppendMode::Sequence
            && let Some(group_start) = self.group_start.take()
        {
            self.offset = group_start - earliest;
            self.starts.clear();
            self.group_end = group_start;
            self.need_random_access_points();
        }
    }

    /// Runs coded frame removal.
    pub fn remove(&mut self, start: i64, end: i64, duration: i64) {
        for index in 0..self.tracks.len() {
            if let Some(last) = self.tracks[index].remove_range(start, end, duration) {
                match self.mode {
                    AppendMode::Segments => self.group_end = last,
                    AppendMode::Sequence => self.group_start = Some(self.group_end),
                }
                self.end_coded_frame_groups();
            }
        }
    }

    /// Returns the frames that eviction must leave, by track and name: the one that playback starts
    /// with at the playhead, and the one that was appended last.
    pub fn needed_frames(&self, playhead: i64) -> Vec<(usize, u64)> {
        let tracks = self.tracks.iter().enumerate();
        let needed = tracks.flat_map(|(index, track)| {
            let played = track.reads(playhead).first().map(|(name, _)| *name);
            let names = [played, track.last_appended()].into_iter().flatten();
            names.map(move |name| (index, name))
        });
        needed.collect()
    }

    /// Removes the groups of pictures that are not stored any more, which `is_stored` says by the
    /// track, the start and the name of their first frame. It returns how many went.
    pub fn keep_groups(&mut self, is_stored: impl Fn(usize, i64, u64) -> bool) -> usize {
        let tracks = self.tracks.iter_mut().enumerate();
        tracks
            .map(|(index, track)| track.keep_groups(|group, name| is_stored(index, group, name)))
            .sum()
    }

    /// Whether the track has the frame of that name.
    pub fn has_frame(&self, (track, name): (usize, u64)) -> bool {
        let frames = self.tracks[track].in_order();
        frames.iter().any(|frame| frame.name == name)
    }

    /// Resets the parser state.
    pub fn reset(&mut self) {
        self.end_coded_frame_groups();
        if self.mode == AppendMode::Sequence {
            self.group_start = Some(self.group_end);
        }
    }

    /// Sets `mode`.
    pub fn set_mode(&mut self, mode: AppendMode) {
        self.mode = mode;
        if mode == AppendMode::Sequence {
            self.group_start = Some(self.group_end);
        }
    }

    /// Sets `timestampOffset`.
    pub fn set_offset(&mut self, offset: i64) {
        self.offset = offset;
        if self.mode == AppendMode::Sequence {
            self.group_start = Some(offset);
        }
    }

    /// Returns the ranges that all tracks have.
    pub fn buffered(&self, is_ended: bool) -> Vec<(i64, i64)> {
        let all_ranges: Vec<_> = self.tracks.iter().map(ModelTrack::ranges).collect();
        let ends = all_ranges.iter().flatten().map(|(_, end)| *end);
        let highest_end = ends.max().unwrap_or(0);
        let mut buffered = vec![(0, highest_end)];
        for mut ranges in all_ranges {
            if let (true, Some(last)) = (is_ended, ranges.last_mut()) {
                last.1 = highest_end;
            }
            let overlaps = buffered.iter().flat_map(|(start, end)| {
                let clipped = ranges.iter().map(move |(other_start, other_end)| {
                    (*start.max(other_start), *end.min(other_end))
                });
                clipped.filter(|(start, end)| start < end)
            });
            buffered = overlaps.collect();
        }
        buffered
    }

    fn end_coded_frame_groups(&mut self) {
        self.starts.clear();
        self.tracks
            .iter_mut()
            .for_each(ModelTrack::end_coded_frame_group);
    }

    fn need_random_access_points(&mut self) {
        self.tracks
            .iter_mut()
            .for_each(ModelTrack::need_random_access_point);
    }
}

/// Returns how much is discarded at the start of a frame that lasts so long.
fn discarded_at_start(frame: &CodedFrame, timescale: Timescale, lasts: i64) -> i64 {
    let Some(details) = &frame.details else {
        return 0;
    };
    let is_cut = details.discard_start.0 > 0 || details.discard_end.0 > 0;
    if is_cut && frame.duration <= details.discard_start {
        return lasts;
    }
    let discarded = timescale.to_nanoseconds(details.discard_start);
    discarded.min(lasts)
}

/// Returns the name of a frame of that payload.
pub fn name_of(payload: &[u8]) -> u64 {
    let name = payload.first_chunk().expect("payloads start with a name");
    u64::from_le_bytes(*name)
}
