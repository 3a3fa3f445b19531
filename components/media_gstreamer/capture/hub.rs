/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The frames of an open device, on their way to the feeds.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use crossbeam_channel::Sender;
use gstreamer::{BufferFlags, Sample};
use media_stream::Settings;
use parking_lot::Mutex;

use super::clock;
use super::control::{Message, SourceId};
use super::feed::TrackFeed;
use super::last_picture::LastPicture;

/// Hands each frame of a device to all feeds of it.
#[derive(Default)]
pub(crate) struct Hub {
    feeds: Mutex<Arc<[Weak<TrackFeed>]>>,
    last_picture: Arc<LastPicture>,
    /// When media came last, in nanoseconds.
    last_media: AtomicU64,
}

impl Hub {
    /// Returns a hub for a source whose pictures stay, as [`LastPicture::that_stays`] says.
    pub(crate) fn of_pictures_that_stay() -> Self {
        Self {
            last_picture: Arc::new(LastPicture::that_stays()),
            ..Self::default()
        }
    }

    /// Returns a new feed, which gets frames as long as anybody has it. `device` is told what becomes of it.
    pub(crate) fn create_feed(
        &self,
        source: SourceId,
        settings: &Settings,
        device: Sender<Message>,
    ) -> Arc<TrackFeed> {
        let feed = TrackFeed::new(source, settings, self.last_picture.clone(), device);
        let feed = Arc::new(feed);
        let mut feeds = self.feeds.lock();
        let used = feeds.iter().filter(|feed| feed.strong_count() > 0);
        *feeds = used.cloned().chain([Arc::downgrade(&feed)]).collect();
        feed
    }

    /// Returns a new feed of a source that is no device, so that nobody has to be told what becomes of it.
    pub(crate) fn create_feed_of_host(&self, settings: &Settings) -> Arc<TrackFeed> {
        let (nobody, _) = crossbeam_channel::unbounded();
        self.create_feed(SourceId::default(), settings, nobody)
    }

    /// Forgets the last picture, which shows what is no more.
    pub(crate) fn forget_last_picture(&self) {
        self.last_picture.forget();
    }

    /// Returns the feeds.
    pub(crate) fn feeds(&self) -> Vec<Arc<TrackFeed>> {
        let feeds = self.feeds.lock().clone();
        feeds.iter().filter_map(Weak::upgrade).collect()
    }

    /// Hands a frame on. Returns whether it is one, and not a stand-in for one that does not come.
    pub(crate) fn handle(&self, sample: &Sample) -> bool {
        let flags = sample.buffer().map(|buffer| buffer.flags());
        let is_media = flags.is_some_and(|flags| !flags.contains(BufferFlags::GAP));
        if is_media {
            self.note_media();
            self.last_picture.keep(sample);
        }
        let feeds = self.feeds.lock().clone();
        for feed in feeds.iter().filter_map(Weak::upgrade) {
            feed.handle(sample, is_media);
        }
        is_media
    }

    /// Notes that media have come, or are expected from now on.
    pub(crate) fn note_media(&self) {
        let now = clock::now().nseconds();
        self.last_media.store(now, Ordering::Release);
    }

    /// Returns for how many seconds no media have come.
    pub(crate) fn silence(&self) -> f64 {
        let last = self.last_media.load(Ordering::Acquire);
        clock::now().nseconds().saturating_sub(last) as f64 * 1e-9
    }
}
