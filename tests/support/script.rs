/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Runs a script of the notation over track buffers.

use std::collections::HashMap;

use byte_stream::track::{InitializationSegment, TrackId};
use track_buffer::{AppendMode, Cursor, PresentationTime, Read, TrackBuffers};

use crate::notation::{
    compare, parse_frames, parse_range, parse_time, print_frame, print_ranges, print_time,
};
use crate::tracks::{configuration, configuration_number, describe_track};

/// Runs the script over new track buffers and compares.
#[track_caller]
pub(crate) fn check(script: &str) {
    let mut buffers = ScriptedBuffers::new();
    compare(script, |line| buffers.run(line));
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
        let line = line.to_owned();
        let (command, arguments) = line.split_once(':').unwrap_or((&line, ""));
        let arguments = arguments.trim();
        let actual = match command.split_once(' ') {
            Some(("append", track)) => return self.append(track, arguments, &line),
            Some(("configure", track)) => return self.configure(track, arguments, &line),
            Some(("ranges", track)) => print_ranges(
                self.buffers
                    .track(self.id(track))
                    .expect("known track")
                    .ranges(),
            ),
            Some(("reads", track)) => self.read(track),
            Some(("way", place)) => self.start_of_way(place),
            Some(("seek", track)) => {
                let cursor = Cursor::new(self.id(track), parse_time(arguments));
                self.cursors.insert(track.to_owned(), (cursor, 1));
                return line;
            }
            Some(("group", "end")) => print_time(self.buffers.group_end_timestamp()),
            Some(("offset", "is")) => {
                print_time(PresentationTime::ZERO.offset_by(self.buffers.timestamp_offset()))
            }
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
                let offset = parse_time(arguments).since(PresentationTime::ZERO);
                self.buffers.set_timestamp_offset(offset);
            }
            "window" => {
                let (start, end) = parse_range(arguments);
                self.buffers.set_append_window(start, end);
            }
            "reset" => self.buffers.reset_parser_state(),
            "duration" => self.duration = parse_time(arguments),
            _ => panic!("no command: {command}"),
        }
    }

    fn set_tracks(&mut self, names: &str) {
        for name in names.split_whitespace() {
            self.names.push(name.to_owned());
            self.configurations.insert(name.to_owned(), 1);
            let cursor = Cursor::new(self.id(name), PresentationTime::ZERO);
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

    fn start_of_way(&self, place: &str) -> String {
        let (track, target) = place.split_once(' ').expect("a track and a time");
        let (cursor, _) = &self.cursors[track];
        let start = self.buffers.start_of_way(cursor, parse_time(target));
        start.map_or("none".to_owned(), print_time)
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
