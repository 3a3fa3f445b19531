/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Plays a media file with GStreamer: a MediaSource, a media element and a player, without an engine.
//!
//! `cargo run --example play -- FILE TYPE`

use std::error::Error;
use std::sync::mpsc::channel;
use std::{env, fs};

use media_gstreamer::GStreamerBackend;
use media_source::{
    Effect, ElementUpdate, MediaElement, MediaSource, Platform, VideoFrame, VideoRenderer,
};

const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/media/h264-aac.mp4"
);
const TYPE: &str = "video/mp4; codecs=\"avc1.64000C, mp4a.40.2\"";

/// Shows a frame where a window would.
struct Screen;

impl VideoRenderer for Screen {
    fn render(&mut self, frame: VideoFrame) {
        println!(
            "a frame {} wide at {} s",
            frame.width,
            frame.start.seconds()
        );
    }
}

/// Does what the MediaSource and the element say. Returns whether playback has ended.
fn drain(source: &mut MediaSource, element: &mut MediaElement) -> Result<bool, Box<dyn Error>> {
    while let Some(effect) = source.poll_effect() {
        match effect {
            Effect::Fire { event, .. } => println!("{}", event.name()),
            // A host with a page to keep alive uses a `JobExecutor`, and a task for the outcome.
            Effect::RunJob(job) => {
                source.handle_job_outcome(job.run());
                source.end_of_stream(None)?;
            }
            Effect::Element(effect) => element.handle_effect(effect),
            _ => {}
        }
    }
    while let Some(update) = element.poll_update() {
        match update {
            ElementUpdate::ReadyState(state) => println!("{state:?}"),
            ElementUpdate::Failed(error) => return Err(format!("{error:?}").into()),
            ElementUpdate::Ended => return Ok(true),
            _ => {}
        }
    }
    Ok(false)
}

fn main() -> Result<(), Box<dyn Error>> {
    match &env::args().collect::<Vec<_>>()[..] {
        [_, file, mime_type] => run(file, mime_type),
        _ => run(FILE, TYPE),
    }
}

fn run(file: &str, mime_type: &str) -> Result<(), Box<dyn Error>> {
    let bytes = fs::read(file)?;
    let page = Platform::new(GStreamerBackend::default).new_page();
    let mut source = MediaSource::new(&page);
    source.attach();
    let (sender, events) = channel();
    let listener = Box::new(move |event| drop(sender.send(event)));
    let player = page.backend().create_player(Box::new(Screen), listener)?;
    let mut element = MediaElement::new(source.element_view(), player);

    let buffer = source.add_source_buffer(mime_type)?;
    source.source_buffer(buffer)?.append_buffer(&bytes)?;
    element.player().set_rate(4.0);
    element.play();
    while !drain(&mut source, &mut element)? {
        element.handle_player_event(events.recv()?);
    }
    Ok(())
}

#[test]
fn the_example_runs() {
    run(FILE, TYPE).expect("the file is there");
}
