/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What a panic of one of Servo's threads does.

use std::{panic, process};

/// Reports each panic, and then aborts the process if `abort` says so. Otherwise Servo goes on: it
/// shows a page of its own in place of the one that crashed.
pub fn report_panics(abort: bool) {
    let print_panic = panic::take_hook();
    panic::set_hook(Box::new(move |information| {
        // Servo catches some panics of its image decoders, which are no crash.
        if servo::should_panic_hook_suppress_termination() {
            return;
        }
        print_panic(information);
        if abort {
            process::abort();
        }
        // It is from the log that Servo learns that one of its threads has panicked.
        log::error!("{information}");
    }));
}
