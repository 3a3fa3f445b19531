/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Text of the page on its way to a terminal, which would obey the control characters in it: change
//! its title or its clipboard, or overwrite what others wrote.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

/// Writes a line of text that the page made to standard output at once.
pub fn print_line(text: &str) {
    write_line(io::stdout().lock(), text);
}

/// Writes a line of text that the page made to standard error at once.
pub fn print_error_line(text: &str) {
    write_line(io::stderr().lock(), text);
}

fn write_line(mut stream: impl Write + IsTerminal, text: &str) {
    let shown = if stream.is_terminal() {
        without_controls(text)
    } else {
        Cow::from(text)
    };
    // Whoever reads this may have gone, which is no reason for the page to stop.
    let _ = writeln!(stream, "{shown}").and_then(|()| stream.flush());
}

/// The text with its control characters written as escapes, such as `\u{1b}`. Line ends and tabs
/// stay.
pub fn without_controls(text: &str) -> Cow<'_, str> {
    let is_obeyed = |character: char| character.is_control() && !"\n\t".contains(character);
    if !text.contains(is_obeyed) {
        return Cow::from(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_obeyed(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    Cow::from(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        let text = "a\x1b[31mb\u{9b}2J\x07\x7f\r";
        let shown = "a\\u{1b}[31mb\\u{9b}2J\\u{7}\\u{7f}\\u{d}";
        assert_eq!(without_controls(text), shown);
    }

    #[test]
    fn other_text_is_shown_as_it_is() {
        for text in ["", "a line\nand\tanother \\u{1b} é 字\u{202e}"] {
            assert!(matches!(without_controls(text), Cow::Borrowed(shown) if shown == text));
        }
    }
}
