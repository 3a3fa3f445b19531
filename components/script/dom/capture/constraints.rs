/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Constraints, from the dictionaries of scripts and to them.

use media_stream::{Constraint, ConstraintSet, Constraints, Property, Value};

use crate::dom::bindings::codegen::Bindings::MediaDevicesBinding::{
    ConstrainBooleanOrDOMStringParameters, ConstrainBooleanParameters,
    ConstrainDOMStringParameters, ConstrainDoubleRange, ConstrainULongRange, DoubleRange,
    MediaTrackConstraintSet, MediaTrackConstraints, ULongRange,
};
use crate::dom::bindings::codegen::UnionTypes::{
    BooleanOrConstrainBooleanParameters as ConstrainBoolean, BooleanOrString,
    BooleanOrStringOrConstrainBooleanOrDOMStringParameters as ConstrainBooleanOrDOMString,
    ClampedUnsignedLongOrConstrainULongRange as ConstrainULong,
    DoubleOrConstrainDoubleRange as ConstrainDouble, StringOrStringSequence,
    StringOrStringSequenceOrConstrainDOMStringParameters as ConstrainDOMString,
};
use crate::dom::bindings::num::Finite;
use crate::dom::bindings::str::DOMString;

/// Returns the constraints of a dictionary.
pub(crate) fn from_dictionary(dictionary: &MediaTrackConstraints) -> Constraints {
    let advanced = dictionary.advanced.iter().flatten();
    Constraints {
        basic: set_from_dictionary(&dictionary.parent),
        advanced: advanced.map(set_from_dictionary).collect(),
    }
}

/// Returns a dictionary of constraints.
pub(crate) fn to_dictionary(constraints: &Constraints) -> MediaTrackConstraints {
    let advanced: Vec<_> = constraints.advanced.iter().map(set_to_dictionary).collect();
    MediaTrackConstraints {
        parent: set_to_dictionary(&constraints.basic),
        advanced: (!advanced.is_empty()).then_some(advanced),
    }
}

fn set_from_dictionary(set: &MediaTrackConstraintSet) -> ConstraintSet {
    let entries = [
        (Property::Width, set.width.as_ref().map(from_unsigned)),
        (Property::Height, set.height.as_ref().map(from_unsigned)),
        (
            Property::AspectRatio,
            set.aspectRatio.as_ref().map(from_double),
        ),
        (Property::FrameRate, set.frameRate.as_ref().map(from_double)),
        (Property::FacingMode, set.facingMode.as_ref().map(from_text)),
        (Property::ResizeMode, set.resizeMode.as_ref().map(from_text)),
        (
            Property::SampleRate,
            set.sampleRate.as_ref().map(from_unsigned),
        ),
        (
            Property::SampleSize,
            set.sampleSize.as_ref().map(from_unsigned),
        ),
        (
            Property::EchoCancellation,
            set.echoCancellation.as_ref().map(from_mode),
        ),
        (
            Property::AutoGainControl,
            set.autoGainControl.as_ref().map(from_boolean),
        ),
        (
            Property::NoiseSuppression,
            set.noiseSuppression.as_ref().map(from_boolean),
        ),
        (Property::Latency, set.latency.as_ref().map(from_double)),
        (
            Property::ChannelCount,
            set.channelCount.as_ref().map(from_unsigned),
        ),
        (
            Property::VoiceIsolation,
            set.voiceIsolation.as_ref().map(from_boolean),
        ),
        (Property::DeviceId, set.deviceId.as_ref().map(from_text)),
        (Property::GroupId, set.groupId.as_ref().map(from_text)),
    ];
    let specified = entries.into_iter();
    specified
        .filter_map(|(property, constraint)| Some((property, constraint?)))
        .collect()
}

fn set_to_dictionary(set: &ConstraintSet) -> MediaTrackConstraintSet {
    let unsigned = |property| set.get(&property).map(to_unsigned);
    let double = |property| set.get(&property).map(to_double);
    let text = |property| set.get(&property).map(to_text);
    let boolean = |property| set.get(&property).map(to_boolean);
    MediaTrackConstraintSet {
        width: unsigned(Property::Width),
        height: unsigned(Property::Height),
        aspectRatio: double(Property::AspectRatio),
        frameRate: double(Property::FrameRate),
        facingMode: text(Property::FacingMode),
        resizeMode: text(Property::ResizeMode),
        sampleRate: unsigned(Property::SampleRate),
        sampleSize: unsigned(Property::SampleSize),
        echoCancellation: set.get(&Property::EchoCancellation).map(to_mode),
        autoGainControl: boolean(Property::AutoGainControl),
        noiseSuppression: boolean(Property::NoiseSuppression),
        latency: double(Property::Latency),
        channelCount: unsigned(Property::ChannelCount),
        voiceIsolation: boolean(Property::VoiceIsolation),
        deviceId: text(Property::DeviceId),
        groupId: text(Property::GroupId),
    }
}

fn from_unsigned(constraint: &ConstrainULong) -> Constraint {
    match constraint {
        ConstrainULong::ClampedUnsignedLong(number) => bare(Value::Number((*number).into())),
        ConstrainULong::ConstrainULongRange(range) => Constraint::Number {
            min: range.parent.min.map(f64::from),
            max: range.parent.max.map(f64::from),
            exact: range.exact.map(f64::from),
            ideal: range.ideal.map(f64::from),
        },
    }
}

fn to_unsigned(constraint: &Constraint) -> ConstrainULong {
    let number = |number: f64| number as u32;
    let Some(range) = range(constraint) else {
        return ConstrainULong::ClampedUnsignedLong(number(bare_number(constraint)));
    };
    let [min, max, exact, ideal] = range.map(|end| end.map(number));
    ConstrainULong::ConstrainULongRange(ConstrainULongRange {
        parent: ULongRange { min, max },
        exact,
        ideal,
    })
}

fn from_double(constraint: &ConstrainDouble) -> Constraint {
    match constraint {
        ConstrainDouble::Double(number) => bare(Value::Number(**number)),
        ConstrainDouble::ConstrainDoubleRange(range) => Constraint::Number {
            min: range.parent.min.as_deref().copied(),
            max: range.parent.max.as_deref().copied(),
            exact: range.exact.as_deref().copied(),
            ideal: range.ideal.as_deref().copied(),
        },
    }
}

fn to_double(constraint: &Constraint) -> ConstrainDouble {
    let Some(range) = range(constraint) else {
        return ConstrainDouble::Double(Finite::wrap(bare_number(constraint)));
    };
    let [min, max, exact, ideal] = range.map(|end| end.map(Finite::wrap));
    ConstrainDouble::ConstrainDoubleRange(ConstrainDoubleRange {
        parent: DoubleRange { min, max },
        exact,
        ideal,
    })
}

fn from_boolean(constraint: &ConstrainBoolean) -> Constraint {
    let values = |value: Option<bool>| value.map(Value::Boolean).into_iter().collect();
    match constraint {
        ConstrainBoolean::Boolean(value) => bare(Value::Boolean(*value)),
        ConstrainBoolean::ConstrainBooleanParameters(parameters) => Constraint::Choice {
            exact: values(parameters.exact),
            ideal: values(parameters.ideal),
        },
    }
}

fn to_boolean(constraint: &Constraint) -> ConstrainBoolean {
    let value = |values: &[Value]| match values.first() {
        Some(Value::Boolean(value)) => Some(*value),
        _ => None,
    };
    match constraint {
        Constraint::Choice { exact, ideal } => {
            ConstrainBoolean::ConstrainBooleanParameters(ConstrainBooleanParameters {
                exact: value(exact),
                ideal: value(ideal),
            })
        },
        Constraint::Bare(values) => ConstrainBoolean::Boolean(value(values).unwrap_or_default()),
        Constraint::Number { .. } => unreachable!("it is no number"),
    }
}

fn from_text(constraint: &ConstrainDOMString) -> Constraint {
    let texts = |texts: &Option<StringOrStringSequence>| match texts {
        None => Vec::new(),
        Some(StringOrStringSequence::String(text)) => vec![from_string(text)],
        Some(StringOrStringSequence::StringSequence(texts)) => {
            texts.iter().map(from_string).collect()
        },
    };
    match constraint {
        ConstrainDOMString::String(text) => bare(from_string(text)),
        ConstrainDOMString::StringSequence(texts) => {
            Constraint::Bare(texts.iter().map(from_string).collect())
        },
        ConstrainDOMString::ConstrainDOMStringParameters(parameters) => Constraint::Choice {
            exact: texts(&parameters.exact),
            ideal: texts(&parameters.ideal),
        },
    }
}

fn to_text(constraint: &Constraint) -> ConstrainDOMString {
    let texts = |values: &[Value]| match values {
        [] => None,
        [value] => Some(StringOrStringSequence::String(to_string(value))),
        values => {
            let texts = values.iter().map(to_string).collect();
            Some(StringOrStringSequence::StringSequence(texts))
        },
    };
    match constraint {
        Constraint::Choice { exact, ideal } => {
            ConstrainDOMString::ConstrainDOMStringParameters(ConstrainDOMStringParameters {
                exact: texts(exact),
                ideal: texts(ideal),
            })
        },
        Constraint::Bare(values) => match &values[..] {
            [value] => ConstrainDOMString::String(to_string(value)),
            values => ConstrainDOMString::StringSequence(values.iter().map(to_string).collect()),
        },
        Constraint::Number { .. } => unreachable!("it is no number"),
    }
}

fn from_mode(constraint: &ConstrainBooleanOrDOMString) -> Constraint {
    let values = |value: &Option<BooleanOrString>| match value {
        None => Vec::new(),
        Some(BooleanOrString::Boolean(value)) => vec![Value::Boolean(*value)],
        Some(BooleanOrString::String(text)) => vec![from_string(text)],
    };
    match constraint {
        ConstrainBooleanOrDOMString::Boolean(value) => bare(Value::Boolean(*value)),
        ConstrainBooleanOrDOMString::String(text) => bare(from_string(text)),
        ConstrainBooleanOrDOMString::ConstrainBooleanOrDOMStringParameters(parameters) => {
            Constraint::Choice {
                exact: values(&parameters.exact),
                ideal: values(&parameters.ideal),
            }
        },
    }
}

fn to_mode(constraint: &Constraint) -> ConstrainBooleanOrDOMString {
    match constraint {
        Constraint::Choice { exact, ideal } => {
            ConstrainBooleanOrDOMString::ConstrainBooleanOrDOMStringParameters(
                ConstrainBooleanOrDOMStringParameters {
                    exact: exact.first().map(boolean_or_string),
                    ideal: ideal.first().map(boolean_or_string),
                },
            )
        },
        Constraint::Bare(values) => match values.first().map(boolean_or_string) {
            Some(BooleanOrString::String(text)) => ConstrainBooleanOrDOMString::String(text),
            Some(BooleanOrString::Boolean(value)) => ConstrainBooleanOrDOMString::Boolean(value),
            None => unreachable!("the dictionary has a value"),
        },
        Constraint::Number { .. } => unreachable!("it is no number"),
    }
}

/// Returns a value that is a boolean or a string.
pub(crate) fn boolean_or_string(value: &Value) -> BooleanOrString {
    match value {
        Value::Boolean(value) => BooleanOrString::Boolean(*value),
        other => BooleanOrString::String(to_string(other)),
    }
}

fn bare(value: Value) -> Constraint {
    Constraint::Bare(vec![value])
}

/// Returns the least, the greatest, the exact and the ideal number; `None` for a bare one.
fn range(constraint: &Constraint) -> Option<[Option<f64>; 4]> {
    match constraint {
        Constraint::Number {
            min,
            max,
            exact,
            ideal,
        } => Some([*min, *max, *exact, *ideal]),
        _ => None,
    }
}

fn bare_number(constraint: &Constraint) -> f64 {
    match constraint {
        Constraint::Bare(values) => match values[..] {
            [Value::Number(number)] => number,
            _ => unreachable!("it is one number"),
        },
        _ => unreachable!("it is bare"),
    }
}

fn from_string(text: &DOMString) -> Value {
    Value::Text(text.str().to_owned())
}

/// Returns a value that is a string.
pub(crate) fn to_string(value: &Value) -> DOMString {
    match value {
        Value::Text(text) => DOMString::from(&**text),
        Value::Number(_) | Value::Boolean(_) => unreachable!("it is a string"),
    }
}
