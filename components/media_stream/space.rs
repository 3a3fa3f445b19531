/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The settings that a device can have.

use std::collections::BTreeMap;

use crate::constraint::{Constraint, ConstraintSet};
use crate::frame_size;
use crate::property::{Property, Settings, Value};

/// Settings that a device can have: any combination of what is here. A device has one or more of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Space {
    /// The properties with a few values, the one that is chosen by default first. None is empty.
    pub choices: BTreeMap<Property, Vec<Value>>,
    /// The properties with numbers of a range.
    pub ranges: BTreeMap<Property, NumberRange>,
    /// The size of pictures: the width, the height and the aspect ratio.
    pub size: Option<SizeRange>,
}

/// The numbers that a property can have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NumberRange {
    /// The least one.
    pub min: f64,
    /// The greatest one.
    pub max: f64,
    /// The number that is chosen where nothing else is wanted, or the nearest one to it.
    pub default: f64,
}

/// The sizes that pictures can have, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SizeRange {
    /// The least and the greatest width.
    pub width: (u32, u32),
    /// The least and the greatest height.
    pub height: (u32, u32),
    /// The least and the greatest aspect ratio.
    pub aspect_ratio: (f64, f64),
    /// The width and height that the camera itself gives.
    pub native: (u32, u32),
}

/// A size and a rate of pictures that a camera itself gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CameraMode {
    /// The width in pixels, above 0.
    pub width: u32,
    /// The height in pixels, above 0.
    pub height: u32,
    /// How many frames a second has, above 0.
    pub frame_rate: f64,
}

/// The frame rate of pictures where a page wants none.
pub(crate) const DEFAULT_FRAME_RATE: f64 = 30.;

/// The resize mode of pictures that are not as the camera gives them.
pub(crate) const CROP_AND_SCALE: &str = "crop-and-scale";

/// The least frame rate that a track is given.
const LEAST_FRAME_RATE: f64 = 1.;

/// Returns the settings that a camera with these modes can have, and any value of `choices` besides. What it
/// gives may be cropped, scaled down, and shown less often.
/// <https://w3c.github.io/mediacapture-main/#def-constraint-resizeMode>
pub fn camera_spaces(modes: &[CameraMode], choices: &BTreeMap<Property, Vec<Value>>) -> Vec<Space> {
    let with_modes = |resize_modes: &[&str]| {
        let values = resize_modes
            .iter()
            .map(|mode| Value::Text((*mode).to_owned()));
        let mut choices = choices.clone();
        choices.insert(Property::ResizeMode, values.collect());
        choices
    };
    let space = |mode: &CameraMode, is_resized: bool| {
        let native = (mode.width, mode.height);
        let least = |greatest| if is_resized { 1 } else { greatest };
        let min = LEAST_FRAME_RATE.min(mode.frame_rate);
        let frame_rate = NumberRange {
            min: if is_resized { min } else { mode.frame_rate },
            max: mode.frame_rate,
            default: DEFAULT_FRAME_RATE,
        };
        Space {
            // What a camera gives is what cropping and scaling nothing makes of it, too.
            choices: with_modes(if is_resized {
                &[CROP_AND_SCALE]
            } else {
                &["none", CROP_AND_SCALE]
            }),
            ranges: [(Property::FrameRate, frame_rate)].into(),
            size: Some(SizeRange {
                width: (least(native.0), native.0),
                height: (least(native.1), native.1),
                aspect_ratio: (0., f64::INFINITY),
                native,
            }),
        }
    };
    let native = modes.iter().map(|mode| space(mode, false));
    let resized = modes.iter().map(|mode| space(mode, true));
    native.chain(resized).collect()
}

impl Space {
    /// Returns those of the settings that meet what `set` requires; `None` if there are none.
    pub(crate) fn restricted(mut self, set: &ConstraintSet) -> Option<Self> {
        let mut required = set
            .iter()
            .filter(|(_, constraint)| constraint.is_required());
        let is_met = required.all(|(property, constraint)| self.restrict(*property, constraint));
        let has_size = |space: &Self| space.size.is_none_or(|size| frame_size::exists(&size));
        (is_met && has_size(&self)).then_some(self)
    }

    /// Leaves out the settings in which `property` is not as `constraint` requires. Returns whether there
    /// is a value left.
    fn restrict(&mut self, property: Property, constraint: &Constraint) -> bool {
        let (least, greatest) = constraint.bounds();
        if let Some(values) = self.choices.get_mut(&property) {
            values.retain(|value| constraint.allows(value));
            return !values.is_empty();
        }
        if let Some(range) = self.ranges.get_mut(&property) {
            range.min = range.min.max(least);
            range.max = range.max.min(greatest);
            return range.min <= range.max;
        }
        let Some(size) = &mut self.size else {
            return false;
        };
        match property {
            Property::Width => frame_size::narrow(&mut size.width, least, greatest),
            Property::Height => frame_size::narrow(&mut size.height, least, greatest),
            Property::AspectRatio => {
                let (min, max) = size.aspect_ratio;
                size.aspect_ratio = (min.max(least), max.min(greatest));
                size.aspect_ratio.0 <= size.aspect_ratio.1
            }
            _ => false,
        }
    }

    /// Returns the settings that are the nearest ones to `set`, all of whose requirements are met.
    pub(crate) fn nearest(&self, set: &ConstraintSet) -> Settings {
        let ideal = |property| match set.get(&property) {
            Some(Constraint::Number { ideal, .. }) => *ideal,
            _ => None,
        };
        let mut settings = Settings::new();
        for (property, values) in &self.choices {
            let wanted = |value: &&Value| match set.get(property) {
                Some(Constraint::Choice { ideal, .. }) => ideal.contains(value),
                _ => false,
            };
            let numbers = ideal(*property).and_then(|ideal| nearest_number(values, ideal));
            let value = numbers.or_else(|| values.iter().find(wanted));
            settings.extend(
                value
                    .or(values.first())
                    .map(|value| (*property, value.clone())),
            );
        }
        for (property, range) in &self.ranges {
            let wanted = ideal(*property).unwrap_or(range.default);
            let number = wanted.clamp(range.min, range.max);
            settings.insert(*property, Value::Number(number));
        }
        if let Some(size) = &self.size {
            let wanted = [Property::Width, Property::Height, Property::AspectRatio].map(ideal);
            let (width, height) = frame_size::nearest(size, wanted);
            let aspect_ratio = f64::from(width) / f64::from(height);
            settings.insert(Property::Width, Value::Number(width.into()));
            settings.insert(Property::Height, Value::Number(height.into()));
            settings.insert(Property::AspectRatio, Value::Number(aspect_ratio));
        }
        settings
    }
}

fn nearest_number(values: &[Value], ideal: f64) -> Option<&Value> {
    let distance = |value: &Value| {
        value
            .number()
            .map(|number| crate::fitness::relative(number, ideal))
    };
    let numbers = values
        .iter()
        .filter_map(|value| Some((distance(value)?, value)));
    let nearest = numbers.min_by(|(one, _), (other, _)| one.total_cmp(other));
    nearest.map(|(_, value)| value)
}
