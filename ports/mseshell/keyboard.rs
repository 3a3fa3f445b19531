/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Keys of the window as Servo knows them. Both sides have the names that UI Events gives to keys
//! and codes, so a name is translated by its spelling.

use servo::{Code, Key, KeyState, KeyboardEvent, Location, Modifiers, NamedKey};
use winit::event::{ElementState, KeyEvent};
use winit::keyboard::{self as window, ModifiersState, PhysicalKey};

/// The event of the page for an event of the window.
pub fn keyboard_event(event: &KeyEvent, modifiers: ModifiersState) -> KeyboardEvent {
    let state = match event.state {
        ElementState::Pressed => KeyState::Down,
        ElementState::Released => KeyState::Up,
    };
    KeyboardEvent::new_without_event(
        state,
        key(&event.logical_key),
        code(event.physical_key),
        location(event.location),
        modifiers_of(modifiers),
        event.repeat,
        false,
    )
}

/// <https://w3c.github.io/uievents-key/>
fn key(key: &window::Key) -> Key {
    match key {
        window::Key::Character(text) => Key::Character(text.to_string()),
        window::Key::Named(window::NamedKey::Space) => Key::Character(" ".to_owned()),
        // What other systems call Super is the Meta key of the specification.
        window::Key::Named(window::NamedKey::Super) => Key::Named(NamedKey::Meta),
        window::Key::Named(name) => Key::Named(
            format!("{name:?}")
                .parse()
                .unwrap_or(NamedKey::Unidentified),
        ),
        window::Key::Dead(_) => Key::Named(NamedKey::Dead),
        window::Key::Unidentified(_) => Key::Named(NamedKey::Unidentified),
    }
}

/// <https://w3c.github.io/uievents-code/>
fn code(key: PhysicalKey) -> Code {
    match key {
        PhysicalKey::Code(window::KeyCode::SuperLeft) => Code::MetaLeft,
        PhysicalKey::Code(window::KeyCode::SuperRight) => Code::MetaRight,
        PhysicalKey::Code(code) => format!("{code:?}").parse().unwrap_or(Code::Unidentified),
        PhysicalKey::Unidentified(_) => Code::Unidentified,
    }
}

fn location(location: window::KeyLocation) -> Location {
    match location {
        window::KeyLocation::Standard => Location::Standard,
        window::KeyLocation::Left => Location::Left,
        window::KeyLocation::Right => Location::Right,
        window::KeyLocation::Numpad => Location::Numpad,
    }
}

fn modifiers_of(state: ModifiersState) -> Modifiers {
    let mut modifiers = Modifiers::empty();
    modifiers.set(Modifiers::CONTROL, state.control_key());
    modifiers.set(Modifiers::SHIFT, state.shift_key());
    modifiers.set(Modifiers::ALT, state.alt_key());
    modifiers.set(Modifiers::META, state.super_key());
    modifiers
}

#[cfg(test)]
mod tests {
    use winit::keyboard::{KeyCode, NativeKey, NativeKeyCode};

    use super::*;

    #[test]
    fn keys_have_their_specified_names() {
        let named = |name| key(&window::Key::Named(name));
        assert_eq!(named(window::NamedKey::Enter), Key::Named(NamedKey::Enter));
        assert_eq!(
            named(window::NamedKey::ArrowLeft),
            Key::Named(NamedKey::ArrowLeft)
        );
        assert_eq!(
            named(window::NamedKey::MediaPlayPause),
            Key::Named(NamedKey::MediaPlayPause)
        );
        assert_eq!(named(window::NamedKey::F24), Key::Named(NamedKey::F24));
        assert_eq!(named(window::NamedKey::Super), Key::Named(NamedKey::Meta));
        assert_eq!(
            named(window::NamedKey::Space),
            Key::Character(" ".to_owned())
        );
        assert_eq!(
            key(&window::Key::Character("é".into())),
            Key::Character("é".to_owned())
        );
        assert_eq!(
            key(&window::Key::Dead(Some('^'))),
            Key::Named(NamedKey::Dead)
        );
        let unidentified = window::Key::Unidentified(NativeKey::Unidentified);
        assert_eq!(key(&unidentified), Key::Named(NamedKey::Unidentified));
    }

    #[test]
    fn codes_have_their_specified_names() {
        let coded = |name| code(PhysicalKey::Code(name));
        assert_eq!(coded(KeyCode::KeyA), Code::KeyA);
        assert_eq!(coded(KeyCode::Digit0), Code::Digit0);
        assert_eq!(coded(KeyCode::NumpadEnter), Code::NumpadEnter);
        assert_eq!(coded(KeyCode::BracketLeft), Code::BracketLeft);
        assert_eq!(coded(KeyCode::SuperRight), Code::MetaRight);
        let unidentified = PhysicalKey::Unidentified(NativeKeyCode::Unidentified);
        assert_eq!(code(unidentified), Code::Unidentified);
    }

    #[test]
    fn modifiers_are_carried_over() {
        let modifiers = modifiers_of(ModifiersState::CONTROL | ModifiersState::SUPER);
        assert_eq!(modifiers, Modifiers::CONTROL | Modifiers::META);
    }
}
