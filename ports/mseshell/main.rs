/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A browser: Servo with Media Source Extensions, in a window or headless.

mod agenda;
mod arguments;
mod browser;
mod crash;
mod cursor;
mod exit_status;
mod file_server;
mod headless;
mod input;
mod js_value;
mod keyboard;
mod page;
mod preferences;
mod prompt;
mod shortcut;
mod terminal;
mod timeout;
mod window;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::{env, fs};

use clap::Parser;
use media_gstreamer::capture::{DeviceChoice, FakeDevices, GStreamerCapture};
use media_gstreamer::record::GStreamerRecorder;
use media_gstreamer::{GStreamerBackend, Pipelines};
use media_source::{Platform, Quota};
use script::{
    paint_videos_on_demand, set_capture_backend, set_media_platform, set_recorder_backend,
};
use servo::Opts;
use servo::user_contents::UserStyleSheet;
use url::Url;

use crate::agenda::Errands;
use crate::arguments::{Arguments, Permissions};
use crate::browser::Launch;
use crate::exit_status::{ExitStatus, Refusal};
use crate::page::{Page, cannot_read};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(timeout) = arguments.timeout {
        timeout::end_after(timeout);
    }
    let status = run(arguments).unwrap_or_else(|refusal| {
        eprintln!("mseshell: {}", refusal.message);
        refusal.status
    });
    status.into()
}

fn run(arguments: Arguments) -> Result<ExitStatus, Refusal> {
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .expect("nothing else chooses a provider before");
    crash::report_panics(arguments.hard_fail);
    let preference = arguments.decoder_preference;
    let mut platform = Platform::new(move || {
        GStreamerBackend::new(Pipelines::default().with_decoder_preference(preference))
    });
    if let Some(bytes) = arguments.quota {
        platform = platform.with_quota(Quota::of_each_source_buffer(bytes));
    }
    assert!(set_media_platform(platform), "nothing else sets it");
    let devices = if arguments.fake_capture_devices {
        DeviceChoice::Fake(FakeDevices::new())
    } else {
        DeviceChoice::System
    };
    let capture = Arc::new(GStreamerCapture::new(devices));
    assert!(set_capture_backend(capture), "nothing else sets it");
    let recorder = Arc::new(GStreamerRecorder);
    assert!(set_recorder_backend(recorder), "nothing else sets it");
    let launch = prepare(&arguments)?;
    if arguments.headless || !has_display() {
        paint_videos_on_demand();
        headless::run(launch)
    } else {
        window::run(launch)
    }
}

/// Whether a window can be opened.
fn has_display() -> bool {
    ["WAYLAND_DISPLAY", "DISPLAY"]
        .into_iter()
        .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn prepare(arguments: &Arguments) -> Result<Launch, Refusal> {
    let url = page_url(&arguments.page, arguments.serve.as_deref())?;
    let preferences = preferences::preferences_for(arguments, &url).map_err(Refusal::usage)?;
    let user_style_sheets = arguments
        .user_stylesheet
        .iter()
        .map(|file| user_style_sheet(file));
    let certificate_path = arguments.certificate_path.as_deref();
    Ok(Launch {
        errands: Errands {
            script: arguments.js.as_deref().map(read_text).transpose()?,
            mark: arguments.screenshot_mark.clone(),
            screenshot: arguments.screenshot.clone(),
            exit: arguments.exit,
        },
        options: Opts {
            // The panic hook decides what a crash does.
            hard_fail: false,
            ignore_certificate_errors: arguments.ignore_certificate_errors,
            certificate_path: certificate_path.map(|path| path.to_string_lossy().into_owned()),
            ..Opts::default()
        },
        preferences,
        user_style_sheets: user_style_sheets.collect::<Result<_, _>>()?,
        viewport_size: arguments.window_size,
        device_pixel_ratio: arguments.device_pixel_ratio,
        permissions: arguments.permissions.unwrap_or(Permissions::Ask),
        url,
    })
}

/// The URL of the page. Where the page is a file, it is served from now on.
fn page_url(name: &str, served: Option<&Path>) -> Result<Url, Refusal> {
    let current_directory =
        env::current_dir().map_err(|error| Refusal::usage(cannot_read("this folder", error)))?;
    match Page::from_name(name, served, &current_directory).map_err(Refusal::usage)? {
        Page::Url(url) => Ok(url),
        Page::File { root, path } => {
            let base = file_server::serve(&root)
                .map_err(|error| Refusal::failure(format!("{name} cannot be served: {error}")))?;
            page::url_of_path(&base, &path).map_err(Refusal::usage)
        }
    }
}

fn user_style_sheet(file: &Path) -> Result<UserStyleSheet, Refusal> {
    let text = read_text(file)?;
    let url = fs::canonicalize(file)
        .ok()
        .and_then(|path| Url::from_file_path(path).ok())
        .expect("a file that could be read has a path");
    Ok(UserStyleSheet::new(text, url))
}

fn read_text(file: &Path) -> Result<String, Refusal> {
    fs::read_to_string(file).map_err(|error| Refusal::usage(cannot_read(file.display(), error)))
}
