/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A notation for frames, ranges and reads, so that a test is a few lines of text.
//!
//! A script has a command or an expectation a line; times are milliseconds. Running it writes the
//! same script with what really came out in the place of each expectation, and both must be equal.
//!
//! ```text
//! script      = { line newline }
//! line        = command | expectation                 (what follows "#" is a comment)
//! command     = "tracks:" { track }                   first initialization segment; v.. video, a.. audio
//!             | "configure" track ":" number          a further one, the track's configuration changed
//!             | "append" frames { ";" frames }        one batch, in this order
//!             | "remove:" time ".." [time]            no end: to the end of all time
//!             | "mode:" ("segments" | "sequence") | "offset:" time | "window:" time ".." [time]
//!             | "reset"                               reset parser state
//!             | "duration:" time                      of the media source, for remove; infinite at first
//!             | "seek" track ":" time                 where the next reads of the track start; 0 at first
//! expectation = "buffered:" ranges                    of all tracks
//!             | "ended:" ranges                       of all tracks, when the media source is "ended"
//!             | "ranges" track ":" ranges             of one track
//!             | "reads" track ":" { frame | "#" number } ("gap" | "end")
//!                                                     all there is to read; "#2": now configuration 2
//!             | "group end:" time | "offset is:" time
//! frames      = track ":" { frame }                   in decode order
//! frame       = time [ "|" time ] [ "K" ] [ "/" time ]  presentation, decode, random access point, duration
//! ranges      = { time ".." time }
//! ```
//!
//! The decode time is the presentation time if it is not given. The duration is the distance to the
//! frame of the same line that is presented next; the last frame lasts as long as the one before,
//! and a frame alone 40 ms. Of sound each frame is a random access point, and no K is written.

use std::collections::HashMap;

use byte_stream::frame::CodedFrame;
use byte_stream::time::{MediaTicks, Timescale};
use byte_stream::track::{
    AudioCodec, AudioConfiguration, CodecConfiguration, InitializationSegment, Track, TrackId,
    TrackKind, VideoCodec, VideoConfiguration,
};
use bytes::Bytes;
use track_buffer::{
    AppendMode, Cursor, PresentationTime, Read, ReadFrame, TimeDelta, TimeRanges, TrackBuffers,
};

/// The timescale of all tracks: microseconds.
const TICKS_PER_SECOND: u32 = 1_000_000;
const TICKS_PER_MILLISECOND: f64 = 1000.0;
const DEFAULT_DURATION: i64 = 40_000;

/// Runs the script and compares.
pub fn check(script: &str) {
    let expected: Vec<&str> = script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let mut buffers = ScriptedBuffers::new();
    let actual: Vec<String> = expected.iter().map(|line| buffers.run(line)).collect();
    let without_comments: Vec<String> = expected.iter().map(|line| without_comment(line)).collect();
    assert!(
        without_comments == actual,
        "expected:\n{}\n\nactual:\n{}\n",
        without_comments.join("\n"),
        actual.join("\n")
    );
}

fn without_comment(line: &str) -> String {
    // "#2" in reads is no comment.
    let end = line.find("# ").unwrap_or(line.len());
    line[..end].trim().to_owned()
}

struct ScriptedBuffers {
    buffers: TrackBuffers,
    names: Vec<String>,
    configurations: HashMap<String, u8>,
    cursors: HashMap<String, (Cursor, u8)>,
    duration: PresentationTime,
}

impl ScriptedBuffers {
    fn new() -> Self {
        Self {
            buffers: TrackBuffers::new(),
            names: Vec::new(),
            configurations: HashMap::new(),
            cursors: HashMap::new(),
            duration: PresentationTime::MAX,
        }
    }

    fn run(&mut self, line: &str) -> String {
        let line = without_comment(line);
        let (command, arguments) = line.split_once(':').unwrap_or((&line, ""));
        let arguments = arguments.trim();
        let actual = match command.split_once(' ') {
            Some(("append", track)) => return self.append(track, arguments, &line),
            Some(("configure", track)) => return self.configure(track, arguments, &line),
            Some(("ranges", track)) => print_ranges(
                &self
                    .buffers
                    .track(self.id(track))
                    .expect("known track")
                    .ranges(),
            ),
            Some(("reads", track)) => self.read(track),
            Some(("seek", track)) => {
                let cursor = self
                    .buffers
                    .seek(self.id(track), presentation_time(arguments));
                self.cursors.insert(track.to_owned(), (cursor, 1));
                return line;
            }
            Some(("group", "end")) => print_time(self.buffers.group_end_timestamp().nanoseconds()),
            Some(("offset", "is")) => print_time(self.buffers.timestamp_offset().nanoseconds()),
            _ => match command {
                "buffered" => print_ranges(&self.buffers.buffered(false)),
                "ended" => print_ranges(&self.buffers.buffered(true)),
                _ => {
                    self.command(command, arguments);
                    return line;
                }
            },
        };
        format!("{command}: {actual}").trim_end().to_owned()
    }

    fn command(&mut self, command: &str, arguments: &str) {
        match command {
            "tracks" => self.set_tracks(arguments),
            "remove" => {
                let (start, end) = parse_range(arguments);
                self.buffers.remove(start, end, self.duration);
            }
            "mode" => self.buffers.set_mode(match arguments {
                "segments" => AppendMode::Segments,
                "sequence" => AppendMode::Sequence,
                _ => panic!("no mode: {arguments}"),
            }),
            "offset" => {
                let offset = TimeDelta::from_nanoseconds(nanoseconds(arguments));
                self.buffers.set_timestamp_offset(offset);
            }
            "window" => {
                let (start, end) = parse_range(arguments);
                self.buffers.set_append_window(start, end);
            }
            "reset" => self.buffers.reset_parser_state(),
            "duration" => self.duration = presentation_time(arguments),
            _ => panic!("no command: {command}"),
        }
    }

    fn set_tracks(&mut self, names: &str) {
        for name in names.split_whitespace() {
            self.names.push(name.to_owned());
            self.configurations.insert(name.to_owned(), 1);
            let cursor = self.buffers.seek(self.id(name), PresentationTime::ZERO);
            self.cursors.insert(name.to_owned(), (cursor, 1));
        }
        self.receive_initialization_segment();
    }

    fn configure(&mut self, track: &str, number: &str, line: &str) -> String {
        let number = number.parse().expect("a number of a configuration");
        self.configurations.insert(track.to_owned(), number);
        self.receive_initialization_segment();
        line.to_owned()
    }

    fn receive_initialization_segment(&mut self) {
        let tracks = self.names.iter().map(|name| {
            let configuration = configuration(name.starts_with('a'), self.configurations[name]);
            describe_track(self.id(name).0, configuration)
        });
        let segment = InitializationSegment {
            tracks: tracks.collect(),
            ..InitializationSegment::default()
        };
        self.buffers
            .receive_initialization_segment(&segment)
            .expect("tracks that match");
    }

    fn id(&self, name: &str) -> TrackId {
        let index = self.names.iter().position(|other| other == name);
        TrackId(index.unwrap_or_else(|| panic!("no track: {name}")) as u64 + 1)
    }

    fn append(&mut self, track: &str, arguments: &str, line: &str) -> String {
        let mut frames = Vec::new();
        let mut parts = arguments.split(';');
        frames.extend(parse_frames(
            self.id(track),
            parts.next().unwrap_or_default(),
        ));
        for part in parts {
            let (track, text) = part.split_once(':').expect("a track before its frames");
            frames.extend(parse_frames(self.id(track.trim()), text));
        }
        self.buffers.append(frames);
        line.to_owned()
    }

    fn read(&mut self, track: &str) -> String {
        let (cursor, configuration) = self
            .cursors
            .get_mut(track)
            .expect("a cursor for each track");
        let mut words = Vec::new();
        loop {
            let frame = match self.buffers.read(cursor) {
                Read::Frame(frame) => frame,
                Read::Gap => break words.push("gap".to_owned()),
                Read::End => break words.push("end".to_owned()),
            };
            let number = configuration_number(&frame.configuration);
            if number != *configuration {
                *configuration = number;
                words.push(format!("#{number}"));
            }
            words.push(print_frame(&frame));
        }
        words.join(" ")
    }
}

/// A configuration that differs from those of other numbers.
pub fn configuration(is_audio: bool, number: u8) -> CodecConfiguration {
    let extra_data = Bytes::from(vec![number]);
    if is_audio {
        CodecConfiguration::Audio(AudioConfiguration {
            codec: AudioCodec::Aac,
            codec_string: "mp4a.40.2".to_owned(),
            extra_data,
            sample_rate: 48_000,
            channels: 2,
            pre_skip: 0,
            seek_preroll: 0,
        })
    } else {
        CodecConfiguration::Video(VideoConfiguration {
            codec: VideoCodec::H264,
            codec_string: "avc1.64001F".to_owned(),
            extra_data,
            width: 320,
            height: 180,
        })
    }
}

/// A track description of that number.
pub fn describe_track(id: u64, configuration: CodecConfiguration) -> Track {
    Track {
        id: TrackId(id),
        timescale: Timescale::new(TICKS_PER_SECOND).expect("not zero"),
        language: String::new(),
        label: String::new(),
        kind: TrackKind::Main,
        configuration,
        encryption: None,
    }
}

fn configuration_number(configuration: &CodecConfiguration) -> u8 {
    match configuration {
        CodecConfiguration::Audio(audio) => audio.extra_data[0],
        CodecConfiguration::Video(video) => video.extra_data[0],
        CodecConfiguration::Text(text) => text.extra_data[0],
    }
}

/// The frames of a line, in the order of the line.
pub fn parse_frames(track: TrackId, text: &str) -> Vec<CodedFrame> {
    let parsed: Vec<_> = text.split_whitespace().map(parse_frame).collect();
    let mut starts: Vec<i64> = parsed.iter().map(|frame| frame.presentation).collect();
    starts.sort_unstable();
    let distance_to_next = |start: i64| {
        starts
            .iter()
            .find(|next| **next > start)
            .map(|next| next - start)
    };
    let last = starts
        .len()
        .checked_sub(2)
        .and_then(|index| distance_to_next(starts[index]));
    parsed
        .iter()
        .map(|frame| {
            let duration = frame
                .duration
                .or(distance_to_next(frame.presentation))
                .or(last)
                .unwrap_or(DEFAULT_DURATION);
            CodedFrame {
                track,
                presentation: MediaTicks(frame.presentation),
                decode: MediaTicks(frame.decode),
                duration: MediaTicks(duration),
                duration_is_estimated: false,
                is_random_access_point: frame.is_random_access_point,
                is_discardable: false,
                payload: Bytes::from_static(b"frame"),
                details: None,
            }
        })
        .collect()
}

struct ParsedFrame {
    presentation: i64,
    decode: i64,
    is_random_access_point: bool,
    duration: Option<i64>,
}

fn parse_frame(word: &str) -> ParsedFrame {
    let (times, duration) = match word.split_once('/') {
        Some((times, duration)) => (times, Some(ticks(duration))),
        None => (word, None),
    };
    let (times, is_random_access_point) = match times.strip_suffix('K') {
        Some(times) => (times, true),
        None => (times, false),
    };
    let (presentation, decode) = times.split_once('|').unwrap_or((times, times));
    ParsedFrame {
        presentation: ticks(presentation),
        decode: ticks(decode),
        is_random_access_point,
        duration,
    }
}

fn ticks(milliseconds: &str) -> i64 {
    let number: f64 = milliseconds
        .trim()
        .parse()
        .unwrap_or_else(|_| panic!("no time: {milliseconds}"));
    (number * TICKS_PER_MILLISECOND).round() as i64
}

fn nanoseconds(milliseconds: &str) -> i64 {
    let number: f64 = milliseconds
        .parse()
        .unwrap_or_else(|_| panic!("no time: {milliseconds}"));
    (number * 1e6).round() as i64
}

fn presentation_time(milliseconds: &str) -> PresentationTime {
    PresentationTime::from_nanoseconds(ticks(milliseconds) * 1000)
}

fn parse_range(text: &str) -> (PresentationTime, PresentationTime) {
    let (start, end) = text
        .split_once("..")
        .unwrap_or_else(|| panic!("no range: {text}"));
    let end = if end.is_empty() {
        PresentationTime::MAX
    } else {
        presentation_time(end)
    };
    (presentation_time(start), end)
}

fn print_time(nanoseconds: i64) -> String {
    format!("{}", nanoseconds as f64 / 1e6)
}

/// The ranges as the notation has them.
pub fn print_ranges(ranges: &TimeRanges) -> String {
    let words = ranges.iter().map(|(start, end)| {
        format!(
            "{}..{}",
            print_time(start.nanoseconds()),
            print_time(end.nanoseconds())
        )
    });
    words.collect::<Vec<_>>().join(" ")
}

fn print_frame(frame: &ReadFrame) -> String {
    let is_audio = matches!(*frame.configuration, CodecConfiguration::Audio(_));
    let mark = if frame.is_random_access_point && !is_audio {
        "K"
    } else {
        ""
    };
    format!("{}{mark}", print_time(frame.start.nanoseconds()))
}
