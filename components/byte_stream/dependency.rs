/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The dependencies among coded video frames. A player that has to decode frames which are not shown, as on
//! the way to the target of a seek, can leave out those that no other frame depends on.

use crate::codecs::Dependencies;
use crate::track::CodecConfiguration;

/// Reads dependencies from the bytes of coded frames of one configuration.
#[derive(Clone, Debug)]
pub struct FrameDependencies(Option<Dependencies>);

impl FrameDependencies {
    /// Makes the reader for frames with `configuration`, the first of which is a random access point.
    pub fn new(configuration: &CodecConfiguration) -> Self {
        Self(match configuration {
            CodecConfiguration::Video(video) => Some(Dependencies::new(video)),
            CodecConfiguration::Audio(_) | CodecConfiguration::Text(_) => None,
        })
    }

    /// Returns whether the next frame in decode order can be left out: the pictures of all other frames are
    /// the same without it. It is `false` where that is not known.
    pub fn is_discardable(&mut self, payload: &[u8]) -> bool {
        let dependencies = self.0.as_mut();
        dependencies.is_some_and(|dependencies| dependencies.is_discardable(payload))
    }
}
