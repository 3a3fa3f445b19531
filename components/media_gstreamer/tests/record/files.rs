/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Which files come out, and that they are played as they come.

use std::process::Command;
use std::time::Duration;

use byte_stream::format::ByteStreamFormat;
use byte_stream::frame::CodedFrame;
use byte_stream::parser::{Parsed, Parser, Produced};
use byte_stream::track::{AudioCodec, InitializationSegment, Medium, VideoCodec};
use bytes::Bytes;
use media_recorder::{Container, KeyFrameInterval};
use media_source::Picture;
use media_stream::{CaptureBackend, Kind, Settings};

use super::decoded::{Decoded, TemporaryFile};
use super::studio::{FRAME_RATE, Format, MP4, PICTURE, Recorded, Session, Studio, WEBM, plan};

/// The formats, and the names that ffmpeg has for their codecs.
const FORMATS: [(Format, &[&str]); 8] = [
    (WEBM, &["vp8", "opus"]),
    (MP4, &["h264", "aac"]),
    (
        Format {
            video: Some(VideoCodec::Vp9),
            audio: Some(AudioCodec::Vorbis),
            ..WEBM
        },
        &["vp9", "vorbis"],
    ),
    (
        Format {
            video: Some(VideoCodec::Vp9),
            audio: Some(AudioCodec::Opus),
            ..MP4
        },
        &["vp9", "opus"],
    ),
    (
        Format {
            container: Container::Matroska,
            audio: Some(AudioCodec::Aac),
            ..MP4
        },
        &["h264", "aac"],
    ),
    (
        Format {
            video: None,
            ..WEBM
        },
        &["opus"],
    ),
    (Format { audio: None, ..MP4 }, &["h264"]),
    (
        Format {
            container: Container::Ogg,
            video: None,
            ..WEBM
        },
        &["opus"],
    ),
];

/// Returns what ffprobe says of the codecs; `None` if it is not installed.
fn probed_codecs(bytes: &[u8]) -> Option<Vec<String>> {
    let file = TemporaryFile::new(bytes);
    let arguments = [
        "-v",
        "error",
        "-show_entries",
        "stream=codec_name",
        "-of",
        "csv=p=0",
    ];
    let output = Command::new("ffprobe")
        .args(arguments)
        .arg(&file.0)
        .output();
    let output = output.ok()?;
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(
        text.split_whitespace()
            .map(|word| word.trim_matches(',').to_owned())
            .collect(),
    )
}

#[test]
fn a_file_of_each_format_is_whole_and_can_be_sought_in() {
    let studio = Studio::new();
    let sessions = FORMATS.map(|(format, _)| studio.start(format, None));
    sessions[0].go_on_for(Duration::from_secs(2));
    let files = sessions.map(Session::stop);
    for ((format, codecs), Recorded { file, seconds }) in FORMATS.iter().zip(files) {
        let name = format!("{:?} with {codecs:?}", format.container);
        let decoded = Decoded::new(*format, &file);
        let duration = decoded.duration;
        let is_as_long = |time: f64| (time - seconds).abs() < 0.4;
        assert!(
            is_as_long(duration),
            "{name} lasts {duration} s, not {seconds} s"
        );
        assert!(decoded.is_seekable, "{name} cannot be sought in");
        if format.audio.is_some() {
            let end = decoded.sound_end();
            assert!(is_as_long(end), "{name} ends at {end} s, not {seconds} s");
        }
        if format.video.is_some() {
            let count = decoded.pictures.len();
            assert!(count >= 30, "{name} has {count} pictures");
        }
        if format.container == Container::WebM || format.container == Container::Matroska {
            let has_cues = file
                .windows(4)
                .any(|bytes| bytes == [0x1c, 0x53, 0xbb, 0x6b]);
            assert!(has_cues, "{name} has no cues");
        }
        if let Some(probed) = probed_codecs(&file) {
            assert_eq!(probed, *codecs, "{name}");
        }
    }
}

/// A file that is parsed as it comes.
struct Stream {
    parser: Parser,
    segments: Vec<InitializationSegment>,
    frames: Vec<CodedFrame>,
}

impl Stream {
    fn new(container: Container) -> Self {
        let format = match container {
            Container::Mp4 => ByteStreamFormat::IsoBmff,
            _ => ByteStreamFormat::WebM,
        };
        Self {
            parser: Parser::new(format),
            segments: Vec::new(),
            frames: Vec::new(),
        }
    }

    fn append(&mut self, bytes: Vec<u8>) {
        self.parser.push(Bytes::from(bytes));
        loop {
            let parsed = self.parser.parse(usize::MAX).expect("it can be appended");
            match parsed {
                Parsed::NeedMore => return,
                Parsed::Yield => {}
                Parsed::Produced(Produced::InitializationSegment(segment)) => {
                    self.segments.push(segment);
                }
                Parsed::Produced(Produced::CodedFrames(frames)) => self.frames.extend(frames),
                Parsed::Produced(other) => panic!("{other:?}"),
            }
        }
    }

    /// Returns the starts of the frames of a kind in seconds, and whether each is a key frame.
    fn frames_of(&self, medium: Medium) -> Vec<(f64, bool)> {
        let mut tracks = self.segments[0].tracks.iter();
        let track = tracks.find(|track| track.configuration.medium() == medium);
        let track = track.expect("there is such a track");
        let frames = self.frames.iter().filter(|frame| frame.track == track.id);
        let start = |frame: &CodedFrame| {
            let nanoseconds = track.timescale.to_nanoseconds(frame.presentation);
            (nanoseconds as f64 * 1e-9, frame.is_random_access_point)
        };
        frames.map(start).collect()
    }
}

#[test]
fn slices_are_played_as_they_come() {
    let studio = Studio::new();
    // Matroska goes the way of WebM, and Ogg is not played so.
    let formats = FORMATS.map(|(format, _)| format);
    let formats = Vec::from_iter(formats.into_iter().take(4));
    let start = |format: &Format| studio.start(*format, Some(Duration::from_millis(200)));
    let sessions = Vec::from_iter(formats.iter().map(start));
    sessions[0].wait_for(Duration::from_secs(2));
    for (format, session) in formats.into_iter().zip(sessions) {
        let mut slices = session.slices();
        let early = slices.len();
        slices.extend(session.stop_with_slices());
        assert_played_as_they_come(format, slices, early);
    }
}

/// Checks slices of which so many came before the end.
fn assert_played_as_they_come(format: Format, slices: Vec<Vec<u8>>, early: usize) {
    assert!(early >= 3, "{early} slices come in 2 s");
    let mut stream = Stream::new(format.container);
    let mut ends = Vec::new();
    for bytes in slices {
        stream.append(bytes);
        ends.push(stream.frames.len());
    }
    assert!(ends[early / 2] > 0, "no frame has come by half of the time");
    assert!(
        ends[early - 1] > ends[early / 2],
        "all frames come at the end"
    );
    assert_eq!(stream.parser.waiting_bytes(), 0);
    assert_eq!(stream.segments.len(), 1);
    for medium in [Medium::Audio, Medium::Video] {
        let frames = stream.frames_of(medium);
        let (first, is_key) = frames[0];
        assert!(
            is_key && first.abs() < 0.05,
            "{medium:?} begins at {first} s"
        );
        assert!(
            frames.is_sorted_by(|one, other| one.0 <= other.0),
            "{frames:?}"
        );
        let gaps = frames.windows(2).map(|pair| pair[1].0 - pair[0].0);
        let longest = gaps.fold(0., f64::max);
        assert!(longest < 0.5, "{medium:?} has a gap of {longest} s");
        let end = frames[frames.len() - 1].0;
        assert!(end > 1.7, "{medium:?} ends at {end} s");
    }
    let keys = stream.frames_of(Medium::Video);
    let keys = Vec::from_iter(keys.iter().filter(|(_, is_key)| *is_key));
    // One is asked for each second.
    assert!(keys.len() >= 2, "{keys:?}");
}

#[test]
fn slices_have_no_gaps_where_pictures_seldom_come() {
    let studio = Studio::new();
    let (source, sink) = studio.backend.create_picture_source();
    let (width, height) = PICTURE;
    let show = || {
        let pixels = vec![200; (width * height * 4) as usize];
        sink.show(Picture {
            width,
            height,
            pixels,
        });
    };
    show();
    let format = Format {
        audio: None,
        ..WEBM
    };
    let feeds = vec![(Kind::Video, source.create_feed(&Settings::new()))];
    let session = Session::start(format, Some(Duration::from_millis(100)), feeds);
    for time in [300, 900, 1_000] {
        session.wait_for(Duration::from_millis(time));
        show();
    }
    session.wait_for(Duration::from_millis(1_800));
    let mut stream = Stream::new(format.container);
    let slices = session.stop_with_slices();
    slices.into_iter().for_each(|slice| stream.append(slice));
    let frames = stream.frames_of(Medium::Video);
    let gaps = frames.windows(2).map(|pair| pair[1].0 - pair[0].0);
    let longest = gaps.fold(0., f64::max);
    assert!(longest < 1.6 / FRAME_RATE, "{frames:?}");
    let end = frames[frames.len() - 1].0;
    assert!((1.7..3.).contains(&end), "it ends at {end} s");
}

#[test]
fn key_frames_come_as_often_as_the_page_wants() {
    let studio = Studio::new();
    let format = Format {
        video: Some(VideoCodec::Vp9),
        audio: None,
        ..WEBM
    };
    let start = |format: Format, interval| {
        let feeds = vec![(Kind::Video, studio.picture_feed())];
        let mut plan = plan(format, Some(Duration::from_millis(200)), feeds);
        if let Some(video) = &mut plan.video {
            video.key_frame_interval = interval;
        }
        Session::start_plan(plan)
    };
    let h264 = Format { audio: None, ..MP4 };
    let sessions = [
        start(format, KeyFrameInterval::Frames(5)),
        start(h264, KeyFrameInterval::Frames(10)),
        start(h264, KeyFrameInterval::Time(Duration::from_millis(300))),
    ];
    sessions[0].wait_for(Duration::from_millis(1_500));
    let [vp9, h264, timed] = sessions.map(Session::stop_with_slices);
    let keys = |container, slices: Vec<Vec<u8>>| {
        let mut stream = Stream::new(container);
        slices.into_iter().for_each(|slice| stream.append(slice));
        stream.frames_of(Medium::Video)
    };
    let vp9 = keys(Container::WebM, vp9);
    let h264 = keys(Container::Mp4, h264);
    for (frames, interval) in [(&vp9, 5), (&h264, 10)] {
        let expected = (0..frames.len()).map(|number| number % interval == 0);
        let is_key = frames.iter().map(|(_, is_key)| *is_key);
        assert!(is_key.eq(expected), "{frames:?}");
    }
    let timed = keys(Container::Mp4, timed);
    let keys = Vec::from_iter(timed.iter().filter(|(_, is_key)| *is_key));
    assert!(keys.len() >= 4, "{keys:?}");
    // A key frame is the first one after the time.
    assert!(
        keys.windows(2).all(|pair| pair[1].0 - pair[0].0 > 0.29),
        "{keys:?}"
    );
}

#[test]
fn parameter_sets_of_h264_are_where_the_page_wants_them() {
    let studio = Studio::new();
    let format = Format { audio: None, ..MP4 };
    let sessions = [false, true].map(|is_in_band| {
        let feeds = vec![(Kind::Video, studio.picture_feed())];
        let mut plan = plan(format, None, feeds);
        if let Some(video) = &mut plan.video {
            video.has_parameter_sets_in_band = is_in_band;
        }
        Session::start_plan(plan)
    });
    sessions[0].go_on_for(Duration::from_millis(500));
    for (session, name) in sessions.into_iter().zip([b"avc1", b"avc3"]) {
        let file = session.stop().file;
        assert!(file.windows(4).any(|bytes| bytes == name), "{name:?}");
        assert!(!Decoded::new(format, &file).pictures.is_empty());
    }
}
