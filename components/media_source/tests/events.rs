/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Which events are fired, and in which order among each other and what the element is told.

use bytes::Bytes;
use media_source::{
    AppendMode, EndOfStreamError, Exception, MediaSource, ReadyState, SourceBufferId,
};

use crate::host::Host;
use crate::media::{AAC, H264, Media};

type Command = fn(&mut MediaSource, SourceBufferId) -> Result<(), Exception>;

/// <https://w3c.github.io/media-source/#mediasource-attach>,
/// <https://w3c.github.io/media-source/#dom-mediasource-readystate>
#[test]
fn attaching_opens() {
    let mut host = Host::closed();
    assert!(host.call(MediaSource::attach));
    assert_eq!(host.told(), ["fire sourceopen at MediaSource"]);
    assert_eq!(host.source.ready_state(), ReadyState::Open);
}

/// <https://w3c.github.io/media-source/#dom-mediasource-addsourcebuffer>,
/// <https://w3c.github.io/media-source/#dom-sourcebuffer-updating>,
/// <https://w3c.github.io/media-source/#sourcebuffer-init-segment-received>
#[test]
fn the_first_initialization_segment_makes_a_source_buffer_active() {
    let media = Media::load("vp8.webm");
    let mut host = Host::open();
    let id = host.add("video/webm");
    assert_eq!(host.told(), ["fire addsourcebuffer at sourceBuffers"]);
    host.start_append(id, &media.initialization);
    assert!(host.source.is_updating(id));
    assert_eq!(host.told(), ["fire updatestart at SourceBuffer 0"]);
    host.finish();
    assert!(!host.source.is_updating(id));
    assert_eq!(
        host.told(),
        [
            "element duration 5.999",
            "element adds Video track 1, enabled",
            "fire addsourcebuffer at activeSourceBuffers",
            "element tracks",
            "element buffered",
            "fire update at SourceBuffer 0",
            "fire updateend at SourceBuffer 0",
        ]
    );
}

/// <https://w3c.github.io/media-source/#sourcebuffer-buffer-append>
#[test]
fn further_appends_are_only_updates() {
    let media = Media::load("h264.mp4");
    let mut host = host_with(&media);
    let id = first(&host);
    for data in [&media.initialization, &media.segments[0]] {
        host.append(id, data);
        assert_eq!(
            host.told(),
            [
                "fire updatestart at SourceBuffer 0",
                "element buffered",
                "fire update at SourceBuffer 0",
                "fire updateend at SourceBuffer 0",
            ]
        );
    }
    // The element has nothing to do for bytes that complete nothing.
    for data in [&media.segments[1].slice(..9), &Bytes::new()] {
        host.append(id, data);
        assert_eq!(
            host.told(),
            [
                "fire updatestart at SourceBuffer 0",
                "fire update at SourceBuffer 0",
                "fire updateend at SourceBuffer 0",
            ]
        );
    }
}

#[test]
fn playing_waits_for_the_initialization_segments_of_all_source_buffers() {
    let (video, audio) = (Media::load("h264.mp4"), Media::load("aac.mp4"));
    let mut host = Host::open();
    let (video_buffer, audio_buffer) = (host.add(H264), host.add(AAC));
    host.append(video_buffer, &video.whole);
    assert!(!host.told().contains(&"element tracks".to_owned()));
    assert!(host.source.element_view().track_readers().is_empty());
    host.append(audio_buffer, &audio.initialization);
    assert!(host.told().contains(&"element tracks".to_owned()));
    assert_eq!(host.source.element_view().track_readers().len(), 2);
}

/// <https://w3c.github.io/media-source/#dom-sourcebuffer-remove>,
/// <https://w3c.github.io/media-source/#sourcebuffer-range-removal>,
/// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-removal>,
/// <https://w3c.github.io/media-source/#dom-sourcebuffer-updating>
#[test]
fn removing_media_is_an_update() {
    let media = Media::load("h264.mp4");
    let mut host = host_with(&media);
    let id = first(&host);
    host.append(id, &media.whole);
    host.forget();
    host.call(|source| source.source_buffer(id)?.remove(2.0, 4.0))
        .expect("it is idle");
    assert!(host.source.is_updating(id));
    assert_eq!(host.told(), ["fire updatestart at SourceBuffer 0"]);
    assert_eq!(host.buffered(id), "0..6");
    host.finish();
    assert!(!host.source.is_updating(id));
    assert_eq!(
        host.told(),
        [
            "element buffered",
            "fire update at SourceBuffer 0",
            "fire updateend at SourceBuffer 0"
        ]
    );
    assert_eq!(host.buffered(id), "0..2 4..6");
}

/// <https://w3c.github.io/media-source/#dom-sourcebuffer-abort>
#[test]
fn aborting_an_append_ends_its_update() {
    let media = Media::load("h264.mp4");
    let mut host = host_with(&media);
    let id = first(&host);
    host.start_append(id, &media.segments[0]);
    host.forget();
    host.call(|source| source.source_buffer(id)?.abort())
        .expect("it is open");
    assert!(!host.source.is_updating(id));
    assert_eq!(
        host.told(),
        [
            "fire abort at SourceBuffer 0",
            "fire updateend at SourceBuffer 0",
            "element buffered"
        ]
    );
}

#[test]
fn aborting_nothing_fires_nothing() {
    let media = Media::load("h264.mp4");
    let mut host = host_with(&media);
    let id = first(&host);
    host.call(|source| source.source_buffer(id)?.abort())
        .expect("it is open");
    assert_eq!(host.told(), ["element buffered"]);
}

/// <https://w3c.github.io/media-source/#dom-mediasource-removesourcebuffer>,
/// <https://w3c.github.io/media-source/#dom-mediasource-sourcebuffers>,
/// <https://w3c.github.io/media-source/#dom-mediasource-activesourcebuffers>
#[test]
fn removing_an_idle_source_buffer() {
    let media = Media::load("h264.mp4");
    let mut host = host_with(&media);
    let id = first(&host);
    host.call(|source| source.remove_source_buffer(id))
        .expect("it is there");
    assert_eq!(
        host.told(),
        [
            "element removes Video track 1, enabled",
            "fire removesourcebuffer at activeSourceBuffers",
            "fire removesourcebuffer at sourceBuffers",
            "element tracks",
            "element buffered",
        ]
    );
    assert_eq!(host.source.source_buffers().count(), 0);
    assert_eq!(host.source.active_source_buffer_ids().count(), 0);
}

#[test]
fn removing_a_source_buffer_that_was_never_active() {
    let mut host = Host::open();
    let id = host.add(H264);
    host.forget();
    host.call(|source| source.remove_source_buffer(id))
        .expect("it is there");
    assert_eq!(
        host.told(),
        [
            "fire removesourcebuffer at sourceBuffers",
            "element buffered"
        ]
    );
}

#[test]
fn removing_a_source_buffer_aborts_its_append() {
    let media = Media::load("h264.mp4");
    let mut host = host_with(&media);
    let id = first(&host);
    host.start_append(id, &media.whole);
    host.run_jobs();
    host.forget();
    host.call(|source| source.remove_source_buffer(id))
        .expect("it is there");
    let told = host.told();
    assert_eq!(
        told[..2],
        [
            "fire abort at SourceBuffer 0",
            "fire updateend at SourceBuffer 0"
        ]
    );
    host.finish();
    assert!(host.told().is_empty());
}

#[test]
fn removing_a_source_buffer_aborts_its_removal() {
    let media = Media::load("h264.mp4");
    let mut host = host_with(&media);
    let id = first(&host);
    host.call(|source| source.source_buffer(id)?.remove(0.0, 1.0))
        .expect("it is idle");
    host.forget();
    host.call(|source| source.remove_source_buffer(id))
        .expect("it is there");
    let told = host.told();
    assert_eq!(
        told[..2],
        [
            "fire abort at SourceBuffer 0",
            "fire updateend at SourceBuffer 0"
        ]
    );
    host.finish();
    assert!(host.told().is_empty());
}

/// <https://w3c.github.io/media-source/#dom-mediasource-endofstream>,
/// <https://w3c.github.io/media-source/#end-of-stream-algorithm>
#[test]
fn the_end_of_the_stream() {
    let media = Media::load("h264.mp4");
    let mut host = host_with(&media);
    let id = first(&host);
    host.append(id, &media.segments[0]);
    host.forget();
    host.end_of_stream();
    assert_eq!(host.source.ready_state(), ReadyState::Ended);
    assert_eq!(
        host.told(),
        [
            "fire sourceended at MediaSource",
            "element duration 1",
            "element buffered"
        ]
    );
}

/// <https://w3c.github.io/media-source/#dom-mediasource-endofstream>,
/// <https://w3c.github.io/media-source/#end-of-stream-algorithm>
#[test]
fn the_end_of_the_stream_with_an_error() {
    for (error, text) in [
        (EndOfStreamError::Network, "element fails: network"),
        (
            EndOfStreamError::Decode,
            "element fails: the page ended the stream with a decode error",
        ),
    ] {
        let mut host = host_with(&Media::load("h264.mp4"));
        host.call(|source| source.end_of_stream(Some(error)))
            .expect("it is open");
        assert_eq!(host.source.ready_state(), ReadyState::Ended);
        assert_eq!(host.told(), ["fire sourceended at MediaSource", text]);
    }
}

/// <https://w3c.github.io/media-source/#mediasource-detach>
#[test]
fn detaching_removes_all_and_closes() {
    let media = Media::load("h264.mp4");
    let mut host = host_with(&media);
    let id = first(&host);
    host.start_append(id, &media.segments[0]);
    host.run_jobs();
    host.forget();
    host.call(MediaSource::detach);
    assert_eq!(
        host.told(),
        [
            "element removes Video track 1, enabled",
            "fire removesourcebuffer at activeSourceBuffers",
            "fire removesourcebuffer at sourceBuffers",
            "fire sourceclose at MediaSource",
        ]
    );
    assert_eq!(host.source.ready_state(), ReadyState::Closed);
    assert!(host.source.duration().is_nan() && !host.source.is_updating(id));
    // The outcome has nowhere to go.
    host.finish();
    host.call(MediaSource::detach);
    assert!(host.told().is_empty());
}

#[test]
fn detaching_fires_at_empty_lists_too() {
    let mut host = Host::open();
    host.call(MediaSource::detach);
    assert_eq!(
        host.told(),
        [
            "fire removesourcebuffer at activeSourceBuffers",
            "fire removesourcebuffer at sourceBuffers",
            "fire sourceclose at MediaSource",
        ]
    );
}

#[test]
fn a_detached_source_can_be_attached_again() {
    let media = Media::load("h264.mp4");
    let mut host = host_with(&media);
    host.call(MediaSource::detach);
    host.attach();
    let id = host.add(H264);
    assert!(host.source.duration().is_nan());
    host.append(id, &media.whole);
    assert_eq!(host.element_buffered(), "0..6");
}

/// <https://w3c.github.io/media-source/#dom-mediasource-readystate>
#[test]
fn commands_on_a_source_buffer_open_an_ended_source() {
    let media = Media::load("h264.mp4");
    let commands: [Command; 5] = [
        |source, id| source.source_buffer(id)?.append_buffer(&[]),
        |source, id| source.source_buffer(id)?.remove(0.0, 1.0),
        |source, id| source.source_buffer(id)?.set_mode(AppendMode::Segments),
        |source, id| source.source_buffer(id)?.set_timestamp_offset(0.0),
        |source, id| source.change_type(id, H264),
    ];
    for command in commands {
        let mut host = host_with(&media);
        let id = first(&host);
        host.append(id, &media.segments[0]);
        host.end_of_stream();
        host.forget();
        host.call(|source| command(source, id)).expect("it is idle");
        assert_eq!(
            host.told()[..2],
            ["fire sourceopen at MediaSource", "element buffered"]
        );
        assert_eq!(host.source.ready_state(), ReadyState::Open);
    }
}

#[test]
fn append_windows_do_not_open_an_ended_source() {
    let mut host = host_with(&Media::load("h264.mp4"));
    let id = first(&host);
    host.end_of_stream();
    host.forget();
    host.call(|source| source.source_buffer(id)?.set_append_window_end(2.0))
        .expect("it is idle");
    host.call(|source| source.source_buffer(id)?.set_append_window_start(1.0))
        .expect("it is idle");
    assert_eq!(host.source.ready_state(), ReadyState::Ended);
    assert!(host.told().is_empty());
}

/// Open, with a SourceBuffer for H.264 that has its initialization segment.
fn host_with(media: &Media) -> Host {
    let mut host = Host::open();
    let id = host.add(H264);
    host.append(id, &media.initialization);
    host.forget();
    host
}

fn first(host: &Host) -> SourceBufferId {
    host.source.source_buffers().next().expect("one was added")
}
