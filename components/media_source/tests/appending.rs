/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What appended bytes become: where frames go, and how readers get them.

use bytes::Bytes;
use media_source::{AppendMode, MediaSource, SourceBufferId, TrackReader};
use track_buffer::read::{Read, ReadFrame};
use track_buffer::time::{PresentationTime, TimeDelta};

use crate::host::Host;
use crate::media::{AAC, H264, Media, VP8};

/// Reads until there is nothing.
fn read_all(reader: &mut TrackReader) -> Vec<ReadFrame> {
    let frames = std::iter::from_fn(|| match reader.read() {
        Read::Frame(frame) => Some(frame),
        Read::Gap | Read::End => None,
    });
    frames.collect()
}

/// Every frame of every track, as text.
fn stored_frames(host: &Host) -> Vec<String> {
    let mut readers = host.source.element_view().track_readers();
    readers
        .iter_mut()
        .flat_map(read_all)
        .map(|frame| format!("{frame:?}"))
        .collect()
}

fn set_mode(host: &mut Host, id: SourceBufferId, mode: AppendMode) {
    host.call(|source| source.source_buffer(id)?.set_mode(mode))
        .expect("it is idle");
}

fn set_timestamp_offset(host: &mut Host, id: SourceBufferId, offset: f64) {
    host.call(|source| source.source_buffer(id)?.set_timestamp_offset(offset))
        .expect("it is idle");
}

fn timestamp_offset(host: &Host, id: SourceBufferId) -> f64 {
    host.attributes(id).timestamp_offset
}

/// Open, with a SourceBuffer for H.264 that has its initialization segment.
fn host_for_video() -> (Host, SourceBufferId, Media) {
    let media = Media::load("h264.mp4");
    let mut host = Host::open();
    let id = host.add(H264);
    host.append(id, &media.initialization);
    (host, id, media)
}

/// <https://w3c.github.io/media-source/#sourcebuffer-segment-parser-loop>,
/// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-processing>
#[test]
fn in_pieces_is_as_whole() {
    for (name, mime_type) in [
        ("h264-aac.mp4", "video/mp4"),
        ("vp8-vorbis.webm", "video/webm"),
        ("layouts/live.webm", "video/webm"),
    ] {
        let media = Media::load(name);
        let results = [media.whole.len(), 5000, 777, 1].map(|piece_size| {
            let mut host = Host::open();
            let id = host.add(mime_type);
            for piece in media.whole.chunks(piece_size) {
                host.append(id, &Bytes::copy_from_slice(piece));
            }
            host.end_of_stream();
            (stored_frames(&host), host.state())
        });
        assert!(results[0].0.len() > 40);
        assert!(results.iter().all(|result| *result == results[0]), "{name}");
    }
}

/// <https://w3c.github.io/media-source/#sourcebuffer-segment-parser-loop>
#[test]
fn an_append_longer_than_a_turn_is_parsed_to_its_end() {
    let media = Media::load("h264-aac.mp4");
    let mut host = Host::open();
    let id = host.add("video/mp4");
    host.append(id, &media.whole.repeat(20).into());
    let frames = stored_frames(&host);
    host.append(id, &media.whole);
    assert_eq!(stored_frames(&host).len(), frames.len());
    assert_eq!(host.buffered(id), "0..6");
}

/// <https://w3c.github.io/media-source/#dom-sourcebuffer-appendbuffer>,
/// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-processing>
#[test]
fn a_reader_reads_what_was_appended() {
    let (mut host, id, media) = host_for_video();
    let mut reader = host.source.element_view().track_readers().remove(0);
    assert!(matches!(reader.read(), Read::End));
    host.append(id, &media.segments[0]);
    let frames = read_all(&mut reader);
    assert_eq!(frames.len(), 24);
    assert_eq!(frames[0].configuration, reader.configuration());
    assert!(frames[0].is_random_access_point && !frames[1].is_random_access_point);
    // The payloads are slices of the one copy of what was appended: they lie as they did there.
    let first = frames[0].payload.as_ptr() as usize;
    let last = &frames[23].payload;
    let span = last.as_ptr() as usize + last.len() - first;
    assert_eq!(
        span,
        frames
            .iter()
            .map(|frame| frame.payload.len())
            .sum::<usize>()
    );
    host.append(id, &media.segments[1]);
    assert_eq!(read_all(&mut reader).len(), 24);
}

/// <https://w3c.github.io/media-source/#mediasource-seeking>
#[test]
fn a_reader_seeks_to_the_key_frame_before() {
    let (mut host, id, media) = host_for_video();
    host.append(id, &media.whole);
    let mut reader = host.source.element_view().track_readers().remove(0);
    reader.seek(PresentationTime::from_seconds(4.5));
    let frames = read_all(&mut reader);
    assert_eq!(frames[0].start, PresentationTime::from_seconds(4.0));
    assert_eq!(frames.len(), 48);
}

/// <https://w3c.github.io/media-source/#end-of-stream-algorithm>
#[test]
fn a_reader_knows_when_the_stream_is_ended() {
    let (mut host, id, media) = host_for_video();
    let reader = host.source.element_view().track_readers().remove(0);
    assert!(!reader.is_ended());
    host.end_of_stream();
    assert!(reader.is_ended());
    host.append(id, &media.segments[0]);
    assert!(!reader.is_ended());
    host.end_of_stream();
    host.call(MediaSource::detach);
    assert!(!reader.is_ended());
}

/// <https://w3c.github.io/media-source/#sourcebuffer-init-segment-received>
#[test]
fn there_is_a_reader_for_each_track() {
    let media = Media::load("h264-aac.mp4");
    let mut host = Host::open();
    let id = host.add("video/mp4");
    host.append(id, &media.whole);
    let mut readers = host.source.element_view().track_readers();
    assert!(readers.iter().all(|reader| reader.track().0 == id));
    assert_ne!(readers[0].track(), readers[1].track());
    let counts: Vec<_> = readers
        .iter_mut()
        .map(|reader| read_all(reader).len())
        .collect();
    // The sound before 0, the encoder's priming, is outside the append window.
    assert_eq!(counts, [144, 282]);
}

/// <https://w3c.github.io/media-source/#end-of-stream-algorithm>
#[test]
fn the_end_of_the_stream_brings_the_last_frames_of_an_open_cluster() {
    let media = Media::load("vorbis.webm");
    let mut host = Host::open();
    let id = host.add("audio/webm");
    // A frame whose duration is the distance to the next one, which is not complete: it is taken
    // to be as long as the longest.
    host.append(id, &media.whole.slice(..media.whole.len() / 2));
    let before = host.buffered(id);
    host.end_of_stream();
    assert_eq!(
        (before.as_str(), host.buffered(id).as_str()),
        ("0..0.157", "0..0.2")
    );
}

/// <https://w3c.github.io/media-source/#sourcebuffer-reset-parser-state>
#[test]
fn aborting_brings_the_last_frames_of_an_open_cluster() {
    let media = Media::load("vorbis.webm");
    let mut host = Host::open();
    let id = host.add("audio/webm");
    // A frame whose duration is the distance to the next one, which is not complete: it is taken
    // to be as long as the longest.
    host.append(id, &media.whole.slice(..media.whole.len() / 2));
    let before = host.buffered(id);
    host.call(|source| source.source_buffer(id)?.abort())
        .expect("it is open");
    assert_eq!(
        (before.as_str(), host.buffered(id).as_str()),
        ("0..0.157", "0..0.2")
    );
}

/// <https://w3c.github.io/media-source/#dom-sourcebuffer-abort>,
/// <https://w3c.github.io/media-source/#sourcebuffer-reset-parser-state>
#[test]
fn aborting_forgets_half_a_segment_and_the_append_window() {
    let (mut host, id, media) = host_for_video();
    host.call(|source| source.source_buffer(id)?.set_append_window_end(0.5))
        .expect("it is idle");
    host.call(|source| source.source_buffer(id)?.set_append_window_start(0.1))
        .expect("it is idle");
    host.append(id, &media.segments[1].slice(..1000));
    host.call(|source| source.source_buffer(id)?.abort())
        .expect("it is open");
    let attributes = host.attributes(id);
    assert_eq!(attributes.append_window_start, 0.0);
    assert_eq!(attributes.append_window_end, f64::INFINITY);
    host.append(id, &media.segments[0]);
    assert_eq!(host.buffered(id), "0..1");
}

/// <https://w3c.github.io/media-source/#dom-sourcebuffer-abort>
#[test]
fn an_append_that_is_aborted_before_it_runs_leaves_nothing() {
    let media = Media::load("h264.mp4");
    let mut host = Host::open();
    let id = host.add(H264);
    host.start_append(id, &media.whole);
    host.call(|source| source.source_buffer(id)?.abort())
        .expect("it is open");
    let before = host.state();
    host.forget();
    host.finish();
    assert_eq!(host.state(), before);
    assert!(host.told().is_empty());
    assert_eq!(host.buffered(id), "");
}

#[test]
fn an_append_to_a_detached_source_is_not_parsed() {
    let (mut host, id, media) = host_for_video();
    let mut reader = host.source.element_view().track_readers().remove(0);
    host.start_append(id, &media.whole);
    host.call(MediaSource::detach);
    host.finish();
    assert!(read_all(&mut reader).is_empty());
}

#[test]
fn what_an_append_has_stored_when_it_is_aborted_stays() {
    let media = Media::load("vp8.webm");
    let mut host = Host::open();
    let id = host.add(VP8);
    host.start_append(
        id,
        &[&media.initialization, &media.segments[0]]
            .map(Bytes::as_ref)
            .concat()
            .into(),
    );
    host.run_jobs();
    host.forget();
    host.call(|source| source.source_buffer(id)?.abort())
        .expect("it is open");
    assert_eq!(
        host.told(),
        [
            "fire abort at SourceBuffer 0",
            "fire updateend at SourceBuffer 0",
            "element duration 5.999",
            "element adds Video track 1, enabled",
            "fire addsourcebuffer at activeSourceBuffers",
            "element tracks",
            "element buffered",
        ]
    );
    let before = host.state();
    host.finish();
    assert_eq!(host.state(), before);
    assert!(host.told().is_empty());
    // The initialization segment counts.
    host.append(id, &media.segments[1]);
    // It goes on with the next key frame.
    assert_eq!(host.element_buffered(), "0..1.041 2..2.083");
}

/// <https://w3c.github.io/media-source/#sourcebuffer-buffer-append>
#[test]
fn the_outcome_of_an_aborted_append_does_not_end_the_next_one() {
    let (mut host, id, media) = host_for_video();
    host.start_append(id, &media.segments[0]);
    host.run_jobs();
    host.call(|source| source.source_buffer(id)?.abort())
        .expect("it is open");
    host.start_append(id, &media.segments[1]);
    host.forget();
    host.hand_over_outcome();
    assert!(host.source.is_updating(id) && host.told().is_empty());
    host.finish();
    assert!(!host.source.is_updating(id));
    assert_eq!(host.buffered(id), "0..2");
}

#[test]
fn the_error_of_an_aborted_append_falls_away() {
    let (mut host, id, media) = host_for_video();
    host.start_append(id, &crate::media::GARBAGE);
    host.run_jobs();
    host.call(|source| source.source_buffer(id)?.abort())
        .expect("it is open");
    host.forget();
    host.finish();
    assert!(host.told().is_empty());
    host.append(id, &media.segments[0]);
    assert_eq!(host.buffered(id), "0..1");
}

/// <https://w3c.github.io/media-source/#dom-sourcebuffer-timestampoffset>
#[test]
fn timestamp_offset_moves_segments() {
    let (mut host, id, media) = host_for_video();
    set_timestamp_offset(&mut host, id, 10.0);
    host.append(id, &media.segments[0]);
    set_timestamp_offset(&mut host, id, -1.0);
    host.append(id, &media.segments[1]);
    assert_eq!(host.buffered(id), "0..1 10..11");
    assert_eq!(timestamp_offset(&host, id), -1.0);
}

/// <https://w3c.github.io/media-source/#dom-sourcebuffer-appendwindowstart>,
/// <https://w3c.github.io/media-source/#dom-sourcebuffer-appendwindowend>
#[test]
fn append_window_cuts_off_sound_outside() {
    let media = Media::load("aac.mp4");
    let mut host = Host::open();
    let id = host.add(AAC);
    host.call(|source| source.source_buffer(id)?.set_append_window_end(4.0))
        .expect("it is idle");
    host.call(|source| source.source_buffer(id)?.set_append_window_start(2.0))
        .expect("it is idle");
    host.append(id, &media.whole);
    assert_eq!(host.buffered(id), "2..4");
}

/// Sound that begins within a frame of earlier sound ends that frame, and leaves no gap.
///
/// <https://w3c.github.io/media-source/#sourcebuffer-audio-splice-frame-algorithm>
#[test]
fn overlapped_sound_ends_where_the_new_sound_starts() {
    let media = Media::load("aac.mp4");
    let mut host = Host::open();
    let id = host.add(AAC);
    host.append(id, &media.whole);
    set_timestamp_offset(&mut host, id, 0.01);
    host.append(id, &media.segments[2]);
    assert_eq!(host.buffered(id), "0..6");
    let frames = read_all(&mut host.source.element_view().track_readers()[0]);
    let mut pairs = frames.windows(2);
    let cut = pairs.find(|pair| pair[0].discard_end > TimeDelta::ZERO);
    let cut = cut.expect("a frame is cut");
    assert_eq!(cut[0].end, cut[1].start);
    // The new sound starts 10 ms later than the frames that it replaces.
    assert_eq!(
        cut[0].end.since(cut[0].start),
        TimeDelta::from_milliseconds(10)
    );
    assert!(pairs.all(|pair| pair[0].discard_end == TimeDelta::ZERO));
}

/// <https://w3c.github.io/media-source/#dom-sourcebuffer-mode>,
/// <https://w3c.github.io/media-source/#sourcebuffer-coded-frame-processing>
#[test]
fn sequence_mode_puts_segments_one_after_another() {
    let (mut host, id, media) = host_for_video();
    set_mode(&mut host, id, AppendMode::Sequence);
    assert_eq!(host.attributes(id).mode, AppendMode::Sequence);
    host.append(id, &media.segments[3]);
    assert_eq!(
        (host.buffered(id), timestamp_offset(&host, id)),
        ("0..1".into(), -3.0)
    );
    host.append(id, &media.segments[1]);
    assert_eq!(
        (host.buffered(id), timestamp_offset(&host, id)),
        ("0..2".into(), 0.0)
    );
    set_timestamp_offset(&mut host, id, 7.5);
    host.append(id, &media.segments[0]);
    assert_eq!(
        (host.buffered(id), timestamp_offset(&host, id)),
        ("0..2 7.5..8.5".into(), 7.5)
    );
}

/// <https://w3c.github.io/media-source/#dom-sourcebuffer-mode>
#[test]
fn sequence_mode_goes_on_where_segments_ended() {
    let (mut host, id, media) = host_for_video();
    host.append(id, &media.segments[2]);
    set_mode(&mut host, id, AppendMode::Sequence);
    host.append(id, &media.segments[0]);
    assert_eq!(
        (host.buffered(id), timestamp_offset(&host, id)),
        ("2..4".into(), 3.0)
    );
    // Back in the other mode, the offset stays.
    set_mode(&mut host, id, AppendMode::Segments);
    host.append(id, &media.segments[5]);
    assert_eq!(host.buffered(id), "2..4 8..9");
}

/// <https://w3c.github.io/media-source/#dom-sourcebuffer-timestampoffset>
#[test]
fn sequence_mode_shows_the_offset_of_an_aborted_append() {
    let (mut host, id, media) = host_for_video();
    set_mode(&mut host, id, AppendMode::Sequence);
    host.start_append(id, &media.segments[3]);
    host.run_jobs();
    host.call(|source| source.source_buffer(id)?.abort())
        .expect("it is open");
    assert_eq!(
        (host.buffered(id), timestamp_offset(&host, id)),
        ("0..1".into(), -3.0)
    );
    host.append(id, &media.segments[3]);
    assert_eq!(
        (host.buffered(id), timestamp_offset(&host, id)),
        ("0..2".into(), -2.0)
    );
}

#[test]
fn sequence_mode_shows_the_offset_of_a_frame_that_the_end_of_the_stream_brings() {
    let media = Media::load("vorbis.webm");
    let mut host = Host::open();
    let id = host.add("audio/webm");
    set_mode(&mut host, id, AppendMode::Sequence);
    host.append(id, &media.initialization);
    // One complete frame, whose duration is not known yet.
    host.append(id, &media.segments[1].slice(..60));
    assert_eq!(timestamp_offset(&host, id), 0.0);
    host.end_of_stream();
    assert!(host.buffered(id).starts_with("0.."));
    assert!(timestamp_offset(&host, id) < -0.9);
}

/// <https://w3c.github.io/media-source/#dom-sourcebuffer-changetype>
#[test]
fn change_type_goes_on_in_another_format_and_codec() {
    let (mut host, id, media) = host_for_video();
    let webm = Media::load("vp8.webm");
    host.append(id, &media.whole);
    host.call(|source| source.change_type(id, VP8))
        .expect("it is idle");
    set_timestamp_offset(&mut host, id, 6.0);
    host.append(id, &webm.whole);
    assert_eq!(host.buffered(id), "0..11.999");
    let frames = read_all(&mut host.source.element_view().track_readers()[0]);
    assert_eq!(frames.len(), 288);
    assert_ne!(
        frames[143].configuration.codec(),
        frames[144].configuration.codec()
    );
    assert_eq!(host.source.active_source_buffer_ids().count(), 1);
}

/// changeType() need not be called for it.
///
/// <https://w3c.github.io/media-source/#sourcebuffer-init-segment-received>
#[test]
fn an_initialization_segment_may_have_other_codecs_of_the_same_format() {
    let (first, second) = (
        Media::load("h264-aac.mp4"),
        Media::load("layouts/vp9-opus.mp4"),
    );
    for calls_change_type in [false, true] {
        let mut host = Host::open();
        let id = host.add("video/mp4");
        host.append(id, &first.whole);
        if calls_change_type {
            host.call(|source| source.change_type(id, "video/mp4"))
                .expect("it is idle");
        }
        set_timestamp_offset(&mut host, id, 10.0);
        host.append(id, &second.whole);
        assert!(
            host.buffered(id).starts_with("0..6 10"),
            "{}",
            host.buffered(id)
        );
    }
}

/// <https://w3c.github.io/media-source/#dom-sourcebuffer-changetype>
#[test]
fn change_type_wants_an_initialization_segment_next() {
    let (mut host, id, media) = host_for_video();
    host.call(|source| source.change_type(id, H264))
        .expect("it is idle");
    host.forget();
    host.append(id, &media.segments[0]);
    assert!(
        host.told()
            .contains(&"fire error at SourceBuffer 0".to_owned())
    );
    assert_eq!(host.buffered(id), "");
}

#[test]
fn change_type_forgets_half_a_segment_and_keeps_the_attributes() {
    let (mut host, id, media) = host_for_video();
    set_mode(&mut host, id, AppendMode::Sequence);
    host.call(|source| source.source_buffer(id)?.set_append_window_end(9.0))
        .expect("it is idle");
    host.append(id, &media.segments[0].slice(..500));
    let before = host.attributes(id);
    host.call(|source| source.change_type(id, H264))
        .expect("it is idle");
    assert_eq!(host.attributes(id), before);
    host.append(id, &media.whole);
    assert_eq!(host.buffered(id), "0..6");
}

/// <https://w3c.github.io/media-source/#dom-sourcebuffer-mode>,
/// <https://w3c.github.io/media-source/#dom-sourcebuffer-timestampoffset>,
/// <https://w3c.github.io/media-source/#dom-sourcebuffer-appendwindowstart>,
/// <https://w3c.github.io/media-source/#dom-sourcebuffer-appendwindowend>
#[test]
fn attributes_are_read_back_as_they_were_set() {
    let mut host = Host::open();
    let id = host.add(H264);
    let (offset, start, end) = (1.0 / 3.0, 0.1, 1e300);
    set_timestamp_offset(&mut host, id, offset);
    host.call(|source| source.source_buffer(id)?.set_append_window_start(start))
        .expect("it is idle");
    host.call(|source| source.source_buffer(id)?.set_append_window_end(end))
        .expect("it is idle");
    host.append(id, &Media::load("h264.mp4").whole);
    let attributes = host.attributes(id);
    assert_eq!(attributes.mode, AppendMode::Segments);
    assert_eq!(attributes.timestamp_offset, offset);
    assert_eq!(
        (attributes.append_window_start, attributes.append_window_end),
        (start, end)
    );
}

#[test]
fn removed_source_buffers_keep_their_attributes() {
    let mut host = Host::open();
    let (removed, detached) = (host.add(H264), host.add(H264));
    for id in [removed, detached] {
        set_mode(&mut host, id, AppendMode::Sequence);
        set_timestamp_offset(&mut host, id, 3.0);
        host.call(|source| source.source_buffer(id)?.set_append_window_end(7.0))
            .expect("it is idle");
    }
    let before = host.attributes(removed);
    host.call(|source| source.remove_source_buffer(removed))
        .expect("it is there");
    host.call(MediaSource::detach);
    for id in [removed, detached] {
        assert_eq!(host.attributes(id), before);
        assert!(!host.source.is_updating(id));
    }
    assert_eq!(
        (before.timestamp_offset, before.append_window_end),
        (3.0, 7.0)
    );
}
