/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Random calls of a MediaSource, with media that is cut and changed at random: whatever a page does,
//! nothing panics, nothing stays `updating`, no script
//! waits for much, and the quota bounds what is held.

use std::sync::LazyLock;

use media_source::{
    Effect, Exception, MediaSource, Quota, SourceBuffer, SourceBufferId, SteppedExecutor,
};
use track_buffer::time::PresentationTime;
use track_buffer::work;

use crate::choices::Choices;
use crate::media::{AAC, H264, H264_AAC, Media, VP8};

const TRANSPORT_STREAM: &str = "video/mp2t; codecs=\"avc1.64000C, mp4a.40.2\"";

/// The media files, each with its MIME type.
const FILES: [(&str, &str); 6] = [
    ("h264.mp4", H264),
    ("aac.mp4", AAC),
    ("h264-aac.mp4", H264_AAC),
    ("vp8.webm", VP8),
    ("vp8-vorbis.webm", "video/webm; codecs=\"vp8, vorbis\""),
    ("layouts/h264-aac.ts", TRANSPORT_STREAM),
];

static MEDIA: LazyLock<[Media; 6]> = LazyLock::new(|| FILES.map(|(name, _)| Media::load(name)));

const QUOTA: usize = 1 << 20;

/// The number of stored frames, groups and ranges that a call of a script may look at, with that
/// quota. It takes about half a millisecond.
const WORK_OF_CALL: usize = 10_000;

/// The number of stored frames, groups and ranges that a turn of a job may look at. `abort()` waits
/// for it.
const WORK_OF_TURN: usize = 100_000;

/// The number of turns that the jobs of one append or removal of so few bytes may take.
const TURNS: usize = 10_000;

/// Makes the calls that the bytes stand for, and checks after each that all is in order.
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
    /// The index of the file whose type each SourceBuffer got last, also of those that were
    /// removed.
    files: Vec<(SourceBufferId, usize)>,
}

impl Page {
    fn new() -> Self {
        let mut source = MediaSource::new(&media_source::Page::without_player(|_| true));
        source.set_quota(Quota::of_each_source_buffer(QUOTA));
        assert!(source.attach());
        Self {
            source,
            executor: SteppedExecutor::new(),
            files: Vec::new(),
        }
    }

    /// Makes one call. An exception is an answer like others.
    fn call(&mut self, choices: &mut Choices<'_>) {
        let ids: Vec<SourceBufferId> = self.source.source_buffers().collect();
        let file = choices.below(FILES.len() as i64) as usize;
        let Some(&id) = ids.get(choices.below(ids.len().max(1) as i64) as usize) else {
            return self.add_source_buffer(file);
        };
        let seconds = choices.below(1000) as f64 / 100.0;
        let call = choices.below(14);
        let data = if call > 9 {
            self.data(id, file, choices)
        } else {
            Vec::new()
        };
        let is_removal_or_addition = choices.one_in(8);
        let before = work::counted();
        let source = &mut self.source;
        let _ = match call {
            0..5 => source
                .source_buffer(id)
                .and_then(|buffer| call_source_buffer(buffer, call, seconds)),
            5 => {
                self.files.push((id, file));
                source.change_type(id, FILES[file].1)
            }
            6 => source.end_of_stream(None),
            7 if is_removal_or_addition => source.remove_source_buffer(id),
            7 => {
                self.add_source_buffer(file);
                Ok(())
            }
            8 => source.set_duration(seconds),
            9 => {
                self.turn();
                Ok(())
            }
            _ => {
                let position = PresentationTime::from_seconds(seconds);
                source.element_view().set_position(position);
                let buffer = source.source_buffer(id);
                buffer.and_then(|mut buffer| buffer.append_buffer(&data))
            }
        };
        if call != 9 {
            let work = work::counted() - before;
            assert!(work < WORK_OF_CALL, "call {call} looked at {work}");
        }
        if choices.one_in(2) {
            self.finish();
        }
    }

    fn add_source_buffer(&mut self, file: usize) {
        if let Ok(id) = self.source.add_source_buffer(FILES[file].1) {
            self.files.push((id, file));
        }
    }

    /// Returns data of the file, or mostly of one that fits the SourceBuffer, with some bytes
    /// changed.
    fn data(&self, id: SourceBufferId, file: usize, choices: &mut Choices<'_>) -> Vec<u8> {
        let fitting = self.files.iter().rev().find(|(other, _)| *other == id);
        let fitting = fitting.map_or(file, |(_, file)| *file);
        let media = &MEDIA[if choices.one_in(8) { file } else { fitting }];
        let mut data = match choices.below(3) {
            1 if !media.segments.is_empty() => media.initialization.to_vec(),
            2 if !media.segments.is_empty() => {
                media.segments[choices.below(media.segments.len() as i64) as usize].to_vec()
            }
            _ => media.whole.to_vec(),
        };
        for _ in 0..choices.below(4) {
            let index = choices.below(65_536) as usize % data.len();
            data[index] = choices.below(256) as u8;
        }
        if choices.one_in(4) {
            data.truncate(choices.below(65_536) as usize);
        }
        data
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
        let before = work::counted();
        if let Some(outcome) = self.executor.turn() {
            self.source.handle_job_outcome(outcome);
        }
        let work = work::counted() - before;
        assert!(work < WORK_OF_TURN, "a turn looked at {work}");
        self.drain();
    }

    /// Runs all jobs.
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

fn call_source_buffer(
    mut buffer: SourceBuffer<'_>,
    call: i64,
    seconds: f64,
) -> Result<(), Exception> {
    match call {
        0 => buffer.abort(),
        1 => buffer.remove(seconds, f64::INFINITY),
        2 => buffer.remove(0.0, seconds),
        3 => buffer.set_timestamp_offset(seconds),
        _ => buffer.set_append_window_end(seconds),
    }
}
