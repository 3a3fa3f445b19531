/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Which video frames are painted, and how large. Converting a frame and uploading it costs more than decoding
//! it, so that is done only for frames that somebody sees. The others wait until something reads them: a canvas,
//! a picture of the page, or the screen once more.
#![warn(unused)]

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use euclid::{Rect, Size2D, UnknownUnit};
use js::context::NoGC;
use layout_api::MediaFrame;
use media_source::VideoFrame as DecodedFrame;
use servo_geometry::au_rect_to_f32_rect;
use servo_media::player::video::{Buffer, VideoFrame, VideoFrameData, VideoFrameRenderer};
use style::computed_values::object_fit::T as ObjectFit;

use super::{HTMLMediaElement, MediaFrameRenderer};
use crate::dom::bindings::codegen::Bindings::DocumentBinding::DocumentMethods;
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::root::DomRoot;
use crate::dom::document::Document;
use crate::dom::element::Element;
use crate::dom::html::htmlvideoelement::HTMLVideoElement;
use crate::dom::iterators::ShadowIncluding;
use crate::dom::node::{Node, NodeDamage, NodeTraits};

/// Whether the pages of this process are on a screen.
static HAS_SCREEN: AtomicBool = AtomicBool::new(true);

/// How many frames of decoders were converted, for tests.
pub(crate) static CONVERTED_FRAMES: AtomicU32 = AtomicU32::new(0);

/// How many pictures may be on their way to the screen. A browser that is too slow to draw them would gather
/// them in memory.
const PICTURES_ON_THEIR_WAY: usize = 3;

/// Says that no page of this process is on a screen. Videos are then painted only in the pictures that are
/// taken of a page, and otherwise play as ever. An embedder without a window calls this before it starts
/// the engine.
pub fn paint_videos_on_demand() {
    HAS_SCREEN.store(false, Ordering::Relaxed);
}

/// A frame of a player.
pub(crate) enum Frame {
    /// It is in the memory of its decoder.
    Decoded(DecodedFrame),
    /// Servo's backend has converted it already, or it is a texture.
    Converted(VideoFrame),
}

impl Frame {
    /// The natural size.
    fn size(&self) -> Size {
        match self {
            Self::Decoded(frame) => Size::new(frame.width as i32, frame.height as i32),
            Self::Converted(frame) => Size::new(frame.get_width(), frame.get_height()),
        }
    }

    /// Returns its pixels, in its natural size or as half, a quarter, ... of it that still has `least` pixels.
    fn convert(&self, least: Size) -> Option<VideoFrame> {
        match self {
            Self::Decoded(frame) => {
                CONVERTED_FRAMES.fetch_add(1, Ordering::Relaxed);
                let least = (least.width as u32, least.height as u32);
                let picture = frame.pixels.to_bgra(least)?;
                let pixels = Arc::new(Pixels(Arc::new(picture.pixels)));
                VideoFrame::new(picture.width as i32, picture.height as i32, pixels)
            },
            Self::Converted(frame) => Some(frame.clone()),
        }
    }
}

struct Pixels(Arc<Vec<u8>>);

impl Buffer for Pixels {
    fn to_vec(&self) -> Option<VideoFrameData> {
        Some(VideoFrameData::Raw(self.0.clone()))
    }
}

/// A width and a height in pixels.
type Size = Size2D<i32, UnknownUnit>;

/// The frame that a video shows, and what was done with it.
#[derive(Default)]
pub(super) struct LatestFrame {
    frame: Option<Frame>,
    /// Whether the frame was painted.
    is_painted: bool,
    /// The frame as a picture of its natural size, once it was converted to one.
    read: Option<VideoFrame>,
    /// The natural size of the frame that was painted last.
    painted_size: Size,
    /// Whether its picture was made smaller.
    is_reduced: bool,
    /// The pictures that were painted, for as long as something holds them.
    pictures: Vec<Weak<Vec<u8>>>,
    /// Where the video is on the screen, if it is.
    place: Option<Place>,
}

/// The place of a video on a screen.
#[derive(Clone, Copy)]
struct Place {
    /// The number of pixels that are needed there.
    size: Size,
    /// Whether some of it is not scrolled away.
    is_in_view: bool,
}

impl VideoFrameRenderer for MediaFrameRenderer {
    fn render(&mut self, frame: VideoFrame) {
        self.show(Frame::Converted(frame));
    }
}

impl MediaFrameRenderer {
    /// Makes `frame` the one that is shown. It is painted at once if the video is on a screen, and if the page
    /// has no image of this size yet: layout and the timing of paints want to know that there is one.
    pub(super) fn show(&mut self, frame: Frame) {
        let is_first = self.current_frame.is_none() || self.latest.painted_size != frame.size();
        self.latest.frame = Some(frame);
        self.latest.is_painted = false;
        self.latest.read = None;
        if is_first {
            self.paint();
        } else {
            self.paint_if_seen();
        }
    }

    /// Paints the frame that is shown, if the video is on a screen and that keeps up.
    fn paint_if_seen(&mut self) {
        let pictures = &mut self.latest.pictures;
        pictures.retain(|picture| picture.strong_count() > 0);
        if self.latest.place.is_some() && pictures.len() < PICTURES_ON_THEIR_WAY {
            self.paint();
        }
    }

    /// Paints the frame that stays on the screen in its natural size, because the page may enlarge it.
    fn paint_still(&mut self) {
        let Some(place) = &mut self.latest.place else {
            return;
        };
        place.size = self.latest.painted_size;
        self.latest.is_painted &= !self.latest.is_reduced;
        self.paint();
    }

    /// Paints the frame that is shown, if that has not been done.
    pub(super) fn paint(&mut self) {
        let Some(frame) = self
            .latest
            .frame
            .as_ref()
            .filter(|_| !self.latest.is_painted)
        else {
            return;
        };
        let size = frame.size();
        let least = self.latest.place.map_or(size, |place| place.size);
        let Some(picture) = frame.convert(least) else {
            return;
        };
        let picture_size = Size::new(picture.get_width(), picture.get_height());
        if let Some(image) = &mut self.current_frame &&
            self.latest.painted_size == size
        {
            // It stays the same image to layout, however many pixels it has.
            (image.width, image.height) = picture_size.into();
        }
        self.latest.is_painted = true;
        self.latest.painted_size = size;
        self.latest.is_reduced = picture_size != size;
        if !self.latest.is_reduced {
            // A script that reads the frame needs no other picture.
            self.latest.read = Some(picture.clone());
        }
        if !picture.is_gl_texture() {
            let pixels = Arc::downgrade(&picture.get_data());
            self.latest.pictures.push(pixels);
        }
        let image = self.current_frame.map(|frame| frame.image_key);
        self.upload(picture);
        // The page need not be laid out anew for another picture in the same image. It is drawn anew when it is
        // scrolled.
        if self.current_frame.map(|frame| frame.image_key) == image &&
            self.latest.place.is_none_or(|place| place.is_in_view)
        {
            self.paint_api.generate_frame(vec![self.webview_id.into()]);
        }
    }

    /// Returns the frame that is shown, in its natural size, for a script.
    pub(super) fn read(&mut self) -> Option<VideoFrame> {
        if self.latest.read.is_none() {
            let frame = self.latest.frame.as_ref()?;
            self.latest.read = frame.convert(frame.size());
        }
        self.latest.read.clone()
    }

    /// Returns the natural width and height of the frame that is shown.
    pub(super) fn natural_size(&self) -> Option<(i32, i32)> {
        Some(self.latest.frame.as_ref()?.size().into())
    }
}

impl HTMLMediaElement {
    /// Lets the page show the frame that the player brought last.
    pub(super) fn handle_video_frame(&self, no_gc: &NoGC) {
        let natural_size = self.video_renderer.lock().unwrap().natural_size();
        let place = natural_size.and_then(|size| self.place_on_screen(size.into()));
        let mut renderer = self.video_renderer.lock().unwrap();
        renderer.latest.place = place;
        renderer.paint_if_seen();
        drop(renderer);
        // Layout knows an image by its key. What is in the image is none of its business.
        let image = self
            .get_current_frame_to_present()
            .map(|frame| frame.image_key);
        if self.additions.image_in_layout.replace(image) != image {
            self.upcast::<Node>().dirty(no_gc, NodeDamage::Other);
        }
    }

    /// Returns the frame that the page is laid out with. An element that has just come onto the screen may
    /// have one that nobody has seen so far.
    pub(crate) fn get_current_frame_for_layout(&self) -> Option<MediaFrame> {
        let mut renderer = self.video_renderer.lock().unwrap();
        if HAS_SCREEN.load(Ordering::Relaxed) {
            renderer.paint();
        }
        let (video, natural_size) = (renderer.current_frame, renderer.natural_size());
        drop(renderer);
        let mut frame = self.get_current_frame_to_present()?;
        // The image may be smaller than the video, but not than the poster.
        if let (Some(video), Some((width, height))) = (video, natural_size) &&
            video.image_key == frame.image_key
        {
            (frame.width, frame.height) = (width, height);
        }
        Some(frame)
    }

    /// Handles that the element plays, or does not any more.
    pub(super) fn update_painting(&self) {
        if !self.is_potentially_playing() {
            self.video_renderer.lock().unwrap().paint_still();
        }
    }

    fn place_on_screen(&self, natural_size: Size) -> Option<Place> {
        let document = self.owner_document();
        let window = document.window();
        if !HAS_SCREEN.load(Ordering::Relaxed) ||
            !document.is_fully_active() ||
            document.Hidden() ||
            window.throttled()
        {
            return None;
        }
        let border_box = self.upcast::<Node>().border_box_without_reflow()?;
        let border_box = au_rect_to_f32_rect(border_box.to_untyped());
        let viewport = Rect::from_size(window.viewport_details().size.to_untyped());
        let scale = window.device_pixel_ratio().get();
        let mut size = (border_box.size * scale).ceil().to_i32();
        let is_much_smaller =
            size.width * 2 <= natural_size.width && size.height * 2 <= natural_size.height;
        if !is_much_smaller || !self.is_potentially_playing() || self.is_cut_out() {
            size = natural_size;
        }
        Some(Place {
            size,
            is_in_view: viewport.intersects(&border_box),
        })
    }

    /// Whether the element shows a part of the video in its natural size.
    fn is_cut_out(&self) -> bool {
        self.upcast::<Element>()
            .style()
            .is_some_and(|style| style.clone_object_fit() == ObjectFit::None)
    }
}

impl Document {
    /// Paints the frames of its videos that nobody has seen so far.
    pub(crate) fn paint_videos(&self) {
        let nodes = self
            .upcast::<Node>()
            .traverse_preorder(ShadowIncluding::Yes);
        for video in nodes.filter_map(DomRoot::downcast::<HTMLVideoElement>) {
            let element = video.upcast::<HTMLMediaElement>();
            element.video_renderer.lock().unwrap().paint();
        }
    }
}
