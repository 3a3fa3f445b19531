/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the account of memory says, and what the quota makes of it.

use bytes::Bytes;
use media_source::{Exception, MediaSource, Page, Quota, SourceBufferId};

use crate::host::Host;
use crate::media::{H264, Media};

const MEBIBYTE: usize = 1 << 20;

fn mp4_box(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let size = 8 + content.len() as u32;
    [&size.to_be_bytes()[..], name, content].concat()
}

fn host() -> (Host, SourceBufferId, Media) {
    let mut host = Host::open();
    let id = host.add(H264);
    let media = Media::load("h264.mp4");
    host.append(id, &media.initialization);
    (host, id, media)
}

/// Few bytes of frames among many that are skipped do not keep those.
#[test]
fn a_small_frame_does_not_keep_its_chunk() {
    let (mut host, id, media) = host();
    let filler = mp4_box(b"free", &vec![0; MEBIBYTE]);
    let mut frames = 0;
    for round in 0..20 {
        let segment = &media.segments[round % media.segments.len()];
        let data = [&filler[..], segment, &filler].concat();
        frames += segment.len();
        host.append(id, &Bytes::from(data));
    }
    let held = host.source.memory().bytes();
    assert!(held < frames + 2 * MEBIBYTE, "{held} of {frames}");
}

/// By a page of two media sources, the second of which finds the first's media there.
#[test]
fn media_sources_of_a_page_share_its_quota() {
    let page = Page::without_player(|_| true);
    let data = vec![0; MEBIBYTE];
    let mut sources: Vec<_> = (0..2)
        .map(|_| {
            let mut source = MediaSource::new(&page);
            source.set_quota(Quota {
                page: MEBIBYTE * 3 / 2,
                ..Quota::default()
            });
            assert!(source.attach());
            let id = source.add_source_buffer(H264).expect("it is supported");
            (source, id)
        })
        .collect();
    let append = |(source, id): &mut (MediaSource, SourceBufferId)| {
        source.source_buffer(*id)?.append_buffer(&data)
    };
    append(&mut sources[0]).expect("it fits");
    let refused = append(&mut sources[1]);
    assert!(matches!(refused, Err(Exception::QuotaExceeded(_))));
    sources.remove(0);
    append(&mut sources[0]).expect("it fits now");
}

/// The fuzz target calls the same function.
#[test]
fn random_calls_leave_all_in_order() {
    for seed in 0..40 {
        test_support::calls::run_calls(&test_support::random_bytes(seed, 400));
    }
}

/// Whatever is appended, the quota is a bound on all that is held.
#[test]
fn the_quota_bounds_what_is_held() {
    let (mut host, id, media) = host();
    let with_video = MEBIBYTE;
    host.call(|source| {
        source.set_quota(Quota {
            with_video,
            ..Quota::default()
        })
    });
    let mut refused = 0;
    for offset in 0..1000 {
        host.call(|source| {
            source
                .source_buffer(id)?
                .set_timestamp_offset(f64::from(offset))
        })
        .expect("it is between two segments");
        let appended =
            host.call(|source| source.source_buffer(id)?.append_buffer(&media.segments[0]));
        host.finish();
        let held = host.source.memory().bytes();
        assert!(held <= with_video * 11 / 10, "{held} of {with_video}");
        assert!(appended.is_ok() || held > with_video / 2);
        if appended.is_err() {
            refused += 1;
            host.remove(id, 0.0, f64::INFINITY);
        }
    }
    assert!(refused > 0, "it was full");
}
