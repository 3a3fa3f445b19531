/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Runs a script of the notation over a MediaSource: frames are appended as bytes.

use byte_stream::track::{CodecConfiguration, TrackId};
use bytes::Bytes;
use media_source::{AppendMode, Exception, MediaSource, SourceBufferId, TrackReader};
use track_buffer::{PresentationTime, Read};

use crate::element::ScriptedElement;
use crate::host::Host;
use crate::mux::{MuxedTrack, WIDTH, initialization_segment, media_segment};
use crate::notation::{
    compare, parse_frames, parse_range, parse_time, print_frame, print_ranges, print_time,
};

/// Runs the script over a MediaSource and compares.
#[track_caller]
pub(crate) fn check(script: &str) {
    let mut source = ScriptedSource {
        host: Host::open(),
        tracks: Vec::new(),
    };
    compare(script, |line| source.run(line));
}

struct ScriptedSource {
    host: Host,
    /// The tracks in the order of their SourceBuffers.
    tracks: Vec<ScriptedTrack>,
}

struct ScriptedTrack {
    name: String,
    /// The number of the track in its byte stream.
    id: TrackId,
    source_buffer: SourceBufferId,
    configuration: u8,
    reader: Option<TrackReader>,
    /// The number of the configuration that was read last.
    read_configuration: u8,
}

impl ScriptedSource {
    fn run(&mut self, line: &str) -> String {
        let (command, arguments) = line.split_once(':').unwrap_or((line, ""));
        let arguments = arguments.trim();
        let actual = match command.split_once(' ') {
            Some(("buffered", track)) => {
                let id = self.track(track).source_buffer;
                let ranges = self.host.source.buffered(id);
                print_ranges(&ranges.expect("it is not removed"))
            }
            Some(("reads", track)) => self.read(track),
            Some(("offset", "is")) => {
                let first = self.tracks.first().expect("there are tracks");
                let attributes = self.host.attributes(first.source_buffer);
                print_seconds(attributes.timestamp_offset)
            }
            Some(("duration", "is")) => print_seconds(self.host.source.duration()),
            Some(("state", time)) => {
                let state = self
                    .host
                    .source
                    .element_view()
                    .ready_state(parse_time(time));
                format!("{state:?}")
            }
            Some(("element", verb)) => {
                self.element().command(verb, arguments);
                return line.to_owned();
            }
            Some(("player", verb)) => {
                self.element().player(verb, arguments);
                return line.to_owned();
            }
            Some((command, track)) if command != "worker" => {
                self.command_of_source_buffer(command, track, arguments);
                return line.to_owned();
            }
            _ => match command {
                "buffered" => print_ranges(&self.host.source.element_view().buffered()),
                "effects" => self.host.told().join("; "),
                "updates" => self.element().updates(),
                "asked" => self.element().asked(),
                _ => {
                    self.command(command, arguments);
                    return line.to_owned();
                }
            },
        };
        format!("{command}: {actual}").trim_end().to_owned()
    }

    fn command(&mut self, command: &str, arguments: &str) {
        match command {
            "element" => {
                let view = self.host.source.element_view();
                self.host.element = Some(ScriptedElement::new(view));
            }
            "tracks" => self.add_source_buffer(arguments),
            "duration" => self.call(|source| source.set_duration(parse_time(arguments).seconds())),
            "end" => self.host.end_of_stream(),
            "detach" => self.host.call(MediaSource::detach),
            "worker ends" => self.end_worker(),
            _ => panic!("no command: {command}"),
        }
        self.host.finish();
    }

    /// The effects of a MediaSource whose worker has ended do not reach the element.
    fn end_worker(&mut self) {
        let element = self.host.element.take();
        self.host.call(MediaSource::handle_global_gone);
        self.host.element = element;
        self.element().element().handle_source_gone();
    }

    fn command_of_source_buffer(&mut self, command: &str, track: &str, arguments: &str) {
        let id = self.track(track).source_buffer;
        match command {
            "append" => {
                let segment = self.segment(track, arguments);
                self.host.append(id, &segment);
            }
            "appending" => {
                let segment = self.segment(track, arguments);
                self.host.start_append(id, &segment);
                self.host.run_jobs();
                return;
            }
            "configure" => {
                let number = arguments.parse().expect("a number of a configuration");
                self.track(track).configuration = number;
                self.append_initialization_segment(id);
            }
            "seek" => {
                let mut reader = self.new_reader(track);
                reader.seek(parse_time(arguments));
                self.track(track).reader = Some(reader);
            }
            "remove" => {
                let (start, end) = parse_range(arguments);
                self.call(|source| {
                    source
                        .source_buffer(id)?
                        .remove(start.seconds(), end.seconds())
                });
            }
            "mode" => {
                let mode = match arguments {
                    "segments" => AppendMode::Segments,
                    "sequence" => AppendMode::Sequence,
                    _ => panic!("no mode: {arguments}"),
                };
                self.call(|source| source.source_buffer(id)?.set_mode(mode));
            }
            "offset" => {
                let offset = parse_time(arguments).seconds();
                self.call(|source| source.source_buffer(id)?.set_timestamp_offset(offset));
            }
            "window" => {
                let (start, end) = parse_range(arguments);
                self.call(|source| {
                    source
                        .source_buffer(id)?
                        .set_append_window_end(end.seconds())
                });
                self.call(|source| {
                    source
                        .source_buffer(id)?
                        .set_append_window_start(start.seconds())
                });
            }
            "reset" => self.call(|source| source.source_buffer(id)?.abort()),
            _ => panic!("no command: {command}"),
        }
        self.host.finish();
    }

    /// Calls a method that throws nothing.
    fn call(&mut self, method: impl FnOnce(&mut MediaSource) -> Result<(), Exception>) {
        self.host.call(method).expect("nothing is thrown");
    }

    fn element(&mut self) -> &mut ScriptedElement {
        let element = self.host.element.as_mut();
        element.expect("the line \"element\" comes before")
    }

    fn track(&mut self, name: &str) -> &mut ScriptedTrack {
        let mut tracks = self.tracks.iter_mut();
        tracks
            .find(|track| track.name == name)
            .unwrap_or_else(|| panic!("no track: {name}"))
    }

    fn add_source_buffer(&mut self, names: &str) {
        let source_buffer = self.host.add("video/mp4");
        let names = names.split_whitespace().zip(1..);
        self.tracks.extend(names.map(|(name, id)| ScriptedTrack {
            name: name.to_owned(),
            id: TrackId(id),
            source_buffer,
            configuration: 1,
            reader: None,
            read_configuration: 1,
        }));
        self.append_initialization_segment(source_buffer);
    }

    fn append_initialization_segment(&mut self, id: SourceBufferId) {
        let tracks = self.tracks.iter().filter(|track| track.source_buffer == id);
        let tracks = tracks.map(|track| MuxedTrack {
            id: track.id.0,
            is_audio: is_audio(track),
            configuration: track.configuration,
        });
        let segment = initialization_segment(&tracks.collect::<Vec<_>>());
        self.host.append(id, &segment);
    }

    fn segment(&mut self, track: &str, arguments: &str) -> Bytes {
        let mut parts = arguments.split(';');
        let first = parts.next().unwrap_or_default();
        let mut frames = parse_frames(self.track(track).id, first);
        for part in parts {
            let (track, text) = part.split_once(':').expect("a track before its frames");
            frames.extend(parse_frames(self.track(track.trim()).id, text));
        }
        media_segment(&frames)
    }

    fn new_reader(&self, name: &str) -> TrackReader {
        let index = self.tracks.iter().position(|track| track.name == name);
        let index = index.unwrap_or_else(|| panic!("no track: {name}"));
        self.host
            .source
            .element_view()
            .track_readers()
            .remove(index)
    }

    fn read(&mut self, name: &str) -> String {
        if self.track(name).reader.is_none() {
            self.track(name).reader = Some(self.new_reader(name));
        }
        let track = self.track(name);
        let reader = track.reader.as_mut().expect("it was made");
        let mut words = Vec::new();
        loop {
            let frame = match reader.read() {
                Read::Frame(frame) => frame,
                Read::Gap => break words.push("gap".to_owned()),
                Read::End if reader.is_ended() => break words.push("ended".to_owned()),
                Read::End => break words.push("end".to_owned()),
            };
            if let CodecConfiguration::Video(video) = &*frame.configuration
                && video.width != WIDTH * u32::from(track.read_configuration)
            {
                track.read_configuration = (video.width / WIDTH) as u8;
                words.push(format!("#{}", track.read_configuration));
            }
            words.push(print_frame(&frame));
        }
        words.join(" ")
    }
}

fn is_audio(track: &ScriptedTrack) -> bool {
    track.name.starts_with('a')
}

fn print_seconds(seconds: f64) -> String {
    if seconds.is_finite() {
        print_time(PresentationTime::from_seconds(seconds))
    } else {
        seconds.to_string()
    }
}
