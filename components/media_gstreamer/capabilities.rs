/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What this machine can decode, as GStreamer's registry has it.

use byte_stream::track::Codec;

use crate::decoder::decoder_for;

/// Whether a decoder for `codec` is installed. The first question takes as long as starting
/// GStreamer does; the answers are kept.
pub fn can_decode(codec: Codec) -> bool {
    decoder_for(codec).is_some()
}
