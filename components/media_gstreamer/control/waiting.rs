/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What a player does when no message has come for a while.

use std::time::{Duration, Instant};

use media_source::PlayerError;
use track_buffer::time::PresentationTime;

use super::Control;
use super::standstill::Remedy;
use crate::graph::Graph;
use crate::log::CATEGORY;

/// How long playback may stand, or the first frames be missing, before starved decoders are made to
/// output what they hold back.
const PATIENCE: Duration = Duration::from_millis(80);

/// How long a pipeline that runs and has what it needs may stand still before another one is tried.
const LONGEST_STANDSTILL: Duration = Duration::from_secs(3);
/// How long a pipeline may take for its first frames before another one is tried.
const LONGEST_PREROLL: Duration = Duration::from_secs(10);

impl Control {
    /// Returns when to look at the pipeline if no message comes before; `None` if it can wait for a
    /// message.
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
        let limit = if graph.is_waiting() {
            Some(graph.limit()?)
        } else {
            None
        };
        Some(self.playhead.time_to_look(limit, self.rate))
    }

    /// Looks at the pipeline when no message has come until [`Self::time_to_look`].
    pub(super) fn handle_time(&mut self) -> Result<(), PlayerError> {
        self.update_position();
        let now = Instant::now();
        if self.time_of_standstill().is_some_and(|due| due <= now) {
            return self.handle_standstill();
        }
        let is_stuck = self.preroll.is_some() || self.standstill.duration(now) > PATIENCE;
        if is_stuck && let Some(graph) = &mut self.graph {
            graph.drain_before(PresentationTime::MAX);
        }
        Ok(())
    }

    /// Returns when to lose patience with a pipeline that has what it needs and does not move.
    fn time_of_standstill(&self) -> Option<Instant> {
        let graph = self.graph.as_ref().filter(|graph| !graph.is_waiting())?;
        let position = self.playhead.position();
        let limit = match self.preroll {
            Some(_) => LONGEST_PREROLL,
            None if graph.is_ended() && graph.limit() <= Some(position) => return None,
            None => LONGEST_STANDSTILL,
        };
        Some(self.standstill.since() + limit)
    }

    /// Goes on with another pipeline, unless decoders are at work or that has not helped before.
    fn handle_standstill(&mut self) -> Result<(), PlayerError> {
        let decoded_count = self.graph.as_ref().map_or(0, Graph::decoded_count);
        let remedy = self.standstill.find_remedy(decoded_count, Instant::now());
        if remedy == Remedy::Wait {
            return Ok(());
        }
        let position = self.playhead.position();
        let states = self.graph.as_ref().map(Graph::describe);
        gstreamer::warning!(CATEGORY, "stands still at {position:?}: {states:?}");
        if remedy == Remedy::GiveUp {
            return Err(PlayerError::Unresponsive { position });
        }
        self.replace_graph(self.shows_position())
    }
}
