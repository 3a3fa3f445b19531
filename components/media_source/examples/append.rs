/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Appends a media file and reads its coded frames back, without an engine and without a player.
//!
//! `cargo run --example append -- FILE TYPE`

use std::collections::VecDeque;
use std::error::Error;
use std::{env, fs};

use media_source::{
    Effect, Event, EventTarget, Exception, MediaSource, Page, Read, SteppedExecutor,
};

const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/media/h264-aac.mp4"
);
const TYPE: &str = "video/mp4; codecs=\"avc1.64000C, mp4a.40.2\"";

/// What a browser engine is to a page: it has a task queue, and runs appends.
struct Host {
    source: MediaSource,
    tasks: VecDeque<(EventTarget, Event)>,
    executor: SteppedExecutor,
}

impl Host {
    /// Runs a command, then does what the MediaSource says.
    fn command<T>(
        &mut self,
        command: impl FnOnce(&mut MediaSource) -> Result<T, Exception>,
    ) -> Result<T, Exception> {
        let result = command(&mut self.source);
        self.drain_effects();
        result
    }

    /// This runs after every command, whatever it returned, and after every `handle_*` call.
    fn drain_effects(&mut self) {
        while let Some(effect) = self.source.poll_effect() {
            match effect {
                Effect::Fire { target, event } => self.tasks.push_back((target, event)),
                Effect::RunJob(job) => self.executor.execute(job),
                // There is no media element to tell, and nothing that is slow to drop.
                _ => {}
            }
        }
    }

    /// The event loop, until nothing is left to do.
    fn run(&mut self) {
        loop {
            if let Some((target, event)) = self.tasks.pop_front() {
                println!("{} at {target:?}", event.name());
            } else if let Some(outcome) = self.executor.run() {
                self.source.handle_job_outcome(outcome);
                self.drain_effects();
            } else {
                return;
            }
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    match &env::args().collect::<Vec<_>>()[..] {
        [_, file, mime_type] => run(file, mime_type),
        _ => run(FILE, TYPE),
    }
}

fn run(file: &str, mime_type: &str) -> Result<(), Box<dyn Error>> {
    let mut host = Host {
        source: MediaSource::new(&Page::without_player(|_codec| true)),
        tasks: VecDeque::new(),
        executor: SteppedExecutor::new(),
    };
    host.source.attach();
    let buffer = host.command(|source| source.add_source_buffer(mime_type))?;
    let bytes = fs::read(file)?;
    host.command(|source| source.source_buffer(buffer)?.append_buffer(&bytes))?;
    host.run();
    println!("buffered: {:?}", host.source.buffered(buffer)?);
    for mut reader in host.source.element_view().track_readers() {
        let mut frames = 0;
        while let Read::Frame(_) = reader.read() {
            frames += 1;
        }
        println!("{}: {frames} frames", reader.configuration().codec_string());
    }
    Ok(())
}

#[test]
fn the_example_runs() {
    run(FILE, TYPE).expect("the file is there");
}
