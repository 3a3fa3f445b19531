/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What happened, and when: the timeline and the statistics are made from it, and nothing else.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use track_buffer::ranges::TimeRanges;
use track_buffer::time::PresentationTime;

/// Positions closer together than this are left out, so that a day's record stays small.
const POSITION_INTERVAL: Duration = Duration::from_millis(200);

/// A SourceBuffer, by its place among the record's.
pub type SourceIndex = usize;

/// All that happened since the start.
pub struct Record {
    begun: Instant,
    /// The SourceBuffers in the order in which they were added.
    pub sources: Vec<SourceRecord>,
    /// The entries in the order of time.
    pub entries: Vec<Entry>,
    state: PlaybackState,
}

/// A SourceBuffer.
pub struct SourceRecord {
    /// The type that it was added with.
    pub media_type: String,
    /// What is appended to it.
    pub files: Vec<PathBuf>,
    /// What it holds now.
    pub buffered: TimeRanges,
}

/// One thing that happened.
pub struct Entry {
    /// When, since the start.
    pub at: Duration,
    /// What.
    pub what: What,
}

/// Things that happen.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A piece of so many bytes was given to a SourceBuffer.
    Append(SourceIndex, usize),
    /// It is parsed and stored, or refused.
    Appended(SourceIndex),
    /// A SourceBuffer has no room for the next piece.
    Full(SourceIndex),
    /// A SourceBuffer's `buffered` became this.
    Buffered(SourceIndex, TimeRanges),
    /// `endOfStream()` was called.
    StreamEnded,
    /// Playback began, or went on after it had waited.
    Playing,
    /// Playback waits for data.
    Waiting,
    /// The user stopped playback.
    Paused,
    /// A seek to there began.
    Seeking(PresentationTime),
    /// The newest seek is done; playback stands here.
    Seeked(PresentationTime),
    /// Playback has come here.
    Position(PresentationTime),
    /// The end of the media was reached.
    Ended,
    /// The media element failed.
    Failed,
}

/// What playback is doing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Phase {
    /// It has not begun yet.
    Loading,
    /// It goes on.
    Playing,
    /// It waits for data.
    Waiting,
    /// A seek is under way.
    Seeking,
    /// The user has stopped it.
    Paused,
    /// It is over.
    Ended,
}

impl Phase {
    /// Returns the phase in a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Playing => "playing",
            Self::Waiting => "waiting",
            Self::Seeking => "seeking",
            Self::Paused => "paused",
            Self::Ended => "ended",
        }
    }
}

impl Record {
    /// Begins now.
    pub fn new() -> Self {
        Self {
            begun: Instant::now(),
            sources: Vec::new(),
            entries: Vec::new(),
            state: PlaybackState::default(),
        }
    }

    /// How long it is since the start.
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// When the last thing happened.
    pub fn duration(&self) -> Duration {
        self.entries.last().map_or(Duration::ZERO, |entry| entry.at)
    }

    /// This has happened now.
    pub fn push(&mut self, what: What) {
        let at = self.elapsed();
        if let (What::Position(_), [.., first, second]) = (&what, &self.entries[..]) {
            let are_positions =
                [first, second].map(|entry| matches!(entry.what, What::Position(_)));
            if are_positions == [true, true] && at - first.at < POSITION_INTERVAL {
                self.entries.pop();
            }
        }
        self.state.take(&what);
        if let What::Buffered(source, ranges) = &what {
            self.sources[*source].buffered = ranges.clone();
        }
        self.entries.push(Entry { at, what });
    }

    /// What playback is doing now.
    pub fn phase(&self) -> Phase {
        self.state.phase()
    }

    /// The last position.
    pub fn position(&self) -> PresentationTime {
        let mut latest = self.entries.iter().rev();
        latest
            .find_map(|entry| match entry.what {
                What::Position(position) | What::Seeked(position) | What::Seeking(position) => {
                    Some(position)
                }
                _ => None,
            })
            .unwrap_or_default()
    }

    /// What playback was doing, from when until when, without a gap from the start to the last entry.
    pub fn phases(&self) -> Vec<(Phase, Duration, Duration)> {
        let mut phases: Vec<(Phase, Duration, Duration)> = Vec::new();
        let mut state = PlaybackState::default();
        let mut begun = Duration::ZERO;
        for entry in &self.entries {
            let phase = state.phase();
            state.take(&entry.what);
            // Events of one moment are a little apart.
            if state.phase() != phase && entry.at - begun >= Duration::from_millis(1) {
                phases.push((phase, begun, entry.at));
                begun = entry.at;
            }
        }
        phases.push((state.phase(), begun, self.duration()));
        phases
    }
}

/// Where the events so far have brought playback.
#[derive(Default)]
struct PlaybackState {
    has_begun: bool,
    is_waiting: bool,
    is_seeking: bool,
    is_paused: bool,
    has_ended: bool,
}

impl PlaybackState {
    fn take(&mut self, what: &What) {
        match what {
            What::Playing => {
                self.has_begun = true;
                self.is_waiting = false;
                self.is_paused = false;
            }
            What::Waiting => self.is_waiting = true,
            What::Paused => self.is_paused = true,
            What::Seeking(_) => {
                self.is_seeking = true;
                self.has_ended = false;
            }
            What::Seeked(_) => self.is_seeking = false,
            What::Ended => self.has_ended = true,
            _ => {}
        }
    }

    fn phase(&self) -> Phase {
        if self.is_seeking {
            Phase::Seeking
        } else if self.has_ended {
            Phase::Ended
        } else if !self.has_begun {
            Phase::Loading
        } else if self.is_paused {
            Phase::Paused
        } else if self.is_waiting {
            Phase::Waiting
        } else {
            Phase::Playing
        }
    }
}

/// What of `ranges` is not in `others`.
pub fn difference(
    ranges: &TimeRanges,
    others: &TimeRanges,
) -> Vec<(PresentationTime, PresentationTime)> {
    let mut left = Vec::new();
    for (mut start, end) in ranges.iter() {
        for (other_start, other_end) in others.iter() {
            if other_end <= start || end <= other_start {
                continue;
            }
            if start < other_start {
                left.push((start, other_start));
            }
            start = other_end;
        }
        if start < end {
            left.push((start, end));
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(seconds: &[(f64, f64)]) -> TimeRanges {
        let times = seconds.iter().map(|(start, end)| {
            (
                PresentationTime::from_seconds(*start),
                PresentationTime::from_seconds(*end),
            )
        });
        times.collect()
    }

    #[test]
    fn a_difference_is_what_was_evicted() {
        let before = ranges(&[(0., 4.), (6., 9.)]);
        let after = ranges(&[(1., 2.), (3., 7.), (8., 12.)]);
        let evicted: TimeRanges = difference(&before, &after).into_iter().collect();
        assert_eq!(evicted, ranges(&[(0., 1.), (2., 3.), (7., 8.)]));
        let appended: TimeRanges = difference(&after, &before).into_iter().collect();
        assert_eq!(appended, ranges(&[(4., 6.), (9., 12.)]));
        assert!(difference(&before, &before).is_empty());
    }

    #[test]
    fn positions_close_together_are_left_out() {
        let mut record = Record::new();
        for second in 0..1000 {
            let position = PresentationTime::from_seconds(f64::from(second));
            record.push(What::Position(position));
        }
        let longest = record.duration().as_millis() / POSITION_INTERVAL.as_millis();
        assert!(record.entries.len() as u128 <= 2 * longest + 3);
        assert_eq!(record.position(), PresentationTime::from_seconds(999.0));
    }
}
