/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The first picture of playback comes before the second frame goes in, and all pictures are what they are
//! without that, with every decoder that would hold the first one back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use byte_stream::track::{Codec, VideoCodec};
use bytes::Bytes;
use gstreamer::event::Seek;
use gstreamer::prelude::*;
use gstreamer::{ClockTime, PadProbeReturn, PadProbeType, SeekFlags, SeekType};
use track_buffer::read::ReadFrame;
use track_buffer::time::{PresentationTime, TimeDelta};

use super::decoded::{fingerprint, planes};
use super::{PATIENCE, Run, decoding, track_of};
use crate::caps;
use crate::chain::ends;
use crate::clipping::Cut;
use crate::decoder::{Decoder, decoders_for};
use crate::feed::{UnderWay, to_buffer};
use crate::first_picture::{FirstPicture, is_shown_first};
use crate::media::Media;
use crate::recovery::Progress;
use crate::timeline;

const FILES: [(&str, VideoCodec); 10] = [
    ("h264.mp4", VideoCodec::H264),
    ("codecs/h264-pyramid.mp4", VideoCodec::H264),
    ("layouts/open-groups.mp4", VideoCodec::H264),
    ("layouts/h264-aac.ts", VideoCodec::H264),
    ("layouts/intra-refresh.ts", VideoCodec::H264),
    ("codecs/hvc1.mp4", VideoCodec::Hevc),
    ("codecs/hevc-layers.mp4", VideoCodec::Hevc),
    ("vp8.webm", VideoCodec::Vp8),
    ("layouts/vp9-opus.webm", VideoCodec::Vp9),
    ("codecs/av1-pyramid.mp4", VideoCodec::Av1),
];

/// Returns the installed decoders that would hold the first picture back.
fn slow_decoders(codec: VideoCodec) -> Vec<&'static Decoder> {
    let holds_back = |decoder: &&Decoder| {
        let elements = decoding(decoder).expect("it is installed");
        FirstPicture::install(&elements).is_some()
    };
    let decoders = decoders_for(Codec::Video(codec)).iter();
    let software = decoders.filter(|decoder| !decoder.is_hardware);
    software.filter(holds_back).collect()
}

/// Has the source seek as a chain does.
fn seek(run: &Run, target: PresentationTime, flags: SeekFlags) {
    run.source.send_event(Seek::new(
        1.,
        flags,
        SeekType::Set,
        timeline::to_clock_time(target),
        SeekType::None,
        ClockTime::NONE,
    ));
}

/// A decoder that is about to play.
struct Playback {
    run: Run,
    progress: Arc<Progress>,
    /// How many buffers went in.
    buffers: Arc<AtomicU64>,
    first_picture: FirstPicture,
}

impl Playback {
    /// Begins as a chain does. If `is_early`, the first picture is shown early where that is possible.
    fn start(
        media: &Media,
        codec: VideoCodec,
        decoder: &Decoder,
        target: PresentationTime,
        is_early: bool,
    ) -> Self {
        let codec = Codec::Video(codec);
        let reader = media.readers().swap_remove(track_of(media, codec));
        let elements = decoding(decoder).expect("it is installed");
        let first_picture = FirstPicture::install(&elements).expect("it holds pictures back");
        let (input, output) = ends(&elements).expect("a decoder has them");
        let progress = Progress::watch(&input, &output, None);
        let buffers = Arc::new(AtomicU64::new(0));
        let counted = buffers.clone();
        input.add_probe(PadProbeType::BUFFER, move |_, _| {
            counted.fetch_add(1, Ordering::Relaxed);
            PadProbeReturn::Ok
        });
        let under_way = UnderWay {
            progress: progress.clone(),
            ..UnderWay::default()
        };
        let mut run = Run::new((reader, codec, target), under_way, elements, &planes());
        seek(&run, target, SeekFlags::ACCURATE);
        run.feed.show_early(is_early.then(|| first_picture.clone()));
        run.start();
        Self {
            run,
            progress,
            buffers,
            first_picture,
        }
    }

    fn finish(self) -> Played {
        let samples = self.run.finish();
        let pictures = samples.iter().map(|sample| {
            let (start, checksum) = fingerprint(sample);
            let duration = sample.buffer().and_then(|buffer| buffer.duration());
            let duration = duration.expect("decoders tell it");
            (start, duration.nseconds(), checksum)
        });
        Played {
            pictures: pictures.collect(),
            frames: self.progress.count_in(),
            buffers: self.buffers.load(Ordering::Relaxed),
        }
    }
}

/// What went into a decoder and came out.
struct Played {
    /// The start, the duration and the checksum of each picture.
    pictures: Vec<(PresentationTime, u64, String)>,
    /// How many frames went in, as recovery counts them.
    frames: u64,
    /// How many buffers went in.
    buffers: u64,
}

#[test]
fn the_first_picture_comes_before_the_second_frame_goes_in() {
    for (name, codec) in FILES {
        // The first frame is known to be whole when its bytes are there, which only MP4 files tell.
        if !name.ends_with(".mp4") {
            continue;
        }
        let mut media = Media::open(name);
        media.append_first_frame();
        let frames = media.frames(track_of(&media, Codec::Video(codec)));
        assert_eq!(frames.len(), 1, "{name}");
        for decoder in slow_decoders(codec) {
            let mut playback = Playback::start(&media, codec, decoder, frames[0].start, true);
            playback.run.feed();
            let patience = ClockTime::from_nseconds(PATIENCE.as_nanos() as u64);
            let picture = playback.run.sink.try_pull_sample(patience);
            let picture = picture.expect("it comes though there is no second frame");
            assert_eq!(
                fingerprint(&picture).0,
                frames[0].start,
                "{name}, {decoder}"
            );
            playback.run.stop();
        }
    }
}

#[test]
fn a_seek_back_to_the_first_picture_shows_it_again() {
    let codec = VideoCodec::H264;
    for decoder in slow_decoders(codec) {
        let mut media = Media::open("h264.mp4");
        media.append_first_frame();
        let target = media.start();
        let mut playback = Playback::start(&media, codec, decoder, target, true);
        playback.run.feed();
        let first = playback.run.sink.pull_sample().expect("it comes");
        let first = fingerprint(&first);
        // The same picture is in the decoder again, and is flushed.
        seek(
            &playback.run,
            target,
            SeekFlags::ACCURATE | SeekFlags::FLUSH,
        );
        playback.run.feed.reposition(target);
        media.append_all();
        media.end();
        let played = playback.finish();
        let pictures = played.pictures.iter();
        let starts = Vec::from_iter(pictures.map(|(start, _, _)| *start));
        let mut expected = Vec::from_iter(media.frames(0).iter().map(|frame| frame.start));
        expected.sort();
        assert_eq!(starts, expected);
        let (start, _, checksum) = played.pictures[0].clone();
        assert_eq!((start, checksum), first);
    }
}

/// A feed leaves out most of the pictures that are shown before that of a random access point.
#[test]
fn pictures_before_the_first_leave_the_times_of_the_others_alone() {
    let media = Media::whole("layouts/open-groups.mp4");
    let frames = media.frames(0);
    let mut pairs = frames.windows(2);
    let group = pairs
        .position(|pair| pair[0].is_random_access_point && pair[1].start < pair[0].start)
        .expect("there is an open group");
    let frames = &frames[group..];
    let codec = VideoCodec::H264;
    for decoder in slow_decoders(codec) {
        let playback = Playback::start(&media, codec, decoder, frames[0].start, false);
        let run = playback.run;
        let caps = caps::of_configuration(&frames[0].configuration).expect("it is whole");
        run.source.set_caps(Some(&caps));
        for (index, frame) in frames.iter().enumerate() {
            let buffer = to_buffer(frame.clone(), &Cut::of_frame(frame));
            if index == 0 {
                playback.first_picture.decode(buffer.clone(), &run.source);
            }
            run.source.push_buffer(buffer).expect("it is open");
        }
        run.source.end_of_stream().expect("it is open");
        let samples = run.take_all();
        let starts = Vec::from_iter(samples.iter().map(|sample| fingerprint(sample).0));
        let shown = frames.iter().map(|frame| frame.start);
        let mut expected = Vec::from_iter(shown.filter(|start| *start >= frames[0].start));
        expected.sort();
        assert_eq!(starts, expected, "{decoder}");
    }
}

#[test]
fn each_picture_comes_once_and_in_order() {
    for (name, codec) in FILES {
        let media = Media::whole(name);
        let frames = media.frames(track_of(&media, Codec::Video(codec)));
        let starts = frames.iter().filter(|frame| frame.is_random_access_point);
        let instant = TimeDelta::from_milliseconds(1);
        let into = |frame: &ReadFrame| [frame.start, frame.start.offset_by(instant)];
        let targets = Vec::from_iter(starts.take(2).flat_map(into));
        // This one is between two random access points.
        let others = [frames[20].start];
        for decoder in slow_decoders(codec) {
            for target in targets.iter().chain(&others) {
                let about = format!("{name} from {target:?}, {decoder}");
                let play =
                    |is_early| Playback::start(&media, codec, decoder, *target, is_early).finish();
                let (early, usual) = (play(true), play(false));
                let twice = u64::from(targets.contains(target));
                assert!(!usual.pictures.is_empty(), "{about}");
                assert_eq!(early.pictures, usual.pictures, "{about}");
                assert_eq!(early.frames, usual.frames, "{about}");
                assert_eq!(early.buffers, usual.buffers + twice, "{about}");
            }
        }
    }
}

#[test]
fn decoders_with_threads_hold_pictures_back() {
    let count = |codec| slow_decoders(codec).len();
    // Those of libvpx and libaom do not.
    let slow = FILES.map(|(_, codec)| (codec, count(codec)));
    for (codec, count) in slow {
        let expected = usize::from(codec != VideoCodec::Av1);
        assert_eq!(count, expected, "{codec:?}");
    }
}

#[test]
fn only_a_small_key_frame_that_is_shown_first_is_decoded_twice() {
    let frames = Media::whole("h264.mp4").frames(0);
    let (first, next) = (&frames[0], &frames[1]);
    assert!(is_shown_first(first, first.start));
    let instant = TimeDelta::from_nanoseconds(1);
    assert!(is_shown_first(first, first.end.offset_by(-instant)));
    // Others are shown before it, or instead of it.
    assert!(!is_shown_first(first, first.start.offset_by(-instant)));
    assert!(!is_shown_first(first, first.end));
    assert!(!is_shown_first(next, next.start));
    let with_size = |size: usize| ReadFrame {
        payload: Bytes::from(vec![0; size]),
        ..first.clone()
    };
    assert!(is_shown_first(&with_size(256 << 10), first.start));
    assert!(!is_shown_first(&with_size((256 << 10) + 1), first.start));
}
