/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What it takes to let scripts see what an append made of many ranges.

use allocation_counter::measure;
use media_source::{Effect, ElementReadyState, Job, MediaSource, Page, SourceBufferId};
use test_support::media::{Media, VP8, VP8_VORBIS};
use test_support::webm::{IS_KEY, SIMPLE_BLOCK, block_of, cluster, element};
use track_buffer::time::PresentationTime;

const MEASURED: u32 = 50;
/// An array of a thousand ranges.
const MANY_BYTES: u64 = 16_000;

fn run_jobs(source: &mut MediaSource) {
    while let Some(effect) = source.poll_effect() {
        if let Effect::RunJob(job) = effect {
            source.handle_job_outcome(Job::run(job));
        }
    }
}

/// Appends, and looks what the media element and the SourceBuffer have then.
fn append(source: &mut MediaSource, id: SourceBufferId, data: &[u8]) {
    let mut buffer = source.source_buffer(id).expect("it is there");
    buffer.append_buffer(data).expect("there is room");
    run_jobs(source);
    source.element_view().ready_state(PresentationTime::ZERO);
    assert!(
        source
            .buffered(id)
            .is_ok_and(|ranges| ranges.len() < 10_000)
    );
}

/// How many bytes are allocated for an append of a range that is one more than so many.
fn allocated_by_append(tracks: u8, source_buffers: usize, ranges: u32) -> u64 {
    let (name, mime_type) = match tracks {
        1 => ("vp8.webm", VP8),
        _ => ("vp8-vorbis.webm", VP8_VORBIS),
    };
    let mut source = MediaSource::new(&Page::without_player(|_| true));
    assert!(source.attach());
    let ids: Vec<_> = (0..source_buffers)
        .map(|_| {
            source
                .add_source_buffer(mime_type)
                .expect("it is supported")
        })
        .collect();
    for id in &ids {
        append(&mut source, *id, &Media::load(name).initialization);
    }
    // They touch none of the others of their track.
    let frames = |number: u32| {
        let blocks =
            (1..=tracks).flat_map(|track| element(SIMPLE_BLOCK, &block_of(track, 0, IS_KEY, &[7])));
        cluster(5000 * number, &blocks.collect::<Vec<_>>())
    };
    let all: Vec<u8> = (0..ranges).flat_map(frames).collect();
    for id in &ids {
        append(&mut source, *id, &all);
    }
    let data: Vec<_> = (ranges..ranges + MEASURED).map(frames).collect();
    let allocated = measure(|| {
        for data in &data {
            for id in &ids {
                append(&mut source, *id, data);
            }
        }
    });
    let buffered = source.element_view().buffered();
    assert_eq!(buffered.len(), (ranges + MEASURED) as usize);
    let ready_state = source.element_view().ready_state(PresentationTime::ZERO);
    assert!(ready_state > ElementReadyState::HaveMetadata);
    allocated.bytes_total / u64::from(MEASURED)
}

fn check(tracks: u8, source_buffers: usize) {
    let [few, many] = [100, 4000].map(|ranges| allocated_by_append(tracks, source_buffers, ranges));
    assert!(many < few + MANY_BYTES, "{few} bytes, then {many}");
}

#[test]
fn a_range_more_of_one_track() {
    check(1, 1);
}

#[test]
fn a_range_more_of_two_tracks() {
    check(2, 1);
}

#[test]
fn a_range_more_of_two_source_buffers() {
    check(1, 2);
}
