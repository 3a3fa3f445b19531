/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What goes wrong: decoders that are missing, renderers that fail, players that are dropped at any
//! moment. `mutations` has the files that are damaged.

use std::env;
use std::fs;
use std::ops::Range;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use byte_stream::track::{AudioCodec, Codec, VideoCodec};
use gstreamer::prelude::*;
use media_gstreamer::{GStreamerPlayer, Pipelines, capabilities};
use media_source::{Player, PlayerError, PlayerEvent, VideoFrame, VideoRenderer};
use parking_lot::Mutex;
use track_buffer::time::PresentationTime;

use crate::support::{
    Media, PICTURES, Session, find_all, is_decoded, random_numbers, read, start_of,
};
use crate::{numbers, pictures, seconds};

/// Set in a process that runs one test alone.
const PROCESS_OF: &str = "SPROCKET_TEST_IN_OWN_PROCESS";

/// Runs the calling test, which has that name, in a process of its own with these environment
/// variables. Whether this is that process.
pub fn is_own_process(name: &str, variables: &[(&str, &str)]) -> bool {
    if env::var_os(PROCESS_OF).is_some_and(|test| test == *name) {
        return true;
    }
    let program = env::current_exe().expect("the system tells it");
    let mut command = Command::new(program);
    command
        .args(["--exact", name, "--nocapture"])
        .env(PROCESS_OF, name)
        .envs(variables.iter().copied());
    let output = command.output().expect("it was started before");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    false
}

/// The error that a player ends with.
fn error_of(session: &Session) -> PlayerError {
    let events = session.wait_until(|event| matches!(event, PlayerEvent::Failed(_)));
    match events.last() {
        Some(PlayerEvent::Failed(error)) => error.clone(),
        other => panic!("{other:?} is no error"),
    }
}

#[test]
fn a_missing_decoder_is_named_and_not_affirmed() {
    let no_h264 = "avdec_h264:NONE,openh264dec:NONE,vah264dec:NONE,v4l2h264dec:NONE,\
        v4l2slh264dec:NONE,nvh264dec:NONE,vaapih264dec:NONE";
    let ranks = [("GST_PLUGIN_FEATURE_RANK", no_h264)];
    let name = "faults::a_missing_decoder_is_named_and_not_affirmed";
    if !is_own_process(name, &ranks) {
        return;
    }
    let h264 = Codec::Video(VideoCodec::H264);
    assert!(!is_decoded(h264));
    assert!(is_decoded(Codec::Video(VideoCodec::Vp8)));
    let found = capabilities::all().find(|capability| capability.codec == h264);
    let capability = found.expect("it is listed all the same");
    assert_eq!(capability.decoder, None);
    // A host that affirms it all the same is told by the player.
    let session = Session::of(&Media::whole_on("h264-aac.mp4", |_| true));
    session.player.play();
    let text = error_of(&session).to_string();
    assert!(
        text.contains("H.264") && text.contains(capability.package),
        "{text}"
    );
    session.close();
}

/// The other decoders of the codecs that have several play as the first one does.
#[test]
fn the_next_decoder_by_rank_plays() {
    let without_the_first = [(
        "GST_PLUGIN_FEATURE_RANK",
        "vp9dec:NONE,avdec_aac:NONE,opusdec:NONE,flacdec:NONE,vorbisdec:NONE,a52dec:NONE,\
         mpg123audiodec:NONE",
    )];
    if !is_own_process("faults::the_next_decoder_by_rank_plays", &without_the_first) {
        return;
    }
    for (name, codec) in [
        ("layouts/vp9-opus.webm", Codec::Video(VideoCodec::Vp9)),
        ("layouts/vp9-opus.webm", Codec::Audio(AudioCodec::Opus)),
        ("layouts/vp9-opus.mp4", Codec::Video(VideoCodec::Vp9)),
        ("aac.mp4", Codec::Audio(AudioCodec::Aac)),
        ("codecs/flac.mp4", Codec::Audio(AudioCodec::Flac)),
        ("codecs/ac3.mp4", Codec::Audio(AudioCodec::Ac3)),
        ("codecs/mp3.mp4", Codec::Audio(AudioCodec::Mp3)),
        ("vorbis.webm", Codec::Audio(AudioCodec::Vorbis)),
    ] {
        if !is_decoded(codec) {
            continue;
        }
        let media = Media::whole(name);
        let session = Session::of(&media);
        session.player.set_rate(4.);
        session.player.play();
        session.wait_for(PlayerEvent::EndOfStream);
        let quality = session.player.frame_counts();
        let pictures = if name.contains("vp9") { 48 } else { 0 };
        assert_eq!(quality.total_video_frames, pictures, "{name}");
        session.close();
    }
}

/// All of a file, with some seconds of it spoiled.
fn spoiled(name: &str, seconds: Range<usize>) -> Media {
    let mut media = Media::open(name);
    media.spoil(seconds);
    media.append_all();
    media.end();
    media
}

#[test]
fn playback_goes_on_behind_pictures_that_cannot_be_decoded() {
    let media = spoiled("h264.mp4", 2..3);
    let session = Session::of(&media);
    session.player.set_rate(2.);
    session.player.play();
    let events = session.wait_for(PlayerEvent::EndOfStream);
    assert!(events.contains(&PlayerEvent::Prerolled));
    assert_eq!(session.player.position(), seconds(6.));
    let shown = numbers(&session.take_pictures());
    assert!(shown.is_sorted(), "{shown:?}");
    // Those that depend on the spoiled ones are not there, and nothing else is.
    assert!(
        shown.iter().all(|number| !(48..72).contains(number)),
        "{shown:?}"
    );
    let quality = session.player.frame_counts();
    assert_eq!(quality.total_video_frames, 144);
    assert!(quality.dropped_video_frames >= 24, "{quality:?}");
    assert!(shown.contains(&143), "{shown:?}");
    session.close();
}

#[test]
fn pictures_go_on_where_sound_cannot_be_decoded() {
    let (video, sound) = (Media::whole("h264.mp4"), spoiled("aac.mp4", 2..3));
    let readers = video.readers().into_iter().chain(sound.readers());
    let session = Session::of_readers(readers.collect());
    session.player.play();
    session.wait_for(PlayerEvent::EndOfStream);
    session.assert_played(&pictures(0..PICTURES, start_of));
    session.close();
}

#[test]
fn what_fails_again_and_again_is_one_error_that_names_track_and_time() {
    for (name, track) in [("h264.mp4", "H.264 video"), ("aac.mp4", "AAC audio")] {
        let mut media = Media::open(name);
        media.append_seconds(0..1);
        media.spoil(0..6);
        media.append_seconds(1..6);
        for offset in [6., 12., 18.] {
            media.set_timestamp_offset(offset);
            media.append_all();
        }
        media.end();
        let session = Session::of(&media);
        session.player.set_rate(4.);
        session.player.play();
        let text = error_of(&session).to_string();
        let (place, cause) = text.split_once(" s: ").expect("it says why");
        let time = place.strip_prefix(&format!("{track} failed at "));
        let time: f64 = time
            .and_then(|time| time.parse().ok())
            .expect("it says where");
        assert!((0. ..24.).contains(&time) && !cause.is_empty(), "{text}");
        // It was the last word.
        assert_eq!(session.events.try_iter().count(), 0);
        session.close();
    }
}

struct Failing(u32);

impl VideoRenderer for Failing {
    fn render(&mut self, _: VideoFrame) {
        self.0 -= 1;
        assert!(self.0 > 0, "as the test wants it");
    }
}

#[test]
fn a_renderer_that_panics_is_one_error() {
    for pictures in [1, 10] {
        let (sender, events) = crossbeam_channel::unbounded();
        let listener = move |event| {
            let _ = sender.send(event);
        };
        let player = GStreamerPlayer::new(
            &Pipelines::default(),
            Box::new(Failing(pictures)),
            Box::new(listener),
        )
        .expect("GStreamer is installed");
        player.set_tracks(Media::whole("h264-aac.mp4").readers());
        player.play();
        let is_error = |event: &PlayerEvent| matches!(event, PlayerEvent::Failed(_));
        let first = events.iter().find(is_error);
        assert!(first.is_some(), "the events end without an error");
        assert!(player.close().wait());
        assert!(!events.iter().any(|event| is_error(&event)));
    }
}

#[test]
fn a_sound_server_that_is_gone_does_not_stop_pictures() {
    let nowhere = [("PULSE_SERVER", "unix:/nonexistent/pulse")];
    let name = "faults::a_sound_server_that_is_gone_does_not_stop_pictures";
    if !is_own_process(name, &nowhere) {
        return;
    }
    let session = Session::of(&Media::whole("h264-aac.mp4"));
    session.player.set_rate(4.);
    session.player.play();
    session.wait_for(PlayerEvent::EndOfStream);
    assert_eq!(session.player.frame_counts().total_video_frames, 144);
    session.close();
}

/// One of the things that may happen to a player, chosen by a number.
fn disturb(session: &Session, media: &mut Media, choice: u64) {
    let amount = choice >> 8;
    let time = PresentationTime::from_nanoseconds((amount % 6_500_000_000) as i64);
    match choice % 12 {
        0..4 => {
            // Whatever happens next, if anything still does.
            let _ = session.events.recv_timeout(Duration::from_millis(20));
        }
        4 => session.player.play(),
        5 => session.player.pause(),
        6 | 7 => {
            session.player.seek(time);
        }
        8 => session
            .player
            .set_rate([0., 0.25, 1., 4.][amount as usize % 4]),
        9 => {
            media.remove(time.seconds(), time.seconds() + 1.);
            session.player.data_changed();
        }
        10 => {
            let second = amount as usize % media.segment_count();
            media.append_seconds(second..second + 1);
            session.player.data_changed();
        }
        _ => {
            let other = ["h264.mp4", "vp8.webm", "codecs/hvc1.mp4"][amount as usize % 3];
            media.append_other(other, 0..1);
            session.player.data_changed();
        }
    }
}

/// The elements, pads and the like that there are, as the tracer `leaks` lists them.
fn live_objects() -> Vec<String> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = lines.clone();
    let log = gstreamer::log::add_log_function(move |_, _, _, _, _, _, message| {
        kept.lock().push(
            message
                .get()
                .map_or_else(String::new, |text| text.to_string()),
        );
    });
    gstreamer::log::set_threshold_from_string("GST_TRACER:7", false);
    for tracer in gstreamer::active_tracers() {
        tracer.emit_by_name::<()>("log-live-objects", &[]);
    }
    gstreamer::log::remove_log_function(log);
    let mut lines = lines.lock().clone();
    assert!(
        !lines.is_empty(),
        "the registry's own objects are always there"
    );
    lines.retain(|line| line.starts_with("object-alive,") && !line.contains("Factory"));
    lines
}

/// GStreamer's library keeps so many threads for its next pipeline at most, whatever came before.
const IDLE_THREADS: usize = 8;

/// The threads, but for those; and how many these are.
fn threads() -> (Vec<String>, usize) {
    let tasks = fs::read_dir("/proc/self/task").expect("this is Linux");
    let names = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok());
    let (idle, mut others): (Vec<_>, Vec<_>) =
        names.partition(|name| name.ends_with(":src\n") || name.starts_with("pool-"));
    others.sort();
    (others, idle.len())
}

/// What is there once it is as expected, or after five seconds. A thread tells that it has come to
/// its end, and only then gives back its task and ends: nobody tells when.
fn settled<T>(what: fn() -> T, is_expected: impl Fn(&T) -> bool) -> T {
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let found = what();
        if is_expected(&found) || Instant::now() > deadline {
            return found;
        }
        thread::yield_now();
    }
}

#[test]
fn nothing_is_left_of_players_destroyed_at_random_points() {
    let name = "faults::nothing_is_left_of_players_destroyed_at_random_points";
    if !is_own_process(name, &[("GST_TRACERS", "leaks")]) {
        return;
    }
    let mut threads_before = None;
    for seed in 0..200 {
        let mut media = Media::open("h264.mp4");
        media.append_seconds(0..3);
        let session = Session::of(&media);
        session.player.play();
        let choices: Vec<_> = random_numbers(seed, 16).collect();
        for choice in &choices[..seed as usize % 16] {
            disturb(&session, &mut media, *choice);
        }
        session.close();
        // The player tells that it is gone a moment before its thread is.
        let has_ended =
            |(names, _): &(Vec<String>, usize)| names.iter().all(|name| name != "PlayerControl\n");
        threads_before.get_or_insert_with(|| settled(threads, has_ended).0);
    }
    assert_eq!(settled(live_objects, Vec::is_empty), Vec::<String>::new());
    let threads_before = threads_before.expect("there were players");
    let (names, idle_count) = settled(threads, |(names, _)| *names == threads_before);
    assert_eq!(names, threads_before);
    assert!(idle_count <= IDLE_THREADS, "{idle_count} threads wait");
}

/// The container says 320x180, and the codec's own key frames something else.
#[test]
fn pictures_that_are_too_large_are_an_error() {
    const START_CODE_AND_SIZE: &[u8] = &[0x9d, 0x01, 0x2a, 0x40, 0x01, 0xb4, 0x00];
    let whole = read("vp8.webm");
    let key_frames = find_all(&whole, START_CODE_AND_SIZE);
    for (first, side) in [(0, 8192_u16), (0, 16_000), (2, 16_383)] {
        let mut file = whole.to_vec();
        for place in &key_frames[first..] {
            let side = side.to_le_bytes();
            file[place + 3..][..4].copy_from_slice(&[side, side].concat());
        }
        let media = Media::damaged("vp8.webm", file.into()).expect("the container is as it was");
        let session = Session::of(&media);
        session.player.set_rate(4.);
        session.player.play();
        let events = session.wait_until(|event| matches!(event, PlayerEvent::Failed(_)));
        let Some(PlayerEvent::Failed(error)) = events.last() else {
            panic!("waited for it")
        };
        assert!(error.to_string().contains("35651584"), "{error}");
        session.close();
    }
}

fn thread_count() -> usize {
    let tasks = fs::read_dir("/proc/self/task").expect("this is Linux");
    tasks.count()
}

#[test]
fn players_without_tracks_have_no_threads() {
    const NAME: &str = "faults::players_without_tracks_have_no_threads";
    if !is_own_process(NAME, &[]) {
        return;
    }
    let first = Session::new();
    let before = thread_count();
    let mut others = Vec::from_iter((0..3_000).map(|_| Session::new()));
    for session in &others {
        session.player.set_rate(2.);
        session.player.seek(seconds(1.));
        session.player.play();
        session.player.set_tracks(Vec::new());
        session.player.data_changed();
    }
    assert_eq!(thread_count(), before);
    // What they were told is not forgotten.
    let media = Media::whole("h264-aac.mp4");
    let session = others.swap_remove(1_234);
    let seek = session.player.seek(seconds(5.));
    session.player.set_tracks(media.readers());
    session.wait_for_seek(seek);
    session.wait_for(PlayerEvent::EndOfStream);
    session.assert_went_on(120..PICTURES);
    for session in others.into_iter().chain([session, first]) {
        session.close();
    }
}

#[test]
fn a_panic_on_the_players_thread_is_an_error() {
    let (sender, events) = crossbeam_channel::unbounded();
    let listener = move |event| {
        let is_fatal = event == PlayerEvent::Prerolled;
        let _ = sender.send(event);
        assert!(!is_fatal, "this is what the test is about");
    };
    struct Nothing;
    impl VideoRenderer for Nothing {
        fn render(&mut self, _: VideoFrame) {}
    }
    let player = GStreamerPlayer::new(&Pipelines::default(), Box::new(Nothing), Box::new(listener))
        .expect("it can be made");
    let media = Media::whole("h264-aac.mp4");
    player.set_tracks(media.readers());
    let errors = events.iter().filter_map(|event| match event {
        PlayerEvent::Failed(error) => Some(error),
        _ => None,
    });
    let error = errors.take(1).last().expect("there is one");
    assert_eq!(
        error,
        PlayerError::EndedUnexpectedly {
            position: PresentationTime::ZERO
        }
    );
    // Nobody has to know, and nothing is told twice.
    player.set_tracks(media.readers());
    player.seek(seconds(1.));
    player.play();
    assert!(player.close().wait());
    let further = Vec::from_iter(events.iter());
    assert!(
        !further
            .iter()
            .any(|event| matches!(event, PlayerEvent::Failed(_))),
        "{further:?}"
    );
}
