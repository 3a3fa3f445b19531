/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Media Capture and Streams: <https://w3c.github.io/mediacapture-main/>, without an engine, a clock or a
//! device.
//!
//! What is here so far is what needs no capture. First, the choice of settings: which device, and which of its [`Space`]s of possible
//! settings, fits the [`Constraints`] of a page best. [`select_settings`] answers that for `getUserMedia()`,
//! which chooses among all devices, and for `applyConstraints()`, which keeps its device. [`capabilities`] are
//! the answer of `getCapabilities()`, and [`device_infos`] that of `enumerateDevices()`.

mod capabilities;
mod constraint;
mod device;
mod fitness;
mod frame_size;
mod property;
mod select;
mod space;

pub use capabilities::{Capabilities, Capability, capabilities};
pub use constraint::{Constraint, ConstraintSet, Constraints};
pub use device::{Device, DeviceInfo, DeviceKind, Exposure, device_infos};
pub use fitness::fitness_distance;
pub use property::{Kind, Property, Settings, Value};
pub use select::{Selection, select_settings};
pub use space::{CameraMode, NumberRange, SizeRange, Space, camera_spaces};
