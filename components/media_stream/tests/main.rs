/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Tests of the choice of settings.

mod capture;
mod devices;
mod ended_playback;
mod fake;
mod model;
mod user_media;

use std::collections::BTreeMap;

use media_stream::{
    CameraMode, Capability, Constraint, ConstraintSet, Constraints, Kind, NumberRange, Property,
    Selection, Settings, Space, Value, camera_spaces, capabilities, fitness_distance,
    select_settings,
};

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// A camera with the modes of many, which is on the side of the user.
fn camera() -> Vec<Space> {
    let mode = |width, height, frame_rate| CameraMode {
        width,
        height,
        frame_rate,
    };
    let modes = [
        mode(320, 240, 30.),
        mode(640, 480, 30.),
        mode(1280, 720, 30.),
        mode(1920, 1080, 15.),
    ];
    let choices = [
        (Property::DeviceId, vec![text("camera")]),
        (Property::FacingMode, vec![text("user")]),
    ];
    camera_spaces(&modes, &BTreeMap::from(choices))
}

fn ideal(number: f64) -> Constraint {
    Constraint::Bare(vec![Value::Number(number)])
}

fn exact(number: f64) -> Constraint {
    number_constraint(Some(number), Some(number))
}

fn number_constraint(min: Option<f64>, max: Option<f64>) -> Constraint {
    Constraint::Number {
        min,
        max,
        exact: None,
        ideal: None,
    }
}

fn select<const N: usize>(
    basic: [(Property, Constraint); N],
    advanced: Vec<ConstraintSet>,
) -> Result<Selection, Option<Property>> {
    let basic = ConstraintSet::from(basic);
    select_settings(&camera(), &Constraints { basic, advanced })
}

/// The width, the height, the frame rate and the resize mode that are chosen.
fn chosen<const N: usize>(
    basic: [(Property, Constraint); N],
    advanced: Vec<ConstraintSet>,
) -> (f64, f64, f64, String) {
    let Selection { settings, .. } = select(basic, advanced).expect("there are some");
    let number = |property| match settings.get(&property) {
        Some(Value::Number(number)) => *number,
        other => panic!("{property:?} is {other:?}"),
    };
    let Some(Value::Text(resize_mode)) = settings.get(&Property::ResizeMode) else {
        panic!("a camera has one");
    };
    (
        number(Property::Width),
        number(Property::Height),
        number(Property::FrameRate),
        resize_mode.clone(),
    )
}

fn native(width: f64, height: f64, frame_rate: f64) -> (f64, f64, f64, String) {
    (width, height, frame_rate, "none".to_owned())
}

fn resized(width: f64, height: f64, frame_rate: f64) -> (f64, f64, f64, String) {
    (width, height, frame_rate, "crop-and-scale".to_owned())
}

#[test]
fn without_a_wish_pictures_are_of_the_default_size() {
    assert_eq!(chosen([], vec![]), native(640., 480., 30.));
}

#[test]
fn a_native_size_is_taken_where_one_is_as_good() {
    let wide = (Property::Width, ideal(1280.));
    assert_eq!(chosen([wide], vec![]), native(1280., 720., 30.));
    let high = (Property::Height, ideal(1080.));
    assert_eq!(chosen([high], vec![]), native(1920., 1080., 15.));
}

#[test]
fn other_sizes_are_cropped_and_scaled_to() {
    let width = (Property::Width, exact(300.));
    assert_eq!(chosen([width], vec![]), resized(300., 225., 30.));
    let square = (Property::AspectRatio, exact(1.));
    assert_eq!(chosen([square], vec![]), resized(480., 480., 30.));
    let slow = (Property::FrameRate, number_constraint(None, Some(5.)));
    assert_eq!(chosen([slow], vec![]), resized(640., 480., 5.));
}

#[test]
fn a_required_value_that_no_device_has_is_named() {
    let large = || (Property::Width, number_constraint(Some(4000.), None));
    let device = (
        Property::DeviceId,
        Constraint::Choice {
            exact: vec![text("camera")],
            ideal: vec![],
        },
    );
    assert_eq!(
        select([large(), device], vec![]),
        Err(Some(Property::Width))
    );
    let other = (
        Property::FacingMode,
        Constraint::Choice {
            exact: vec![text("environment")],
            ideal: vec![],
        },
    );
    assert_eq!(select([other], vec![]), Err(Some(Property::FacingMode)));
    // Each can be met, but not both.
    let flat = (Property::AspectRatio, exact(16.));
    let high = (Property::Height, exact(1080.));
    assert_eq!(select([flat, high], vec![]), Err(None));
    // It is 1920 pixels wide only at 15 frames a second.
    let large = (Property::Width, exact(1920.));
    let fast = (Property::FrameRate, number_constraint(Some(30.), None));
    assert_eq!(select([large, fast], vec![]), Err(None));
}

#[test]
fn native_sizes_only() {
    let only_native = || {
        let exact = vec![text("none")];
        (
            Property::ResizeMode,
            Constraint::Choice {
                exact,
                ideal: vec![],
            },
        )
    };
    let odd = (Property::Width, ideal(639.));
    assert_eq!(
        chosen([odd, only_native()], vec![]),
        native(640., 480., 30.)
    );
    let odd = (Property::Width, exact(639.));
    assert_eq!(select([odd, only_native()], vec![]), Err(None));
}

#[test]
fn advanced_sets_are_met_in_turn_or_ignored_as_a_whole() {
    let set =
        |entries: &[(Property, Constraint)]| ConstraintSet::from_iter(entries.iter().cloned());
    let impossible = set(&[
        (Property::Width, ideal(1920.)),
        (Property::FrameRate, ideal(30.)),
    ]);
    let large = set(&[
        (Property::Width, ideal(1920.)),
        (Property::Height, ideal(1080.)),
    ]);
    let small = set(&[(Property::Width, ideal(320.))]);
    // Bare values are exact ones here.
    let advanced = vec![impossible, large.clone(), small.clone()];
    assert_eq!(chosen([], advanced), native(1920., 1080., 15.));
    assert_eq!(chosen([], vec![small, large]), native(320., 240., 30.));
}

#[test]
fn a_device_can_do_what_any_of_its_spaces_can() {
    let range = |min, max| Some(Capability::Range { min, max });
    let capabilities = capabilities(&camera());
    let of = |property| capabilities.get(&property).cloned();
    assert_eq!(of(Property::Width), range(1., 1920.));
    assert_eq!(of(Property::Height), range(1., 1080.));
    assert_eq!(of(Property::AspectRatio), range(1. / 1080., 1920.));
    assert_eq!(of(Property::FrameRate), range(1., 30.));
    let modes = vec![text("none"), text("crop-and-scale")];
    assert_eq!(of(Property::ResizeMode), Some(Capability::Values(modes)));
    let camera = vec![text("camera")];
    assert_eq!(of(Property::DeviceId), Some(Capability::Values(camera)));
    assert_eq!(of(Property::SampleRate), None);
}

#[test]
fn a_microphone_is_told_by_what_it_can_do() {
    let switch = || vec![Value::Boolean(true), Value::Boolean(false)];
    let rates = NumberRange {
        min: 8000.,
        max: 96_000.,
        default: 48_000.,
    };
    let microphone = Space {
        choices: BTreeMap::from([
            (
                Property::SampleSize,
                vec![Value::Number(16.), Value::Number(24.)],
            ),
            (Property::NoiseSuppression, switch()),
        ]),
        ranges: BTreeMap::from([(Property::SampleRate, rates)]),
        size: None,
    };
    let spaces = [microphone];
    let size = Capability::Range { min: 16., max: 24. };
    assert_eq!(capabilities(&spaces)[&Property::SampleSize], size);
    let settings = |basic| {
        let constraints = Constraints {
            basic,
            advanced: vec![],
        };
        select_settings(&spaces, &constraints).map(|selection| selection.settings)
    };
    let default = settings(ConstraintSet::new()).expect("nothing is required");
    assert_eq!(default[&Property::SampleRate], Value::Number(48_000.));
    assert_eq!(default[&Property::SampleSize], Value::Number(16.));
    assert_eq!(default[&Property::NoiseSuppression], Value::Boolean(true));
    let off = Constraint::Bare(vec![Value::Boolean(false)]);
    let wanted = [
        (Property::SampleSize, ideal(23.)),
        (Property::SampleRate, ideal(192_000.)),
        (Property::NoiseSuppression, off),
    ];
    let chosen = settings(wanted.into()).expect("nothing is required");
    assert_eq!(chosen[&Property::SampleRate], Value::Number(96_000.));
    assert_eq!(chosen[&Property::SampleSize], Value::Number(24.));
    assert_eq!(chosen[&Property::NoiseSuppression], Value::Boolean(false));
    // It has no pictures.
    let wide = ConstraintSet::from([(Property::Width, exact(640.))]);
    assert_eq!(settings(wide), Err(Some(Property::Width)));
}

#[test]
fn an_empty_list_says_nothing() {
    let nothing = Constraint::Choice {
        exact: vec![],
        ideal: vec![],
    };
    let entries = [
        (Property::DeviceId, nothing),
        (Property::GroupId, Constraint::Bare(vec![])),
    ];
    assert_eq!(chosen(entries, vec![]), native(640., 480., 30.));
}

#[test]
fn properties_of_the_other_kind_are_left_out() {
    let basic = Property::ALL.map(|property| (property, ideal(1.)));
    let constraints = Constraints {
        basic: basic.into(),
        advanced: vec![basic_of(&[Property::Width, Property::SampleRate])],
    };
    let audio = constraints.clone().for_kind(Kind::Audio);
    let video = constraints.for_kind(Kind::Video);
    assert_eq!(
        audio.basic.len() + video.basic.len(),
        Property::ALL.len() + 2
    );
    assert_eq!(audio.advanced, [basic_of(&[Property::SampleRate])]);
    assert_eq!(video.advanced, [basic_of(&[Property::Width])]);
}

fn basic_of(properties: &[Property]) -> ConstraintSet {
    properties
        .iter()
        .map(|property| (*property, ideal(1.)))
        .collect()
}

#[test]
fn distances_are_those_of_the_specification() {
    let settings = Settings::from([
        (Property::Width, Value::Number(640.)),
        (Property::EchoCancellation, text("all")),
    ]);
    let distance = |property, constraint| {
        fitness_distance(&settings, &ConstraintSet::from([(property, constraint)]))
    };
    assert_eq!(distance(Property::Width, ideal(640.)), 0.);
    assert_eq!(distance(Property::Width, ideal(1280.)), 0.5);
    assert_eq!(distance(Property::Width, ideal(320.)), 0.5);
    assert_eq!(distance(Property::Width, exact(320.)), f64::INFINITY);
    assert_eq!(distance(Property::Height, exact(320.)), f64::INFINITY);
    assert_eq!(distance(Property::Height, ideal(320.)), 1.);
    let is_on = Constraint::Bare(vec![Value::Boolean(true)]);
    assert_eq!(distance(Property::EchoCancellation, is_on), 1.);
    let any = Constraint::Bare(vec![Value::Boolean(true), text("all")]);
    assert_eq!(distance(Property::EchoCancellation, any), 0.);
}
