/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the terminal shows while it plays.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _, stderr};
use std::time::{Duration, Instant};

use track_buffer::ranges::TimeRanges;
use track_buffer::time::PresentationTime;

use crate::engine::Engine;
use crate::record::{Record, What};

/// How often the line on a terminal changes.
const INTERVAL: Duration = Duration::from_millis(100);
/// How often the position is written to a file.
const LONG_INTERVAL: Duration = Duration::from_secs(1);

/// Writes to standard error: to a terminal one line that changes, to a file a line for each thing
/// that happens and for each second.
pub struct Progress {
    is_terminal: bool,
    /// How many entries of the record are written.
    written: usize,
    /// Where playback stood at the last of them.
    position: PresentationTime,
    /// When the state of playback was last written.
    last: Option<Instant>,
}

impl Progress {
    /// With nothing written.
    pub fn new() -> Self {
        Self {
            is_terminal: stderr().is_terminal(),
            written: 0,
            position: PresentationTime::ZERO,
            last: None,
        }
    }

    /// Brings it up to date.
    pub fn show(&mut self, record: &Record, engine: &Engine) {
        if !self.is_terminal {
            self.write_new_lines(record);
        }
        let interval = if self.is_terminal {
            INTERVAL
        } else {
            LONG_INTERVAL
        };
        if self.last.is_some_and(|last| last.elapsed() < interval) {
            return;
        }
        self.last = Some(Instant::now());
        if self.is_terminal {
            // The rest of a longer line before it is cleared.
            print(&format!("\r{}\x1b[K", line(record, engine)));
        } else {
            let at = record.elapsed().as_secs_f64();
            print(&format!("{at:8.3} s  {}\n", line(record, engine)));
        }
    }

    /// Leaves the line on the terminal as it is.
    pub fn finish(&mut self) {
        if self.is_terminal && self.last.take().is_some() {
            print("\n");
        }
    }

    fn write_new_lines(&mut self, record: &Record) {
        for entry in &record.entries[self.written.min(record.entries.len())..] {
            if let What::Position(to) | What::Seeking(to) | What::Seeked(to) = entry.what {
                self.position = to;
            }
            if let Some(text) = describe(&entry.what, self.position, record) {
                print(&format!("{:8.3} s  {text}\n", entry.at.as_secs_f64()));
            }
        }
        self.written = record.entries.len();
    }
}

/// Nobody may look: that is no reason to stop.
fn print(text: &str) {
    let _ = stderr().write_all(text.as_bytes());
}

fn line(record: &Record, engine: &Engine) -> String {
    let element = engine.element();
    let mut line = format!(
        "{:8} {:.1}",
        record.phase().name(),
        element.position().seconds()
    );
    let duration = element.view().duration();
    if duration.is_finite() {
        let _ = write!(line, " of {duration:.1}");
    }
    let _ = write!(
        line,
        " s   buffered {}",
        seconds(&element.view().buffered())
    );
    line
}

/// What is worth a line of its own.
fn describe(what: &What, position: PresentationTime, record: &Record) -> Option<String> {
    Some(match what {
        What::Full(source) => format!("full: {}", record.sources[*source].media_type),
        What::StreamEnded => "all is appended".to_owned(),
        What::Playing => format!("playing at {:.3} s", position.seconds()),
        What::Waiting => format!("waiting at {:.3} s", position.seconds()),
        What::Paused => "paused".to_owned(),
        What::Seeking(target) => format!("seeking to {:.3} s", target.seconds()),
        What::Seeked(position) => format!("seeked to {:.3} s", position.seconds()),
        What::Ended => "ended".to_owned(),
        What::Append(..)
        | What::Appended(_)
        | What::Buffered(..)
        | What::Position(_)
        | What::Failed => return None,
    })
}

fn seconds(ranges: &TimeRanges) -> String {
    let texts: Vec<_> = ranges
        .iter()
        .map(|(start, end)| format!("{:.1}-{:.1}", start.seconds(), end.seconds()))
        .collect();
    if texts.is_empty() {
        return "nothing".to_owned();
    }
    texts.join(", ")
}
