/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A player without a pipeline: it waits for its turn to have one, or has given its own back.

use super::{Control, Preroll};
use crate::chain::Track;
use crate::graph::Graph;
use crate::message::Message;
use crate::pipelines::Permit;
use media_source::PlayerError;

/// What a pipeline is to be made for.
pub(super) struct Rest {
    tracks: Vec<Track>,
    /// Whether the picture on the screen is the right one until the next is due.
    goes_on: bool,
    /// Whether nothing has happened since that takes a pipeline.
    is_content: bool,
}

impl Control {
    /// Whether it can do without a pipeline for now: it stands, or waits for data.
    pub(super) fn is_idle(&self) -> bool {
        let Some(graph) = &self.graph else {
            return true;
        };
        if self.preroll.is_some() {
            return graph.lacks_first_frames();
        }
        self.is_paused || self.is_still || self.has_told_end || self.is_stalled
    }

    /// Whether a player at rest has something to do that takes a pipeline.
    pub(crate) fn wants_pipeline(&self) -> bool {
        let has_cause = self.preroll.is_some() || !self.is_paused && !self.is_still;
        let is_content = |rest: &Rest| rest.is_content || rest.tracks.is_empty();
        has_cause && self.rest.as_ref().is_some_and(|rest| !is_content(rest))
    }

    /// There is something to do again, perhaps.
    pub(super) fn stir(&mut self) {
        if let Some(rest) = &mut self.rest {
            rest.is_content = false;
        }
    }

    /// Remembers what to play when there is a pipeline.
    pub(super) fn wait_for_pipeline(&mut self, tracks: Vec<Track>, goes_on: bool) {
        self.rest = Some(Rest {
            tracks,
            goes_on,
            is_content: false,
        });
    }

    /// Gives the pipeline back. The picture stays on the screen.
    pub(super) fn give_back_pipeline(&mut self) {
        self.set_running(false);
        self.rest = Some(Rest {
            goes_on: self.shows_picture(),
            tracks: self
                .graph
                .take()
                .map(Graph::into_tracks)
                .unwrap_or_default(),
            is_content: true,
        });
        self.permit = None;
    }

    /// May have a pipeline from now on.
    pub(crate) fn admit(&mut self, permit: Permit) {
        self.permit = Some(permit);
    }

    /// Goes on with what it was to play.
    pub(super) fn take_up(&mut self) -> Result<(), PlayerError> {
        let Some(rest) = self.rest.take() else {
            return Ok(());
        };
        let goes_on = rest.goes_on && self.shows_picture();
        self.rebuild(rest.tracks, Preroll::Silent, goes_on)
    }

    /// Whether `tracks` are those that it plays, or is to play.
    pub(super) fn plays(&self, tracks: &[Track]) -> bool {
        match (&self.graph, &self.rest) {
            (Some(graph), _) => graph.plays(tracks),
            (None, Some(rest)) => {
                let playing = rest.tracks.iter().map(|track| track.reader.track());
                playing.eq(tracks.iter().map(|track| track.reader.track()))
            }
            (None, None) => false,
        }
    }

    /// Obeys, at rest, what it was commanded before it was.
    pub(crate) fn obey_the_rest(&mut self) -> Result<(), PlayerError> {
        while let Ok(message) = self.messages.try_recv() {
            if let Message::Command(command) = message {
                self.obey(command)?;
            }
        }
        Ok(())
    }
}
