/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Servo with one page in it, the same for a window and for headless runs: what differs between
//! the two is behind [`Chrome`].

use std::cell::RefCell;
use std::rc::Rc;

use euclid::Scale;
use servo::user_contents::UserStyleSheet;
use servo::{
    ConsoleLogLevel, Cursor, EmbedderControl, EmbedderControlId, EventLoopWaker, LoadStatus, Opts,
    PermissionRequest, Preferences, RenderingContext, ScreenGeometry, Servo, ServoBuilder,
    ServoDelegate, ServoError, UserContentManager, WebView, WebViewBuilder, WebViewDelegate,
};
use url::Url;
use winit::dpi::LogicalSize;

use crate::agenda::{Agenda, Errands, PageReport};
use crate::arguments::Permissions;
use crate::exit_status::ExitStatus;
use crate::terminal;

/// What a browser is started with.
pub struct Launch {
    /// The page to load.
    pub url: Url,
    /// What to do once the page has loaded.
    pub errands: Errands,
    /// Servo's options.
    pub options: Opts,
    /// Servo's preferences.
    pub preferences: Preferences,
    /// Style sheets applied to every page.
    pub user_style_sheets: Vec<UserStyleSheet>,
    /// Size of the viewport at first, in CSS pixels.
    pub viewport_size: LogicalSize<u32>,
    /// Device pixels per CSS pixel; what the display says where it is `None`.
    pub device_pixel_ratio: Option<f32>,
    /// How requests for permissions are answered.
    pub permissions: Permissions,
}

/// What surrounds the page: a window, or nothing.
pub trait Chrome {
    /// Whether a user is looking.
    fn is_attended(&self) -> bool;

    /// The page can be painted anew.
    fn new_frame_ready(&self, webview: &WebView);

    /// The page wants something from the user, which is refused when `control` is dropped.
    fn show_control(&self, control: EmbedderControl);

    /// The page wants a permission, which is denied when `request` is dropped.
    fn ask_permission(&self, _request: PermissionRequest) {}

    /// The page no longer wants what the control was for.
    fn hide_control(&self, _control: EmbedderControlId) {}

    /// The page has another title.
    fn title_changed(&self, _title: Option<String>) {}

    /// The pointer is over something else.
    fn cursor_changed(&self, _cursor: Cursor) {}

    /// The page takes the whole screen, or gives it back.
    fn fullscreen_changed(&self, _fullscreen: bool) {}

    /// The screen and the window; those of the viewport where it is `None`.
    fn screen_geometry(&self) -> Option<ScreenGeometry> {
        None
    }
}

/// Servo with one page in it.
pub struct Browser {
    // The page goes before the engine does.
    webview: WebView,
    servo: Servo,
    page: Rc<PageReport>,
    agenda: RefCell<Agenda>,
}

impl Browser {
    /// Starts Servo and the loading of the page. From then on, `waker` tells when [`Self::spin`] is
    /// to be called. `rendering_context` is the current one of this thread.
    pub fn start(
        launch: Launch,
        rendering_context: Rc<dyn RenderingContext>,
        device_pixel_ratio: f32,
        waker: Box<dyn EventLoopWaker>,
        chrome: Rc<dyn Chrome>,
    ) -> Self {
        let servo = ServoBuilder::default()
            .opts(launch.options)
            .preferences(launch.preferences)
            .event_loop_waker(waker)
            .build();
        servo.setup_logging();

        let user_contents = UserContentManager::new(&servo);
        for style_sheet in launch.user_style_sheets {
            user_contents.add_stylesheet(Rc::new(style_sheet));
        }
        let agenda = Agenda::new(launch.errands, chrome.is_attended());
        let page = Rc::new(PageReport::default());
        let delegate = Rc::new(Delegate {
            chrome,
            page: page.clone(),
            mark: agenda.mark().map(str::to_owned),
            permissions: launch.permissions,
        });
        servo.set_delegate(delegate.clone());
        let webview = WebViewBuilder::new(&servo, rendering_context)
            .url(launch.url)
            .hidpi_scale_factor(Scale::new(device_pixel_ratio))
            .user_content_manager(Rc::new(user_contents))
            .delegate(delegate)
            .build();
        Self {
            webview,
            servo,
            page,
            agenda: RefCell::new(agenda),
        }
    }

    /// Lets Servo work, and returns how the run ends if it ends.
    pub fn spin(&self) -> Option<ExitStatus> {
        self.servo.spin_event_loop();
        self.agenda.borrow_mut().advance(&self.page, &self.webview)
    }

    /// The view of the page.
    pub fn webview(&self) -> &WebView {
        &self.webview
    }
}

/// Hears what Servo tells: what the command line asked for is kept or printed, what concerns the
/// surroundings of the page goes to the chrome.
struct Delegate {
    chrome: Rc<dyn Chrome>,
    page: Rc<PageReport>,
    mark: Option<String>,
    permissions: Permissions,
}

impl Delegate {
    fn print_console_message(&self, level: ConsoleLogLevel, message: &str) {
        match level {
            ConsoleLogLevel::Error => terminal::print_error_line(message),
            _ => terminal::print_line(message),
        }
        if self
            .mark
            .as_deref()
            .is_some_and(|mark| message.contains(mark))
        {
            self.page.marked.set(true);
        }
    }
}

impl ServoDelegate for Delegate {
    fn notify_error(&self, error: ServoError) {
        match error {
            ServoError::LostConnectionWithBackend => self.page.crashed.set(true),
            error => eprintln!("mseshell: {error:?}"),
        }
    }

    fn show_console_message(&self, level: ConsoleLogLevel, message: String) {
        self.print_console_message(level, &message);
    }
}

impl WebViewDelegate for Delegate {
    fn screen_geometry(&self, _: WebView) -> Option<ScreenGeometry> {
        self.chrome.screen_geometry()
    }

    fn notify_page_title_changed(&self, _: WebView, title: Option<String>) {
        self.chrome.title_changed(title);
    }

    fn notify_load_status_changed(&self, _: WebView, status: LoadStatus) {
        if status == LoadStatus::Complete {
            self.page.loaded.set(true);
        }
    }

    fn notify_cursor_changed(&self, _: WebView, cursor: Cursor) {
        self.chrome.cursor_changed(cursor);
    }

    fn notify_new_frame_ready(&self, webview: WebView) {
        self.chrome.new_frame_ready(&webview);
    }

    fn notify_closed(&self, _: WebView) {
        self.page.closed.set(true);
    }

    fn notify_crashed(&self, _: WebView, _: String, _: Option<String>) {
        self.page.crashed.set(true);
    }

    fn notify_fullscreen_state_changed(&self, _: WebView, fullscreen: bool) {
        self.chrome.fullscreen_changed(fullscreen);
    }

    fn request_permission(&self, _: WebView, request: PermissionRequest) {
        match self.permissions {
            Permissions::Allow => request.allow(),
            Permissions::Deny => request.deny(),
            Permissions::Ask => self.chrome.ask_permission(request),
        }
    }

    fn show_embedder_control(&self, _: WebView, control: EmbedderControl) {
        self.chrome.show_control(control);
    }

    fn hide_embedder_control(&self, _: WebView, control: EmbedderControlId) {
        self.chrome.hide_control(control);
    }

    fn show_console_message(&self, _: WebView, level: ConsoleLogLevel, message: String) {
        self.print_console_message(level, &message);
    }
}
