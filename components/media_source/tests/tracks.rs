/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The track lists, and what follows from which of the tracks play.

use media_source::{
    ElementReadyState, MediaSource, MediaTrack, MediaTrackId, Medium, SourceBufferId,
};
use track_buffer::time::PresentationTime;

use crate::host::Host;
use crate::media::{AAC, H264, H264_AAC, Media};

/// Open, with a SourceBuffer that has sound and pictures.
fn host_with_both() -> (Host, SourceBufferId) {
    let mut host = Host::open();
    let id = host.add(H264_AAC);
    host.append(id, &Media::load("h264-aac.mp4").whole);
    host.forget();
    (host, id)
}

/// Open, with a SourceBuffer for pictures and one for sound.
fn host_with_each() -> (Host, SourceBufferId, SourceBufferId) {
    let mut host = Host::open();
    let (video, audio) = (host.add(H264), host.add(AAC));
    host.append(video, &Media::load("h264.mp4").whole);
    host.append(audio, &Media::load("aac.mp4").whole);
    host.forget();
    (host, video, audio)
}

fn track(host: &Host, id: SourceBufferId, medium: Medium) -> MediaTrack {
    let mut tracks = host.source.tracks(id).into_iter();
    tracks
        .find(|track| track.medium == medium)
        .expect("the media has such a track")
}

fn set_enabled(host: &mut Host, track: MediaTrackId, is_enabled: bool) -> Vec<String> {
    host.forget();
    host.call(|source| source.handle_track_change(track, is_enabled));
    host.told()
}

fn active(host: &Host) -> Vec<SourceBufferId> {
    host.source.active_source_buffer_ids().collect()
}

/// Which media the player reads.
fn read_media(host: &Host) -> Vec<Medium> {
    let readers = host.source.element_view().track_readers();
    let configurations = readers.iter().map(|reader| reader.configuration());
    configurations.map(|it| it.medium()).collect()
}

/// <https://w3c.github.io/media-source/#sourcebuffer-init-segment-received>
#[test]
fn the_initialization_segment_fills_the_lists() {
    let mut host = Host::open();
    let id = host.add(H264_AAC);
    assert!(host.source.tracks(id).is_empty());
    host.forget();
    host.append(id, &Media::load("h264-aac.mp4").initialization);
    // Audio tracks come before video tracks, and all before the SourceBuffer is active.
    let told = host.told();
    let added: Vec<_> = told
        .iter()
        .skip_while(|line| !line.contains("adds"))
        .take(3)
        .collect();
    assert_eq!(
        added,
        [
            "element adds Audio track 1, enabled",
            "element adds Video track 2, enabled",
            "fire addsourcebuffer at activeSourceBuffers",
        ]
    );
    for (track, name) in host.source.tracks(id).iter().zip(["1", "2"]) {
        assert_eq!(track.id.to_string(), name);
        assert_eq!(track.source_buffer, id);
        assert_eq!((track.kind, track.label.as_str()), ("main", ""));
        assert_eq!(track.language, "");
        assert!(track.is_enabled);
    }
}

/// <https://w3c.github.io/media-source/#dom-sourcebuffer-audiotracks>,
/// <https://w3c.github.io/media-source/#dom-sourcebuffer-videotracks>,
/// <https://w3c.github.io/media-source/#dom-sourcebuffer-texttracks>
#[test]
fn each_source_buffer_lists_its_own_tracks() {
    let (host, video, audio) = host_with_each();
    let media = |id| -> Vec<_> {
        let tracks = host.source.tracks(id).into_iter();
        tracks.map(|track| track.medium).collect()
    };
    assert_eq!(media(video), [Medium::Video]);
    assert_eq!(media(audio), [Medium::Audio]);
    let (video, audio) = (
        track(&host, video, Medium::Video),
        track(&host, audio, Medium::Audio),
    );
    assert_ne!(video.id, audio.id);
}

/// <https://w3c.github.io/media-source/#sourcebuffer-init-segment-received>
#[test]
fn further_initialization_segments_add_no_tracks() {
    let (mut host, id) = host_with_both();
    host.append(id, &Media::load("h264-aac.mp4").initialization);
    assert_eq!(host.source.tracks(id).len(), 2);
    assert!(!host.told().iter().any(|line| line.contains("track")));
}

/// <https://w3c.github.io/media-source/#dom-mediasource-removesourcebuffer>
#[test]
fn removing_a_source_buffer_removes_its_tracks_first() {
    let (mut host, id) = host_with_both();
    host.call(|source| source.remove_source_buffer(id))
        .expect("it is there");
    assert_eq!(
        host.told()[..4],
        [
            "element removes Audio track 1, enabled",
            "element removes Video track 2, enabled",
            "fire removesourcebuffer at activeSourceBuffers",
            "fire removesourcebuffer at sourceBuffers",
        ]
    );
    assert!(host.source.tracks(id).is_empty());
}

/// <https://w3c.github.io/media-source/#mediasource-detach>
#[test]
fn ids_are_not_used_again_after_detaching() {
    let (mut host, id) = host_with_both();
    host.call(MediaSource::detach);
    assert!(host.source.tracks(id).is_empty());
    host.attach();
    let id = host.add(H264);
    host.append(id, &Media::load("h264.mp4").initialization);
    assert_eq!(track(&host, id, Medium::Video).id.to_string(), "3");
}

/// <https://w3c.github.io/media-source/#active-source-buffer-changes>
#[test]
fn a_source_buffer_is_active_while_a_track_of_it_plays() {
    let (mut host, video, audio) = host_with_each();
    let sound = track(&host, audio, Medium::Audio).id;
    assert_eq!(
        set_enabled(&mut host, sound, false),
        [
            "fire removesourcebuffer at activeSourceBuffers",
            "element tracks",
            "element buffered",
        ]
    );
    assert_eq!(active(&host), [video]);
    assert_eq!(read_media(&host), [Medium::Video]);
    assert_eq!(
        set_enabled(&mut host, sound, true),
        [
            "fire addsourcebuffer at activeSourceBuffers",
            "element tracks",
            "element buffered",
        ]
    );
    assert_eq!(active(&host), [video, audio]);
    assert_eq!(read_media(&host), [Medium::Video, Medium::Audio]);
}

/// <https://w3c.github.io/media-source/#active-source-buffer-changes>
#[test]
fn a_source_buffer_stays_active_by_its_other_track() {
    let (mut host, id) = host_with_both();
    let sound = track(&host, id, Medium::Audio).id;
    let pictures = track(&host, id, Medium::Video).id;
    assert_eq!(
        set_enabled(&mut host, sound, false),
        ["element tracks", "element buffered"]
    );
    assert_eq!(active(&host), [id]);
    assert_eq!(read_media(&host), [Medium::Video]);
    set_enabled(&mut host, pictures, false);
    assert!(active(&host).is_empty() && read_media(&host).is_empty());
    // What is not active is not removed from there once more.
    host.forget();
    host.call(|source| source.remove_source_buffer(id))
        .expect("it is there");
    assert_eq!(
        host.told()[..3],
        [
            "element removes Audio track 1, disabled",
            "element removes Video track 2, disabled",
            "fire removesourcebuffer at sourceBuffers",
        ]
    );
}

/// <https://w3c.github.io/media-source/#active-source-buffer-changes>
#[test]
fn selecting_a_video_track_unselects_the_other() {
    let mut host = Host::open();
    let (first, second) = (host.add(H264), host.add(H264));
    host.append(first, &Media::load("h264.mp4").initialization);
    host.append(second, &Media::load("h264.mp4").initialization);
    // Each is the first of its SourceBuffer; the element shows one.
    assert_eq!(active(&host), [first, second]);
    assert_eq!(read_media(&host), [Medium::Video]);
    let pictures = track(&host, second, Medium::Video).id;
    assert_eq!(
        set_enabled(&mut host, pictures, true),
        [
            "fire removesourcebuffer at activeSourceBuffers",
            "element tracks",
            "element buffered",
        ]
    );
    assert_eq!(active(&host), [second]);
    assert!(!track(&host, first, Medium::Video).is_enabled);
    let pictures = track(&host, first, Medium::Video).id;
    assert_eq!(
        set_enabled(&mut host, pictures, true)[..2],
        [
            "fire removesourcebuffer at activeSourceBuffers",
            "fire addsourcebuffer at activeSourceBuffers",
        ]
    );
    assert_eq!(active(&host), [first]);
}

/// <https://w3c.github.io/media-source/#active-source-buffer-changes>
#[test]
fn a_track_that_is_set_as_it_was_changes_nothing() {
    let (mut host, id) = host_with_both();
    let sound = track(&host, id, Medium::Audio).id;
    assert!(set_enabled(&mut host, sound, true).is_empty());
    host.call(|source| source.remove_source_buffer(id))
        .expect("it is there");
    assert!(set_enabled(&mut host, sound, false).is_empty());
}

/// <https://w3c.github.io/media-source/#buffer-monitoring>
#[test]
fn what_is_not_active_does_not_hold_up_playback() {
    let mut host = Host::open();
    let (video, audio) = (host.add(H264), host.add(AAC));
    host.append(video, &Media::load("h264.mp4").whole);
    host.append(audio, &Media::load("aac.mp4").initialization);
    let ready_state = |host: &Host| {
        host.source
            .element_view()
            .ready_state(PresentationTime::ZERO)
    };
    assert_eq!(ready_state(&host), ElementReadyState::HaveMetadata);
    let sound = track(&host, audio, Medium::Audio).id;
    set_enabled(&mut host, sound, false);
    assert_eq!(ready_state(&host), ElementReadyState::HaveEnoughData);
}

#[test]
fn what_playback_waits_for_is_named() {
    let mut host = Host::open();
    let (video, audio) = (host.add(H264), host.add(AAC));
    let sound = Media::load("aac.mp4");
    host.append(audio, &sound.initialization);
    assert_eq!(host.source.track_without_frames(), None, "no track has any");
    host.append(video, &Media::load("h264.mp4").whole);
    let missing = host
        .source
        .track_without_frames()
        .expect("sound is missing");
    assert!(missing.contains("audio track") && missing.contains("sourceBuffers[1]"));
    let track = track(&host, audio, Medium::Audio).id;
    set_enabled(&mut host, track, false);
    assert_eq!(host.source.track_without_frames(), None, "it does not play");
    set_enabled(&mut host, track, true);
    host.append(audio, &sound.whole);
    assert_eq!(host.source.track_without_frames(), None);
}

/// <https://html.spec.whatwg.org/multipage/media.html#concept-video-intrinsic-width>
#[test]
fn the_natural_size_is_that_of_the_first_initialization_segment() {
    let mut host = Host::open();
    let (audio, video) = (host.add(AAC), host.add(H264));
    let pictures = Media::load("h264.mp4");
    host.append(audio, &Media::load("aac.mp4").whole);
    assert_eq!(host.source.element_view().natural_size(), None);
    host.append(video, &pictures.whole);
    assert_eq!(host.source.element_view().natural_size(), Some((320, 180)));
    // A later segment says another size: in the sample entry, and of the track.
    let mut larger = pictures.initialization.to_vec();
    let entry = larger
        .windows(4)
        .position(|name| name == b"avc1")
        .expect("it has one");
    larger[entry + 28..entry + 30].copy_from_slice(&640_u16.to_be_bytes());
    host.append(video, &larger.into());
    assert_eq!(host.source.element_view().natural_size(), Some((320, 180)));
}
