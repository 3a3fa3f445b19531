/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What scripts see, and do not see, of a job: an append or a range removal.

use std::sync::mpsc::channel;
use std::time::Duration;

use media_source::{Effect, Job, JobExecutor, MediaSource, Page, SteppedExecutor};

use crate::host::Host;
use crate::media::{H264, H264_AAC, Media};

fn only_job(source: &mut MediaSource) -> Job {
    let effects = std::iter::from_fn(|| source.poll_effect());
    let mut jobs = effects.filter_map(|effect| match effect {
        Effect::RunJob(job) => Some(job),
        _ => None,
    });
    let job = jobs.next().expect("there is a job");
    assert!(jobs.next().is_none());
    job
}

/// However far the append is, until the task that ends it.
///
/// <https://w3c.github.io/media-source/#dom-sourcebuffer-buffered>
#[test]
fn scripts_see_no_change_while_an_append_runs() {
    let mut host = Host::open();
    let id = host.add(H264_AAC);
    let media = Media::load("h264-aac.mp4");
    host.append(id, &media.initialization);
    host.source
        .source_buffer(id)
        .expect("it is there")
        .append_buffer(&media.whole.repeat(40))
        .expect("it is idle");
    let mut executor = SteppedExecutor::new();
    executor.execute(only_job(&mut host.source));
    let before = host.state();
    let mut turns = 0;
    let outcome = loop {
        match executor.turn() {
            Some(outcome) => break outcome,
            None => turns += 1,
        }
        assert_eq!(host.state(), before, "turn {turns}");
    };
    assert!(turns > 5, "{turns} turns");
    assert_eq!(host.state(), before);
    host.call(|source| source.handle_job_outcome(outcome));
    assert!(!host.buffered(id).is_empty());
}

/// <https://w3c.github.io/media-source/#sourcebuffer-range-removal>
#[test]
fn scripts_see_a_removal_in_the_task_that_ends_it() {
    let mut host = Host::open();
    let id = host.add(H264);
    host.append(id, &Media::load("h264.mp4").whole);
    host.call(|source| source.source_buffer(id)?.remove(1.0, 3.0))
        .expect("it is idle");
    host.run_jobs();
    assert_eq!(host.buffered(id), "0..6");
    host.forget();
    host.hand_over_outcome();
    assert_eq!(host.buffered(id), "0..1 3..6");
    assert_eq!(
        host.told(),
        [
            "element buffered",
            "fire update at SourceBuffer 0",
            "fire updateend at SourceBuffer 0"
        ]
    );
}

/// A codec check that panics stands for whatever bug there is.
fn panicking_host() -> Host {
    Host::with_platform(|_| panic!("this panic is part of a test"))
}

/// <https://w3c.github.io/media-source/#sourcebuffer-append-error>
#[test]
fn a_panic_of_a_job_is_an_append_error() {
    let mut host = panicking_host();
    host.attach();
    let id = host.add("video/mp4");
    let media = Media::load("h264.mp4");
    host.append(id, &media.whole);
    let told = host.told();
    let [.., error, update_end, ended, failed] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(
        [&error[..], &update_end[..], &ended[..]],
        [
            "fire error at SourceBuffer 0",
            "fire updateend at SourceBuffer 0",
            "fire sourceended at MediaSource"
        ]
    );
    assert!(failed.contains("a bug of the browser"), "{failed}");
    assert!(!host.source.is_updating(id));
    // Whatever is called next finds everything in order.
    host.call(|source| source.source_buffer(id)?.set_timestamp_offset(1.0))
        .expect("it is between two segments");
    host.call(|source| source.source_buffer(id)?.abort())
        .expect("it is open");
    host.call(|source| source.remove_source_buffer(id))
        .expect("it is there");
}

#[test]
fn the_executor_outlives_a_panic() {
    let executor = JobExecutor::new();
    let (done, outcomes) = channel();
    let media = Media::load("h264-aac.mp4");
    for panics in [true, false] {
        let can_decode = if panics {
            |_| panic!("part of a test")
        } else {
            |_| true
        };
        let mut source = MediaSource::new(&Page::without_player(can_decode));
        assert!(source.attach());
        let id = source
            .add_source_buffer("video/mp4")
            .expect("it is supported");
        source
            .source_buffer(id)
            .expect("it is there")
            .append_buffer(&media.whole.repeat(4))
            .expect("it is idle");
        let done = done.clone();
        executor.execute(only_job(&mut source), move |outcome| {
            done.send(outcome).expect("the test waits");
        });
        let outcome = outcomes.recv_timeout(Duration::from_secs(60));
        source.handle_job_outcome(outcome.expect("the job ends"));
        assert!(!source.is_updating(id));
        assert_eq!(source.buffered(id).expect("it is there").is_empty(), panics);
    }
}

/// At once, wherever its job waits; however often it happens.
///
/// <https://w3c.github.io/media-source/#dom-sourcebuffer-abort>
#[test]
fn an_aborted_append_gives_its_bytes_back() {
    let mut host = Host::open();
    let id = host.add(H264);
    let data = vec![0; 3 << 20];
    for _ in 0..100 {
        host.call(|source| source.source_buffer(id)?.append_buffer(&data))
            .expect("nothing is held");
        assert!(host.source.memory().bytes() >= data.len());
        host.call(|source| source.source_buffer(id)?.abort())
            .expect("it is open");
        assert!(host.source.memory().bytes() < 100_000);
    }
}
