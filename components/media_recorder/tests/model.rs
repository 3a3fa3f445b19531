/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Random calls of a recorder, compared with a naive model: the words that all recordings would have fired, one
//! after the other.

use media_recorder::{RecordingEvent, RecordingState};
use media_stream::Kind;

use crate::fake::{Page, data};

/// A generator of numbers that are random enough.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % limit
    }
}

/// What the backend has not answered of each recording, in its order.
#[derive(Default)]
struct Pending(Vec<Vec<&'static str>>);

impl Pending {
    /// Returns the answer of the backend to an oldest request.
    fn answer(&mut self, recording: usize) -> Option<RecordingEvent> {
        let requests = &mut self.0[recording];
        if requests.is_empty() {
            return None;
        }
        Some(match requests.remove(0) {
            "start" => RecordingEvent::Started,
            "pause" => RecordingEvent::Paused,
            "resume" => RecordingEvent::Resumed,
            "data" => RecordingEvent::Data(data("", 0)),
            _ => RecordingEvent::Stopped(data("", 0)),
        })
    }
}

#[test]
fn each_call_is_answered_once_and_in_order() {
    for seed in 0..200 {
        let mut random = Random(seed);
        let mut page = Page::new(&[Kind::Video]);
        let (mut pending, mut expected, mut fired) = (Pending::default(), Vec::new(), Vec::new());
        for _ in 0..60 {
            let state = page.recorder.state();
            let request = match (random.below(7), state) {
                (0, RecordingState::Inactive) => {
                    page.start();
                    pending.0.push(Vec::new());
                    "start"
                }
                (1, RecordingState::Recording) => {
                    page.recorder.pause().expect("it records");
                    "pause"
                }
                (2, RecordingState::Paused) => {
                    page.recorder.resume().expect("it records");
                    "resume"
                }
                (3, RecordingState::Recording | RecordingState::Paused) => {
                    page.recorder.request_data().expect("it records");
                    "data"
                }
                (4, RecordingState::Recording | RecordingState::Paused) => {
                    page.recorder.stop();
                    "stop"
                }
                (5 | 6, _) if !pending.0.is_empty() => {
                    let recording = random.below(pending.0.len() as u64) as usize;
                    if let Some(event) = pending.answer(recording) {
                        fired.extend(page.tell(recording, event));
                    }
                    continue;
                }
                _ => continue,
            };
            pending.0.last_mut().expect("it was started").push(request);
            expected.push(request);
        }
        for recording in 0..pending.0.len() {
            while let Some(event) = pending.answer(recording) {
                fired.extend(page.tell(recording, event));
            }
        }
        let expected = expected.iter().flat_map(|request| match *request {
            "data" => vec!["data \"\" at 0"],
            "stop" => vec!["data \"\" at 0", "stop"],
            request => vec![request],
        });
        assert_eq!(fired, Vec::from_iter(expected), "seed {seed}");
    }
}
