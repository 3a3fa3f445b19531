/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The keys that the browser keeps for itself.

use winit::keyboard::{Key, ModifiersState, NamedKey};

/// What a key does to the browser.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shortcut {
    /// Load the page anew.
    Reload,
    /// Go to the page before this one.
    Back,
    /// Go to the page after this one.
    Forward,
    /// Show the page larger.
    ZoomIn,
    /// Show the page smaller.
    ZoomOut,
    /// Show the page in its own size.
    ZoomReset,
    /// Take the whole screen, or give it back.
    ToggleFullScreen,
    /// Close the window.
    Quit,
}

impl Shortcut {
    /// The shortcut that `key` is together with `modifiers`.
    pub fn from_key(key: &Key, modifiers: ModifiersState) -> Option<Self> {
        let alone = modifiers.is_empty();
        // Shift is left out of account: some keyboards need it for "+".
        let control = modifiers.difference(ModifiersState::SHIFT) == ModifiersState::CONTROL;
        let alt = modifiers == ModifiersState::ALT;
        match key {
            Key::Named(NamedKey::F5) if alone => Some(Self::Reload),
            Key::Named(NamedKey::F11) if alone => Some(Self::ToggleFullScreen),
            Key::Named(NamedKey::ArrowLeft) if alt => Some(Self::Back),
            Key::Named(NamedKey::ArrowRight) if alt => Some(Self::Forward),
            Key::Character(text) if control => match text.as_str() {
                "r" | "R" => Some(Self::Reload),
                "+" | "=" => Some(Self::ZoomIn),
                "-" => Some(Self::ZoomOut),
                "0" => Some(Self::ZoomReset),
                "q" | "w" => Some(Self::Quit),
                _ => None,
            },
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortcuts_need_their_modifiers() {
        let (none, control) = (ModifiersState::empty(), ModifiersState::CONTROL);
        let (alt, shift) = (ModifiersState::ALT, ModifiersState::SHIFT);
        let character = |text: &str| Key::Character(text.into());
        let left = Key::Named(NamedKey::ArrowLeft);
        let f5 = Key::Named(NamedKey::F5);

        assert_eq!(Shortcut::from_key(&f5, none), Some(Shortcut::Reload));
        assert_eq!(Shortcut::from_key(&f5, alt), None);
        assert_eq!(Shortcut::from_key(&left, alt), Some(Shortcut::Back));
        assert_eq!(Shortcut::from_key(&left, none), None);
        let plus = character("+");
        assert_eq!(
            Shortcut::from_key(&plus, control | shift),
            Some(Shortcut::ZoomIn)
        );
        assert_eq!(Shortcut::from_key(&plus, shift), None);
        assert_eq!(
            Shortcut::from_key(&character("q"), control),
            Some(Shortcut::Quit)
        );
        assert_eq!(Shortcut::from_key(&character("q"), control | alt), None);
    }
}
