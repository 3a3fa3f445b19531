/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Sources whose pictures the host makes, such as those of a canvas. They go the way of a camera's: through a
//! hub to the feeds of the tracks. A canvas that nobody draws on makes no pictures, so its last one is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gstreamer::{Buffer, Sample};
use gstreamer_video::{VideoFormat, VideoInfo};
use media_source::Picture;
use media_stream::{CaptureSource, Feed, PictureSink, Settings};

use super::clock;
use super::hub::Hub;

/// The pictures of a source, on their way to the feeds.
struct Pictures {
    hub: Hub,
    is_closed: AtomicBool,
}

struct HostSource(Arc<Pictures>);

/// Returns a source, and what takes its pictures.
pub(crate) fn create() -> (Box<dyn CaptureSource>, Arc<dyn PictureSink>) {
    let pictures = Arc::new(Pictures {
        hub: Hub::of_pictures_that_stay(),
        is_closed: AtomicBool::new(false),
    });
    (Box::new(HostSource(pictures.clone())), pictures)
}

impl PictureSink for Pictures {
    fn show(&self, picture: Picture) {
        if let Some(sample) = sample_of(picture) {
            self.hub.handle(&sample);
        }
    }

    fn is_open(&self) -> bool {
        !self.is_closed.load(Ordering::Acquire)
    }
}

impl CaptureSource for HostSource {
    fn create_feed(&self, settings: &Settings) -> Arc<dyn Feed> {
        self.0.hub.create_feed_of_host(settings)
    }
}

impl Drop for HostSource {
    fn drop(&mut self) {
        self.0.is_closed.store(true, Ordering::Release);
    }
}

/// Returns the picture as a frame of now, without a copy of its pixels; `None` if it is too large or empty.
fn sample_of(picture: Picture) -> Option<Sample> {
    gstreamer::init().ok()?;
    let info = VideoInfo::builder(VideoFormat::Bgrx, picture.width, picture.height);
    let info = info.build().ok()?;
    if picture.pixels.is_empty() || info.size() != picture.pixels.len() {
        return None;
    }
    let mut buffer = Buffer::from_mut_slice(picture.pixels);
    buffer.get_mut()?.set_pts(clock::now());
    let caps = info.to_caps().ok()?;
    Some(Sample::builder().buffer(&buffer).caps(&caps).build())
}
