/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The duration of the media source, and what the element is told of it.

use bytes::Bytes;
use media_source::SourceBufferId;

use crate::host::Host;
use crate::media::{AAC, H264, Media, VP8};

/// Open, with a SourceBuffer for H.264 that has its initialization segment, and of that duration.
fn host_of_duration(duration: f64) -> (Host, SourceBufferId, Media) {
    let media = Media::load("h264.mp4");
    let mut host = Host::open();
    let id = host.add(H264);
    host.append(id, &media.initialization);
    host.call(|source| source.set_duration(duration))
        .expect("nothing is buffered");
    host.forget();
    (host, id, media)
}

/// <https://w3c.github.io/media-source/#dom-mediasource-duration>,
/// <https://w3c.github.io/media-source/#sourcebuffer-init-segment-received>
#[test]
fn comes_from_the_first_initialization_segment() {
    let mut host = Host::open();
    let (webm, mp4) = (host.add(VP8), host.add(H264));
    assert!(host.source.duration().is_nan());
    host.append(webm, &Media::load("vp8.webm").initialization);
    host.append(mp4, &Media::load("h264.mp4").initialization);
    assert_eq!(host.told_durations(), ["element duration 5.999"]);
    assert_eq!(host.source.duration(), 5.999);
}

#[test]
fn is_unbounded_where_the_initialization_segment_has_none() {
    let mut host = Host::open();
    let id = host.add(H264);
    host.append(id, &Media::load("h264.mp4").whole);
    assert_eq!(host.told_durations(), ["element duration inf"]);
}

/// <https://w3c.github.io/media-source/#dom-mediasource-duration>
#[test]
fn set_by_a_script_it_is_kept() {
    let mut host = Host::open();
    let id = host.add(VP8);
    host.call(|source| source.set_duration(60.1))
        .expect("it is open");
    host.append(id, &Media::load("vp8.webm").whole);
    host.call(|source| source.set_duration(60.1))
        .expect("it is the same");
    assert_eq!(host.told_durations(), ["element duration 60.1"]);
}

/// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-processing>
#[test]
fn grows_with_what_is_appended() {
    let (mut host, id, media) = host_of_duration(1.5);
    host.append(id, &media.segments[0]);
    assert_eq!(host.source.duration(), 1.5);
    host.forget();
    host.append(id, &media.segments[1]);
    assert_eq!(
        host.told()[1..4],
        [
            "element duration 2",
            "element buffered",
            "fire update at SourceBuffer 0",
        ]
    );
}

#[test]
fn grows_to_the_highest_end_of_an_append_out_of_order() {
    let (mut host, id, media) = host_of_duration(1.5);
    host.append(
        id,
        &[media.segments[4].as_ref(), &media.segments[0]]
            .concat()
            .into(),
    );
    assert_eq!(host.told_durations(), ["element duration 5"]);
}

#[test]
fn grows_with_media_that_comes_with_the_initialization_segment() {
    let mut host = Host::open();
    let id = host.add(VP8);
    host.call(|source| source.source_buffer(id)?.set_timestamp_offset(10.0))
        .expect("it is idle");
    host.append(id, &Media::load("vp8.webm").whole);
    let told = ["element duration 5.999", "element duration 15.999"];
    assert_eq!(host.told_durations(), told);
}

#[test]
fn grows_as_each_append_is_finished_whatever_others_have_stored() {
    let (video, audio) = (Media::load("h264.mp4"), Media::load("aac.mp4"));
    let mut host = Host::open();
    let (video_buffer, audio_buffer) = (host.add(H264), host.add(AAC));
    host.append(video_buffer, &video.initialization);
    host.call(|source| source.set_duration(0.5))
        .expect("nothing is buffered");
    host.start_append(video_buffer, &video.segments[0]);
    host.start_append(audio_buffer, &audio.whole);
    host.run_jobs();
    host.forget();
    host.hand_over_outcome();
    assert_eq!(host.told_durations(), ["element duration 1"]);
    host.hand_over_outcome();
    assert_eq!(host.told_durations(), ["element duration 6"]);
}

#[test]
fn grows_with_what_an_aborted_append_has_stored() {
    let (mut host, id, media) = host_of_duration(0.5);
    host.start_append(id, &media.segments[0]);
    host.run_jobs();
    host.call(|source| source.source_buffer(id)?.abort())
        .expect("it is open");
    assert_eq!(host.told_durations(), ["element duration 1"]);
    assert_eq!(host.buffered(id), "0..1");
}

#[test]
fn does_not_grow_without_new_media_beyond_it() {
    let (mut host, id, media) = host_of_duration(6.0);
    host.append(id, &media.whole);
    host.remove(id, 3.0, 6.0);
    host.call(|source| source.set_duration(3.5))
        .expect("the rest is removed");
    host.forget();
    host.append(id, &Bytes::new());
    host.append(id, &media.initialization);
    host.append(id, &media.segments[0]);
    assert!(host.told_durations().is_empty());
    assert_eq!(host.source.duration(), 3.5);
}

/// <https://w3c.github.io/media-source/#duration-change-algorithm>
#[test]
fn shrinks_no_further_than_to_the_highest_end() {
    let (mut host, id, media) = host_of_duration(9.0);
    host.append(id, &media.segments[0]);
    // Within the last picture.
    host.call(|source| source.set_duration(0.97))
        .expect("no picture starts later");
    host.call(|source| source.set_duration(0.98))
        .expect("no picture starts later");
    assert_eq!(host.told_durations(), ["element duration 1"]);
    assert_eq!(host.source.duration(), 1.0);
}

/// <https://w3c.github.io/media-source/#duration-change-algorithm>
#[test]
fn shrinks_after_a_removal() {
    let (mut host, id, media) = host_of_duration(9.0);
    host.append(id, &media.whole);
    host.remove(id, 4.0, f64::INFINITY);
    host.forget();
    host.call(|source| source.set_duration(4.0))
        .expect("nothing is buffered there");
    assert_eq!(host.told(), ["element duration 4"]);
    assert_eq!(host.buffered(id), "0..4");
}

/// <https://w3c.github.io/media-source/#end-of-stream-algorithm>
#[test]
fn the_end_of_the_stream_sets_it_to_the_highest_end() {
    let (video, audio) = (Media::load("h264.mp4"), Media::load("aac.mp4"));
    let mut host = Host::open();
    let (video_buffer, audio_buffer) = (host.add(H264), host.add(AAC));
    host.append(video_buffer, &video.initialization);
    host.append(video_buffer, &video.segments[0]);
    host.append(audio_buffer, &audio.initialization);
    host.append(audio_buffer, &audio.segments[0]);
    host.forget();
    host.end_of_stream();
    // That of the video: the first segment of sound ends sooner.
    assert_eq!(host.told_durations(), ["element duration 1"]);
}

#[test]
fn the_end_of_the_stream_sets_it_to_zero_when_nothing_is_buffered() {
    let (mut host, ..) = host_of_duration(2.0);
    host.end_of_stream();
    assert_eq!(host.told_durations(), ["element duration 0"]);
    let mut host = Host::open();
    host.end_of_stream();
    assert_eq!(host.told_durations(), ["element duration 0"]);
}

/// However frames lie: at odd offsets, cut by append windows, with gaps, after aborted appends.
#[test]
fn the_end_of_the_stream_never_cuts_off_a_frame() {
    for (name, mime_type) in [
        ("h264-aac.mp4", "video/mp4"),
        ("vp8-vorbis.webm", "video/webm"),
        ("layouts/live.webm", "video/webm"),
        ("layouts/negative-composition-offsets.mp4", "video/mp4"),
    ] {
        let media = Media::load(name);
        for offset in [0.0, 0.1, 1e4 / 3.0, 1.7e9 + 0.123] {
            let mut host = Host::open();
            let id = host.add(mime_type);
            host.call(|source| source.source_buffer(id)?.set_timestamp_offset(offset))
                .expect("it is idle");
            let window_end = offset + 4.57;
            host.call(|source| source.source_buffer(id)?.set_append_window_end(window_end))
                .expect("it is later");
            host.start_append(id, &media.whole);
            host.run_jobs();
            host.call(|source| source.source_buffer(id)?.abort())
                .expect("it is open");
            host.end_of_stream();
            let highest_end = host.source.buffered(id).expect("it is there").highest_end();
            let highest_end = highest_end.expect("some is buffered").seconds();
            assert_eq!(host.source.duration(), highest_end, "{name} at {offset}");
            assert!(
                highest_end > offset + 1.0 && highest_end <= window_end,
                "{name} at {offset}"
            );
        }
    }
}
