/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A window that shows the pictures, without a graphics driver.

use std::num::NonZeroU32;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use crossbeam_channel::Sender;
use media_source::VideoFrame;
use parking_lot::Mutex;
use softbuffer::{Context, Surface};
use winit::application::ApplicationHandler;
use winit::dpi::LogicalSize;
use winit::event::{ElementState, KeyEvent, WindowEvent};
use winit::event_loop::{ActiveEventLoop, EventLoop, EventLoopProxy, OwnedDisplayHandle};
use winit::keyboard::{Key as WindowKey, NamedKey};
use winit::window::{Window, WindowId};

use crate::engine::{Key, Message};
use crate::failure::Failure;

/// Shows pictures in the window, from any thread.
pub struct Display {
    latest: Arc<Mutex<Option<Picture>>>,
    proxy: EventLoopProxy<Wake>,
}

/// A picture in the pixels of the window's buffer.
struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<u32>,
}

/// Why the window's event loop wakes.
enum Wake {
    NewPicture,
    Finished,
}

impl Display {
    /// Shows `frame` from now on.
    pub fn show(&self, frame: &VideoFrame) {
        let Some(bytes) = frame.to_bgra() else {
            return;
        };
        // BGRA in memory is 0xAARRGGBB; the window wants 0x00RRGGBB.
        let pixels = bytes
            .chunks_exact(4)
            .map(|bgra| u32::from_le_bytes([bgra[0], bgra[1], bgra[2], 0]));
        *self.latest.lock() = Some(Picture {
            width: frame.width as usize,
            height: frame.height as usize,
            pixels: pixels.collect(),
        });
        let _ = self.proxy.send_event(Wake::NewPicture);
    }
}

/// Opens a window, runs `play` on another thread, and closes the window when that is done. What the
/// keys of the window mean is sent to `messages`.
pub fn run<T: Send + 'static>(
    title: String,
    messages: Sender<Message>,
    play: impl FnOnce(Display) -> T + Send + 'static,
) -> Result<T, Failure> {
    let event_loop = EventLoop::with_user_event().build().map_err(cannot_open)?;
    let context = Context::new(event_loop.owned_display_handle()).map_err(cannot_open)?;
    let latest = Arc::new(Mutex::new(None));
    let display = Display {
        latest: latest.clone(),
        proxy: event_loop.create_proxy(),
    };
    let done = event_loop.create_proxy();
    let playing = thread::Builder::new()
        .name("Playback".to_owned())
        .spawn(move || {
            let played = play(display);
            let _ = done.send_event(Wake::Finished);
            played
        })
        .map_err(cannot_open)?;
    let mut application = Application {
        title,
        messages,
        latest,
        context,
        surface: None,
        failure: None,
    };
    event_loop.run_app(&mut application).map_err(cannot_open)?;
    if let Some(failure) = application.failure {
        return Err(failure);
    }
    // The window may be closed before: playback has been told.
    Ok(playing.join().expect("playback does not panic"))
}

fn cannot_open(reason: impl ToString) -> Failure {
    Failure::Media(format!(
        "no window can be opened ({}); try --headless",
        reason.to_string()
    ))
}

struct Application {
    title: String,
    messages: Sender<Message>,
    latest: Arc<Mutex<Option<Picture>>>,
    context: Context<OwnedDisplayHandle>,
    surface: Option<Surface<OwnedDisplayHandle, Rc<Window>>>,
    failure: Option<Failure>,
}

impl ApplicationHandler<Wake> for Application {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        if self.surface.is_some() {
            return;
        }
        let attributes = Window::default_attributes()
            .with_title(&self.title)
            .with_inner_size(LogicalSize::new(960, 540));
        let opened = event_loop
            .create_window(attributes)
            .map_err(cannot_open)
            .and_then(|window| Surface::new(&self.context, Rc::new(window)).map_err(cannot_open));
        match opened {
            Ok(surface) => self.surface = Some(surface),
            Err(failure) => {
                self.failure = Some(failure);
                event_loop.exit();
            }
        }
    }

    fn user_event(&mut self, event_loop: &ActiveEventLoop, wake: Wake) {
        match (wake, &self.surface) {
            (Wake::Finished, _) => event_loop.exit(),
            (Wake::NewPicture, Some(surface)) => surface.window().request_redraw(),
            (Wake::NewPicture, None) => {}
        }
    }

    fn window_event(&mut self, _: &ActiveEventLoop, _: WindowId, event: WindowEvent) {
        let key = match event {
            WindowEvent::RedrawRequested => {
                // A picture that cannot be shown is not worth an end: the next one may be.
                let _ = self.paint();
                None
            }
            WindowEvent::CloseRequested => Some(Key::Quit),
            WindowEvent::KeyboardInput { event, .. } => key_of(&event),
            _ => None,
        };
        if let Some(key) = key {
            let _ = self.messages.send(Message::Key(key));
        }
    }
}

impl Application {
    /// Paints the latest picture as large as fits, in the middle of black.
    fn paint(&mut self) -> Result<(), softbuffer::SoftBufferError> {
        let Some(surface) = &mut self.surface else {
            return Ok(());
        };
        let size = surface.window().inner_size();
        let (Some(width), Some(height)) =
            (NonZeroU32::new(size.width), NonZeroU32::new(size.height))
        else {
            return Ok(());
        };
        surface.resize(width, height)?;
        let mut buffer = surface.buffer_mut()?;
        buffer.fill(0);
        if let Some(picture) = &*self.latest.lock() {
            picture.fit_into(&mut buffer, size.width as usize, size.height as usize);
        }
        buffer.present()
    }
}

impl Picture {
    fn fit_into(&self, buffer: &mut [u32], width: usize, height: usize) {
        // The largest size of the same shape: full width or full height.
        let is_wide = self.width * height > self.height * width;
        let (shown_width, shown_height) = if is_wide {
            (width, (self.height * width / self.width).max(1))
        } else {
            ((self.width * height / self.height).max(1), height)
        };
        let (left, top) = ((width - shown_width) / 2, (height - shown_height) / 2);
        for y in 0..shown_height {
            let source = &self.pixels[y * self.height / shown_height * self.width..][..self.width];
            let target = &mut buffer[(top + y) * width + left..][..shown_width];
            for (x, pixel) in target.iter_mut().enumerate() {
                *pixel = source[x * self.width / shown_width];
            }
        }
    }
}

fn key_of(event: &KeyEvent) -> Option<Key> {
    if event.state != ElementState::Pressed {
        return None;
    }
    match &event.logical_key {
        WindowKey::Named(NamedKey::Space) => Some(Key::Pause),
        WindowKey::Named(NamedKey::ArrowLeft) => Some(Key::Back),
        WindowKey::Named(NamedKey::ArrowRight) => Some(Key::Forward),
        WindowKey::Named(NamedKey::Escape) => Some(Key::Quit),
        WindowKey::Character(text) if text.as_str() == "q" => Some(Key::Quit),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_its_shape() {
        let picture = Picture {
            width: 2,
            height: 1,
            pixels: vec![1, 2],
        };
        let mut buffer = vec![0; 4 * 4];
        picture.fit_into(&mut buffer, 4, 4);
        assert_eq!(buffer, [0, 0, 0, 0, 1, 1, 2, 2, 1, 1, 2, 2, 0, 0, 0, 0]);
        let mut buffer = vec![0; 6];
        picture.fit_into(&mut buffer, 6, 1);
        assert_eq!(buffer, [0, 0, 1, 2, 0, 0]);
    }
}
