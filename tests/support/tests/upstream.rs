/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Media files of the Web Platform Tests, appended in many ways: what is buffered is what Chromium
//! reports. They are read from the checkout that the environment variable `WPT_ROOT` names; without
//! it there is nothing to append.

use std::path::{Path, PathBuf};
use std::{env, fs};

use bytes::Bytes;
use media_source::{AppendMode, SourceBufferId};
use test_support::host::Host;
use track_buffer::TimeRanges;

/// What Chromium reports, recorded once. Where Sprocket means to report something else, that is in
/// the line after.
const FACTS: &str = include_str!("chromium.txt");

/// Chromium cuts every time off to microseconds: the time of a frame, its duration and the offset.
const ROUNDING: f64 = 3.1e-6;

/// The beginning of a line with the state that Sprocket reports instead, and why.
const HERE: &str = "    here | ";

struct Playback {
    host: Host,
    id: SourceBufferId,
    file: Bytes,
}

#[test]
fn upstream_media_is_buffered_as_in_chromium() {
    let Some(root) = env::var_os("WPT_ROOT").map(PathBuf::from) else {
        return;
    };
    let mut differences = Vec::new();
    let mut case = String::new();
    let mut playback = None;
    let mut lines = FACTS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .peekable();
    while let Some(line) = lines.next() {
        let words: Vec<&str> = line.split('|').map(str::trim).collect();
        match words[..] {
            [file, mime_type, name] => {
                let file = file.trim_start_matches("file ");
                case = format!("{file}, {name}");
                playback = Some(Playback::new(&root, file, mime_type));
            }
            [step, ref chromium @ ..] if chromium.len() == 3 => {
                let playback = playback.as_mut().expect("a file comes first");
                playback.run(step);
                let chromium = parse_state(chromium);
                let here = lines.next_if(|line| line.starts_with(HERE));
                let expected = here.map_or_else(|| chromium.clone(), parse_difference);
                let actual = playback.state();
                if !is_same(&actual, &expected) || here.is_some() && is_same(&expected, &chromium) {
                    let actual = print_state(&actual);
                    differences.push(format!("{case}: {step}: {line}\n{HERE}{actual}"));
                }
            }
            _ => assert_eq!(line, ""),
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// The values of `buffered`, `duration` and `timestampOffset`.
type State = (Vec<(f64, f64)>, f64, f64);

impl Playback {
    fn new(root: &Path, name: &str, mime_type: &str) -> Self {
        let path = root.join("media-source").join(name);
        let mut file = fs::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        if name == "mp4/test.mp4" {
            free_edit_lists(&mut file);
        }
        let mut host = Host::open();
        let id = host.add(mime_type);
        let file = file.into();
        Self { host, id, file }
    }
    fn run(&mut self, step: &str) {
        let Self { host, id, file } = self;
        let (command, argument) = step.split_once(' ').unwrap_or((step, ""));
        match command {
            "append" => {
                let (start, end) = parse_range(argument);
                let piece = file.slice(start as usize..end as usize);
                host.append(*id, &piece);
            }
            "remove" => {
                let (start, end) = parse_range(argument);
                host.remove(*id, start, end);
            }
            "offset" => host
                .call(|source| {
                    source
                        .source_buffer(*id)?
                        .set_timestamp_offset(parse(argument))
                })
                .expect("it is idle"),
            "mode" => {
                assert_eq!(argument, "sequence");
                host.call(|source| source.source_buffer(*id)?.set_mode(AppendMode::Sequence))
                    .expect("it is idle");
            }
            "window" => {
                let (start, end) = parse_range(argument);
                let commands = [(0.0, end), (start, end)];
                for (start, end) in commands {
                    host.call(|source| source.source_buffer(*id)?.set_append_window_start(start))
                        .expect("it is before the end");
                    host.call(|source| source.source_buffer(*id)?.set_append_window_end(end))
                        .expect("it is after the start");
                }
            }
            "abort" => host
                .call(|source| source.source_buffer(*id)?.abort())
                .expect("it is open"),
            "end" => host.end_of_stream(),
            _ => panic!("no step: {step}"),
        }
    }

    fn state(&self) -> State {
        let source = &self.host.source;
        let buffered = source.buffered(self.id).expect("it is not removed");
        let offset = self.host.attributes(self.id).timestamp_offset;
        (in_seconds(&buffered), source.duration(), offset)
    }
}

/// Removes edit lists from a file, as it was done for Chromium.
fn free_edit_lists(file: &mut [u8]) {
    while let Some(position) = file.windows(4).position(|fourcc| fourcc == b"edts") {
        file[position..position + 4].copy_from_slice(b"free");
    }
}

fn in_seconds(ranges: &TimeRanges) -> Vec<(f64, f64)> {
    let ranges = ranges.iter();
    ranges
        .map(|(start, end)| (start.seconds(), end.seconds()))
        .collect()
}

fn is_same(one: &State, other: &State) -> bool {
    let is_near = |one: f64, other: f64| (one - other).abs() <= ROUNDING;
    let mut ranges = one.0.iter().zip(&other.0);
    one.0.len() == other.0.len()
        && ranges.all(|(one, other)| is_near(one.0, other.0) && is_near(one.1, other.1))
        && is_near(one.1, other.1)
        && is_near(one.2, other.2)
}

fn parse(number: &str) -> f64 {
    number
        .parse()
        .unwrap_or_else(|_| panic!("no number: {number}"))
}

/// Reads a range. An end that is left out is positive infinity.
fn parse_range(text: &str) -> (f64, f64) {
    let (start, end) = text
        .split_once("..")
        .unwrap_or_else(|| panic!("no range: {text}"));
    let end = if end.is_empty() {
        f64::INFINITY
    } else {
        parse(end)
    };
    (parse(start), end)
}

fn parse_state(words: &[&str]) -> State {
    let [buffered, duration, offset] = words else {
        panic!("three words: {words:?}")
    };
    (parse_ranges(buffered), parse(duration), parse(offset))
}

fn parse_difference(line: &str) -> State {
    let words: Vec<&str> = line.split('|').map(str::trim).collect();
    let [_, state @ .., reason] = &words[..] else {
        panic!("no reason: {line}")
    };
    assert!(!reason.is_empty(), "no reason: {line}");
    parse_state(state)
}

fn print_state((buffered, duration, offset): &State) -> String {
    let rounded = |time: f64| (time * 1e6).round() / 1e6;
    let buffered = buffered.iter();
    let buffered = buffered.map(|(start, end)| format!("{}..{}", rounded(*start), rounded(*end)));
    let buffered = buffered.collect::<Vec<_>>().join(" ");
    format!(
        "{buffered} | {} | {} | ",
        rounded(*duration),
        rounded(*offset)
    )
}

fn parse_ranges(text: &str) -> Vec<(f64, f64)> {
    text.split_whitespace().map(parse_range).collect()
}
