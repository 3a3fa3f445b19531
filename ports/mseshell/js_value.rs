/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The value of a script, as text.

use std::collections::BTreeMap;

use serde_json::{Number, Value};
use servo::JSValue;

/// A string as it is, anything else as JSON where JSON can say it.
pub fn to_text(value: &JSValue) -> String {
    match value {
        JSValue::Undefined => "undefined".to_owned(),
        JSValue::String(text) => text.clone(),
        JSValue::Number(number) if number.is_nan() => "NaN".to_owned(),
        JSValue::Number(f64::INFINITY) => "Infinity".to_owned(),
        JSValue::Number(f64::NEG_INFINITY) => "-Infinity".to_owned(),
        value => to_json(value).to_string(),
    }
}

fn to_json(value: &JSValue) -> Value {
    match value {
        JSValue::Undefined | JSValue::Null => Value::Null,
        JSValue::Boolean(boolean) => Value::Bool(*boolean),
        JSValue::Number(number) => number_to_json(*number),
        JSValue::String(text)
        | JSValue::Element(text)
        | JSValue::ShadowRoot(text)
        | JSValue::Frame(text)
        | JSValue::Window(text) => Value::String(text.clone()),
        JSValue::Array(values) => values.iter().map(to_json).collect(),
        JSValue::Object(members) => {
            // Servo does not keep the order of the members.
            let members: BTreeMap<_, _> = members.iter().collect();
            let members = members.into_iter();
            members
                .map(|(name, value)| (name.clone(), to_json(value)))
                .collect()
        }
    }
}

/// A whole number without a fraction, as a script writes it; what JSON lacks is null.
fn number_to_json(number: f64) -> Value {
    const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;
    if number.fract() == 0.0 && number.abs() <= MAX_SAFE_INTEGER {
        Value::from(number as i64)
    } else {
        Number::from_f64(number).map_or(Value::Null, Value::Number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_written_as_a_script_would() {
        let text = |text: &str| JSValue::String(text.to_owned());
        assert_eq!(to_text(&text("a \"b\"")), "a \"b\"");
        assert_eq!(to_text(&JSValue::Undefined), "undefined");
        assert_eq!(to_text(&JSValue::Null), "null");
        assert_eq!(to_text(&JSValue::Boolean(true)), "true");
        assert_eq!(to_text(&JSValue::Number(3.0)), "3");
        assert_eq!(to_text(&JSValue::Number(-0.5)), "-0.5");
        assert_eq!(to_text(&JSValue::Number(f64::NAN)), "NaN");
        assert_eq!(to_text(&JSValue::Number(f64::NEG_INFINITY)), "-Infinity");
        let members = [
            ("b".to_owned(), JSValue::Undefined),
            ("a".to_owned(), text("x")),
        ];
        let object = JSValue::Object(members.into_iter().collect());
        let array = JSValue::Array(vec![JSValue::Number(1.0), object]);
        assert_eq!(to_text(&array), r#"[1,{"a":"x","b":null}]"#);
    }
}
