/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A player at rest, which has no pipeline: it waits for its turn to have one, or has given its own
//! back.

use media_source::PlayerError;

use super::{Control, Preroll};
use crate::chain::Track;
use crate::graph::Graph;
use crate::message::Message;
use crate::pipelines::Permit;

/// What a player at rest is to play when it has a pipeline.
pub(super) struct Rest {
    tracks: Vec<Track>,
    /// Whether the frame on the screen is the right one until the next is due.
    keeps_picture: bool,
    /// Whether nothing has happened since the pipeline was given back that takes one.
    is_content: bool,
}

impl Control {
    /// Returns whether the player can do without its pipeline for now: playback stands, or waits for
    /// data.
    pub(super) fn is_idle(&self) -> bool {
        let Some(graph) = &self.graph else {
            return true;
        };
        if self.preroll.is_some() {
            return graph.lacks_first_frames();
        }
        self.is_paused || self.is_still || self.has_told_end || self.is_stalled
    }

    /// Returns whether a player at rest has something to do that takes a pipeline.
    pub(crate) fn wants_pipeline(&self) -> bool {
        let has_cause = self.preroll.is_some() || !self.is_paused && !self.is_still;
        let is_content = |rest: &Rest| rest.is_content || rest.tracks.is_empty();
        has_cause && self.rest.as_ref().is_some_and(|rest| !is_content(rest))
    }

    /// Notes that something has happened for which a player at rest may want a pipeline.
    pub(super) fn disturb_rest(&mut self) {
        if let Some(rest) = &mut self.rest {
            rest.is_content = false;
        }
    }

    /// Remembers what to play when there is a pipeline.
    pub(super) fn wait_for_pipeline(&mut self, tracks: Vec<Track>, keeps_picture: bool) {
        self.rest = Some(Rest {
            tracks,
            keeps_picture,
            is_content: false,
        });
    }

    /// Gives the pipeline back. The frame on the screen stays there.
    pub(super) fn give_back_pipeline(&mut self) {
        self.set_running(false);
        self.rest = Some(Rest {
            keeps_picture: self.shows_position(),
            tracks: self
                .graph
                .take()
                .map(Graph::into_tracks)
                .unwrap_or_default(),
            is_content: true,
        });
        self.permit = None;
    }

    /// Lets the player have a pipeline from now on.
    pub(crate) fn admit(&mut self, permit: Permit) {
        self.permit = Some(permit);
    }

    /// Ends the rest: goes on with what the player was to play.
    pub(super) fn end_rest(&mut self) -> Result<(), PlayerError> {
        let Some(rest) = self.rest.take() else {
            return Ok(());
        };
        let keeps_picture = rest.keeps_picture && self.shows_position();
        self.rebuild(rest.tracks, Preroll::Silent, keeps_picture)
    }

    /// Returns whether `tracks` are those that the player plays, or is to play.
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

    /// Handles, at rest, the commands that came before the player was at rest.
    pub(crate) fn handle_remaining_commands(&mut self) -> Result<(), PlayerError> {
        while let Ok(message) = self.messages.try_recv() {
            if let Message::Command(command) = message {
                self.handle_command(command)?;
            }
        }
        Ok(())
    }
}
