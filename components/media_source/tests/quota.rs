/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What a SourceBuffer may hold.

use bytes::Bytes;
use media_source::{Effect, Quota, SourceBufferId};

use track_buffer::time::PresentationTime;

use crate::host::Host;
use crate::media::{AAC, H264, Media, VP8};

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
            source.source_buffer(id)?.append_buffer(&too_much)
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
        source.source_buffer(id)?.append_buffer(first_second)
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
    let position = PresentationTime::from_seconds(2.5);
    host.source.element_view().set_position(position);
    host.call(|source| source.source_buffer(id)?.append_buffer(&media.segments[4]))
        .expect("what was played makes room");
    assert_eq!(
        host.told(),
        ["element buffered", "fire updatestart at SourceBuffer 0"]
    );
    host.finish();
    let buffered = host.source.buffered(id).expect("it is there");
    let (start, end) = buffered
        .range_containing(position)
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
        source.source_buffer(id)?.append_buffer(&media.whole)
    });
}

/// A WebM element of at most 16 MiB.
fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
    let size = (content.len() as u32) | 0x1000_0000;
    [id, &size.to_be_bytes(), content].concat()
}

/// A cluster of pictures of one byte, a millisecond each, of which so many are random access points.
fn cluster(start: u32, pictures: u16, random_access_points: u16) -> Vec<u8> {
    let mut content = element(&[0xe7], &start.to_be_bytes());
    for time in 0..pictures {
        let is_random_access_point = time < random_access_points;
        let flags = if is_random_access_point { 0x80 } else { 0 };
        let [high, low] = time.to_be_bytes();
        content.extend(element(&[0xa3], &[0x81, high, low, flags, 0]));
    }
    element(&[0x1f, 0x43, 0xb6, 0x75], &content)
}

/// A SourceBuffer of pictures, full with what was played already.
fn full_host(clusters: &[Vec<u8>]) -> (Host, SourceBufferId) {
    let mut host = Host::open();
    let id = host.add(VP8);
    host.append(id, &Media::load("vp8.webm").initialization);
    for cluster in clusters {
        host.append(id, &Bytes::copy_from_slice(cluster));
    }
    let with_video = 60_000;
    assert!(host.source.memory().bytes() > with_video);
    host.call(|source| {
        source.set_quota(Quota {
            with_video,
            ..Quota::default()
        })
    });
    (host, id)
}

/// One call evicts as much as a script may wait for; the calls after it go on.
///
/// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-eviction>
#[test]
fn very_many_groups_are_evicted_in_several_calls() {
    const GROUPS: u16 = 3000;
    let (mut host, id) = full_host(&[cluster(0, GROUPS, GROUPS)]);
    // All of it is played.
    host.source
        .element_view()
        .set_position(PresentationTime::from_seconds(60.0));
    let start = |host: &Host| {
        let buffered = host.source.buffered(id).expect("it is there");
        let (start, _) = buffered.iter().next().expect("the last group stays");
        start.nanoseconds() / 1_000_000
    };
    let mut calls = 0;
    loop {
        let before = start(&host);
        let appended = host.call(|source| source.source_buffer(id)?.append_buffer(&[0xec]));
        calls += 1;
        let evicted = start(&host) - before;
        assert!((1..=300).contains(&evicted), "{evicted} in call {calls}");
        if appended.is_ok() {
            break;
        }
    }
    assert!(calls >= 5, "{calls} calls");
}

/// Nor does a call wait for the frames of a very large group to be dropped: the host has it done
/// elsewhere. Until then they count.
#[test]
fn a_very_large_group_is_dropped_elsewhere() {
    let pictures = 30_000;
    let (mut host, id) = full_host(&[cluster(0, pictures, 1), cluster(40_000, 1, 1)]);
    // All of it is played.
    host.source
        .element_view()
        .set_position(PresentationTime::from_seconds(60.0));
    let held = host.source.memory().bytes();
    host.forget();
    let refused = host
        .source
        .source_buffer(id)
        .expect("it is there")
        .append_buffer(&[0xec]);
    assert!(refused.is_err());
    let effects = std::iter::from_fn(|| host.source.poll_effect());
    let discarded: Vec<_> = effects
        .filter(|effect| matches!(effect, Effect::Discard(_)))
        .collect();
    assert_eq!(discarded.len(), 1);
    assert!(host.source.memory().bytes() > held / 2, "they count");
    assert!(host.source.attributes(id).is_some(), "it is still there");
    drop(discarded);
    assert!(host.source.memory().bytes() < held / 4, "they are gone");
    host.call(|source| source.source_buffer(id)?.append_buffer(&[0xec]))
        .expect("it fits now");
}
