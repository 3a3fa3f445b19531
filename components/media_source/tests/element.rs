/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What the media element derives: `buffered`, `seekable`, `readyState`.

use media_source::ElementReadyState::{self, *};
use media_source::{MediaSource, SourceBufferId};
use track_buffer::read::Read;
use track_buffer::time::PresentationTime;

use crate::host::Host;
use crate::media::{AAC, H264, Media};

/// Open, with a SourceBuffer for H.264 that has the segments of these seconds.
fn host_with_video(seconds: &[usize]) -> (Host, SourceBufferId) {
    let media = Media::load("h264.mp4");
    let mut host = Host::open();
    let id = host.add(H264);
    host.append(id, &media.initialization);
    for &second in seconds {
        host.append(id, &media.segments[second]);
    }
    (host, id)
}

fn add_audio(host: &mut Host, seconds: &[usize]) -> SourceBufferId {
    let media = Media::load("aac.mp4");
    let id = host.add(AAC);
    host.append(id, &media.initialization);
    for &second in seconds {
        host.append(id, &media.segments[second]);
    }
    id
}

fn ready_state(host: &Host, seconds: f64) -> ElementReadyState {
    let view = host.source.element_view();
    view.ready_state(PresentationTime::from_seconds(seconds))
}

/// <https://w3c.github.io/media-source/#htmlmediaelement-extensions-buffered>
#[test]
fn buffered_is_what_all_active_source_buffers_have() {
    let (mut host, video) = host_with_video(&[0, 1, 2, 4]);
    let audio = add_audio(&mut host, &[1, 2, 3, 4]);
    assert_eq!(host.buffered(video), "0..3 4..5");
    assert_eq!(host.buffered(audio), "0.981..4.992");
    assert_eq!(host.element_buffered(), "0.981..3 4..4.992");
    host.call(|source| source.remove_source_buffer(audio))
        .expect("it is there");
    assert_eq!(host.element_buffered(), "0..3 4..5");
}

/// <https://w3c.github.io/media-source/#htmlmediaelement-extensions-buffered>
#[test]
fn buffered_ignores_source_buffers_that_are_not_active() {
    let (mut host, _) = host_with_video(&[0]);
    host.add(AAC);
    assert_eq!(host.element_buffered(), "0..1");
}

#[test]
fn buffered_is_empty_without_media() {
    assert_eq!(Host::open().element_buffered(), "");
    assert_eq!(host_with_video(&[]).0.element_buffered(), "");
    let (mut host, _) = host_with_video(&[0]);
    add_audio(&mut host, &[]);
    assert_eq!(host.element_buffered(), "");
}

/// <https://w3c.github.io/media-source/#htmlmediaelement-extensions-buffered>
#[test]
fn at_the_end_of_the_stream_the_last_ranges_end_together() {
    let (mut host, video) = host_with_video(&[0, 1]);
    let audio = add_audio(&mut host, &[0]);
    assert_eq!(host.element_buffered(), "0..0.981");
    host.end_of_stream();
    assert_eq!(host.element_buffered(), "0..2");
    assert_eq!(
        (host.buffered(video), host.buffered(audio)),
        ("0..2".into(), "0..0.981".into())
    );
    // Opened again, it is as before.
    host.call(|source| source.source_buffer(video)?.set_timestamp_offset(0.0))
        .expect("it is idle");
    assert_eq!(host.element_buffered(), "0..0.981");
}

/// <https://w3c.github.io/media-source/#dom-sourcebuffer-buffered>,
/// <https://w3c.github.io/media-source/#track-buffer-ranges>
#[test]
fn at_the_end_of_the_stream_the_tracks_of_a_source_buffer_end_together() {
    let media = Media::load("h264-aac.mp4");
    let mut host = Host::open();
    let id = host.add("video/mp4");
    host.append(id, &media.initialization);
    host.append(id, &media.segments[0]);
    assert_eq!(host.buffered(id), "0..0.917");
    host.end_of_stream();
    assert_eq!(host.buffered(id), "0..1");
}

#[test]
fn seekable_is_empty_while_the_duration_is_unknown() {
    let mut host = Host::open();
    assert_eq!(host.source.element_view().seekable(), None);
    host.call(|source| source.set_live_seekable_range(1.0, 2.0))
        .expect("it is open");
    assert_eq!(host.source.element_view().seekable(), None);
}

/// <https://w3c.github.io/media-source/#htmlmediaelement-extensions-seekable>
#[test]
fn seekable_is_the_whole_of_a_known_duration() {
    let (mut host, _) = host_with_video(&[1]);
    host.call(|source| source.set_duration(7.5))
        .expect("it is longer");
    host.call(|source| source.set_live_seekable_range(1.0, 20.0))
        .expect("it is open");
    assert_eq!(host.source.element_view().seekable(), Some((0.0, 7.5)));
}

#[test]
fn seekable_of_an_unbounded_duration_ends_with_what_is_buffered() {
    let (mut host, id) = host_with_video(&[]);
    assert_eq!(host.source.element_view().seekable(), None);
    host.append(id, &Media::load("h264.mp4").segments[2]);
    assert_eq!(host.source.element_view().seekable(), Some((0.0, 3.0)));
}

/// <https://w3c.github.io/media-source/#htmlmediaelement-extensions-seekable>,
/// <https://w3c.github.io/media-source/#dom-mediasource-setliveseekablerange>,
/// <https://w3c.github.io/media-source/#dom-mediasource-clearliveseekablerange>
#[test]
fn seekable_of_a_live_stream_covers_its_live_range_and_what_is_buffered() {
    fn seekable_with(host: &mut Host, start: f64, end: f64) -> Option<(f64, f64)> {
        host.call(|source| source.set_live_seekable_range(start, end))
            .expect("it is open");
        host.source.element_view().seekable()
    }
    let (mut host, id) = host_with_video(&[]);
    assert_eq!(seekable_with(&mut host, 7.0, 7.0), Some((7.0, 7.0)));
    assert_eq!(seekable_with(&mut host, 7.0, 9.0), Some((7.0, 9.0)));
    host.append(id, &Media::load("h264.mp4").segments[2]);
    assert_eq!(host.source.element_view().seekable(), Some((2.0, 9.0)));
    assert_eq!(seekable_with(&mut host, 1.0, 2.5), Some((1.0, 3.0)));
    host.call(MediaSource::clear_live_seekable_range)
        .expect("it is open");
    assert_eq!(host.source.element_view().seekable(), Some((0.0, 3.0)));
}

/// <https://w3c.github.io/media-source/#sourcebuffer-init-segment-received>
#[test]
fn ready_state_is_nothing_before_the_initialization_segments() {
    let mut host = Host::open();
    assert_eq!(ready_state(&host, 0.0), HaveNothing);
    let (video, _) = (host.add(H264), host.add(AAC));
    host.append(video, &Media::load("h264.mp4").whole);
    assert_eq!(ready_state(&host, 0.0), HaveNothing);
}

/// <https://w3c.github.io/media-source/#buffer-monitoring>
#[test]
fn ready_state_follows_from_what_is_buffered_at_the_position() {
    let (host, _) = host_with_video(&[0, 3]);
    assert_eq!(host.element_buffered(), "0..1 3..4");
    for (position, expected) in [
        (0.0, HaveEnoughData),
        (0.5, HaveEnoughData),
        (0.51, HaveFutureData),
        (0.999, HaveFutureData),
        (1.0, HaveCurrentData),
        (1.001, HaveMetadata),
        // 125 ms are overlooked.
        (2.874, HaveMetadata),
        (2.875, HaveEnoughData),
        (3.6, HaveFutureData),
        (4.0, HaveCurrentData),
        (5.0, HaveMetadata),
    ] {
        assert_eq!(ready_state(&host, position), expected, "at {position}");
    }
}

#[test]
fn ready_state_is_metadata_with_no_media() {
    assert_eq!(ready_state(&host_with_video(&[]).0, 0.0), HaveMetadata);
}

#[test]
fn ready_state_is_enough_towards_the_end_of_a_known_duration() {
    let (mut host, _) = host_with_video(&[0, 3]);
    host.call(|source| source.set_duration(4.0))
        .expect("it is the highest end");
    assert_eq!(ready_state(&host, 0.9), HaveFutureData);
    assert_eq!(ready_state(&host, 3.9), HaveEnoughData);
    assert_eq!(ready_state(&host, 4.0), HaveCurrentData);
}

#[test]
fn ready_state_is_enough_towards_the_end_of_the_stream_but_not_towards_a_gap() {
    let (mut host, _) = host_with_video(&[0, 3]);
    host.end_of_stream();
    assert_eq!(ready_state(&host, 0.9), HaveFutureData);
    assert_eq!(ready_state(&host, 1.0), HaveCurrentData);
    assert_eq!(ready_state(&host, 2.0), HaveMetadata);
    assert_eq!(ready_state(&host, 3.9), HaveEnoughData);
    assert_eq!(ready_state(&host, 4.0), HaveCurrentData);
}

#[test]
fn ready_state_is_enough_towards_the_end_of_a_stream_with_wall_clock_times() {
    let (mut host, id) = host_with_video(&[]);
    let start = 1.7e9 + 1.0 / 3.0;
    host.call(|source| source.source_buffer(id)?.set_timestamp_offset(start))
        .expect("it is idle");
    host.append(id, &Media::load("h264.mp4").segments[0]);
    assert_eq!(ready_state(&host, start + 0.9), HaveFutureData);
    host.end_of_stream();
    assert_eq!(ready_state(&host, start + 0.9), HaveEnoughData);
}

#[test]
fn a_presentation_may_start_a_second_late() {
    for (offset, at_zero, reads) in [(1.0, HaveEnoughData, true), (1.001, HaveMetadata, false)] {
        let (mut host, id) = host_with_video(&[]);
        host.call(|source| source.source_buffer(id)?.set_timestamp_offset(offset))
            .expect("it is idle");
        host.append(id, &Media::load("h264.mp4").segments[0]);
        assert_eq!(ready_state(&host, 0.0), at_zero);
        assert_eq!(ready_state(&host, 0.6), at_zero);
        assert_eq!(ready_state(&host, offset), HaveEnoughData);
        // A reader judges alike.
        let frame = host.source.element_view().track_readers()[0].read();
        assert_eq!(matches!(frame, Read::Frame(_)), reads);
    }
}

#[test]
fn a_gap_after_the_start_is_not_taken_for_a_late_start() {
    let media = Media::load("aac.mp4");
    let mut host = Host::open();
    let id = host.add(AAC);
    host.append(id, &media.initialization);
    host.append(id, &media.segments[0]);
    host.append(id, &media.segments[1]);
    host.remove(id, 0.3, 0.9);
    assert_eq!(host.buffered(id), "0..0.32 0.917..1.984");
    let mut reader = host.source.element_view().track_readers().remove(0);
    for (position, expected) in [
        (0.0, HaveFutureData),
        (0.6, HaveMetadata),
        (0.8, HaveEnoughData),
    ] {
        assert_eq!(ready_state(&host, position), expected, "at {position}");
        // A reader judges alike.
        reader.seek(PresentationTime::from_seconds(position));
        assert_eq!(
            matches!(reader.read(), Read::Frame(_)),
            expected != HaveMetadata
        );
    }
}

#[test]
fn a_source_buffer_that_is_added_later_does_not_take_the_metadata_away() {
    let (mut host, _) = host_with_video(&[0]);
    let late = host.add(AAC);
    assert_eq!(ready_state(&host, 0.0), HaveEnoughData);
    assert_eq!(host.source.element_view().track_readers().len(), 1);
    host.forget();
    let media = Media::load("aac.mp4");
    host.append(late, &media.initialization);
    assert!(host.told().contains(&"element tracks".to_owned()));
    assert_eq!(host.source.element_view().track_readers().len(), 2);
    assert_eq!(ready_state(&host, 0.0), HaveMetadata);
    host.append(late, &media.segments[0]);
    assert_eq!(ready_state(&host, 0.0), HaveEnoughData);
}

#[test]
fn removing_the_source_buffer_that_was_waited_for_gives_metadata() {
    let mut host = Host::open();
    let (video, audio) = (host.add(H264), host.add(AAC));
    host.append(video, &Media::load("h264.mp4").initialization);
    assert_eq!(ready_state(&host, 0.0), HaveNothing);
    host.forget();
    host.call(|source| source.remove_source_buffer(audio))
        .expect("it is there");
    assert!(host.told().contains(&"element tracks".to_owned()));
    assert_eq!(ready_state(&host, 0.0), HaveMetadata);
}

#[test]
fn metadata_is_kept_until_detached() {
    let (mut host, id) = host_with_video(&[0]);
    host.call(|source| source.remove_source_buffer(id))
        .expect("it is there");
    assert_eq!(ready_state(&host, 0.0), HaveMetadata);
    host.call(MediaSource::detach);
    assert_eq!(ready_state(&host, 0.0), HaveNothing);
    host.attach();
    assert_eq!(ready_state(&host, 0.0), HaveNothing);
}
