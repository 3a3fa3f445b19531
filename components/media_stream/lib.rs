/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Media Capture and Streams: <https://w3c.github.io/mediacapture-main/>, without an engine, a clock or a
//! device.
//!
//! A [`Capture`] has the sources, tracks and streams of a document, and tells the host what to do by
//! [`Effect`]s. [`select_settings`] chooses the device and the settings that fit the [`Constraints`] of a
//! page best, among the [`Space`]s of settings that devices can have: for `getUserMedia()` among all devices,
//! for `applyConstraints()` among those of one. [`capabilities`] are the answer of `getCapabilities()`, and
//! [`device_infos`] that of `enumerateDevices()`.

mod backend;
mod capabilities;
mod capture;
mod constraint;
mod device;
mod fitness;
mod frame_size;
mod property;
mod select;
mod source;
mod space;

pub use backend::{
    CaptureBackend, CaptureSource, DeviceDescription, DeviceWatch, DevicesListener, Feed, OpenError,
    SourceEvent, SourceListener, StreamPlayer, StreamPlayerEvent, StreamPlayerListener,
};
pub use capabilities::{Capabilities, Capability, capabilities};
pub use capture::{Capture, Effect, StreamEvent, StreamId, Track, TrackEvent, TrackId};
pub use constraint::{Constraint, ConstraintSet, Constraints};
pub use device::{Device, DeviceInfo, DeviceKind, Exposure, device_infos};
pub use fitness::fitness_distance;
pub use property::{Kind, Property, Settings, Value};
pub use select::{Selection, select_settings};
pub use source::{SourceCommand, SourceId};
pub use space::{CameraMode, NumberRange, SizeRange, Space, camera_spaces};
