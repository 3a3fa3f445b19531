/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How long playback has not moved, and what to do about a pipeline that should move and does not.

use std::time::{Duration, Instant};

/// How often another pipeline is tried in the same place.
const RETRIES: u32 = 2;

/// The time since playback moved, and what was tried since.
pub(super) struct Standstill {
    /// When the position last moved, or playback started anew.
    since: Instant,
    /// How many frames had gone into decoders when playback was last found not to move.
    decoded_count: u64,
    /// How often another pipeline was tried since the position moved.
    retries: u32,
}

/// What to do about a pipeline that stands still for too long.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Remedy {
    /// The decoders are at work: wait once more.
    Wait,
    /// Go on with another pipeline.
    Replace,
    /// Other pipelines have not helped: end playback.
    GiveUp,
}

impl Standstill {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            since: now,
            decoded_count: 0,
            retries: 0,
        }
    }

    /// Notes that the position has moved.
    pub(super) fn handle_advance(&mut self, now: Instant) {
        self.since = now;
        self.retries = 0;
    }

    /// Notes that playback starts or stops, from which on the time counts anew.
    pub(super) fn handle_restart(&mut self, now: Instant) {
        self.since = now;
    }

    pub(super) fn since(&self) -> Instant {
        self.since
    }

    /// Returns how long playback has not moved.
    pub(super) fn duration(&self, now: Instant) -> Duration {
        now.duration_since(self.since)
    }

    /// Decides what to do about a pipeline that stands still for too long. So many frames have gone
    /// into its decoders.
    pub(super) fn find_remedy(&mut self, decoded_count: u64, now: Instant) -> Remedy {
        if decoded_count != self.decoded_count {
            self.decoded_count = decoded_count;
            self.since = now;
            return Remedy::Wait;
        }
        self.retries += 1;
        if self.retries > RETRIES {
            Remedy::GiveUp
        } else {
            Remedy::Replace
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoders_at_work_are_waited_for() {
        let start = Instant::now();
        let mut standstill = Standstill::new(start);
        for second in 1..10 {
            let now = start + Duration::from_secs(second);
            assert_eq!(standstill.find_remedy(second, now), Remedy::Wait);
            assert_eq!(standstill.duration(now), Duration::ZERO);
        }
    }

    #[test]
    fn playback_ends_when_other_pipelines_do_not_help() {
        let start = Instant::now();
        let mut standstill = Standstill::new(start);
        for _ in 0..RETRIES {
            assert_eq!(standstill.find_remedy(0, start), Remedy::Replace);
            standstill.handle_restart(start);
        }
        assert_eq!(standstill.find_remedy(0, start), Remedy::GiveUp);
    }

    #[test]
    fn pipelines_are_tried_anew_when_playback_has_moved() {
        let start = Instant::now();
        let mut standstill = Standstill::new(start);
        for second in 1..10 {
            let now = start + Duration::from_secs(second);
            assert_eq!(standstill.find_remedy(0, now), Remedy::Replace);
            standstill.handle_advance(now);
            assert_eq!(standstill.since(), now);
        }
    }
}
