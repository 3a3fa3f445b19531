/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What a SourceBuffer may hold.

use bytes::Bytes;
use media_source::element::ElementState;
use media_source::quota::Quota;

use track_buffer::time::PresentationTime;

use crate::host::Host;
use crate::media::{AAC, H264, Media};

/// <https://w3c.github.io/media-source/#sourcebuffer-prepare-append>
#[test]
fn sound_has_less_than_pictures() {
    for (name, mime_type, quota) in [("h264.mp4", H264, 150 << 20), ("aac.mp4", AAC, 12 << 20)] {
        let mut host = Host::open();
        let id = host.add(mime_type);
        host.append(id, &Media::load(name).initialization);
        // How the track is coded takes some of it.
        let (full, too_much) = (
            Bytes::from(vec![0; quota - 4096]),
            Bytes::from(vec![0; quota + 1]),
        );
        host.assert_throws("QuotaExceededError", |source| {
            source.append_buffer(id, &too_much, ElementState::default())
        });
        host.start_append(id, &full);
    }
}

/// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-eviction>
#[test]
fn the_embedder_sets_it() {
    let media = Media::load("h264.mp4");
    let mut host = Host::open();
    let id = host.add(H264);
    host.append(id, &media.initialization);
    let first_second = &media.segments[0];
    host.call(|source| {
        source.set_quota(Quota {
            with_video: first_second.len() - 1,
            ..Quota::default()
        })
    });
    host.assert_throws("QuotaExceededError", |source| {
        source.append_buffer(id, first_second, ElementState::default())
    });
    host.call(|source| source.set_quota(Quota::default()));
    host.append(id, first_second);
    assert_eq!(host.buffered(id), "0..1");
}

/// What was played goes first, then what is farthest ahead; what is played stays.
///
/// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-eviction>
#[test]
fn appending_evicts_what_is_not_played() {
    let media = Media::load("h264.mp4");
    let mut host = Host::open();
    let id = host.add(H264);
    host.append(id, &media.initialization);
    for segment in &media.segments[..4] {
        host.append(id, segment);
    }
    // Nothing more fits.
    let held = host.source.memory().bytes();
    host.call(|source| {
        source.set_quota(Quota {
            with_video: held,
            ..Quota::default()
        })
    });
    host.forget();
    let playing = ElementState {
        position: PresentationTime::from_seconds(2.5),
        ..ElementState::default()
    };
    host.call(|source| source.append_buffer(id, &media.segments[4], playing))
        .expect("what was played makes room");
    assert_eq!(
        host.told(),
        ["element buffered", "fire updatestart at SourceBuffer 0"]
    );
    host.finish();
    let buffered = host.source.buffered(id).expect("it is there");
    let (start, end) = buffered
        .range_containing(playing.position)
        .expect("what is played stays");
    assert!(
        (1.0..=2.0).contains(&start.seconds()) && end.seconds() == 5.0,
        "{buffered:?}"
    );
}

/// <https://w3c.github.io/media-source/#sourcebuffer-prepare-append>
#[test]
fn what_never_fits_evicts_nothing() {
    let media = Media::load("h264.mp4");
    let mut host = Host::open();
    let id = host.add(H264);
    host.append(id, &media.whole);
    host.call(|source| {
        source.set_quota(Quota {
            with_video: 100,
            ..Quota::default()
        })
    });
    host.assert_throws("QuotaExceededError", |source| {
        source.append_buffer(id, &media.whole, ElementState::default())
    });
}
