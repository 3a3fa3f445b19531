/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The current playback position, and when to ask the pipeline for it again.

use std::time::{Duration, Instant};

use media_source::SeekId;
use track_buffer::time::PresentationTime;

/// The distance between the positions that are told while playback moves.
const INTERVAL: Duration = Duration::from_millis(40);
/// The least distance between them, so that a limit that is nearly reached costs no busy waiting.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(1);

/// The playback position. It moves forwards only, except for seeks.
pub(super) struct Playhead {
    position: PresentationTime,
    /// The newest seek that the control thread has begun.
    seek: SeekId,
    /// When the position was last taken from the pipeline.
    taken: Instant,
}

impl Playhead {
    /// Returns a playhead at the start of the presentation.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            position: PresentationTime::ZERO,
            seek: SeekId::default(),
            taken: now,
        }
    }

    pub(super) fn position(&self) -> PresentationTime {
        self.position
    }

    pub(super) fn seek(&self) -> SeekId {
        self.seek
    }

    /// Moves to the target of a seek.
    pub(super) fn handle_seek(&mut self, seek: SeekId, target: PresentationTime) {
        self.seek = seek;
        self.position = target;
    }

    /// Notes that the position is taken from the pipeline now.
    pub(super) fn handle_taken(&mut self, now: Instant) {
        self.taken = now;
    }

    /// Moves forwards to `position`. Returns `false` if the playhead is there already, or beyond.
    pub(super) fn advance_to(&mut self, position: PresentationTime) -> bool {
        let advances = position > self.position;
        self.position = self.position.max(position);
        advances
    }

    /// Returns when to take the position again. If there is a `limit` where frames will be missing,
    /// that is no later than when playback at `rate` gets there.
    pub(super) fn time_to_look(&self, limit: Option<PresentationTime>, rate: f64) -> Instant {
        let Some(limit) = limit else {
            return self.taken + INTERVAL;
        };
        let remaining = limit.since(self.position).nanoseconds().max(0) as f64 / rate;
        let until_limit = Duration::from_nanos(remaining as u64);
        self.taken + until_limit.clamp(SHORTEST_INTERVAL, INTERVAL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(number: i64) -> PresentationTime {
        PresentationTime::from_nanoseconds(number * 1_000_000)
    }

    #[test]
    fn only_a_seek_moves_the_playhead_back() {
        let mut playhead = Playhead::new(Instant::now());
        assert!(playhead.advance_to(milliseconds(40)));
        assert!(!playhead.advance_to(milliseconds(40)));
        assert!(!playhead.advance_to(milliseconds(20)));
        assert_eq!(playhead.position(), milliseconds(40));
        let seek = SeekId::default().next();
        playhead.handle_seek(seek, milliseconds(10));
        assert_eq!(playhead.position(), milliseconds(10));
        assert_eq!(playhead.seek(), seek);
        assert!(playhead.advance_to(milliseconds(20)));
    }

    #[test]
    fn the_next_look_is_when_the_limit_is_reached() {
        let start = Instant::now();
        let mut playhead = Playhead::new(start);
        playhead.advance_to(milliseconds(100));
        let look_after = |limit: Option<i64>, rate| {
            let due = playhead.time_to_look(limit.map(milliseconds), rate);
            due.duration_since(start)
        };
        assert_eq!(look_after(None, 1.), INTERVAL);
        assert_eq!(look_after(Some(120), 1.), Duration::from_millis(20));
        assert_eq!(look_after(Some(120), 2.), Duration::from_millis(10));
        assert_eq!(look_after(Some(1_000), 1.), INTERVAL);
        // The limit is reached already.
        assert_eq!(look_after(Some(90), 1.), SHORTEST_INTERVAL);
    }
}
