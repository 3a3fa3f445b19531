/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! GStreamer as the backend of a page.

use media_source::{Backend, Codec, Player, PlayerError, PlayerListener, VideoRenderer};

use crate::capabilities;
use crate::pipelines::Pipelines;
use crate::player::GStreamerPlayer;
use crate::warm_up;

/// Decodes and plays the media of a page with GStreamer. Its players share a bounded number of
/// [`Pipelines`].
#[derive(Clone, Default)]
pub struct GStreamerBackend {
    pipelines: Pipelines,
}

impl GStreamerBackend {
    /// Returns a backend whose players share `pipelines`.
    pub fn new(pipelines: Pipelines) -> Self {
        Self { pipelines }
    }
}

impl Backend for GStreamerBackend {
    fn prepare(&self) {
        warm_up::begin(self.pipelines.decoder_preference());
    }

    fn can_decode(&self, codec: Codec) -> bool {
        let preference = self.pipelines.decoder_preference();
        capabilities::can_decode(codec, preference)
    }

    fn is_smooth(&self, pixels_per_second: f64) -> bool {
        capabilities::is_smooth(pixels_per_second)
    }

    fn is_power_efficient(&self, codec: Codec, size: (u32, u32)) -> bool {
        let preference = self.pipelines.decoder_preference();
        capabilities::is_power_efficient(codec, size, preference)
    }

    fn create_player(
        &self,
        renderer: Box<dyn VideoRenderer>,
        listener: PlayerListener,
    ) -> Result<Box<dyn Player>, PlayerError> {
        let player = GStreamerPlayer::new(&self.pipelines, renderer, listener)?;
        Ok(Box::new(player))
    }
}
