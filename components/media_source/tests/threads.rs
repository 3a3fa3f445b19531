/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Appends that run on a thread of their own.

use std::sync::mpsc::channel;

use bytes::Bytes;
use media_source::MediaSource;
use media_source::append::AppendJob;
use media_source::attributes::AppendMode;
use media_source::effect::Effect;
use media_source::executor::AppendExecutor;

use crate::media::{H264_AAC, Media};

#[test]
fn appends_run_in_their_order_and_finish_after_the_executor_is_gone() {
    let media = Media::load("h264-aac.mp4");
    let executor = AppendExecutor::new();
    let (done, outcomes) = channel();
    for index in 0..3 {
        let (_, job) = started_append(media.whole.clone());
        let done = done.clone();
        executor.execute(job, move |_| done.send(index).expect("the test waits"));
    }
    drop((executor, done));
    assert_eq!(outcomes.iter().collect::<Vec<_>>(), [0, 1, 2]);
}

/// At whatever moment the append is aborted.
#[test]
fn nothing_changes_after_an_abort() {
    let media = Media::load("h264-aac.mp4");
    let executor = AppendExecutor::new();
    for _ in 0..20 {
        // In sequence mode, each repetition moves the end of what is buffered.
        let (mut source, job) = started_append(media.whole.repeat(40).into());
        let id = source.source_buffers().next().expect("one was added");
        let (done, outcomes) = channel();
        executor.execute(job, move |outcome| {
            done.send(outcome).expect("the test waits")
        });
        std::thread::yield_now();
        source.abort(id).expect("it is open");
        while source.poll_effect().is_some() {}
        let buffered = source.buffered(id).expect("it is there");
        let readers = source.track_readers().len();
        source.handle_append_outcome(outcomes.recv().expect("the append ends"));
        assert!(source.poll_effect().is_none());
        assert_eq!(source.buffered(id).expect("it is there"), buffered);
        assert_eq!(source.track_readers().len(), readers);
    }
}

/// An append of `data`, in sequence mode, that waits to be run.
fn started_append(data: Bytes) -> (MediaSource, AppendJob) {
    let mut source = MediaSource::new(|_| true);
    assert!(source.attach());
    let id = source.add_source_buffer(H264_AAC).expect("it is supported");
    source
        .set_mode(id, AppendMode::Sequence)
        .expect("it is open");
    source.append_buffer(id, data, false).expect("it is open");
    let effects = std::iter::from_fn(|| source.poll_effect());
    let job = effects.filter_map(|effect| match effect {
        Effect::RunAppend(job) => Some(job),
        _ => None,
    });
    let job = job.last().expect("the append is to be run");
    (source, job)
}
