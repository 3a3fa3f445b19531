/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Pictures as PNG files, written on a thread of their own.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};
use media_source::VideoFrame;

use crate::failure::Failure;

/// How many pictures wait to be written before playback does.
const WAITING: usize = 8;

/// Hands pictures over to be written.
#[derive(Clone)]
pub struct FrameSender(Sender<Option<VideoFrame>>);

/// Writes pictures.
pub struct FrameWriter {
    sender: FrameSender,
    thread: JoinHandle<Result<u32, Failure>>,
}

impl FrameSender {
    /// Writes `frame` soon.
    pub fn send(&self, frame: VideoFrame) {
        // After a failure nothing is written any more.
        let _ = self.0.send(Some(frame));
    }
}

impl FrameWriter {
    /// Writes into `folder`, which is made if it is not there.
    pub fn start(folder: PathBuf) -> Result<Self, Failure> {
        fs::create_dir_all(&folder).map_err(|error| Failure::cannot_write(&folder, error))?;
        let (sender, frames) = bounded(WAITING);
        let thread = thread::Builder::new()
            .name("FrameWriter".to_owned())
            .spawn(move || write_all(&folder, &frames))
            .map_err(|error| Failure::Media(format!("there is no thread to spare: {error}")))?;
        Ok(Self {
            sender: FrameSender(sender),
            thread,
        })
    }

    /// Where the pictures are handed over.
    pub fn sender(&self) -> FrameSender {
        self.sender.clone()
    }

    /// Waits until all is written. Returns how many pictures that are.
    pub fn finish(self) -> Result<u32, Failure> {
        let _ = self.sender.0.send(None);
        self.thread.join().expect("the thread does not panic")
    }
}

fn write_all(folder: &Path, frames: &Receiver<Option<VideoFrame>>) -> Result<u32, Failure> {
    let mut count = 0;
    while let Ok(Some(frame)) = frames.recv() {
        count += 1;
        let name = format!("{count:05}-{:.3}s.png", frame.start.seconds());
        let file = folder.join(name);
        write(&file, &frame).map_err(|error| Failure::cannot_write(&file, error))?;
    }
    Ok(count)
}

fn write(file: &Path, frame: &VideoFrame) -> io::Result<()> {
    let mut encoder = png::Encoder::new(
        BufWriter::new(File::create(file)?),
        frame.width,
        frame.height,
    );
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Fast);
    let bytes = frame.to_bgra().ok_or(io::ErrorKind::InvalidData)?;
    let pixels = bytes.chunks_exact(4);
    let rgb: Vec<u8> = pixels
        .flat_map(|bgra| [bgra[2], bgra[1], bgra[0]])
        .collect();
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&rgb)?;
    writer.finish()?;
    Ok(())
}
