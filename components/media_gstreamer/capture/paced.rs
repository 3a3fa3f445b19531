/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Media that are made here, a piece at a time, as the clock goes on.

use gstreamer::{Buffer, Caps, ClockTime, Format};
use gstreamer_app::{AppSrc, AppSrcCallbacks};

use super::clock;

/// How far the maker may be behind before pieces are left out, in seconds.
const GREATEST_DELAY: f64 = 0.1;

/// Returns a source of pieces of media, of which a second has `rate`. The piece of number n begins n /
/// `rate` seconds into the time of captured media, and `make` makes it. The sink makes it wait until it
/// is due.
pub(crate) fn source(
    caps: &Caps,
    rate: f64,
    mut make: impl FnMut(u64) -> Option<Buffer> + Send + 'static,
) -> AppSrc {
    let source = AppSrc::builder()
        .caps(caps)
        .format(Format::Time)
        .is_live(true)
        .build();
    let mut next = 0;
    let need_data = move |source: &AppSrc, _| {
        let current = (clock::now().nseconds() as f64 * 1e-9 * rate).floor() as u64;
        if next + (rate * GREATEST_DELAY) as u64 + 1 < current {
            next = current;
        }
        let Some(mut buffer) = make(next) else {
            // There is no memory.
            let _ = source.end_of_stream();
            return;
        };
        let start = |number: u64| ClockTime::from_seconds_f64(number as f64 / rate);
        let fields = buffer.make_mut();
        fields.set_pts(start(next));
        fields.set_duration(start(next + 1) - start(next));
        next += 1;
        // There is no receiver while the pipeline is being torn down.
        let _ = source.push_buffer(buffer);
    };
    source.set_callbacks(AppSrcCallbacks::builder().need_data(need_data).build());
    source
}
