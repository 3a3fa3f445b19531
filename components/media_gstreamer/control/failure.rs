/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How playback goes on after the failure of a decoder.

use byte_stream::configuration_check::Cause;
use byte_stream::track::Medium;
use media_source::PlayerError;

use super::Control;
use crate::log::CATEGORY;
use crate::message::Generation;

impl Control {
    /// Goes on after a decoder was found to give nothing, if that is possible.
    pub(super) fn recover_from_silence(&mut self, medium: Medium) -> Result<(), PlayerError> {
        let graph = self.graph.as_mut();
        let chain = graph.and_then(|graph| graph.chain_of(medium));
        let error = PlayerError::Playback {
            track: chain.map(|chain| chain.name().to_owned()),
            position: self.playhead.position(),
            message: "the decoder gives nothing for many frames, or for the last".to_owned(),
        };
        self.recover(medium, error)
    }

    /// Handles that no element can take the decoded frames of a track. Unless it is a hardware decoder that
    /// made them, that ends playback, since others would make the same of it.
    pub(super) fn refuse_output(
        &mut self,
        generation: Generation,
        medium: Medium,
        cause: Cause,
    ) -> Result<(), PlayerError> {
        let graph = self.graph.as_mut();
        // The chain is gone if the message is from an earlier pipeline.
        let graph = graph.filter(|graph| graph.generation() == generation);
        let Some(chain) = graph.and_then(|graph| graph.chain_of(medium)) else {
            return Ok(());
        };
        let error = chain.refusal(cause);
        if chain.uses_hardware() {
            self.recover(medium, error)
        } else {
            Err(error)
        }
    }

    /// Goes on after the failure of a decoder, if that is possible.
    pub(super) fn recover(
        &mut self,
        medium: Medium,
        error: PlayerError,
    ) -> Result<(), PlayerError> {
        gstreamer::warning!(CATEGORY, "{error}");
        let Some(graph) = &mut self.graph else {
            return Ok(());
        };
        let mut skips_frames = false;
        if let Some(chain) = graph.chain_of(medium) {
            chain.recover(error)?;
            gstreamer::info!(CATEGORY, "goes on with {:?}", chain.recovery());
            skips_frames = chain.recovery().skip_after().is_some();
        }
        if medium == Medium::Video && skips_frames {
            // This counts the frame at which it failed. Those after it come again.
            self.outputs.ledger.handle_failed();
        }
        self.replace_graph(self.shows_position())
    }
}
