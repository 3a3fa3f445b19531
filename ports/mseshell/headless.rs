/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A browser without a window: the page is painted into memory.

use std::rc::Rc;
use std::sync::mpsc::{SyncSender, sync_channel};

use servo::{EmbedderControl, EventLoopWaker, RenderingContext, SoftwareRenderingContext, WebView};
use winit::dpi::PhysicalSize;

use crate::browser::{Browser, Chrome, Launch};
use crate::exit_status::{ExitStatus, Refusal};

/// Runs a browser until it ends.
pub fn run(launch: Launch) -> Result<ExitStatus, Refusal> {
    let device_pixel_ratio = launch.device_pixel_ratio.unwrap_or(1.0);
    let size: PhysicalSize<u32> = launch.viewport_size.to_physical(device_pixel_ratio.into());
    let rendering_context = SoftwareRenderingContext::new(size)
        .and_then(|context| context.make_current().map(|()| Rc::new(context)))
        .map_err(|error| {
            Refusal::failure(format!(
                "there is no software OpenGL to paint with ({error:?}); \
                 install Mesa's drivers (Debian: libgl1-mesa-dri, libegl1)"
            ))
        })?;
    // One place is enough: a wake-up that finds it taken is covered by the one that waits there.
    let (sender, wake_ups) = sync_channel(1);
    let waker = Box::new(Waker(sender));
    let browser = Browser::start(
        launch,
        rendering_context,
        device_pixel_ratio,
        waker,
        Rc::new(NoChrome),
    );
    loop {
        if let Some(status) = browser.spin() {
            return Ok(status);
        }
        wake_ups
            .recv()
            .expect("Servo keeps its waker while it lives");
    }
}

#[derive(Clone)]
struct Waker(SyncSender<()>);

impl EventLoopWaker for Waker {
    fn clone_box(&self) -> Box<dyn EventLoopWaker> {
        Box::new(self.clone())
    }

    fn wake(&self) {
        let _ = self.0.try_send(());
    }
}

struct NoChrome;

impl Chrome for NoChrome {
    fn is_attended(&self) -> bool {
        false
    }

    fn new_frame_ready(&self, webview: &WebView) {
        webview.paint();
    }

    /// Nobody is there to answer: an alert is closed, a question is answered with "cancel". Servo
    /// itself prints what an alert says.
    fn show_control(&self, _: EmbedderControl) {}
}
