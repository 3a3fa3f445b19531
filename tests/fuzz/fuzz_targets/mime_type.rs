/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

#![no_main]

use sprocket_fuzz::properties::check_mime_type;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check_mime_type(bytes));
