/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What is done once the page has loaded: evaluate the script, wait for the mark, take the
//! screenshot, end. Servo answers each request through a callback, which only keeps the answer:
//! the next step is taken by [`Agenda::advance`], outside of Servo.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;

use image::ImageFormat;
use servo::resources::{self, Resource};
use servo::{JSValue, JavaScriptEvaluationError, RgbaImage, ScreenshotCaptureError, WebView};

use crate::exit_status::ExitStatus;
use crate::{js_value, terminal};

/// What the page has told so far.
#[derive(Default)]
pub struct PageReport {
    /// The page and everything that belongs to it has loaded.
    pub loaded: Cell<bool>,
    /// The page has logged the mark that the screenshot waits for.
    pub marked: Cell<bool>,
    /// The page has called `window.close()`.
    pub closed: Cell<bool>,
    /// The page has crashed.
    pub crashed: Cell<bool>,
}

/// The errands of a run.
#[derive(Debug, Default)]
pub struct Errands {
    /// Evaluate this script and print its value.
    pub script: Option<String>,
    /// Wait for a console message that contains this.
    pub mark: Option<String>,
    /// Write a picture of the page to this file, as PNG.
    pub screenshot: Option<PathBuf>,
    /// End the run.
    pub exit: bool,
}

impl Errands {
    /// Whether the run ends by itself once the errands are done.
    pub fn end_the_run(&self) -> bool {
        self.script.is_some() || self.screenshot.is_some() || self.exit
    }
}

type Answer<T> = Rc<RefCell<Option<T>>>;

enum Step {
    Load,
    ReasonOfFailure(Answer<Result<JSValue, JavaScriptEvaluationError>>),
    Script(Answer<Result<JSValue, JavaScriptEvaluationError>>),
    Mark,
    Screenshot(Answer<Result<RgbaImage, ScreenshotCaptureError>>),
    Done,
}

/// The errands of a run, and how far they are.
pub struct Agenda {
    errands: Errands,
    /// Whether a user is looking, who sees in the window that the page failed and may go on.
    attended: bool,
    step: Step,
}

impl Agenda {
    /// Nothing is done yet.
    pub fn new(errands: Errands, attended: bool) -> Self {
        let attended = attended && !errands.end_the_run();
        Self {
            errands,
            attended,
            step: Step::Load,
        }
    }

    /// The text that a console message must contain before the screenshot is taken.
    pub fn mark(&self) -> Option<&str> {
        self.errands.mark.as_deref()
    }

    /// Does what can be done by now, and returns how the run ends if it ends. To be called whenever
    /// Servo's event loop has turned.
    pub fn advance(&mut self, page: &PageReport, webview: &WebView) -> Option<ExitStatus> {
        if page.crashed.get() && !self.attended {
            return Some(failure("the page crashed"));
        }
        if page.closed.get() {
            return Some(if self.errands.end_the_run() {
                failure("the page closed itself before everything asked for was done")
            } else {
                ExitStatus::Success
            });
        }
        loop {
            match &self.step {
                Step::Load if !page.loaded.get() => return None,
                Step::Load if shows_error_page(webview) => {
                    let answer = evaluate(webview, "document.querySelector('p').textContent");
                    self.step = Step::ReasonOfFailure(answer);
                }
                Step::Load => self.start_script(webview),
                Step::ReasonOfFailure(answer) => {
                    let reason = answer.take()?;
                    let reason = reason.as_ref().map(js_value::to_text).unwrap_or_default();
                    let failure = failure(&format!("the page failed to load: {}", reason.trim()));
                    if !self.attended {
                        return Some(failure);
                    }
                    self.step = Step::Done;
                }
                Step::Script(answer) => match answer.take()? {
                    Ok(value) => {
                        terminal::print_line(&js_value::to_text(&value));
                        self.step = Step::Mark;
                    }
                    Err(error) => return Some(script_failure(error)),
                },
                Step::Mark if self.errands.mark.is_some() && !page.marked.get() => return None,
                Step::Mark => self.start_screenshot(webview),
                Step::Screenshot(answer) => {
                    let saved = answer.take()?.map_err(|error| format!("{error:?}"));
                    if let Err(error) = saved.and_then(|image| self.save(&image)) {
                        return Some(failure(&format!("the screenshot failed: {error}")));
                    }
                    self.step = Step::Done;
                }
                Step::Done => return self.errands.end_the_run().then_some(ExitStatus::Success),
            }
        }
    }

    fn start_script(&mut self, webview: &WebView) {
        self.step = match &self.errands.script {
            Some(script) => Step::Script(evaluate(webview, script)),
            None => Step::Mark,
        };
    }

    /// `--exit` alone takes a screenshot too, which is then dropped: Servo takes it when the page
    /// is wholly loaded and drawn, and, as reftests and crash tests ask for, no longer holds it off
    /// by the classes `reftest-wait` and `test-wait`.
    fn start_screenshot(&mut self, webview: &WebView) {
        if self.errands.screenshot.is_none() && !self.errands.exit {
            self.step = Step::Done;
            return;
        }
        let answer = Answer::default();
        self.step = Step::Screenshot(answer.clone());
        webview.take_screenshot(None, move |result| {
            answer.replace(Some(result));
        });
    }

    fn save(&self, image: &RgbaImage) -> Result<(), String> {
        let Some(file) = &self.errands.screenshot else {
            return Ok(());
        };
        image
            .save_with_format(file, ImageFormat::Png)
            .map_err(|error| format!("{}: {error}", file.display()))
    }
}

fn evaluate(webview: &WebView, script: &str) -> Answer<Result<JSValue, JavaScriptEvaluationError>> {
    let answer = Answer::default();
    let result_of_callback = answer.clone();
    webview.evaluate_javascript(script, move |result| {
        result_of_callback.replace(Some(result));
    });
    answer
}

/// Whether Servo shows one of its own pages in place of the one that it could not load. It tells
/// its embedder of that in no other way than by the title.
fn shows_error_page(webview: &WebView) -> bool {
    let title = webview.page_title();
    [Resource::NetErrorHTML, Resource::BadCertHTML]
        .into_iter()
        .any(|page| title.is_some() && title.as_deref() == title_of(&resources::read_string(page)))
}

fn title_of(html: &str) -> Option<&str> {
    let (_, rest) = html.split_once("<title>")?;
    Some(rest.split_once("</title>")?.0)
}

fn script_failure(error: JavaScriptEvaluationError) -> ExitStatus {
    match error {
        JavaScriptEvaluationError::EvaluationFailure(Some(info)) => failure(&format!(
            "the script threw: {} (line {}, column {})",
            info.message, info.line_number, info.column
        )),
        JavaScriptEvaluationError::CompilationFailure => failure("the script has a syntax error"),
        error => failure(&format!("the script failed: {error:?}")),
    }
}

fn failure(message: &str) -> ExitStatus {
    terminal::print_error_line(&format!("mseshell: {message}"));
    ExitStatus::Failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servos_error_pages_have_a_title() {
        for page in [Resource::NetErrorHTML, Resource::BadCertHTML] {
            assert!(title_of(&resources::read_string(page)).is_some_and(|title| !title.is_empty()));
        }
        assert_eq!(title_of("<p>untitled</p>"), None);
    }

    #[test]
    fn a_run_ends_by_itself_when_it_has_an_errand() {
        assert!(!Errands::default().end_the_run());
        assert!(
            Errands {
                exit: true,
                ..Errands::default()
            }
            .end_the_run()
        );
        assert!(
            Errands {
                script: Some(String::new()),
                ..Errands::default()
            }
            .end_the_run()
        );
        assert!(
            Errands {
                screenshot: Some(PathBuf::new()),
                ..Errands::default()
            }
            .end_the_run()
        );
    }
}
