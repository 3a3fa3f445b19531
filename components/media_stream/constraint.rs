/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What a page wants of a track.

use std::collections::BTreeMap;

use crate::property::{Kind, Property, Value};

/// The greatest length of a string in bytes. Identifiers are shorter, and tracks keep their constraints.
const LONGEST_TEXT: usize = 500;

/// What a page wants of one property.
/// <https://w3c.github.io/mediacapture-main/#constraints>
#[derive(Clone, Debug, PartialEq)]
pub enum Constraint {
    /// A value alone, or a list of values any of which will do. In the basic set that is what the page
    /// would like best, in an advanced one what it must get.
    Bare(Vec<Value>),
    /// A property whose values are numbers.
    Number {
        /// The least value.
        min: Option<f64>,
        /// The greatest value.
        max: Option<f64>,
        /// The only value.
        exact: Option<f64>,
        /// The value that the page would like best.
        ideal: Option<f64>,
    },
    /// Another property. An empty list says nothing.
    Choice {
        /// The only values.
        exact: Vec<Value>,
        /// The values that the page would like best.
        ideal: Vec<Value>,
    },
}

/// What a page wants of several properties at once.
/// <https://w3c.github.io/mediacapture-main/#media-track-constraints>
pub type ConstraintSet = BTreeMap<Property, Constraint>;

/// What a page wants of a track.
/// <https://w3c.github.io/mediacapture-main/#constraints>
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Constraints {
    /// The basic set. What it requires must be met.
    pub basic: ConstraintSet,
    /// Further sets, the most important one first. One that cannot be met is ignored as a whole.
    pub advanced: Vec<ConstraintSet>,
}

impl Constraints {
    /// Returns them without the properties that are not defined for tracks of `kind`.
    /// <https://w3c.github.io/mediacapture-main/#dom-mediadevices-getusermedia>
    #[must_use]
    pub fn for_kind(mut self, kind: Kind) -> Self {
        for set in self.advanced.iter_mut().chain([&mut self.basic]) {
            set.retain(|property, _| property.is_of(kind));
        }
        self
    }

    /// Returns a property for which it has a string that is too long for any value.
    pub(crate) fn overlong(&self) -> Option<Property> {
        let mut entries = self.advanced.iter().chain([&self.basic]).flatten();
        let overlong = entries.find(|(_, constraint)| constraint.is_overlong());
        overlong.map(|(property, _)| *property)
    }

    /// Returns the basic set with bare values as ideal ones.
    pub(crate) fn resolved_basic(&self) -> ConstraintSet {
        resolved(&self.basic, |values| (Vec::new(), values))
    }

    /// Returns the advanced sets with bare values as exact ones.
    pub(crate) fn resolved_advanced(&self) -> impl Iterator<Item = ConstraintSet> {
        let exact = |values| (values, Vec::new());
        self.advanced.iter().map(move |set| resolved(set, exact))
    }
}

/// Returns `set` with each bare value in the exact or the ideal values, as `place` says.
fn resolved(
    set: &ConstraintSet,
    place: impl Fn(Vec<Value>) -> (Vec<Value>, Vec<Value>),
) -> ConstraintSet {
    // If an empty list has been given as the value for a constraint, it must be interpreted as if the
    // constraint were not specified.
    let specified = set.iter().filter(|(_, constraint)| !constraint.is_empty());
    let entries = specified.map(|(property, constraint)| {
        let Constraint::Bare(values) = constraint else {
            return (*property, constraint.clone());
        };
        let (exact, ideal) = place(values.clone());
        let number = |values: &[Value]| values.first().and_then(Value::number);
        let is_number = number(values).is_some();
        let resolved = if is_number {
            Constraint::Number {
                min: None,
                max: None,
                exact: number(&exact),
                ideal: number(&ideal),
            }
        } else {
            Constraint::Choice { exact, ideal }
        };
        (*property, resolved)
    });
    entries.collect()
}

impl Constraint {
    fn is_overlong(&self) -> bool {
        let (one, other) = match self {
            Self::Bare(values) => (&values[..], &[][..]),
            Self::Choice { exact, ideal } => (&exact[..], &ideal[..]),
            Self::Number { .. } => return false,
        };
        let mut values = one.iter().chain(other);
        values.any(|value| matches!(value, Value::Text(text) if text.len() > LONGEST_TEXT))
    }

    /// Returns whether it says nothing.
    fn is_empty(&self) -> bool {
        match self {
            Self::Bare(values) => values.is_empty(),
            Self::Number { ideal, .. } => ideal.is_none() && !self.is_required(),
            Self::Choice { exact, ideal } => exact.is_empty() && ideal.is_empty(),
        }
    }

    /// Returns whether a value must be as this says.
    /// <https://w3c.github.io/mediacapture-main/#dfn-required-constraints>
    pub(crate) fn is_required(&self) -> bool {
        match self {
            Self::Bare(_) => false,
            Self::Number {
                min, max, exact, ..
            } => min.or(*max).or(*exact).is_some(),
            Self::Choice { exact, .. } => !exact.is_empty(),
        }
    }

    /// Returns the least and the greatest number that it allows; the least is above the greatest if it
    /// allows none.
    pub(crate) fn bounds(&self) -> (f64, f64) {
        let Self::Number {
            min, max, exact, ..
        } = self
        else {
            return (f64::NEG_INFINITY, f64::INFINITY);
        };
        let least = min.unwrap_or(f64::NEG_INFINITY);
        let greatest = max.unwrap_or(f64::INFINITY);
        (
            least.max(exact.unwrap_or(least)),
            greatest.min(exact.unwrap_or(greatest)),
        )
    }

    /// Returns whether it allows `value`.
    pub(crate) fn allows(&self, value: &Value) -> bool {
        match self {
            Self::Bare(_) => true,
            Self::Number { .. } => value.number().is_some_and(|number| {
                let (least, greatest) = self.bounds();
                least <= number && number <= greatest
            }),
            Self::Choice { exact, .. } => exact.is_empty() || exact.contains(value),
        }
    }
}
