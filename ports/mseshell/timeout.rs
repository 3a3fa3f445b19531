/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The end of a run that takes too long, whatever the page or the browser is doing.

use std::thread;
use std::time::Duration;

use crate::exit_status::ExitStatus;

/// Ends the process after `timeout`, from a thread of its own: a page whose script never returns
/// ends too.
pub fn end_after(timeout: Duration) {
    thread::spawn(move || {
        thread::sleep(timeout);
        eprintln!(
            "mseshell: the timeout of {} s is reached",
            timeout.as_secs_f64()
        );
        // Not `std::process::exit`: it destroys the statics of Servo's C++ parts under their
        // threads, which then crash.
        signal_hook::low_level::exit(ExitStatus::TimedOut as i32);
    });
}
