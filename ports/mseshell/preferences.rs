/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Servo's preferences as the command line asks for them.

use std::path::Path;

use serde_json::Value;
use servo::{PrefValue, Preferences};
use url::Url;

use crate::arguments::Arguments;
use crate::page::{cannot_read, is_local};

/// The features of Servo 0.7.0 that are off by default and meant to be tried out.
const EXPERIMENTAL_WEB_PLATFORM_FEATURES: [&str; 21] = [
    "dom_adoptedstylesheet_enabled",
    "dom_async_clipboard_enabled",
    "dom_composition_event_enabled",
    "dom_cookiestore_enabled",
    "dom_exec_command_enabled",
    "dom_fontface_enabled",
    "dom_indexeddb_enabled",
    "dom_intersection_observer_enabled",
    "dom_navigator_protocol_handlers_enabled",
    "dom_notification_enabled",
    "dom_offscreen_canvas_enabled",
    "dom_permissions_enabled",
    "dom_sanitizer_enabled",
    "dom_storage_manager_api_enabled",
    "dom_visual_viewport_enabled",
    "dom_web_animations_enabled",
    "dom_webgl2_enabled",
    "layout_columns_enabled",
    "layout_container_queries_enabled",
    "layout_variable_fonts_enabled",
    "layout_writing_mode_enabled",
];

/// The preferences for a browser that is to show `page`.
pub fn preferences_for(arguments: &Arguments, page: &Url) -> Result<Preferences, String> {
    let mut preferences = Preferences::default();
    if is_local(page) {
        preferences.network_http_proxy_uri.clear();
        preferences.network_https_proxy_uri.clear();
    }
    if arguments.enable_experimental_web_platform_features {
        for name in EXPERIMENTAL_WEB_PLATFORM_FEATURES {
            preferences.set_value(name, PrefValue::Bool(true));
        }
    }
    for file in &arguments.prefs_file {
        set_from_file(&mut preferences, file)?;
    }
    for (name, value) in &arguments.preferences {
        set(&mut preferences, name, value)?;
    }
    if let Some(user_agent) = &arguments.user_agent {
        preferences.user_agent.clone_from(user_agent);
    }
    Ok(preferences)
}

/// Sets what the JSON object in `file` names. A test runner names a file that may be missing, and
/// one written for another version of Servo: both are only warned of.
fn set_from_file(preferences: &mut Preferences, file: &Path) -> Result<(), String> {
    if !file.exists() {
        eprintln!(
            "mseshell: there is no preferences file {}; going on",
            file.display()
        );
        return Ok(());
    }
    let text = std::fs::read_to_string(file).map_err(|error| cannot_read(file.display(), error))?;
    let Ok(Value::Object(values)) = serde_json::from_str(&text) else {
        return Err(format!("{} does not hold one JSON object", file.display()));
    };
    for (name, value) in values {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        if let Err(error) = set(preferences, &name, &text) {
            eprintln!("mseshell: {}: {error}; left out", file.display());
        }
    }
    Ok(())
}

fn set(preferences: &mut Preferences, name: &str, text: &str) -> Result<(), String> {
    if !Preferences::exists(name) {
        return Err(format!("Servo has no preference {name}"));
    }
    let value = parse_like(&preferences.get_value(name), text).ok_or_else(|| {
        format!(
            "preference {name} is a {}, not {text}",
            Preferences::type_of(name)
        )
    })?;
    preferences.set_value(name, value);
    Ok(())
}

/// `text` as a value of the same type as `example`; an array is written as JSON.
fn parse_like(example: &PrefValue, text: &str) -> Option<PrefValue> {
    Some(match example {
        PrefValue::Bool(_) => PrefValue::Bool(text.parse().ok()?),
        PrefValue::Float(_) => PrefValue::Float(text.parse().ok()?),
        PrefValue::Int(_) => PrefValue::Int(text.parse().ok()?),
        PrefValue::UInt(_) => PrefValue::UInt(text.parse().ok()?),
        PrefValue::Str(_) => PrefValue::Str(text.to_owned()),
        PrefValue::Array(examples) => {
            let values: Vec<Value> = serde_json::from_str(text).ok()?;
            if values.len() != examples.len() {
                return None;
            }
            let parsed = examples.iter().zip(values);
            let parsed = parsed.map(|(example, value)| parse_like(example, &value.to_string()));
            PrefValue::Array(parsed.collect::<Option<_>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_and_get(name: &str, text: &str) -> Result<PrefValue, String> {
        let mut preferences = Preferences::default();
        set(&mut preferences, name, text)?;
        Ok(preferences.get_value(name))
    }

    #[test]
    fn a_value_has_the_type_of_its_preference() {
        let bool = set_and_get("dom_webrtc_enabled", "true");
        assert_eq!(bool, Ok(PrefValue::Bool(true)));
        let signed = set_and_get("layout_threads", "2");
        assert_eq!(signed, Ok(PrefValue::Int(2)));
        let unsigned = set_and_get("network_http_cache_size", "7");
        assert_eq!(unsigned, Ok(PrefValue::UInt(7)));
        let string = set_and_get("user_agent", "12");
        assert_eq!(string, Ok(PrefValue::Str("12".to_owned())));
        let color = set_and_get("shell_background_color_rgba", "[1, 0.5, 0, 1]");
        assert_eq!(color, Ok([1.0, 0.5, 0.0, 1.0].into()));
    }

    #[test]
    fn a_wrong_name_or_value_is_an_error() {
        assert!(set_and_get("no_such_preference", "1").is_err());
        assert!(set_and_get("dom_webrtc_enabled", "1").is_err());
        assert!(set_and_get("network_http_cache_size", "-1").is_err());
        assert!(set_and_get("shell_background_color_rgba", "[1, 1, 1]").is_err());
        assert!(set_and_get("shell_background_color_rgba", "[1, 1, 1, true]").is_err());
    }

    #[test]
    fn every_experimental_feature_is_a_preference_that_is_off() {
        let preferences = Preferences::default();
        for name in EXPERIMENTAL_WEB_PLATFORM_FEATURES {
            assert!(Preferences::exists(name), "{name}");
            assert_eq!(
                preferences.get_value(name),
                PrefValue::Bool(false),
                "{name}"
            );
        }
    }

    #[test]
    fn a_preferences_file_sets_what_is_known() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("prefs.json");
        let mut preferences = Preferences::default();
        assert_eq!(set_from_file(&mut preferences, &file), Ok(()));

        std::fs::write(
            &file,
            r#"{"unknown": 1, "layout_threads": 5, "user_agent": "me"}"#,
        )
        .expect("a file");
        assert_eq!(set_from_file(&mut preferences, &file), Ok(()));
        assert_eq!(preferences.layout_threads, 5);
        assert_eq!(preferences.user_agent, "me");

        std::fs::write(&file, "[]").expect("a file");
        assert!(set_from_file(&mut preferences, &file).is_err());
    }
}
