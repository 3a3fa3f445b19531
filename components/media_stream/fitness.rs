/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How well settings fit what a page wants.

use crate::constraint::{Constraint, ConstraintSet};
use crate::property::{Settings, Value};

/// Returns how far `settings` are from `set`: 0 if nothing could be better, infinity if something that is
/// required is not met. A bare value counts as an ideal one.
/// <https://w3c.github.io/mediacapture-main/#dfn-fitness-distance>
pub fn fitness_distance(settings: &Settings, set: &ConstraintSet) -> f64 {
    let distances = set
        .iter()
        .map(|(property, constraint)| distance(settings.get(property), constraint));
    distances.sum()
}

fn distance(value: Option<&Value>, constraint: &Constraint) -> f64 {
    // If the constraint is required, and the settings dictionary's member's value does not satisfy the
    // constraint or doesn't exist, the fitness distance is positive infinity.
    let is_satisfied = value.is_some_and(|value| constraint.allows(value));
    if constraint.is_required() && !is_satisfied {
        return f64::INFINITY;
    }
    // If the settings dictionary's member does not exist, the fitness distance is 1.
    let Some(value) = value else {
        return 1.;
    };
    // If no ideal value is specified, the fitness distance is 0.
    match constraint {
        Constraint::Number { ideal: None, .. } => 0.,
        Constraint::Number {
            ideal: Some(ideal), ..
        } => value.number().map_or(1., |actual| relative(actual, *ideal)),
        Constraint::Choice { ideal, .. } | Constraint::Bare(ideal) => match ideal.first() {
            None => 0.,
            Some(Value::Number(ideal)) => {
                value.number().map_or(1., |actual| relative(actual, *ideal))
            }
            Some(_) => f64::from(u8::from(!ideal.contains(value))),
        },
    }
}

/// Returns the distance of a number from an ideal one: from 0, where they are equal, to 1 for positive ones.
pub(crate) fn relative(actual: f64, ideal: f64) -> f64 {
    if actual == ideal {
        0.
    } else {
        (actual - ideal).abs() / actual.abs().max(ideal.abs())
    }
}
