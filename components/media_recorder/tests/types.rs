/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Which types can be recorded, and which is chosen.

use byte_stream::track::{AudioCodec, VideoCodec};
use media_recorder::{Container, Part, RecorderOptions, RecordingEvent, is_type_supported};
use media_stream::Kind;

use crate::fake::{Page, all_encoders, encoders};

/// <https://w3c.github.io/mediacapture-record/#abstract-opdef-is-type-supported>
#[test]
fn types_are_supported_whose_parts_all_are_there() {
    let encoders = all_encoders();
    for type_ in [
        "",
        "audio/webm",
        "AUDIO/WebM",
        "audio/webm; codecs=\"vorbis\"",
        "audio/webm;codecs=opus",
        "audio/ogg; codecs=opus",
        "audio/mp4; codecs=\"mp4a.40.2\"",
        "audio/mp4; codecs=\"opus\"",
        "video/mp4",
        "video/mp4;codecs=avc1.64003E,mp4a.40.2",
        "video/mp4; codecs=\"avc3.64003E, opus\"",
        "video/mp4; codecs=\"vp9, opus\"",
        "video/mp4; codecs=\"vp09.00.10.08\"",
        "video/webm; codecs=\"vp8, opus\"",
        "video/webm;codecs=VP9",
        "video/webm;codecs=opus",
        "video/x-matroska",
        "video/x-matroska;codecs=avc1",
    ] {
        assert!(is_type_supported(type_, &encoders), "{type_:?}");
    }
    for type_ in [
        "audio",
        "webm",
        "audio/banana",
        "video/pineapple",
        "image/webm",
        "audio/webm;codecs=vp8",
        "audio/webm;codecs=mp4a.40.2",
        "video/ogg",
        "audio/ogg;codecs=\"vp8,opus\"",
        "video/mp4;codecs=vp8",
        "video/mp4;codecs=hvc1.1.6.L186.B0",
        "video/webm;codecs=avc1",
        "video/webm;codecs=\"vp8,vp9\"",
        "video/webm;codecs=\"opus,vorbis\"",
        "video/webm;codecs=\"\"",
        "video/webm;codecs=\"vp8,\"",
        // There is no encoder.
        "video/webm;codecs=av1",
    ] {
        assert!(!is_type_supported(type_, &encoders), "{type_:?}");
    }
}

#[test]
fn a_type_needs_its_container_and_its_encoders() {
    let no_mp4 = encoders(&[Container::WebM], &[AudioCodec::Aac], &[VideoCodec::Vp8]);
    assert!(is_type_supported("video/webm;codecs=vp8", &no_mp4));
    assert!(!is_type_supported("video/webm;codecs=opus", &no_mp4));
    assert!(!is_type_supported("audio/mp4;codecs=mp4a.40.2", &no_mp4));
}

#[test]
fn what_is_not_installed_is_named() {
    let mut page = Page::new(&[]);
    let mut encoders = encoders(&[Container::WebM], &[], &[VideoCodec::Vp8]);
    let message = "opusenc is missing: install it";
    encoders.add_missing(Part::Audio(AudioCodec::Opus), message.to_owned());
    let error = |options: &RecorderOptions, page: &Page| {
        let new_listener = |_| -> media_recorder::RecordingListener { Box::new(drop) };
        let backend = std::sync::Arc::new(crate::fake::FakeBackend {
            encoders: encoders.clone(),
            requests: Default::default(),
            plans: Default::default(),
        });
        let recorder =
            media_recorder::Recorder::new(backend, Box::new(new_listener), options, None);
        recorder
            .and_then(|mut recorder| recorder.start(&page.tracks, false, None))
            .expect_err("it cannot be recorded")
            .to_string()
    };
    page.tracks = vec![crate::fake::track(Kind::Audio)];
    let options = RecorderOptions::default();
    assert_eq!(error(&options, &page), message);
    let options = RecorderOptions {
        mime_type: "audio/webm;codecs=opus".to_owned(),
        ..options
    };
    assert!(error(&options, &page).ends_with(message));
}

/// The type of a recording of tracks of these kinds, where the page asks for `requested`.
fn chosen(requested: &str, kinds: &[Kind]) -> String {
    let options = RecorderOptions {
        mime_type: requested.to_owned(),
        ..RecorderOptions::default()
    };
    let mut page = Page::with_options(kinds, &options);
    assert_eq!(page.recorder.mime_type(), requested);
    page.start();
    page.tell(0, RecordingEvent::Started);
    page.recorder.mime_type().to_owned()
}

#[test]
fn what_a_page_leaves_open_is_added_to_the_type() {
    let audio = [Kind::Audio].as_slice();
    let video = [Kind::Video].as_slice();
    let both = [Kind::Video, Kind::Audio].as_slice();
    for (requested, kinds, expected) in [
        ("", audio, "audio/webm;codecs=opus"),
        ("", video, "video/webm;codecs=vp8"),
        ("", both, "video/webm;codecs=\"vp8,opus\""),
        ("audio/ogg", audio, "audio/ogg;codecs=opus"),
        ("video/webm", audio, "video/webm;codecs=opus"),
        (
            "video/mp4",
            both,
            "video/mp4;codecs=\"avc1.42E028,mp4a.40.2\"",
        ),
        ("video/mp4", video, "video/mp4;codecs=avc1.42E028"),
        (
            "video/mp4;codecs=opus",
            both,
            "video/mp4;codecs=\"avc1.42E028,opus\"",
        ),
        (
            "video/webm;codecs=VP9",
            both,
            "video/webm;codecs=\"VP9,opus\"",
        ),
        // A type that says it all stays as the page has written it.
        (
            "video/webm; codecs=vp8,opus",
            both,
            "video/webm; codecs=vp8,opus",
        ),
        (
            "video/webm; codecs=vp8,opus",
            audio,
            "video/webm; codecs=vp8,opus",
        ),
        (
            "video/x-matroska;codecs=avc1",
            video,
            "video/x-matroska;codecs=avc1",
        ),
    ] {
        assert_eq!(chosen(requested, kinds), expected, "{requested:?}");
    }
}
