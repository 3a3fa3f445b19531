/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Appends that break the byte stream format, or that the platform cannot play.

use bytes::Bytes;
use media_source::{
    Blame, Codec, Effect, ElementEffect, ElementError, Job, MediaSource, Medium, Page, ReadyState,
    SourceBufferId,
};

use crate::host::Host;
use crate::media::{AAC, GARBAGE, H264, H264_AAC, Media, VP8};

/// Appends, and gives what the element was told of the failure.
#[track_caller]
fn append_fails(host: &mut Host, id: SourceBufferId, data: &Bytes) -> String {
    host.forget();
    host.append(id, data);
    let told = host.told();
    let [.., error, update_end, ended, failure] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!(*error, "fire error at SourceBuffer 0");
    assert_eq!(*update_end, "fire updateend at SourceBuffer 0");
    assert_eq!(*ended, "fire sourceended at MediaSource");
    assert_eq!(host.source.ready_state(), ReadyState::Ended);
    assert!(!host.source.is_updating(id));
    assert!(!told.contains(&"fire update at SourceBuffer 0".to_owned()));
    failure
        .strip_prefix("element fails: ")
        .expect("the element fails")
        .to_owned()
}

/// <https://w3c.github.io/media-source/#sourcebuffer-append-error>
#[test]
fn garbage() {
    for mime_type in [H264, VP8] {
        let mut host = Host::open();
        let id = host.add(mime_type);
        let failure = append_fails(&mut host, id, &GARBAGE);
        assert!(failure.contains("at byte 0"), "{failure}");
        assert_eq!(host.source.active_source_buffer_ids().count(), 0);
        assert!(host.source.duration().is_nan());
    }
}

/// <https://w3c.github.io/media-source/#sourcebuffer-append-error>
#[test]
fn what_was_parsed_before_the_garbage_stays() {
    let media = Media::load("vp8.webm");
    let mut host = Host::open();
    let id = host.add(VP8);
    host.call(|source| source.source_buffer(id)?.set_timestamp_offset(10.0))
        .expect("it is idle");
    host.start_append(id, &[media.whole.as_ref(), &GARBAGE].concat().into());
    host.forget();
    host.finish();
    let told = host.told();
    assert_eq!(
        told[..6],
        [
            "element duration 5.999",
            "element adds Video track 1, enabled",
            "fire addsourcebuffer at activeSourceBuffers",
            "element tracks",
            "element duration 15.999",
            "element buffered",
        ]
    );
    assert_eq!(told[6], "fire error at SourceBuffer 0");
    assert_eq!(host.buffered(id), "10..15.999");
}

#[test]
fn a_media_segment_before_any_initialization_segment() {
    let media = Media::load("h264.mp4");
    let mut host = Host::open();
    let id = host.add(H264);
    append_fails(&mut host, id, &media.segments[0]);
    assert_eq!(host.buffered(id), "");
}

#[test]
fn a_codec_that_the_platform_does_not_decode() {
    let media = Media::load("h264-aac.mp4");
    let mut host = Host::with_platform(|codec| codec.medium() != Medium::Audio);
    host.attach();
    let id = host.add("video/mp4");
    let failure = append_fails(&mut host, id, &media.whole);
    assert_eq!(failure, "the codec mp4a.40.2 cannot be decoded");
    assert_eq!(host.buffered(id), "");
    assert_eq!(host.source.active_source_buffer_ids().count(), 0);
    assert!(host.source.element_view().track_readers().is_empty());
    // Its media segments are refused as if it had never come.
    append_fails(&mut host, id, &media.segments[0]);
    assert_eq!(host.buffered(id), "");
}

/// Its duration is taken before its tracks are looked at, which may refuse it.
///
/// <https://w3c.github.io/media-source/#sourcebuffer-init-segment-received>
#[test]
fn a_refused_initialization_segment_still_sets_the_duration() {
    let media = Media::load("vp8.webm");
    let mut host = Host::with_platform(|codec| codec.medium() == Medium::Audio);
    host.attach();
    let id = host.add("video/webm");
    host.forget();
    host.append(id, &media.initialization);
    assert_eq!(
        host.told(),
        [
            "fire updatestart at SourceBuffer 0",
            "element duration 5.999",
            "element buffered",
            "fire error at SourceBuffer 0",
            "fire updateend at SourceBuffer 0",
            "fire sourceended at MediaSource",
            "element fails: the codec vp8 cannot be decoded",
        ]
    );
    assert_eq!(host.source.duration(), 5.999);
}

/// <https://w3c.github.io/media-source/#sourcebuffer-init-segment-received>
#[test]
fn a_changed_number_of_tracks() {
    let (both, video) = (Media::load("h264-aac.mp4"), Media::load("h264.mp4"));
    let mut host = Host::open();
    let id = host.add(H264_AAC);
    host.append(id, &both.initialization);
    host.append(id, &both.segments[0]);
    let before = host.buffered(id);
    let failure = append_fails(&mut host, id, &video.whole);
    assert!(failure.contains("audio"), "{failure}");
    host.append(id, &Bytes::new());
    assert_eq!(host.buffered(id), before);
    // No media is taken for that of another initialization segment.
    append_fails(&mut host, id, &both.segments[1]);
    host.append(id, &both.initialization);
    host.append(id, &both.segments[1]);
    assert_eq!(host.buffered(id), "0..1.92");
}

#[test]
fn another_kind_of_track_than_the_first() {
    let (video, audio) = (Media::load("h264.mp4"), Media::load("aac.mp4"));
    let mut host = Host::open();
    let id = host.add(AAC);
    host.append(id, &audio.initialization);
    append_fails(&mut host, id, &video.initialization);
}

/// <https://w3c.github.io/media-source/#sourcebuffer-reset-parser-state>
#[test]
fn the_parser_is_ready_again_after_an_error() {
    let media = Media::load("h264.mp4");
    let mut host = Host::open();
    let id = host.add(H264);
    host.append(id, &media.initialization);
    host.append(id, &media.segments[0].slice(..1000));
    // It fills up the segment, and goes on.
    append_fails(&mut host, id, &vec![0xff; 4000].into());
    host.append(id, &media.segments[1]);
    host.append(id, &media.segments[2]);
    assert_eq!(host.buffered(id), "0..3");
    assert_eq!(host.source.ready_state(), ReadyState::Open);
}

/// Appends to a SourceBuffer of its own, and returns who is at fault.
fn blame(mime_type: &str, can_decode: fn(Codec) -> bool, data: &[u8]) -> Blame {
    let mut source = MediaSource::new(&Page::without_player(can_decode));
    source.attach();
    let id = source
        .add_source_buffer(mime_type)
        .expect("it is supported");
    let mut buffer = source.source_buffer(id).expect("it is there");
    buffer.append_buffer(data).expect("there is room");
    while let Some(effect) = source.poll_effect() {
        match effect {
            Effect::RunJob(job) => source.handle_job_outcome(Job::run(job)),
            Effect::Element(ElementEffect::Failed(ElementError::Decode { blame, .. })) => {
                return blame;
            }
            _ => {}
        }
    }
    panic!("nothing failed");
}

#[test]
fn who_is_at_fault_is_said() {
    let video = &Media::load("h264.mp4").initialization;
    assert_eq!(blame(H264, |_| true, &GARBAGE), Blame::Malformed);
    assert_eq!(
        blame("video/mp4", |codec| codec.medium() == Medium::Audio, video),
        Blame::UnsupportedCodec("avc1.64000C".to_owned())
    );
    // A movie box of 64 MiB is longer than any that is read.
    assert_eq!(
        blame(H264, |_| true, b"\x04\0\0\0moov"),
        Blame::LimitReached
    );
    let mut unknown = video.to_vec();
    let place = unknown.windows(4).position(|bytes| bytes == b"avc1");
    let place = place.expect("the file has a sample entry");
    unknown[place..place + 4].copy_from_slice(b"xvc1");
    assert_eq!(blame(H264, |_| true, &unknown), Blame::Unsupported);
}
