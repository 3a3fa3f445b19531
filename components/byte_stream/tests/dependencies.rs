/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Which frames nothing depends on, by their bytes. That the other pictures are the same without them is
//! tested where frames are decoded.

use byte_stream::dependency::FrameDependencies;

use crate::outcome::parse_whole;
use crate::support::Fixture;

const FILES: [(&str, usize); 6] = [
    ("codecs/h264-pyramid.mp4", 34),
    ("layouts/h264-aac.ts", 4),
    ("codecs/hvc1.mp4", 27),
    ("codecs/hevc-layers.mp4", 29),
    ("codecs/av1-pyramid.mp4", 12),
    ("layouts/vp9-opus.mp4", 0),
];

#[test]
fn frames_that_nothing_depends_on_are_found() {
    for (name, expected) in FILES {
        let fixture = Fixture::load(name);
        let outcome = parse_whole(fixture.format, &fixture.bytes);
        let track = &outcome.segments[0].tracks[0];
        let mut dependencies = FrameDependencies::new(&track.configuration);
        let frames = outcome.frames_of(track.id).into_iter();
        let discardable: Vec<_> = frames
            .filter(|frame| dependencies.is_discardable(&frame.payload))
            .collect();
        assert_eq!(discardable.len(), expected, "{name}");
        assert!(
            discardable
                .iter()
                .all(|frame| !frame.is_random_access_point),
            "{name}"
        );
    }
}

#[test]
fn any_bytes_can_be_asked_about() {
    for (name, _) in FILES {
        let fixture = Fixture::load(name);
        let outcome = parse_whole(fixture.format, &fixture.bytes);
        let track = &outcome.segments[0].tracks[0];
        let mut dependencies = FrameDependencies::new(&track.configuration);
        for frame in outcome.frames_of(track.id) {
            let longest = frame.payload.len().min(64);
            for length in 0..=longest {
                dependencies.is_discardable(&frame.payload[..length]);
            }
            for place in 0..longest {
                let mut payload = frame.payload.to_vec();
                payload[place] ^= 0xff;
                dependencies.is_discardable(&payload);
            }
        }
    }
}
