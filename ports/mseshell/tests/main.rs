/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Runs the browser as its users and wptrunner do, and looks at what they get.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use image::{Rgba, RgbaImage};
use tempfile::TempDir;

const RED: Rgba<u8> = Rgba([255, 0, 0, 255]);
const GREEN: Rgba<u8> = Rgba([0, 128, 0, 255]);
const BLUE: Rgba<u8> = Rgba([0, 0, 255, 255]);

/// A folder with pages in it, which is the browser's current one.
struct Site(TempDir);

impl Site {
    fn new<const N: usize>(files: [(&str, &str); N]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in files {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            fs::write(file, text).expect("a file");
        }
        Self(folder)
    }

    /// A site of one page, `page.html`.
    fn of_page(html: &str) -> Self {
        Self::new([("page.html", html)])
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The browser in this folder, without a display and with a limit that only a hang reaches.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mseshell"));
        command
            .args(arguments)
            .current_dir(self.0.path())
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY");
        if !arguments.contains(&"--timeout") {
            command.args(["--timeout", "60"]);
        }
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        Run(self.command(arguments).output().expect("the browser runs"))
    }

    fn run_in_window(&self, arguments: &[&str]) -> Run {
        let output = Command::new("xvfb-run")
            .args(["-a", "-s", "-screen 0 800x600x24"])
            .arg(env!("CARGO_BIN_EXE_mseshell"))
            .args(arguments)
            .args(["--timeout", "60"])
            .current_dir(self.0.path())
            .env_remove("WAYLAND_DISPLAY")
            .output();
        Run(output.expect("xvfb-run is there (Debian: apt-get install xvfb xauth)"))
    }

    fn picture(&self, name: &str) -> RgbaImage {
        let bytes = fs::read(self.path(name)).expect("a screenshot");
        image::load_from_memory_with_format(&bytes, image::ImageFormat::Png)
            .expect("a PNG")
            .to_rgba8()
    }
}

/// A run that has ended.
struct Run(Output);

impl Run {
    fn output(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    fn errors(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    #[track_caller]
    fn ends_with(self, status: i32) -> Self {
        let (output, errors) = (self.output(), self.errors());
        assert_eq!(
            self.0.status.code(),
            Some(status),
            "output:\n{output}\nerrors:\n{errors}"
        );
        self
    }
}

#[test]
fn messages_go_to_standard_output_and_errors_to_standard_error() {
    let site = Site::of_page(
        "<script>
            console.log('a log', 1); console.info('an info'); console.warn('a warning');
            console.error('an error'); setTimeout(() => { throw new Error('uncaught'); close() });
            setTimeout(() => close(), 1);
        </script>",
    );
    let run = site.run(&["page.html"]).ends_with(0);
    assert_eq!(run.output(), "a log 1\nan info\na warning\n");
    assert!(run.errors().contains("an error\n"), "{}", run.errors());
    assert!(run.errors().contains("uncaught\n"), "{}", run.errors());
    assert!(run.errors().contains("page.html:3:"), "{}", run.errors());
}

#[test]
fn a_result_for_wptrunner_comes_at_once_on_a_line_of_its_own() {
    let site = Site::of_page("<script>console.log('ALERT: RESULT: ' + '[\"/a\", 0]')</script>");
    let mut browser = site
        .command(&["--hard-fail", "-u", "agent", "-z", "page.html"])
        .args(["--prefs-file", "missing/wpt-prefs.json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the browser runs");
    let mut line = String::new();
    let mut output = BufReader::new(browser.stdout.take().expect("a pipe"));
    output.read_line(&mut line).expect("a line");
    assert_eq!(line, "ALERT: RESULT: [\"/a\", 0]\n");
    // The browser goes on: it is the runner that ends it.
    assert!(browser.try_wait().expect("a process").is_none());
    browser.kill().expect("it runs");
    browser.wait().expect("it ends");
}

#[test]
fn a_screenshot_shows_the_page_after_load() {
    let site = Site::of_page(
        "<body style='margin: 0; background: green'>
         <div style='width: 50px; height: 40px; background: red'></div>
         <script>onload = () => document.body.style.background = 'blue'</script>",
    );
    let arguments = [
        "page.html",
        "--screenshot",
        "page",
        "--window-size",
        "120x90",
    ];
    site.run(&arguments).ends_with(0);
    let picture = site.picture("page");
    assert_eq!(picture.dimensions(), (120, 90));
    assert_eq!(*picture.get_pixel(49, 39), RED);
    assert_eq!(*picture.get_pixel(50, 39), BLUE);
    assert_eq!(*picture.get_pixel(49, 40), BLUE);
}

#[test]
fn the_device_pixel_ratio_enlarges_the_picture() {
    let site = Site::of_page(
        "<body style='margin: 0; background: green'>
         <div style='width: 10px; height: 10px; background: red'></div>
         <script>console.log(innerWidth, innerHeight, devicePixelRatio)</script>",
    );
    let run = site
        .run(&[
            "page.html",
            "--exit",
            "--output=page.png",
            "--window-size",
            "80x60",
            "--device-pixel-ratio",
            "2",
        ])
        .ends_with(0);
    assert_eq!(run.output(), "80 60 2\n");
    let picture = site.picture("page.png");
    assert_eq!(picture.dimensions(), (160, 120));
    assert_eq!(*picture.get_pixel(19, 19), RED);
    assert_eq!(*picture.get_pixel(20, 20), GREEN);
}

#[test]
fn a_screenshot_waits_for_its_mark() {
    let site = Site::of_page(
        "<body style='background: red'>
         <script>
            onload = () => setTimeout(() => {
                document.body.style.background = 'green';
                console.log('now: the mark is here');
            }, 200);
         </script>",
    );
    let arguments = [
        "page.html",
        "--screenshot",
        "a.png",
        "--screenshot-mark",
        "the mark",
    ];
    site.run(&arguments).ends_with(0);
    assert_eq!(*site.picture("a.png").get_pixel(60, 60), GREEN);
}

#[test]
fn a_screenshot_that_cannot_be_written_is_a_failure() {
    let site = Site::of_page("");
    let run = site
        .run(&["page.html", "--screenshot", "no-folder/a.png"])
        .ends_with(1);
    assert!(run.errors().contains("no-folder/a.png"), "{}", run.errors());
}

#[test]
fn a_script_sees_the_loaded_page_and_its_value_is_printed() {
    let site = Site::new([
        ("page.html", "<title>A page</title><p id=a>text"),
        (
            "value.js",
            "({ title: document.title, text: a.textContent, state: document.readyState })",
        ),
    ]);
    let run = site.run(&["page.html", "--js", "value.js"]).ends_with(0);
    assert_eq!(
        run.output(),
        "{\"state\":\"complete\",\"text\":\"text\",\"title\":\"A page\"}\n"
    );
}

#[test]
fn a_script_that_throws_or_does_not_parse_is_a_failure() {
    let site = Site::new([
        ("page.html", ""),
        ("throws.js", "throw new RangeError('too far')"),
        ("broken.js", "let let"),
    ]);
    let run = site.run(&["page.html", "--js", "throws.js"]).ends_with(1);
    assert!(run.errors().contains("too far"), "{}", run.errors());
    let run = site.run(&["page.html", "--js", "broken.js"]).ends_with(1);
    assert!(run.errors().contains("syntax error"), "{}", run.errors());
}

#[test]
fn a_file_is_a_page_of_a_site() {
    let site = Site::new([
        ("data/0 to 9.txt", "0123456789"),
        (
            "pages/page.html",
            "<script>(async () => {
            const part = await fetch('../data/0 to 9.txt', { headers: { Range: 'bytes=2-4' } });
            console.log(part.status, part.headers.get('content-type'), await part.text());
            console.log((await fetch('../missing')).status);
            const image = new Image();
            image.src = '../data/square.png';
            await new Promise(loaded => image.onload = loaded);
            const context = document.createElement('canvas').getContext('2d');
            context.drawImage(image, 0, 0);
            console.log(...context.getImageData(4, 4, 1, 1).data);
            close();
        })().catch(error => console.log(String(error)))</script>",
        ),
    ]);
    let square = RgbaImage::from_pixel(8, 8, GREEN);
    square
        .save(site.path("data/square.png"))
        .expect("a picture");
    let run = site.run(&["pages/page.html", "--serve", "."]).ends_with(0);
    assert_eq!(run.output(), "206 text/plain 234\n404\n0 128 0 255\n");
}

#[test]
fn a_page_that_cannot_be_loaded_is_a_failure() {
    let site = Site::new([]);
    // Nothing listens on the port that has just been free.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    drop(listener);
    let run = site.run(&[&url, "--headless"]).ends_with(1);
    assert!(
        run.errors().contains("the page failed to load"),
        "{}",
        run.errors()
    );
}

#[test]
fn wrong_command_lines_are_told_and_end_with_2() {
    let site = Site::of_page("");
    for arguments in [
        &[][..],
        &["missing.html"],
        &["page.html", "--pref", "no_such_preference=1"],
        &["page.html", "--pref", "layout_threads=many"],
        &["page.html", "--js", "missing.js"],
        &["page.html", "--user-stylesheet", "missing.css"],
        &["page.html", "--no-such-flag"],
    ] {
        let run = site.run(arguments).ends_with(2);
        assert!(!run.errors().is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_timeout_ends_any_page() {
    let site = Site::of_page("<script>console.log('before'); while (true) {}</script>");
    let run = site.run(&["page.html", "--timeout", "1"]).ends_with(3);
    assert_eq!(run.output(), "before\n");
    assert!(run.errors().contains("timeout of 1 s"), "{}", run.errors());
}

#[test]
fn a_script_that_never_returns_does_not_hold_a_finished_run() {
    // A frame from another host has a script thread of its own, which leaves the page's free.
    let site = Site::new([
        (
            "page.html",
            "<iframe id=frame></iframe><script>
                onmessage = message => { console.log(message.data); close(); };
                const url = new URL('loop.html', location);
                url.hostname = 'localhost';
                frame.src = url;
            </script>",
        ),
        (
            "loop.html",
            "<script>parent.postMessage('looping', '*'); while (true) {}</script>",
        ),
    ]);
    let run = site.run(&["page.html"]).ends_with(0);
    assert_eq!(run.output(), "looping\n");
}

#[test]
fn preferences_user_agent_and_style_sheets_reach_the_page() {
    let site = Site::new([
        ("page.html", "<p id=a>text<script>
            console.log(navigator.userAgent, 'IntersectionObserver' in self, getComputedStyle(a).color);
            close()</script>"),
        ("user.css", "p { color: rgb(1, 2, 3) !important }"),
        ("prefs.json", "{\"dom_intersection_observer_enabled\": true}"),
    ]);
    let run = site.run(&["page.html", "-u", "agent/1"]).ends_with(0);
    assert_eq!(run.output(), "agent/1 false rgb(0, 0, 0)\n");
    let run = site
        .run(&[
            "page.html",
            "-u",
            "b",
            "--user-stylesheet",
            "user.css",
            "--prefs-file",
            "prefs.json",
        ])
        .ends_with(0);
    assert_eq!(run.output(), "b true rgb(1, 2, 3)\n");
    let run = site
        .run(&[
            "page.html",
            "-u",
            "c",
            "--enable-experimental-web-platform-features",
        ])
        .ends_with(0);
    assert_eq!(run.output(), "c true rgb(0, 0, 0)\n");
}

#[test]
fn dialogs_do_not_hold_a_headless_run() {
    let site = Site::of_page(
        "<script>alert('hello'); console.log(confirm('sure?'), prompt('name?', 'a')); close()</script>",
    );
    let run = site.run(&["page.html"]).ends_with(0);
    assert!(run.output().contains("ALERT: hello\n"), "{}", run.output());
    assert!(run.output().ends_with("false null\n"), "{}", run.output());
}

#[test]
fn cues_are_drawn_where_their_track_is_showing() {
    let site = Site::of_page(
        "<meta http-equiv=Content-Security-Policy content=\"style-src-attr 'none'\">
         <body><style>body { margin: 0 } video { display: block; width: 320px; height: 180px }</style>
         <script>
            let ready = 0;
            for (const mode of ['showing', 'hidden']) {
                const video = document.createElement('video');
                document.body.append(video);
                const track = video.addTextTrack('subtitles');
                track.mode = mode;
                track.addCue(new VTTCue(0, 9, 'MMMMMM <i>MMMMMM</i>'));
                video.onplaying = () => {
                    video.pause();
                    video.controls = true;
                    video.controls = false;
                    ready++;
                    requestAnimationFrame(() => console.log(`${ready} ready`));
                };
                video.src = 'h264.mp4';
                video.play().catch(() => {});
            }
            // Controls stay with an element that is taken out and put back.
            const video = document.createElement('video');
            video.controls = true;
            document.body.append(video);
            video.remove();
            document.body.append(video);
         </script>",
    );
    let media = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/media/h264.mp4");
    fs::copy(media, site.path("h264.mp4")).expect("the test media are there");
    let arguments = ["page.html", "-o", "a.png", "--screenshot-mark", "2 ready"];
    site.run(&arguments).ends_with(0);
    let picture = site.picture("a.png");
    // The lowest line of text in each of the two.
    let count_white = |top: u32| {
        let pixels = (0..320).flat_map(|x| (top..top + 10).map(move |y| (x, y)));
        let is_white = |(x, y): &(u32, u32)| picture.get_pixel(*x, *y).0.iter().min() > Some(&200);
        pixels.filter(is_white).count()
    };
    assert!(count_white(170) > 50, "{}", count_white(170));
    assert_eq!(count_white(350), 0);
    // And no controls that were taken away.
    let is_dark = |y: u32| {
        picture.get_pixel(5, y).0[..3]
            .iter()
            .all(|channel| *channel < 100)
    };
    assert!(!is_dark(350));
    assert!(is_dark(530));
}

#[test]
fn a_page_gets_no_file_of_another_folder_unless_it_is_served() {
    let site = Site::new([
        ("secret.txt", "secret"),
        (
            "pages/page.html",
            "<script>(async () => {
            for (const name of ['../secret.txt', '/secret.txt', '.hidden', 'page.html'])
                console.log(name, (await fetch(name)).status);
            close();
        })()</script>",
        ),
        ("pages/.hidden", ""),
    ]);
    let run = site.run(&["pages/page.html"]).ends_with(0);
    assert_eq!(
        run.output(),
        "../secret.txt 404\n/secret.txt 404\n.hidden 404\npage.html 200\n"
    );
    let run = site
        .run(&["pages/page.html", "--serve", "pages/missing"])
        .ends_with(2);
    assert!(run.errors().contains("pages/missing"), "{}", run.errors());
}

#[test]
fn the_demo_of_captures_can_be_toured() {
    let site = Site::new([]);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/demo");
    let page = format!("{folder}/mediastream/index.html");
    let tour = format!("{folder}/mediastream/tour.js");
    let devices = ["--fake-capture-devices", "--permissions", "allow"];
    let picture = ["-o", "a.png", "--screenshot-mark", "tour: done"];
    let arguments = [&page, "--serve", folder, "--js", &tour];
    let run = site
        .run(&[&arguments[..], &devices, &picture].concat())
        .ends_with(0);
    assert!(run.output().contains("tour: done"), "{}", run.output());
}

#[test]
fn a_window_shows_the_page() {
    let site = Site::of_page(
        "<title>In a window</title><body style='margin: 0; background: green'>
         <script>console.log(innerWidth, innerHeight)</script>",
    );
    let arguments = ["page.html", "--window-size", "300x200", "-o", "a.png"];
    let run = site.run_in_window(&arguments).ends_with(0);
    assert_eq!(run.output(), "300 200\n");
    let picture = site.picture("a.png");
    assert_eq!(picture.dimensions(), (300, 200));
    assert!(picture.pixels().all(|pixel| *pixel == GREEN));
}

/// Shows one video that has played, and one that came into the page after its last seek.
const VIDEOS: &str = "<body style='margin: 0'>
    <style>video { display: block; width: 320px; height: 180px }</style>
    <script>
        const event = (target, type) =>
            new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));
        const open = async (bytes) => {
            const video = document.createElement('video');
            const source = new MediaSource();
            video.muted = true;
            video.src = URL.createObjectURL(source);
            await event(source, 'sourceopen');
            const buffer = source.addSourceBuffer('video/mp4; codecs=\"avc1.64000C\"');
            buffer.appendBuffer(bytes);
            await event(buffer, 'updateend');
            return video;
        };
        const seek = async (video, time) => {
            video.currentTime = time;
            await event(video, 'seeked');
        };
        (async () => {
            const bytes = await (await fetch('h264.mp4')).arrayBuffer();
            const playing = await open(bytes);
            document.body.append(playing);
            await playing.play();
            while (playing.currentTime < 0.5) await event(playing, 'timeupdate');
            playing.pause();
            await seek(playing, 2);
            const late = await open(bytes);
            await seek(late, 1);
            await seek(late, 3);
            document.body.append(late);
            requestAnimationFrame(() => requestAnimationFrame(() => console.log('ready')));
        })();
    </script>";

fn shows_the_frames_of_videos(run: impl FnOnce(&Site, &[&str]) -> Run) {
    let site = Site::of_page(VIDEOS);
    let media = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/media/h264.mp4");
    fs::copy(media, site.path("h264.mp4")).expect("the test media are there");
    let arguments = ["page.html", "-o", "a.png", "--screenshot-mark", "ready"];
    run(&site, &arguments).ends_with(0);
    let picture = site.picture("a.png");
    // The number painted into a frame of this test file, in binary.
    let number_at = |top: u32| {
        (0..12).fold(0, |number, square| {
            let is_white = picture.get_pixel(28 + 24 * square, top + 20).0[0] > 127;
            2 * number + u32::from(is_white)
        })
    };
    assert_eq!([number_at(0), number_at(180)], [2 * 24, 3 * 24]);
}

#[test]
fn a_headless_run_paints_videos_in_its_pictures() {
    shows_the_frames_of_videos(|site, arguments| site.run(arguments));
}

#[test]
fn a_window_shows_videos() {
    shows_the_frames_of_videos(|site, arguments| site.run_in_window(arguments));
}
