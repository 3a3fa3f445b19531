/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The colours that frames say themselves.

use super::av1::av1_color;
use super::vp9::vp9_color;
use crate::picture::ColorDescription;
use crate::track::{VideoCodec, VideoConfiguration};

impl VideoConfiguration {
    /// What the numbers of pictures mean as colours, by the configuration, and where that leaves it
    /// open by `payload`, a coded frame that decoding can begin with.
    pub fn color_with(&self, payload: &[u8]) -> ColorDescription {
        let coded = match self.codec {
            VideoCodec::Vp9 => vp9_color(payload),
            VideoCodec::Av1 => av1_color(payload),
            VideoCodec::H264 | VideoCodec::Hevc | VideoCodec::Vp8 => None,
        };
        self.color.or(coded.unwrap_or_default())
    }
}
