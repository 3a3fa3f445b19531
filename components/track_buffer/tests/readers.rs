/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Overlap at the playhead: what a reader gets when the frames under it are replaced.

use crate::notation::check;

// The reader has got 0 to 80 when all is replaced.
fn check_in_the_middle(rest: &str) {
    let start = "
        tracks: v
        append v: 0K 40 80
        reads v: 0K 40 80 end
        append v: 120 160 200 240K 280
        reset
        configure v: 2
    ";
    check(&format!("{start}\n{rest}"));
}

#[test]
fn the_old_pictures_go_on_until_the_next_random_access_point() {
    check_in_the_middle(
        "
        append v: 0K 40 80 120 160K 200 240 280
        reads v: 120 #2 160K 200 240 280 end
        seek v: 0
        reads v: #2 0K 40 80 120 160K 200 240 280 end
        ",
    );
}

#[test]
fn the_old_pictures_go_on_to_their_end_if_the_new_have_no_random_access_point() {
    check_in_the_middle(
        "
        append v: 0K 40 80 120 160 200 240K 280
        reads v: 120 160 200 #2 240K 280 end
        ",
    );
}

#[test]
fn removal_takes_the_old_pictures_too() {
    check_in_the_middle(
        "
        append v: 0K 40 80
        remove: 0..
        reads v: end
        append v: 0K 40 80 120 160K
        reads v: #2 160K end
        ",
    );
}

#[test]
fn removal_ahead_ends_the_old_pictures_there() {
    check_in_the_middle(
        "
        append v: 0K 40 80
        remove: 160..
        append v: 120 160
        reads v: 120 #2 0K 40 80 120 160 end
        ",
    );
}
