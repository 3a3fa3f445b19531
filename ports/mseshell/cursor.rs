/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The shape of the pointer.

use servo::Cursor;
use winit::window::CursorIcon;

/// The window's cursor for one of the page; none where the page hides it. Both sides have the names
/// of CSS (<https://drafts.csswg.org/css-ui/#cursor>), so it is translated by its spelling.
pub fn cursor_icon(cursor: Cursor) -> Option<CursorIcon> {
    let mut name = String::new();
    for letter in format!("{cursor:?}").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_keep_their_names() {
        assert_eq!(cursor_icon(Cursor::Default), Some(CursorIcon::Default));
        assert_eq!(cursor_icon(Cursor::Pointer), Some(CursorIcon::Pointer));
        assert_eq!(
            cursor_icon(Cursor::ContextMenu),
            Some(CursorIcon::ContextMenu)
        );
        assert_eq!(
            cursor_icon(Cursor::NwseResize),
            Some(CursorIcon::NwseResize)
        );
        assert_eq!(cursor_icon(Cursor::EResize), Some(CursorIcon::EResize));
        assert_eq!(cursor_icon(Cursor::ZoomOut), Some(CursorIcon::ZoomOut));
        assert_eq!(cursor_icon(Cursor::None), None);
    }
}
