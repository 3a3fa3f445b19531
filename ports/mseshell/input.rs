/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Input of the window as events of the page.

use servo::{
    CompositionEvent, CompositionState, DevicePoint, ImeEvent, InputEvent, MouseButton,
    MouseButtonAction, MouseButtonEvent, MouseLeftViewportEvent, MouseMoveEvent, TouchEvent,
    TouchEventType, TouchId, TouchPointerType, WheelDelta, WheelEvent, WheelMode,
};
use winit::dpi::PhysicalPosition;
use winit::event::{self as window, ElementState, Ime, MouseScrollDelta, Touch, TouchPhase};

/// Device pixels that one line of a wheel scrolls by, at one device pixel per CSS pixel.
const PIXELS_PER_LINE: f64 = 76.0;

/// Where the pointer and the input method are.
#[derive(Default)]
pub struct Input {
    pointer: DevicePoint,
    is_composing: bool,
}

impl Input {
    /// The pointer has moved.
    pub fn moved(&mut self, position: PhysicalPosition<f64>) -> InputEvent {
        self.pointer = point(position);
        InputEvent::MouseMove(MouseMoveEvent::new(self.pointer.into()))
    }

    /// The pointer has left the window.
    pub fn left(&self) -> InputEvent {
        InputEvent::MouseLeftViewport(MouseLeftViewportEvent::default())
    }

    /// A button of the mouse was pressed or released.
    pub fn button(&self, state: ElementState, button: window::MouseButton) -> InputEvent {
        let action = match state {
            ElementState::Pressed => MouseButtonAction::Down,
            ElementState::Released => MouseButtonAction::Up,
        };
        let button = match button {
            window::MouseButton::Left => MouseButton::Primary,
            window::MouseButton::Middle => MouseButton::Auxiliary,
            window::MouseButton::Right => MouseButton::Secondary,
            window::MouseButton::Back => MouseButton::Back,
            window::MouseButton::Forward => MouseButton::Forward,
            window::MouseButton::Other(number) => MouseButton::Other(number),
        };
        InputEvent::MouseButton(MouseButtonEvent::new(action, button, self.pointer.into()))
    }

    /// The wheel was turned, or two fingers moved on a touch pad.
    pub fn wheel(&self, delta: MouseScrollDelta, scale_factor: f64) -> InputEvent {
        let (x, y) = match delta {
            MouseScrollDelta::LineDelta(x, y) => {
                let pixels_per_line = PIXELS_PER_LINE * scale_factor;
                (
                    f64::from(x) * pixels_per_line,
                    f64::from(y) * pixels_per_line,
                )
            }
            MouseScrollDelta::PixelDelta(delta) => (delta.x, delta.y),
        };
        let delta = WheelDelta {
            x,
            y,
            z: 0.0,
            mode: WheelMode::DeltaPixel,
        };
        InputEvent::Wheel(WheelEvent::new(delta, self.pointer.into()))
    }

    /// A finger touched, moved on or left the screen.
    pub fn touch(&self, touch: Touch) -> InputEvent {
        let event_type = match touch.phase {
            TouchPhase::Started => TouchEventType::Down,
            TouchPhase::Moved => TouchEventType::Move,
            TouchPhase::Ended => TouchEventType::Up,
            TouchPhase::Cancelled => TouchEventType::Cancel,
        };
        // The window counts fingers from a number of its own; only that they differ matters.
        let id = TouchId((touch.id & 0x7fff_ffff) as i32);
        let point = point(touch.location).into();
        InputEvent::Touch(TouchEvent::new(
            event_type,
            id,
            point,
            TouchPointerType::Touch,
        ))
    }

    /// Text is being composed by an input method: none, one or two events of the page.
    ///
    /// <https://w3c.github.io/uievents/#events-compositionevents>
    pub fn ime(&mut self, event: Ime) -> Vec<InputEvent> {
        let (state, data) = match event {
            Ime::Enabled => return Vec::new(),
            Ime::Preedit(text, _) if text.is_empty() && !self.is_composing => return Vec::new(),
            Ime::Preedit(text, _) => (CompositionState::Update, text),
            Ime::Commit(text) => (CompositionState::End, text),
            Ime::Disabled if !self.is_composing => return Vec::new(),
            Ime::Disabled => (CompositionState::End, String::new()),
        };
        let start = (!self.is_composing).then(|| composition(CompositionState::Start, ""));
        self.is_composing = state != CompositionState::End;
        start
            .into_iter()
            .chain([composition(state, &data)])
            .collect()
    }
}

fn composition(state: CompositionState, data: &str) -> InputEvent {
    let data = data.to_owned();
    InputEvent::Ime(ImeEvent::Composition(CompositionEvent { state, data }))
}

fn point(position: PhysicalPosition<f64>) -> DevicePoint {
    DevicePoint::new(position.x as f32, position.y as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compositions(events: Vec<InputEvent>) -> Vec<(CompositionState, String)> {
        let composition = |event| match event {
            InputEvent::Ime(ImeEvent::Composition(event)) => (event.state, event.data),
            event => panic!("{event:?} is no composition"),
        };
        events.into_iter().map(composition).collect()
    }

    #[test]
    fn a_composition_starts_once_and_ends_with_its_text() {
        let mut input = Input::default();
        assert!(input.ime(Ime::Enabled).is_empty());
        assert!(input.ime(Ime::Preedit(String::new(), None)).is_empty());
        assert_eq!(
            compositions(input.ime(Ime::Preedit("k".to_owned(), None))),
            [
                (CompositionState::Start, String::new()),
                (CompositionState::Update, "k".to_owned())
            ]
        );
        assert_eq!(
            compositions(input.ime(Ime::Preedit("か".to_owned(), None))),
            [(CompositionState::Update, "か".to_owned())]
        );
        assert_eq!(
            compositions(input.ime(Ime::Commit("蚊".to_owned()))),
            [(CompositionState::End, "蚊".to_owned())]
        );
        assert!(input.ime(Ime::Disabled).is_empty());
    }

    #[test]
    fn events_happen_where_the_pointer_is() {
        let mut input = Input::default();
        input.moved(PhysicalPosition::new(30.0, 40.0));
        let InputEvent::MouseButton(event) =
            input.button(ElementState::Pressed, window::MouseButton::Right)
        else {
            panic!("not a button event");
        };
        assert_eq!(event.button, MouseButton::Secondary);
        assert_eq!(event.action, MouseButtonAction::Down);
        assert_eq!(event.point, DevicePoint::new(30.0, 40.0).into());
    }

    #[test]
    fn a_line_of_the_wheel_scales_with_the_display() {
        let delta = MouseScrollDelta::LineDelta(0.0, -1.0);
        let InputEvent::Wheel(event) = Input::default().wheel(delta, 2.0) else {
            panic!("not a wheel event");
        };
        assert_eq!(event.delta.y, -2.0 * PIXELS_PER_LINE);
        assert_eq!(event.delta.mode, WheelMode::DeltaPixel);
    }
}
