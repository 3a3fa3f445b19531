/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Random calls of a MediaSource, with media that is cut and changed at random: whatever a page does,
//! nothing panics, nothing stays `updating`, and the quota bounds what is held.

use media_source::MediaSource;
use media_source::effect::{Effect, SourceBufferId};
use media_source::element::ElementState;
use media_source::executor::SteppedExecutor;
use media_source::quota::Quota;
use track_buffer::time::PresentationTime;

use crate::choices::Choices;
use crate::media::{AAC, H264, H264_AAC, Media};

const QUOTA: usize = 1 << 20;

/// How many turns the jobs of one append or removal of so few bytes may take.
const TURNS: usize = 10_000;

/// Does what the bytes say, and checks that all is in order after each call.
pub fn run_calls(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let mut page = Page::new();
    while !choices.is_over() {
        page.call(&mut choices);
        page.drain();
    }
    page.finish();
    page.source.detach();
    page.drain();
    assert_eq!(page.source.memory().bytes(), 0, "all is given back");
}

struct Page {
    source: MediaSource,
    executor: SteppedExecutor,
    media: [Media; 3],
}

impl Page {
    fn new() -> Self {
        let mut source = MediaSource::new(|_| true);
        source.set_quota(Quota::of_each_source_buffer(QUOTA));
        assert!(source.attach());
        Self {
            source,
            executor: SteppedExecutor::new(),
            media: ["h264.mp4", "aac.mp4", "h264-aac.mp4"].map(Media::load),
        }
    }

    /// Exceptions are answers as good as others.
    fn call(&mut self, choices: &mut Choices<'_>) {
        let ids: Vec<SourceBufferId> = self.source.source_buffers().collect();
        let Some(&id) = ids.get(choices.below(ids.len().max(1) as i64) as usize) else {
            let _ = self
                .source
                .add_source_buffer(choices.one_of(&[H264, AAC, H264_AAC]));
            return;
        };
        let seconds = choices.below(1000) as f64 / 100.0;
        let source = &mut self.source;
        let _ = match choices.below(14) {
            0 => source.abort(id),
            1 => source.remove(id, seconds, f64::INFINITY),
            2 => source.remove(id, 0.0, seconds),
            3 => source.set_timestamp_offset(id, seconds),
            4 => source.set_append_window_end(id, seconds),
            5 => source.change_type(id, choices.one_of(&[H264, AAC])),
            6 => source.end_of_stream(None),
            7 if choices.one_in(8) => source.remove_source_buffer(id),
            7 => source.add_source_buffer(H264).map(drop),
            8 => source.set_duration(seconds),
            9 => {
                self.turn();
                Ok(())
            }
            _ => self.append(id, seconds, choices),
        };
        if choices.one_in(2) {
            self.finish();
        }
    }

    fn append(
        &mut self,
        id: SourceBufferId,
        seconds: f64,
        choices: &mut Choices<'_>,
    ) -> Result<(), media_source::exception::Exception> {
        let media = &self.media[choices.below(3) as usize];
        let mut data = match choices.below(3) {
            0 => media.whole.to_vec(),
            1 => media.initialization.to_vec(),
            _ => media.segments[choices.below(media.segments.len() as i64) as usize].to_vec(),
        };
        for _ in 0..choices.below(4) {
            let index = choices.below(65_536) as usize % data.len();
            data[index] = choices.below(256) as u8;
        }
        if choices.one_in(4) {
            data.truncate(choices.below(65_536) as usize);
        }
        let element = ElementState {
            has_error: false,
            position: PresentationTime::from_seconds(seconds),
        };
        self.source.append_buffer(id, &data, element)
    }

    fn drain(&mut self) {
        while let Some(effect) = self.source.poll_effect() {
            if let Effect::RunJob(job) = effect {
                self.executor.execute(job);
            }
        }
        if !self.executor.is_idle() {
            // (The job of a removed SourceBuffer may still hold its frames.)
            return;
        }
        let held = self.source.memory().bytes();
        let buffers = self.source.source_buffers().count();
        assert!(held <= buffers * (QUOTA + QUOTA / 10), "{held} bytes");
    }

    fn turn(&mut self) {
        if let Some(outcome) = self.executor.turn() {
            self.source.handle_job_outcome(outcome);
        }
        self.drain();
    }

    /// All jobs.
    fn finish(&mut self) {
        self.drain();
        let mut turns = 0;
        while !self.executor.is_idle() {
            self.turn();
            turns += 1;
            assert!(turns < TURNS, "a job goes on and on");
        }
        for id in self.source.source_buffers() {
            assert!(!self.source.is_updating(id), "{id:?}");
        }
    }
}
