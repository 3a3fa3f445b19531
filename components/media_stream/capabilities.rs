/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! What a device can do, as scripts see it.

use std::collections::BTreeMap;

use crate::property::{Property, Value};
use crate::space::Space;

/// The values that a property can have.
#[derive(Clone, Debug, PartialEq)]
pub enum Capability {
    /// Numbers.
    Range {
        /// The least one.
        min: f64,
        /// The greatest one.
        max: f64,
    },
    /// Values of another type, each once.
    Values(Vec<Value>),
}

/// What a device can do.
/// <https://w3c.github.io/mediacapture-main/#capabilities>
pub type Capabilities = BTreeMap<Property, Capability>;

/// Returns the values that the properties have in any of `spaces`, which are those of a device.
pub fn capabilities(spaces: &[Space]) -> Capabilities {
    let mut capabilities = Capabilities::new();
    for space in spaces {
        for (property, range) in &space.ranges {
            add_range(&mut capabilities, *property, range.min, range.max);
        }
        for (property, values) in &space.choices {
            for value in values {
                add_value(&mut capabilities, *property, value);
            }
        }
        if let Some(size) = &space.size {
            let (width, height) = (size.width, size.height);
            let [narrow, wide] = [width.0, width.1].map(f64::from);
            let [low, high] = [height.0, height.1].map(f64::from);
            add_range(&mut capabilities, Property::Width, narrow, wide);
            add_range(&mut capabilities, Property::Height, low, high);
            let ratios = (narrow / high, wide / low);
            add_range(&mut capabilities, Property::AspectRatio, ratios.0, ratios.1);
        }
    }
    capabilities
}

fn add_value(capabilities: &mut Capabilities, property: Property, value: &Value) {
    if let Some(number) = value.number() {
        add_range(capabilities, property, number, number);
        return;
    }
    let none = || Capability::Values(Vec::new());
    if let Capability::Values(values) = capabilities.entry(property).or_insert_with(none)
        && !values.contains(value)
    {
        values.push(value.clone());
    }
}

fn add_range(capabilities: &mut Capabilities, property: Property, from: f64, to: f64) {
    let new = Capability::Range { min: from, max: to };
    if let Capability::Range { min, max } = capabilities.entry(property).or_insert(new) {
        *min = min.min(from);
        *max = max.max(to);
    }
}
