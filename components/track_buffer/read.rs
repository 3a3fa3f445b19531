/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The answers that a player gets when it reads at a cursor.

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

/// A stored frame in the form for a decoder. Cloning it copies no media data.
#[derive(Clone, Debug)]
pub struct ReadFrame {
    /// How the frame is coded. It is the same `Arc` as that of the frame before unless the
    /// configuration changed.
    pub configuration: Arc<CodecConfiguration>,
    /// When the frame is presented.
    pub start: PresentationTime,
    /// When the next frame takes its place. It is exactly the start of that frame where they
    /// adjoin, or overlap only by rounding.
    pub end: PresentationTime,
    /// The place in decode order.
    pub decode: DecodeTime,
    /// Whether decoding can begin with it.
    pub is_random_access_point: bool,
    /// The coded bytes.
    pub payload: Bytes,
    /// How much audio the frame decodes to before `start`, which is discarded.
    pub discard_start: TimeDelta,
    /// How much audio the frame decodes to after `end`, which is discarded.
    pub discard_end: TimeDelta,
    /// The frame to decode ahead of this audio frame if decoding begins with it.
    pub preroll: Option<Preroll>,
}

/// An audio frame just before the append window. Nothing of it is audible, but a decoder that
/// starts with it has settled when the next frame comes.
#[derive(Clone, Debug)]
pub struct Preroll {
    /// How long the audio is that the frame decodes to.
    pub duration: TimeDelta,
    /// The coded bytes.
    pub payload: Bytes,
}
