/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Operations on track buffers, chosen by bytes and compared with the naive model after each.

use std::sync::Arc;

use byte_stream::frame::{CodedFrame, FrameDetails};
use byte_stream::time::{MediaTicks, Timescale};
use byte_stream::track::{InitializationSegment, Track, TrackId};
use bytes::Bytes;
use track_buffer::{
    AppendMode, Cursor, PresentationTime, Read, Removal, TimeDelta, TimeRanges, TrackBuffers,
};

use crate::choices::Choices;
use crate::model::{Description, Model, name_of};
use crate::readers::Reader;
use crate::tracks::{configuration, configuration_number, describe_track};

const MILLISECOND: i64 = 1_000_000;
/// The time in milliseconds before which all media lies, except for nonsense.
const LENGTH: i64 = 1500;
const MOST_READERS: usize = 4;

/// Runs the operations that the bytes stand for on track buffers and on the model, and panics when
/// they differ.
pub fn run_ops(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let mut pair = Pair::new(&mut choices);
    while !choices.is_over() {
        pair.step(&mut choices);
    }
}

/// The track buffers and their model side by side.
struct Pair {
    buffers: TrackBuffers,
    model: Model,
    readers: Vec<Reader>,
    next_name: u64,
    /// Where the next append of a track may go on, in microseconds of decode time.
    positions: Vec<i64>,
    /// The duration of the media source, in nanoseconds.
    duration: i64,
}

fn time(nanoseconds: i64) -> PresentationTime {
    PresentationTime::from_nanoseconds(nanoseconds)
}

/// Returns the number of a track in the first initialization segment.
fn id(track: usize) -> TrackId {
    TrackId(track as u64 + 1)
}

impl Pair {
    fn new(choices: &mut Choices) -> Self {
        let kinds = choices.one_of(&["va", "v", "a", "vaa"]);
        let descriptions = kinds.chars().enumerate().map(|(index, kind)| Description {
            is_audio: kind == 'a',
            timescale: timescale(choices),
            byte_stream_id: id(index).0,
            configuration: 1,
        });
        let mut pair = Self {
            buffers: TrackBuffers::new(),
            positions: kinds.chars().map(|_| 0).collect(),
            model: Model::new(descriptions.collect()),
            readers: Vec::new(),
            next_name: 0,
            duration: i64::MAX,
        };
        pair.receive_initialization_segment();
        pair
    }

    fn step(&mut self, choices: &mut Choices) {
        match choices.below(20) {
            0..10 => self.append(choices),
            10..13 => self.remove(choices),
            13 => self.reset(),
            14 => self.set_mode_and_offset(choices),
            15 => self.set_append_window(choices),
            16 => self.change_type(choices),
            17 => self.start_reader(choices),
            18 => self.set_duration(choices),
            19 => self.evict(choices),
            _ => {}
        }
        for reader in &mut self.readers {
            reader.read_some(choices.below(6), &self.buffers, &self.model);
        }
        self.compare(choices);
    }

    fn append(&mut self, choices: &mut Choices) {
        let mut frames = Vec::new();
        for track in 0..self.positions.len() {
            if !choices.one_in(3) {
                frames.extend(self.choose_frames(track, choices));
            }
        }
        if choices.one_in(4) {
            // This is the order of a muxer.
            frames.sort_by_key(|(decode, _)| *decode);
        }
        let frames: Vec<_> = frames.into_iter().map(|(_, frame)| frame).collect();
        self.model.append(&frames);
        self.buffers.append(frames);
    }

    /// Chooses a run of frames of a track, each with its decode time. Mostly they are decent,
    /// sometimes not.
    fn choose_frames(&mut self, track: usize, choices: &mut Choices) -> Vec<(i64, CodedFrame)> {
        if !choices.one_in(3) {
            self.positions[track] = choices.below(LENGTH / 10) * 10_000;
        }
        let is_audio = self.model.descriptions[track].is_audio;
        let duration = choices.one_of(&[10_000, 20_000, 40_000, 33_367]);
        let starts_with_leading_pictures = choices.one_in(4);
        let mut frames = Vec::new();
        for index in 0..1 + choices.below(12) {
            let decode = self.positions[track];
            let is_random_access_point = if index == 0 {
                !choices.one_in(4)
            } else {
                choices.one_in(5)
            };
            let reordering = match index % 4 {
                0 if starts_with_leading_pictures && index == 0 => 2 * duration,
                1 if !is_audio && !starts_with_leading_pictures => 2 * duration,
                2 | 3 if !is_audio => -duration,
                _ => 0,
            };
            let nonsense = choices.one_in(40);
            let nonsense = if nonsense {
                choices.below(40_000) * 10 - 200_000
            } else {
                0
            };
            let lasts = match choices.below(30) {
                0 => 0,
                1 | 2 => choices.below(100) * 1000 + 1,
                _ => duration,
            };
            let mut frame = self.frame(track, decode + reordering + nonsense, decode, lasts);
            frame.is_random_access_point = is_random_access_point;
            frame.duration_is_estimated = choices.one_in(8);
            if is_audio && choices.one_in(20) {
                frame.details = Some(choose_discards(&frame, choices));
            }
            frames.push((decode, frame));
            let is_late = choices.one_in(40);
            self.positions[track] += if is_late { 3 * duration } else { duration };
        }
        frames
    }

    /// Makes a frame. Times are in microseconds.
    fn frame(&mut self, track: usize, presentation: i64, decode: i64, duration: i64) -> CodedFrame {
        let description = &self.model.descriptions[track];
        let scale = i64::from(description.timescale.ticks_per_second());
        let ticks = |microseconds: i64| (microseconds * scale).div_euclid(1_000_000);
        self.next_name += 1;
        CodedFrame {
            track: TrackId(description.byte_stream_id),
            presentation: MediaTicks(ticks(presentation)),
            decode: MediaTicks(ticks(decode)),
            duration: MediaTicks(ticks(duration)),
            duration_is_estimated: false,
            is_random_access_point: false,
            is_discardable: false,
            payload: Bytes::copy_from_slice(&self.next_name.to_le_bytes()),
            details: None,
        }
    }

    fn remove(&mut self, choices: &mut Choices) {
        let start = choices.below(LENGTH / 10) * 10 * MILLISECOND;
        let end = if choices.one_in(10) {
            i64::MAX
        } else {
            start + 1 + choices.below(400) * MILLISECOND
        };
        let mut removal = Removal::new(time(start), time(end), time(self.duration));
        let work = 1 + choices.below(4) as usize;
        while !self.buffers.go_on_removing(&mut removal, work) {}
        self.model.remove(start, end, self.duration);
    }

    fn reset(&mut self) {
        self.buffers.reset_parser_state();
        self.model.reset();
    }

    fn set_mode_and_offset(&mut self, choices: &mut Choices) {
        let mode = match self.model.generates_timestamps {
            true => AppendMode::Sequence,
            false => choices.one_of(&[AppendMode::Segments, AppendMode::Sequence]),
        };
        self.buffers.set_mode(mode);
        self.model.set_mode(mode);
        let offset = choices.below(300) * 1_000_333 - choices.one_of(&[0, 100 * MILLISECOND]);
        let offset = choices.one_of(&[0, offset]);
        self.buffers
            .set_timestamp_offset(TimeDelta::from_nanoseconds(offset));
        self.model.set_offset(offset);
    }

    fn set_append_window(&mut self, choices: &mut Choices) {
        let start = choices.below(50) * 10 * MILLISECOND;
        let window = (start, start + 800 * MILLISECOND);
        let window = choices.one_of(&[(0, i64::MAX), window]);
        self.buffers
            .set_append_window(time(window.0), time(window.1));
        self.model.window = window;
    }

    /// Chooses another configuration, timescale or number for some of the tracks, or for none.
    fn change_type(&mut self, choices: &mut Choices) {
        let are_alone = self.model.descriptions.len() < 3;
        let numbers = choices.one_of(&[0, 7]);
        for (index, description) in self.model.descriptions.iter_mut().enumerate() {
            description.configuration = 1 + choices.below(3) as u8;
            description.timescale = timescale(choices);
            if are_alone {
                description.byte_stream_id = id(index).0 + numbers;
            }
        }
        let is_sound = matches!(
            self.model.descriptions[..],
            [Description { is_audio: true, .. }]
        );
        if is_sound {
            self.model.generates_timestamps = choices.one_in(2);
            let generates_timestamps = self.model.generates_timestamps;
            self.buffers.set_generates_timestamps(generates_timestamps);
            if generates_timestamps {
                self.model.set_mode(AppendMode::Sequence);
                self.buffers.set_mode(AppendMode::Sequence);
            }
        }
        self.receive_initialization_segment();
        self.model.receive_initialization_segment();
    }

    fn receive_initialization_segment(&mut self) {
        let tracks = self.model.descriptions.iter().map(|description| Track {
            timescale: description.timescale,
            ..describe_track(
                description.byte_stream_id,
                configuration(description.is_audio, description.configuration),
            )
        });
        let segment = InitializationSegment {
            tracks: tracks.collect(),
            ..InitializationSegment::default()
        };
        self.buffers
            .receive_initialization_segment(&segment)
            .expect("the tracks match");
    }

    fn start_reader(&mut self, choices: &mut Choices) {
        let track = choices.below(self.positions.len() as i64) as usize;
        let target = choices.below(LENGTH) * MILLISECOND;
        let cursor = Cursor::new(id(track), time(target));
        self.readers.truncate(MOST_READERS - 1);
        self.readers.insert(0, Reader::new(track, cursor, target));
    }

    fn set_duration(&mut self, choices: &mut Choices) {
        let highest_end = self.buffers.highest_end();
        let highest_end = highest_end.map_or(0, PresentationTime::nanoseconds);
        self.duration = choices.one_of(&[i64::MAX, highest_end]);
    }

    /// Runs coded frame eviction. Whole groups of pictures may go, except for those that playback
    /// and the append continue from, and no more than necessary.
    fn evict(&mut self, choices: &mut Choices) {
        let playhead = choices.below(LENGTH) * MILLISECOND;
        let before = self.buffers.byte_size();
        let quota = before * choices.below(5) as usize / 4;
        let needed = self.model.needed_frames(playhead);
        let fits = self.buffers.evict(time(playhead), 0, quota);
        assert_eq!(fits, self.buffers.byte_size() <= quota);
        let buffers = &self.buffers;
        let is_stored = |track: usize, group: i64, name: u64| {
            let mut cursor = Cursor::new(id(track), time(group));
            matches!(buffers.read(&mut cursor), Read::Frame(frame) if name_of(&frame.payload) == name)
        };
        let went = self.model.keep_groups(is_stored);
        assert!(went == 0 || before > quota, "there was room");
        let is_kept = |frame: &(usize, u64)| self.model.has_frame(*frame);
        assert!(needed.iter().all(is_kept), "a frame that is needed went");
    }

    fn compare(&self, choices: &mut Choices) {
        let (buffers, model) = (&self.buffers, &self.model);
        assert_eq!(buffers.group_end_timestamp(), time(model.group_end));
        assert_eq!(buffers.timestamp_offset().nanoseconds(), model.offset);
        for is_ended in [false, true] {
            assert_eq!(
                ranges_of(&buffers.buffered(is_ended)),
                model.buffered(is_ended)
            );
        }
        let target = choices.below(LENGTH) * MILLISECOND;
        let mut byte_size = 0;
        for (index, model) in model.tracks.iter().enumerate() {
            let buffer = buffers.track(id(index)).expect("all tracks are there");
            assert_eq!(ranges_of(buffer.ranges()), model.ranges(), "track {index}");
            // Replaced frames that are still read count too.
            assert!(buffer.byte_size() > 0 || model.in_order().is_empty());
            byte_size += buffer.byte_size();
            let mut cursor = Cursor::new(id(index), time(target));
            let mut read = Vec::new();
            while let Read::Frame(frame) = buffers.read(&mut cursor) {
                let configuration = configuration_number(&frame.configuration);
                read.push((name_of(&frame.payload), configuration));
            }
            assert_eq!(read, model.reads(target), "track {index} from {target}");
        }
        assert_eq!(buffers.byte_size(), byte_size);
    }
}

/// Chooses how much of the frame is discarded: some of it, or all.
fn choose_discards(frame: &CodedFrame, choices: &mut Choices) -> Arc<FrameDetails> {
    let start = choices.below(5) * frame.duration.0 / 4;
    let end = choices.one_of(&[0, start]);
    Arc::new(FrameDetails {
        discard_start: MediaTicks(start),
        discard_end: MediaTicks(end),
        encryption: None,
    })
}

fn timescale(choices: &mut Choices) -> Timescale {
    let ticks_per_second = choices.one_of(&[1_000_000, 30_000, 44_100, 1000]);
    Timescale::new(ticks_per_second).expect("not zero")
}

fn ranges_of(ranges: &TimeRanges) -> Vec<(i64, i64)> {
    let ranges = ranges.iter();
    ranges
        .map(|(start, end)| (start.nanoseconds(), end.nanoseconds()))
        .collect()
}
