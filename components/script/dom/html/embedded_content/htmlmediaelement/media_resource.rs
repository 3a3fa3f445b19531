/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What belongs to one media resource and must not outlive it: its URLs, its frames, its player's
//! access to the renderer, and whether its pixels are another origin's.
//! <https://html.spec.whatwg.org/multipage/#media-resource>
#![warn(unused)]

use std::sync::{Arc, Mutex, Weak};

use js::context::NoGC;
use servo_media::player::video::{VideoFrame, VideoFrameRenderer};

use super::painting::Frame;
use super::{HTMLMediaElement, MediaFrameRenderer};
use crate::dom::bindings::inheritance::Castable;
use crate::dom::html::htmlvideoelement::HTMLVideoElement;

impl HTMLMediaElement {
    /// Forgets the media resource, because the element gets another one or none. Nothing of it is shown or
    /// drawn any more, or mistaken for the next one's.
    pub(super) fn forget_media_resource(&self, no_gc: &NoGC) {
        *self.resource_url.borrow_mut() = None;
        *self.blob_url.borrow_mut() = None;
        // Dropping the context ends the fetch.
        self.current_fetch_context.take();
        self.additions.frames.take();
        self.additions.has_reached_the_end.set(false);
        // Their timers end with the resource.
        self.additions.is_progress_pending.set(false);
        self.additions.fruitless_progress_count.set(0);
        self.additions.is_estimating.set(false);
        self.additions.position_told.set(None);
        self.additions.timeupdate_position.set(0.0);
        self.additions.is_tainted.set(false);
        self.forget_frames();
        if let Some(video) = self.downcast::<HTMLVideoElement>() {
            video.set_natural_dimensions(no_gc, None, None);
        }
    }

    /// Forgets the frames, and ignores those that the player's threads still bring.
    pub(super) fn forget_frames(&self) {
        self.additions.media_resource.take();
        self.video_renderer.lock().unwrap().reset();
        if let Some(video) = self.downcast::<HTMLVideoElement>() {
            video.forget_frames();
        }
    }

    /// Returns the renderer to which a player gives the frames of the present media resource.
    pub(super) fn renderer_of_media_resource(&self) -> Arc<Mutex<MediaResourceRenderer>> {
        Arc::new(Mutex::new(MediaResourceRenderer {
            media_resource: Arc::downgrade(&self.additions.media_resource.borrow()),
            renderer: self.video_renderer.clone(),
        }))
    }

    /// Marks the media resource as CORS-cross-origin, because a response to one of its requests was. A later
    /// response, for another range of bytes, does not make the frames readable that were decoded before.
    pub(super) fn taint_media_resource(&self) {
        self.additions.is_tainted.set(true);
    }

    /// <https://html.spec.whatwg.org/multipage/#the-image-argument-is-not-origin-clean>
    pub(super) fn media_resource_is_origin_clean(&self) -> bool {
        !self.additions.is_tainted.get()
    }
}

/// Shows frames for as long as their media resource is the element's. A player's threads may hold a
/// frame when the element gets another resource.
pub(crate) struct MediaResourceRenderer {
    media_resource: Weak<()>,
    renderer: Arc<Mutex<MediaFrameRenderer>>,
}

impl MediaResourceRenderer {
    pub(crate) fn show(&mut self, frame: Frame) {
        // The resource is forgotten before this lock is taken to forget the frames.
        let mut renderer = self.renderer.lock().unwrap();
        if self.media_resource.strong_count() > 0 {
            renderer.show(frame);
        }
    }
}

impl VideoFrameRenderer for MediaResourceRenderer {
    fn render(&mut self, frame: VideoFrame) {
        self.show(Frame::Converted(frame));
    }
}
