/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Media Capture and Streams: <https://w3c.github.io/mediacapture-main/>, without an engine, a clock or a
//! device.
//!
//! A [`Capture`] has the tracks of a document, its requests for devices (`getUserMedia()`) and what it knows of
//! them (`enumerateDevices()`). It opens devices through a [`CaptureBackend`], and tells the host what else to
//! do by [`Effect`]s. [`select_settings`] chooses the device and the settings that fit the [`Constraints`] of a
//! page best, among the [`Space`]s of settings that devices can have. A stream is no more than a list of
//! tracks, which the host keeps. A [`StreamPlayer`] of the backend plays it.

mod backend;
mod capabilities;
mod capture;
mod constraint;
mod device;
mod devices;
mod effect;
mod ended_playback;
mod fitness;
mod frame_size;
mod property;
mod select;
mod source;
mod space;
mod user_media;

pub use backend::{
    CaptureBackend, CaptureSource, DeviceDescription, DeviceWatch, DevicesListener, Feed,
    OpenError, PictureSink, SoundReader, SoundSink, SourceEvent, SourceListener, StreamPlayer,
    StreamPlayerEvent, StreamPlayerListener, WithoutDevices,
};
pub use capabilities::{Capabilities, Capability, capabilities};
pub use capture::{Capture, NewSourceListener, Track, TrackId};
pub use constraint::{Constraint, ConstraintSet, Constraints};
pub use device::{Device, DeviceInfo, DeviceKind, Exposure, Exposures, device_infos};
pub use effect::{CaptureError, Effect, Overconstrained, RequestId, TrackEvent};
pub use ended_playback::{EndedPlayback, PlaybackChange};
pub use fitness::fitness_distance;
pub use property::{Kind, Property, Settings, Value, number};
pub use select::{Selection, select_settings};
pub use source::SourceId;
pub use space::{CameraMode, NumberRange, SizeRange, Space, camera_spaces};
pub use user_media::{PageState, PermissionState};
