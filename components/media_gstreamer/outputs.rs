/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Where the decoded media of a player goes, and what decodes it.

use std::sync::Arc;

use media_source::VideoRenderer;
use parking_lot::Mutex;

use crate::hardware::DecoderPreference;
use crate::quality::Ledger;
use crate::shared::Shared;

/// A renderer that outlives the sinks that call it, one at a time.
pub(crate) type SharedRenderer = Arc<Mutex<Box<dyn VideoRenderer>>>;

/// The outputs of decoded media, the volume, and which decoders are used.
pub(crate) struct Outputs {
    pub(crate) preference: DecoderPreference,
    pub(crate) renderer: SharedRenderer,
    /// Tells the listener of the frames that were shown.
    pub(crate) shared: Arc<Shared>,
    /// From 0 (silence) to 1.
    pub(crate) volume: f64,
    pub(crate) is_muted: bool,
    /// Whether audio keeps its pitch at other rates than 1.
    pub(crate) preserves_pitch: bool,
    pub(crate) ledger: Arc<Ledger>,
}

impl Outputs {
    pub(crate) fn new(
        renderer: Box<dyn VideoRenderer>,
        shared: Arc<Shared>,
        preference: DecoderPreference,
    ) -> Self {
        Self {
            preference,
            renderer: Arc::new(Mutex::new(renderer)),
            ledger: Arc::new(Ledger::new(shared.frame_counter.clone())),
            shared,
            volume: 1.,
            is_muted: false,
            preserves_pitch: true,
        }
    }
}
