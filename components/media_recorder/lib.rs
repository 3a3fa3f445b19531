/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! MediaStream Recording: <https://w3c.github.io/mediacapture-record/>, without an engine, a clock or an encoder.
//!
//! A [`Recorder`] has the state of a MediaRecorder. It records through a [`RecorderBackend`], and tells the host by
//! [`RecorderEvent`]s what to fire. What comes from the backend goes to the host's thread in tasks, which stand for
//! those that the specification queues. [`is_type_supported`] says what can be recorded, where [`Encoders`] are
//! what the backend has.

mod backend;
mod bit_rates;
mod encoders;
mod error;
mod mime_type;
mod recorder;

pub use backend::{
    AudioPlan, KeyFrameInterval, PlannedTrack, RecordedData, RecorderBackend, Recording,
    RecordingEvent, RecordingFailure, RecordingListener, RecordingPlan, VideoPlan, WithoutEncoders,
};
pub use bit_rates::{BitRateMode, BitRates};
pub use encoders::{Container, Encoders, Part};
pub use error::RecorderError;
pub use mime_type::is_type_supported;
pub use recorder::{
    NewRecordingListener, Recorder, RecorderEvent, RecorderOptions, RecordingId, RecordingState,
};
