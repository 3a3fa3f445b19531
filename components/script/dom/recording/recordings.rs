/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The MediaRecorders that record. They live as long as they do that, and no longer than their document.

use std::cell::RefCell;
use std::sync::{Arc, Mutex};

use media_recorder::{NewRecordingListener, RecordingListener};
use servo_base::id::PipelineId;

use crate::dom::bindings::refcounted::Trusted;
use crate::dom::bindings::reflector::DomGlobal;
use crate::dom::bindings::root::DomRoot;
use crate::dom::globalscope::GlobalScope;
use crate::dom::mediarecorder::MediaRecorder;

thread_local! {
    /// The MediaRecorders of this thread that record.
    static RECORDING: RefCell<Vec<Trusted<MediaRecorder>>> = const { RefCell::new(Vec::new()) };
}

/// Keeps a MediaRecorder that has begun to record.
pub(crate) fn keep(recorder: &MediaRecorder) {
    forget(recorder);
    RECORDING.with_borrow_mut(|recording| recording.push(Trusted::new(recorder)));
}

/// Keeps a MediaRecorder no longer.
pub(crate) fn forget(recorder: &MediaRecorder) {
    let all = RECORDING.take();
    let others = all.into_iter().filter(|other| *other.root() != *recorder);
    RECORDING.set(others.collect());
}

/// Lets all look at their tracks again, because one has come, gone or ended.
pub(crate) fn handle_change() {
    all().iter().for_each(|recorder| recorder.handle_change());
}

/// Ends the recordings of a document that is left, without their events.
pub(crate) fn end(page: PipelineId) {
    for recorder in all() {
        if recorder.global().pipeline_id() == page {
            recorder.abandon();
        }
    }
}

/// Returns what queues the events of the recordings of a MediaRecorder, which is told of by its number.
pub(crate) fn new_listener(global: &GlobalScope, number: u64) -> NewRecordingListener {
    let tasks = global.task_manager();
    let source = tasks.dom_manipulation_task_source().to_sendable();
    let source = Arc::new(Mutex::new(source));
    Box::new(move |id| -> RecordingListener {
        let source = source.clone();
        Box::new(move |event| {
            let source = source.lock().unwrap();
            source.queue(task!(recording_event: move |cx| {
                if let Some(recorder) = find(number) {
                    recorder.handle_recording_event(cx, id, event);
                }
            }));
        })
    })
}

fn find(number: u64) -> Option<DomRoot<MediaRecorder>> {
    all()
        .into_iter()
        .find(|recorder| recorder.number() == number)
}

fn all() -> Vec<DomRoot<MediaRecorder>> {
    RECORDING.with_borrow(|recording| recording.iter().map(Trusted::root).collect())
}
