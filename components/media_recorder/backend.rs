/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The contract of a backend: what a recorder asks of whatever encodes and writes files. No method waits for what it
//! asks for. Listeners are called on any thread; they must not block it.

use std::sync::Arc;
use std::time::Duration;

use byte_stream::track::{AudioCodec, VideoCodec};
use media_stream::{Feed, Kind, Settings};

use crate::bit_rates::BitRateMode;
use crate::encoders::{Container, Encoders};

/// Records tracks. All pages of a process share one.
pub trait RecorderBackend: Send + Sync {
    /// Returns what it can record.
    fn encoders(&self) -> Encoders;

    /// Begins to record. `listener` is told what happens until the recording is dropped.
    fn start(&self, plan: RecordingPlan, listener: RecordingListener) -> Box<dyn Recording>;
}

/// What is recorded, and how.
pub struct RecordingPlan {
    /// The format of the file.
    pub container: Container,
    /// How the audio tracks are encoded, if there are any.
    pub audio: Option<AudioPlan>,
    /// How the video tracks are encoded, if there are any.
    pub video: Option<VideoPlan>,
    /// The tracks. A recording names them by their places here.
    pub tracks: Vec<PlannedTrack>,
    /// How much is recorded before it is handed over. Without it the whole is, when the recording is stopped.
    pub timeslice: Option<Duration>,
}

/// A track to record.
pub struct PlannedTrack {
    /// Whether it is sound or pictures.
    pub kind: Kind,
    /// Its media.
    pub feed: Arc<dyn Feed>,
    /// What it was like when the recording began. Pictures and sound may be different, and become so.
    pub settings: Settings,
}

/// How audio is encoded.
#[derive(Clone, Debug, PartialEq)]
pub struct AudioPlan {
    /// The codec.
    pub codec: AudioCodec,
    /// How many bits a second of each track has. An encoder takes the nearest rate that it has.
    pub bits_per_second: u32,
    /// How evenly they are spread.
    pub bit_rate_mode: BitRateMode,
}

/// How video is encoded.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoPlan {
    /// The codec.
    pub codec: VideoCodec,
    /// How many bits a second of each track has. An encoder takes the nearest rate that it has.
    pub bits_per_second: u32,
    /// How far key frames are apart at most.
    pub key_frame_interval: KeyFrameInterval,
    /// Whether the parameter sets of H.264 are among the pictures (`avc3`).
    pub has_parameter_sets_in_band: bool,
}

/// How far key frames are apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum KeyFrameInterval {
    /// The first frame after that time is one.
    Time(Duration),
    /// The first frame after so many is one.
    Frames(u32),
}

/// A recording that goes on. Each method has an event as its answer, in the same order, unless the recording has
/// ended. Dropping it ends it without a file, on another thread if that takes time.
pub trait Recording: Send {
    /// Records nothing until it is resumed: the time of the recording stands.
    fn pause(&self);

    /// Records again.
    fn resume(&self);

    /// Hands over what has been recorded.
    fn request_data(&self);

    /// Does not wait for media of a track any more: it has ended.
    fn end_track(&self, place: usize);

    /// Ends the recording, and hands over the rest.
    fn stop(&self);
}

/// Receives what happens to a recording.
pub type RecordingListener = Box<dyn Fn(RecordingEvent) + Send + Sync>;

/// Something that happened to a recording.
#[derive(Debug, PartialEq)]
pub enum RecordingEvent {
    /// It has begun, though no media may have come. This comes first, or nothing but `Failed` does.
    Started,
    /// It pauses.
    Paused,
    /// It goes on.
    Resumed,
    /// So much has been recorded: a timeslice of it, or what was asked for.
    Data(RecordedData),
    /// It was stopped, and this is the rest. Nothing comes after it.
    Stopped(RecordedData),
    /// It has failed. Nothing comes after it.
    Failed(RecordingFailure),
}

/// A part of a file.
#[derive(Debug, Default, PartialEq)]
pub struct RecordedData {
    /// The bytes, which follow those that were handed over before.
    pub bytes: Vec<u8>,
    /// How long after the recording began the first of them was there. With no bytes it is when they were asked for.
    pub created: Duration,
}

/// Why a recording has failed.
#[derive(Debug, PartialEq)]
pub enum RecordingFailure {
    /// It cannot begin. The message says what is missing.
    NotSupported(String),
    /// It cannot go on, for the reason in the message. What was recorded before may not be playable.
    Broken(String, RecordedData),
}

/// A backend of a machine without encoders.
#[derive(Clone, Copy, Debug, Default)]
pub struct WithoutEncoders;

impl RecorderBackend for WithoutEncoders {
    fn encoders(&self) -> Encoders {
        Encoders::default()
    }

    fn start(&self, _: RecordingPlan, listener: RecordingListener) -> Box<dyn Recording> {
        let message = "this platform cannot record".to_owned();
        listener(RecordingEvent::Failed(RecordingFailure::NotSupported(
            message,
        )));
        Box::new(Self)
    }
}

impl Recording for WithoutEncoders {
    fn pause(&self) {}

    fn resume(&self) {}

    fn request_data(&self) {}

    fn end_track(&self, _: usize) {}

    fn stop(&self) {}
}
