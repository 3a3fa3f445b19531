/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The fifteen families of bugs that media sources are known for, as far as they can be had without a
//! decoder. Each has a test below, or several:
//!
//! | family | what the player alone can show of it |
//! |---|---|
//! | stall at a small gap | that decoders and the clock go on across it |
//! | deadlock of flushes, seeks and teardown | flushes: here nothing waits for a pipeline |
//! | overlap at the playhead | that no frame is shown twice |
//! | removal and overlap take too much | |
//! | streams that do not start at zero | |
//! | quota and eviction | |
//! | seeks that never complete | that the frame at the target is shown |
//! | end of the stream wrong or missing | that `ended` fires |
//! | wrong position, `waiting` late | the position; here only what the readyState follows from |
//! | detachment with work pending | |
//! | `buffered` wrong or slow | |
//! | durations missing or varying | |
//! | sequences, offsets and muxed tracks | |
//! | arithmetic of the duration | |
//! | changes of configuration | that decoders are changed |

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use media_source::{
    Effect, Job, MediaSource, Page, Quota, SourceBufferId, SteppedExecutor, TrackReader,
};
use test_support::host::Host;
use test_support::media::{H264, H264_AAC, Media};
use test_support::notation::{check, check_media_source};
use track_buffer::{PresentationTime, Read};

#[test]
fn small_gaps_stall_at_no_place_alone() {
    // What is read across is also enough to go on playing, and what is not read is not.
    check_media_source(
        "
        tracks: v
        append v: 900K 940
        append v: 1104K 1144
        append v: 1310K 1350
        buffered: 900..980 1104..1184 1310..1390
        reads v: 900K 940 1104K 1144 gap
        state 0: HaveEnoughData
        state 1000: HaveFutureData
        state 1184: HaveCurrentData
        end
        state 1310: HaveEnoughData
        ",
    );
}

/// A player that repeatedly seeks to the start and reads all there is, on a thread of its own.
struct ReadingPlayer {
    stop: Arc<AtomicBool>,
    rounds: Receiver<()>,
    thread: thread::JoinHandle<()>,
}

impl ReadingPlayer {
    fn start(mut readers: Vec<TrackReader>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let is_stopped = stop.clone();
        let (round, rounds) = channel();
        let thread = thread::spawn(move || {
            while !is_stopped.load(Ordering::Acquire) {
                for reader in &mut readers {
                    reader.seek(PresentationTime::ZERO);
                    while matches!(reader.read(), Read::Frame(_)) {}
                }
                let _ = round.send(());
            }
        });
        Self {
            stop,
            rounds,
            thread,
        }
    }

    /// Waits for a round that begins after now.
    fn reads_on(&self) {
        self.rounds.try_iter().for_each(drop);
        for _ in 0..2 {
            let round = self.rounds.recv_timeout(Duration::from_secs(60));
            round.expect("the player is not held up");
        }
    }

    fn stop(self) {
        self.stop.store(true, Ordering::Release);
        self.thread.join().expect("it does not panic");
    }
}

/// The ways in which an engine ends a MediaSource that a player reads and an append writes to.
#[derive(Clone, Copy, Debug)]
enum Teardown {
    Detach,
    RemoveSourceBuffer,
    DropSource,
    DropReaders,
}

#[test]
fn teardown_at_any_turn_waits_for_no_reader_and_no_append() {
    for teardown in [
        Teardown::Detach,
        Teardown::RemoveSourceBuffer,
        Teardown::DropSource,
        Teardown::DropReaders,
    ] {
        let turns = (0..).take_while(|turns| tear_down_after(*turns, teardown));
        assert!(turns.count() > 5, "{teardown:?}");
    }
}

/// Returns whether there were so many turns.
fn tear_down_after(turns: usize, teardown: Teardown) -> bool {
    let media = Media::load("h264-aac.mp4");
    let mut source = MediaSource::new(&Page::without_player(|_| true));
    assert!(source.attach());
    let id = source.add_source_buffer(H264_AAC).expect("it is supported");
    let outcome = append_job(&mut source, id, media.whole.clone()).run();
    source.handle_job_outcome(outcome);
    let player = ReadingPlayer::start(source.element_view().track_readers());
    player.reads_on();

    let mut executor = SteppedExecutor::new();
    executor.execute(append_job(&mut source, id, media.whole.repeat(4).into()));
    let early_outcome = (0..turns).find_map(|_| executor.turn());
    let has_turns = early_outcome.is_none();
    let mut left = Some(source);
    match teardown {
        Teardown::Detach => left.as_mut().expect("it is there").detach(),
        Teardown::RemoveSourceBuffer => {
            let source = left.as_mut().expect("it is there");
            source.remove_source_buffer(id).expect("it is there");
        }
        Teardown::DropSource => left = None,
        Teardown::DropReaders => {}
    }
    match teardown {
        Teardown::DropReaders => player.stop(),
        _ => {
            player.reads_on();
            player.stop();
        }
    }
    let outcome = early_outcome.or_else(|| executor.run());
    let outcome = outcome.expect("the append ends");
    if let Some(mut source) = left {
        effects(&mut source).for_each(drop);
        source.handle_job_outcome(outcome);
        let goes_on = matches!(teardown, Teardown::DropReaders);
        assert_eq!(effects(&mut source).count() > 0, goes_on, "{teardown:?}");
        assert_eq!(
            source.element_view().track_readers().len(),
            if goes_on { 2 } else { 0 }
        );
    }
    has_turns
}

fn append_job(source: &mut MediaSource, id: SourceBufferId, data: Bytes) -> Job {
    let appended = source
        .source_buffer(id)
        .and_then(|mut buffer| buffer.append_buffer(&data));
    appended.expect("it is idle");
    let job = effects(source).find_map(|effect| match effect {
        Effect::RunJob(job) => Some(job),
        _ => None,
    });
    job.expect("the append is to be run")
}

fn effects(source: &mut MediaSource) -> impl Iterator<Item = Effect> {
    std::iter::from_fn(|| source.poll_effect())
}

#[test]
fn overlap_at_the_playhead_loses_no_random_access_point() {
    check_media_source(
        "
        tracks: v
        append v: 0K 40 80K 120 160K 200
        reads v: 0K 40 80K 120 160K 200 end
        seek v: 0
        reset v:
        append v: 0K 40 80K 120 160K 200 240K
        reads v: 0K 40 80K 120 160K 200 240K end
        ",
    );
}

#[test]
fn removal_and_overlap_leave_all_that_is_decodable_and_nothing_else() {
    // The frame that contains the start stays, the one that starts where the range ends too, and
    // no frame stays that needs one that went.
    check_media_source(
        "
        tracks: v
        append v: 0|0K/40 160|40/40 80|80/40 40|120/40 120|160/40 200|200K/40 240|240/40
        remove v: 90..200
        buffered: 0..40 200..280
        reads v: 0K gap
        append v: 0K 40 80 120 160
        remove v: 45..199.9999
        buffered: 0..80 200..280
        ",
    );
    // Half of a group of pictures is replaced.
    check(
        "
        tracks: v
        append v: 0K 40 80 120 160 200 240 280 320K
        reset
        append v: 0K 40
        buffered: 0..80 320..360
        ",
    );
    // Rounding does not take the random access point that comes next.
    check(
        "
        tracks: v
        append v: 1000K 1040 1080K 1120
        remove: 0..1080
        seek v: 1080
        reads v: 1080K 1120 end
        ",
    );
}

#[test]
fn streams_that_do_not_start_at_zero() {
    check_media_source(
        "
        tracks: v a
        append v: 83K 123 163; a: 21 41 61 81 101
        reads v: 83K 123 163 end
        state 0: HaveFutureData
        ",
    );
    // What is presented before zero goes, decode times before zero do not matter.
    check(
        "
        tracks: v
        append v: 0|-80K 120|-40 40|0 80|40 160|80K
        reads v: 0K 120 40 80 160K end
        reset
        append v: -40K 0 40 80K
        reads v: end
        seek v: 0
        reads v: 0K 80K 160K end
        ",
    );
}

/// Makes a video SourceBuffer to which those seconds of a file were appended, and which cannot hold
/// more.
fn full_host(seconds: &[usize]) -> (Host, SourceBufferId, Media) {
    let media = Media::load("h264.mp4");
    let mut host = Host::open();
    let id = host.add(H264);
    host.append(id, &media.initialization);
    let segments = seconds.iter().map(|second| &media.segments[*second]);
    segments.for_each(|segment| host.append(id, segment));
    let with_video = host.source.memory().bytes();
    host.call(|source| {
        source.set_quota(Quota {
            with_video,
            ..Quota::default()
        })
    });
    (host, id, media)
}

/// Appends a segment while the element is at a position, if it may.
fn append_at(host: &mut Host, id: SourceBufferId, segment: &Bytes, position: f64) -> bool {
    let position = PresentationTime::from_seconds(position);
    host.source.element_view().set_position(position);
    let result = host.call(|source| source.source_buffer(id)?.append_buffer(segment));
    host.finish();
    result.is_ok()
}

#[test]
fn quota_and_eviction_keep_what_is_played_and_what_comes_next() {
    // What was played goes, up to the group of pictures at the position.
    let (mut host, id, media) = full_host(&[0, 1, 2, 3]);
    assert!(append_at(&mut host, id, &media.segments[4], 3.5));
    let buffered = host.source.buffered(id).expect("it is there");
    let range = buffered.range_containing(PresentationTime::from_seconds(3.5));
    let (start, end) = range.expect("what is played stays");
    assert!(
        start.seconds() <= 3.0 && end.seconds() == 5.0,
        "{buffered:?}"
    );

    // Where appends go on behind what is there, after a seek backwards, the far end makes room.
    let (mut host, id, media) = full_host(&[1, 2, 3, 0]);
    assert!(append_at(&mut host, id, &media.segments[1], 0.0));
    let buffered = host.source.buffered(id).expect("it is there");
    let (start, end) = buffered.iter().next().expect("there is a range");
    assert!(
        start.seconds() == 0.0 && (2.0..4.0).contains(&end.seconds()),
        "{buffered:?}"
    );

    // Nothing is evicted that playback is about to run through without a hole.
    let (mut host, id, media) = full_host(&[0, 1, 2, 3]);
    for _ in 0..3 {
        append_at(&mut host, id, &media.segments[4], 0.5);
    }
    let buffered = host.source.buffered(id).expect("it is there");
    let range = buffered.range_containing(PresentationTime::from_seconds(0.5));
    let (_, end) = range.expect("what is played stays");
    assert!(end.seconds() >= 3.0, "{buffered:?}");
}

#[test]
fn a_full_source_buffer_says_so_and_is_usable_again_after_a_removal() {
    let (mut host, id, media) = full_host(&[0, 1, 2, 3]);
    // What is played and comes next takes all the room.
    let whole = &media.whole;
    let before = host.buffered(id);
    for _ in 0..2 {
        host.assert_throws("QuotaExceededError", |source| {
            source.source_buffer(id)?.append_buffer(whole)
        });
    }
    assert!(!host.source.is_updating(id));
    host.remove(id, 2.0, f64::INFINITY);
    assert_eq!(
        (before.as_str(), host.buffered(id).as_str()),
        ("0..4", "0..2")
    );
    // Nothing of what was refused is left in the parser.
    assert!(append_at(&mut host, id, &media.segments[2], 0.0));
    assert_eq!(host.buffered(id), "0..3");
}

#[test]
fn seeks_complete_once_data_come_and_at_the_end() {
    check_media_source(
        "
        tracks: v a
        append v: 0K 40; a: 0 20 40 60
        seek v: 5000
        reads v: end
        state 5000: HaveMetadata
        append v: 4960K 5000 5040; a: 4960 4980 5000 5020 5040
        reads v: 4960K 5000 5040 end
        state 5000: HaveFutureData
        end
        seek a: 5070  # after the last sound, before the last picture ends
        reads a: ended
        seek v: 5070
        reads v: 4960K 5000 5040 ended
        state 5070: HaveEnoughData
        ",
    );
}

#[test]
fn the_end_of_the_stream_comes_and_goes() {
    check_media_source(
        "
        tracks: v a
        append v: 0K 40 80 120; a: 0 20 40
        reads v: 0K 40 80 120 end
        buffered: 0..60
        end
        buffered: 0..160
        buffered a: 0..160
        duration is: 160
        reads v: ended
        append a: 60 80  # open again
        buffered: 0..100
        reads v: end
        ",
    );
}

#[test]
fn the_playhead_waits_at_the_gap_itself() {
    check_media_source(
        "
        tracks: v
        append v: 0K 40 80K 120
        append v: 1000K 1040
        state 0: HaveFutureData
        state 159.999: HaveFutureData
        state 160: HaveCurrentData
        state 161: HaveMetadata
        remove v: 0..
        state 0: HaveMetadata
        ",
    );
}

#[test]
fn detachment_with_work_pending() {
    check_media_source(
        "
        tracks: v
        append v: 0K 40
        reads v: 0K 40 end
        appending v: 80K 120
        detach
        effects: fire addsourcebuffer at sourceBuffers; fire updatestart at SourceBuffer 0; \
            element duration inf; element adds Video track 1, enabled; \
            fire addsourcebuffer at activeSourceBuffers; element tracks; element buffered; \
            fire update at SourceBuffer 0; fire updateend at SourceBuffer 0; \
            fire updatestart at SourceBuffer 0; element buffered; \
            fire update at SourceBuffer 0; fire updateend at SourceBuffer 0; \
            fire updatestart at SourceBuffer 0; \
            element removes Video track 1, enabled; \
            fire removesourcebuffer at activeSourceBuffers; \
            fire removesourcebuffer at sourceBuffers; fire sourceclose at MediaSource
        duration is: NaN
        buffered:
        ",
    );
}

#[test]
fn buffered_is_what_is_stored() {
    check_media_source(
        "
        buffered:
        tracks: v a
        buffered:
        tracks: a2
        append v: 0K 40 80
        buffered v:
        append a: 0 20 40 60 80 100
        buffered v: 0..120
        buffered:
        append a2: 20 40 60 80 100 120
        buffered: 20..120
        end
        buffered: 20..140
        buffered v: 0..120
        remove v: 0..40
        buffered v:
        ",
    );
}

#[test]
fn durations_that_are_missing_or_vary_make_no_hole() {
    check_media_source(
        "
        tracks: v
        append v: 0K/0 40/0 80/0 120K/0 160/40
        reads v: 0K 40 80 120K 160 end
        append v: 200/1 201/1 202/100 302/1 303/40 343/40
        reads v: 200 201 202 302 303 343 end
        ",
    );
    // The last frame of a live packager's segment.
    check_media_source(
        "
        tracks: v
        append v: 0K/40 40/0
        append v: 80K/40 120/0
        append v: 160K/40 200/40
        reads v: 0K 40 80K 120 160K 200 end
        state 0: HaveFutureData
        ",
    );
}

#[test]
fn sequences_and_offsets_of_muxed_tracks() {
    check_media_source(
        "
        tracks: v a
        mode v: sequence
        append v: 5000K 5040; a: 5000 5020 5040 5060
        offset is: -5000
        append v: 0K 40; a: 0 20 40 60
        offset is: 80
        buffered: 0..160
        offset v: 1000
        append v: 700K 740; a: 700 720 740 760
        offset is: 300
        buffered: 0..160 1000..1080
        mode v: segments
        offset v: 10
        append v: 1070K 1110; a: 1070 1090 1110 1130
        buffered: 0..160 1000..1160
        ",
    );
}

#[test]
fn arithmetic_of_the_duration() {
    check_media_source(
        "
        tracks: v a
        append v: 0K 40 80; a: 0 20 40 60 80 100 120
        duration is: inf
        duration: 10000
        duration: 130  # inside of the last sound
        duration is: 140
        append v: 120K 160
        duration is: 200
        end
        duration is: 200
        remove v: 100..  # open again
        duration: 9000
        duration is: 9000
        end
        duration is: 120
        ",
    );
}

#[test]
fn changes_of_configuration() {
    // The same initialization segment again is no change; another one is, right at its first frame.
    check_media_source(
        "
        tracks: v
        append v: 0K 40
        configure v: 1
        append v: 80K 120
        configure v: 2
        append v: 160 200K 240
        configure v: 1
        append v: 280K
        reads v: 0K 40 80K 120 #2 200K 240 #1 280K end
        remove v: 0..
        state 0: HaveMetadata
        ",
    );
}
