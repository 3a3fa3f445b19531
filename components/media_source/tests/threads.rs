/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Appends that run on a thread of their own.

use std::hint;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use media_source::{
    AppendMode, Attributes, Effect, ElementView, Job, JobExecutor, JobOutcome, MediaSource,
    MediaTrack, Page, SteppedExecutor, TrackReader, VideoFrameCounter,
};

use crate::media::{AAC, H264_AAC, Media};

/// Appends of no more bytes than these run on the caller's thread.
const SHORT_APPEND_BYTES: usize = 32 * 1024;

/// A box that nobody reads: an append that begins with it is not short.
fn filler() -> Vec<u8> {
    let size = SHORT_APPEND_BYTES as u32;
    let mut filler = [&size.to_be_bytes()[..], b"free"].concat();
    filler.resize(SHORT_APPEND_BYTES, 0);
    filler
}

/// Runs the job in the executor. Its outcome comes with the name of the thread where it ran.
fn execute(executor: &JobExecutor, job: Job) -> Receiver<(JobOutcome, Option<String>)> {
    let (done, outcomes) = channel();
    executor.execute(job, move |outcome| {
        let thread = thread::current().name().map(str::to_owned);
        done.send((outcome, thread)).expect("the test waits");
    });
    outcomes
}

/// A page sees its frames with no other thread in between.
#[test]
fn a_short_append_is_done_at_once() {
    let executor = JobExecutor::new();
    let mut source = attached_source();
    let id = source.source_buffers().next().expect("one was added");
    let job = start_append(&mut source, &Media::load("aac.mp4").whole);
    let (outcome, thread) = execute(&executor, job).try_recv().expect("it is done");
    assert_eq!(thread.as_deref(), thread::current().name());
    // But nothing has happened yet that scripts see, nor will it if they abort.
    assert!(source.poll_effect().is_none() && source.is_updating(id));
    let mut aborted = attached_source();
    let aborted_id = aborted.source_buffers().next().expect("one was added");
    let job = start_append(&mut aborted, &Media::load("aac.mp4").whole);
    let stale = execute(&executor, job).try_recv().expect("it is done").0;
    aborted
        .source_buffer(aborted_id)
        .expect("it is there")
        .abort()
        .expect("it is open");
    effects(&mut aborted).for_each(drop);
    aborted.handle_job_outcome(stale);
    assert!(aborted.poll_effect().is_none());
    // It was parsed before the abort.
    assert!(aborted.buffered(aborted_id).is_ok_and(|it| !it.is_empty()));

    source.handle_job_outcome(outcome);
    assert!(!source.is_updating(id));
}

#[test]
fn what_is_long_to_parse_is_not_done_at_once() {
    let executor = JobExecutor::new();
    let not_here = |job| {
        let outcome = execute(&executor, job).recv_timeout(Duration::from_secs(60));
        let (_, thread) = outcome.expect("it ends");
        assert_eq!(thread.as_deref(), Some("MediaSourceJobs"));
    };
    let mut source = attached_source();
    let mut unfinished_box = filler();
    let size = unfinished_box.len() as u32 + 2;
    unfinished_box[..4].copy_from_slice(&size.to_be_bytes());
    unfinished_box[4..8].copy_from_slice(b"moov");
    // What completes nothing is done at once, however many bytes wait.
    for bytes in [unfinished_box.into(), Bytes::from_static(&[0])] {
        let job = start_append(&mut source, &bytes);
        let outcome = execute(&executor, job).try_recv().expect("it is done").0;
        source.handle_job_outcome(outcome);
    }
    // A byte only, but what it completes has many.
    not_here(start_append(&mut source, &Bytes::from_static(&[0])));

    let mut source = attached_source();
    let long = [&filler()[..], &[0]].concat();
    not_here(start_append(&mut source, &long.into()));
}

/// Nor does a short one of another SourceBuffer wait: it does not run here either.
#[test]
fn a_short_append_overtakes_no_long_one() {
    let executor = JobExecutor::new();
    let mut source = attached_source();
    let id = source.source_buffers().next().expect("one was added");
    let long = [&filler()[..], &Media::load("aac.mp4").whole].concat();
    let (done, outcomes) = channel();
    let (finish, may_finish) = channel::<()>();
    let mut start_and_abort = |job_done: Box<dyn FnOnce(JobOutcome) + Send>| {
        let job = start_append(&mut source, &long.clone().into());
        executor.execute(job, job_done);
        let mut buffer = source.source_buffer(id).expect("it is there");
        buffer.abort().expect("it is open");
    };
    // The thread stands still with the outcome of the first, so the second has not begun.
    let first_done = done.clone();
    start_and_abort(Box::new(move |outcome| {
        may_finish.recv().expect("the test tells");
        first_done.send(outcome).expect("the test waits");
    }));
    let second_done = done.clone();
    start_and_abort(Box::new(move |outcome| {
        second_done.send(outcome).expect("the test waits");
    }));
    let job = start_append(&mut source, &Media::load("aac.mp4").whole);
    executor.execute(job, move |outcome| {
        done.send(outcome).expect("the test waits");
    });
    assert!(outcomes.try_recv().is_err(), "none is done");
    finish.send(()).expect("the append waits");
    let mut outcomes = outcomes.iter();
    for _ in 0..2 {
        source.handle_job_outcome(outcomes.next().expect("a long one"));
        assert!(source.is_updating(id) && source.poll_effect().is_none());
    }
    source.handle_job_outcome(outcomes.next().expect("the short one"));
    assert!(!source.is_updating(id));
}

#[test]
fn appends_run_in_their_order_and_finish_after_the_executor_is_gone() {
    let media = Media::load("h264-aac.mp4");
    let executor = JobExecutor::new();
    let (done, outcomes) = channel();
    for index in 0..3 {
        let (_, job) = started_append(media.whole.repeat(2).into());
        let done = done.clone();
        executor.execute(job, move |_| done.send(index).expect("the test waits"));
    }
    drop((executor, done));
    assert_eq!(outcomes.iter().collect::<Vec<_>>(), [0, 1, 2]);
}

/// A host that has the outcome of a long append may begin the next one before the executor goes on.
#[test]
fn a_short_append_after_a_long_one_is_done_at_once() {
    let executor = JobExecutor::new();
    let (done, outcomes) = channel();
    let (go_on, wait) = channel::<()>();
    let mut source = attached_source();
    let job = start_append(&mut source, &filler().repeat(2).into());
    executor.execute(job, move |outcome| {
        done.send(outcome).expect("the test waits");
        wait.recv().expect("the test lets it go on");
    });
    source.handle_job_outcome(outcomes.recv().expect("the append ends"));
    effects(&mut source).for_each(drop);
    let job = start_append(&mut source, &Media::load("aac.mp4").whole);
    let (_, thread) = execute(&executor, job).try_recv().expect("it is done");
    assert_eq!(thread.as_deref(), thread::current().name());
    go_on.send(()).expect("the executor waits");
}

/// At whatever moment the append is aborted.
#[test]
fn nothing_changes_after_an_abort() {
    let media = Media::load("h264-aac.mp4");
    let executor = JobExecutor::new();
    for _ in 0..20 {
        // In sequence mode, each repetition moves the end of what is buffered.
        let (mut source, job) = started_append(media.whole.repeat(40).into());
        let id = source.source_buffers().next().expect("one was added");
        let (done, outcomes) = channel();
        executor.execute(job, move |outcome| {
            done.send(outcome).expect("the test waits")
        });
        thread::yield_now();
        source
            .source_buffer(id)
            .expect("it is there")
            .abort()
            .expect("it is open");
        while source.poll_effect().is_some() {}
        let buffered = source.buffered(id).expect("it is there");
        let readers = source.element_view().track_readers().len();
        source.handle_job_outcome(outcomes.recv().expect("the append ends"));
        assert!(source.poll_effect().is_none());
        assert_eq!(source.buffered(id).expect("it is there"), buffered);
        assert_eq!(source.element_view().track_readers().len(), readers);
    }
}

/// What a page or an engine does while an append runs.
#[derive(Clone, Copy, Debug)]
enum Race {
    Abort,
    Remove,
    RemoveSourceBuffer,
    Detach,
    Drop,
}

const RACES: [Race; 5] = [
    Race::Abort,
    Race::Remove,
    Race::RemoveSourceBuffer,
    Race::Detach,
    Race::Drop,
];

/// However far an append has got on its thread: once a command is done, nothing changes any more, and
/// the MediaSource is ready for the next append. A hang would be noticed.
///
/// <https://w3c.github.io/media-source/#sourcebuffer-segment-parser-loop>
#[test]
fn commands_win_all_races_with_appends() {
    const ROUNDS: usize = 100_000;
    let media = Media::load("aac.mp4");
    // Not short ones, which would not run on the other thread.
    let filler = Bytes::from(filler());
    let data: Bytes = [&filler, &media.initialization, &media.segments[0]]
        .map(|part| &part[..])
        .concat()
        .into();
    let long_nothing = filler.repeat(2).into();
    let executor = JobExecutor::new();
    let (done, outcomes) = channel();
    let mut source = attached_source();
    for round in 0..ROUNDS {
        let starts = Arc::new(AtomicBool::new(false));
        // An append of nothing, so that its end is the start of the other.
        let mut other = attached_source();
        let job = start_append(&mut other, &long_nothing);
        let starting = starts.clone();
        executor.execute(job, move |_| starting.store(true, Ordering::Release));
        let job = start_append(&mut source, &data);
        let done = done.clone();
        executor.execute(job, move |outcome| {
            done.send(outcome).expect("the test waits")
        });
        while !starts.load(Ordering::Acquire) {
            thread::yield_now();
        }
        // An append takes some ten microseconds: a different share of them passes each time.
        (0..round * 7 % 997).for_each(|_| hint::spin_loop());
        let race = RACES[round % RACES.len()];
        source = run_race(race, source);
        let before = visible_state(&source);
        let outcome = outcomes.recv_timeout(Duration::from_secs(60));
        source.handle_job_outcome(outcome.expect("the append ends"));
        assert!(source.poll_effect().is_none(), "{race:?} in round {round}");
        assert_eq!(visible_state(&source), before, "{race:?} in round {round}");
    }
}

/// Returns the MediaSource for the next round.
fn run_race(race: Race, mut source: MediaSource) -> MediaSource {
    let id = source.source_buffers().next().expect("one was added");
    match race {
        Race::Abort => source
            .source_buffer(id)
            .expect("it is there")
            .abort()
            .expect("it is open"),
        Race::Remove => {
            source
                .source_buffer(id)
                .expect("it is there")
                .abort()
                .expect("it is open");
            if !source.duration().is_nan() {
                source
                    .source_buffer(id)
                    .expect("it is there")
                    .remove(0.0, f64::INFINITY)
                    .expect("it is idle");
                let removal = effects(&mut source).find_map(|effect| match effect {
                    Effect::RunJob(job) => Some(job),
                    _ => None,
                });
                source.handle_job_outcome(removal.expect("it is to be run").run());
                assert!(source.buffered(id).is_ok_and(|ranges| ranges.is_empty()));
            }
        }
        Race::RemoveSourceBuffer => {
            source.remove_source_buffer(id).expect("it is there");
            source.add_source_buffer(AAC).expect("it is supported");
        }
        Race::Detach => {
            source.detach();
            assert!(source.attach());
            source.add_source_buffer(AAC).expect("it is supported");
        }
        Race::Drop => {
            // A player still reads.
            let mut readers = source.element_view().track_readers();
            drop(source);
            readers.iter_mut().for_each(|reader| drop(reader.read()));
            source = attached_source();
        }
    }
    effects(&mut source).for_each(drop);
    source
}

fn attached_source() -> MediaSource {
    let mut source = MediaSource::new(&Page::without_player(|_| true));
    assert!(source.attach());
    source.add_source_buffer(AAC).expect("it is supported");
    source
}

/// The job of an append to the first SourceBuffer.
fn start_append(source: &mut MediaSource, data: &Bytes) -> Job {
    let id = source.source_buffers().next().expect("one was added");
    source
        .source_buffer(id)
        .expect("it is there")
        .append_buffer(data)
        .expect("it is idle");
    let job = effects(source).find_map(|effect| match effect {
        Effect::RunJob(job) => Some(job),
        _ => None,
    });
    job.expect("the append is to be run")
}

fn effects(source: &mut MediaSource) -> impl Iterator<Item = Effect> {
    std::iter::from_fn(|| source.poll_effect())
}

fn visible_state(source: &MediaSource) -> (String, f64, usize, Option<Attributes>) {
    let id = source.source_buffers().next().expect("one was added");
    let ranges = source.buffered(id).expect("it is there");
    (
        format!("{ranges:?} {:?}", source.is_updating(id)),
        // NaN equals nothing.
        source.duration().max(-1.0),
        source.element_view().track_readers().len(),
        source.attributes(id),
    )
}

/// The [`SteppedExecutor`] runs the turns of the [`JobExecutor`]: each of them may be the last one
/// before an abort.
///
/// <https://w3c.github.io/media-source/#dom-sourcebuffer-abort>
#[test]
fn an_abort_takes_effect_between_any_two_turns() {
    let data: Bytes = Media::load("h264-aac.mp4").whole.repeat(40).into();
    for turns in 0.. {
        let mut source = attached_source();
        let id = source.add_source_buffer(H264_AAC).expect("it is supported");
        source
            .source_buffer(id)
            .expect("it is there")
            .append_buffer(&data)
            .expect("it is idle");
        let mut executor = SteppedExecutor::new();
        for effect in effects(&mut source) {
            if let Effect::RunJob(job) = effect {
                executor.execute(job);
            }
        }
        let early_outcome = (0..turns).find_map(|_| executor.turn());
        source
            .source_buffer(id)
            .expect("it is there")
            .abort()
            .expect("it is open");
        effects(&mut source).for_each(drop);
        let before = source.buffered(id).expect("it is there");
        let is_over = early_outcome.is_some();
        let outcome = early_outcome.or_else(|| executor.turn());
        assert!(
            executor.is_idle(),
            "an aborted append ends with the next turn"
        );
        source.handle_job_outcome(outcome.expect("the append ends"));
        assert!(source.poll_effect().is_none());
        assert_eq!(source.buffered(id), Ok(before));
        if is_over {
            assert!(turns > 5, "{turns} turns");
            return;
        }
    }
}

/// Nobody is left who would want its frames.
#[test]
fn an_append_ends_when_its_media_source_is_dropped() {
    let data = Media::load("aac.mp4").whole.repeat(40).into();
    let mut source = attached_source();
    let mut executor = SteppedExecutor::new();
    executor.execute(start_append(&mut source, &data));
    assert!(executor.turn().is_none());
    drop(source);
    assert!(executor.turn().is_some());
}

/// <https://w3c.github.io/media-source/#dom-mediasource-removesourcebuffer>
#[test]
fn media_of_a_removed_source_buffer_is_freed_on_the_executors_thread() {
    let executor = JobExecutor::new();
    let page = Page::without_player(|_| true);
    let memory = page.memory();
    let mut source = MediaSource::new(&page);
    assert!(source.attach());
    let id = source.add_source_buffer(AAC).expect("it is supported");
    let outcome = start_append(&mut source, &Media::load("aac.mp4").whole).run();
    source.handle_job_outcome(outcome);
    source.remove_source_buffer(id).expect("it is there");
    for effect in effects(&mut source) {
        if let Effect::Discard(discarded) = effect {
            assert!(memory.bytes() > 0, "it is not freed yet");
            executor.discard(discarded);
        }
    }
    // Whatever comes after it is run on the thread when it is gone.
    let mut other = attached_source();
    let job = start_append(&mut other, &filler().repeat(2).into());
    let (_, thread) = execute(&executor, job).recv().expect("the append ends");
    assert_eq!(thread.as_deref(), Some("MediaSourceJobs"));
    assert_eq!(memory.bytes(), 0);
}

/// What passes between the threads of a script, an append, a player and a media element.
#[test]
fn whatever_passes_between_threads_may_be_sent() {
    fn assert_send<T: Send + 'static>() {}
    assert_send::<MediaSource>();
    assert_send::<Effect>();
    assert_send::<JobOutcome>();
    assert_send::<ElementView>();
    assert_send::<MediaTrack>();
    assert_send::<TrackReader>();
    assert_send::<VideoFrameCounter>();
}

/// An append of `data`, in sequence mode, that waits to be run.
fn started_append(data: Bytes) -> (MediaSource, Job) {
    let mut source = MediaSource::new(&Page::without_player(|_| true));
    assert!(source.attach());
    let id = source.add_source_buffer(H264_AAC).expect("it is supported");
    source
        .source_buffer(id)
        .expect("it is there")
        .set_mode(AppendMode::Sequence)
        .expect("it is open");
    source
        .source_buffer(id)
        .expect("it is there")
        .append_buffer(&data)
        .expect("it is open");
    let effects = std::iter::from_fn(|| source.poll_effect());
    let job = effects.filter_map(|effect| match effect {
        Effect::RunJob(job) => Some(job),
        _ => None,
    });
    let job = job.last().expect("the append is to be run");
    (source, job)
}
