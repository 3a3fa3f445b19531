/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The choice of settings.

use crate::constraint::{ConstraintSet, Constraints};
use crate::fitness::{fitness_distance, relative};
use crate::frame_size;
use crate::property::{Property, Settings, Value};
use crate::space::{CROP_AND_SCALE, DEFAULT_FRAME_RATE, Space};

/// The settings that were chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// The index of the space in which they are.
    pub space: usize,
    /// The settings.
    pub settings: Settings,
}

/// Returns the settings in `spaces` that fit `constraints` best. The spaces are those of a device, or of all
/// devices of a kind. The first of them is chosen where several are as good.
///
/// # Errors
/// Returns a constraint of the basic set that none of the spaces can meet, or `None` if it takes several
/// together.
/// <https://w3c.github.io/mediacapture-main/#dfn-selectsettings>
pub fn select_settings(
    spaces: &[Space],
    constraints: &Constraints,
) -> Result<Selection, Option<Property>> {
    if let Some(property) = constraints.overlong() {
        return Err(Some(property));
    }
    // Step 3. For every possible settings dictionary of copy compute its fitness distance, treating bare
    // values of properties as ideal values. Let candidates be the set of settings dictionaries for which
    // the fitness distance is finite.
    let basic = constraints.resolved_basic();
    let all: Vec<_> = spaces.iter().cloned().enumerate().collect();
    let mut candidates = restricted(&all, &basic);
    // Step 4. If candidates is empty, return undefined.
    if candidates.is_empty() {
        return Err(failed_constraint(&all, &basic));
    }
    // Step 5. Iterate over the 'advanced' ConstraintSets in the order in which they were specified.
    for set in constraints.resolved_advanced() {
        // If the fitness distance is finite for one or more settings dictionaries in candidates, keep those.
        // If it is infinite for all, ignore this ConstraintSet.
        let kept = restricted(&candidates, &set);
        if !kept.is_empty() {
            candidates = kept;
        }
    }
    // Step 6. Select one settings dictionary from candidates. The User Agent MUST use one with the smallest
    // fitness distance, as calculated in step 3.
    let settings = candidates
        .iter()
        .map(|(index, space)| (*index, space.nearest(&basic)));
    let ranked = settings.map(|(space, settings)| {
        let rank = [fitness_distance(&settings, &basic), oddity(&settings)];
        (rank, Selection { space, settings })
    });
    let best = ranked.min_by(|(one, _), (other, _)| {
        one[0]
            .total_cmp(&other[0])
            .then(one[1].total_cmp(&other[1]))
    });
    best.map(|(_, selection)| selection).ok_or(None)
}

fn restricted(spaces: &[(usize, Space)], set: &ConstraintSet) -> Vec<(usize, Space)> {
    let restricted = spaces
        .iter()
        .filter_map(|(index, space)| Some((*index, space.clone().restricted(set)?)));
    restricted.collect()
}

/// Returns a constraint that no settings of `spaces` meet.
fn failed_constraint(spaces: &[(usize, Space)], set: &ConstraintSet) -> Option<Property> {
    let fails = |(property, constraint): &(&Property, _)| {
        let alone = ConstraintSet::from([(**property, Clone::clone(*constraint))]);
        restricted(spaces, &alone).is_empty()
    };
    set.iter().find(fails).map(|(property, _)| *property)
}

/// Returns how far settings are from what is chosen by default: pictures as the camera gives them, and of
/// 640x480 pixels, 30 times a second.
fn oddity(settings: &Settings) -> f64 {
    let number = |property| settings.get(&property).and_then(Value::number);
    let defaults = [
        (Property::Width, frame_size::DEFAULT.0),
        (Property::Height, frame_size::DEFAULT.1),
        (Property::FrameRate, DEFAULT_FRAME_RATE),
    ];
    let distances = defaults
        .map(|(property, default)| number(property).map_or(0., |number| relative(number, default)));
    let is_resized =
        settings.get(&Property::ResizeMode) == Some(&Value::Text(CROP_AND_SCALE.to_owned()));
    // The three together are below 3.
    distances.iter().sum::<f64>() + if is_resized { 3. } else { 0. }
}
