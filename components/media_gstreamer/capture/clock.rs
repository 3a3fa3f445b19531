/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The clock of all captured media.

use std::sync::LazyLock;
use std::time::Duration;

use gstreamer::prelude::*;
use gstreamer::{Clock, ClockTime, Pipeline, SystemClock};

/// When the time of captured media began.
static BASE: LazyLock<ClockTime> = LazyLock::new(|| SystemClock::obtain().time());

/// Returns the time of media that are captured now.
pub(crate) fn now() -> ClockTime {
    let base = *BASE;
    SystemClock::obtain().time().saturating_sub(base)
}

/// Returns how long ago media of that time were captured.
pub(crate) fn age_of(time: ClockTime) -> Duration {
    now().saturating_sub(time).into()
}

/// Makes the media of `pipeline` have this time.
pub(crate) fn install(pipeline: &Pipeline) {
    let clock: Clock = SystemClock::obtain();
    pipeline.use_clock(Some(&clock));
    // Otherwise the pipeline would set a base time of its own whenever it starts.
    pipeline.set_start_time(ClockTime::NONE);
    pipeline.set_base_time(*BASE);
}
