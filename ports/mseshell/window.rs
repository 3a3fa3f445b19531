/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A browser in a window of the desktop.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use euclid::Scale;
use script::{LiveCaptures, set_capture_indicator};
use servo::{
    Cursor, DeviceIntPoint, DeviceIntRect, DeviceIntSize, EmbedderControl, EmbedderControlId,
    EventLoopWaker, InputEvent, PermissionRequest, RenderingContext, ScreenGeometry, WebView,
    WindowRenderingContext,
};
use winit::application::ApplicationHandler;
use winit::dpi::{PhysicalPosition, PhysicalSize};
use winit::event::{ElementState, KeyEvent, MouseButton, WindowEvent};
use winit::event_loop::{ActiveEventLoop, EventLoop, EventLoopProxy};
use winit::keyboard::{Key, ModifiersState, NamedKey};
use winit::raw_window_handle::{HasDisplayHandle, HasWindowHandle};
use winit::window::{Fullscreen, Theme, Window, WindowId};

use crate::browser::{Browser, Chrome, Launch};
use crate::cursor::cursor_icon;
use crate::exit_status::{ExitStatus, Refusal};
use crate::input::Input;
use crate::keyboard::keyboard_event;
use crate::prompt::{Prompt, Question};
use crate::shortcut::Shortcut;
use crate::terminal;

const ZOOM_STEP: f32 = 1.1;

/// Runs a browser until it ends.
pub fn run(launch: Launch) -> Result<ExitStatus, Refusal> {
    let event_loop = EventLoop::with_user_event()
        .build()
        .map_err(|error| cannot_open(error.to_string()))?;
    let captures = Arc::new(Mutex::new(LiveCaptures::default()));
    let (shown, waker) = (captures.clone(), Waker(event_loop.create_proxy()));
    set_capture_indicator(move |captures| {
        *shown.lock().expect("nothing panics with it") = captures;
        waker.wake();
    });
    let mut application = Application {
        captures,
        opening: Some((launch, Waker(event_loop.create_proxy()))),
        open: None,
        outcome: Ok(ExitStatus::Success),
    };
    event_loop
        .run_app(&mut application)
        .map_err(|error| cannot_open(error.to_string()))?;
    application.outcome
}

fn cannot_open(reason: String) -> Refusal {
    Refusal::failure(format!(
        "no window can be opened ({reason}); try --headless"
    ))
}

/// Tells the window's event loop that Servo has something to do.
#[derive(Clone)]
struct Waker(EventLoopProxy<WakeUp>);

struct WakeUp;

impl EventLoopWaker for Waker {
    fn clone_box(&self) -> Box<dyn EventLoopWaker> {
        Box::new(self.clone())
    }

    fn wake(&self) {
        // There is nobody to wake once the window is closed.
        let _ = self.0.send_event(WakeUp);
    }
}

struct Application {
    opening: Option<(Launch, Waker)>,
    /// What pages capture, as they have told it.
    captures: Arc<Mutex<LiveCaptures>>,
    open: Option<OpenWindow>,
    outcome: Result<ExitStatus, Refusal>,
}

impl Application {
    fn end(&mut self, event_loop: &ActiveEventLoop, outcome: Result<ExitStatus, Refusal>) {
        if !event_loop.exiting() {
            self.outcome = outcome;
            event_loop.exit();
        }
    }

    fn spin(&mut self, event_loop: &ActiveEventLoop) {
        if let Some(open) = &self.open {
            let captures = *self.captures.lock().expect("nothing panics with it");
            open.frame.show_captures(captures);
        }
        if let Some(status) = self.open.as_ref().and_then(|open| open.browser.spin()) {
            self.end(event_loop, Ok(status));
        }
    }
}

impl ApplicationHandler<WakeUp> for Application {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        let Some((launch, waker)) = self.opening.take() else {
            return;
        };
        match OpenWindow::open(event_loop, launch, waker) {
            Ok(open) => self.open = Some(open),
            Err(refusal) => self.end(event_loop, Err(refusal)),
        }
        self.spin(event_loop);
    }

    fn user_event(&mut self, event_loop: &ActiveEventLoop, _: WakeUp) {
        self.spin(event_loop);
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, _: WindowId, event: WindowEvent) {
        let Some(open) = &mut self.open else {
            return;
        };
        if open.handle_event(event) == Continue::No {
            self.end(event_loop, Ok(ExitStatus::Success));
        }
        self.spin(event_loop);
    }

    fn exiting(&mut self, _: &ActiveEventLoop) {
        // Servo ends while its window and its connection to the display are still there.
        self.open = None;
    }
}

#[derive(PartialEq)]
enum Continue {
    Yes,
    No,
}

/// The window with the browser in it.
struct OpenWindow {
    browser: Browser,
    frame: Rc<Frame>,
    input: Input,
    modifiers: ModifiersState,
    /// Given on the command line, which then counts more than what the display says.
    device_pixel_ratio: Option<f32>,
}

impl OpenWindow {
    fn open(event_loop: &ActiveEventLoop, launch: Launch, waker: Waker) -> Result<Self, Refusal> {
        let attributes = Window::default_attributes()
            .with_title(page_title(launch.url.as_str(), LiveCaptures::default()))
            .with_inner_size(launch.viewport_size);
        let window = event_loop
            .create_window(attributes)
            .map_err(|error| cannot_open(error.to_string()))?;
        let rendering_context = rendering_context(event_loop, &window)?;

        let device_pixel_ratio = launch.device_pixel_ratio;
        let scale_factor = device_pixel_ratio.unwrap_or(window.scale_factor() as f32);
        let frame = Rc::new(Frame {
            title: RefCell::new(launch.url.to_string()),
            captures: Cell::default(),
            prompts: RefCell::default(),
            input_method: Cell::default(),
            page_is_fullscreen: Cell::default(),
            rendering_context: rendering_context.clone(),
            window,
        });
        let browser = Browser::start(
            launch,
            rendering_context,
            scale_factor,
            Box::new(waker),
            frame.clone(),
        );
        if let Some(theme) = frame.window.theme() {
            browser.webview().notify_theme_change(servo_theme(theme));
        }
        Ok(Self {
            browser,
            frame,
            input: Input::default(),
            modifiers: ModifiersState::default(),
            device_pixel_ratio,
        })
    }

    fn handle_event(&mut self, event: WindowEvent) -> Continue {
        let webview = self.browser.webview();
        match event {
            WindowEvent::CloseRequested => return Continue::No,
            WindowEvent::RedrawRequested => {
                webview.paint();
                self.frame.rendering_context.present();
            }
            WindowEvent::Resized(size) => webview.resize(size),
            WindowEvent::ScaleFactorChanged { scale_factor, .. } => {
                if self.device_pixel_ratio.is_none() {
                    webview.set_hidpi_scale_factor(Scale::new(scale_factor as f32));
                }
            }
            WindowEvent::ThemeChanged(theme) => webview.notify_theme_change(servo_theme(theme)),
            WindowEvent::Focused(focused) => webview.set_focused(focused),
            WindowEvent::ModifiersChanged(modifiers) => self.modifiers = modifiers.state(),
            WindowEvent::KeyboardInput { event, .. } => return self.handle_key(&event),
            event => self.handle_input(event),
        }
        Continue::Yes
    }

    /// A key goes to the question that the page waits for, else to the browser, else to the page.
    fn handle_key(&self, event: &KeyEvent) -> Continue {
        let webview = self.browser.webview();
        let pressed = event.state == ElementState::Pressed;
        let is_escape = event.logical_key == Key::Named(NamedKey::Escape);
        let prompt = self.frame.prompts.borrow_mut().pop_front();
        if let Some(prompt) = prompt {
            let prompt = if pressed {
                prompt.handle_key(&event.logical_key)
            } else {
                Some(prompt)
            };
            if let Some(prompt) = prompt {
                self.frame.prompts.borrow_mut().push_front(prompt);
            }
            self.frame.show_title();
        } else if pressed && is_escape && self.frame.window.fullscreen().is_some() {
            self.leave_full_screen();
        } else if let Some(shortcut) = Shortcut::from_key(&event.logical_key, self.modifiers) {
            if pressed {
                return self.follow(shortcut);
            }
        } else {
            let event = keyboard_event(event, self.modifiers);
            webview.notify_input_event(InputEvent::Keyboard(event));
        }
        Continue::Yes
    }

    fn leave_full_screen(&self) {
        if self.frame.page_is_fullscreen.get() {
            self.browser.webview().exit_fullscreen();
        }
        self.frame.set_fullscreen(false);
    }

    fn follow(&self, shortcut: Shortcut) -> Continue {
        let webview = self.browser.webview();
        match shortcut {
            Shortcut::Reload => webview.reload(),
            Shortcut::Back if webview.can_go_back() => drop(webview.go_back(1)),
            Shortcut::Forward if webview.can_go_forward() => drop(webview.go_forward(1)),
            Shortcut::Back | Shortcut::Forward => {}
            Shortcut::ZoomIn => webview.set_page_zoom(webview.page_zoom() * ZOOM_STEP),
            Shortcut::ZoomOut => webview.set_page_zoom(webview.page_zoom() / ZOOM_STEP),
            Shortcut::ZoomReset => webview.set_page_zoom(1.0),
            Shortcut::ToggleFullScreen => match self.frame.window.fullscreen() {
                Some(_) => self.leave_full_screen(),
                None => self.frame.set_fullscreen(true),
            },
            Shortcut::Quit => return Continue::No,
        }
        Continue::Yes
    }

    fn handle_input(&mut self, event: WindowEvent) {
        let scale_factor = self.browser.webview().hidpi_scale_factor().get().into();
        let events = match event {
            WindowEvent::CursorMoved { position, .. } => vec![self.input.moved(position)],
            WindowEvent::CursorLeft { .. } => vec![self.input.left()],
            WindowEvent::MouseInput {
                state: ElementState::Pressed,
                button: MouseButton::Back,
                ..
            } => {
                self.follow(Shortcut::Back);
                Vec::new()
            }
            WindowEvent::MouseInput {
                state: ElementState::Pressed,
                button: MouseButton::Forward,
                ..
            } => {
                self.follow(Shortcut::Forward);
                Vec::new()
            }
            WindowEvent::MouseInput { state, button, .. } => vec![self.input.button(state, button)],
            WindowEvent::MouseWheel { delta, .. } => vec![self.input.wheel(delta, scale_factor)],
            WindowEvent::Touch(touch) => vec![self.input.touch(touch)],
            WindowEvent::Ime(event) => self.input.ime(event),
            _ => Vec::new(),
        };
        for event in events {
            self.browser.webview().notify_input_event(event);
        }
    }
}

fn rendering_context(
    event_loop: &ActiveEventLoop,
    window: &Window,
) -> Result<Rc<WindowRenderingContext>, Refusal> {
    let display_handle = event_loop
        .display_handle()
        .map_err(|error| cannot_open(error.to_string()))?;
    let window_handle = window
        .window_handle()
        .map_err(|error| cannot_open(error.to_string()))?;
    WindowRenderingContext::new(display_handle, window_handle, window.inner_size())
        .and_then(|context| context.make_current().map(|()| Rc::new(context)))
        .map_err(|error| cannot_open(format!("OpenGL: {error:?}")))
}

fn servo_theme(theme: Theme) -> servo::Theme {
    match theme {
        Theme::Light => servo::Theme::Light,
        Theme::Dark => servo::Theme::Dark,
    }
}

/// What is around the page.
struct Frame {
    title: RefCell<String>,
    captures: Cell<LiveCaptures>,
    /// The questions of the page. The first one is shown.
    prompts: RefCell<VecDeque<Prompt>>,
    input_method: Cell<Option<EmbedderControlId>>,
    page_is_fullscreen: Cell<bool>,
    // The surface goes before its window does.
    rendering_context: Rc<WindowRenderingContext>,
    window: Window,
}

impl Frame {
    fn show_title(&self) {
        match self.prompts.borrow().front() {
            Some(prompt) => self.window.set_title(&prompt.title()),
            None => {
                let title = page_title(&self.title.borrow(), self.captures.get());
                self.window.set_title(&title);
            }
        }
    }

    /// Marks the window while a page uses a camera or a microphone.
    fn show_captures(&self, captures: LiveCaptures) {
        if self.captures.replace(captures) != captures {
            self.show_title();
        }
    }

    fn set_fullscreen(&self, fullscreen: bool) {
        self.window
            .set_fullscreen(fullscreen.then_some(Fullscreen::Borderless(None)));
    }

    fn ask(&self, id: Option<EmbedderControlId>, question: Question) {
        let prompt = Prompt::new(id, question);
        self.prompts.borrow_mut().push_back(prompt);
        self.show_title();
    }
}

impl Chrome for Frame {
    fn is_attended(&self) -> bool {
        true
    }

    fn new_frame_ready(&self, _: &WebView) {
        self.window.request_redraw();
    }

    fn title_changed(&self, title: Option<String>) {
        self.title.replace(title.unwrap_or_default());
        self.show_title();
    }

    fn cursor_changed(&self, cursor: Cursor) {
        let icon = cursor_icon(cursor);
        self.window.set_cursor_visible(icon.is_some());
        if let Some(icon) = icon {
            self.window.set_cursor(icon);
        }
    }

    fn fullscreen_changed(&self, fullscreen: bool) {
        self.page_is_fullscreen.set(fullscreen);
        self.set_fullscreen(fullscreen);
    }

    fn show_control(&self, control: EmbedderControl) {
        let id = control.id();
        match control {
            EmbedderControl::SimpleDialog(dialog) => self.ask(Some(id), Question::Dialog(dialog)),
            EmbedderControl::SelectElement(select) => self.ask(Some(id), Question::Select(select)),
            EmbedderControl::InputMethod(control) => {
                self.input_method.set(Some(id));
                let area = control.position();
                self.window.set_ime_cursor_area(
                    PhysicalPosition::new(area.min.x, area.max.y),
                    PhysicalSize::new(area.width().max(0), 0),
                );
                self.window.set_ime_allowed(true);
            }
            EmbedderControl::ColorPicker(_) => eprintln!("mseshell: there is no color picker"),
            EmbedderControl::FilePicker(_) => eprintln!("mseshell: there is no file picker"),
            EmbedderControl::ContextMenu(_) => {}
        }
    }

    fn ask_permission(&self, request: PermissionRequest) {
        self.ask(None, Question::Permission(request));
    }

    fn hide_control(&self, control: EmbedderControlId) {
        if self.input_method.get() == Some(control) {
            self.input_method.set(None);
            self.window.set_ime_allowed(false);
        }
        let mut prompts = self.prompts.borrow_mut();
        prompts.retain(|prompt| !prompt.is(control));
        drop(prompts);
        self.show_title();
    }

    fn screen_geometry(&self) -> Option<ScreenGeometry> {
        let screen = device_size(self.window.current_monitor()?.size());
        let position = self.window.outer_position().unwrap_or_default();
        Some(ScreenGeometry {
            size: screen,
            available_size: screen,
            window_rect: DeviceIntRect::from_origin_and_size(
                DeviceIntPoint::new(position.x, position.y),
                device_size(self.window.outer_size()),
            ),
        })
    }
}

/// What the title bar shows while no question is open. It begins otherwise than a question does,
/// whatever the page's title is. The devices that the page uses come before it.
fn page_title(title: &str, captures: LiveCaptures) -> String {
    let mark = match (captures.camera, captures.microphone) {
        (false, false) => "",
        (true, false) => "[camera in use] ",
        (false, true) => "[microphone in use] ",
        (true, true) => "[camera and microphone in use] ",
    };
    format!("mseshell: {mark}{}", terminal::without_controls(title))
}

fn device_size(size: PhysicalSize<u32>) -> DeviceIntSize {
    let size = size.cast::<i32>();
    DeviceIntSize::new(size.width, size.height)
}
