/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Plays media segments through Media Source Extensions, in a window or headless. It is the example
//! of a host without a browser engine: `engine` is the host, `script` the page.

mod arguments;
mod capabilities;
mod element;
mod engine;
mod failure;
mod frames;
mod media_type;
mod pieces;
mod playback;
mod progress;
mod record;
mod screen;
mod script;
mod statistics;
mod svg;
mod timeline;
mod window;

use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs};

use clap::Parser;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::frames::FrameWriter;
use crate::media_type::media_type;
use crate::pieces::Pieces;
use crate::playback::{Playback, Played};
use crate::screen::Screen;
use crate::script::Plan;
use crate::statistics::statistics;
use crate::timeline::timeline;

/// How much is appended at once.
const PIECE: usize = 64 << 10;
/// The length in bytes of a piece of live media, so that little comes before its time.
const LIVE_PIECE: usize = 1 << 10;
/// A quota has room for so many pieces at least.
const PIECES_IN_QUOTA: usize = 16;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.capabilities {
        print!("{}", capabilities::table());
        return ExitCode::SUCCESS;
    }
    if arguments.decoders {
        print!("{}", capabilities::decoders(arguments.decoder_preference));
        return ExitCode::SUCCESS;
    }
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("mseplay: {}", failure.message());
            ExitCode::from(&failure)
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let playback = Playback {
        plan: plan(arguments)?,
        rate: arguments.rate,
        quota: arguments.quota,
        preference: arguments.decoder_preference,
    };
    let frames = arguments
        .frames
        .clone()
        .map(FrameWriter::start)
        .transpose()?;
    let mut screen = Screen {
        display: None,
        frames: frames
            .as_ref()
            .map(|frames| (frames.sender(), arguments.every)),
        shown: 0,
    };
    let (sender, messages) = crossbeam_channel::unbounded();
    let played = if arguments.headless || !has_display() {
        playback.run(Box::new(screen), sender, &messages)
    } else {
        let title = format!("{} - mseplay", arguments.files[0].display());
        window::run(title, sender.clone(), move |display| {
            screen.display = Some(display);
            playback.run(Box::new(screen), sender, &messages)
        })?
    }?;
    let written = frames.map_or(Ok(0), FrameWriter::finish)?;
    report(arguments, played, written)
}

/// What the script is to do.
fn plan(arguments: &Arguments) -> Result<Plan, Failure> {
    let feeds = [&arguments.files, &arguments.audio]
        .into_iter()
        .filter_map(|files| Some((files.first()?, files)))
        .map(|(first, files)| {
            let pieces = Pieces::new(files.clone(), piece_size(arguments));
            Ok((media_type(first)?, pieces))
        });
    Ok(Plan {
        feeds: feeds.collect::<Result<_, _>>()?,
        seeks: arguments.seeks.clone().into(),
        plays: arguments.plays,
        live_rate: arguments.simulate_live.then_some(arguments.rate),
    })
}

fn piece_size(arguments: &Arguments) -> usize {
    let size = if arguments.simulate_live {
        LIVE_PIECE
    } else {
        PIECE
    };
    let most = arguments
        .quota
        .map_or(size, |quota| quota / PIECES_IN_QUOTA);
    size.min(most).max(1)
}

/// Whether a window can be opened.
fn has_display() -> bool {
    ["WAYLAND_DISPLAY", "DISPLAY"]
        .into_iter()
        .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Writes what the command line asks for about a run, and says how it ended.
fn report(arguments: &Arguments, played: Played, pictures_written: u32) -> Result<(), Failure> {
    if let Some(file) = &arguments.timeline {
        write(file, timeline(&played.record, played.duration))?;
    }
    if arguments.json {
        println!("{:#}", statistics(&played, pictures_written));
    }
    played.failure.map_or(Ok(()), Err)
}

fn write(file: &PathBuf, text: String) -> Result<(), Failure> {
    fs::write(file, text).map_err(|error| Failure::cannot_write(file, error))
}
