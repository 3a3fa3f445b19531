/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What a player does when nothing has happened for a while.

use std::time::{Duration, Instant};

use track_buffer::time::PresentationTime;

use super::Control;
use crate::graph::Graph;
use crate::log::CATEGORY;
use media_source::PlayerError;

/// How far apart the positions are that are told while playback moves.
const POSITION_INTERVAL: Duration = Duration::from_millis(40);
/// How far apart they are at least, so that a limit that is nearly reached costs no busy waiting.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(1);

/// How long playback may stand, or a first picture be missing, before starved decoders are made to
/// give what they hold back.
const PATIENCE: Duration = Duration::from_millis(80);

/// How long a pipeline that runs and has what it needs may stand still, and how long it may take for
/// its first frames, before another one is tried.
const LONGEST_STANDSTILL: Duration = Duration::from_secs(3);
const LONGEST_PREROLL: Duration = Duration::from_secs(10);
/// How often that is tried in the same place.
const STANDSTILLS: u32 = 2;

impl Control {
    /// When the pipeline is to be looked at, if no message comes before: while it runs regularly and
    /// when frames will be missing; before that, when a first picture is missing.
    pub(super) fn time_to_look(&self) -> Option<Instant> {
        let graph = self.graph.as_ref()?;
        if self.preroll.is_some() {
            let patient_until = || Instant::now() + PATIENCE;
            let draining = graph.is_holding_back().then(patient_until);
            return draining.or_else(|| self.time_of_standstill());
        }
        if !self.is_running || self.is_drained() {
            return None;
        }
        if !graph.is_waiting() {
            return Some(self.position_taken + POSITION_INTERVAL);
        }
        let remaining = graph.limit()?.since(self.position).nanoseconds().max(0) as f64 / self.rate;
        let until_limit = Duration::from_nanos(remaining as u64);
        Some(self.position_taken + until_limit.clamp(SHORTEST_INTERVAL, POSITION_INTERVAL))
    }

    /// Nothing has happened for a while.
    pub(super) fn handle_time(&mut self) -> Result<(), PlayerError> {
        self.update_position();
        if let Some(due) = self.time_of_standstill()
            && due <= Instant::now()
        {
            return self.handle_standstill();
        }
        let is_stuck = self.preroll.is_some() || self.advanced.elapsed() > PATIENCE;
        if is_stuck && let Some(graph) = &mut self.graph {
            graph.drain_before(PresentationTime::MAX);
        }
        Ok(())
    }

    /// When to lose patience with a pipeline that has what it needs and does not move.
    fn time_of_standstill(&self) -> Option<Instant> {
        let graph = self.graph.as_ref().filter(|graph| !graph.is_waiting())?;
        let limit = match self.preroll {
            Some(_) => LONGEST_PREROLL,
            None if graph.is_ended() && graph.limit() <= Some(self.position) => return None,
            None => LONGEST_STANDSTILL,
        };
        Some(self.advanced + limit)
    }

    /// Goes on with a new pipeline, unless that has not helped before or decoders are at work.
    fn handle_standstill(&mut self) -> Result<(), PlayerError> {
        let position = self.position;
        let decoded_count = self.graph.as_ref().map_or(0, Graph::decoded_count);
        if decoded_count != self.decoded_count {
            self.decoded_count = decoded_count;
            self.advanced = Instant::now();
            return Ok(());
        }
        let states = self.graph.as_ref().map(Graph::describe);
        gstreamer::warning!(CATEGORY, "stands still at {position:?}: {states:?}");
        self.standstills += 1;
        if self.standstills > STANDSTILLS {
            return Err(PlayerError::Unresponsive { position });
        }
        self.replace_graph(self.shows_picture())
    }
}
