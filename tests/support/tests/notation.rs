/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The notation means the same over track buffers and over a MediaSource.

use test_support::notation::{check, check_media_source};

#[test]
fn frames_come_through_bytes_as_they_are() {
    let script = "
        tracks: v a
        append v: 0K 120|40 40|80 80|120 160K/33.333; a: 0/23.22 23.22
        append v: 1000|1000K 1040|1040/5; a: 1000
        reads v: 0K 120 40 80 160K gap
        reads a: 0 23.22 gap
        seek v: 1000
        reads v: 1000K 1040 end
        configure v: 2
        append v: 200K 240
        seek v: 0
        reads v: 0K 120 40 80 160K #2 200K 240 gap
        ";
    check(script);
    check_media_source(script);
}

#[test]
#[should_panic = "actual"]
fn what_differs_is_told() {
    check("tracks: v\nappend v: 0K 40\nbuffered: 0..81");
}

#[test]
fn effects_are_in_their_order() {
    check_media_source(
        "
        tracks: v
        duration is: inf
        effects: fire addsourcebuffer at sourceBuffers; fire updatestart at SourceBuffer 0; \
            element duration inf; element adds Video track 1, enabled; \
            fire addsourcebuffer at activeSourceBuffers; element tracks; element buffered; \
            fire update at SourceBuffer 0; fire updateend at SourceBuffer 0
        append v: 0K 40
        effects: fire updatestart at SourceBuffer 0; element buffered; \
            fire update at SourceBuffer 0; fire updateend at SourceBuffer 0
        ",
    );
}
