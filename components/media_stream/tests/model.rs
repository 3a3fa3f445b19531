/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The choice of settings beside a model, which looks at every settings dictionary there is.

use std::collections::BTreeMap;

use media_stream::{
    CameraMode, Constraint, ConstraintSet, Constraints, Property, Settings, Space, Value,
    camera_spaces, fitness_distance, select_settings,
};
use test_support::{Choices, random_bytes};

const CASES: u64 = 500;
const NUMBERS: [Property; 4] = [
    Property::Width,
    Property::Height,
    Property::AspectRatio,
    Property::FrameRate,
];
const FACING_MODES: [&str; 3] = ["user", "environment", "left"];
const RATIOS: [f64; 6] = [0.5, 1., 4. / 3., 1.5, 16. / 9., 3.];

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// Cameras so small that every size can be tried.
fn cameras(choices: &mut Choices) -> Vec<Space> {
    let mut spaces = Vec::new();
    for camera in 0..1 + choices.below(2) {
        let mut modes = Vec::new();
        for _ in 0..1 + choices.below(3) {
            modes.push(CameraMode {
                width: 1 + choices.below(16) as u32,
                height: 1 + choices.below(12) as u32,
                frame_rate: choices.one_of(&[5., 10., 30.]),
            });
        }
        let values = BTreeMap::from([
            (Property::DeviceId, vec![text(&camera.to_string())]),
            (
                Property::FacingMode,
                vec![text(choices.one_of(&FACING_MODES))],
            ),
        ]);
        spaces.extend(camera_spaces(&modes, &values));
    }
    spaces
}

fn number(property: Property, choices: &mut Choices) -> f64 {
    match property {
        Property::AspectRatio => choices.one_of(&RATIOS),
        Property::FrameRate => choices.one_of(&[0.5, 1., 5., 7.5, 10., 30., 60.]),
        _ => choices.below(18) as f64,
    }
}

fn set(choices: &mut Choices) -> ConstraintSet {
    let mut set = ConstraintSet::new();
    for property in NUMBERS {
        if !choices.one_in(2) {
            continue;
        }
        let mut maybe = || choices.one_in(3).then(|| number(property, choices));
        let constraint = Constraint::Number {
            min: maybe(),
            max: maybe(),
            exact: maybe().filter(|_| property != Property::AspectRatio),
            ideal: maybe(),
        };
        let is_bare = choices.one_in(4);
        let bare = |choices: &mut Choices| vec![Value::Number(number(property, choices))];
        let constraint = if is_bare {
            Constraint::Bare(bare(choices))
        } else {
            constraint
        };
        set.insert(property, constraint);
    }
    for (property, values) in [
        (Property::FacingMode, &FACING_MODES[..]),
        (Property::ResizeMode, &["none", "crop-and-scale"]),
        (Property::DeviceId, &["0", "1", "2"]),
    ] {
        let mut some = || {
            let count = choices.below(3);
            Vec::from_iter((0..count).map(|_| text(choices.one_of(values))))
        };
        let constraint = match some() {
            values if values.len() == 1 => Constraint::Bare(values),
            exact => Constraint::Choice {
                exact,
                ideal: some(),
            },
        };
        if choices.one_in(3) {
            set.insert(property, constraint);
        }
    }
    set
}

/// The constraints with nothing bare any more. The model does it property by property.
fn explicit(set: &ConstraintSet, is_basic: bool) -> ConstraintSet {
    let mut explicit = ConstraintSet::new();
    for (property, constraint) in set {
        let constraint = match constraint {
            Constraint::Bare(values) if NUMBERS.contains(property) => {
                let Value::Number(number) = values[0] else {
                    panic!("these are numbers");
                };
                Constraint::Number {
                    min: None,
                    max: None,
                    exact: (!is_basic).then_some(number),
                    ideal: is_basic.then_some(number),
                }
            }
            Constraint::Bare(values) => Constraint::Choice {
                exact: if is_basic { vec![] } else { values.clone() },
                ideal: if is_basic { values.clone() } else { vec![] },
            },
            other => other.clone(),
        };
        explicit.insert(*property, constraint);
    }
    explicit
}

/// The frame rates among which the nearest one to any wish is: the ends of all ranges, and all wishes.
fn frame_rates(space: &Space, sets: &[ConstraintSet]) -> Vec<f64> {
    let range = space.ranges[&Property::FrameRate];
    let mut rates = vec![range.min, range.max];
    for set in sets {
        if let Some(Constraint::Number {
            min,
            max,
            exact,
            ideal,
        }) = set.get(&Property::FrameRate)
        {
            rates.extend([min, max, exact, ideal].into_iter().flatten());
        }
    }
    rates.retain(|rate| range.min <= *rate && *rate <= range.max);
    rates
}

fn all_settings(spaces: &[Space], sets: &[ConstraintSet]) -> Vec<Settings> {
    let mut all = Vec::new();
    for space in spaces {
        let size = space.size.expect("it is a camera");
        for resize_mode in &space.choices[&Property::ResizeMode] {
            for width in size.width.0..=size.width.1 {
                for height in size.height.0..=size.height.1 {
                    for rate in frame_rates(space, sets) {
                        let only = |property| space.choices[&property][0].clone();
                        let ratio = f64::from(width) / f64::from(height);
                        all.push(Settings::from([
                            (Property::Width, Value::Number(width.into())),
                            (Property::Height, Value::Number(height.into())),
                            (Property::AspectRatio, Value::Number(ratio)),
                            (Property::FrameRate, Value::Number(rate)),
                            (Property::ResizeMode, resize_mode.clone()),
                            (Property::FacingMode, only(Property::FacingMode)),
                            (Property::DeviceId, only(Property::DeviceId)),
                        ]));
                    }
                }
            }
        }
    }
    all
}

#[test]
fn what_is_chosen_is_the_nearest_of_all_settings() {
    let (mut found, mut failed) = (0, 0);
    for seed in 0..CASES {
        let bytes = random_bytes(seed, 400);
        let mut choices = Choices::new(&bytes);
        let spaces = cameras(&mut choices);
        let basic = set(&mut choices);
        let count = choices.below(4);
        let advanced: Vec<_> = (0..count).map(|_| set(&mut choices)).collect();
        let constraints = Constraints { basic, advanced };
        let basic = explicit(&constraints.basic, true);
        let mut sets = vec![basic.clone()];
        sets.extend(constraints.advanced.iter().map(|set| explicit(set, false)));
        let all = all_settings(&spaces, &sets);
        let mut candidates = all.clone();
        for (index, set) in sets.iter().enumerate() {
            let satisfies = |settings: &Settings| fitness_distance(settings, set).is_finite();
            if index == 0 || candidates.iter().any(satisfies) {
                candidates.retain(satisfies);
            }
        }
        let nearest = candidates
            .iter()
            .map(|settings| fitness_distance(settings, &basic))
            .min_by(f64::total_cmp);
        match (select_settings(&spaces, &constraints), nearest) {
            (Ok(selection), Some(nearest)) => {
                found += 1;
                let settings = selection.settings;
                let distance = fitness_distance(&settings, &basic);
                assert!(
                    (distance - nearest).abs() < 1e-9,
                    "seed {seed}: {distance}, not {nearest}: {settings:?} of {spaces:?} for {constraints:?}"
                );
                // The frame rate is the nearest one to a default, which the model does not try.
                let is_candidate = sets[1..].iter().all(|set| {
                    let is_met = |settings| fitness_distance(settings, set).is_finite();
                    is_met(&settings) || !candidates.iter().any(is_met)
                });
                assert!(
                    is_candidate,
                    "seed {seed}: {settings:?} for {constraints:?}"
                );
            }
            (Err(constraint), None) => {
                failed += 1;
                let fails_alone = |property: Property| {
                    let alone = ConstraintSet::from([(property, basic[&property].clone())]);
                    all.iter()
                        .all(|settings| fitness_distance(settings, &alone).is_infinite())
                };
                match constraint {
                    Some(property) => assert!(fails_alone(property), "seed {seed}: {property:?}"),
                    None => assert!(
                        !basic.keys().any(|property| fails_alone(*property)),
                        "seed {seed}"
                    ),
                }
            }
            (selected, nearest) => panic!(
                "seed {seed}: {selected:?}, but the nearest is at {nearest:?}: {spaces:?} for {constraints:?}"
            ),
        }
    }
    // Both happen often enough to be tested.
    assert!(
        found > CASES / 10 && failed > CASES / 10,
        "{found}, {failed}"
    );
}
