/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tests of the parser with whole byte streams.

mod boxes;
mod clear_lead;
mod codecs;
mod configurations;
mod dependencies;
mod hostile;
mod laws;
mod layouts;
mod machine;
mod outcome;
mod packets;
mod properties;
mod regressions;
mod sample_entries;
mod sample_tables;
mod support;
mod upstream;
mod work;
