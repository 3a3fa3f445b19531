/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What a cursor hands to the player.

use std::sync::Arc;

use byte_stream::track::CodecConfiguration;
use bytes::Bytes;

use crate::time::{DecodeTime, PresentationTime, TimeDelta};

/// The answer to reading at a cursor.
#[derive(Clone, Debug)]
pub enum Read {
    /// The next frame in decode order; the cursor has moved past it.
    Frame(ReadFrame),
    /// Nothing is buffered where the cursor stands, but there are frames later: a gap.
    Gap,
    /// Nothing is buffered where the cursor stands or later.
    End,
}

/// A stored frame, as a decoder gets it. Cloning it copies no media data.
#[derive(Clone, Debug)]
pub struct ReadFrame {
    /// How it is coded. The same `Arc` as the frame before unless the configuration changed.
    pub configuration: Arc<CodecConfiguration>,
    /// When it is shown.
    pub start: PresentationTime,
    /// When the next frame takes its place: exactly that frame's start where they adjoin, or where
    /// they overlap by no more than rounding does.
    pub end: PresentationTime,
    /// Its place in decode order.
    pub decode: DecodeTime,
    /// Whether decoding can begin with it.
    pub is_random_access_point: bool,
    /// The coded bytes.
    pub payload: Bytes,
    /// How much sound its decoding gives before `start` that is not to be heard.
    pub discard_start: TimeDelta,
    /// How much sound its decoding gives after `end` that is not to be heard.
    pub discard_end: TimeDelta,
    /// If decoding begins with this frame of sound, the one to decode ahead of it.
    pub preroll: Option<Preroll>,
}

/// A frame of sound just before the append window. Nothing of it is heard; a decoder that starts
/// with it has settled when the next frame comes.
#[derive(Clone, Debug)]
pub struct Preroll {
    /// How much sound its decoding gives.
    pub duration: TimeDelta,
    /// The coded bytes.
    pub payload: Bytes,
}
