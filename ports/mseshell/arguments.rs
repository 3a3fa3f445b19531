/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The command line: the flags for people, and those that wptrunner's product `servo` passes.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use media_gstreamer::DecoderPreference;
use winit::dpi::LogicalSize;

const AFTER_HELP: &str = "\
When the browser ends:
  With --js, --screenshot or --exit it does these once the page has loaded, in that order, and ends.
  Without any of them it ends when the page calls window.close(), when its window is closed, or
  at the --timeout.

What it prints:
  The page's console messages go to standard output, one message as it is; errors of the page
  (console.error and uncaught exceptions) go to standard error. A terminal is shown control
  characters as escapes, such as \\u{1b}.

Exit status:
  0  done
  1  the page failed to load, crashed, or --js threw an exception; or the browser cannot run here
  2  the command line is wrong
  3  --timeout was reached

Keys in the window:
  F5, Ctrl+R      reload              Ctrl++, Ctrl+-, Ctrl+0  zoom in, out, reset
  Alt+Left        back                F11                     full screen
  Alt+Right       forward             Ctrl+Q, Ctrl+W          quit";

/// A Servo browser with Media Source Extensions.
#[derive(Debug, Parser)]
#[command(name = "mseshell", version, after_help = AFTER_HELP)]
pub struct Arguments {
    /// The page: a URL, or a file, which is then served over http from 127.0.0.1.
    ///
    /// What is served is the file's own folder, without hidden files and without what symbolic
    /// links bring in from elsewhere.
    #[arg(value_name = "URL|FILE")]
    pub page: String,

    /// Serve this folder, in which FILE lies, so that the page can refer to files with `../`.
    #[arg(long, value_name = "FOLDER")]
    pub serve: Option<PathBuf>,

    /// Draw into memory instead of a window (always so where there is no display).
    #[arg(short = 'z', long)]
    pub headless: bool,

    /// Write a picture of the page to FILE, as PNG.
    #[arg(short = 'o', long, visible_alias = "output", value_name = "FILE")]
    pub screenshot: Option<PathBuf>,

    /// Take the screenshot only after a console message that contains TEXT.
    #[arg(long, value_name = "TEXT", requires = "screenshot")]
    pub screenshot_mark: Option<String>,

    /// Evaluate the script in FILE once the page has loaded, and print its value.
    #[arg(long, value_name = "FILE")]
    pub js: Option<PathBuf>,

    /// End once the page has loaded.
    #[arg(short = 'x', long)]
    pub exit: bool,

    /// End with status 3 when the browser still runs after this many seconds.
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds)]
    pub timeout: Option<Duration>,

    /// Size of the page's viewport, in CSS pixels.
    #[arg(long, value_name = "WxH", default_value = "1024x740", value_parser = parse_window_size)]
    pub window_size: LogicalSize<u32>,

    /// Device pixels per CSS pixel [default: what the display says, 1 without one].
    #[arg(long, value_name = "RATIO", value_parser = parse_device_pixel_ratio)]
    pub device_pixel_ratio: Option<f32>,

    /// Set one of Servo's preferences.
    #[arg(long = "pref", value_name = "NAME=VALUE", value_parser = parse_preference)]
    pub preferences: Vec<(String, String)>,

    /// Set the preferences that a JSON object in FILE names; --pref comes after it.
    #[arg(long, value_name = "FILE")]
    pub prefs_file: Vec<PathBuf>,

    /// Turn on the web platform features that Servo calls experimental.
    #[arg(long)]
    pub enable_experimental_web_platform_features: bool,

    /// Let each SourceBuffer hold so many bytes [default: 150 MiB, 12 MiB where there is only sound].
    #[arg(long, value_name = "BYTES", value_parser = parse_quota)]
    pub quota: Option<usize>,

    /// Decode pictures of MediaSources by `hardware` where there is some, by `software` only, or let
    /// `automatic` choose hardware for pictures from 1280x720 on.
    #[arg(long, value_name = "CLASS", default_value = "automatic")]
    pub decoder_preference: DecoderPreference,

    /// Let pages capture from cameras and microphones that do not exist, instead of those of this machine.
    #[arg(long)]
    pub fake_capture_devices: bool,

    /// Whether pages may use a camera, a microphone and the like [default: `ask` in a window, else `deny`].
    #[arg(long, value_name = "ANSWER")]
    pub permissions: Option<Permissions>,

    /// Send this User-Agent header.
    #[arg(short = 'u', long, value_name = "TEXT")]
    pub user_agent: Option<String>,

    /// Apply the user style sheet in FILE to every page.
    #[arg(long, value_name = "FILE")]
    pub user_stylesheet: Vec<PathBuf>,

    /// Accept any certificate of a server.
    #[arg(long)]
    pub ignore_certificate_errors: bool,

    /// Trust the certificates in FILE (PEM).
    #[arg(long, value_name = "FILE")]
    pub certificate_path: Option<PathBuf>,

    /// Abort the process when the page crashes, so that a test runner sees a crash.
    #[arg(long)]
    pub hard_fail: bool,
}

/// How a page's request for a permission is answered.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub enum Permissions {
    /// It is allowed.
    Allow,
    /// It is denied.
    Deny,
    /// The user of the window is asked. Where there is no window, it is denied.
    Ask,
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "a number of seconds is expected, as in 30 or 1.5".to_owned())
}

fn parse_window_size(text: &str) -> Result<LogicalSize<u32>, String> {
    text.split_once('x')
        .and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)))
        .filter(|(width, height)| (1..=16384).contains(width) && (1..=16384).contains(height))
        .map(|(width, height)| LogicalSize::new(width, height))
        .ok_or_else(|| "WIDTHxHEIGHT is expected, each from 1 to 16384, as in 800x600".to_owned())
}

fn parse_device_pixel_ratio(text: &str) -> Result<f32, String> {
    text.parse()
        .ok()
        .filter(|ratio| (0.1..=10.0).contains(ratio))
        .ok_or_else(|| "a number from 0.1 to 10 is expected".to_owned())
}

fn parse_quota(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| "a number of bytes is expected, as in 10000000".to_owned())
}

fn parse_preference(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "NAME=VALUE is expected, as in network_http_cache_disabled=true".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &str) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(["mseshell"].into_iter().chain(arguments.split(' ')))
    }

    #[test]
    fn the_flags_of_wptrunner_are_accepted() {
        let arguments = parse(
            "--hard-fail -u Servo/wptrunner --ignore-certificate-errors \
             --enable-experimental-web-platform-features -z http://web-platform.test:8000/a.html \
             --user-stylesheet a.css --user-stylesheet b.css --pref dom_webrtc_enabled=true \
             --prefs-file p.json --certificate-path c.pem --exit --output=/tmp/picture \
             --window-size 800x600 --device-pixel-ratio 2",
        )
        .expect("accepted");
        assert_eq!(arguments.page, "http://web-platform.test:8000/a.html");
        assert!(arguments.headless && arguments.exit && arguments.hard_fail);
        assert_eq!(arguments.user_agent.as_deref(), Some("Servo/wptrunner"));
        assert_eq!(arguments.user_stylesheet.len(), 2);
        assert_eq!(arguments.screenshot, Some(PathBuf::from("/tmp/picture")));
        assert_eq!(arguments.window_size, LogicalSize::new(800, 600));
        assert_eq!(arguments.device_pixel_ratio, Some(2.0));
        assert!(
            parse("-z http://web-platform.test:8000/a.html -x")
                .expect("accepted")
                .exit
        );
    }

    #[test]
    fn a_preference_keeps_what_follows_the_first_equals_sign() {
        let arguments = parse("page.html --pref user_agent=a=b").expect("accepted");
        assert_eq!(
            arguments.preferences,
            [("user_agent".to_owned(), "a=b".to_owned())]
        );
    }

    #[test]
    fn wrong_values_are_refused() {
        for arguments in [
            "--headless",
            "page.html --decoder-preference fast",
            "page.html --permissions maybe",
            "page.html --quota 0",
            "page.html --quota 1M",
            "page.html --window-size 800",
            "page.html --window-size 0x600",
            "page.html --window-size 800x99999",
            "page.html --timeout soon",
            "page.html --timeout -1",
            "page.html --timeout inf",
            "page.html --device-pixel-ratio 0",
            "page.html --device-pixel-ratio NaN",
            "page.html --pref dom_webrtc_enabled",
            "page.html --screenshot-mark ready",
            "page.html other.html",
        ] {
            assert_eq!(
                parse(arguments).expect_err(arguments).exit_code(),
                2,
                "{arguments}"
            );
        }
    }

    #[test]
    fn a_timeout_may_have_a_fraction() {
        let arguments = parse("page.html --timeout 1.5").expect("accepted");
        assert_eq!(arguments.timeout, Some(Duration::from_millis(1500)));
    }
}
