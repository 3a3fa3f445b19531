/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The properties that the fuzz targets check, which are those of the crate's tests.

#[path = "../../components/byte_stream/tests/outcome.rs"]
pub mod outcome;
#[path = "../../components/byte_stream/tests/properties.rs"]
pub mod properties;
