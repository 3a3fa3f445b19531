/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Random appends, removals and reads, compared with the model after each.

use byte_stream::frame::CodedFrame;
use byte_stream::time::MediaTicks;
use byte_stream::track::{InitializationSegment, TrackId};
use bytes::Bytes;
use track_buffer::{
    AppendMode, Cursor, PresentationTime, Read, ReadFrame, TimeDelta, TrackBuffers,
};

use crate::model::{ModelFrame, ModelTrack};
use crate::notation::{configuration, describe_track};

const SEQUENCES: u64 = 100;
const STEPS: usize = 60;
const VIDEO: usize = 0;
const AUDIO: usize = 1;
const NANOSECONDS_PER_TICK: i64 = 1000;

/// Numbers that look random, the same in each run (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as i64 % limit
    }

    fn one_in(&mut self, many: i64) -> bool {
        self.below(many) == 0
    }
}

/// The track buffers and their model side by side.
struct Pair {
    buffers: TrackBuffers,
    tracks: [ModelTrack; 2],
    mode: AppendMode,
    offset: i64,
    window: (i64, i64),
    group_start: Option<i64>,
    group_end: i64,
    readers: Vec<Reader>,
    next_name: u64,
    /// Where the next append of a track may go on, in ticks: decode time.
    positions: [i64; 2],
}

/// A cursor that lives through the changes, and what it read.
struct Reader {
    track: usize,
    cursor: Cursor,
    last_name: Option<u64>,
    reached: i64,
}

fn name_of(frame: &ReadFrame) -> u64 {
    u64::from_le_bytes(
        frame.payload[..]
            .try_into()
            .expect("a payload of this test"),
    )
}

fn id(track: usize) -> TrackId {
    TrackId(track as u64 + 1)
}

fn time(nanoseconds: i64) -> PresentationTime {
    PresentationTime::from_nanoseconds(nanoseconds)
}

impl Pair {
    fn new() -> Self {
        let mut buffers = TrackBuffers::new();
        let tracks = vec![
            describe_track(id(VIDEO).0, configuration(false, 1)),
            describe_track(id(AUDIO).0, configuration(true, 1)),
        ];
        buffers
            .receive_initialization_segment(&InitializationSegment {
                tracks,
                ..InitializationSegment::default()
            })
            .expect("a first initialization segment");
        Self {
            buffers,
            tracks: Default::default(),
            mode: AppendMode::Segments,
            offset: 0,
            window: (0, i64::MAX),
            group_start: None,
            group_end: 0,
            readers: Vec::new(),
            next_name: 0,
            positions: [0; 2],
        }
    }

    fn step(&mut self, random: &mut Random) {
        match random.below(20) {
            0..10 => self.append(random),
            10..13 => self.remove(random),
            13 => self.reset(),
            14 => self.set_attributes(random),
            15 => self.start_reader(random),
            _ => {}
        }
        self.read_some(random);
        self.compare(random);
    }

    fn append(&mut self, random: &mut Random) {
        let mut frames = Vec::new();
        for track in [VIDEO, AUDIO] {
            if !random.one_in(3) {
                frames.extend(self.random_frames(track, random));
            }
        }
        for frame in &frames {
            self.model_append(frame);
        }
        self.buffers.append(frames);
    }

    /// A run of frames of a track, in ticks of a microsecond: mostly decent, sometimes not.
    fn random_frames(&mut self, track: usize, random: &mut Random) -> Vec<CodedFrame> {
        if !random.one_in(3) {
            self.positions[track] = random.below(150) * 10_000;
        }
        let duration = [10_000, 20_000, 40_000, 33_367][random.below(4) as usize];
        let starts_with_leading_pictures = random.one_in(4);
        let mut frames = Vec::new();
        for index in 0..1 + random.below(12) {
            let decode = self.positions[track];
            let is_key = if index == 0 {
                !random.one_in(4)
            } else {
                random.one_in(5)
            };
            let reordering = match index % 4 {
                0 if starts_with_leading_pictures && index == 0 => 2 * duration,
                1 if track == VIDEO && !starts_with_leading_pictures => 2 * duration,
                2 | 3 if track == VIDEO => -duration,
                _ => 0,
            };
            let nonsense = if random.one_in(40) {
                random.below(400_000) - 200_000
            } else {
                0
            };
            let lasts = if random.one_in(15) {
                random.below(100_000)
            } else {
                duration
            };
            frames.push(CodedFrame {
                track: id(track),
                presentation: MediaTicks(decode + reordering + nonsense),
                decode: MediaTicks(decode),
                duration: MediaTicks(if random.one_in(30) { 0 } else { lasts }),
                duration_is_estimated: false,
                is_random_access_point: is_key,
                is_discardable: false,
                payload: Bytes::copy_from_slice(&self.next_name.to_le_bytes()),
                details: None,
            });
            self.next_name += 1;
            self.positions[track] += if random.one_in(40) {
                3 * duration
            } else {
                duration
            };
        }
        frames
    }

    /// Coded frame processing, literally.
    fn model_append(&mut self, frame: &CodedFrame) {
        let track = (frame.track.0 - 1) as usize;
        let mut offset = self.model_offset(frame);
        let decode = |offset| frame.decode.0 * NANOSECONDS_PER_TICK + offset;
        let start = |offset| frame.presentation.0 * NANOSECONDS_PER_TICK + offset;
        if self.tracks[track].is_discontinuity(decode(offset)) {
            match self.mode {
                AppendMode::Segments => self.group_end = start(offset),
                AppendMode::Sequence => self.group_start = Some(self.group_end),
            }
            self.tracks
                .iter_mut()
                .for_each(ModelTrack::end_coded_frame_group);
            offset = self.model_offset(frame);
        }
        let (start, decode) = (start(offset), decode(offset));
        let end = start + (frame.duration.0 * NANOSECONDS_PER_TICK).max(1000);
        if start < self.window.0 || end > self.window.1 {
            self.tracks[track].need_random_access_point();
            return;
        }
        let is_stored = self.tracks[track].add(ModelFrame {
            start,
            end,
            decode,
            is_random_access_point: frame.is_random_access_point || track == AUDIO,
            name: u64::from_le_bytes(
                frame.payload[..]
                    .try_into()
                    .expect("a payload of this test"),
            ),
            group: start,
        });
        if is_stored {
            self.group_end = self.group_end.max(end);
        }
    }

    fn model_offset(&mut self, frame: &CodedFrame) -> i64 {
        if self.mode == AppendMode::Sequence
            && let Some(group_start) = self.group_start.take()
        {
            self.offset = group_start - frame.presentation.0 * NANOSECONDS_PER_TICK;
            self.group_end = group_start;
            self.tracks
                .iter_mut()
                .for_each(ModelTrack::need_random_access_point);
        }
        self.offset
    }

    fn remove(&mut self, random: &mut Random) {
        let start = random.below(150) * 10_000_000;
        let end = if random.one_in(10) {
            i64::MAX
        } else {
            start + 1 + random.below(400_000_000)
        };
        self.buffers
            .remove(time(start), time(end), PresentationTime::MAX);
        for index in [VIDEO, AUDIO] {
            if let Some(last) = self.tracks[index].remove_range(start, end) {
                match self.mode {
                    AppendMode::Segments => self.group_end = last,
                    AppendMode::Sequence => self.group_start = Some(self.group_end),
                }
                self.tracks
                    .iter_mut()
                    .for_each(ModelTrack::end_coded_frame_group);
            }
        }
    }

    fn reset(&mut self) {
        self.buffers.reset_parser_state();
        self.tracks
            .iter_mut()
            .for_each(ModelTrack::end_coded_frame_group);
        if self.mode == AppendMode::Sequence {
            self.group_start = Some(self.group_end);
        }
    }

    fn set_attributes(&mut self, random: &mut Random) {
        self.mode = if random.one_in(4) {
            AppendMode::Sequence
        } else {
            AppendMode::Segments
        };
        self.buffers.set_mode(self.mode);
        if self.mode == AppendMode::Sequence {
            self.group_start = Some(self.group_end);
        }
        self.offset = if random.one_in(2) {
            0
        } else {
            random.below(300) * 1_000_333
        };
        self.buffers
            .set_timestamp_offset(TimeDelta::from_nanoseconds(self.offset));
        if self.mode == AppendMode::Sequence {
            self.group_start = Some(self.offset);
        }
        let start = random.below(50) * 10_000_000;
        self.window = if random.one_in(3) {
            (start, start + 800_000_000)
        } else {
            (0, i64::MAX)
        };
        self.buffers
            .set_append_window(time(self.window.0), time(self.window.1));
    }

    fn start_reader(&mut self, random: &mut Random) {
        let track = random.below(2) as usize;
        let target = random.below(1500) * 1_000_000;
        let cursor = self.buffers.seek(id(track), time(target));
        self.readers.truncate(3);
        self.readers.insert(
            0,
            Reader {
                track,
                cursor,
                last_name: None,
                reached: target,
            },
        );
    }

    fn read_some(&mut self, random: &mut Random) {
        for reader in &mut self.readers {
            for _ in 0..random.below(6) {
                reader.read(&self.buffers, &self.tracks[reader.track]);
            }
        }
    }

    fn compare(&self, random: &mut Random) {
        assert_eq!(self.buffers.group_end_timestamp(), time(self.group_end));
        assert_eq!(self.buffers.timestamp_offset().nanoseconds(), self.offset);
        for track in [VIDEO, AUDIO] {
            let buffer = self
                .buffers
                .track(id(track))
                .expect("both tracks are there");
            let model = &self.tracks[track];
            let ranges: Vec<_> = buffer
                .ranges()
                .iter()
                .map(|(start, end)| (start.nanoseconds(), end.nanoseconds()))
                .collect();
            assert_eq!(ranges, model.ranges(), "ranges of track {track}");
            let target = random.below(1500) * 1_000_000;
            let mut cursor = self.buffers.seek(id(track), time(target));
            let mut names = Vec::new();
            while let Read::Frame(frame) = self.buffers.read(&mut cursor) {
                names.push(name_of(&frame));
            }
            assert_eq!(
                names,
                model.reads(target),
                "reads of track {track} from {target}"
            );
        }
    }
}

impl Reader {
    /// Reads a frame and checks what must hold whatever has changed since the last.
    fn read(&mut self, buffers: &TrackBuffers, model: &ModelTrack) {
        let frames = model.in_order();
        match buffers.read(&mut self.cursor) {
            Read::Frame(frame) => {
                let name = name_of(&frame);
                let index = frames.iter().position(|other| other.name == name);
                let index = index.expect("what is read is stored");
                let stored = &frames[index];
                assert_eq!(
                    (stored.start, stored.end),
                    (frame.start.nanoseconds(), frame.end.nanoseconds())
                );
                assert_eq!(stored.is_random_access_point, frame.is_random_access_point);
                // A frame follows the one that it is decoded after.
                if !stored.is_random_access_point {
                    assert_eq!(
                        Some(frames[index - 1].name),
                        self.last_name,
                        "frame {name} cannot be decoded"
                    );
                }
                self.reached = if self.last_name.is_none() {
                    stored.end
                } else {
                    self.reached.max(stored.end)
                };
                self.last_name = Some(name);
            }
            Read::Gap | Read::End => {
                let is_buffered = model
                    .ranges()
                    .iter()
                    .any(|(start, end)| *start <= self.reached && self.reached < *end);
                assert!(
                    !is_buffered,
                    "nothing is read at {}, where frames are buffered",
                    self.reached
                );
            }
        }
    }
}

#[test]
fn test_random_sequences_give_what_the_model_gives() {
    for seed in 1..=SEQUENCES {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut pair = Pair::new();
        for _ in 0..STEPS {
            pair.step(&mut random);
        }
    }
}

#[test]
fn test_removing_everything_leaves_no_bytes() {
    let mut random = Random(1);
    let mut pair = Pair::new();
    for _ in 0..STEPS {
        pair.append(&mut random);
    }
    assert!(pair.buffers.byte_size() > 0);
    pair.buffers
        .remove(time(i64::MIN), PresentationTime::MAX, PresentationTime::MAX);
    assert_eq!(pair.buffers.byte_size(), 0);
    assert_eq!(pair.buffers.highest_end(), None);
}
