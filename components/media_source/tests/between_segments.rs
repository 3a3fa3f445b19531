/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Attributes that a page sets between two media segments.

use std::fs;
use std::path::Path;

use byte_stream::track::Medium;
use bytes::Bytes;
use media_source::{AppendMode, TrackReader};
use track_buffer::read::Read;
use track_buffer::time::PresentationTime;

use crate::host::Host;

fn transport_stream(name: &str) -> Bytes {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/media/layouts");
    let file = fs::read(folder.join(name));
    file.expect("the file is in the repository").into()
}

/// "When timestampOffset is successfully set, MPEG2TS_timestampOffset MUST be set to 0."
///
/// <https://w3c.github.io/mse-byte-stream-format-mp2t/#mpeg2ts-discontinuities>
#[test]
fn setting_timestamp_offset_ends_the_offset_of_the_format() {
    let whole = transport_stream("discontinuity.ts");
    // It begins with this one, and goes on with one that starts at 51.4 s.
    let after_discontinuity = whole.slice(transport_stream("h264-aac.ts").len()..);
    let mut host = Host::open();
    let id = host.add("video/mp2t");
    host.append(id, &whole);
    let last_range = |host: &Host| {
        let buffered = host.source.buffered(id).expect("it is there");
        let (start, end) = buffered.iter().last().expect("it is not empty");
        (start.seconds(), end.seconds())
    };
    assert!(last_range(&host).1 < 6.0, "{}", host.buffered(id));
    host.call(|source| source.source_buffer(id)?.set_timestamp_offset(1.0))
        .expect("it is idle");
    host.append(id, &after_discontinuity);
    let (start, end) = last_range(&host);
    assert!(
        (52.3..52.5).contains(&start) && (54.3..54.5).contains(&end),
        "{}",
        host.buffered(id)
    );
}

/// <https://w3c.github.io/media-source/#dom-sourcebuffer-timestampoffset>
#[test]
fn the_last_picture_of_a_segment_is_placed_by_the_attributes_of_its_time() {
    for set_offset in [true, false] {
        let mut host = Host::open();
        let id = host.add("video/mp2t");
        host.append(id, &transport_stream("h264-aac.ts"));
        host.forget();
        // It waits for the next one, to know when it is complete.
        let before = picture_times(&host);
        host.call(|source| {
            if set_offset {
                source.source_buffer(id)?.set_timestamp_offset(100.0)
            } else {
                source.source_buffer(id)?.set_mode(AppendMode::Sequence)
            }
        })
        .expect("it is between two segments");
        assert_eq!(host.told(), ["element buffered"]);
        let after = picture_times(&host);
        assert_eq!((before.len(), after.len()), (49, 50));
        assert!(
            after.iter().all(|time| (1.4..3.6).contains(time)),
            "{after:?}"
        );
        let offset = if set_offset { 100.0 } else { 0.0 };
        assert_eq!(host.attributes(id).timestamp_offset, offset);
    }
}

/// In seconds, in decode order.
fn picture_times(host: &Host) -> Vec<f64> {
    let readers = host.source.element_view().track_readers();
    let is_video = |reader: &TrackReader| reader.configuration().medium() == Medium::Video;
    let mut reader = readers.into_iter().find(is_video).expect("there is one");
    reader.seek(PresentationTime::from_seconds(1.5));
    std::iter::from_fn(|| match reader.read() {
        Read::Frame(frame) => Some(frame.start.seconds()),
        Read::Gap | Read::End => None,
    })
    .collect()
}
